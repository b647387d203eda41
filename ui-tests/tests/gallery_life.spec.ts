/** A widget among others: views of one model, coming and going, hostile text, files it hands out. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test, type Gallery } from "../fixtures/gallery";

/** Mount one more view of the model on the page; `window.closers` takes it away again. */
async function mountAnother(page: Page): Promise<void> {
  await page.addScriptTag({
    type: "module",
    content: `
      import widget from "/static/track_browser.js";
      const el = document.createElement("section");
      document.body.append(el);
      const close = widget.render({ model: window.lscModel, el });
      (window.closers ??= []).push(() => { close(); el.remove(); });
    `,
  });
  await expect(page.getByTestId("lsc-track-browser").last()).toHaveAttribute("data-state", "ready");
}

function closeLast(page: Page): Promise<void> {
  return page.evaluate(() => {
    (window as unknown as { closers: (() => void)[] }).closers.pop()?.();
  });
}

async function download(gallery: Gallery, name: string): Promise<{ file: string; text: string }> {
  await gallery.root.getByTestId("lsc-export").click();
  const [file] = await Promise.all([
    gallery.page.waitForEvent("download"),
    gallery.root.getByRole("menuitem", { name }).click(),
  ]);
  return { file: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

test("two views of one model show the same place, mode and tracks", async ({ gallery, page }) => {
  await gallery.open("full");
  await mountAnother(page);
  const second = page.getByTestId("lsc-track-browser").nth(1);
  await second.getByTestId("lsc-zoom-in").click();
  await gallery.expectRegion(2_575_000, 2_585_000);
  await gallery.root.getByTestId("lsc-mode-diff").click();
  await expect(second).toHaveAttribute("data-mode", "diff");
  await second.locator('[data-field="output_name"][data-value="atac"]').click();
  await expect(gallery.root.getByTestId("lsc-lane")).toHaveCount(6);
  await expect(second.getByTestId("lsc-lane")).toHaveCount(6);
  await gallery.idle();
  const pictures = await page
    .getByTestId("lsc-canvas")
    .evaluateAll((canvases) => canvases.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  expect(pictures[0]).toBe(pictures[1]);
});

test("a view that was removed leaves nothing, and can come again", async ({ gallery, page }) => {
  await gallery.open("full");
  const left = (): Promise<[number, number]> =>
    page.evaluate(() => [window.alive(), window.lscModel.listenerCount]);
  const before = await left();
  for (let round = 0; round < 3; round += 1) {
    await mountAnother(page);
    const [alive, listeners] = await left();
    expect(alive).toBeGreaterThan(before[0]);
    expect(listeners).toBeGreaterThan(before[1]);
    const second = page.getByTestId("lsc-track-browser").nth(1);
    await second.getByTestId("lsc-export").click();
    await second.locator(".lsc-surface").hover({ position: { x: 500, y: 300 } });
    await closeLast(page);
    await expect.poll(left).toEqual(before);
    await expect(page.getByTestId("lsc-track-browser")).toHaveCount(1);
  }
  const sent = await page.evaluate(() => window.lscModel.sent.length);
  await page.evaluate(() => {
    window.lscModel.set("region", { chrom: "20", start: 2_540_000, end: 2_541_000, seq: 1e6 });
  });
  await gallery.expectRegion(2_540_000, 2_541_000);
  await gallery.idle();
  const asked = await page.evaluate(
    (from) => window.lscModel.sent.slice(from).filter(({ type }) => type === "tiles").length,
    sent,
  );
  expect(asked).toBeLessThanOrEqual(4);
});

test("a view removed while it loads says nothing more", async ({ gallery, page }) => {
  await gallery.open("full");
  await page.addScriptTag({
    type: "module",
    content: `
      import widget from "/static/track_browser.js";
      const el = document.createElement("section");
      document.body.append(el);
      widget.render({ model: window.lscModel, el })();
      el.remove();
      document.documentElement.dataset.removed = "yes";
    `,
  });
  await expect(page.locator("html")).toHaveAttribute("data-removed", "yes");
  await gallery.idle();
  await expect(page.getByTestId("lsc-track-browser")).toHaveCount(1);
});

test("all states stand on one page without disturbing each other", async ({ gallery, page }) => {
  await page.goto("/?state=all");
  const all = page.locator(".lsc-root");
  await expect(page.locator("html")).toHaveAttribute("data-gallery", "ready");
  const headings = await page.getByRole("heading", { level: 2 }).allTextContents();
  await expect(all).toHaveCount(headings.length);
  const others: Record<string, string> = {
    "No tracks": "empty",
    "Filters that match nothing": "empty",
    Loading: "loading",
    "Nothing could be loaded": "error",
    "Kernel restarted": "disconnected",
    "Facet panel: an unknown field and an empty filter": "empty",
    "Facet panel: nothing matches": "empty",
    "Facet panel: no tracks": "empty",
    "Facet panel: loading": "loading",
    "Facet panel: nothing could be loaded": "error",
    "Facet panel: kernel restarted": "disconnected",
  };
  await expect
    .poll(() => all.evaluateAll((roots) => roots.map((root) => root.dataset["state"])))
    .toEqual(headings.map((heading) => others[heading] ?? "ready"));
  expect(gallery.problems).toEqual([]);
});

test.describe("hostile text", () => {
  test.beforeEach(async ({ gallery }) => {
    await gallery.open("hostile");
  });

  test("is shown as text wherever it appears", async ({ gallery, page }) => {
    const { root } = gallery;
    await expect(root).toContainText("</script><script>window.__pwned=1</script>");
    expect(await root.locator("img, iframe, script").count()).toBe(0);
    const { left, width } = await gallery.plot();
    await page.mouse.click(left + width / 2, await gallery.laneY(0));
    await expect(gallery.tooltip).toContainText("\u27e8U+202E\u27e9AAAA");
    const shown = await root.evaluate((element) => element.textContent ?? "");
    expect(shown).not.toMatch(/\u202e/);
    expect(shown).not.toMatch(/A{300}/);
    await root.getByTestId("lsc-facet-search").fill('<img src=x onerror="window.__pwned=1">');
    await expect(root.getByTestId("lsc-facet-count")).toHaveText("3 of 3 tracks");
    await root.getByTestId("lsc-facet-search").fill("<svg/onload=window.__pwned=1>");
    await expect(root.getByTestId("lsc-card")).toContainText("<svg/onload=window.__pwned=1>");
    await root.getByTestId("lsc-locus").fill("<b>20</b>:1-2");
    await root.getByTestId("lsc-locus").press("Enter");
    await expect(root.getByRole("alert")).toContainText("<b>20</b>:1-2");
    expect(await root.locator("b").evaluateAll((found) => found.map((b) => b.textContent))).toEqual(
      await root.locator(".lsc-n b").allTextContents(),
    );
  });

  test("stays text in the exported picture and table", async ({ gallery, page }) => {
    const svg = await download(gallery, "Picture as SVG");
    const active = await page.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
      const all = [...parsed.querySelectorAll("*")];
      const bad = all.filter(
        (element) =>
          /^(script|img|iframe|foreignobject|parsererror)$/i.test(element.tagName) ||
          element.getAttributeNames().some((name) => name.startsWith("on")),
      );
      return { n: all.length, bad: bad.map((element) => element.tagName) };
    }, svg.text);
    expect(active.n).toBeGreaterThan(20);
    expect(active.bad).toEqual([]);
    await gallery.goTo("20:2,577,001-2,577,100");
    const csv = await download(gallery, "Values in view as CSV");
    expect(csv.file).toBe("locuscope_20_2577001-2577100.csv");
    const lines = csv.text.trim().split("\n");
    expect(lines).toHaveLength(1 + 3 * 100);
    expect(lines[1]).toMatch(/^20,2577000,2577001,0,/);
    expect(lines.some((line) => /^[=+@-]/.test(line))).toBe(false);
  });
});

/** The tour in a real JupyterLab: open it from the launcher, run it, use the track browser, read it back. */
import type { Locator } from "@playwright/test";
import { expect, test, type LabPage } from "../fixtures/lab";

test.describe.configure({ mode: "serial" });
test.use({ workspace: "tour" });

const root = (lab: LabPage): Locator => lab.page.getByTestId("lsc-track-browser").first();
const facet = (lab: LabPage, field: string, value: string): Locator =>
  root(lab).locator(`[data-field="${field}"][data-value="${value}"]`);

/** Number of different colours in the drawing; a blank canvas has one. */
async function colours(lab: LabPage): Promise<number> {
  return root(lab)
    .getByTestId("lsc-canvas")
    .evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext("2d");
      const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data;
      return new Set(new Uint32Array(pixels?.buffer ?? new ArrayBuffer(0))).size;
    });
}

async function shownRegion(lab: LabPage): Promise<[number, number]> {
  const text = await lab.python("print(browser.interval.start, browser.interval.end)");
  const [start, end] = text.split(" ").map(Number);
  return [start ?? NaN, end ?? NaN];
}

async function width(lab: LabPage): Promise<number> {
  const [start, end] = await shownRegion(lab);
  return end - start;
}

/** A point on the lanes, at a share of the drawing's width, scrolled into view. */
async function place(lab: LabPage, share: number): Promise<[number, number]> {
  const canvas = root(lab).getByTestId("lsc-canvas");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (box === null) throw new Error("the canvas has no box");
  return [box.x + box.width * share, box.y + Math.min(box.height, 300) * 0.6];
}

test("the launcher card opens a copy of the tour and runs nothing", async ({ lab }) => {
  await lab.page.locator(".jp-LauncherCard", { hasText: "Regulatory workbench" }).click();
  expect(await lab.notebook()).toBe("tour.ipynb");
  const counts = await lab.page.evaluate(() =>
    window.jupyterapp.shell.currentWidget?.content.widgets
      .filter((cell) => cell.model.type === "code")
      .map((cell) => cell.model.outputs.toJSON().length),
  );
  expect(counts?.every((n) => n === 0)).toBe(true);
});

test("every cell of the tour runs and the browser shows a picture", async ({ lab }) => {
  test.setTimeout(240_000);
  const results = await lab.runAll();
  expect(results.length).toBeGreaterThan(4);
  expect(results.filter((result) => result.error !== null)).toEqual([]);
  await root(lab).scrollIntoViewIfNeeded();
  await expect(root(lab)).toHaveAttribute("data-state", "ready", { timeout: 30_000 });
  expect(await colours(lab)).toBeGreaterThan(3);
  await root(lab).screenshot({ path: "test-results/tour_light.png" });
});

for (const [field, heading, value] of [
  ["gtex_tissue", "GTEx tissue", "Liver"],
  ["assay_title", "Assay", "exon inclusion (PSI)"],
  ["strand", "Strand", "+"],
] as const) {
  test(`filtering by ${heading} shows what the count promised, in the page and in Python`, async ({
    lab,
  }) => {
    await lab.python("browser.filters = {}");
    const section = root(lab).locator(`section[aria-label="${heading}"]`);
    const row = facet(lab, field, value);
    const fold = section.locator("button[aria-expanded]");
    if ((await fold.getAttribute("aria-expanded")) === "false") {
      await fold.click();
    }
    if ((await row.count()) === 0) {
      await section.locator("input").fill(value);
    }
    const promised = Number(await row.getAttribute("data-count"));
    expect(promised).toBeGreaterThan(0);
    await row.click();
    await expect(row).toHaveAttribute("data-state", "in");
    await expect
      .poll(() => lab.python(`print(browser.filters.get("${field}", {}).get("in"))`))
      .toBe(`['${value}']`);
    const matching = await lab.python(
      `print(len(browser.data.catalog.rows(browser.filters, browser.query)))`,
    );
    expect(Number(matching)).toBe(promised);
  });
}

test("ctrl+wheel zooms and dragging pans; Python reads the new place", async ({ lab }) => {
  await lab.python("browser.filters = {}");
  const before = await shownRegion(lab);
  await lab.page.mouse.move(...(await place(lab, 0.5)));
  await lab.page.keyboard.down("Control");
  for (let turn = 0; turn < 4; turn += 1) {
    await lab.page.mouse.wheel(0, -240);
  }
  await lab.page.keyboard.up("Control");
  await expect.poll(() => width(lab)).toBeLessThan((before[1] - before[0]) * 0.8);
  const zoomed = await shownRegion(lab);
  expect(zoomed[0]).toBeGreaterThan(before[0]);
  expect(zoomed[1]).toBeLessThan(before[1]);
  const [x, y] = await place(lab, 0.6);
  await lab.page.mouse.move(x, y);
  await lab.page.mouse.down();
  await lab.page.mouse.move(x - 150, y, { steps: 6 });
  await lab.page.mouse.up();
  await expect.poll(async () => (await shownRegion(lab))[0]).toBeGreaterThan(zoomed[0]);
  expect(await width(lab)).toBe(zoomed[1] - zoomed[0]);
});

test("typing a place goes there", async ({ lab }) => {
  const locus = root(lab).getByTestId("lsc-locus");
  await locus.fill("20:2,575,001-2,580,000");
  await locus.press("Enter");
  await expect.poll(() => shownRegion(lab)).toEqual([2_575_000, 2_580_000]);
});

test("a selection made with the mouse is a selection in Python", async ({ lab }) => {
  const [from, to] = [await place(lab, 0.45), await place(lab, 0.65)];
  await lab.page.keyboard.down("Shift");
  await lab.page.mouse.move(...from);
  await lab.page.mouse.down();
  await lab.page.mouse.move(...to, { steps: 5 });
  await lab.page.mouse.up();
  await lab.page.keyboard.up("Shift");
  await expect.poll(() => lab.python("print(browser.selection is not None)")).toBe("True");
  const inside = await lab.python(
    "s = browser.selection; print(2_575_000 <= s['start'] < s['end'] <= 2_580_000)",
  );
  expect(inside).toBe("True");
});

test("markup in a track name is text", async ({ lab }) => {
  await lab.python(
    [
      "import torch",
      "from locuscope.tracks import NamedTrackTensor, TrackMetadata",
      `name = '<img src=x onerror="window.__pwned=1"><script>window.__pwned=2</script>'`,
      "tracks = (TrackMetadata(0, 'hostile', 0, name, {'biosample_name': name, 'strand': '+'}),)",
      "hostile = NamedTrackTensor(torch.rand(1, 2000, 1), tracks, 'hostile', 1,",
      "                           intervals=(lsc.Interval('20', 2_575_000, 2_577_000),))",
      "display(lsc.TrackBrowser(hostile))",
    ].join("\n"),
  );
  const last = lab.page.getByTestId("lsc-track-browser").last();
  await last.scrollIntoViewIfNeeded();
  await expect(last).toHaveAttribute("data-state", "ready", { timeout: 30_000 });
  await expect(last).toContainText("<img src=x");
  expect(await lab.page.evaluate(() => window.__pwned)).toBeUndefined();
});

test("dark theme repaints without a reload", async ({ lab }) => {
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  await lab.page.waitForFunction(() => document.body.dataset["jpThemeLight"] === "false");
  await root(lab).scrollIntoViewIfNeeded();
  await expect
    .poll(() =>
      root(lab).evaluate((element) => getComputedStyle(element).backgroundColor.match(/\d+/g)?.[0]),
    )
    .not.toBe("255");
  await root(lab).screenshot({ path: "test-results/tour_dark.png" });
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Light" });
});

test("after a kernel restart the picture is still there and the page says what happened", async ({
  lab,
}) => {
  await root(lab).scrollIntoViewIfNeeded();
  const before = await colours(lab);
  await lab.restartKernel();
  await expect(root(lab)).toHaveAttribute("data-state", "disconnected", { timeout: 30_000 });
  await expect(root(lab)).toContainText(/run the cell again/i);
  expect(await colours(lab)).toBeGreaterThanOrEqual(Math.min(before, 4));
  const locus = root(lab).getByTestId("lsc-locus");
  const place = await locus.inputValue();
  await root(lab).getByTestId("lsc-zoom-out").click();
  await expect.poll(() => locus.inputValue()).not.toBe(place);
  expect(await colours(lab)).toBeGreaterThan(3);
});

test("nothing left for another host and the page had no error", ({ lab }) => {
  expect(lab.foreign).toEqual([]);
  expect(lab.errors).toEqual([]);
});

/** What a reader sees: widths, zoom, sizes, contrast, overlaps, motion, and the exported picture. */
import { readFile } from "node:fs/promises";
import type { Locator } from "@playwright/test";
import { expect, test, type Gallery } from "../fixtures/gallery";
import { expectReadable, expectTidy, textFaults, textsOf } from "../fixtures/reading";

test("the probes see planted faults", async ({ gallery, page }) => {
  await gallery.open("full");
  await page.evaluate(() => {
    const host = document.querySelector(".lsc-main");
    const plant = (text: string, style: string, tag = "span"): void => {
      const element = document.createElement(tag);
      element.textContent = text;
      element.style.cssText = `position:absolute;z-index:9;${style}`;
      host?.append(element);
    };
    plant("small", "left:600px;top:3px;font-size:9px");
    plant("pale", "left:660px;top:3px;font-size:12px;color:#ccd0d4");
    plant("over a label", "left:26px;top:6px;font-size:12px");
    plant("tiny", "left:700px;top:3px;width:10px;height:10px;padding:0", "button");
  });
  const faults = textFaults(await textsOf(gallery.root));
  for (const fault of [/^small: 9 px/, /^pale: contrast 1/, /Overview overlaps over a label/]) {
    expect(faults).toContainEqual(expect.stringMatching(fault));
  }
  const controls = await gallery.root.evaluate((element) => window.badControls(element));
  expect(controls).toEqual(["tiny: 10 x 10 px"]);
  const drawn = (await textsOf(gallery.root)).filter(({ text }) => text === "rs572140578 G>A");
  expect(drawn).toHaveLength(1);
});

for (const width of [360, 640, 960, 1600]) {
  test(`${width} px: whole controls, no sideways scrolling, most of the area is data`, async ({
    gallery,
    page,
  }) => {
    await page.setViewportSize({ width: width + 32, height: 900 });
    await gallery.open("full", { width });
    await expectTidy(gallery);
    const cut = await gallery.root
      .locator(".lsc-status > span[title]:not(:nth-last-child(3)), .lsc-status > .lsc-kernel")
      .evaluateAll((spans) => spans.filter((span) => span.scrollWidth > span.clientWidth).length);
    expect(cut, "only the last sentence of the status line may be cut").toBe(0);
    await gallery.root.screenshot({ path: `test-results/gallery/full_${width}.png` });
    const toggle = gallery.root.getByTestId("lsc-facets-toggle");
    const isDocked = (await gallery.root.getByTestId("lsc-facets").count()) === 1;
    expect(isDocked).toBe(width >= 760);
    await toggle.click();
    await expect(gallery.root.getByTestId("lsc-facets")).toHaveCount(isDocked ? 0 : 1);
    if (isDocked) await expectTidy(gallery);
    else {
      const panel = gallery.root.getByTestId("lsc-facets");
      await expectReadable(panel);
      await gallery.root.screenshot({ path: `test-results/gallery/drawer_${width}.png` });
    }
    const share = await gallery.root.evaluate((element) => {
      const main = element.querySelector(".lsc-main")?.getBoundingClientRect();
      const all = element.getBoundingClientRect();
      return ((main?.height ?? 0) * (main?.width ?? 0)) / (all.height * all.width);
    });
    expect(share).toBeGreaterThan(0.7);
  });
}

test("360 px: what the toolbar leaves out is in the More menu", async ({ gallery, page }) => {
  await page.setViewportSize({ width: 392, height: 900 });
  await gallery.open("full", { width: 360 });
  await gallery.root.getByRole("button", { name: "More controls" }).click();
  const menu = gallery.root.getByRole("menu");
  for (const label of ["ref", "diff", "log2FC", "Linear", "Copy as Python"]) {
    await expect(menu.getByText(label, { exact: true })).toBeVisible();
  }
  await page.screenshot({ path: "test-results/gallery/more_360.png" });
  const outside = await menu.evaluate((element) => {
    const box = element.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth;
  });
  expect(outside).toBe(false);
  await menu.getByText("diff", { exact: true }).click();
  await expect(gallery.root).toHaveAttribute("data-mode", "diff");
});

test.describe("zoomed to 200 %", () => {
  test.use({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });

  test("everything is readable and the canvas is as fine as the screen", async ({ gallery }) => {
    for (const theme of ["light", "dark"] as const) {
      await gallery.open("full", { theme });
      await expectTidy(gallery);
      const ratio = await gallery.root
        .getByTestId("lsc-canvas")
        .evaluate((canvas: HTMLCanvasElement) => canvas.width / canvas.clientWidth);
      expect(ratio).toBe(2);
      await gallery.root.screenshot({ path: `test-results/gallery/zoom200_${theme}.png` });
    }
  });
});

test("open panels are readable: help, menus, tooltip, code", async ({ gallery, page }) => {
  for (const theme of ["light", "dark"] as const) {
    await gallery.open("full", { theme });
    const panels: readonly (readonly [string, () => Promise<void>, Locator])[] = [
      ["help", () => page.keyboard.press("?"), gallery.root.getByRole("dialog")],
      [
        "export",
        () => gallery.root.getByTestId("lsc-export").click(),
        gallery.root.getByRole("menu"),
      ],
      ["tooltip", () => pin(gallery), gallery.tooltip],
    ];
    for (const [name, open, panel] of panels) {
      await gallery.root.focus();
      await open();
      await expect(panel).toBeVisible();
      await expectReadable(panel);
      await gallery.root.screenshot({ path: `test-results/gallery/${name}_${theme}.png` });
      await page.keyboard.press("Escape");
      await expect(panel).toHaveCount(0);
    }
  }
});

async function pin(gallery: Gallery): Promise<void> {
  const { left, width } = await gallery.plot();
  await gallery.page.mouse.click(left + width / 2, await gallery.laneY(0));
}

test("nothing moves by itself when less motion is asked for", async ({ gallery, page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await gallery.open("full");
  await gallery.root.getByTestId("lsc-zoom-in").click();
  await gallery.expectRegion(2_575_000, 2_585_000);
  await gallery.root.getByTestId("lsc-facets-toggle").click();
  const moving = await gallery.root.evaluate((root) => {
    const timed = [...root.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      return animationName !== "none" || /[1-9]/.test(transitionDuration);
    });
    return [...timed.map((element) => element.className), ...document.getAnimations()];
  });
  expect(moving).toEqual([]);
});

test("the exported SVG is the same picture as the canvas", async ({ gallery, page }) => {
  await gallery.open("full");
  await gallery.root.getByTestId("lsc-export").click();
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    gallery.root.getByRole("menuitem", { name: "Picture as SVG" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("locuscope_20_2570001-2590000.svg");
  const svg = await readFile(await file.path(), "utf8");
  const { left, width } = await gallery.plot();
  const share = await page.evaluate(
    async ([text, x, plotWidth]) => {
      const canvas = document.querySelector<HTMLCanvasElement>("[data-testid=lsc-canvas]");
      const picture = new Image();
      picture.src = `data:image/svg+xml;base64,${btoa(unescape(encodeURIComponent(text)))}`;
      await picture.decode();
      if (canvas === null) throw new Error("no canvas");
      const { height } = canvas;
      const from = Math.round(x - canvas.getBoundingClientRect().left);
      const paint = (source: CanvasImageSource): Uint8ClampedArray => {
        const copy = new OffscreenCanvas(plotWidth, height);
        const context = copy.getContext("2d");
        if (context === null) throw new Error("no context");
        context.fillStyle = "#ffffff";
        context.fillRect(0, 0, plotWidth, height);
        context.drawImage(source, -from, 0);
        return context.getImageData(0, 0, plotWidth, height).data;
      };
      const [drawn, exported] = [paint(canvas), paint(picture)];
      let differing = 0;
      for (let i = 0; i < drawn.length; i += 4) {
        const isFar = [0, 1, 2].some((k) => {
          return Math.abs((drawn[i + k] ?? 0) - (exported[i + k] ?? 0)) > 32;
        });
        differing += Number(isFar);
      }
      return differing / (drawn.length / 4);
    },
    [svg, left, Math.floor(width)] as const,
  );
  expect(share).toBeLessThanOrEqual(0.01);
});

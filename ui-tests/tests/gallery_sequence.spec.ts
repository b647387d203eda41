/** The row of bases: letters, boxes and hint by zoom, palettes, tooltip, and a kernel that is silent. */
import type { Locator } from "@playwright/test";
import { baseColours, type PaletteName, type ThemeName } from "../../src/core/palette";
import { boxOf, expect, test, type Gallery } from "../fixtures/gallery";
import { expectReadable } from "../fixtures/reading";
import { basesOf, N_RUN } from "../gallery/fake_bases";
import { VARIANT_AT } from "../gallery/fake_tracks";

const START = VARIANT_AT - 40;
const END = VARIANT_AT + 40;
const ROW_PX = 16;

function rowOf(gallery: Gallery): Locator {
  return gallery.root.locator(".lsc-head-row", { hasText: "Sequence" });
}

/** Colours of the row of bases inside the plot, as `#rrggbb` with the number of their pixels. */
async function inks(gallery: Gallery): Promise<Map<string, number>> {
  const canvas = gallery.root.getByTestId("lsc-canvas");
  const top = (await boxOf(rowOf(gallery))).y - (await boxOf(canvas)).y;
  const { left, width } = await gallery.plot();
  const x = left - (await boxOf(canvas)).x;
  const found = await canvas.evaluate(
    (element: HTMLCanvasElement, box) => {
      const scale = element.width / element.clientWidth;
      const [x = 0, y = 0, w = 1, h = 1] = box.map((edge) => Math.round(edge * scale));
      // Reading the drawing itself again and again would make the browser warn.
      const copy = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const context = copy.getContext("2d", { willReadFrequently: true });
      context?.drawImage(element, x, y, w, h, 0, 0, w, h);
      const pixels = context?.getImageData(0, 0, w, h).data ?? [];
      const counts: Record<string, number> = {};
      for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i + 3] !== 255) continue;
        const hex = [0, 1, 2].map((k) => (pixels[i + k] ?? 0).toString(16).padStart(2, "0"));
        const colour = `#${hex.join("")}`;
        counts[colour] = (counts[colour] ?? 0) + 1;
      }
      return counts;
    },
    [x, top, width, ROW_PX],
  );
  return new Map(Object.entries(found));
}

async function expectPalette(
  gallery: Gallery,
  palette: PaletteName,
  theme: ThemeName,
): Promise<void> {
  const wanted = Object.values(baseColours(palette, theme));
  const missing = async (): Promise<string[]> => {
    const found = await inks(gallery);
    return wanted.filter((colour) => !found.has(colour));
  };
  await expect.poll(missing).toEqual([]);
}

for (const theme of ["light", "dark"] as const) {
  test(`letters in ${theme} follow the palette at once`, async ({ gallery, page }) => {
    await gallery.open("bases", { theme });
    for (const palette of ["classic", "mono", "lsc"] as const) {
      await page.evaluate((name) => {
        window.lscModel.set("palette", name);
      }, palette);
      await expectPalette(gallery, palette, theme);
      await gallery.root.screenshot({ path: `test-results/gallery/bases_${palette}_${theme}.png` });
    }
    const letters = await gallery.root.evaluate((root) =>
      window.seenTexts(root).filter(({ text }) => /^[ACGT]$/.test(text)),
    );
    const shown = letters.sort((a, b) => a.left - b.left).map(({ text }) => text);
    expect(shown.join("")).toBe(basesOf(START, END).replaceAll("N", ""));
  });

  test(`boxes in ${theme}, then a hint, without a jump of the lanes`, async ({ gallery, page }) => {
    await gallery.open("bases", { theme });
    const before = (await boxOf(gallery.lane(0))).y;
    await gallery.goTo("20:2,577,701-2,577,900");
    await expectPalette(gallery, "lsc", theme);
    await expectReadable(gallery.root);
    await gallery.root.screenshot({ path: `test-results/gallery/bases_boxes_${theme}.png` });
    await page.evaluate(() => {
      window.lscModel.set("palette", "mono");
    });
    await expectPalette(gallery, "mono", theme);
    await gallery.root.screenshot({ path: `test-results/gallery/bases_boxes_mono_${theme}.png` });
    await gallery.goTo("20:2,577,001-2,579,000");
    const texts = await gallery.root.evaluate((root) => window.seenTexts(root));
    expect(texts.map(({ text }) => text)).toContain("Zoom in to see bases");
    await expectReadable(gallery.root);
    expect((await boxOf(gallery.lane(0))).y).toBe(before);
    await gallery.root.screenshot({ path: `test-results/gallery/bases_far_${theme}.png` });
  });
}

test("the tooltip says base and position, and that N is not known", async ({ gallery, page }) => {
  await gallery.open("bases");
  const { y, height } = await boxOf(rowOf(gallery));
  await page.mouse.move(await gallery.xOf(VARIANT_AT + 3.5), y + height / 2);
  await expect(gallery.tooltip).toContainText("chr20:2,577,799");
  await expect(gallery.tooltip).toContainText(`Base${basesOf(VARIANT_AT + 3, VARIANT_AT + 4)}`);
  await page.mouse.move(await gallery.xOf(N_RUN.start + 0.5), y + height / 2);
  await expect(gallery.tooltip).toContainText("N, not known");
});

test("moving asks rarely, and a silent kernel leaves a hatched part", async ({ gallery, page }) => {
  const asked = (): Promise<number> =>
    page.evaluate(() => window.lscKernel.counts.get("sequence") ?? 0);
  await gallery.open("bases");
  await gallery.root.focus();
  for (let i = 0; i < 8; i += 1) await page.keyboard.press("ArrowRight");
  await gallery.idle();
  expect(await asked()).toBe(1);
  await page.evaluate(() => {
    window.lscKernel.options.silent = ["sequence"];
  });
  const locus = gallery.root.getByTestId("lsc-locus");
  await locus.fill(`20:${VARIANT_AT + 2_041}-${VARIANT_AT + 2_120}`);
  await locus.press("Enter");
  await expect.poll(asked).toBe(2);
  await gallery.frames();
  const { A } = baseColours("lsc", "light");
  const found = await inks(gallery);
  expect(found.get(A) ?? 0).toBe(0);
  expect([...found.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
  await expect(gallery.root).toHaveAttribute("data-state", "ready");
  await expect(gallery.root.getByTestId("lsc-notice")).toHaveCount(0);
  await gallery.root.screenshot({ path: "test-results/gallery/bases_silent_light.png" });
});

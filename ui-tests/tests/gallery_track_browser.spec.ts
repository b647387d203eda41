/** The track browser in a plain page: its states in words, pointer, keys, and life beside others. */
import { boxOf, expect, test, type Gallery } from "../fixtures/gallery";
import { expectTidy } from "../fixtures/reading";
import { BOUNDS, demoTracks, VARIANT_AT } from "../gallery/fake_tracks";

const TRACKS = demoTracks({ hasAlt: true });
const DNASE = TRACKS.findIndex((track) => track.fields["output_name"] === "dnase");
const START = 2_570_000;
const END = 2_590_000;

/** Three significant digits, as the tooltip writes values from 0.001 to 9,999. */
function shown(value: number): string {
  if (value === 0) return "0";
  return value < 0.001 ? value.toExponential(2).replace("-", "\u2212") : value.toPrecision(3);
}

const STATES: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  full: ["acceptor:+", "DNase, measured", "Showing 6 of 83", "Kernel idle", "2 genes, 14 variants"],
  ref: ["acceptor:+", "83 of 83 tracks"],
  diff: ["loss", "gain", "DNase, measured"],
  many: ["83 tracks in 83 lanes", "Adipose_Subcutaneous +"],
  plain: ["K562", "Showing 3 of 83"],
  bases: ["Sequence", "chr20 \u00b7 GRCh37"],
  empty: ["This browser holds no tracks.", "lsc.TrackBrowser("],
  unmatched: [
    "No tracks match Assay ATAC-seq and GTEx tissue Liver. Remove a filter or clear all.",
    "Clear all filters",
    "0 of 83 tracks",
  ],
  loading: ["Loading 6 tracks, 0 done"],
  error: [
    "The kernel does not know this prediction any more. Run the cell again.",
    "Try again",
    "Copy report",
  ],
  partial: ["The kernel could not read this track (ValueError).", "Try again", "K562"],
  restarted: [/Kernel restarted . run the cell again to reconnect\./, "No kernel"],
  hostile: ["</script><script>window.__pwned=1</script>", "\u27e8U+202E\u27e9AAAA"],
};

for (const [state, words] of Object.entries(STATES)) {
  test(`${state}: says what it is and can be read, light and dark`, async ({ gallery }) => {
    await gallery.open(state);
    for (const theme of ["light", "dark"] as const) {
      await gallery.setTheme(theme);
      for (const word of words) await expect(gallery.root).toContainText(word);
      const surface = theme === "light" ? "rgb(255, 255, 255)" : "rgb(20, 23, 26)";
      await expect(gallery.root).toHaveCSS("background-color", surface);
      expect(await gallery.colours()).toBeGreaterThan(3);
      // The card of the loading state lies over the empty lanes.
      if (state !== "loading") await expectTidy(gallery);
      await gallery.root.screenshot({ path: `test-results/gallery/${state}_${theme}.png` });
    }
  });
}

test.describe("waiting for the kernel", () => {
  test.beforeEach(async ({ page }) => {
    await page.clock.install();
  });

  test("a busy kernel is said after 10 s, and the overview can still be moved", async ({
    gallery,
    page,
  }) => {
    await gallery.open("full");
    await page.evaluate(() => {
      window.lscKernel.options.silent = ["tiles", "values", "overview"];
    });
    await page.keyboard.press("Tab");
    await gallery.root.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowRight");
    await page.clock.runFor(10_500);
    await expect(gallery.root.getByTestId("lsc-notice")).toHaveText(
      "Kernel busy \u2013 showing overview.",
    );
    await expect(gallery.root).toHaveAttribute("data-state", "ready");
    await gallery.root.getByTestId("lsc-zoom-out").click();
    await page.clock.runFor(300);
    expect(await gallery.colours()).toBeGreaterThan(3);
    await gallery.root.screenshot({ path: "test-results/gallery/busy_light.png" });
  });

  test("an overview that does not come says kernel busy beside the progress", async ({
    gallery,
    page,
  }) => {
    await gallery.open("loading");
    await page.clock.runFor(10_500);
    await expect(gallery.root.getByTestId("lsc-card")).toHaveText(/0 done . kernel busy/);
  });
});

test("a kernel that returns fills the lanes that had failed", async ({ gallery, page }) => {
  await gallery.open("partial");
  await page.evaluate(() => {
    Object.assign(window.lscKernel.options, { failing: {} });
  });
  await gallery.root.getByTestId("lsc-notice").getByRole("button").click();
  await expect(gallery.root.getByTestId("lsc-notice")).toHaveCount(0);
  await gallery.idle();
});

test("without a kernel the view still zooms, filters and shows drawn values", async ({
  gallery,
  page,
}) => {
  await gallery.open("restarted");
  await gallery.root.getByTestId("lsc-zoom-in").click();
  await gallery.expectRegion(2_575_000, 2_585_000);
  const { left, width } = await gallery.plot();
  await page.mouse.move(left + width / 2, await gallery.laneY(DNASE));
  await expect(gallery.tooltip).toContainText(/max in \d+ bp/);
  await gallery.value("output_name", "dnase").click();
  await expect(gallery.root.getByTestId("lsc-lane")).toHaveCount(1);
  expect(await gallery.colours()).toBeGreaterThan(3);
});

test.describe("pointer", () => {
  test.beforeEach(async ({ gallery }) => {
    await gallery.open("full");
  });

  test("dragging pans by as many bases as pixels", async ({ gallery }) => {
    const { left, width } = await gallery.plot();
    const y = await gallery.laneY(DNASE);
    await gallery.drag([left + 400, y], [left + 250, y]);
    const shift = Math.round((150 * (END - START)) / width);
    await gallery.expectRegion(START + shift, END + shift);
  });

  test("ctrl+wheel zooms and the base under the pointer stays", async ({ gallery, page }) => {
    const { left, width } = await gallery.plot();
    const x = Math.round(left + 0.4 * width);
    const at = START + ((x - left) / width) * (END - START);
    await page.mouse.move(x, await gallery.laneY(DNASE));
    await page.keyboard.down("Control");
    for (let turn = 0; turn < 3; turn += 1) await page.mouse.wheel(0, -200);
    await page.keyboard.up("Control");
    await expect.poll(async () => widthOf(gallery)).toBeLessThan(6_000);
    await gallery.frames();
    await expect.poll(async () => Math.abs((await gallery.xOf(at)) - x)).toBeLessThanOrEqual(1);
  });

  test("the wheel alone scrolls the page, shift+wheel the genome", async ({ gallery, page }) => {
    await page.setViewportSize({ width: 1280, height: 420 });
    const { left } = await gallery.plot();
    await page.mouse.move(left + 200, await gallery.laneY(0));
    await page.mouse.wheel(0, 120);
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
    expect(await gallery.region()).toEqual([START, END]);
    await page.keyboard.down("Shift");
    await page.mouse.wheel(0, 120);
    await page.keyboard.up("Shift");
    await expect.poll(async () => (await gallery.region())[0]).toBeGreaterThan(START);
    expect(await widthOf(gallery)).toBe(END - START);
  });

  test("shift+drag selects the bases between", async ({ gallery, page }) => {
    const { left, width } = await gallery.plot();
    const y = await gallery.laneY(DNASE);
    await page.keyboard.down("Shift");
    await gallery.drag([left + 100, y], [left + 300, y]);
    await page.keyboard.up("Shift");
    const bp = (END - START) / width;
    const selection = { start: Math.floor(START + 100 * bp), end: Math.ceil(START + 300 * bp) };
    await expect.poll(() => gallery.trait("selection")).toMatchObject(selection);
    await expect(gallery.root).toContainText(
      `Selected chr20:${(selection.start + 1).toLocaleString("en")}-`,
    );
    expect(await gallery.region()).toEqual([START, END]);
  });

  test("a double click zooms in twofold at the pointer", async ({ gallery, page }) => {
    const x = await gallery.xOf(VARIANT_AT);
    await page.mouse.dblclick(x, await gallery.laneY(DNASE));
    await expect.poll(() => widthOf(gallery)).toBe((END - START) / 2);
    expect(Math.abs((await gallery.xOf(VARIANT_AT)) - x)).toBeLessThanOrEqual(1.5);
    await expect(gallery.tooltip).toHaveCount(0);
  });

  test("a click on a variant centres it and gives its position to Python", async ({
    gallery,
    page,
  }) => {
    const at = 2_582_811;
    await page.mouse.click(await gallery.xOf(at + 0.5), await gallery.variantsY());
    await expect.poll(() => gallery.trait("selection")).toMatchObject({ positions: [at] });
    expect(await gallery.trait("focus")).toMatchObject({ start: at, label: "rs567956364" });
    const [start, end] = await gallery.region();
    expect(Math.abs((start + end) / 2 - at - 0.5)).toBeLessThanOrEqual(1);
    await page.mouse.move(await gallery.xOf(at + 0.5), await gallery.variantsY());
    await expect(gallery.tooltip).toContainText("rs567956364");
    await expect(gallery.tooltip).toContainText("G>A");
  });

  test("the brush of the overview moves the view", async ({ gallery }) => {
    const { left, top, width } = await gallery.plot();
    const perPx = (BOUNDS.end - BOUNDS.start) / width;
    const x = left + (2_580_000 - BOUNDS.start) / perPx;
    await gallery.drag([x, top + 18], [x + 100, top + 18]);
    await expect.poll(async () => (await gallery.region())[0]).toBeGreaterThan(START);
    const [start, end] = await gallery.region();
    expect(Math.abs(start - START - 100 * perPx)).toBeLessThanOrEqual(perPx);
    expect(end - start).toBe(END - START);
  });

  test("the tooltip holds the exact value of one base", async ({ gallery, page }) => {
    const at = 2_576_400;
    await gallery.goTo(`20:${at - 99}-${at + 100}`);
    await page.mouse.move(await gallery.xOf(at + 0.5), await gallery.laneY(DNASE));
    const value = shown(TRACKS[DNASE]?.ref[at - BOUNDS.start] ?? NaN);
    await expect(gallery.tooltip).toContainText(`chr20:${(at + 1).toLocaleString("en")}`);
    await expect(gallery.tooltip.locator("dt", { hasText: "K562" }).first()).toBeVisible();
    await expect(gallery.tooltip.locator("dd").first()).toHaveText(value);
    await expect(gallery.tooltip).toContainText("measured");
  });

  test("zoomed out, the tooltip holds the largest value behind the pixel", async ({
    gallery,
    page,
  }) => {
    const { left, width } = await gallery.plot();
    const x = Math.round(await gallery.xOf(2_576_400));
    await page.mouse.move(x, await gallery.laneY(DNASE));
    const from = START + ((x - left) / width) * (END - START);
    const first = Math.floor(from) - BOUNDS.start;
    const last = Math.ceil(from + (END - START) / width) - BOUNDS.start;
    const values = TRACKS[DNASE]?.ref.slice(first, last) ?? [];
    await expect(gallery.tooltip.locator("dd").first()).toHaveText(shown(Math.max(...values)));
    await expect(gallery.tooltip).toContainText(`max in ${last - first} bp`);
  });

  test("in overlay the tooltip tells reference, changed value and signed difference", async ({
    gallery,
    page,
  }) => {
    const at = VARIANT_AT + 1;
    await gallery.goTo(`20:${at - 49}-${at + 50}`);
    await page.mouse.move(await gallery.xOf(at + 0.5), await gallery.laneY(0));
    const [ref, alt] = [TRACKS[0]?.ref[at - BOUNDS.start], TRACKS[0]?.alt?.[at - BOUNDS.start]];
    if (ref === undefined || alt === undefined) throw new Error("the data lack the lost acceptor");
    await expect(gallery.tooltip.locator("dd").first()).toHaveText(shown(ref));
    await expect(gallery.tooltip.locator("dd").nth(1)).toHaveText(shown(alt));
    await expect(gallery.tooltip.locator("dd").nth(2)).toHaveText(
      `\u2212${(ref - alt).toPrecision(3)}`,
    );
    await expect(gallery.tooltip).toContainText("predicted");
  });

  test("a click pins the tooltip beside the pointer and inside the widget", async ({
    gallery,
    page,
  }) => {
    const { left, width } = await gallery.plot();
    const [x, y] = [left + width - 6, await gallery.laneY(DNASE)];
    await page.mouse.click(x, y);
    await expect(gallery.tooltip).toHaveAttribute("data-pinned", "");
    await page.mouse.move(left + 50, y);
    const tip = await boxOf(gallery.tooltip);
    const root = await boxOf(gallery.root);
    expect(x < tip.x || x > tip.x + tip.width || y < tip.y || y > tip.y + tip.height).toBe(true);
    expect(tip.x).toBeGreaterThan(root.x);
    expect(tip.x + tip.width).toBeLessThan(root.x + root.width);
    await gallery.tooltip.getByRole("button", { name: "Close" }).click();
    await expect(gallery.tooltip).toHaveCount(0);
  });
});

async function widthOf(gallery: Gallery): Promise<number> {
  const [start, end] = await gallery.region();
  return end - start;
}

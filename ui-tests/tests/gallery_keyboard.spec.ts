/** Every key of the track browser, and that keys never trap or leak. */
import { expect, test } from "../fixtures/gallery";

const START = 2_570_000;
const END = 2_590_000;
const VARIANT = 2_577_795;

test.beforeEach(async ({ gallery }) => {
  await gallery.open("full");
  await gallery.root.focus();
});

test("arrows, plus, minus, Home, End and 0 move the view; Z and Shift+Z undo and redo", async ({
  gallery,
  page,
}) => {
  const steps: readonly (readonly [string, number, number])[] = [
    ["ArrowRight", START + 2_000, END + 2_000],
    ["ArrowLeft", START, END],
    ["Shift+ArrowRight", START + 10_000, END + 10_000],
    ["Shift+ArrowLeft", START, END],
    ["+", 2_575_000, 2_585_000],
    ["-", START, END],
    ["Home", 2_530_000, 2_550_000],
    ["End", 2_610_000, 2_630_000],
    ["0", 2_530_000, 2_630_000],
    ["z", 2_610_000, 2_630_000],
    ["z", 2_530_000, 2_550_000],
    ["Shift+Z", 2_610_000, 2_630_000],
  ];
  for (const [key, start, end] of steps) {
    await page.keyboard.press(key);
    await gallery.expectRegion(start, end);
  }
});

test("R A D O 2 choose the mode, L and S the scale", async ({ gallery, page }) => {
  for (const [key, mode] of [
    ["r", "ref"],
    ["a", "alt"],
    ["d", "diff"],
    ["o", "overlay"],
    ["2", "log2FC"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(gallery.root).toHaveAttribute("data-mode", mode);
    expect(await gallery.trait("mode")).toBe(mode);
    await expect(gallery.root.getByTestId(`lsc-mode-${mode}`)).toHaveAttribute(
      "aria-checked",
      "true",
    );
  }
  await page.keyboard.press("l");
  await expect.poll(() => gallery.trait("scale")).toEqual({ kind: "log1p", range: "group" });
  await expect(gallery.root).toContainText("Scale: group, log");
  for (const range of ["track", "all", "group"]) {
    await page.keyboard.press("s");
    await expect.poll(() => gallery.trait("scale")).toEqual({ kind: "log1p", range });
  }
});

test("up and down walk the lanes; Space selects, P pins, Delete hides", async ({
  gallery,
  page,
}) => {
  await page.keyboard.press("ArrowDown");
  await expect(gallery.lane(0)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(gallery.lane(2)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(gallery.lane(0)).toBeFocused();
  await page.keyboard.press("Space");
  await expect(gallery.lane(0)).toHaveAttribute("aria-selected", "true");
  expect(await gallery.trait("selected_tracks")).toEqual([0]);
  await page.keyboard.press("Space");
  await expect(gallery.lane(0)).toHaveAttribute("aria-selected", "false");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("p");
  await expect.poll(() => gallery.trait("pinned")).toEqual([2]);
  await expect(gallery.lane(2).getByRole("button", { name: "Unpin this lane" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(gallery.root.getByTestId("lsc-lane").first()).toHaveAttribute("data-track", "2");
  await page.keyboard.press("Delete");
  await expect(gallery.lane(2)).toHaveCount(0);
  expect(await gallery.trait("pinned")).toEqual([]);
  await expect(gallery.root.getByTestId("lsc-lane")).toHaveCount(5);
});

test("[ and ] go to the neighbouring variants", async ({ gallery, page }) => {
  for (const [key, at] of [
    ["]", 2_578_102],
    ["]", 2_578_330],
    ["[", 2_578_102],
    ["[", VARIANT],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => gallery.trait("focus")).toMatchObject({ start: at });
    expect(await gallery.trait("selection")).toMatchObject({ positions: [at] });
  }
});

test("G, slash, F and E lead to the place box, the search, the filters and the export", async ({
  gallery,
  page,
}) => {
  const { root } = gallery;
  await page.keyboard.press("g");
  await expect(root.getByTestId("lsc-locus")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(root.getByTestId("lsc-locus")).not.toBeFocused();
  await root.focus();
  await page.keyboard.press("/");
  await expect(root.getByTestId("lsc-facet-search")).toBeFocused();
  await root.focus();
  await page.keyboard.press("f");
  await expect(root.getByTestId("lsc-facets")).toHaveCount(0);
  await page.keyboard.press("/");
  await expect(root.getByTestId("lsc-facet-search")).toBeFocused();
  await root.focus();
  await page.keyboard.press("e");
  await expect(root.getByTestId("lsc-export")).toBeFocused();
  await page.keyboard.press("Enter");
  const items = root.getByRole("menuitem");
  await expect(items.first()).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(items).toHaveCount(0);
  await expect(root.getByTestId("lsc-export")).toBeFocused();
});

test("a question mark opens the help and Escape closes the top thing first", async ({
  gallery,
  page,
}) => {
  const { root } = gallery;
  const { left, width } = await gallery.plot();
  await page.mouse.click(left + width / 2, await gallery.laneY(4));
  await expect(gallery.tooltip).toHaveAttribute("data-pinned", "");
  await root.focus();
  await page.keyboard.press("?");
  await expect(root.getByRole("dialog")).toBeFocused();
  await expect(root.getByRole("dialog")).toContainText("Hatched: no data here, which is not zero.");
  await page.keyboard.press("Escape");
  await expect(root.getByRole("dialog")).toHaveCount(0);
  await expect(root).toBeFocused();
  await expect(gallery.tooltip).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(gallery.tooltip).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(root).not.toBeFocused();
});

test("a place is typed: range, gene by suggestion, variant; a wrong one says why", async ({
  gallery,
  page,
}) => {
  const locus = gallery.root.getByTestId("lsc-locus");
  await gallery.goTo("2,575,001-2,580,000");
  await gallery.expectRegion(2_575_000, 2_580_000);
  await locus.fill("tmc2-a");
  await expect(gallery.root.getByRole("option", { name: "TMC2-AS1" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await gallery.region())[0]).toBeGreaterThan(2_580_000);
  await gallery.goTo("rs572140578");
  expect(await gallery.trait("focus")).toMatchObject({ start: VARIANT });
  await locus.fill("nowhere");
  await locus.press("Enter");
  await expect(gallery.root.getByRole("alert")).toContainText(
    "No place called \u201cnowhere\u201d",
  );
  await expect(locus).toHaveAttribute("aria-invalid", "true");
  await locus.fill("20:1-100");
  await locus.press("Enter");
  await expect(gallery.root.getByRole("alert")).toContainText("outside the loaded region");
});

test("handled keys stay inside, others and keys with Ctrl reach the page", async ({
  gallery,
  page,
}) => {
  await page.evaluate(() => {
    const seen: string[] = [];
    document.addEventListener("keydown", (event) => seen.push(event.key));
    Object.assign(window, { seenKeys: seen });
  });
  for (const key of ["ArrowRight", "d", "Control+d", "q", "Tab"]) await page.keyboard.press(key);
  const seen = await page.evaluate(() => (window as unknown as { seenKeys: string[] }).seenKeys);
  expect(seen).toEqual(["Control", "d", "q", "Tab"]);
  await expect(gallery.root).toHaveAttribute("data-mode", "diff");
});

test("Tab reaches every kind of control with a visible ring and leaves at the end", async ({
  gallery,
  page,
}) => {
  const stops: string[] = [];
  for (let i = 0; i < 120; i += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const active = document.activeElement;
      const root = document.querySelector("[data-testid=lsc-track-browser]");
      if (active === null || !root?.contains(active)) return null;
      const framed = active.matches("input") ? active.closest(".lsc-input") : active;
      const { outlineStyle, outlineWidth } = getComputedStyle(framed ?? active);
      const name = active.getAttribute("aria-label") ?? active.textContent ?? "";
      return { name: name.trim(), ring: `${outlineStyle} ${outlineWidth}` };
    });
    if (stop === null) break;
    expect(stop.ring, stop.name).toBe("solid 2px");
    stops.push(stop.name);
  }
  expect(stops.length).toBeLessThan(120);
  expect(new Set(stops).size).toBeGreaterThan(20);
  for (const name of ["Zoom in", "overlay", "Export this view", "Search tracks"]) {
    expect(stops).toContain(name);
  }
  await expect(gallery.root).not.toBeFocused();
  expect(stops.some((name) => name.startsWith("acceptor:+"))).toBe(true);
  expect(stops.some((name) => name.startsWith("Exon inclusion, 72 of 72"))).toBe(true);
});

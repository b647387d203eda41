/** The facet panel of its own: every number is what a plain loop over the rows counts. */
import { boxOf, expect, test } from "../fixtures/gallery";
import { ROWS, expectCounts, panelValue } from "../fixtures/panel";

test.use({ viewport: { width: 1360, height: 900 } });

test("by mouse: include, add, exclude, remove by chip, clear", async ({ gallery }) => {
  await gallery.openPanel("panel_all");
  const { panel } = gallery;
  const headings = await panel.locator("h4 .lsc-head-name").allTextContents();
  expect(headings).toEqual(
    (
      "Output,Assay,Tissue / cell,Kind of sample,GTEx tissue,Target,Histone mark,Strand,Source," +
      "Life stage,Modified,Resolution,Track,Ontology term,Endedness,Mean of non-zero values"
    ).split(","),
  );
  await expectCounts(gallery, {});
  await panelValue(gallery, "assay_title", "DNase-seq").click();
  await panelValue(gallery, "assay_title", "ATAC-seq").click();
  const assays = { in: ["ATAC-seq", "DNase-seq"] };
  await expectCounts(gallery, { assay_title: assays });
  await panelValue(gallery, "biosample_type", "tissue").click({ modifiers: ["Alt"] });
  await expectCounts(gallery, { assay_title: assays, biosample_type: { not: ["tissue"] } });
  await expect(panel.getByTestId("lsc-chip")).toHaveText([
    "Assay ATAC-seq",
    "Assay DNase-seq",
    "Kind of sample, not tissue",
  ]);
  await expect(panel.getByTestId("lsc-outputs")).toContainText(/tracks: \d+ DNase \u00b7 \d+ ATAC/);
  await panel.getByRole("button", { name: "Remove Assay ATAC-seq" }).click();
  await expectCounts(gallery, {
    assay_title: { in: ["DNase-seq"] },
    biosample_type: { not: ["tissue"] },
  });
  await panel.getByTestId("lsc-facet-clear").click();
  await expectCounts(gallery, {});
  await expect(panel.getByTestId("lsc-chip")).toHaveCount(0);
});

test("strand is three segments with counts", async ({ gallery }) => {
  await gallery.openPanel("panel_all");
  const strand = gallery.field("Strand");
  await expect(strand.getByTestId("lsc-facet-value").locator("span:first-child")).toHaveText([
    "+",
    "\u2212",
    "unstranded",
  ]);
  await panelValue(gallery, "strand", "+").click();
  await expectCounts(gallery, { strand: { in: ["+"] } });
  await panelValue(gallery, "strand", "-").click({ modifiers: ["Alt"] });
  await expectCounts(gallery, { strand: { in: ["+"], not: ["-"] } });
});

test("typing quickly: every letter stays, the last text wins", async ({ gallery, page }) => {
  await gallery.openPanel("panel_all");
  const box = gallery.panel.getByTestId("lsc-facet-search");
  await box.pressSequentially("brain organoid rna", { delay: 35 });
  await expect(box).toHaveValue("brain organoid rna");
  await expectCounts(gallery, {}, "brain organoid rna");
  const queries = await page.evaluate(() => window.lscModel.saved.map((saved) => saved["query"]));
  expect(queries.at(-1)).toBe("brain organoid rna");
  expect(queries.length).toBeLessThan(10);
  await page.evaluate(() => {
    window.lscModel.set("query", "k562");
  });
  await expect(box).toHaveValue("k562");
  await box.press("Escape");
  await expectCounts(gallery, {});
});

test("the words of the query: a field, a minus, an unknown field with a way out", async ({
  gallery,
}) => {
  await gallery.openPanel("panel_all");
  const box = gallery.panel.getByTestId("lsc-facet-search");
  await box.fill("assay_title:atac -liver");
  const atac = ROWS.filter(
    (row) => row["assay_title"] === "ATAC-seq" && !/liver/i.test(String(row["track_name"])),
  );
  await expect(gallery.panel.getByTestId("lsc-facet-count")).toHaveText(
    `${atac.length} of 5,563 tracks`,
  );
  await box.fill("asay_title:atac");
  const problems = gallery.panel.getByTestId("lsc-problems");
  await expect(problems).toContainText("There is no field \u201casay_title\u201d");
  await expect(gallery.panel.getByTestId("lsc-facet-count")).toHaveText("5,563 of 5,563 tracks");
  await problems.getByRole("button", { name: "Use assay_title" }).click();
  await expect(box).toHaveValue("assay_title:atac");
  await expect(problems).toHaveCount(0);
  await expect(gallery.panel.getByTestId("lsc-facet-count")).toContainText(" of 5,563 tracks");
});

test("an empty filter says so and can be removed", async ({ gallery }) => {
  await gallery.openPanel("panel_problem");
  await expect(gallery.panel.getByTestId("lsc-chip")).toHaveText(
    "Source: no value is allowed, so nothing matches",
  );
  await gallery.panel.getByRole("button", { name: /empty filter on Source/ }).click();
  await expect.poll(() => gallery.trait("filters")).toEqual({});
  await expect(gallery.panel).toHaveAttribute("data-state", "ready");
});

test("hundreds of targets: search, mark the match, scroll through all of them", async ({
  gallery,
  page,
}) => {
  await gallery.openPanel("panel_all");
  const target = gallery.field("Target");
  await target.getByRole("textbox").fill("pol");
  await expect(target.getByTestId("lsc-facet-value")).toHaveCount(2);
  await expect(target.locator("mark").first()).toHaveText("POL");
  await expect(target).toContainText(/2 of \d+ match/);
  await target.getByRole("textbox").press("Escape");
  await target.getByRole("button", { name: /more$/ }).click();
  const values = new Set(ROWS.map((row) => row["transcription_factor"]));
  const list = target.getByRole("listbox");
  expect(await list.locator("li").count()).toBeLessThan(40);
  await expect(list.locator("li").first()).toHaveAttribute("aria-setsize", String(values.size));
  await list.locator("li").first().focus();
  await page.keyboard.press("End");
  await expect(list.locator("li:focus")).toHaveAttribute("aria-posinset", String(values.size));
  await expect(list.locator("li:focus")).toHaveAttribute("data-value", "");
  await page.keyboard.press("Home");
  await expect(list.locator("li:focus")).toHaveAttribute("data-value", "CTCF");
  await page.keyboard.type("znf1");
  await expect(list.locator("li:focus")).toHaveAttribute("data-value", /^ZNF1/);
  await page.waitForTimeout(700);
  const name = await list.locator("li:focus").getAttribute("data-value");
  await page.keyboard.press("Space");
  await expect
    .poll(() => gallery.trait("filters"))
    .toEqual({
      transcription_factor: { in: [name] },
    });
  await expect(list.locator("li:focus")).toHaveAttribute("data-value", name ?? "");
  await target.getByRole("button", { name: "Show fewer" }).click();
  await expect(panelValue(gallery, "transcription_factor", name ?? "")).toHaveAttribute(
    "data-state",
    "in",
  );
});

test("a range of numbers by key and by pointer", async ({ gallery, page }) => {
  await gallery.openPanel("panel_all");
  const field = gallery.field("Mean of non-zero values");
  const [low, high] = [field.getByRole("slider").first(), field.getByRole("slider").last()];
  await expect(low).toHaveAttribute("aria-label", "Mean of non-zero values, smallest");
  await low.focus();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowRight");
  const min = Number(await low.getAttribute("aria-valuenow"));
  expect(min).toBeGreaterThan(0);
  await expectCounts(gallery, { nonzero_mean: { min } });
  const line = await boxOf(field.locator(".lsc-slider"));
  const from = await boxOf(high);
  await gallery.drag(
    [from.x + from.width / 2, from.y + from.height / 2],
    [line.x + line.width * 0.75, from.y + from.height / 2],
  );
  const max = Number(await high.getAttribute("aria-valuenow"));
  expect(max).toBeGreaterThan(min);
  await expectCounts(gallery, { nonzero_mean: { min, max } });
  await expect(gallery.panel.getByTestId("lsc-chip")).toContainText("Mean of non-zero values");
  await expect(field.locator("[data-cut]").first()).toBeAttached();
  await low.focus();
  await page.keyboard.press("Home");
  await high.focus();
  await page.keyboard.press("End");
  await expectCounts(gallery, {});
});

test("presets: choose, save the current choice, delete", async ({ gallery, page }) => {
  await gallery.openPanel("panel_presets");
  const { panel } = gallery;
  await panel.getByTestId("lsc-presets").click();
  await panel.getByRole("button", { name: "Open chromatin", exact: true }).click();
  const open = { assay_title: { in: ["ATAC-seq", "DNase-seq"] } };
  await expectCounts(gallery, open);
  await panelValue(gallery, "biosample_type", "tissue").click();
  await panel.getByTestId("lsc-presets").click();
  await panel.getByTestId("lsc-preset-name").fill("Open in tissue");
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("dialog")).toHaveCount(0);
  await expect
    .poll(() => gallery.trait("presets"))
    .toMatchObject({
      "Open in tissue": { filters: { ...open, biosample_type: { in: ["tissue"] } }, query: "" },
    });
  await panel.getByTestId("lsc-presets").click();
  await panel.getByRole("button", { name: "Delete \u201cOpen chromatin\u201d" }).click();
  await expect
    .poll(async () => Object.keys(await gallery.trait<object>("presets")))
    .toEqual(["Liver, no controls", "Open in tissue"]);
  await page.keyboard.press("Escape");
  await expect(panel.getByTestId("lsc-presets")).toBeFocused();
});

test("Copy as Python opens the code, says that it was copied, and follows the filters", async ({
  gallery,
  context,
  page,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await gallery.openPanel("panel_all");
  await panelValue(gallery, "assay_title", "ATAC-seq").click();
  await gallery.panel.getByTestId("lsc-copy-python").click();
  const code = gallery.panel.getByTestId("lsc-python");
  await expect(code).toHaveText('catalog.select(assay_title="ATAC-seq")');
  await expect(gallery.panel.getByTestId("lsc-copy-again")).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    'catalog.select(assay_title="ATAC-seq")',
  );
  await panelValue(gallery, "assay_title", "DNase-seq").click();
  await expect(code).toHaveText('catalog.select(assay_title=["ATAC-seq", "DNase-seq"])');
  await expect(gallery.panel.getByTestId("lsc-copy-again")).toHaveText("Copy");
  await gallery.panel.getByRole("button", { name: "Close" }).click();
  await expect(code).toHaveCount(0);
  await expect(gallery.panel.getByTestId("lsc-copy-python")).toBeFocused();
});

test("without permission the code stands there to be selected", async ({ gallery, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", {
      value: { writeText: () => Promise.reject(new Error("not allowed")) },
    });
  });
  await gallery.openPanel("panel");
  await gallery.panel.getByTestId("lsc-copy-python").click();
  await expect(gallery.panel.getByTestId("lsc-python")).toContainText("catalog.select(");
  await expect(gallery.panel).toContainText("Copying is not allowed here; select the text below");
});

test("by key alone: slash, arrows, Space, X, type-ahead, Ctrl+Enter, Escape", async ({
  gallery,
  page,
}) => {
  await gallery.openPanel("panel_all");
  const { panel } = gallery;
  await panel.focus();
  await page.keyboard.press("/");
  await expect(panel.getByTestId("lsc-facet-search")).toBeFocused();
  await page.keyboard.press("Escape");
  await panelValue(gallery, "assay_title", "TF ChIP-seq").focus();
  await page.keyboard.press("d");
  await expect(panelValue(gallery, "assay_title", "DNase-seq")).toBeFocused();
  await page.waitForTimeout(700);
  await page.keyboard.press("Space");
  await expectCounts(gallery, { assay_title: { in: ["DNase-seq"] } });
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("x");
  await expect(panel.locator("[data-field=assay_title][data-state=out]:focus")).toHaveCount(1);
  await expect(panelValue(gallery, "assay_title", "DNase-seq")).toHaveAttribute(
    "aria-label",
    /^DNase-seq, \d+ of \d+ tracks, included$/,
  );
  await expect(panel.getByTestId("lsc-spoken")).toContainText(/of 5,563 tracks match/);
  await page.keyboard.press("Control+Enter");
  const shows = await page.evaluate(() => window.lscKernel.counts.get("show"));
  expect(shows).toBe(1);
  await page.evaluate(() => {
    const seen: string[] = [];
    document.addEventListener("keydown", (event) => seen.push(event.key));
    Object.assign(window, { seenKeys: seen });
  });
  for (const key of ["q", "x", "ArrowDown", "Tab"]) await page.keyboard.press(key);
  const seen = await page.evaluate(() => (window as unknown as { seenKeys: string[] }).seenKeys);
  expect(seen).toEqual(["Tab"]);
  await panel.focus();
  await page.keyboard.press("Escape");
  await expect(panel).not.toBeFocused();
});

test("Tab reaches every kind of control with a visible ring and leaves at the end", async ({
  gallery,
  page,
}) => {
  await gallery.openPanel("panel");
  await gallery.panel.focus();
  const stops: string[] = [];
  for (let i = 0; i < 140; i += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const active = document.activeElement;
      const root = document.querySelector("[data-testid=lsc-facet-panel]");
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
  expect(stops.length).toBeLessThan(140);
  for (const name of ["Search tracks", "Presets", "Copy as Python", "Clear"]) {
    expect(stops).toContain(name);
  }
  expect(stops.some((name) => name.endsWith("tracks, included"))).toBe(true);
  expect(stops).toContain("Mean of non-zero values, largest");
});

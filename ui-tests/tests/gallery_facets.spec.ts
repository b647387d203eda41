/** Track filters: every number beside a value is what a plain loop over the tracks counts. */
import { expect, test, type Gallery } from "../fixtures/gallery";
import { demoTracks } from "../gallery/fake_tracks";

type Cell = string | null;
type Filters = Record<string, { in?: Cell[]; not?: Cell[] }>;

const TRACKS = demoTracks({ hasAlt: true }).map((track) => track.fields);
const SEARCHED = ["assay_title", "biosample_name", "gtex_tissue", "track_name"];

function passes(row: Readonly<Record<string, Cell>>, filters: Filters, query: string): boolean {
  for (const [field, filter] of Object.entries(filters)) {
    const cell = row[field] ?? null;
    if (filter.in !== undefined && !filter.in.includes(cell)) return false;
    if (filter.not?.includes(cell) === true) return false;
  }
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) =>
    SEARCHED.some((field) => row[field]?.toLowerCase().includes(word) === true),
  );
}

/** Tracks with this value that satisfy the text and the filters on all other fields. */
function oracle(field: string, value: Cell, filters: Filters, query: string): number {
  const others = Object.fromEntries(Object.entries(filters).filter(([name]) => name !== field));
  return TRACKS.filter((row) => (row[field] ?? null) === value && passes(row, others, query))
    .length;
}

/** Compare every number on the panel, the headline, and the lanes with the loop. */
async function expectCounts(gallery: Gallery, filters: Filters, query = ""): Promise<void> {
  const matching = TRACKS.filter((row) => passes(row, filters, query)).length;
  await expect(gallery.root.getByTestId("lsc-facet-count")).toHaveText(
    `${matching} of ${TRACKS.length} tracks`,
  );
  const rows = await gallery.root
    .getByTestId("lsc-facet-value")
    .evaluateAll((elements) =>
      elements.map((element) => ({ ...(element as HTMLElement).dataset })),
    );
  const found = rows.map(({ field = "", value = "", count, total, state }) => [
    field,
    value,
    Number(count),
    Number(total),
    state,
  ]);
  const expected = rows.map(({ field = "", value = "" }) => {
    const cell = value === "" ? null : value;
    const { in: included, not: excluded } = filters[field] ?? {};
    const state = excluded?.includes(cell) ? "out" : included?.includes(cell) ? "in" : "off";
    const count = oracle(field, cell, filters, query);
    return [field, value, count, oracle(field, cell, {}, ""), state];
  });
  expect(rows.length).toBeGreaterThan(10);
  expect(found).toEqual(expected);
  await expect(gallery.root.getByTestId("lsc-lane")).toHaveCount(Math.min(100, matching));
  expect(await gallery.trait("filters")).toEqual(filters);
}

test.beforeEach(async ({ gallery }) => {
  await gallery.open("many");
});

test("by mouse: include, add, exclude, remove by chip, clear", async ({ gallery }) => {
  const { root } = gallery;
  await expectCounts(gallery, {});
  const headings = await root.locator(".lsc-field h4").allTextContents();
  expect(headings.map((text) => text.replace(/\d+$/, ""))).toEqual(
    "Output,Assay,Tissue / cell,GTEx tissue,Strand,Source,Track".split(","),
  );
  await gallery.value("assay_title", "ATAC-seq").click();
  await expectCounts(gallery, { assay_title: { in: ["ATAC-seq"] } });
  await gallery.value("assay_title", "exon inclusion (PSI)").click();
  const assays = { in: ["ATAC-seq", "exon inclusion (PSI)"] };
  await expectCounts(gallery, { assay_title: assays });
  await gallery.value("strand", "-").click({ modifiers: ["Alt"] });
  await expectCounts(gallery, { assay_title: assays, strand: { not: ["-"] } });
  await root.getByRole("button", { name: "Remove Assay ATAC-seq" }).click();
  await expectCounts(gallery, {
    assay_title: { in: ["exon inclusion (PSI)"] },
    strand: { not: ["-"] },
  });
  await root.getByTestId("lsc-facet-clear").click();
  await expectCounts(gallery, {});
});

test("by key: arrows move, Space includes, X leaves out", async ({ gallery, page }) => {
  const { root } = gallery;
  const first = gallery.value("output_name", "exon_inclusion");
  await first.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await expect(gallery.value("output_name", "atac")).toHaveAttribute("data-state", "in");
  await expectCounts(gallery, { output_name: { in: ["atac"] } });
  await expect(root.locator("[role=option]:focus")).toHaveCount(1);
  await page.keyboard.press("Space");
  await expectCounts(gallery, {});
  await page.keyboard.press("x");
  await expect(root.locator("[data-field=output_name][data-state=out]")).toHaveCount(1);
  const out = await root
    .locator("[data-field=output_name][data-state=out]")
    .getAttribute("data-value");
  await expectCounts(gallery, { output_name: { not: [out] } });
});

test("the focus stays on the value that was changed while the order changes", async ({
  gallery,
  page,
}) => {
  await gallery.value("assay_title", "ATAC-seq").focus();
  await page.keyboard.press("Space");
  await expect(gallery.value("assay_title", "ATAC-seq")).toHaveAttribute("data-state", "in");
  await expect(gallery.value("assay_title", "ATAC-seq")).toBeFocused();
});

test("the search of all tracks and the search in one field", async ({ gallery, page }) => {
  const { root } = gallery;
  await root.getByTestId("lsc-facet-search").fill("brain CORTEX");
  await expectCounts(gallery, {}, "brain CORTEX");
  expect(await gallery.trait("query")).toBe("brain CORTEX");
  await page.keyboard.press("Escape");
  await expectCounts(gallery, {});
  const tissues = root.locator('section[aria-label="GTEx tissue"]');
  await tissues.getByRole("textbox").fill("brain");
  const values = tissues.getByTestId("lsc-facet-value");
  await expect(values.first()).toHaveAttribute("data-value", /brain/i);
  const known = new Set(
    TRACKS.map((row) => row["gtex_tissue"] ?? "").filter((v) => /brain/i.test(v)),
  );
  await tissues.getByRole("button", { name: /more$/ }).click();
  await expect(values).toHaveCount(known.size);
  await expect(tissues.locator("mark").first()).toHaveText("Brain");
  await gallery.value("gtex_tissue", "Brain_Cortex").click();
  await expectCounts(gallery, { gtex_tissue: { in: ["Brain_Cortex"] } });
});

test("missing values are a value", async ({ gallery }) => {
  const tissues = gallery.root.locator('section[aria-label="GTEx tissue"]');
  await tissues.getByRole("textbox").fill("missing");
  await expect(tissues.getByTestId("lsc-facet-value")).toContainText(["(missing)"]);
  await gallery.value("gtex_tissue", "").click();
  await expectCounts(gallery, { gtex_tissue: { in: [null] } });
});

test("filters from Python move the panel and the lanes", async ({ gallery, page }) => {
  await page.evaluate(() => {
    window.lscModel.set("filters", { data_source: { in: ["ENCODE"] } });
  });
  await expectCounts(gallery, { data_source: { in: ["ENCODE"] } });
  await expect(gallery.root.getByRole("button", { name: "Remove Source ENCODE" })).toBeVisible();
});

test("nothing left: the sentence names the filters and one click brings all back", async ({
  gallery,
}) => {
  await gallery.open("unmatched");
  await gallery.root.getByRole("button", { name: "Clear all filters" }).last().click();
  await expectCounts(gallery, {});
  await expect(gallery.root).toHaveAttribute("data-state", "ready");
});

test("Copy as Python gives the selection as code", async ({ gallery, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await gallery.value("assay_title", "ATAC-seq").click();
  await gallery.root
    .getByTestId("lsc-facets")
    .getByRole("button", { name: "Copy as Python" })
    .click();
  await expect(gallery.root.getByTestId("lsc-python")).toHaveText(
    'out.select(assay_title="ATAC-seq")',
  );
  expect(await gallery.page.evaluate(() => navigator.clipboard.readText())).toBe(
    'out.select(assay_title="ATAC-seq")',
  );
});

/** The facet panel in a real JupyterLab: run its notebook, choose by mouse and keyboard, read it back. */
import type { Locator } from "@playwright/test";
import { expect, test, type LabPage } from "../fixtures/lab";

test.describe.configure({ mode: "serial" });
test.use({ workspace: "named-outputs" });

const HEADINGS = {
  output_name: "Output",
  assay_title: "Assay",
  biosample_name: "Tissue / cell",
  biosample_type: "Kind of sample",
  transcription_factor: "Target",
  strand: "Strand",
  nonzero_mean: "Mean of non-zero values",
} as const;
type Field = keyof typeof HEADINGS;

const NOTEBOOK = "../notebooks/02_named_outputs.ipynb";

const panels = (lab: LabPage): Locator => lab.page.getByTestId("lsc-facet-panel");
/** The panel of the catalogue. */
const panel = (lab: LabPage): Locator => panels(lab).first();
/** The panel that is bound to the browser above it. */
const bound = (lab: LabPage): Locator => panels(lab).nth(1);
const browser = (lab: LabPage): Locator => lab.page.getByTestId("lsc-track-browser").first();

/** A heading of the panel, opened. */
async function section(root: Locator, field: Field): Promise<Locator> {
  const found = root.locator(`section[aria-label="${HEADINGS[field]}"]`);
  const fold = found.locator("button[aria-expanded]").first();
  await fold.scrollIntoViewIfNeeded();
  if ((await fold.getAttribute("aria-expanded")) === "false") await fold.click();
  return found;
}

/** A value of a field; in a long list it is searched for. */
async function facet(root: Locator, field: Field, value: string): Promise<Locator> {
  const found = await section(root, field);
  const row = found.locator(`[data-field="${field}"][data-value="${value}"]`);
  if ((await row.count()) === 0) await found.locator("input").first().fill(value);
  await row.scrollIntoViewIfNeeded();
  return row;
}

/** The two numbers of "n of N tracks". */
async function counts(root: Locator): Promise<number[]> {
  const text = await root.getByTestId("lsc-facet-count").innerText();
  return (text.match(/[\d,]+/g) ?? []).map((digits) => Number(digits.replaceAll(",", "")));
}

async function number(lab: LabPage, expression: string): Promise<number> {
  return Number(await lab.python(`print(${expression})`));
}

/** The page, the synced count and the table that Python would take are of one mind. */
async function expectOneMind(lab: LabPage, root: Locator, name: string): Promise<number> {
  const [shown = NaN] = await counts(root);
  await expect.poll(() => number(lab, `${name}.result_count`)).toBe(shown);
  expect(await number(lab, `len(${name}.result)`)).toBe(shown);
  return shown;
}

async function clear(lab: LabPage): Promise<void> {
  const button = panel(lab).getByTestId("lsc-facet-clear");
  if (await button.isVisible()) await button.click();
  await expect.poll(() => counts(panel(lab))).toEqual([5_563, 5_563]);
}

test("every cell runs and the panel shows what Python chose", async ({ lab }) => {
  test.setTimeout(240_000);
  expect(await lab.open(NOTEBOOK, "named_outputs.ipynb")).toBe("named_outputs.ipynb");
  const results = await lab.runAll();
  expect(results.filter((result) => result.error !== null)).toEqual([]);
  await panel(lab).scrollIntoViewIfNeeded();
  await expect(panel(lab)).toHaveAttribute("data-state", "ready", { timeout: 30_000 });
  await expect.poll(() => counts(panel(lab))).toEqual([143, 5_563]);
  await panel(lab).screenshot({ path: "test-results/panel_light.png" });
});

for (const [field, value] of [
  ["biosample_type", "tissue"],
  ["assay_title", "ATAC-seq"],
  ["transcription_factor", "CTCF"],
  ["strand", "-"],
] as const) {
  test(`choosing ${field} ${value} leaves what the count promised`, async ({ lab }) => {
    await clear(lab);
    const row = await facet(panel(lab), field, value);
    const promised = Number(await row.getAttribute("data-count"));
    expect(promised).toBeGreaterThan(0);
    await row.click();
    await expect(row).toHaveAttribute("data-state", "in");
    await expect.poll(() => counts(panel(lab))).toEqual([promised, 5_563]);
    expect(await expectOneMind(lab, panel(lab), "panel")).toBe(promised);
    expect(await number(lab, "len(panel.apply().whole_table())")).toBe(promised);
  });
}

test("fields narrow each other, and Alt+click leaves a value out", async ({ lab }) => {
  await clear(lab);
  await (await facet(panel(lab), "output_name", "rna_seq")).click();
  const row = await facet(panel(lab), "biosample_type", "tissue");
  const [before = NaN] = await counts(panel(lab));
  const left = Number(await row.getAttribute("data-count"));
  await row.click({ modifiers: ["Alt"] });
  await expect(row).toHaveAttribute("data-state", "out");
  await expect.poll(() => counts(panel(lab))).toEqual([before - left, 5_563]);
  await expectOneMind(lab, panel(lab), "panel");
  expect(await lab.python("print(panel.filters)")).toBe(
    "{'biosample_type': {'not': ['tissue']}, 'output_name': {'in': ['rna_seq']}}",
  );
});

test("typed words, fields and signs mean the same on both sides", async ({ lab }) => {
  await clear(lab);
  const box = panel(lab).getByTestId("lsc-facet-search");
  for (const text of ["liver", "liver -strand:.", 'assay_title:="total rna-seq" liver']) {
    await box.fill(text);
    await expect.poll(() => lab.python("print(panel.query)")).toBe(text);
    const n = await expectOneMind(lab, panel(lab), "panel");
    expect(n).toBeGreaterThan(0);
    expect(n).toBeLessThan(5_563);
  }
  await box.fill("biosampl_name:liver");
  await expect(panel(lab).getByTestId("lsc-problems")).toContainText("biosample_name");
  await expect.poll(() => lab.python("print(panel.query)")).toBe("biosampl_name:liver");
  expect(await expectOneMind(lab, panel(lab), "panel")).toBe(5_563);
  await box.fill("");
});

test("a range of numbers is chosen by keyboard", async ({ lab }) => {
  await clear(lab);
  const range = await section(panel(lab), "nonzero_mean");
  const handle = range.getByTestId("lsc-handle").first();
  await handle.focus();
  for (let step = 0; step < 8; step += 1) await handle.press("ArrowRight");
  await expect.poll(async () => (await counts(panel(lab)))[0]).toBeLessThan(5_563);
  await expect.poll(() => lab.python("print('nonzero_mean' in panel.filters)")).toBe("True");
  const n = await expectOneMind(lab, panel(lab), "panel");
  const frame = "panel.to_dataframe()['nonzero_mean']";
  expect(n).toBeGreaterThan(0);
  expect(await lab.python(`print(${frame}.min() >= panel.filters['nonzero_mean']['min'])`)).toBe(
    "True",
  );
});

test("a preset is one click, and Python follows its values", async ({ lab }) => {
  await clear(lab);
  const presets = panel(lab).getByTestId("lsc-presets");
  await presets.scrollIntoViewIfNeeded();
  await presets.click();
  await panel(lab).getByTestId("lsc-preset").first().click();
  await expect.poll(() => counts(panel(lab))).toEqual([143, 5_563]);
  await expectOneMind(lab, panel(lab), "panel");
  await expect.poll(() => lab.python("print(panel.apply() == ctcf)")).toBe("True");
  await lab.page.keyboard.press("Escape");
});

test("Copy as Python is code that gives the panel's tracks", async ({ lab }) => {
  await lab.python('panel.filters = {"output_name": "rna_seq", "strand": {"not": ["-"]}}');
  await lab.python('panel.query = "brain"');
  await expect
    .poll(async () => (await counts(panel(lab)))[0])
    .toBe(await number(lab, "panel.result_count"));
  await panel(lab).getByTestId("lsc-copy-python").click();
  const code = await panel(lab).getByTestId("lsc-python").innerText();
  const call = /^catalog\.select\(/m;
  expect(code).toMatch(call);
  const kept = code.replace(call, "same = catalog.select(");
  expect(await lab.python(`${kept}\nprint(same == panel.apply())`)).toBe("True");
  await lab.page.keyboard.press("Escape");
});

test("a bound panel and its browser follow each other, in the page and in Python", async ({
  lab,
}) => {
  await lab.python('browser.filters, browser.query = {}, ""');
  await bound(lab).scrollIntoViewIfNeeded();
  await expect.poll(async () => (await counts(bound(lab)))[0]).toBe(119);
  const row = await facet(bound(lab), "biosample_name", "Testis");
  await row.click();
  const [n = NaN] = await counts(bound(lab));
  expect(n).toBe(Number(await row.getAttribute("data-count")));
  await expect.poll(() => lab.python("print(browser.filters == bound.filters)")).toBe("True");
  await expect.poll(() => number(lab, "len(browser.shown)")).toBe(n);
  await browser(lab).scrollIntoViewIfNeeded();
  await expect.poll(async () => (await counts(browser(lab)))[0]).toBe(n);
  const theirs = await facet(browser(lab), "strand", "+");
  await theirs.click();
  await expect.poll(async () => (await counts(bound(lab)))[0]).toBe(1);
  await expect
    .poll(() => lab.python("print(bound.filters)"))
    .toBe("{'biosample_name': {'in': ['Testis']}, 'strand': {'in': ['+']}}");
  await expectOneMind(lab, bound(lab), "bound");
  expect(await lab.python("print(bound.apply().selected_data().heads())")).toBe(
    "['exon_inclusion']",
  );
});

test("quick choices in both end in the same place", async ({ lab }) => {
  await lab.python('browser.filters, browser.query = {}, ""');
  await expect.poll(async () => (await counts(bound(lab)))[0]).toBe(119);
  const row = await facet(bound(lab), "strand", "+");
  for (let click = 0; click < 5; click += 1) await row.click({ delay: 0 });
  await expect(row).toHaveAttribute("data-state", "in");
  const state = "print(browser.filters, bound.filters, len(browser.shown) == bound.result_count)";
  const settled = "{'strand': {'in': ['+']}} {'strand': {'in': ['+']}} True";
  await expect.poll(() => lab.python(state)).toBe(settled);
  // Another round trip through kernel and page: no late echo turns it back.
  expect(await lab.python(state)).toBe(settled);
  expect((await counts(browser(lab)))[0]).toBe((await counts(bound(lab)))[0]);
});

test("Show in browser brings the lanes back to the choice, as long as there is a browser", async ({
  lab,
}) => {
  await lab.python('browser.filters = {"strand": ["+"]}; browser.visible = [0]');
  await expect.poll(() => lab.python("print(browser.shown)")).toBe("[0]");
  await bound(lab).getByTestId("lsc-show").click();
  await expect(browser(lab)).toBeInViewport();
  await expect.poll(() => lab.python("print(browser.shown == bound.result.tolist())")).toBe("True");
  await expect(panel(lab).getByTestId("lsc-show")).toHaveCount(0);
  await lab.python(
    "gone = lsc.TrackBrowser(predicted); alone = lsc.FacetPanel(gone); display(alone)",
  );
  const last = panels(lab).last();
  await expect(last.getByTestId("lsc-show")).toBeVisible();
  await lab.python("gone.close()");
  await expect(last.getByTestId("lsc-show")).toHaveCount(0);
  await (await facet(last, "strand", "+")).click();
  await expect.poll(() => lab.python("print(alone.result_count, gone.filters)")).toBe("2 {}");
});

test("markup in a track name is text", async ({ lab }) => {
  await lab.python(
    [
      `name = '<img src=x onerror="window.__pwned=1"><script>window.__pwned=2</script>'`,
      "rows = [{'output_type': name, 'track_name': name, 'biosample_name': t} for t in (name, 'b')]",
      "display(lsc.TrackMetadataCatalog.from_rows(rows).show(title=name))",
    ].join("\n"),
  );
  const last = panels(lab).last();
  await last.scrollIntoViewIfNeeded();
  await expect(last).toHaveAttribute("data-state", "ready", { timeout: 30_000 });
  await expect(last).toContainText("<img src=x");
  expect(await lab.page.evaluate(() => window.__pwned)).toBeUndefined();
});

test("dark theme repaints without a reload", async ({ lab }) => {
  await clear(lab);
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Dark" });
  await lab.page.waitForFunction(() => document.body.dataset["jpThemeLight"] === "false");
  await panel(lab).scrollIntoViewIfNeeded();
  await expect
    .poll(() =>
      panel(lab).evaluate(
        (element) => getComputedStyle(element).backgroundColor.match(/\d+/g)?.[0],
      ),
    )
    .not.toBe("255");
  await panel(lab).screenshot({ path: "test-results/panel_dark.png" });
  await lab.execute("apputils:change-theme", { theme: "JupyterLab Light" });
});

test("after a kernel restart the panel is readable and still filters", async ({ lab }) => {
  await panel(lab).scrollIntoViewIfNeeded();
  await lab.restartKernel();
  await expect(panel(lab)).toHaveAttribute("data-state", "disconnected", { timeout: 30_000 });
  await expect(panel(lab)).toContainText(/run the cell again/i);
  await clear(lab);
  const row = await facet(panel(lab), "assay_title", "DNase-seq");
  const promised = Number(await row.getAttribute("data-count"));
  await row.click();
  await expect.poll(() => counts(panel(lab))).toEqual([promised, 5_563]);
});

test("nothing left for another host and the page had no error", ({ lab }) => {
  expect(lab.foreign).toEqual([]);
  expect(lab.errors).toEqual([]);
});

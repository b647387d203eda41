/**
 * Facet counts in the page against the same counts in polars and pandas.
 *
 *     node bench/ui_facets.mjs
 *
 * A catalog of 7,000 tracks and 9 fields under 4 filters, each of the 9 counts leaving its own
 * filter out: what one click in the facet panel costs. The page works in Chromium, polars and
 * pandas in a Python without transport to the page (bench/ui_facets_peers.py, same catalog, same
 * filters, answers compared). Once more with a search text of words, a left-out word and terms of
 * single fields, a new last word with every update, where 7,000 track names are searched:
 * p95_text_ms is held to the same floor.
 * Prints one JSON line and exits with 1 when a floor is missed.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openPage } from "./ui_page.mjs";

const FLOORS = { p95_ms: 4, polars: 50, pandas: 80 };
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const entry = `
import { FacetTable } from "./src/core/facets.ts";
globalThis.facets = { FacetTable };
`;

/** Categories per field, about those of the human catalogue. */
const SIZES = [11, 13, 715, 6, 55, 751, 12, 3, 4];

function makeCatalog(n) {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const columns = SIZES.map((size, f) => ({
    field: `field_${f}`,
    values: Array.from({ length: size }, (_, i) => `value ${i} of ${f}`),
    codes: Array.from({ length: n }, () => Math.floor(random() ** 2 * (size + 1))),
  }));
  const some = (f, count) => ({ in: columns[f].values.slice(0, count) });
  const filters = {
    field_0: some(0, 4),
    field_3: some(3, 3),
    field_4: some(4, 20),
    field_7: some(7, 2),
  };
  return { columns, filters };
}

/** One name per track, as a published catalog has them; the last word is being typed. */
const TEXT = 'track -"name 7 " field_2:of field_4:="value 3 of 4" ';

/** Runs in the page: 95th percentile of updates with a search text. */
function measureText({ columns, filters, rounds, text }) {
  const n = columns[0].codes.length;
  const names = Array.from({ length: n }, (_, i) => `track name ${i} of many`);
  const table = new globalThis.facets.FacetTable([
    {
      field: "names",
      values: names,
      codes: Uint16Array.from(names, (_, i) => i + 1),
      folded: names,
    },
    ...columns.map((column) => ({
      ...column,
      codes: Uint16Array.from(column.codes),
      folded: column.values,
    })),
  ]);
  const fields = columns.map(({ field }) => field);
  const matching = table.update(filters, `${text}1`, fields).nMatching;
  const times = Array.from({ length: rounds }, (_, i) => {
    const started = performance.now();
    table.update(filters, `${text}${i}`, fields);
    return performance.now() - started;
  });
  times.sort((a, b) => a - b);
  return { p95: times[Math.floor(rounds * 0.95)], matching };
}

/** Runs in the page: times of single updates, and the counts for the comparison. */
function measure({ columns, filters, rounds }) {
  const table = new globalThis.facets.FacetTable(
    columns.map((column) => ({ ...column, codes: Uint16Array.from(column.codes) })),
  );
  for (let i = 0; i < 50; i += 1) table.update(filters);
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    table.update(filters);
    return performance.now() - started;
  });
  // The browser's clock is coarse: the median comes from batches of updates.
  const batches = Array.from({ length: 21 }, () => {
    const started = performance.now();
    for (let i = 0; i < 30; i += 1) table.update(filters);
    return (performance.now() - started) / 30;
  });
  batches.sort((a, b) => a - b);
  times.sort((a, b) => a - b);
  const { fields } = table.update(filters);
  const counts = [...fields.values()].map(({ field, values }) => [
    field,
    Object.fromEntries(values.filter((v) => v.count > 0).map((v) => [v.value ?? "", v.count])),
  ]);
  return {
    p95: times[Math.floor(rounds * 0.95)],
    median: batches[10],
    counts: Object.fromEntries(counts),
  };
}

function peers(catalog) {
  const own = path.join(root, ".venv", "bin", "python");
  const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
  const script = path.join(root, "bench", "ui_facets_peers.py");
  const output = execFileSync(python, [script], {
    input: JSON.stringify(catalog),
    encoding: "utf8",
  });
  return JSON.parse(output);
}

function sameCounts(ours, theirs) {
  const sorted = (counts) =>
    Object.entries(counts).map(([field, values]) => [field, Object.entries(values).sort()]);
  return JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs));
}

const page = await openPage(entry);
try {
  const catalog = makeCatalog(7_000);
  const ours = await page.run(measure, { ...catalog, rounds: 400 });
  const searched = await page.run(measureText, {
    ...catalog,
    filters: { field_0: catalog.filters.field_0 },
    rounds: 400,
    text: TEXT,
  });
  const large = await page.run(measure, { ...makeCatalog(65_000), rounds: 60 });
  const theirs = peers(catalog);
  const round = (value) => Number(value.toPrecision(3));
  const ratios = { polars: theirs.polars_ms / ours.median, pandas: theirs.pandas_ms / ours.median };
  const equal = sameCounts(ours.counts, theirs.counts);
  const passed =
    equal &&
    ours.p95 <= FLOORS.p95_ms &&
    searched.matching > 0 &&
    searched.p95 <= FLOORS.p95_ms &&
    ratios.polars >= FLOORS.polars &&
    ratios.pandas >= FLOORS.pandas;
  console.log(
    JSON.stringify({
      bench: "ui_facets",
      tracks: 7_000,
      fields: SIZES.length,
      filters: 4,
      p95_ms: round(ours.p95),
      median_ms: round(ours.median),
      p95_text_ms: round(searched.p95),
      p95_ms_65000: round(large.p95),
      polars_ms: round(theirs.polars_ms),
      pandas_ms: round(theirs.pandas_ms),
      ratio_polars: round(ratios.polars),
      ratio_pandas: round(ratios.pandas),
      equal_counts: equal,
      floors: FLOORS,
      browser: page.version,
      passed,
    }),
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  await page.close();
}

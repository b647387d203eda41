import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import publishedCases from "../../tests/tracks/data/facet_cases.json";
import humanGolden from "../../tests/wire/facets_human.json";
import { FacetTable, facetTableOf, type FacetKey, type FieldColumn } from "./facets.js";
import { compareCodePoints } from "./filters.js";
import { GOLDEN, goldenTable } from "./testing/facet_golden.js";

/** The 5,563 real human tracks: sixteen-bit codes of every field, one field after the other. */
function humanColumns(): FieldColumn[] {
  const bytes = inflateSync(Buffer.from(humanGolden.codes_zlib_base64, "base64"));
  const codes = new Uint16Array(new Uint8Array(bytes).buffer);
  const { n } = humanGolden;
  return Object.entries(humanGolden.values).map(([field, values], place) => ({
    field,
    values,
    codes: codes.subarray(place * n, (place + 1) * n),
  }));
}

/** Stored values of the published cases as the page has them. */
function asText(value: FacetKey): FacetKey {
  return value === null ? null : String(value);
}

interface Published {
  readonly filters: Record<string, FacetKey[]>;
  readonly n_selected: number;
  readonly selected_sha256: string;
  readonly counts: Record<string, [FacetKey, number][]>;
}

describe("published cases over the human tracks", () => {
  const human = new FacetTable(humanColumns());
  const cases = publishedCases.cases as unknown as Published[];

  it.each(cases.map((one) => [JSON.stringify(one.filters), one] as const))("%s", (_, one) => {
    const filters = Object.fromEntries(
      Object.entries(one.filters).map(([field, values]) => [field, { in: values.map(asText) }]),
    );
    const result = human.update(filters, "", publishedCases.fields);
    expect(result.nMatching).toBe(one.n_selected);
    const digest = createHash("sha256").update(result.rows.join(",")).digest("hex");
    expect(digest).toBe(one.selected_sha256);
    for (const [field, expected] of Object.entries(one.counts)) {
      const counted = result.fields.get(field)?.values.filter(({ count }) => count > 0);
      expect(counted?.map(({ value, count }) => [value, count])).toEqual(
        expected.map(([value, count]) => [asText(value), count]),
      );
    }
  });

  it("are seven", () => {
    expect(cases).toHaveLength(7);
  });
});

describe.each(["toy", "random"] as const)("golden choices of the %s tables", (name) => {
  const cases = GOLDEN[name].catalogs.flatMap((catalog, place) =>
    catalog.cases.map((one) => [JSON.stringify([one.filters, one.text]), place, one] as const),
  );

  it.each(cases)(
    "%s",
    (_, place, { filters = {}, text = "", rows, problems = [], counts = {} }) => {
      const facets = goldenTable(name, place);
      const fields = Object.keys(counts).filter((field) => facets.fieldNames.includes(field));
      const result = facets.update(filters, text, fields, { keepZero: true });
      expect([...result.rows]).toEqual(rows);
      expect(result.nMatching).toBe(rows.length);
      expect(result.problems.map(({ token, field, closest }) => [token, field, closest])).toEqual(
        problems,
      );
      for (const field of fields) {
        const listed = result.fields.get(field);
        expect(listed?.values.map((v) => [v.value, v.count, v.total])).toEqual(counts[field]);
        for (const { value, selected, excluded } of listed?.values ?? []) {
          expect(selected).toBe(filters[field]?.in?.includes(value) ?? false);
          expect(excluded).toBe(filters[field]?.not?.includes(value) ?? false);
        }
        expect(listed?.nMissing).toBe(counts[field]?.find(([value]) => value === null)?.[1] ?? 0);
      }
    },
  );

  it(`are ${name === "toy" ? "dozens" : "two hundred"}`, () => {
    expect(cases.length).toBeGreaterThanOrEqual(name === "toy" ? 80 : 200);
  });
});

function table(): FacetTable {
  return new FacetTable(
    [
      { field: "strand", values: ["+", "-"], codes: Uint8Array.of(1, 1, 2, 0), folded: null },
      {
        field: "tissue",
        values: ["Liver", "Lung"],
        codes: Uint8Array.of(1, 2, 2, 2),
        folded: ["liver", "lung"],
      },
      { field: "width", values: [1, 128], codes: Uint8Array.of(1, 2, 2, 0) },
    ],
    [{ field: "mean", numbers: Float64Array.of(0.1, 0.5, NaN, 0.9) }],
  );
}

describe("update", () => {
  it("excludes values", () => {
    const result = table().update({ strand: { not: ["+"] } });
    expect([...result.rows]).toEqual([2, 3]);
    const strand = result.fields.get("strand");
    expect(strand?.values[0]).toEqual({
      value: "+",
      count: 2,
      total: 2,
      selected: false,
      excluded: true,
    });
  });

  it("filters numbers by inclusive bounds; missing fails", () => {
    expect([...table().update({ mean: { min: 0.5 } }).rows]).toEqual([1, 3]);
    expect([...table().update({ mean: { max: 0.5 } }).rows]).toEqual([0, 1]);
    expect([...table().update({ width: { min: 2, max: 128 } }).rows]).toEqual([1, 2]);
  });

  it("counts a field without its own filter only", () => {
    const result = table().update({ strand: { in: ["+"] }, tissue: { in: ["Lung"] } });
    expect(result.nMatching).toBe(1);
    const counts = result.fields.get("strand")?.values.map(({ value, count }) => [value, count]);
    expect(counts).toEqual([
      ["+", 1],
      ["-", 1],
      [null, 1],
    ]);
  });

  it("matches nothing with an empty list, and says what each value would give", () => {
    const result = table().update({ strand: { in: [] } });
    expect(result.nMatching).toBe(0);
    expect(result.fields.get("strand")?.values.map(({ count }) => count)).toEqual([2, 1, 1]);
    expect(result.fields.get("tissue")?.values).toEqual([]);
  });

  it("lists a selected value with count 0, others only on request", () => {
    const filters = { tissue: { in: ["Liver"] }, strand: { in: ["-"] } };
    const values = table().update(filters).fields.get("tissue")?.values ?? [];
    expect(values.map(({ value, count }) => [value, count])).toEqual([
      ["Lung", 1],
      ["Liver", 0],
    ]);
    const all = table().update(filters, "", ["width"], { keepZero: true });
    expect(all.fields.get("width")?.values.map(({ count }) => count)).toEqual([0, 0, 0]);
  });

  it("finds words in searched fields only, in any case", () => {
    expect([...table().update({}, "LU").rows]).toEqual([1, 2, 3]);
    expect([...table().update({}, "liver lung").rows]).toEqual([]);
    expect([...table().update({}, "+").rows]).toEqual([]);
  });

  it("finds the same tracks again after many other words", () => {
    const facets = table();
    const found = (): number[] => [...facets.update({}, "lu -liver").rows];
    const before = found();
    for (let i = 0; i < 200; i += 1) facets.update({}, `word${i}`);
    expect(found()).toEqual(before);
    expect(found()).toEqual([1, 2, 3]);
  });

  it("gives each result rows of its own", () => {
    const facets = table();
    const before = facets.update({});
    facets.update({ strand: { in: [] } });
    expect([...before.rows]).toEqual([0, 1, 2, 3]);
  });

  it("counts right with more filters than a byte could count", () => {
    const columns = Array.from({ length: 300 }, (_, i) => ({
      field: `f${i}`,
      values: ["x"],
      codes: Uint8Array.of(1, 0),
    }));
    const filters = Object.fromEntries(columns.map(({ field }) => [field, { in: [null] }]));
    expect([...new FacetTable(columns).update(filters).rows]).toEqual([1]);
  });

  it("filters numbers by their shown text, and missing ones by null", () => {
    expect([...table().update({ mean: { in: ["0.5", null] } }).rows]).toEqual([1, 2]);
    expect([...table().update({ mean: { not: [null, "0.9"] } }).rows]).toEqual([0, 1]);
    expect([...table().update({ mean: { in: [] } }).rows]).toEqual([]);
    expect([...table().update({ mean: { in: ["0.5", "0.9"], min: 0.6 } }).rows]).toEqual([3]);
  });

  it("holds a known field without any value for missing everywhere", () => {
    expect([...table().update({ histone_mark: { in: ["x"] } }).rows]).toEqual([]);
    expect([...table().update({ histone_mark: { in: [null] } }).rows]).toEqual([0, 1, 2, 3]);
    expect([...table().update({ histone_mark: { min: 0 } }).rows]).toEqual([]);
  });

  it("leaves an unknown field of the text out and says so", () => {
    const { rows, problems } = table().update({}, "tisue:liver lu -strand:-");
    expect([...rows]).toEqual([1, 3]);
    expect(problems).toEqual([{ token: "tisue:liver", field: "tisue", closest: ["tissue"] }]);
  });

  it("finds terms in any field, also where the kernel sent no folded text", () => {
    expect([...table().update({}, "width:28").rows]).toEqual([1, 2]);
    expect([...table().update({}, "-width:=1").rows]).toEqual([1, 2, 3]);
    expect([...table().update({}, "mean:0.").rows]).toEqual([0, 1, 3]);
    expect([...table().update({}, "-mean:=0.5").rows]).toEqual([0, 2, 3]);
  });

  it("counts numbers per bin under all filters but the own", () => {
    const filters = { mean: { min: 0.5 }, strand: { in: ["+"] } };
    const histogram = table().update(filters).histograms.get("mean");
    expect([histogram?.lo, histogram?.hi, histogram?.isLog]).toEqual([0.1, 0.9, false]);
    expect(histogram?.counts[0]).toBe(1);
    expect(histogram?.counts.reduce((a, b) => a + b)).toBe(2);
    expect(histogram?.totals.reduce((a, b) => a + b)).toBe(3);
    expect([histogram?.nMissing, histogram?.nMissingTotal]).toEqual([0, 1]);
  });

  it("throws on a field that does not exist", () => {
    expect(() => table().update({ tisue: { in: ["x"] } })).toThrow(/tisue/);
    expect(() => table().update({}, "", ["tisue"])).toThrow(/tisue/);
  });

  it("throws when columns disagree in length", () => {
    const columns = [
      { field: "a", values: [], codes: new Uint8Array(2) },
      { field: "b", values: [], codes: new Uint8Array(3) },
    ];
    expect(() => new FacetTable(columns)).toThrow(/field b has 3 rows, the others 2/);
  });

  it("works on no tracks and no columns", () => {
    expect(new FacetTable([]).update({}, "x").nMatching).toBe(0);
  });
});

it("orders equal counts by code point", () => {
  const values = ["\ufffd", "🧬", "b", "B"];
  const facets = new FacetTable([{ field: "f", values, codes: Uint8Array.of(1, 2, 3, 4) }]);
  const listed = facets
    .update({})
    .fields.get("f")
    ?.values.map(({ value }) => value);
  expect(listed).toEqual([...values].sort(compareCodePoints));
});

it("takes its columns from a catalog", () => {
  const empty32 = new Uint32Array(2);
  const empty8 = new Uint8Array(2);
  const facets = facetTableOf({
    n: 2,
    columns: [
      {
        kind: "category",
        field: "strand",
        label: "Strand",
        values: ["+"],
        folded: null,
        codes: Uint8Array.of(1, 0),
      },
      { kind: "number", field: "mean", label: "Mean", numbers: Float64Array.of(1, 2) },
    ],
    geometry: {
      origin: empty32,
      bin: empty32,
      nBins: empty32,
      levels: empty8,
      signed: empty8,
      mark: empty8,
      measured: empty8,
      alt: empty8,
      lo: new Float32Array(2),
      hi: new Float32Array(2),
    },
  });
  expect(facets.fieldNames).toEqual(["strand"]);
  expect([...facets.update({ mean: { min: 1.5 } }).rows]).toEqual([1]);
});

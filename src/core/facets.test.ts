import { describe, expect, it } from "vitest";
import humanGolden from "../../tests/wire/facets_human.json";
import toyGolden from "../../tests/wire/facets_toy.json";
import { foldText } from "./display_text.js";
import {
  FacetTable,
  facetTableOf,
  type FacetKey,
  type FacetScalar,
  type FieldColumn,
  type FilterState,
} from "./facets.js";
import { compareCodePoints } from "./filters.js";
import { between, seeded } from "./testing/random.js";

interface GoldenValue {
  readonly value: FacetKey;
  readonly count: number;
  readonly total: number;
  readonly selected: boolean;
}

interface Golden {
  readonly columns: Record<string, { values: FacetScalar[]; codes: number[] }>;
  readonly search_fields: string[];
  readonly cases: {
    readonly filters: Record<string, FacetKey[]>;
    readonly text: string;
    readonly fields: string[];
    readonly keep_zero: boolean;
    readonly n_matching: number;
    readonly counts: Record<string, GoldenValue[]>;
  }[];
}

function goldenColumns({ columns, search_fields: searched }: Golden): FieldColumn[] {
  return Object.entries(columns).map(([field, { values, codes }]) => ({
    field,
    values,
    codes: Uint16Array.from(codes),
    folded: searched.includes(field) ? values.map((value) => foldText(String(value))) : null,
  }));
}

describe.each([
  ["human", humanGolden as unknown as Golden],
  ["toy", toyGolden as unknown as Golden],
])("golden counts of the %s catalog", (_, golden) => {
  const table = new FacetTable(goldenColumns(golden));
  const cases = golden.cases.map((one) => [JSON.stringify([one.filters, one.text]), one] as const);

  it.each(cases)("%s", (__, { filters, text, fields, keep_zero: keepZero, ...expected }) => {
    const state = Object.fromEntries(
      Object.entries(filters).map(([field, values]) => [field, { in: values }]),
    );
    const result = table.update(state, text, fields, { keepZero });
    expect(result.nMatching).toBe(expected.n_matching);
    expect(result.rows).toHaveLength(expected.n_matching);
    for (const field of fields) {
      const listed = result.fields.get(field)?.values.map(({ excluded, ...value }) => {
        expect(excluded).toBe(false);
        return value;
      });
      expect(listed).toEqual(expected.counts[field]);
    }
  });
});

/** The slow obvious twin: one loop over tracks per value. */
function slowCount(
  columns: readonly FieldColumn[],
  filters: FilterState,
  text: string,
  counted: string,
): Map<FacetKey, number> {
  const keyOf = (column: FieldColumn, row: number): FacetKey => {
    const code = column.codes[row] ?? 0;
    return code === 0 ? null : (column.values[code - 1] ?? null);
  };
  const counts = new Map<FacetKey, number>();
  const target = columns.find(({ field }) => field === counted);
  const n = columns[0]?.codes.length ?? 0;
  for (let row = 0; row < n && target !== undefined; row += 1) {
    const hasText = text
      .split(/\s+/)
      .every((word) =>
        columns.some(
          (column) =>
            column.folded !== null &&
            column.folded !== undefined &&
            (column.folded[(column.codes[row] ?? 0) - 1] ?? (word === "" ? "" : "\u0000")).includes(
              foldText(word),
            ),
        ),
      );
    const passes = columns.every((column) => {
      const filter = filters[column.field];
      if (filter === undefined || column.field === counted) return true;
      const key = keyOf(column, row);
      return (filter.in?.includes(key) ?? true) && !(filter.not?.includes(key) ?? false);
    });
    const key = keyOf(target, row);
    if (hasText && passes) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe("random catalogs", () => {
  const words = ["liver", "lung", "K562", "Brain_Cortex", "RNA-seq", "ATAC-seq", "日本", "+", "-"];

  it("equal the slow twin, 200 times", () => {
    const random = seeded(11);
    for (let round = 0; round < 200; round += 1) {
      const n = between(random, 0, 60);
      const columns = ["f", "g", "h"].map((field): FieldColumn => {
        const values = words.filter(() => random() < 0.5);
        return {
          field,
          values,
          codes: Uint8Array.from({ length: n }, () => between(random, 0, values.length)),
          folded: field === "h" ? null : values.map(foldText),
        };
      });
      const pick = (): FacetKey[] => [...words, null].filter(() => random() < 0.3);
      const filters: FilterState = {
        ...(random() < 0.7 ? { f: { in: pick() } } : {}),
        ...(random() < 0.5 ? { g: { not: pick() } } : {}),
        ...(random() < 0.3 ? { h: { in: pick(), not: pick() } } : {}),
      };
      const text = random() < 0.5 ? "" : ["L", "cor", "k5 seq", " liver ", "zz"][round % 5];
      const table = new FacetTable(columns);
      const result = table.update(filters, text, ["f", "g", "h"], { keepZero: true });
      for (const field of ["f", "g", "h"]) {
        const expected = slowCount(columns, filters, (text ?? "").trim(), field);
        const listed = result.fields.get(field);
        for (const { value, count } of listed?.values ?? []) {
          expect(count).toBe(expected.get(value) ?? 0);
          expected.delete(value);
        }
        expect([...expected.values()].every((count) => count === 0)).toBe(true);
        const nMissing = listed?.values.find(({ value }) => value === null)?.count ?? 0;
        expect(listed?.nMissing).toBe(nMissing);
      }
    }
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

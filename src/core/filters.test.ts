import { describe, expect, it } from "vitest";
import {
  canonicalFilters,
  clearField,
  compareCodePoints,
  cycleFilter,
  type FilterState,
} from "./filters.js";
import { between, seeded } from "./testing/random.js";

describe("order of text", () => {
  it("is by code point, as in Python", () => {
    const sorted = ["🧬", "\ufffd", "b", "B", "", "ab", "a"].sort(compareCodePoints);
    expect(sorted).toEqual(["", "B", "a", "ab", "b", "\ufffd", "🧬"]);
  });
});

describe("canonical filters", () => {
  it("are sorted and unique, missing last, and without filters that allow everything", () => {
    const filters: FilterState = {
      strand: { in: ["-", null, "+", "-"] },
      assay: { not: [] },
      empty: {},
      organ: { not: ["b", "a"], min: 1 },
      none: { in: [] },
    };
    expect(JSON.stringify(canonicalFilters(filters))).toBe(
      '{"none":{"in":[]},"organ":{"not":["a","b"],"min":1},"strand":{"in":["+","-",null]}}',
    );
  });

  it("keep a field of any name", () => {
    const filters = JSON.parse(
      '{"__proto__":{"in":["x"]},"constructor":{"not":["y"]}}',
    ) as FilterState;
    expect(JSON.stringify(canonicalFilters(filters))).toBe(JSON.stringify(filters));
    const next = cycleFilter(filters, "__proto__", "z", "in");
    expect(JSON.stringify(next)).toContain('"__proto__":{"in":["x","z"]}');
  });

  it("do not change when made canonical twice", () => {
    const random = seeded(7);
    const value = () => ["a", "b", "c", null][between(random, 0, 3)] ?? null;
    for (let i = 0; i < 200; i += 1) {
      const filters: FilterState = { f: { in: [value(), value()], not: [value()] }, g: {} };
      const once = canonicalFilters(filters);
      expect(canonicalFilters(once)).toEqual(once);
    }
  });
});

describe("cycleFilter", () => {
  it("switches a value on and off", () => {
    const on = cycleFilter({}, "strand", "+", "in");
    expect(on).toEqual({ strand: { in: ["+"] } });
    expect(cycleFilter(on, "strand", "+", "in")).toEqual({});
  });

  it("moves a value between included and excluded", () => {
    const included = cycleFilter({}, "strand", null, "in");
    expect(cycleFilter(included, "strand", null, "not")).toEqual({ strand: { not: [null] } });
  });

  it("keeps other values, bounds and fields, and leaves its input alone", () => {
    const before: FilterState = { a: { in: ["x"], min: 2 }, b: { not: ["y"] } };
    const frozen = JSON.stringify(before);
    expect(cycleFilter(before, "a", "z", "in")).toEqual({
      a: { in: ["x", "z"], min: 2 },
      b: { not: ["y"] },
    });
    expect(JSON.stringify(before)).toBe(frozen);
  });

  it("never leaves an empty list, which would match nothing", () => {
    const filters = cycleFilter({ a: { in: ["x"], min: 2 } }, "a", "x", "in");
    expect(filters).toEqual({ a: { min: 2 } });
  });
});

it("clearField removes one field", () => {
  expect(clearField({ a: { in: ["x"] }, b: { in: ["y"] } }, "a")).toEqual({ b: { in: ["y"] } });
});

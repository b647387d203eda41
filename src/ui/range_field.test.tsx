import { describe, expect, it } from "vitest";
import type { Catalog, NumberColumn } from "../core/answers.js";
import { facetTableOf, type FilterState } from "../core/facets.js";
import { RangeField, ticksOf } from "./range_field.js";
import { draw, press } from "./testing/loaded.js";

const NUMBERS: NumberColumn = {
  kind: "number",
  field: "mean",
  label: "Mean",
  numbers: Float64Array.of(0.01, 0.1, 1, 10, 100, 1_000, NaN),
};
const CATALOG = { n: 7, columns: [NUMBERS] } as unknown as Catalog;

function show(filters: FilterState = {}) {
  let current = filters;
  const host = draw(
    <RangeField
      column={NUMBERS}
      label="Mean"
      isOpenAtFirst
      memory={new Map()}
      filtering={{
        catalog: CATALOG,
        facets: facetTableOf(CATALOG).update(filters, ""),
        filters,
        change: (how) => {
          current = how(current);
        },
      }}
    />,
  );
  return { host, filters: () => current };
}

describe("a range field", () => {
  it("draws 32 bins of all and of matching tracks and says what it leaves out", () => {
    const { host } = show();
    expect(host.querySelectorAll(".lsc-bar-all")).toHaveLength(32);
    expect(host.querySelectorAll(".lsc-bar-now")).toHaveLength(32);
    expect(host.textContent).toContain("log scale \u00b7 1 track has no value");
    expect(host.querySelectorAll("title")[0]?.textContent).toMatch(/: 1 of 1 tracks$/);
  });

  it("writes its bounds beside the heading and fades what is cut", () => {
    const { host } = show({ mean: { min: 1 } });
    expect(host.querySelector("h4")?.textContent).toContain("\u2265 1.00");
    expect(host.querySelectorAll("[data-cut]").length).toBeGreaterThan(5);
  });

  it("keeps other rules of the same field and takes an open bound away", () => {
    const { host, filters } = show({ mean: { min: 1, not: [null] }, strand: { in: ["+"] } });
    press(host.querySelector("[data-side=max]"), "PageDown");
    expect(filters()["mean"]).toMatchObject({ min: 1, not: [null] });
    expect(filters()["mean"]?.max).toBeLessThan(1_000);
    press(host.querySelector("[data-side=min]"), "Home");
    expect(filters()["mean"]).toEqual({ not: [null] });
    expect(filters()["strand"]).toEqual({ in: ["+"] });
  });
});

describe("ticks", () => {
  it("are decades on a log axis and 1-2-5 steps on a linear one", () => {
    expect(ticksOf({ lo: 0.02, hi: 1_500, isLog: true })).toEqual([0.1, 1, 10, 100, 1_000]);
    expect(ticksOf({ lo: 1e-9, hi: 1e9, isLog: true }).length).toBeLessThanOrEqual(6);
    expect(ticksOf({ lo: 0, hi: 10, isLog: false })).toEqual([0, 2, 4, 6, 8, 10]);
  });
});

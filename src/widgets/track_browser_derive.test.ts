import { beforeAll, describe, expect, it } from "vitest";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import type { FilterState } from "../core/facets.js";
import { deriveFacets, deriveLayout, needsLayout } from "./track_browser_derive.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("deriveFacets", () => {
  it("counts with the own filter left out and keeps values that count nothing", () => {
    const { nMatching, fields } = deriveFacets(loaded.catalog, { strand: { in: ["+"] } }, "");
    expect(nMatching).toBe(2);
    expect(fields.get("strand")?.values.find(({ value }) => value === "-")?.count).toBe(2);
    expect(fields.get("output_name")?.values.find(({ value }) => value === "atac")?.count).toBe(0);
  });

  it("lists fields in the order of the panel", () => {
    const names = [...deriveFacets(loaded.catalog, {}, "").fields.keys()];
    expect(names.slice(0, 3)).toEqual(["output_name", "assay_title", "biosample_name"]);
    expect(names.at(-1)).toBe("track_name");
  });

  it("takes a known field without any value for missing, and passes over an unheard-of one", () => {
    const matching = (filters: FilterState): number =>
      deriveFacets(loaded.catalog, filters, "").nMatching;
    expect(matching({ histone_mark: { in: ["H3K4me3"] } })).toBe(0);
    expect(matching({ histone_mark: { in: [null] } })).toBe(11);
    expect(matching({ unheard_of: { in: ["x"] } })).toBe(11);
  });

  it("says which fields of the text do not exist", () => {
    const { problems, nMatching } = deriveFacets(loaded.catalog, {}, "strnd:+ k562");
    expect(problems).toEqual([{ token: "strnd:+", field: "strnd", closest: ["strand"] }]);
    expect(nMatching).toBe(1);
  });

  it("searches the text columns", () => {
    expect(deriveFacets(loaded.catalog, {}, "k562").nMatching).toBe(1);
  });
});

describe("deriveLayout", () => {
  it("takes the room beside a docked panel", () => {
    const wide = deriveLayout(stateOf(loaded, { widthPx: 780, showsFacets: false }));
    const narrow = deriveLayout(stateOf(loaded, { widthPx: 780, showsFacets: true }));
    expect(wide.gutter).toBeGreaterThan(narrow.gutter);
  });

  it("keeps room for genes while they load", () => {
    const waiting = deriveLayout(stateOf(loaded, { genes: null, expectsGenes: true }));
    const without = deriveLayout(stateOf(loaded, { genes: null, expectsGenes: false }));
    expect(waiting.head.genesTop).not.toBeNull();
    expect(without.head.genesTop).toBeNull();
  });

  it("is needed for a new mode, never for a new place", () => {
    const before = stateOf(loaded);
    expect(needsLayout({ ...before, mode: "diff" }, before)).toBe(true);
    expect(needsLayout({ ...before, region: { ...before.region, start: 1 } }, before)).toBe(false);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { BOUNDS } from "../../ui-tests/gallery/fake_tracks.js";
import { findPlace, geneRegion, suggestPlaces, type PlaceSource } from "./places.js";
import { load } from "./testing/loaded.js";

let source: PlaceSource;
beforeAll(async () => {
  const { genes, variants } = await load();
  source = { bounds: BOUNDS, genes, variants };
});

describe("findPlace", () => {
  it("reads ranges with and without chromosome, under both spellings", () => {
    const region = { chrom: "20", start: 2_570_000, end: 2_590_000 };
    expect(findPlace("20:2,570,001-2,590,000", source)).toMatchObject({ kind: "region", region });
    expect(findPlace("chr20:2570001-2590000", source).kind).toBe("region");
    expect(findPlace("2,570,001-2,590,000", source)).toMatchObject({ kind: "region", region });
  });

  it("shows everything for the name of the chromosome", () => {
    expect(findPlace("chr20", source)).toEqual({ kind: "region", region: BOUNDS });
  });

  it("finds genes and variants whatever their case", () => {
    expect(findPlace("tmc2-as1", source).kind).toBe("gene");
    expect(findPlace(" RS572140578 ", source)).toEqual({ kind: "variant", index: 5 });
  });

  it("tells a place elsewhere from no place at all", () => {
    expect(findPlace("chr1:100-200", source).kind).toBe("outside");
    expect(findPlace("20:1-100", source).kind).toBe("outside");
    expect(findPlace("BRCA9", source).kind).toBe("unknown");
    expect(findPlace("", source).kind).toBe("unknown");
  });

  it("puts a margin around a gene", () => {
    const genes = source.genes;
    if (genes === null) throw new Error("no genes");
    const region = geneRegion(genes, 1, BOUNDS);
    expect(region.start).toBeLessThan(genes.start[1] ?? 0);
    expect(region.end).toBeGreaterThan(genes.end[1] ?? Infinity);
  });
});

describe("suggestPlaces", () => {
  it("offers at most eight, those that begin with the text first", () => {
    const offers = suggestPlaces("rs", source);
    expect(offers).toHaveLength(8);
    expect(suggestPlaces("as1", source).map((offer) => offer.name)).toEqual(["TMC2-AS1"]);
    expect(suggestPlaces("tmc2", source)[0]).toMatchObject({ kind: "gene", name: "TMC2" });
  });

  it("offers nothing for ranges and empty text", () => {
    expect(suggestPlaces("2,570,001", source)).toEqual([]);
    expect(suggestPlaces("  ", source)).toEqual([]);
  });

  it("works without genes and variants", () => {
    expect(suggestPlaces("tmc2", { bounds: BOUNDS, genes: null, variants: null })).toEqual([]);
  });
});

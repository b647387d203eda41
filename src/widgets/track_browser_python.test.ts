import { beforeAll, describe, expect, it } from "vitest";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { literal, pythonOfTracks, pythonOfView } from "./track_browser_python.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("literals", () => {
  it("quote text so that it stays text", () => {
    expect(literal('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"');
    expect(literal("\u2028\u202e")).toBe('"\\u2028\\u202e"');
    expect([literal(null), literal(true), literal(false), literal(1.5)]).toEqual([
      "None",
      "True",
      "False",
      "1.5",
    ]);
  });
});

describe("a choice of tracks", () => {
  it("is the outputs themselves without filters", () => {
    expect(pythonOfTracks({ filters: {}, query: "" })).toBe("out");
  });

  it("uses criteria for included values", () => {
    expect(
      pythonOfTracks({
        filters: { assay_title: { in: ["ATAC-seq"] }, strand: { in: ["+"] } },
        query: "",
      }),
    ).toBe('out.select(assay_title="ATAC-seq", strand="+")');
    expect(pythonOfTracks({ filters: { strand: { in: ["+", "-"] } }, query: "" })).toBe(
      'out.select(strand=["+", "-"])',
    );
  });

  it("uses one predicate for everything else", () => {
    const text = pythonOfTracks({
      filters: {
        histone_mark: { not: ["H3K27me3"] },
        strand: { in: ["+", null] },
        depth: { min: 2 },
      },
      query: "Brain",
    });
    expect(text).toContain('t.get("histone_mark") not in ["H3K27me3"]');
    expect(text).toContain('t.get("strand") in ["+", None]');
    expect(text).toContain('(t.get("depth") or 0) >= 2');
    expect(text).toContain('"brain" in str(t.get(f) or "").casefold()');
    expect(text.match(/predicate=/g)).toHaveLength(1);
  });
});

describe("a view", () => {
  it("says place, and what differs from the defaults", () => {
    const text = pythonOfView(
      stateOf(loaded, {
        mode: "diff",
        filters: { strand: { in: ["+"] } },
        query: "brain",
        groupBy: ["assay_title"],
        sortBy: ["strand"],
        scale: { kind: "log1p", range: "all" },
      }),
    );
    expect(text).toContain('interval=lsc.Interval.parse("20:2,570,001-2,590,000")');
    expect(text).toContain('mode="diff"');
    expect(text).toContain('filters={"strand": {"in": ["+"]}}');
    expect(text).toContain('query="brain"');
    expect(text).toContain('group_by=["assay_title"]');
    expect(text).toContain('sort_by=["strand"]');
    expect(text).toContain('scale={"kind": "log1p", "range": "all"}');
  });

  it("is short when nothing was changed", () => {
    const text = pythonOfView(stateOf(loaded, { hasAlt: false, genes: null, variants: null }));
    expect(text).toBe(
      'lsc.TrackBrowser(\n    out,\n    interval=lsc.Interval.parse("20:2,570,001-2,590,000"),\n)',
    );
  });
});

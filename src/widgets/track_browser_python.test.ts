import { beforeAll, describe, expect, it } from "vitest";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { pythonOfView } from "./track_browser_python.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
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

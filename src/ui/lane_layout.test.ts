import { beforeAll, describe, expect, it } from "vitest";
import { demoTracks } from "../../ui-tests/gallery/fake_tracks.js";
import {
  ANNOTATION_KEY,
  gutterFor,
  layoutHead,
  layoutLanes,
  NARROW_GUTTER,
  SEQUENCE_HEIGHT,
} from "./lane_layout.js";
import { layoutInput, load, type Loaded } from "./testing/loaded.js";

let loaded: Loaded;
let few: Loaded;
beforeAll(async () => {
  loaded = await load({ tracks: demoTracks({ hasAlt: true }) });
  few = await load();
});

describe("head rows", () => {
  it("leaves out what the browser does not hold", () => {
    const bare = layoutHead(layoutInput({ hasGenes: false, hasVariants: false }));
    expect(bare).toMatchObject({ annotationTop: null, genesTop: null, variantsTop: null });
    const both = layoutHead(layoutInput());
    expect(both.genesTop).toBeGreaterThan(both.annotationTop ?? Infinity);
    expect(both.variantsTop).toBeGreaterThan(both.genesTop ?? Infinity);
  });

  it("keeps the row of bases above the genes, also without any other annotation", () => {
    const alone = { hasSequence: true, hasGenes: false, hasVariants: false };
    const bases = layoutHead(layoutInput(alone));
    const bare = layoutHead(layoutInput({ ...alone, hasSequence: false }));
    expect(bare.sequenceTop).toBeNull();
    expect(bases.annotationTop).not.toBeNull();
    expect(bases.height).toBeGreaterThan((bases.sequenceTop ?? Infinity) + SEQUENCE_HEIGHT);
    const all = layoutHead(layoutInput({ hasSequence: true }));
    expect(all.genesTop).toBe((all.sequenceTop ?? 0) + SEQUENCE_HEIGHT + 4);
    expect(all.height - layoutHead(layoutInput()).height).toBe(SEQUENCE_HEIGHT + 4);
    const folded = layoutInput({ hasSequence: true, folded: new Set([ANNOTATION_KEY]) });
    expect(layoutHead(folded).sequenceTop).toBeNull();
  });

  it("keeps only the heading of a folded annotation", () => {
    const folded = layoutHead(layoutInput({ folded: new Set([ANNOTATION_KEY]) }));
    expect(folded.annotationTop).not.toBeNull();
    expect(folded.genesTop).toBeNull();
  });
});

describe("lanes", () => {
  it("never overlap and never leave their area", () => {
    const { lanes, lanesHeight, groups } = layoutLanes(layoutInput({ catalog: few.catalog }));
    for (const [i, lane] of lanes.entries()) {
      const next = lanes[i + 1];
      if (next !== undefined) expect(next.top).toBeGreaterThanOrEqual(lane.top + lane.height + 4);
    }
    const last = lanes.at(-1);
    expect((last?.top ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(lanesHeight);
    expect(groups.map((group) => group.label)).toEqual(["Splice sites", "DNase", "ATAC"]);
    expect(groups.map((group) => group.evidence)).toEqual(["predicted", "measured", "measured"]);
  });

  it("draws stems, areas, and strips above forty lanes", () => {
    const first = layoutLanes(layoutInput({ catalog: few.catalog }));
    expect(first.lanes[0]?.mark).toBe("stems");
    expect(first.lanes[4]?.mark).toBe("area");
    const many = layoutLanes(layoutInput({ catalog: loaded.catalog }));
    expect(many.isStrips).toBe(true);
    expect(new Set(many.lanes.map((lane) => lane.mark))).toEqual(new Set(["strip"]));
    expect(many.viewHeight).toBeLessThan(many.lanesHeight);
  });

  it("gives signed lanes and differences more height", () => {
    const plain = layoutLanes(layoutInput({ catalog: few.catalog }));
    const signed = layoutLanes(layoutInput({ catalog: few.catalog, isSignedMode: true }));
    expect(signed.lanes[0]?.height).toBeGreaterThan(plain.lanes[0]?.height ?? Infinity);
    expect(plain.lanes[5]?.height).toBe(signed.lanes[5]?.height);
  });

  it("follows the lane list, in its order and only where it matches", () => {
    const layout = layoutLanes(
      layoutInput({ catalog: few.catalog, visible: [4, 2, 0], rows: [0, 1, 2] }),
    );
    expect(layout.trackIds).toEqual([2, 0]);
    expect(layout.found).toBe(3);
  });

  it("keeps pinned tracks first, also when the filter does not match them", () => {
    const layout = layoutLanes(layoutInput({ catalog: few.catalog, rows: [0, 1], pinned: [4] }));
    expect(layout.trackIds).toEqual([4, 0, 1]);
    expect(layout.lanes[0]?.isPinned).toBe(true);
  });

  it("cuts at max_lanes but never a pinned track", () => {
    const layout = layoutLanes(
      layoutInput({ catalog: few.catalog, maxLanes: 2, pinned: [8, 9, 10] }),
    );
    expect(layout.trackIds).toEqual([8, 9, 10]);
    expect(layoutLanes(layoutInput({ catalog: few.catalog, maxLanes: 2 })).trackIds).toEqual([
      0, 1,
    ]);
  });

  it("folds a group: no lanes, but its tracks still count", () => {
    const open = layoutLanes(layoutInput({ catalog: few.catalog }));
    const folded = layoutLanes(
      layoutInput({ catalog: few.catalog, folded: new Set([open.groups[0]?.key ?? ""]) }),
    );
    expect(folded.lanes).toHaveLength(7);
    expect(folded.trackIds).toHaveLength(11);
    expect(folded.lanesHeight).toBeLessThan(open.lanesHeight);
  });

  it("groups by two fields and puts missing values under their own heading", () => {
    const layout = layoutLanes(
      layoutInput({ catalog: few.catalog, groupBy: ["output_name", "strand"] }),
    );
    expect(layout.groups.map((group) => group.label)).toContain("Splice sites \u00b7 \u2212");
    expect(layout.groups.map((group) => group.label)).toContain("DNase \u00b7 (missing)");
  });

  it("sorts by stored values, missing last", () => {
    const layout = layoutLanes(
      layoutInput({ catalog: few.catalog, groupBy: [], sortBy: ["biosample_name"] }),
    );
    const cells = layout.lanes.map((lane) => lane.track);
    expect(cells.slice(-4)).toEqual([0, 1, 2, 3]);
    expect(cells[0]).toBe(9);
  });

  it("takes height, colour and mark from lane_style", () => {
    const layout = layoutLanes(
      layoutInput({
        catalog: few.catalog,
        laneStyle: { 4: { height: 90, color: "#123456", mark: "strip" } },
      }),
    );
    expect(layout.lanes[4]).toMatchObject({ height: 90, colour: "#123456", mark: "strip" });
  });

  it("takes the height of the lanes area that Python asks for", () => {
    const layout = layoutLanes(layoutInput({ catalog: few.catalog, heightPx: 300 }));
    expect(layout.viewHeight).toBe(300);
  });

  it("never gives an output the colour of changed sequence", () => {
    const { groups } = layoutLanes(layoutInput({ catalog: loaded.catalog }));
    expect(groups.map((group) => group.colourIndex)).not.toContain(1);
    expect(new Set(groups.map((group) => group.colourIndex)).size).toBe(groups.length);
  });
});

describe("the gutter", () => {
  it("shrinks with the widget", () => {
    expect(gutterFor(1_200)).toBe(180);
    expect(gutterFor(620)).toBe(180);
    expect(gutterFor(540)).toBe(152);
    expect(gutterFor(360)).toBe(NARROW_GUTTER);
  });
});

import { describe, expect, it } from "vitest";
import type { FacetResult } from "../core/facets.js";
import { columnCount, hasChoice, panelWord, type PanelState } from "./panel_state.js";

const ONE = { nMatching: 1 } as FacetResult;
const NONE = { nMatching: 0 } as FacetResult;

function word(change: Partial<PanelState>): string {
  const plain = { phase: "ready", kernel: "idle", facets: ONE } as PanelState;
  return panelWord({ ...plain, ...change });
}

describe("the word of a panel", () => {
  it("says error, lost, loading, empty or ready, the worst first", () => {
    expect(word({})).toBe("ready");
    expect(word({ facets: NONE })).toBe("empty");
    expect(word({ phase: "loading", facets: null })).toBe("loading");
    expect(word({ kernel: "gone" })).toBe("disconnected");
    expect(word({ kernel: "gone", phase: "error" })).toBe("error");
  });

  it("lets a saved view load before it says that there is no kernel", () => {
    expect(word({ kernel: "saved", phase: "loading" })).toBe("loading");
    expect(word({ kernel: "saved" })).toBe("disconnected");
  });
});

describe("columns", () => {
  it("are four from 1,100 px on and one at 360", () => {
    expect([0, 360, 539, 540, 820, 1_099, 1_100, 1_600].map(columnCount)).toEqual([
      4, 1, 1, 2, 3, 3, 4, 4,
    ]);
  });
});

describe("a choice", () => {
  it("is a filter or a text", () => {
    expect(hasChoice({ filters: {}, query: "" })).toBe(false);
    expect(hasChoice({ filters: {}, query: "x" })).toBe(true);
    expect(hasChoice({ filters: { a: { in: [] } }, query: "" })).toBe(true);
  });
});

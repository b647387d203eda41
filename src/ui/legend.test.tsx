import { beforeAll, describe, expect, it } from "vitest";
import { categoryColour } from "../core/palette.js";
import { layoutLanes } from "./lane_layout.js";
import { Legend } from "./legend.js";
import { draw, layoutInput, load, stateOf, type Loaded } from "./testing/loaded.js";
import type { ViewState } from "./view_state.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("Legend", () => {
  const legend = (change: Partial<ViewState>, index: number): string => {
    const state = stateOf(loaded, change);
    const group = state.layout.groups[index];
    if (group === undefined) throw new Error("no group");
    return draw(<Legend group={group} state={state} colour={categoryColour(0, "light")} />)
      .textContent;
  };

  it("lists only what is on screen", () => {
    expect(legend({ mode: "overlay" }, 0)).toBe("refalt");
    expect(legend({ mode: "diff" }, 0)).toBe("lossgain");
    expect(legend({ mode: "diff" }, 1)).toBe("meanmax in 25 bp");
    expect(legend({}, 0)).toBe("");
  });

  it("writes the ends of the scale beside a strip", () => {
    const layout = layoutLanes(
      layoutInput({ catalog: loaded.catalog, laneStyle: { 4: { mark: "strip" } } }),
    );
    const scales = new Map([["value dnase", { kind: "linear" as const, lo: 0, hi: 8 }]]);
    expect(legend({ layout, scales }, 1)).toBe("08");
  });
});

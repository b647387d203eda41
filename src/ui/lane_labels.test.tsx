import { beforeAll, describe, expect, it } from "vitest";
import { HeadLabels, LaneLabels } from "./lane_labels.js";
import { draw, load, recorded, stateOf, storeOf, type Loaded } from "./testing/loaded.js";
import type { ViewState } from "./view_state.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function store(change: Partial<ViewState> = {}) {
  return storeOf(stateOf(loaded, change));
}

describe("lane labels", () => {
  it("name, pin and select lanes, and fold groups", () => {
    const { actions, calls } = recorded();
    const host = draw(<LaneLabels store={store()} actions={actions} />);
    const lane = host.querySelector<HTMLElement>("[data-track='4']");
    expect(lane?.getAttribute("aria-label")).toBe("K562, measured");
    lane?.click();
    lane?.querySelector("button")?.click();
    host.querySelector<HTMLElement>(".lsc-group button")?.click();
    expect(calls).toEqual([
      ["toggleTrack", 4],
      ["togglePin", 4],
      ["toggleFold", "splice_sites"],
    ]);
  });

  it("has one tab stop", () => {
    const host = draw(<LaneLabels store={store({ activeLane: 5 })} actions={recorded().actions} />);
    const stops = [...host.querySelectorAll<HTMLElement>("[data-testid=lsc-lane]")].filter(
      (lane) => lane.tabIndex === 0,
    );
    expect(stops.map((lane) => lane.dataset["track"])).toEqual(["5"]);
  });

  it("say chromosome, assembly and what the annotation holds", () => {
    const host = draw(<HeadLabels store={store()} actions={recorded().actions} />);
    expect(host.textContent).toContain("chr20 \u00b7 GRCh37");
    expect(host.textContent).toContain("2 genes, 14 variants");
    expect(host.textContent).toContain("100 kb");
  });
});

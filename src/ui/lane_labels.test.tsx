import { beforeAll, describe, expect, it, vi } from "vitest";
import { HeadLabels, LaneLabels } from "./lane_labels.js";
import { layoutLanes } from "./lane_layout.js";
import {
  draw,
  layoutInput,
  load,
  recorded,
  stateOf,
  storeOf,
  type Loaded,
} from "./testing/loaded.js";
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

  it("keep the strand and both ends of an id in the narrow column", () => {
    const layout = layoutLanes(layoutInput({ catalog: loaded.catalog, widthPx: 360 }));
    const [group] = layout.groups;
    const [lane] = layout.lanes;
    if (group === undefined || lane === undefined) throw new Error("no lane");
    const lanes = [
      { ...lane, track: 0, title: "ENCFF001XYZ", strand: " \u2212", mark: "area" as const },
      { ...lane, track: 1, title: "donor_gained:+", strand: "", mark: "area" as const },
      { ...lane, track: 2, title: "Adipose_Subcutaneous", strand: " +", mark: "strip" as const },
    ];
    const change = { layout: { ...layout, groups: [{ ...group, lanes }], lanes }, widthPx: 360 };
    const host = draw(<LaneLabels store={store(change)} actions={recorded().actions} />);
    const parts = (track: number) =>
      [...host.querySelectorAll<HTMLElement>(`[data-track='${track}'] span span`)].map((part) => [
        part.textContent,
        part.style.whiteSpace,
      ]);
    expect(parts(0)).toEqual([
      ["ENCFF001", ""],
      ["XYZ \u2212", "pre"],
    ]);
    expect(parts(1)).toEqual([
      ["donor_gained", ""],
      [":+", "pre"],
    ]);
    expect(parts(2)).toEqual([
      ["Adipose_Subcutaneous", ""],
      [" +", "pre"],
    ]);
    const end = host.querySelector<HTMLElement>("[data-track='2'] span span + span");
    expect(end?.style.flex).toMatch(/^none|^0 0 auto/);
  });

  it.each([
    [20, 360, "hidden"],
    [50, 360, ""],
    [20, 1_280, ""],
  ])("a note cut to %i px at width %i is '%s'", (px, widthPx, visibility) => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(px);
    vi.spyOn(HTMLElement.prototype, "scrollWidth", "get").mockReturnValue(200);
    const layout = layoutLanes(layoutInput({ catalog: loaded.catalog, widthPx }));
    const host = draw(
      <LaneLabels store={store({ layout, widthPx })} actions={recorded().actions} />,
    );
    const note = host.querySelector<HTMLElement>(".lsc-group .lsc-sub");
    vi.restoreAllMocks();
    expect(note?.style.visibility).toBe(visibility);
  });

  it("say chromosome, assembly and what the annotation holds", () => {
    const host = draw(<HeadLabels store={store()} actions={recorded().actions} />);
    expect(host.textContent).toContain("chr20 \u00b7 GRCh37");
    expect(host.textContent).toContain("2 genes, 14 variants");
    expect(host.textContent).toContain("100 kb");
  });
});

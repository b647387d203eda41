import { beforeAll, describe, expect, it, vi } from "vitest";
import { layoutLanes } from "./lane_layout.js";
import { Notice, StatusLine } from "./status_line.js";
import { draw, layoutInput, load, stateOf, storeOf, type Loaded } from "./testing/loaded.js";
import type { ViewState } from "./view_state.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function store(change: Partial<ViewState> = {}) {
  return storeOf(stateOf(loaded, change));
}

function button(host: HTMLElement, label: string): HTMLButtonElement {
  const found = [...host.querySelectorAll("button")].find(
    (candidate) =>
      candidate.getAttribute("aria-label") === label || candidate.textContent === label,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

describe("StatusLine and Notice", () => {
  it("says lanes, zoom, evidence and the kernel", () => {
    const host = draw(<StatusLine store={store()} />);
    expect(host.textContent).toContain("11 tracks in 11 lanes");
    expect(host.textContent).toContain("1 px = 25 bp");
    expect(host.textContent).toContain("Prediction, not measurement, unless marked measured");
    expect(host.querySelector("[data-testid=lsc-kernel]")?.textContent).toBe("Kernel idle");
  });

  it("says how to see more than max_lanes, and the selected range", () => {
    const layout = layoutLanes(layoutInput({ catalog: loaded.catalog, maxLanes: 5 }));
    const selection = { start: 2_571_000, end: 2_572_000, tracks: [], positions: [] };
    const host = draw(<StatusLine store={store({ layout, selection })} />);
    expect(host.textContent).toContain(
      "11 tracks match; 5 are shown. Filter by tissue, or raise max_lanes.",
    );
    expect(host.textContent).toContain("Selected chr20:2,571,001-2,572,000");
  });

  it("counts pinned lanes also when only some tracks are shown", () => {
    const { catalog } = loaded;
    const cut = layoutLanes(layoutInput({ catalog, maxLanes: 5, pinned: [3, 4] }));
    const some = layoutLanes(layoutInput({ catalog, visible: [1, 2, 3], pinned: [3] }));
    expect(
      draw(<StatusLine store={store({ layout: cut, pinned: [3, 4] })} />).textContent,
    ).toContain("11 tracks match; 5 are shown, 2 pinned.");
    expect(draw(<StatusLine store={store({ layout: some, pinned: [3] })} />).textContent).toContain(
      "Showing 3 of 11, 1 pinned \u2013 narrow with filters",
    );
  });

  it("keeps to the essentials when narrow", () => {
    const host = draw(<StatusLine store={store({ widthPx: 400 })} />);
    expect(host.textContent).not.toContain("px");
  });

  it.each([
    ["restarted", "run the cell again"],
    ["gone", "No kernel."],
    ["saved", "Saved view"],
    ["busy", "showing overview"],
  ] as const)("explains %s", (kernel, words) => {
    const host = draw(<Notice store={store({ kernel })} retry={() => undefined} />);
    expect(host.textContent).toContain(words);
  });

  it("passes on what Python says about the data", () => {
    const notes = ["peaks.bw could not be read: no bigWig header."];
    const host = draw(<Notice store={store({ notes })} retry={() => undefined} />);
    expect(host.textContent).toBe(notes[0]);
  });

  it("offers another try when some values failed, and is absent when all is well", () => {
    const retry = vi.fn();
    const laneFailure = { sentence: "Some values could not be loaded.", details: "internal" };
    const host = draw(<Notice store={store({ laneFailure })} retry={retry} />);
    button(host, "Try again").click();
    expect(retry).toHaveBeenCalledOnce();
    expect(draw(<Notice store={store()} retry={retry} />).children).toHaveLength(0);
  });
});

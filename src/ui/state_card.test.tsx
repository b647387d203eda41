import { beforeAll, describe, expect, it } from "vitest";
import { StateCard } from "./state_card.js";
import { draw, load, recorded, stateOf, storeOf, type Loaded } from "./testing/loaded.js";
import type { ViewState } from "./view_state.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function store(change: Partial<ViewState> = {}) {
  return storeOf(stateOf(loaded, change));
}

describe("StateCard", () => {
  it("counts what has been loaded", () => {
    const host = draw(
      <StateCard
        store={store({ phase: "loading", tracksLoaded: 4 })}
        actions={recorded().actions}
      />,
    );
    expect(host.textContent).toContain("Loading 11 tracks, 4 done");
    expect(host.querySelector<HTMLElement>(".lsc-progress div")?.style.width).toBe("36%");
  });

  it("adds that the kernel is busy", () => {
    const host = draw(
      <StateCard
        store={store({ phase: "loading", kernel: "busy" })}
        actions={recorded().actions}
      />,
    );
    expect(host.textContent).toContain("kernel busy");
  });

  it.each(["restarted", "gone"] as const)("says what to do when loading ends with %s", (kernel) => {
    const host = draw(
      <StateCard store={store({ phase: "loading", kernel })} actions={recorded().actions} />,
    );
    expect(host.textContent).toContain("Run the cell again.");
    expect(host.textContent).not.toContain("Loading");
    expect(host.querySelector(".lsc-progress")).toBeNull();
  });

  it("goes on counting while a saved view loads", () => {
    const host = draw(
      <StateCard
        store={store({ phase: "loading", kernel: "saved" })}
        actions={recorded().actions}
      />,
    );
    expect(host.textContent).toContain("Loading 11 tracks");
  });

  it("is absent when lanes are there", () => {
    expect(draw(<StateCard store={store()} actions={recorded().actions} />).children).toHaveLength(
      0,
    );
  });
});

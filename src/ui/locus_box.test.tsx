import { beforeAll, describe, expect, it } from "vitest";
import { LocusBox } from "./locus_box.js";
import {
  draw,
  load,
  press,
  recorded,
  settle,
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

describe("LocusBox", () => {
  it("offers places while typing and goes to the chosen one", async () => {
    const { actions, calls } = recorded();
    const host = draw(<LocusBox store={store()} actions={actions} listId="e" />);
    const box = host.querySelector("input");
    if (box === null) throw new Error("no box");
    expect(box.value).toBe("chr20:2,570,001-2,590,000");
    box.value = "tmc";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(host.querySelectorAll("[role=option]")).toHaveLength(2);
    press(box, "ArrowDown");
    await settle();
    press(box, "ArrowDown");
    await settle();
    expect(box.getAttribute("aria-activedescendant")).toBe("e-1");
    press(box, "Enter");
    expect(calls).toEqual([["goTo", "TMC2-AS1"]]);
  });

  it("keeps what was typed and says what is wrong", async () => {
    const { actions } = recorded();
    const refusing = new Proxy(actions, { get: () => () => "No place called X here." });
    const host = draw(<LocusBox store={store()} actions={refusing} listId="f" />);
    const box = host.querySelector("input");
    if (box === null) throw new Error("no box");
    box.value = "X";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    press(box, "Enter");
    await settle();
    expect(host.querySelector("[role=alert]")?.textContent).toBe("No place called X here.");
    expect(box.value).toBe("X");
    press(box, "Escape");
    await settle();
    expect(host.querySelector("[role=alert]")).toBeNull();
    expect(box.value).toBe("chr20:2,570,001-2,590,000");
  });
});

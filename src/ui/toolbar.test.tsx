import { beforeAll, describe, expect, it } from "vitest";
import { draw, load, recorded, settle, stateOf, storeOf, type Loaded } from "./testing/loaded.js";
import { Toolbar } from "./toolbar.js";
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

describe("Toolbar", () => {
  it("zooms, switches modes and opens the panel", () => {
    const { actions, calls } = recorded();
    const host = draw(<Toolbar store={store()} actions={actions} listId="a" />);
    button(host, "Zoom in").click();
    button(host, "overlay").click();
    button(host, "Hide track filters").click();
    expect(calls).toEqual([["zoom", 0.5], ["setMode", "overlay"], ["toggleFacets"]]);
    expect(host.querySelector("[aria-checked=true]")?.textContent).toBe("ref");
  });

  it("has no modes without an alternative and no way back without a past", () => {
    const host = draw(
      <Toolbar store={store({ hasAlt: false })} actions={recorded().actions} listId="b" />,
    );
    expect(host.querySelector("[role=radiogroup]")).toBeNull();
    expect(button(host, "Previous view").disabled).toBe(true);
  });

  it("moves what does not fit into the More menu", async () => {
    const { actions, calls } = recorded();
    const host = draw(<Toolbar store={store({ widthPx: 500 })} actions={actions} listId="c" />);
    expect(host.querySelector("[role=radiogroup]")).toBeNull();
    button(host, "More controls").click();
    await settle();
    const rows = [...host.querySelectorAll<HTMLElement>("[role^=menuitem]")];
    expect(rows.map((row) => row.textContent)).toContain("diff");
    rows.find((row) => row.textContent === "Copy as Python")?.click();
    expect(calls.at(-1)).toEqual(["copyPython", "view"]);
  });

  it("labels every control", () => {
    const host = draw(<Toolbar store={store()} actions={recorded().actions} listId="d" />);
    for (const control of host.querySelectorAll("button, input")) {
      expect(control.getAttribute("aria-label") ?? control.textContent).not.toBe("");
    }
  });
});

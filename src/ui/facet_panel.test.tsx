import { beforeAll, describe, expect, it } from "vitest";
import { facetTableOf } from "../core/facets.js";
import { FacetPanel } from "./facet_panel.js";
import { headingsOf } from "./facet_sections.js";
import { layoutLanes } from "./lane_layout.js";
import {
  draw,
  layoutInput,
  load,
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

function button(host: HTMLElement, label: string): HTMLButtonElement {
  const found = [...host.querySelectorAll("button")].find(
    (candidate) =>
      candidate.getAttribute("aria-label") === label || candidate.textContent === label,
  );
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

describe("FacetPanel", () => {
  it("holds no landmark", () => {
    const host = draw(<FacetPanel store={store()} actions={recorded().actions} isDrawer={false} />);
    const panel = host.querySelector("[data-testid=lsc-facets]");
    expect(panel?.getAttribute("role")).toBe("group");
    expect(host.querySelectorAll("aside, section:not([role=group])")).toHaveLength(0);
  });

  it("says how many tracks match and clears filters and search together", () => {
    const { actions, calls } = recorded();
    const host = draw(
      <FacetPanel
        store={store({ filters: { strand: { in: ["+"] } } })}
        actions={actions}
        isDrawer={false}
      />,
    );
    expect(host.querySelector("[data-testid=lsc-facet-count]")?.textContent).toBe(
      "11 of 11 tracks",
    );
    button(host, "Clear").click();
    expect(calls).toEqual([
      ["setFilters", {}],
      ["setQuery", ""],
    ]);
    button(host, "Copy as Python").click();
    expect(calls.at(-1)).toEqual(["copyPython", "tracks"]);
  });

  it("sends the search text once typing rests", async () => {
    const { actions, calls } = recorded();
    const host = draw(<FacetPanel store={store()} actions={actions} isDrawer />);
    expect(host.querySelector("[data-drawer]")).not.toBeNull();
    const box = host.querySelector<HTMLInputElement>("[data-testid=lsc-facet-search]");
    if (box === null) throw new Error("no search box");
    for (const text of ["m", "mo", "mono"]) {
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      await settle(5);
    }
    await settle(150);
    expect(calls).toEqual([["setQuery", "mono"]]);
  });

  it("keeps the letters typed while the last search comes back", async () => {
    const state = store();
    const { actions, calls } = recorded();
    const host = draw(<FacetPanel store={state} actions={actions} isDrawer={false} />);
    const box = host.querySelector<HTMLInputElement>("[data-testid=lsc-facet-search]");
    if (box === null) throw new Error("no search box");
    const type = (text: string) => {
      box.value = text;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    type("mono");
    for (let i = 0; i < 50 && calls.length === 0; i += 1) await settle();
    type("monocyte");
    state.patch({ query: "mono" });
    await settle(20);
    expect(box.value).toBe("monocyte");
    state.patch({ query: "liver" });
    for (let i = 0; i < 50 && box.value !== "liver"; i += 1) await settle();
    expect(box.value).toBe("liver");
  });

  it("offers all tracks where only some lanes are listed", () => {
    const layout = layoutLanes(layoutInput({ catalog: loaded.catalog, visible: [0, 1] }));
    const { actions, calls } = recorded();
    const host = draw(
      <FacetPanel store={store({ visible: [0, 1], layout })} actions={actions} isDrawer={false} />,
    );
    button(host, "Show all").click();
    expect(calls).toEqual([["showAllTracks"]]);
  });

  it("shows a field that does not exist as a problem with a way out", () => {
    const { actions, calls } = recorded();
    const { catalog } = stateOf(loaded);
    if (catalog === null) throw new Error("no catalog");
    const facets = facetTableOf(catalog).update({}, "asay_title:x");
    const host = draw(
      <FacetPanel
        store={store({ facets, query: "asay_title:x" })}
        actions={actions}
        isDrawer={false}
      />,
    );
    button(host, "Use assay_title").click();
    expect(calls).toEqual([["setQuery", "assay_title:x"]]);
  });
});

describe("headings", () => {
  it("are the fields with at least two values, known ones first", () => {
    const { facets, catalog } = stateOf(loaded);
    const names = headingsOf(catalog, facets, () => true).map(({ field }) => field);
    expect(names.slice(0, 2)).toEqual(["output_name", "assay_title"]);
    expect(names).not.toContain("resolution");
    expect(headingsOf(null, null, () => true)).toEqual([]);
  });

  it("follow the wish of Python where there is one", () => {
    const { facets, catalog } = stateOf(loaded);
    const wanted = ["strand", "nowhere", "assay_title"];
    const found = headingsOf(catalog, facets, (field) => field === "strand", wanted);
    expect(found.map(({ label, isOpen }) => [label, isOpen])).toEqual([
      ["Strand", true],
      ["Assay", false],
    ]);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { FakePanelKernel } from "../../ui-tests/gallery/fake_panel_kernel.js";
import { fakeCatalog } from "../../ui-tests/gallery/fake_catalog.js";
import type { Catalog } from "../core/answers.js";
import { facetTableOf } from "../core/facets.js";
import { CatalogClient } from "../core/wire.js";
import { mountPanel } from "./panel_frame.js";
import type { PanelActions, PanelState } from "./panel_state.js";
import { Store } from "./store.js";
import { settle, type Called } from "./testing/loaded.js";

let catalog: Catalog;
beforeAll(async () => {
  const client = new CatalogClient(
    new FakeModel({}, new FakePanelKernel({ rows: fakeCatalog(150) })),
  );
  catalog = await client.catalog();
  client.close();
});

function show(change: Partial<PanelState> = {}) {
  const calls: Called[] = [];
  const actions = new Proxy({} as PanelActions, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([String(name), ...args]);
        return null;
      },
  });
  const filters = change.filters ?? {};
  const store = new Store<PanelState>({
    phase: "ready",
    failure: null,
    laneFailure: null,
    notes: [],
    kernel: "idle",
    about: { title: "Human tracks", receiver: "catalog", note: "Published", noun: "tracks" },
    canShow: false,
    filters,
    query: "",
    presets: {},
    fields: [],
    catalog,
    facets: facetTableOf(catalog).update(filters, change.query ?? "", undefined, {
      keepZero: true,
    }),
    themeChoice: "auto",
    theme: "light",
    widthPx: 1_300,
    python: null,
    copyNote: "",
    spoken: "",
    ...change,
  });
  const host = document.createElement("div");
  document.body.append(host);
  const unmount = mountPanel(host, { store, actions });
  const find = (testId: string): HTMLElement | null =>
    host.querySelector(`[data-testid="${testId}"]`);
  return { host, store, calls, unmount, find };
}

describe("the frame of the panel", () => {
  it("has as many columns as fit, and keeps what was opened when their number changes", async () => {
    const { host, store } = show();
    expect(host.querySelectorAll(".lsc-column")).toHaveLength(4);
    const gtex = host.querySelector('section[aria-label="GTEx tissue"] h4 button');
    expect(gtex?.getAttribute("aria-expanded")).toBe("false");
    (gtex as HTMLElement).click();
    await settle();
    store.patch({ widthPx: 700 });
    await settle(60);
    expect(host.querySelectorAll(".lsc-column")).toHaveLength(2);
    const again = host.querySelector('section[aria-label="GTEx tissue"] h4 button');
    expect(again?.getAttribute("aria-expanded")).toBe("true");
  });

  it("opens two headings only in a single column", () => {
    const { host } = show({ widthPx: 360 });
    const opened = [...host.querySelectorAll("h4 button[aria-expanded=true] .lsc-head-name")];
    expect(opened.map((name) => name.textContent)).toEqual(["Output", "Assay"]);
  });

  it("names the fields in its chips, numbers too", () => {
    const { host } = show({ filters: { nonzero_mean: { min: 1 }, strand: { not: ["."] } } });
    const chips = [...host.querySelectorAll("[data-testid=lsc-chip]")];
    expect(chips.map((chip) => chip.textContent)).toEqual([
      "Mean of non-zero values \u2265 1.00",
      "Strand, not unstranded",
    ]);
  });

  it("offers the browser only where it has one", async () => {
    const { store, calls, find } = show();
    expect(find("lsc-show")).toBeNull();
    store.patch({ canShow: true });
    await settle(60);
    find("lsc-show")?.click();
    expect(calls).toEqual([["show"]]);
  });

  it("says in its last line what matches and what the rows are", () => {
    const { host, find } = show();
    expect(find("lsc-outputs")?.textContent).toMatch(/^\d+ tracks: 44 ChIP, factors \u00b7 /);
    expect(host.querySelector(".lsc-status")?.textContent).toContain(
      "Human tracks \u00b7 Published",
    );
  });

  it("docks the code with the words of the clipboard", async () => {
    const { host, store, calls, find } = show({ python: "catalog.select()", copyNote: "Copied" });
    expect(find("lsc-python")?.textContent).toBe("catalog.select()");
    expect(find("lsc-copy-again")?.textContent).toBe("Copied");
    store.patch({ copyNote: "Copying is not allowed here; select the text below" });
    await settle(60);
    expect(host.querySelector(".lsc-dock")?.textContent).toContain("Copying is not allowed");
    find("lsc-copy-python")?.click();
    expect(calls).toEqual([["closePython"]]);
  });

  it("shows cards instead of columns while loading and after a failure", () => {
    const loading = show({ phase: "loading", catalog: null, facets: null });
    expect(loading.find("lsc-card")?.textContent).toBe("Loading");
    expect(loading.find("lsc-columns")).toBeNull();
    const failed = show({ phase: "error", failure: { sentence: "It broke.", details: "why" } });
    expect(failed.find("lsc-columns")).toBeNull();
    failed.find("lsc-card")?.querySelector("button")?.click();
    expect(failed.calls).toEqual([["retry"]]);
    const lost = show({ phase: "loading", kernel: "gone", catalog: null, facets: null });
    expect(lost.find("lsc-card")?.textContent).toContain("The kernel was lost");
  });
});

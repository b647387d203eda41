/** A loaded view state and recorded actions, for panels without a widget around them. */
import type { ComponentChild } from "preact";
import { render } from "preact";
import { FakeKernel, type FakeOptions } from "../../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../../ui-tests/gallery/fake_model.js";
import { BOUNDS, demoTracks } from "../../../ui-tests/gallery/fake_tracks.js";
import type { Catalog } from "../../core/answers.js";
import type { GeneTable, VariantMarks } from "../../core/annotation_answers.js";
import { facetTableOf } from "../../core/facets.js";
import { Client } from "../../core/wire.js";
import type { Actions } from "../actions.js";
import { layoutLanes, type LayoutInput } from "../lane_layout.js";
import { Store } from "../store.js";
import type { ViewState } from "../view_state.js";

export interface Loaded {
  readonly catalog: Catalog;
  readonly genes: GeneTable;
  readonly variants: VariantMarks;
}

/** Catalog, genes and variants of the gallery's data; the first 11 tracks unless told otherwise. */
export async function load(options: Partial<FakeOptions> = {}): Promise<Loaded> {
  const tracks = options.tracks ?? demoTracks({ hasAlt: true }).slice(0, 11);
  const model = new FakeModel({}, new FakeKernel({ ...options, tracks }));
  const client = new Client(model);
  const [catalog, genes, variants] = await Promise.all([
    client.catalog(),
    client.genes(),
    client.variants(),
  ]);
  client.close();
  return { catalog, genes, variants };
}

export function layoutInput(change: Partial<LayoutInput> = {}): LayoutInput {
  const n = change.catalog?.n ?? 0;
  return {
    catalog: null,
    rows: Array.from({ length: n }, (_, row) => row),
    groupBy: ["output_name"],
    sortBy: [],
    visible: [],
    pinned: [],
    laneStyle: {},
    folded: new Set(),
    maxLanes: 100,
    isSignedMode: false,
    hasSequence: false,
    hasGenes: true,
    hasVariants: true,
    widthPx: 1_000,
    heightPx: null,
    needsPanelRoom: false,
    ...change,
  };
}

export function stateOf(loaded: Loaded, change: Partial<ViewState> = {}): ViewState {
  const { catalog, genes, variants } = loaded;
  return {
    phase: "ready",
    failure: null,
    laneFailure: null,
    notes: [],
    kernel: "idle",
    openRequests: 0,
    tracksLoaded: 0,
    about: { assembly: "GRCh37", title: "", maxLanes: 100, heightPx: null },
    region: { chrom: "20", start: 2_570_000, end: 2_590_000 },
    bounds: BOUNDS,
    past: [],
    future: [],
    mode: "ref",
    hasAlt: true,
    scale: { kind: "linear", range: "group" },
    filters: {},
    query: "",
    groupBy: ["output_name"],
    sortBy: [],
    visible: [],
    pinned: [],
    laneStyle: {},
    selectedTracks: [],
    selection: null,
    focus: null,
    folded: new Set(),
    activeLane: null,
    catalog,
    facets: facetTableOf(catalog).update({}, "", undefined, { keepZero: true }),
    expectsSequence: false,
    expectsGenes: true,
    expectsVariants: true,
    bases: null,
    genes,
    variants,
    layout: layoutLanes(layoutInput({ catalog })),
    scales: new Map(),
    palette: "lsc",
    themeChoice: "auto",
    theme: "light",
    widthPx: 1_280,
    scrollTop: 0,
    showsFacets: true,
    showsHelp: false,
    python: null,
    copyNote: "",
    tooltip: null,
    cursor: "grab",
    spoken: "",
    ...change,
  };
}

export type Called = [name: string, ...args: unknown[]];

/** Actions that only remember how they were called. */
export function recorded(): { actions: Actions; calls: Called[] } {
  const calls: Called[] = [];
  const actions = new Proxy({} as Actions, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([String(name), ...args]);
        return name === "goTo" ? null : undefined;
      },
  });
  return { actions, calls };
}

export function storeOf(state: ViewState): Store<ViewState> {
  return new Store(state);
}

/** Draw into a fresh element of the page. */
export function draw(node: ComponentChild): HTMLElement {
  const host = document.createElement("div");
  document.body.append(host);
  render(node, host);
  return host;
}

export async function settle(ms = 20): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export function press(
  element: Element | null,
  key: string,
  options: KeyboardEventInit = {},
): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options });
  element?.dispatchEvent(event);
  return event;
}

/** The gallery page: one widget in the state, theme and width that the address names. */
import { FakeKernel, type FakeOptions } from "./fake_kernel.js";
import { FakeModel } from "./fake_model.js";
import { FakePanelKernel } from "./fake_panel_kernel.js";
import { type PanelScene, PANEL_SCENES, panelTraits, rowsOf } from "./panel_scenes.js";
import { BOUNDS, CHROM, demoTracks, VARIANT_AT } from "./fake_tracks.js";

interface Scene {
  readonly title: string;
  readonly kernel: FakeOptions;
  readonly traits?: Record<string, unknown>;
  /** Runs when the view in `el` has shown its tracks. */
  afterwards?(model: FakeModel, kernel: FakeKernel): void;
}

const ref = demoTracks({ hasAlt: false });
const both = demoTracks({ hasAlt: true });
/** Splice lanes, one ATAC, DNase and three tissues. */
const FEW = [0, 2, 4, 33, 35, 73];
const BROKEN = { code: "internal", message: "The kernel could not read this track (ValueError)." };

const SCENES: Readonly<Record<string, Scene>> = {
  full: {
    title: "Reference and changed sequence",
    kernel: { tracks: both },
    traits: { mode: "overlay", visible: FEW },
  },
  ref: { title: "Reference only", kernel: { tracks: ref }, traits: { visible: FEW } },
  diff: { title: "Difference", kernel: { tracks: both }, traits: { mode: "diff", visible: FEW } },
  many: { title: "Many tracks as strips", kernel: { tracks: both } },
  plain: {
    title: "Tracks alone",
    kernel: { tracks: ref, hasGenes: false, hasVariants: false },
    traits: { visible: [0, 1, 4] },
  },
  bases: {
    title: "Bases of the reference",
    kernel: { tracks: both, hasSequence: true },
    traits: {
      mode: "overlay",
      visible: FEW,
      region: { chrom: CHROM, start: VARIANT_AT - 40, end: VARIANT_AT + 40, seq: 0 },
    },
  },
  empty: { title: "No tracks", kernel: { tracks: [] } },
  unmatched: {
    title: "Filters that match nothing",
    kernel: { tracks: both },
    traits: { filters: { assay_title: { in: ["ATAC-seq"] }, gtex_tissue: { in: ["Liver"] } } },
  },
  loading: {
    title: "Loading",
    kernel: { tracks: both, silent: ["overview", "tiles"] },
    traits: { visible: FEW },
  },
  error: {
    title: "Nothing could be loaded",
    kernel: {
      tracks: both,
      failing: { catalog: { code: "not_found", message: "No such object." } },
    },
  },
  partial: {
    title: "Some values failed",
    kernel: { tracks: both, failing: { tiles: BROKEN } },
    traits: { visible: FEW },
  },
  restarted: {
    title: "Kernel restarted",
    kernel: { tracks: both },
    traits: { mode: "overlay", visible: FEW },
    afterwards: (model, kernel) => {
      kernel.isAlive = false;
      model.emit("comm_live_update");
    },
  },
  hostile: {
    title: "Hostile text",
    kernel: {
      tracks: ref.slice(0, 3).map((track) => ({
        ...track,
        fields: {
          ...track.fields,
          track_name: '<img src=x onerror="window.__pwned=1">',
          assay_title: "</script><script>window.__pwned=1</script>",
          biosample_name: `\u202E${"A".repeat(9_000)}`,
        },
      })),
    },
  },
};

function traitsOf(scene: Scene, kernel: FakeKernel): Record<string, unknown> {
  return {
    spec_version: 1,
    scope: "gallery",
    region: { chrom: CHROM, start: 2_570_000, end: 2_590_000, seq: 0 },
    bounds: BOUNDS,
    catalog_rev: 1,
    data_rev: 1,
    filters: {},
    query: "",
    group_by: ["output_name"],
    sort_by: [],
    visible: [],
    pinned: [],
    selected_tracks: [],
    selection: null,
    mode: "ref",
    scale: { kind: "linear", range: "group" },
    lane_style: {},
    theme: "auto",
    palette: "lsc",
    status: {},
    capabilities: kernel.capabilities(),
    info: { assembly: "GRCh37", kernel_version: "0.1.0", title: "", max_lanes: 100, height: null },
    focus: { chrom: CHROM, start: VARIANT_AT, end: VARIANT_AT + 1, label: "rs572140578" },
    ...scene.traits,
  };
}

/** Call `act` once, as soon as the view in `el` is ready and its kernel owes nothing. */
function whenReady(el: HTMLElement, act: () => void): void {
  const observer = new MutationObserver(() => {
    const isReady = el.querySelector('[data-state="ready"]') !== null;
    if (!isReady || el.querySelector('[data-kernel="idle"]') === null) return;
    observer.disconnect();
    act();
  });
  observer.observe(el, {
    subtree: true,
    attributes: true,
    attributeFilter: ["data-state", "data-kernel"],
  });
}

interface Widget {
  render(context: { model: FakeModel; el: HTMLElement }): () => void;
}

interface Mounted {
  readonly model: FakeModel;
  readonly kernel: FakeKernel | FakePanelKernel;
  readonly title: string;
  afterwards(): void;
}

async function widgetOf(name: "track_browser" | "facet_panel"): Promise<Widget> {
  const address = `/static/${name}.js`;
  return ((await import(/* @vite-ignore */ address)) as { default: Widget }).default;
}

async function mountBrowser(name: string, scope: string, el: HTMLElement): Promise<Mounted | null> {
  const scene = SCENES[name];
  if (scene === undefined) return null;
  const kernel = new FakeKernel(scene.kernel);
  const model = new FakeModel({ ...traitsOf(scene, kernel), scope }, kernel);
  (await widgetOf("track_browser")).render({ model, el });
  return { model, kernel, title: scene.title, afterwards: () => scene.afterwards?.(model, kernel) };
}

async function mountPanel(name: string, scope: string, el: HTMLElement): Promise<Mounted | null> {
  const scene = name === "panel_bound" ? BOUND_PANEL : PANEL_SCENES[name];
  if (scene === undefined) return null;
  const kernel = new FakePanelKernel(scene.kernel);
  const model = new FakeModel({ ...panelTraits(scene), scope }, kernel);
  (await widgetOf("facet_panel")).render({ model, el });
  return { model, kernel, title: scene.title, afterwards: () => scene.afterwards?.(model, kernel) };
}

/** A panel beside the browser with the same tracks: both have one scope. */
const BOUND_PANEL: PanelScene = {
  title: "Facet panel of the browser below",
  kernel: { rows: rowsOf(both) },
  traits: { info: { title: "", receiver: "out", note: "", noun: "tracks" } },
};

/** Mount the named scenes below each other; `all` shows every one, `bound` a linked pair. */
async function boot(): Promise<void> {
  const address = new URL(location.href);
  const theme = address.searchParams.get("theme") ?? "light";
  const wanted = address.searchParams.get("state") ?? "full";
  const width = Number(address.searchParams.get("width") ?? 0);
  document.body.dataset["jpThemeLight"] = String(theme !== "dark");
  document.body.className = theme;
  const all = [...Object.keys(SCENES), ...Object.keys(PANEL_SCENES)];
  const names = { all, bound: ["panel_bound", "many"] }[wanted] ?? wanted.split(",");
  const models: Record<string, FakeModel> = {};
  for (const name of names) {
    const section = document.createElement("section");
    if (width > 0) section.style.width = `${width}px`;
    document.body.append(section);
    const scope = wanted === "bound" ? "gallery-bound" : `gallery-${name}`;
    const isPanel = name.startsWith("panel");
    const mounted = await (isPanel ? mountPanel : mountBrowser)(name, scope, section);
    if (mounted === null) {
      section.remove();
      continue;
    }
    if (names.length > 1) {
      const heading = document.createElement("h2");
      heading.textContent = mounted.title;
      section.prepend(heading);
    }
    models[name] = mounted.model;
    Object.assign(globalThis, { lscModel: mounted.model, lscKernel: mounted.kernel });
    whenReady(section, () => {
      mounted.afterwards();
    });
  }
  Object.assign(globalThis, { lscModels: models });
  document.documentElement.dataset["gallery"] = "ready";
}

void boot();

/** The facet panel in every state that the gallery shows. */
import { fakeCatalog, type CatalogRow } from "./fake_catalog.js";
import { FakePanelKernel, type PanelKernelOptions } from "./fake_panel_kernel.js";
import type { FakeModel } from "./fake_model.js";
import type { FakeTrack } from "./fake_tracks.js";

export interface PanelScene {
  readonly title: string;
  readonly kernel: PanelKernelOptions;
  readonly traits?: Record<string, unknown>;
  afterwards?(model: FakeModel, kernel: FakePanelKernel): void;
}

const CATALOG = fakeCatalog();
const HISTONES = {
  assay_title: { in: ["ATAC-seq", "DNase-seq", "Histone ChIP-seq"] },
  biosample_life_stage: { in: ["adult"] },
  biosample_type: { in: ["primary_cell", "tissue"] },
  histone_mark: { not: ["H3K27me3", "H3K9me3"] },
};
const NASTY = '<img src=x onerror="window.__pwned=1">';

function hostileRows(): CatalogRow[] {
  const texts = [
    NASTY,
    "</script><script>window.__pwned=1</script>",
    "javascript:window.__pwned=1",
    `\u202Eright to left ${"A".repeat(9_000)}`,
    "url(https://example.invalid/x.png)",
    "emoji \u{1F9EC} and\nnew line",
  ];
  return texts.map((text, i) => ({
    output_name: i % 2 === 0 ? "atac" : NASTY,
    assay_title: text,
    biosample_name: texts[(i + 1) % texts.length] ?? null,
    strand: i % 2 === 0 ? "+" : NASTY,
    [NASTY]: text,
    track_name: text,
    nonzero_mean: i,
  }));
}

/** Rows that describe the tracks of a browser, for a panel bound to it. */
export function rowsOf(tracks: readonly FakeTrack[]): CatalogRow[] {
  return tracks.map(({ fields }) => fields);
}

export const PANEL_SCENES: Readonly<Record<string, PanelScene>> = {
  panel: {
    title: "Facet panel: a whole catalog",
    kernel: { rows: CATALOG },
    traits: { filters: HISTONES },
  },
  panel_all: { title: "Facet panel: nothing chosen", kernel: { rows: CATALOG } },
  panel_presets: {
    title: "Facet panel: saved choices",
    kernel: { rows: CATALOG },
    traits: {
      presets: {
        "Open chromatin": {
          filters: { assay_title: { in: ["ATAC-seq", "DNase-seq"] } },
          query: "",
        },
        "Liver, no controls": { filters: {}, query: "liver -control" },
      },
    },
  },
  panel_problem: {
    title: "Facet panel: an unknown field and an empty filter",
    kernel: { rows: CATALOG },
    traits: { filters: { data_source: { in: [] } }, query: "asay_title:ATAC liver" },
  },
  panel_unmatched: {
    title: "Facet panel: nothing matches",
    kernel: { rows: CATALOG },
    traits: { filters: { assay_title: { in: ["ATAC-seq"] } }, query: "CTCF" },
  },
  panel_empty: { title: "Facet panel: no tracks", kernel: { rows: [] } },
  panel_loading: {
    title: "Facet panel: loading",
    kernel: { rows: CATALOG, silent: ["catalog"] },
  },
  panel_error: {
    title: "Facet panel: nothing could be loaded",
    kernel: {
      rows: CATALOG,
      failing: { catalog: { code: "not_found", message: "No such object." } },
    },
  },
  panel_restarted: {
    title: "Facet panel: kernel restarted",
    kernel: { rows: CATALOG },
    afterwards: (model, kernel) => {
      kernel.isAlive = false;
      model.emit("comm_live_update");
    },
  },
  panel_hostile: { title: "Facet panel: hostile text", kernel: { rows: hostileRows() } },
  panel_large: { title: "Facet panel: 7,000 tracks", kernel: { rows: fakeCatalog(7_000) } },
};

export function panelTraits(scene: PanelScene): Record<string, unknown> {
  return {
    spec_version: 1,
    scope: "",
    filters: {},
    query: "",
    presets: {},
    fields: [],
    catalog_rev: 1,
    result_count: 0,
    theme: "auto",
    capabilities: { show: true },
    info: {
      title: "",
      receiver: "catalog",
      note: "Rows describe published tracks",
      noun: "tracks",
    },
    status: {},
    ...scene.traits,
  };
}

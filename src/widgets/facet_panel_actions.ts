/** What a person does in a facet panel, turned into state and into traits that Python reads. */
import { canonicalFilters, type FilterState } from "../core/facets.js";
import { announce, panelTexts } from "../ui/messages.js";
import type { PanelActions, PanelState, Preset } from "../ui/panel_state.js";
import type { Store } from "../ui/store.js";
import { deriveFacets } from "./track_browser_derive.js";

/** What the actions need from the view around them. */
export interface PanelPorts {
  /** Tell the kernel, and the linked views of this page. */
  readonly chosen: (choice: Preset) => void;
  readonly write: (traits: Readonly<Record<string, unknown>>) => void;
  readonly say: (text: string) => void;
  readonly copy: (what: "tracks" | "report") => void;
  readonly show: () => void;
  readonly retry: () => void;
}

const MOST_QUERY = 500;
/** Bytes of all presets as JSON, as Python allows them. */
const MOST_PRESET_BYTES = 12_000;

export class FacetPanelActions implements PanelActions {
  constructor(
    private readonly store: Store<PanelState>,
    private readonly ports: PanelPorts,
  ) {}

  setFilters(filters: FilterState): void {
    this.choose({ filters });
  }

  setQuery(query: string): void {
    this.choose({ query: query.slice(0, MOST_QUERY) });
  }

  clear(): void {
    this.choose({ filters: {}, query: "" });
  }

  choosePreset(name: string): void {
    const preset = this.store.get().presets[name];
    if (preset !== undefined) this.choose(preset);
  }

  savePreset(name: string): string | null {
    const { filters, query, presets } = this.store.get();
    const next = { ...presets, [name]: { filters, query } };
    const bytes = new TextEncoder().encode(JSON.stringify(next)).length;
    if (bytes > MOST_PRESET_BYTES) return panelTexts.presetsFull;
    this.keepPresets(next);
    return null;
  }

  deletePreset(name: string): void {
    const { presets } = this.store.get();
    this.keepPresets(
      Object.fromEntries(Object.entries(presets).filter(([other]) => other !== name)),
    );
  }

  /** The choice of a linked view; the kernel hears of it, the other views have it already. */
  takeChoice({ filters, query }: Preset): void {
    this.apply({ filters: canonicalFilters(filters), query });
    this.ports.write({ filters: this.store.get().filters, query });
  }

  copyPython(): void {
    this.ports.copy("tracks");
  }

  closePython(): void {
    this.store.patch({ python: null });
  }

  show(): void {
    if (this.store.get().canShow) this.ports.show();
  }

  retry(): void {
    this.ports.retry();
  }

  copyReport(): void {
    this.ports.copy("report");
  }

  private keepPresets(presets: Readonly<Record<string, Preset>>): void {
    this.store.patch({ presets });
    this.ports.write({ presets });
  }

  private choose(change: Partial<Preset>): void {
    this.apply(change);
    const { filters, query } = this.store.get();
    this.ports.chosen({ filters, query });
  }

  private apply(change: Partial<Preset>): void {
    const before = this.store.get();
    const filters =
      change.filters === undefined ? before.filters : canonicalFilters(change.filters);
    const query = change.query ?? before.query;
    const { catalog } = before;
    const facets = catalog === null ? null : deriveFacets(catalog, filters, query);
    this.store.patch({ filters, query, facets });
    if (catalog !== null) this.ports.say(announce.tracks(facets?.nMatching ?? 0, catalog.n));
  }
}

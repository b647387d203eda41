/** What a person does, turned into state and into traits that Python reads. */
import {
  centredOn,
  centreOf,
  clampRegion,
  formatLocus,
  panBy,
  sameRegion,
  widthOf,
  zoomAt,
  type Region,
} from "../core/coords.js";
import type { FilterState } from "../core/facets.js";
import type { TrackChoice } from "../core/scopes.js";
import type { Actions, ExportKind } from "../ui/actions.js";
import { announce } from "../ui/messages.js";
import { findPlace } from "../ui/places.js";
import type { Store } from "../ui/store.js";
import type { ScaleChoice, Selection, ViewMode, ViewState } from "../ui/view_state.js";
import { deriveFacets } from "./track_browser_derive.js";
import { focusedVariant } from "./track_browser_scene.js";

/** What the actions need from the view around them. */
export interface ActionPorts {
  /** The region moved by hand: paint, load, tell linked views and the kernel. */
  readonly regionMoved: (region: Region, isSettled: boolean) => void;
  readonly write: (traits: Readonly<Record<string, unknown>>) => void;
  /** The tracks let through by hand: linked views follow. */
  readonly chosen: (choice: TrackChoice) => void;
  readonly say: (text: string) => void;
  readonly copy: (what: "view" | "tracks" | "report") => void;
  readonly exportAs: (kind: ExportKind) => void;
  readonly retry: () => void;
  readonly closeTooltip: () => void;
}

const LONGEST_PAST = 100;
const MOST_QUERY = 500;

export class BrowserActions implements Actions {
  private gestureStart: Region | null = null;

  constructor(
    private readonly store: Store<ViewState>,
    private readonly ports: ActionPorts,
  ) {}

  showRegion(wanted: Region, options: { settled?: boolean } = {}): void {
    const { region: before, bounds, past } = this.store.get();
    const region = clampRegion(wanted, bounds);
    const isSettled = options.settled === true;
    this.gestureStart ??= before;
    this.store.patch({ region: sameRegion(region, before) ? before : region });
    if (isSettled) {
      const start = this.gestureStart;
      this.gestureStart = null;
      if (!sameRegion(start, region)) {
        this.store.patch({ past: [...past, start].slice(-LONGEST_PAST), future: [] });
        this.ports.say(announce.region(formatLocus(region)));
      }
    }
    this.ports.regionMoved(region, isSettled);
  }

  zoom(factor: number, at?: number): void {
    const { region, bounds } = this.store.get();
    this.showRegion(zoomAt(region, factor, at ?? centreOf(region), bounds), { settled: true });
  }

  panByShare(share: number): void {
    const { region, bounds } = this.store.get();
    this.showRegion(panBy(region, share * widthOf(region), bounds), { settled: true });
  }

  goTo(text: string): string | null {
    const { bounds, genes, variants } = this.store.get();
    const found = findPlace(text, { bounds, genes, variants });
    switch (found.kind) {
      case "region":
      case "gene":
        this.showRegion({ ...found.region, chrom: bounds.chrom }, { settled: true });
        return null;
      case "variant":
        this.goToVariant(found.index);
        return null;
      case "outside":
        return announce.outside(formatLocus(found.region));
      case "unknown":
        return announce.unknownPlace(text);
    }
  }

  /** Centre a variant, mark it through all lanes, and tell Python its position. */
  goToVariant(index: number): void {
    const { variants, bounds, region, selection } = this.store.get();
    const start = variants?.start[index];
    const end = variants?.end[index];
    if (variants === null || start === undefined || end === undefined) return;
    const focus = {
      chrom: bounds.chrom,
      start,
      end: Math.max(end, start + 1),
      label: (variants.ids[index] ?? "").slice(0, 200),
    };
    const chosen: Selection = {
      start: selection?.start ?? null,
      end: selection?.end ?? null,
      tracks: selection?.tracks ?? [],
      positions: [start],
    };
    this.store.patch({ focus, selection: chosen });
    this.ports.write({ focus, selection: chosen });
    this.showRegion(centredOn(start, widthOf(region), bounds), { settled: true });
  }

  stepVariant(direction: 1 | -1): void {
    const state = this.store.get();
    const { variants, region } = state;
    if (variants === null || variants.n === 0) return;
    const at = variants.start[focusedVariant(state)] ?? centreOf(region);
    let best = -1;
    for (let i = 0; i < variants.n; i += 1) {
      const place = variants.start[i] ?? 0;
      if ((place - at) * direction <= 0) continue;
      const isNearer = best < 0 || (place - (variants.start[best] ?? 0)) * direction < 0;
      if (isNearer) best = i;
    }
    if (best >= 0) this.goToVariant(best);
  }

  undo(): void {
    const { past, future, region } = this.store.get();
    const back = past.at(-1);
    if (back === undefined) return;
    this.store.patch({ past: past.slice(0, -1), future: [region, ...future], region: back });
    this.ports.regionMoved(back, true);
  }

  redo(): void {
    const { past, future, region } = this.store.get();
    const [next, ...rest] = future;
    if (next === undefined) return;
    this.store.patch({ past: [...past, region], future: rest, region: next });
    this.ports.regionMoved(next, true);
  }

  setMode(mode: ViewMode): void {
    if (mode !== "ref" && !this.store.get().hasAlt) return;
    this.store.patch({ mode });
    this.ports.write({ mode });
  }

  setScale(scale: ScaleChoice): void {
    this.store.patch({ scale });
    this.ports.write({ scale: { kind: scale.kind, range: scale.range } });
  }

  /** A filter speaks about all tracks, so the list of chosen lanes gives way to it. */
  setFilters(filters: FilterState): void {
    this.filter({ filters });
  }

  setQuery(query: string): void {
    this.filter({ query: query.slice(0, MOST_QUERY) });
  }

  /** The choice of a linked view; the kernel hears of it, the other views have it already. */
  takeChoice({ filters, query }: TrackChoice): void {
    this.apply({ filters, query });
  }

  private filter(change: Partial<TrackChoice>): void {
    this.apply(change);
    const { filters, query } = this.store.get();
    this.ports.chosen({ filters, query });
  }

  private apply(change: Partial<TrackChoice>): void {
    const { catalog, filters, query } = { ...this.store.get(), ...change };
    const facets = catalog === null ? null : deriveFacets(catalog, filters, query);
    this.store.patch({ ...change, facets, visible: [] });
    this.ports.write({ ...change, visible: [] });
    if (catalog !== null) this.ports.say(announce.tracks(facets?.nMatching ?? 0, catalog.n));
  }

  showAllTracks(): void {
    this.filter({});
  }

  setSelection(selection: Selection | null): void {
    const isEmpty =
      selection === null ||
      (selection.start === null &&
        selection.tracks.length === 0 &&
        selection.positions.length === 0);
    const value = isEmpty ? null : selection;
    this.store.patch({ selection: value, ...(value === null ? { selectedTracks: [] } : {}) });
    this.ports.write({ selection: value, ...(value === null ? { selected_tracks: [] } : {}) });
  }

  togglePin(track: number): void {
    const { pinned } = this.store.get();
    const next = toggled(pinned, track);
    this.store.patch({ pinned: next });
    this.ports.write({ pinned: next });
  }

  /** The last lane cannot be hidden: an empty list would mean all. */
  hideTrack(track: number): void {
    const { pinned, layout } = this.store.get();
    const left = layout.trackIds.filter((id) => id !== track);
    if (left.length === 0) return;
    const change = { pinned: pinned.filter((id) => id !== track), visible: left };
    this.stepLane(1);
    this.store.patch(change);
    this.ports.write(change);
  }

  toggleTrack(track: number): void {
    const { selectedTracks, selection } = this.store.get();
    const tracks = toggled(selectedTracks, track);
    this.store.patch({ selectedTracks: tracks, activeLane: track });
    this.ports.write({ selected_tracks: tracks });
    this.setSelection({
      start: selection?.start ?? null,
      end: selection?.end ?? null,
      positions: selection?.positions ?? [],
      tracks,
    });
  }

  toggleFold(key: string): void {
    const folded = new Set(this.store.get().folded);
    if (!folded.delete(key)) folded.add(key);
    this.store.patch({ folded });
  }

  stepLane(direction: 1 | -1): void {
    const { activeLane, layout } = this.store.get();
    const { lanes } = layout;
    const at = lanes.findIndex((lane) => lane.track === activeLane);
    const next = at < 0 ? 0 : Math.min(lanes.length - 1, Math.max(0, at + direction));
    this.store.patch({ activeLane: lanes[next]?.track ?? null });
  }

  toggleFacets(): void {
    this.store.patch({ showsFacets: !this.store.get().showsFacets });
  }

  toggleHelp(): void {
    this.store.patch({ showsHelp: !this.store.get().showsHelp, python: null });
  }

  copyPython(what: "view" | "tracks"): void {
    this.ports.copy(what);
  }

  closePython(): void {
    this.store.patch({ python: null });
  }

  copyReport(): void {
    this.ports.copy("report");
  }

  exportAs(kind: ExportKind): void {
    this.ports.exportAs(kind);
  }

  retry(): void {
    this.ports.retry();
  }

  closeTooltip(): void {
    this.ports.closeTooltip();
  }
}

function toggled(list: readonly number[], item: number): number[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

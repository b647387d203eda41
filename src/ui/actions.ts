/** What a person can do in a track browser; toolbar, panels, pointer and keyboard all call these. */
import type { Region } from "../core/coords.js";
import type { FilterState } from "../core/facets.js";
import type { ScaleChoice, Selection, ViewMode } from "./view_state.js";

export type ExportKind = "svg" | "png" | "csv";

export interface Actions {
  /** Show a region; `settled` ends a gesture, enters the history and is told to the kernel at once. */
  showRegion(region: Region, options?: { settled?: boolean }): void;
  /** Zoom around a genome position, by default the middle; factor 2 shows twice as much. */
  zoom(factor: number, at?: number): void;
  panByShare(share: number): void;
  /** Go to a range, gene or variant written by a person; the answer says what went wrong. */
  goTo(text: string): string | null;
  goToVariant(index: number): void;
  stepVariant(direction: 1 | -1): void;
  undo(): void;
  redo(): void;
  setMode(mode: ViewMode): void;
  setScale(scale: ScaleChoice): void;
  setFilters(filters: FilterState): void;
  setQuery(query: string): void;
  setSelection(selection: Selection | null): void;
  togglePin(track: number): void;
  hideTrack(track: number): void;
  toggleTrack(track: number): void;
  toggleFold(key: string): void;
  stepLane(direction: 1 | -1): void;
  toggleFacets(): void;
  toggleHelp(): void;
  /** All matching tracks instead of the lane list. */
  showAllTracks(): void;
  copyPython(what: "view" | "tracks"): void;
  closePython(): void;
  copyReport(): void;
  exportAs(kind: ExportKind): void;
  retry(): void;
  closeTooltip(): void;
}

/** What one facet panel knows, and what a person can do in it. */
import type { Catalog } from "../core/answers.js";
import type { FacetResult, FilterState } from "../core/facets.js";
import type { ThemeName } from "../core/palette.js";
import { isOffline, type Failure, type KernelState, type Phase } from "./view_state.js";

/** A named choice of tracks. */
export interface Preset {
  readonly filters: FilterState;
  readonly query: string;
}

export interface PanelAbout {
  readonly title: string;
  /** Name of the object that `select` is called on in copied code. */
  readonly receiver: string;
  readonly note: string;
  readonly noun: string;
}

export interface PanelState {
  readonly phase: Phase;
  readonly failure: Failure | null;
  readonly laneFailure: Failure | null;
  readonly notes: readonly string[];
  readonly kernel: KernelState;
  readonly about: PanelAbout;
  readonly canShow: boolean;
  readonly filters: FilterState;
  readonly query: string;
  readonly presets: Readonly<Record<string, Preset>>;
  /** Headings to show in this order; empty means the default ones. */
  readonly fields: readonly string[];
  readonly catalog: Catalog | null;
  readonly facets: FacetResult | null;
  readonly themeChoice: "auto" | ThemeName;
  readonly theme: ThemeName;
  readonly widthPx: number;
  /** The current choice as code while the dock is open. */
  readonly python: string | null;
  /** Whether the clipboard took the code. */
  readonly copyNote: string;
  readonly spoken: string;
}

export interface PanelActions {
  setFilters(filters: FilterState): void;
  setQuery(query: string): void;
  clear(): void;
  choosePreset(name: string): void;
  /** Keep the current choice under a name; the answer says why it cannot be kept. */
  savePreset(name: string): string | null;
  deletePreset(name: string): void;
  /** Open the code of the current choice and put it on the clipboard. */
  copyPython(): void;
  closePython(): void;
  show(): void;
  retry(): void;
  copyReport(): void;
}

export function hasChoice({ filters, query }: Pick<PanelState, "filters" | "query">): boolean {
  return query !== "" || Object.keys(filters).length > 0;
}

/** Columns of headings side by side at a width; an unknown width counts as wide. */
export function columnCount(widthPx: number): number {
  if (widthPx <= 0 || widthPx >= 1_100) return 4;
  if (widthPx >= 820) return 3;
  return widthPx >= 540 ? 2 : 1;
}

/** The word on the root element (`data-state`) that tests and styles read. */
export function panelWord(
  state: PanelState,
): "loading" | "ready" | "empty" | "error" | "disconnected" {
  const { phase, kernel, facets } = state;
  if (phase === "error") return "error";
  const waitsForSaved = phase === "loading" && kernel === "saved";
  if (isOffline(kernel) && !waitsForSaved) return "disconnected";
  if (phase === "loading") return "loading";
  return facets === null || facets.nMatching === 0 ? "empty" : "ready";
}

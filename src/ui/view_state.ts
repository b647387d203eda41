/** What one track browser view knows: the nouns that panels show and the widget changes. */
import { widthOf, type Bounds, type Region } from "../core/coords.js";
import type { GeneTable, VariantMarks } from "../core/annotation_answers.js";
import type { Catalog } from "../core/answers.js";
import type { KnownBases } from "../core/known_bases.js";
import type { FacetResult, FilterState } from "../core/facets.js";
import type { ScaleKind, YScale } from "../core/scales.js";
import type { PaletteName, ThemeName } from "../core/palette.js";
import { RIGHT_MARGIN, type LaneStyle, type Layout } from "./lane_layout.js";

export type ViewMode = "ref" | "alt" | "diff" | "overlay" | "log2FC";
export const VIEW_MODES: readonly ViewMode[] = ["ref", "alt", "diff", "overlay", "log2FC"];

export type ScaleRange = "group" | "track" | "all";
export const SCALE_RANGES: readonly ScaleRange[] = ["group", "track", "all"];

export interface ScaleChoice {
  readonly kind: ScaleKind;
  readonly range: ScaleRange;
}

/** A highlighted place: the band through all lanes and the bold variant. */
export interface Focus {
  readonly chrom: string;
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export interface Selection {
  readonly start: number | null;
  readonly end: number | null;
  readonly tracks: readonly number[];
  readonly positions: readonly number[];
}

export type Phase = "loading" | "ready" | "error";
/** `saved` is a view opened without any kernel, `restarted` one whose kernel lost its objects. */
export type KernelState = "idle" | "working" | "busy" | "restarted" | "gone" | "saved";

export interface Failure {
  readonly sentence: string;
  readonly details: string;
}

export interface TooltipRow {
  readonly name: string;
  readonly value: string;
}

export interface Tooltip {
  readonly title: string;
  readonly rows: readonly TooltipRow[];
  /** Pointer place in px of the plot area. */
  readonly x: number;
  readonly y: number;
  readonly isPinned: boolean;
}

/** What the region, assembly and captions of the browser are, fixed per display. */
export interface About {
  readonly assembly: string;
  readonly title: string;
  readonly maxLanes: number;
  readonly heightPx: number | null;
}

export interface ViewState {
  readonly phase: Phase;
  readonly failure: Failure | null;
  readonly laneFailure: Failure | null;
  /** What Python says about the data, such as files it could not read. */
  readonly notes: readonly string[];
  readonly kernel: KernelState;
  readonly openRequests: number;
  readonly tracksLoaded: number;
  readonly about: About;
  readonly region: Region;
  readonly bounds: Bounds;
  readonly past: readonly Region[];
  readonly future: readonly Region[];
  readonly mode: ViewMode;
  readonly hasAlt: boolean;
  readonly scale: ScaleChoice;
  readonly filters: FilterState;
  readonly query: string;
  readonly groupBy: readonly string[];
  readonly sortBy: readonly string[];
  /** Tracks that may have a lane, in lane order; empty means all that match. */
  readonly visible: readonly number[];
  readonly pinned: readonly number[];
  readonly laneStyle: Readonly<Record<number, LaneStyle>>;
  readonly selectedTracks: readonly number[];
  readonly selection: Selection | null;
  readonly focus: Focus | null;
  readonly folded: ReadonlySet<string>;
  readonly activeLane: number | null;
  readonly catalog: Catalog | null;
  readonly facets: FacetResult | null;
  /** The kernel holds bases, genes or variants: their rows keep their place while they load. */
  readonly expectsSequence: boolean;
  readonly expectsGenes: boolean;
  readonly expectsVariants: boolean;
  /** Bases around the view; null until a view is narrow enough to show them. */
  readonly bases: KnownBases | null;
  readonly genes: GeneTable | null;
  readonly variants: VariantMarks | null;
  readonly layout: Layout;
  /** The y scales in force, by the key of lane_modes.ts. */
  readonly scales: ReadonlyMap<string, YScale>;
  readonly palette: PaletteName;
  readonly themeChoice: "auto" | ThemeName;
  readonly theme: ThemeName;
  readonly widthPx: number;
  readonly scrollTop: number;
  readonly showsFacets: boolean;
  readonly showsHelp: boolean;
  readonly python: string | null;
  /** Whether the clipboard took the code. */
  readonly copyNote: string;
  readonly tooltip: Tooltip | null;
  readonly cursor: string;
  readonly spoken: string;
}

/** Below this width the facet panel lies over the lanes instead of beside them. */
export const DRAWER_BELOW = 760;
export const FACETS_WIDTH = 280;

export function panelIsDocked(state: Pick<ViewState, "widthPx">): boolean {
  return state.widthPx >= DRAWER_BELOW;
}

/** Width of the lanes with their labels, beside the facet panel. */
export function mainWidthOf(state: Pick<ViewState, "widthPx" | "showsFacets">): number {
  const panel = state.showsFacets && panelIsDocked(state) ? FACETS_WIDTH : 0;
  return Math.max(0, state.widthPx - panel);
}

/** Width of the drawn genome, without labels and right margin. */
export function plotWidthOf(state: Pick<ViewState, "widthPx" | "showsFacets" | "layout">): number {
  return Math.max(1, mainWidthOf(state) - state.layout.gutter - RIGHT_MARGIN);
}

/** Bases behind one css px of the plot. */
export function bpPerPxOf(
  state: Pick<ViewState, "widthPx" | "showsFacets" | "layout" | "region">,
): number {
  return widthOf(state.region) / plotWidthOf(state);
}

/** The word on the root element (`data-state`) that tests and styles read. */
export function stateWord(
  state: ViewState,
): "loading" | "ready" | "empty" | "error" | "disconnected" {
  if (state.phase === "error") return "error";
  if (isOffline(state.kernel) && !waitsForSaved(state)) return "disconnected";
  if (state.phase === "loading") return "loading";
  return state.layout.trackIds.length === 0 ? "empty" : "ready";
}

/** A saved view loads from the page itself, so its answers do come. */
function waitsForSaved({ phase, kernel }: ViewState): boolean {
  return phase === "loading" && kernel === "saved";
}

/** No answer can come any more; pictures and filters go on from what is in the page. */
export function isOffline(kernel: KernelState): boolean {
  return kernel === "gone" || kernel === "restarted" || kernel === "saved";
}

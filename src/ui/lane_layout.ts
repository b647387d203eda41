/** Where every lane stands: groups with headings, lane heights, fold state. Pure; nothing is drawn here. */
import type { Catalog } from "../core/answers.js";
import { laneNamer, sharedAssay, valueLabel, valueOf } from "./track_names.js";

export type LaneMark = "area" | "stems" | "strip";

/** One signal lane; `top` counts from the top of the scrolled lanes area. */
export interface Lane {
  readonly track: number;
  readonly groupKey: string;
  readonly title: string;
  readonly subtitle: string;
  readonly strand: string;
  readonly top: number;
  readonly height: number;
  readonly mark: LaneMark;
  readonly isPinned: boolean;
  readonly isMeasured: boolean;
  readonly hasAlt: boolean;
  readonly colour: string | null;
}

/** What Python set for one lane. */
export interface LaneStyle {
  readonly height?: number;
  readonly color?: string;
  readonly mark?: LaneMark;
}

export type Evidence = "measured" | "predicted" | "mixed";

export interface LaneGroup {
  readonly key: string;
  readonly label: string;
  readonly top: number;
  readonly isFolded: boolean;
  readonly evidence: Evidence;
  /** What all tracks of the group share and the heading does not say. */
  readonly detail: string;
  readonly shown: number;
  readonly total: number;
  readonly lanes: readonly Lane[];
  /** Colour of the output; the vermilion of changed sequences is never among them. */
  readonly colourIndex: number;
}

/** Fixed rows above the lanes, in px from the top of the plot. */
export interface HeadLayout {
  readonly overviewTop: number;
  readonly rulerTop: number;
  readonly annotationTop: number | null;
  readonly sequenceTop: number | null;
  readonly genesTop: number | null;
  readonly variantsTop: number | null;
  readonly height: number;
}

export interface Layout {
  readonly head: HeadLayout;
  readonly groups: readonly LaneGroup[];
  readonly lanes: readonly Lane[];
  /** All tracks that have a lane, folded groups included, in lane order. */
  readonly trackIds: readonly number[];
  readonly found: number;
  readonly lanesHeight: number;
  readonly viewHeight: number;
  readonly gutter: number;
  readonly isStrips: boolean;
  /** More tracks match than `maxLanes` allows. */
  readonly isCut: boolean;
}

export interface LayoutInput {
  readonly catalog: Catalog | null;
  readonly rows: ArrayLike<number>;
  readonly groupBy: readonly string[];
  readonly sortBy: readonly string[];
  /** Tracks that may have a lane, in lane order; empty means all that match. */
  readonly visible: readonly number[];
  readonly pinned: readonly number[];
  readonly laneStyle: Readonly<Record<number, LaneStyle>>;
  readonly folded: ReadonlySet<string>;
  readonly maxLanes: number;
  readonly isSignedMode: boolean;
  readonly hasSequence: boolean;
  readonly hasGenes: boolean;
  readonly hasVariants: boolean;
  readonly widthPx: number;
  /** Height of the lanes area that Python asked for. */
  readonly heightPx: number | null;
  readonly needsPanelRoom: boolean;
}

export const OVERVIEW_HEIGHT = 28;
export const RULER_HEIGHT = 24;
/** The row of bases keeps its height when they are too narrow to draw: zooming moves nothing. */
export const SEQUENCE_HEIGHT = 16;
export const GENE_ROW = 18;
export const GENE_ROWS = 2;
export const VARIANT_HEIGHT = 44;
export const HEADING = 24;
/** Px right of the plot, also the room of the lanes' scroll bar. */
export const RIGHT_MARGIN = 12;
export const ANNOTATION_KEY = "\u0000annotation";
/** Height of the body that leaves the facet panel usable beside few lanes. */
const LEAST_BODY = 440;
const GAP = 6;
const AREA_HEIGHT = 40;
const SIGNED_HEIGHT = 44;
const OUTPUT_COLOURS = [2, 0, 3, 5, 4, 7];
const STRIP_HEIGHT = 10;
const STRIP_GAP = 4;
const MOST_LANES_WITH_AXES = 40;
const TALLEST_VIEW = 560;
const EMPTY_VIEW = 200;

/** Label column of a narrow widget: no second line, no pin mark. */
export const NARROW_GUTTER = 96;

/** Width of the label column at a widget width. */
export function gutterFor(widthPx: number): number {
  if (widthPx >= 600) return 180;
  return widthPx >= 500 ? 152 : NARROW_GUTTER;
}

export function layoutHead(input: LayoutInput): HeadLayout {
  const rulerTop = 4 + OVERVIEW_HEIGHT + 4;
  let y = rulerTop + RULER_HEIGHT + 4;
  const annotated = input.hasSequence || input.hasGenes || input.hasVariants;
  const annotationTop = annotated ? y : null;
  if (annotated) y += HEADING + 4;
  const open = annotated && !input.folded.has(ANNOTATION_KEY);
  const sequenceTop = open && input.hasSequence ? y : null;
  if (sequenceTop !== null) y += SEQUENCE_HEIGHT + 4;
  const genesTop = open && input.hasGenes ? y : null;
  if (genesTop !== null) y += GENE_ROW * GENE_ROWS + 2;
  const variantsTop = open && input.hasVariants ? y : null;
  if (variantsTop !== null) y += VARIANT_HEIGHT;
  return {
    overviewTop: 4,
    rulerTop,
    annotationTop,
    sequenceTop,
    genesTop,
    variantsTop,
    height: y + 4,
  };
}

export function layoutLanes(input: LayoutInput): Layout {
  const head = layoutHead(input);
  const gutter = gutterFor(input.widthPx);
  const found = input.rows.length;
  const groups: LaneGroup[] = [];
  const { catalog } = input;
  const chosen = catalog === null ? [] : chooseTracks(input);
  let y = 0;
  const isStrips = chosen.length > MOST_LANES_WITH_AXES;
  if (catalog !== null) {
    for (const [key, tracks] of groupTracks(catalog, chosen, input.groupBy)) {
      const group = layoutGroup(input, catalog, key, tracks, y, isStrips);
      groups.push(group);
      const last = group.lanes.at(-1);
      y = last === undefined ? y + HEADING + 8 : last.top + last.height + GAP + 2;
    }
  }
  const lanesHeight = groups.length === 0 ? EMPTY_VIEW : y;
  const least = input.needsPanelRoom ? Math.max(0, LEAST_BODY - head.height) : 0;
  return {
    head,
    groups,
    lanes: groups.flatMap((group) => group.lanes),
    trackIds: groups.flatMap((group) => tracksOf(group, chosen, catalog, input.groupBy)),
    found,
    lanesHeight,
    viewHeight: input.heightPx ?? Math.min(TALLEST_VIEW, Math.max(least, lanesHeight)),
    gutter,
    isStrips,
    isCut: chosen.length >= input.maxLanes && input.visible.length === 0,
  };
}

/** Pinned tracks first, whatever the filter says; then the lane list, or all matching tracks. */
function chooseTracks(input: LayoutInput): number[] {
  const n = input.catalog?.n ?? 0;
  const pinned = input.pinned.filter((row) => row < n);
  const isPinned = new Set(pinned);
  const matching = Array.from(input.rows);
  const found = new Set(matching);
  const listed =
    input.visible.length > 0 ? input.visible.filter((row) => found.has(row)) : matching;
  const others = listed.filter((row) => !isPinned.has(row));
  if (input.sortBy.length > 0) others.sort((a, b) => compareFields(input, a, b) || a - b);
  return [...pinned, ...others].slice(0, Math.max(pinned.length, input.maxLanes));
}

function compareFields(input: LayoutInput, a: number, b: number): number {
  const { catalog } = input;
  if (catalog === null) return 0;
  for (const field of input.sortBy) {
    const left = valueOf(catalog, field, a);
    const right = valueOf(catalog, field, b);
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -1 : 1;
  }
  return 0;
}

function groupKey(catalog: Catalog, track: number, groupBy: readonly string[]): string {
  return groupBy.map((field) => valueOf(catalog, field, track) ?? "").join("\u0001");
}

function groupTracks(
  catalog: Catalog,
  tracks: readonly number[],
  groupBy: readonly string[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const track of tracks) {
    const key = groupKey(catalog, track, groupBy);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [track]);
    else members.push(track);
  }
  return groups;
}

const allGroups = new WeakMap<Catalog, Map<string, Map<string, number[]>>>();

/** Groups of the whole catalog, kept per catalog: filters change them never. */
function groupsOfAll(catalog: Catalog, groupBy: readonly string[]): Map<string, number[]> {
  const known = allGroups.get(catalog) ?? new Map<string, Map<string, number[]>>();
  allGroups.set(catalog, known);
  const rule = groupBy.join("\u0001");
  const found = known.get(rule);
  if (found !== undefined) return found;
  const rows = Array.from({ length: catalog.n }, (_, row) => row);
  const groups = groupTracks(catalog, rows, groupBy);
  known.set(rule, groups);
  return groups;
}

function tracksOf(
  group: LaneGroup,
  chosen: readonly number[],
  catalog: Catalog | null,
  groupBy: readonly string[],
): readonly number[] {
  if (!group.isFolded) return group.lanes.map((lane) => lane.track);
  if (catalog === null) return [];
  return chosen.filter((track) => groupKey(catalog, track, groupBy) === group.key);
}

function layoutGroup(
  input: LayoutInput,
  catalog: Catalog,
  key: string,
  tracks: readonly number[],
  top: number,
  isStrips: boolean,
): LaneGroup {
  const all = groupsOfAll(catalog, input.groupBy).get(key) ?? tracks;
  const name = laneNamer(catalog, all);
  const pinned = new Set(input.pinned);
  const isFolded = input.folded.has(key);
  const { geometry } = catalog;
  let y = top + HEADING + 4;
  const lanes: Lane[] = [];
  for (const track of isFolded ? [] : tracks) {
    const hasAlt = geometry.alt[track] === 1;
    const isSigned = geometry.signed[track] === 1 || (input.isSignedMode && hasAlt);
    const style = input.laneStyle[track] ?? {};
    const isTight = isStrips && style.height === undefined;
    const mark = style.mark ?? (isTight ? "strip" : geometry.mark[track] === 1 ? "stems" : "area");
    const height =
      style.height ?? (isTight ? STRIP_HEIGHT : isSigned ? SIGNED_HEIGHT : AREA_HEIGHT);
    lanes.push({
      track,
      groupKey: key,
      ...name(track),
      top: y,
      height,
      mark,
      isPinned: pinned.has(track),
      isMeasured: geometry.measured[track] === 1,
      hasAlt,
      colour: style.color ?? null,
    });
    y += height + (isTight ? STRIP_GAP : GAP);
  }
  const measured = tracks.filter((track) => geometry.measured[track] === 1).length;
  return {
    key,
    label: groupLabel(key, input.groupBy),
    top,
    isFolded,
    evidence: measured === 0 ? "predicted" : measured === tracks.length ? "measured" : "mixed",
    shown: tracks.length,
    detail: sharedAssay(catalog, all),
    total: all.length,
    lanes,
    colourIndex: outputColour(catalog, tracks[0] ?? 0),
  };
}

function groupLabel(key: string, groupBy: readonly string[]): string {
  if (groupBy.length === 0) return "Tracks";
  return key
    .split("\u0001")
    .map((value, i) => (value === "" ? "(missing)" : valueLabel(groupBy[i] ?? "", value)))
    .join(" \u00b7 ");
}

function outputColour(catalog: Catalog, track: number): number {
  for (const column of catalog.columns) {
    if (column.kind === "category" && column.field === "output_name") {
      const place = Math.max(0, (column.codes[track] ?? 1) - 1);
      return OUTPUT_COLOURS[place % OUTPUT_COLOURS.length] ?? 0;
    }
  }
  return 0;
}

/** Every sentence the widgets show, on one page, so that wording can be reviewed in one read. */
import { formatCount as count, formatValue, formatWidth } from "../core/numbers.js";

export const words = {
  product: "locuscope track browser",
  toolbar: "Track browser controls",
  back: "Previous view",
  forward: "Next view",
  locus: "Place: chromosome, range, gene or variant",
  locusPlaceholder: "chr20:2,570,001-2,590,000 or TMC2",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  mode: "What the signal lanes show",
  scale: "Scale of the y axes",
  copyPython: "Copy as Python",
  copied: "Copied",
  copyFailed: "Copying is not allowed here; select the text below",
  export: "Export this view",
  help: "Keys and help",
  more: "More controls",
  facets: "Track filters",
  showFacets: "Show track filters",
  hideFacets: "Hide track filters",
  overview: "Overview",
  annotation: "Annotation",
  sequence: "Sequence",
  zoomForBases: "Zoom in to see bases",
  genes: "Genes",
  variants: "Variants",
  search: "Search tracks",
  clear: "Clear",
  clearAll: "Clear all filters",
  showAll: "Show all",
  remove: "Remove",
  missing: "(missing)",
  not: "not",
  none: "none",
  suggestions: "Matching places",
  pin: "Pin this lane",
  unpin: "Unpin this lane",
  fold: "Fold this group",
  unfold: "Unfold this group",
  retry: "Try again",
  copyReport: "Copy report",
  details: "Details",
  ref: "ref",
  alt: "alt",
  difference: "alt \u2212 ref",
  log2: "log2(alt / ref)",
  mean: "mean",
  noData: "no data",
  approximate: "approximate",
  close: "Close",
  measured: "measured",
  predicted: "predicted",
  evidence: "Evidence",
  loss: "loss",
  gain: "gain",
  drawn: "Drawn value",
  base: "Base",
  unknownBase: "N, not known",
  change: "Change",
  position: "Position",
  strand: "Strand",
  gene: "Gene",
  exons: "Exons",
  variant: "Variant",
  lanes: "Lanes",
  unstranded: "unstranded",
} as const;

export const modeNames: Record<string, string> = {
  ref: "ref",
  alt: "alt",
  diff: "diff",
  overlay: "overlay",
  log2FC: "log2FC",
};

export const modeTitles: Record<string, string> = {
  ref: "Reference sequence (R)",
  alt: "Sequence with the change (A)",
  diff: "alt \u2212 ref: what the change does (D)",
  overlay: "Reference and changed sequence in one lane (O)",
  log2FC: "log2 of alt / ref (2)",
};

export const scaleNames: Record<string, string> = {
  group: "Scale: group",
  track: "Scale: track",
  all: "Scale: all",
};

export const scaleTitles: Record<string, string> = {
  group: "One range for each group of lanes",
  track: "Each lane has its own range",
  all: "One range for all lanes",
  linear: "Linear",
  log1p: "Logarithmic (log 1 + x)",
};

export const exportNames = {
  svg: "Picture as SVG",
  png: "Picture as PNG, 2x",
  csv: "Values in view as CSV",
} as const;

/** What the state cards say: a heading, a sentence, and what to do next. */
export const states = {
  loading: "Loading",
  loadingTracks: (done: number, total: number): string =>
    `Loading ${count(total)} ${total === 1 ? "track" : "tracks"}, ${count(done)} done`,
  slow: "kernel busy",
  emptyTracks: "This browser holds no tracks. Give it predicted or measured tracks:",
  emptyTracksCode: "lsc.TrackBrowser(lsc.predict(model, locus, genome))",
  emptyMatch: (filters: string): string =>
    filters === ""
      ? "No tracks match. Remove a filter or clear all."
      : `No tracks match ${filters}. Remove a filter or clear all.`,
  unknownPrediction: "The kernel does not know this prediction any more. Run the cell again.",
  disconnected: "No kernel. You can zoom, filter and export; new values need a kernel.",
  restarted: "Kernel restarted \u2013 run the cell again to reconnect.",
  lostLoading: "The kernel was lost before the tracks were loaded. Run the cell again.",
  saved: "Saved view, no kernel. You can zoom, filter and export.",
  busy: "Kernel busy \u2013 showing overview.",
  noAnswer: "The kernel did not answer in time. It may be busy or gone.",
  failed: "The tracks could not be loaded.",
  partFailed: "Some values could not be loaded.",
} as const;

function pinnedText(pinned: number): string {
  return pinned > 0 ? `, ${count(pinned)} pinned` : "";
}

export const status = {
  lanes: (tracks: number, lanes: number, pinned: number): string =>
    `${count(tracks)} ${tracks === 1 ? "track" : "tracks"} in ${count(lanes)} ${
      lanes === 1 ? "lane" : "lanes"
    }${pinnedText(pinned)}`,
  showing: (shown: number, found: number, pinned: number): string =>
    `Showing ${count(shown)} of ${count(found)}${pinnedText(pinned)} \u2013 narrow with filters`,
  limit: (found: number, shown: number, pinned: number): string =>
    `${count(found)} tracks match; ${count(shown)} are shown${pinnedText(pinned)}. ` +
    "Filter by tissue, or raise max_lanes.",
  pixel: (bp: number): string =>
    bp >= 1 ? `1 px = ${formatWidth(bp)}` : `1 base = ${(1 / bp).toFixed(1)} px`,
  prediction: "Prediction, not measurement, unless marked measured",
  measuredOnly: "Measurement",
  predictedOnly: "Prediction, not measurement",
  idle: "Kernel idle",
  working: (n: number): string => `Loading, ${count(n)} open`,
  busy: "Kernel busy",
  gone: "No kernel",
  range: (text: string): string => `Selected ${text}`,
  tracksOf: (n: number, total: number, noun = "tracks"): string =>
    `${count(n)} of ${count(total)} ${noun}`,
} as const;

export const facetTexts = {
  heading: (label: string, field: string): string =>
    `${label}: ${field} in the search and in Python`,
  more: (n: number): string => `${count(n)} more`,
  fewer: "Show fewer",
  match: (n: number, total: number): string => `${count(n)} of ${count(total)} match`,
  searchIn: (n: number): string => `Search ${count(n)} values`,
  searchLabel: (label: string): string => `Search in ${label}`,
  option: (label: string, n: number, total: number, state: string): string =>
    `${label}, ${count(n)} of ${count(total)} tracks${state === "" ? "" : `, ${state}`}`,
  included: "included",
  excluded: "excluded",
  hint: "Click to include, Alt+click or X to leave out",
  values: (n: number): string => `${count(n)} ${n === 1 ? "value" : "values"}`,
} as const;

/** The range of a numeric field. */
export const rangeTexts = {
  handle: {
    min: (label: string): string => `${label}, smallest`,
    max: (label: string): string => `${label}, largest`,
  },
  open: (value: string): string => `${value}, no bound`,
  /** Empty without a bound. */
  bounds: ({ min, max }: { min: number | undefined; max: number | undefined }): string => {
    if (min !== undefined && max !== undefined)
      return `${formatValue(min)} \u2013 ${formatValue(max)}`;
    if (min !== undefined) return `\u2265 ${formatValue(min)}`;
    return max === undefined ? "" : `\u2264 ${formatValue(max)}`;
  },
  bin: (from: number, to: number, n: number, total: number): string =>
    `${formatValue(from)} \u2013 ${formatValue(to)}: ${count(n)} of ${count(total)} tracks`,
  log: "log scale",
  missing: (n: number): string => `${count(n)} ${n === 1 ? "track has" : "tracks have"} no value`,
} as const;

/** What the query or a filter asks for and cannot get. */
export const problemTexts = {
  unknownField: (field: string): string => `There is no field \u201c${field}\u201d`,
  use: (field: string): string => `Use ${field}`,
  removeToken: (token: string): string => `Remove \u201c${token}\u201d from the search`,
  noneAllowed: (label: string): string => `${label}: no value is allowed, so nothing matches`,
  moreChips: (n: number): string => `and ${count(n)} more`,
  removeNone: (label: string): string => `Remove the empty filter on ${label}`,
} as const;

/** The facet panel of its own. */
export const panelTexts = {
  product: "locuscope facet panel",
  placeholder: "Search tracks, field:value, -word to leave out",
  presets: "Presets",
  presetsTitle: "Saved choices of tracks",
  noPresets: "No choice saved yet",
  presetName: "Name of this choice",
  savePreset: "Save",
  nothingToSave: "Choose a value or type a search, then save it here",
  deletePreset: (name: string): string => `Delete \u201c${name}\u201d`,
  presetsFull: "Presets hold at most 12 kB in all. Delete one, then save again.",
  show: "Show in browser",
  showTitle: "Show these tracks in a track browser (Ctrl+Enter)",
  code: (n: number, noun: string): string =>
    n === 1 ? "gives this track" : `gives these ${count(n)} ${noun}, in this order`,
  copy: "Copy",
  empty: "This panel holds no tracks. Give it a catalogue or predicted tracks:",
  emptyCode: 'lsc.FacetPanel(lsc.demo.catalog("human"))',
  disconnected: "No kernel. You can filter, search and copy.",
  saved: "Saved view, no kernel. You can filter, search and copy.",
  parts: (n: number, noun: string, parts: readonly string[]): string =>
    `${count(n)} ${n === 1 ? noun.replace(/s$/, "") : noun}${parts.length > 0 ? ": " : ""}${parts.join(" \u00b7 ")}`,
  others: (n: number): string => `${count(n)} in others`,
} as const;

export const announce = {
  region: (text: string): string => `Showing ${text}`,
  tracks: (n: number, total: number): string => `${count(n)} of ${count(total)} tracks match`,
  unknownPlace: (text: string): string =>
    `No place called \u201c${text}\u201d here. Type a range, a gene or a variant of this view.`,
  outside: (text: string): string => `${text} is outside the loaded region.`,
} as const;

/** Rows of the help panel: gesture or key, and what it does. */
export const helpRows: readonly (readonly [string, string])[] = [
  ["Drag, \u2190 \u2192", "Move along the genome (Shift: half a screen)"],
  ["Ctrl/Cmd + wheel, + \u2212", "Zoom at the pointer"],
  ["Shift + wheel", "Move sideways; the wheel alone scrolls the page"],
  ["Shift + drag", "Select a range"],
  ["Double-click", "Zoom in twofold"],
  ["Click a variant", "Centre it and select its position"],
  ["\u2191 \u2193, Space, P", "Go to a lane, select it, pin it"],
  ["R A D O 2", "ref, alt, diff, overlay, log2FC"],
  ["L, S", "Logarithmic scale; scale by group, track, all"],
  ["[ ]", "Previous and next variant"],
  ["G, /, F", "Place box, track search, track filters"],
  ["Z, Shift+Z", "Undo and redo a view change"],
  ["Home, End", "Start and end of the region; 0 shows all"],
  ["E, ?, Esc", "Export, this help, leave"],
];

export const helpNotes: readonly string[] = [
  "Solid body: mean of the bases behind one pixel. Pale body with an edge: their maximum. A peak never vanishes by averaging.",
  "Hatched: no data here, which is not zero.",
  "Predicted tracks are what a model expects from sequence alone; they are not measurements.",
];

/** Beside the annotation heading: `2 genes, 14 variants`. */
export function annotationNote(genes: number | null, variants: number | null): string {
  const parts = [
    genes === null ? null : `${count(genes)} ${genes === 1 ? "gene" : "genes"}`,
    variants === null ? null : `${count(variants)} ${variants === 1 ? "variant" : "variants"}`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

/** A group of measurements says so in its heading. */
export function groupHeading(group: { readonly label: string; readonly evidence: string }): string {
  return group.evidence === "measured" ? `${group.label}, ${words.measured}` : group.label;
}

/** Beside a group heading: how many of its tracks are shown and what they are. */
export function groupNote(group: {
  readonly shown: number;
  readonly total: number;
  readonly evidence: string;
  readonly detail: string;
}): string {
  const { shown, total, evidence, detail } = group;
  const tracks = shown === total ? count(total) : `${count(shown)} of ${count(total)}`;
  const kind = { predicted: ", predicted", mixed: ", predicted and measured" }[evidence] ?? "";
  const note = `${tracks} ${total === 1 ? "track" : "tracks"}${kind}`;
  return detail === "" ? note : `${note} \u00b7 ${detail}`;
}

/** In the gutter: what did not fit into a lane. */
export const hiddenLabels = {
  genes: (n: number): string => `+${count(n)} ${n === 1 ? "gene" : "genes"}`,
  variants: (n: number): string => `+${count(n)} ${n === 1 ? "label" : "labels"}`,
} as const;

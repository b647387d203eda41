/** What is under the pointer: exact values for lanes, identity for genes and variants, after a rest. */
import type { Mode } from "../core/answers.js";
import { binAt, type Columns } from "../core/columns.js";
import { formatLocus, formatPosition, widthOf } from "../core/coords.js";
import { cleanText } from "../core/display_text.js";
import { formatSigned, formatValue, formatWidth } from "../core/numbers.js";
import { geometryOf, MOST_BINS, type TileCache, type TrackGeometry } from "../core/tiles.js";
import type { Client } from "../core/wire.js";
import type { Lane } from "../ui/lane_layout.js";
import { words } from "../ui/messages.js";
import type { Store } from "../ui/store.js";
import { baseTip } from "./track_browser_bases.js";
import {
  bpPerPxOf,
  isOffline,
  plotWidthOf,
  type Tooltip,
  type TooltipRow,
  type ViewState,
} from "../ui/view_state.js";

/** Boxes of drawn genes and variants, px of the plot area. */
export interface DrawnBoxes {
  readonly variantAt: (x: number, y: number) => number | null;
  readonly geneAt: (x: number, y: number) => number | null;
}

const REST_MS = 120;
/** A stem is wider than its base: look this far around the pointer for its peak. */
const STEM_REACH_PX = 3;

interface Extent {
  readonly start: number;
  readonly end: number;
}

export class Hover {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | null = null;

  constructor(
    private readonly store: Store<ViewState>,
    private readonly cache: TileCache,
    private readonly client: Client,
    private readonly boxes: DrawnBoxes,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => {
      this.cancel();
    });
  }

  /** The pointer moved here; the tooltip follows after a short rest, at once when one is open. */
  rest(x: number, y: number): void {
    const { tooltip } = this.store.get();
    if (tooltip?.isPinned === true) return;
    this.cancel();
    this.timer = setTimeout(
      () => {
        this.show(x, y, false);
      },
      tooltip === null ? REST_MS : 0,
    );
  }

  leave(): void {
    this.cancel();
    if (this.store.get().tooltip?.isPinned !== true) this.store.patch({ tooltip: null });
  }

  close(): void {
    this.cancel();
    this.store.patch({ tooltip: null });
  }

  pin(x: number, y: number): void {
    this.cancel();
    this.store.patch({ tooltip: null });
    this.show(x, y, true);
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = null;
  }

  private show(x: number, y: number, isPinned: boolean): void {
    const state = this.store.get();
    const feature = this.featureTip(state, x, y);
    if (feature !== null) {
      this.store.patch({ tooltip: { ...feature, x, y, isPinned } });
      return;
    }
    const lane = laneAt(state, y);
    if (lane === null) {
      this.store.patch({ tooltip: null });
      return;
    }
    const extent = extentAt(state, lane, x);
    const drawn = drawnTip(state, this.cache, lane, extent);
    this.store.patch({ tooltip: drawn === null ? null : { ...drawn, x, y, isPinned } });
    if (drawn !== null && !isOffline(state.kernel)) void this.refine(state, lane, extent, { x, y });
  }

  private featureTip(
    state: ViewState,
    x: number,
    y: number,
  ): Pick<Tooltip, "title" | "rows"> | null {
    const variant = this.boxes.variantAt(x, y);
    if (variant !== null) return variantTip(state, variant);
    const gene = this.boxes.geneAt(x, y);
    return gene === null ? baseTip(state, x, y) : geneTip(state, gene);
  }

  /** Replace the drawn values by exact ones of the base with the largest drawn value. */
  private async refine(
    state: ViewState,
    lane: Lane,
    extent: Extent,
    at: { x: number; y: number },
  ): Promise<void> {
    const geometry = trackGeometry(state, lane.track);
    if ((extent.end - extent.start) / geometry.bin > MOST_BINS) return;
    const asking = new AbortController();
    this.asking = asking;
    const modes: Mode[] = lane.hasAlt && state.mode !== "ref" ? ["ref", "alt"] : ["ref"];
    try {
      const answers = await Promise.all(
        modes.map((mode) =>
          this.client.values(
            { mode, tracks: [lane.track], start: extent.start, end: extent.end },
            { signal: asking.signal },
          ),
        ),
      );
      const { tooltip } = this.store.get();
      if (asking.signal.aborted || tooltip === null || tooltip.x !== at.x || tooltip.y !== at.y)
        return;
      const [ref, alt] = answers.map((answer) => answer[0]);
      const values = ref?.values[0];
      if (ref === undefined || values === undefined) return;
      const exact = exactTip(state, lane, {
        start: ref.start,
        bin: ref.bin,
        ref: values,
        alt: alt?.values[0],
      });
      if (exact !== null) this.store.patch({ tooltip: { ...tooltip, ...exact } });
    } catch {
      // The drawn values stay; the status line tells of a kernel that does not answer.
    }
  }
}

/** The lane at a height of the plot area; null above the lanes and between them. */
export function laneAt(state: ViewState, y: number): Lane | null {
  const { head, viewHeight, lanes } = state.layout;
  if (y < head.height || y >= head.height + viewHeight) return null;
  const at = y - head.height + state.scrollTop;
  return lanes.find((lane) => at >= lane.top && at < lane.top + lane.height) ?? null;
}

function trackGeometry(state: ViewState, track: number): TrackGeometry {
  const { catalog } = state;
  return catalog === null
    ? { origin: 0, bin: 1, nBins: 0, levels: 1 }
    : geometryOf(catalog.geometry, track);
}

/** Bases behind the pixel under the pointer; stems reach a little farther. */
function extentAt(state: ViewState, lane: Lane, x: number): Extent {
  const bp = bpPerPxOf(state);
  const { bin } = trackGeometry(state, lane.track);
  const from =
    state.region.start + ((x - state.layout.gutter) / plotWidthOf(state)) * widthOf(state.region);
  const reach = lane.mark === "stems" && bin < bp ? STEM_REACH_PX * bp : 0;
  const start = Math.max(state.bounds.start, Math.floor(from - reach));
  return {
    start,
    end: Math.min(state.bounds.end, Math.max(start + 1, Math.ceil(from + bp + reach))),
  };
}

function laneTitle(lane: Lane): string {
  return cleanText(lane.title, 60);
}

/** Names of the rows for one lane in the current mode. */
function drawnModes(state: ViewState, lane: Lane): Mode[] {
  if (!lane.hasAlt || state.mode === "ref") return ["ref"];
  return state.mode === "overlay" ? ["ref", "alt"] : [state.mode];
}

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  ref: words.ref,
  alt: words.alt,
  diff: words.difference,
  log2FC: words.log2,
};

/** What the picture shows here, from the bins in the page. */
function drawnTip(
  state: ViewState,
  cache: TileCache,
  lane: Lane,
  extent: Extent,
): Pick<Tooltip, "title" | "rows"> | null {
  const geometry = trackGeometry(state, lane.track);
  const view = { region: extent, bpPerPx: bpPerPxOf(state) };
  const rows: TooltipRow[] = [];
  let isApproximate = false;
  let binWidth = geometry.bin;
  for (const mode of drawnModes(state, lane)) {
    const columns = cache.gather(mode, lane.track, geometry, view);
    const summary = strongest(columns);
    isApproximate ||= columns.state !== "exact";
    binWidth = columns.bin;
    const isSigned = mode === "diff" || mode === "log2FC";
    const text =
      summary === null
        ? words.noData
        : isSigned
          ? formatSigned(summary.value)
          : formatValue(summary.value);
    rows.push({ name: rowName(lane, mode), value: text });
  }
  const note = isApproximate ? `, ${words.approximate}` : "";
  rows.push({
    name: words.drawn,
    value: `max in ${formatWidth(Math.max(binWidth, extent.end - extent.start))}${note}`,
  });
  rows.push(evidenceRow(lane));
  const middle = Math.floor((extent.start + extent.end - 1) / 2);
  return { title: formatPosition(state.bounds.chrom, middle), rows };
}

function rowName(lane: Lane, mode: Mode): string {
  return mode === "ref" && !lane.hasAlt
    ? laneTitle(lane)
    : `${laneTitle(lane)}, ${MODE_WORDS[mode]}`;
}

function evidenceRow(lane: Lane): TooltipRow {
  return {
    name: lane.subtitle === "" ? words.evidence : cleanText(lane.subtitle, 40),
    value: lane.isMeasured ? words.measured : words.predicted,
  };
}

/** The value farthest from zero and its bin. */
function strongest(columns: Columns): { value: number; start: number } | null {
  let best: { value: number; start: number } | null = null;
  for (let i = 0; i < columns.n; i += 1) {
    const bin = binAt(columns, columns.start + i * columns.bin);
    if (bin === null || Number.isNaN(bin.max)) continue;
    const value = -bin.min > bin.max ? bin.min : bin.max;
    if (best === null || Math.abs(value) > Math.abs(best.value)) best = { value, start: bin.start };
  }
  return best;
}

interface Exact {
  readonly start: number;
  readonly bin: number;
  readonly ref: Float32Array;
  readonly alt: Float32Array | undefined;
}

/** Exact values at the base whose shown value is farthest from zero. */
export function exactTip(
  state: ViewState,
  lane: Lane,
  exact: Exact,
): Pick<Tooltip, "title" | "rows"> | null {
  const { ref, alt } = exact;
  let best = -1;
  let size = -1;
  for (let i = 0; i < ref.length; i += 1) {
    const shown = shownValue(state.mode, ref[i] ?? NaN, alt?.[i]);
    if (Math.abs(shown) > size) {
      size = Math.abs(shown);
      best = i;
    }
  }
  if (best < 0) return null;
  const refValue = ref[best] ?? NaN;
  const rows: TooltipRow[] = [
    {
      name: alt === undefined ? laneTitle(lane) : rowName(lane, "ref"),
      value: formatValue(refValue),
    },
  ];
  const altValue = alt?.[best];
  if (altValue !== undefined) {
    rows.push({ name: rowName(lane, "alt"), value: formatValue(altValue) });
    rows.push({ name: words.difference, value: formatSigned(altValue - refValue) });
  }
  rows.push({
    name: words.drawn,
    value: `max${alt === undefined ? "" : " |x|"} in ${formatWidth(ref.length * exact.bin)}`,
  });
  rows.push(evidenceRow(lane));
  const start = exact.start + best * exact.bin;
  const { chrom } = state.bounds;
  const title =
    exact.bin === 1
      ? formatPosition(chrom, start)
      : formatLocus({ chrom, start, end: start + exact.bin });
  return { title, rows };
}

/** The value that decides which base the tooltip speaks of. */
function shownValue(mode: ViewState["mode"], ref: number, alt: number | undefined): number {
  if (alt === undefined || mode === "ref") return ref;
  if (mode === "alt") return alt;
  const difference = alt - ref;
  return mode === "overlay" && difference === 0 ? ref * 1e-6 : difference;
}

function variantTip(state: ViewState, index: number): Pick<Tooltip, "title" | "rows"> | null {
  const { variants, bounds } = state;
  if (variants === null) return null;
  const rows: TooltipRow[] = [
    { name: words.position, value: formatPosition(bounds.chrom, variants.start[index] ?? 0) },
    { name: words.change, value: cleanText(variants.changes[index] ?? "", 40) },
  ];
  const score = variants.score?.[index];
  if (score !== undefined && !Number.isNaN(score)) {
    rows.push({ name: cleanText(variants.scoreName, 40), value: formatSigned(score) });
  }
  return { title: cleanText(variants.ids[index] ?? words.variant, 60), rows };
}

function geneTip(state: ViewState, index: number): Pick<Tooltip, "title" | "rows"> | null {
  const { genes, bounds } = state;
  if (genes === null) return null;
  const start = genes.start[index] ?? 0;
  const end = genes.end[index] ?? 0;
  const exons = (genes.exonOffsets[index + 1] ?? 0) - (genes.exonOffsets[index] ?? 0);
  const strand = genes.strand[index] ?? 0;
  return {
    title: cleanText(genes.names[index] ?? words.gene, 60),
    rows: [
      { name: words.position, value: formatLocus({ chrom: bounds.chrom, start, end }) },
      { name: words.strand, value: strand > 0 ? "+" : strand < 0 ? "\u2212" : words.unstranded },
      { name: words.exons, value: String(exons) },
    ],
  };
}

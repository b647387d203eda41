/**
 * The pixel painter: all dense lanes of a widget in one Uint32 buffer (0xAABBGGRR, row-major),
 * drawn with one putImageData. The numpy twin in widgets/snapshot.py follows the same rule, and
 * tests/wire/painter_*.json hold the FNV-1a hashes that both must reach.
 *
 * The rule. All arithmetic is float64, floor rounds towards minus infinity, b = bpPerPx.
 *  1. Column x covers bins f = floor((x0 + x b - start) / bin) to
 *     l = max(f + 1, floor((x0 + (x + 1) b - start) / bin)), exclusive, cut to [0, n). Products
 *     and sums are evaluated in the order written. Bins whose `max` is NaN are skipped; a column
 *     without any bin left is missing. top = maximum of max, low = minimum of min (top where
 *     `min` is absent), avg = sum of mean from left to right / number of bins used.
 *  2. h(v) = floor(clamp((t(v) - t(lo)) / (t(hi) - t(lo)), 0, 1) (H - 1) + 0.5), t the transform
 *     of the scale. Height k is lane row H - 1 - k. Z = h(0). A scale with hi <= lo gives 0.
 *  3. A missing column paints `hatch` at lane rows r with (x + r) mod 4 = 0 and nothing else.
 *  4. Every other column paints height Z in `zero`. With U = max(h(top), Z), M = h(avg):
 *     heights k in (Z, U] are `up.body` where k <= M, else `up.pale`; then heights
 *     k in (min(N, U - 1), U], but above Z, are `up.edge`, where N is the smaller U of the two
 *     neighbouring columns; a neighbour that is missing or outside the buffer counts as U.
 *     The same downwards with D = min(h(low), Z), `down.body` where k >= M, and N the larger D.
 *  5. kind "area", with `overlay`: the lane is painted by 4, then the overlay by its own columns
 *     adds only its edges, in `over`.
 *  6. kind "stems": U and D are the silhouettes of bars (marks/stems.ts), Z where no bar stands,
 *     also in missing columns, and M is U or D, so a bar is solid. With `overlay`, M = Z (bars of the lane are pale with an edge), and the
 *     overlay's narrower bars are solid in `over`.
 *  7. kind "strip": all H rows of a column are table[floor(clamp((v - lo) / (hi - lo), 0, 1) 255 +
 *     0.5)], v = low where -low > top, else top, on the transformed scale; no zero row.
 *  Lanes are painted in order; pixels nobody paints keep their value.
 */
import type { Columns } from "../core/columns.js";
import { fractionOf, type YScale } from "../core/scales.js";
import { heightFunction, heightsOf, MISSING, spansOf } from "./heights.js";
import type { Heights, PaintView, Spans } from "./heights.js";
import type { Ink, LaneColours } from "./lane_colours.js";
import { stemsOf, stemWidths } from "./stems.js";

export type { PaintView } from "./heights.js";
export { laneColours, type LaneColours } from "./lane_colours.js";

export interface SignalLane {
  /** First row and number of rows in the buffer, device px. */
  readonly top: number;
  readonly height: number;
  readonly kind: "area" | "stems" | "strip";
  readonly columns: Columns;
  /** The alternative allele of an overlay; `columns` is then the reference. */
  readonly overlay?: Columns;
  readonly scale: YScale;
  readonly colours: LaneColours;
  /** 256 pixels, for kind "strip". */
  readonly table?: Uint32Array;
}

/** Where one lane's pixels lie. */
interface Canvas {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly top: number;
  readonly height: number;
  readonly zero: number;
}

/** Paint every lane into `pixels`, which holds view.width x view.height values. */
export function paintLanes(
  pixels: Uint32Array,
  view: PaintView,
  lanes: readonly SignalLane[],
): void {
  if (pixels.length !== view.width * view.height) {
    throw new RangeError(
      `the buffer holds ${pixels.length} pixels, the view ${view.width} x ${view.height}`,
    );
  }
  const spans = new SpanCache(view);
  for (const lane of lanes) paintLane(pixels, view, lane, spans);
}

/** Tracks of one bin width share their column borders. */
class SpanCache {
  readonly #known = new Map<string, Spans>();
  constructor(private readonly view: PaintView) {}

  of(columns: Columns): Spans {
    const key = `${columns.start} ${columns.bin} ${columns.n}`;
    const spans = this.#known.get(key) ?? spansOf(this.view, columns);
    this.#known.set(key, spans);
    return spans;
  }
}

function paintLane(pixels: Uint32Array, view: PaintView, lane: SignalLane, spans: SpanCache): void {
  const { top, height, columns, scale, colours } = lane;
  if (top < 0 || top + height > view.height) {
    throw new RangeError(`lane rows ${top} to ${top + height} leave the ${view.height} rows`);
  }
  const zero = heightFunction(scale, height)(0);
  const canvas: Canvas = { pixels, width: view.width, top, height, zero };
  if (lane.kind === "strip") {
    paintStrip(canvas, view, lane, spans.of(columns));
    return;
  }
  const heights = heightsOf(columns, spans.of(columns), scale, height);
  paintGround(canvas, heights.max, view.hatch, colours.zero);
  if (lane.kind === "area") paintArea(canvas, lane, heights, spans);
  else paintStems(canvas, view, lane, heights, spans);
}

function paintArea(canvas: Canvas, lane: SignalLane, heights: Heights, spans: SpanCache): void {
  const { overlay, scale, colours } = lane;
  paintSide(canvas, heights.max, heights.mean, colours.up, 1);
  if (canvas.zero > 0) paintSide(canvas, heights.min, heights.mean, colours.down, -1);
  if (overlay === undefined) return;
  const over = heightsOf(overlay, spans.of(overlay), scale, canvas.height);
  paintEdge(canvas, over.max, colours.over, 1);
  if (canvas.zero > 0) paintEdge(canvas, over.min, colours.over, -1);
}

function paintStems(
  canvas: Canvas,
  view: PaintView,
  lane: SignalLane,
  heights: Heights,
  spans: SpanCache,
): void {
  const { columns, overlay, scale, colours } = lane;
  const { zero, height } = canvas;
  const widths = stemWidths(view.dpr, overlay !== undefined);
  const bars = stemsOf(columns, heights, { view, scale, height, zero, width: widths.main });
  const isSolid = overlay === undefined;
  const ground = new Int16Array(view.width).fill(zero);
  paintSide(canvas, bars.up, isSolid ? bars.up : ground, colours.up, 1);
  paintSide(canvas, bars.down, isSolid ? bars.down : ground, colours.down, -1);
  if (overlay === undefined) return;
  const over = heightsOf(overlay, spans.of(overlay), scale, height);
  const inner = stemsOf(overlay, over, { view, scale, height, zero, width: widths.over });
  const solid = { body: colours.over, pale: colours.over, edge: colours.over };
  paintSide(canvas, inner.up, inner.up, solid, 1);
  paintSide(canvas, inner.down, inner.down, solid, -1);
}

/** Hatch where nothing is known, the zero line everywhere else. */
function paintGround(canvas: Canvas, heights: Int16Array, hatch: number, colour: number): void {
  const { pixels, width, top, height, zero } = canvas;
  const zeroRow = (top + height - 1 - zero) * width;
  for (let x = 0; x < width; x += 1) {
    if (heights[x] !== MISSING) {
      pixels[zeroRow + x] = colour;
      continue;
    }
    for (let row = (4 - (x & 3)) & 3; row < height; row += 4) {
      pixels[(top + row) * width + x] = hatch;
    }
  }
}

/** Steps away from zero at which the outline of column x begins: its end, or lower neighbours. */
function edgeFrom(reach: Int16Array, x: number, steps: number, zero: number, sign: number): number {
  const left = x > 0 ? (reach[x - 1] as number) : MISSING;
  const right = x + 1 < reach.length ? (reach[x + 1] as number) : MISSING;
  let lowest = steps - 1;
  if (left !== MISSING && (left - zero) * sign < lowest) lowest = (left - zero) * sign;
  if (right !== MISSING && (right - zero) * sign < lowest) lowest = (right - zero) * sign;
  return lowest < 0 ? 1 : lowest + 1;
}

/** One side of zero up to `reach`: body to the mean, pale beyond it, then the edge. */
function paintSide(
  canvas: Canvas,
  reach: Int16Array,
  mean: Int16Array,
  ink: Ink,
  sign: 1 | -1,
): void {
  const { pixels, width, top, height, zero } = canvas;
  const first = (top + height - 1 - zero - sign) * width;
  const { body, pale, edge } = ink;
  for (let x = 0; x < width; x += 1) {
    const far = reach[x] as number;
    const steps = (far - zero) * sign;
    if (far === MISSING || steps <= 0) continue;
    const from = edgeFrom(reach, x, steps, zero, sign);
    const solid = Math.min(from - 1, ((mean[x] as number) - zero) * sign);
    let at = first + x;
    let k = 1;
    for (; k <= solid; k += 1, at -= sign * width) pixels[at] = body;
    for (; k < from; k += 1, at -= sign * width) pixels[at] = pale;
    for (; k <= steps; k += 1, at -= sign * width) pixels[at] = edge;
  }
}

/** Only the outline of a silhouette. */
function paintEdge(canvas: Canvas, reach: Int16Array, colour: number, sign: 1 | -1): void {
  const { pixels, width, top, height, zero } = canvas;
  const first = (top + height - 1 - zero) * width;
  for (let x = 0; x < width; x += 1) {
    const far = reach[x] as number;
    const steps = (far - zero) * sign;
    if (far === MISSING || steps <= 0) continue;
    const from = edgeFrom(reach, x, steps, zero, sign);
    let at = first + x - sign * from * width;
    for (let k = from; k <= steps; k += 1, at -= sign * width) pixels[at] = colour;
  }
}

function paintStrip(canvas: Canvas, view: PaintView, lane: SignalLane, spans: Spans): void {
  const { pixels, width, top, height } = canvas;
  const { table } = lane;
  if (table?.length !== 256) throw new RangeError("a strip needs a table of 256 colours");
  for (let x = 0; x < width; x += 1) {
    const value = strongest(lane.columns, spans.first[x] as number, spans.last[x] as number);
    if (value !== value) {
      for (let row = (4 - (x & 3)) & 3; row < height; row += 4) {
        pixels[(top + row) * width + x] = view.hatch;
      }
      continue;
    }
    const colour = table[Math.floor(fractionOf(lane.scale, value) * 255 + 0.5)] as number;
    for (let row = 0; row < height; row += 1) pixels[(top + row) * width + x] = colour;
  }
}

/** The value of the bins that is farthest from zero; NaN when all are missing. */
function strongest({ max, min }: Columns, first: number, last: number): number {
  let top = NaN;
  let low = NaN;
  for (let i = first; i < last; i += 1) {
    const value = max[i] as number;
    if (value !== value) continue;
    if (!(value <= top)) top = value;
    const bottom = min === null ? value : (min[i] as number);
    if (!(low <= bottom)) low = bottom === bottom ? bottom : value;
  }
  return -low > top ? low : top;
}

/** 32-bit FNV-1a over the bytes of the buffer in memory order, as eight hex digits. */
export function fnv1a(pixels: Uint32Array): string {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i += 1) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

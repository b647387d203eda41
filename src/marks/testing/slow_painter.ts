/** The painter's rule once more, pixel by pixel and without speed: the oracle of marks/signal.ts. */
import type { Columns } from "../../core/columns.js";
import { transform } from "../../core/scales.js";
import type { PaintView, SignalLane } from "../signal.js";

interface Column {
  readonly top: number;
  readonly low: number;
  readonly mean: number;
}

function columnAt(view: PaintView, columns: Columns, x: number): Column | null {
  const { start, bin, n, max, mean, min } = columns;
  const from = Math.floor((view.x0 + x * view.bpPerPx - start) / bin);
  const to = Math.max(from + 1, Math.floor((view.x0 + (x + 1) * view.bpPerPx - start) / bin));
  const bins = Array.from({ length: to - from }, (_, i) => from + i).filter((i) => {
    return i >= 0 && i < n && !Number.isNaN(max[i]);
  });
  if (bins.length === 0) return null;
  const tops = bins.map((i) => max[i] ?? NaN);
  const lows = bins.map((i) => (min ?? max)[i] ?? NaN);
  const sum = bins.reduce((total, i) => total + (mean[i] ?? NaN), 0);
  return {
    top: Math.max(...tops),
    low: min === null ? Math.max(...tops) : Math.min(...lows),
    mean: sum / bins.length,
  };
}

function shareOf(lane: SignalLane, value: number): number {
  const { kind, lo, hi } = lane.scale;
  const [low, high] = [transform(kind, lo), transform(kind, hi)];
  return Math.min(1, Math.max(0, (transform(kind, value) - low) / (high - low)));
}

function heightOf(lane: SignalLane, value: number): number {
  return Math.floor(shareOf(lane, value) * (lane.height - 1) + 0.5);
}

/** Heights reached on one side of zero: in steps away from zero, null where missing. */
type Steps = readonly (number | null)[];

function plainSteps(view: PaintView, lane: SignalLane, columns: Columns, sign: 1 | -1): Steps {
  const zero = heightOf(lane, 0);
  return Array.from({ length: view.width }, (_, x) => {
    const column = columnAt(view, columns, x);
    if (column === null) return null;
    return Math.max(0, sign * (heightOf(lane, sign > 0 ? column.top : column.low) - zero));
  });
}

function barSteps(
  view: PaintView,
  lane: SignalLane,
  columns: Columns,
  sign: 1 | -1,
  [px, share]: readonly [number, number],
): Steps {
  const zero = heightOf(lane, 0);
  const bars: [number, number, number][] = [];
  if (columns.bin > view.bpPerPx) {
    const width = Math.max(px, Math.floor((share * columns.bin) / view.bpPerPx));
    for (let i = 0; i < columns.n; i += 1) {
      const top = columns.max[i] ?? NaN;
      if (Number.isNaN(top)) continue;
      const value = sign > 0 ? top : ((columns.min ?? columns.max)[i] ?? NaN);
      const centre = (columns.start + (i + 0.5) * columns.bin - view.x0) / view.bpPerPx;
      const left = Math.floor(centre - width / 2 + 0.5);
      bars.push([left, left + width, sign * (heightOf(lane, value) - zero)]);
    }
  } else {
    for (const [x, steps] of plainSteps(view, lane, columns, sign).entries()) {
      const left = x - Math.floor((px - 1) / 2);
      if (steps !== null) bars.push([left, left + px, steps]);
    }
  }
  return Array.from({ length: view.width }, (_, x) => {
    const covering = bars.filter(([from, to]) => x >= from && x < to);
    return Math.max(0, ...covering.map(([, , steps]) => steps));
  });
}

/** True where step k of column x lies on the outline. */
function isEdge(steps: Steps, x: number, k: number): boolean {
  const own = steps[x] ?? 0;
  const neighbour = (at: number): number => steps[at] ?? own;
  const lowest = Math.min(neighbour(x - 1), neighbour(x + 1), own - 1);
  return k >= 1 && k <= own && k > lowest;
}

/** The colour of one pixel of a lane, or null where nothing is painted. */
function pixelOf(view: PaintView, lane: SignalLane) {
  const { colours, height } = lane;
  const zero = heightOf(lane, 0);
  const columns = Array.from({ length: view.width }, (_, x) => columnAt(view, lane.columns, x));
  const isStems = lane.kind === "stems";
  const dpr = view.dpr;
  const outer = [(lane.overlay === undefined ? 5 : 7) * dpr, 0.75] as const;
  const steps = (sign: 1 | -1): Steps =>
    isStems
      ? barSteps(view, lane, lane.columns, sign, outer)
      : plainSteps(view, lane, lane.columns, sign);
  const over = (sign: 1 | -1): Steps => {
    if (lane.overlay === undefined) return [];
    return isStems
      ? barSteps(view, lane, lane.overlay, sign, [3 * dpr, 0.35])
      : plainSteps(view, lane, lane.overlay, sign);
  };
  const sides = {
    up: { steps: steps(1), over: over(1) },
    down: { steps: steps(-1), over: over(-1) },
  };
  return (x: number, row: number): number | null => {
    const column = columns[x] ?? null;
    const side = height - 1 - row > zero ? ("up" as const) : ("down" as const);
    const sign = side === "up" ? 1 : -1;
    const k = sign * (height - 1 - row - zero);
    if (k !== 0) {
      const { steps: reach, over: inner } = sides[side];
      const ink = colours[side];
      const isOver = isStems ? k <= (inner[x] ?? 0) : isEdge(inner, x, k);
      if (lane.overlay !== undefined && isOver) return colours.over;
      if (isEdge(reach, x, k)) return ink.edge;
      const solid = isStems
        ? lane.overlay === undefined
          ? Infinity
          : 0
        : sign * (heightOf(lane, column?.mean ?? 0) - zero);
      if (k <= (reach[x] ?? 0)) return k <= solid ? ink.body : ink.pale;
    }
    if (column === null) return (x + row) % 4 === 0 ? view.hatch : null;
    return k === 0 ? colours.zero : null;
  };
}

function stripPixel(view: PaintView, lane: SignalLane) {
  return (x: number, row: number): number | null => {
    const column = columnAt(view, lane.columns, x);
    if (column === null) return (x + row) % 4 === 0 ? view.hatch : null;
    const value = -column.low > column.top ? column.low : column.top;
    return lane.table?.[Math.floor(shareOf(lane, value) * 255 + 0.5)] ?? null;
  };
}

export function paintSlowly(view: PaintView, lanes: readonly SignalLane[]): Uint32Array {
  const pixels = new Uint32Array(view.width * view.height);
  for (const lane of lanes) {
    const pixel = (lane.kind === "strip" ? stripPixel : pixelOf)(view, lane);
    for (let row = 0; row < lane.height; row += 1) {
      for (let x = 0; x < view.width; x += 1) {
        const colour = pixel(x, row);
        if (colour !== null) pixels[(lane.top + row) * view.width + x] = colour;
      }
    }
  }
  return pixels;
}

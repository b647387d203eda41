/** Lanes to paint in tests, as JSON in the golden files and as typed arrays for the painter. */
import type { Columns } from "../../core/columns.js";
import { packed } from "../../core/oklab.js";
import { colourTable } from "../../core/palette.js";
import { between } from "../../core/testing/random.js";
import type { ScaleKind, YScale } from "../../core/scales.js";
import { laneColours, type PaintView, type SignalLane } from "../signal.js";

/** Float32 values as base64 of little-endian bytes: JSON has no NaN. */
export interface StoredColumns {
  readonly start: number;
  readonly bin: number;
  readonly n: number;
  readonly max: string;
  readonly mean: string;
  readonly min: string | null;
}

export interface StoredLane {
  readonly top: number;
  readonly height: number;
  readonly kind: SignalLane["kind"];
  readonly scale: YScale;
  readonly colours: SignalLane["colours"];
  readonly columns: StoredColumns;
  readonly overlay: StoredColumns | null;
  /** 256 pixels, base64 of u32, for kind "strip". */
  readonly table: string | null;
}

export interface StoredCase {
  readonly name: string;
  readonly view: PaintView;
  readonly lanes: readonly StoredLane[];
}

function base64(values: Float32Array | Uint32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return btoa(String.fromCharCode(...bytes));
}

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

export function storedLane(lane: SignalLane): StoredLane {
  const stored = ({ start, bin, n, max, mean, min }: Columns): StoredColumns => ({
    start,
    bin,
    n,
    max: base64(max),
    mean: base64(mean),
    min: min === null ? null : base64(min),
  });
  const { columns, overlay, table, ...rest } = lane;
  return {
    ...rest,
    columns: stored(columns),
    overlay: overlay === undefined ? null : stored(overlay),
    table: table === undefined ? null : base64(table),
  };
}

export function laneOf({ columns, overlay, table, ...rest }: StoredLane): SignalLane {
  const floats = (text: string): Float32Array => new Float32Array(bytesOf(text));
  const read = ({ start, bin, n, max, mean, min }: StoredColumns): Columns => ({
    start,
    bin,
    n,
    max: floats(max),
    mean: floats(mean),
    min: min === null ? null : floats(min),
    state: "exact",
  });
  return {
    ...rest,
    columns: read(columns),
    ...(overlay === null ? {} : { overlay: read(overlay) }),
    ...(table === null ? {} : { table: new Uint32Array(bytesOf(table)) }),
  };
}

export interface Recipe {
  readonly kind: SignalLane["kind"];
  readonly scaleKind: ScaleKind;
  readonly isSigned: boolean;
  readonly isOverlay: boolean;
  /** Share of bins with a value above zero; the others are zero. */
  readonly density: number;
  readonly missing: number;
}

/** Bins with max >= mean >= min, some zero, some missing; a few values beyond the scale. */
export function randomColumns(
  random: () => number,
  place: { start: number; bin: number; n: number },
  { isSigned, density, missing }: Recipe,
): Columns {
  const { n } = place;
  const max = new Float32Array(n);
  const mean = new Float32Array(n);
  const min = new Float32Array(n);
  for (let i = 0; i < n; i += 1) {
    if (random() < missing) {
      max[i] = mean[i] = min[i] = NaN;
      continue;
    }
    if (random() >= density) continue;
    const values = [random(), random(), random()].map((v) => (isSigned ? 2.2 * v - 1.1 : 1.1 * v));
    const [low = 0, middle = 0, high = 0] = values.sort((a, b) => a - b);
    max[i] = high;
    mean[i] = middle;
    min[i] = low;
  }
  return { ...place, max, mean, min: isSigned ? min : null, state: "exact" };
}

/** A random lane of `height` rows at `top`, whose bins surround the view. */
export function randomLane(
  random: () => number,
  view: PaintView,
  rows: { top: number; height: number },
  recipe: Recipe,
): SignalLane {
  const bin = [1, 4, 32][between(random, 0, 2)] ?? 1;
  const span = view.width * view.bpPerPx;
  const start = Math.floor(view.x0 + (random() - 0.6) * span * 0.4);
  const place = { start, bin, n: Math.ceil((span * 1.1) / bin) };
  return {
    ...rows,
    kind: recipe.kind,
    scale: { kind: recipe.scaleKind, lo: recipe.isSigned ? -1 : 0, hi: 1 },
    colours: laneColours(
      "light",
      recipe.isSigned ? { role: "difference" } : { role: "signal", colour: "#00795a" },
    ),
    columns: randomColumns(random, place, recipe),
    ...(recipe.isOverlay ? { overlay: randomColumns(random, place, recipe) } : {}),
    ...(recipe.kind === "strip"
      ? { table: colourTable(recipe.isSigned ? "diverging" : "viridis", "light") }
      : {}),
  };
}

export const HATCH = packed("#8c959f");

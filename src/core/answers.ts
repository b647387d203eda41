/** Typed answers about tracks: `hello`, `catalog`, `tiles` (and `overview`), `values`. */
import { asFloat32, asFloat64, asUint16, asUint32, asUint8, dictionaryOf } from "./buffers.js";
import type { Region } from "./coords.js";
import {
  booleanField,
  choiceField,
  countField,
  countsField,
  isHeader,
  listField,
  recordField,
  textField,
  type Header,
} from "./fields.js";
import type { Part } from "./pending.js";
import { WireError } from "./wire_error.js";

export const MODES = ["ref", "alt", "diff", "log2FC"] as const;

/** What a value is; an overlay asks for `ref` and `alt`. */
export type Mode = (typeof MODES)[number];

export interface Hello {
  readonly kernelVersion: string;
  readonly capabilities: Header;
  readonly revs: { readonly catalog: number; readonly data: number };
  readonly bounds: Region;
  readonly assembly: string;
}

export interface CategoryColumn {
  readonly kind: "category";
  readonly field: string;
  readonly label: string;
  readonly values: readonly string[];
  /** Folded values when the text query searches this column. */
  readonly folded: readonly string[] | null;
  /** One per track: 0 is missing, k stands for values[k - 1]. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}

export interface NumberColumn {
  readonly kind: "number";
  readonly field: string;
  readonly label: string;
  /** One per track, NaN where missing. */
  readonly numbers: Float64Array;
}

export type CatalogColumn = CategoryColumn | NumberColumn;

/** One entry per track, by track id. */
export interface Geometry {
  /** Genome position of bin 0. */
  readonly origin: Uint32Array;
  /** Bases per native bin. */
  readonly bin: Uint32Array;
  readonly nBins: Uint32Array;
  readonly levels: Uint8Array;
  readonly signed: Uint8Array;
  /** 1: single-position tracks, drawn as stems. */
  readonly mark: Uint8Array;
  readonly measured: Uint8Array;
  /** 1: alt, diff and log2FC exist. */
  readonly alt: Uint8Array;
  readonly lo: Float32Array;
  readonly hi: Float32Array;
}

export interface Catalog {
  readonly n: number;
  readonly columns: readonly CatalogColumn[];
  readonly geometry: Geometry;
}

export interface TilesRequest {
  readonly mode: Mode;
  readonly level: number;
  readonly first: number;
  readonly count: number;
  readonly tracks: readonly number[];
  readonly encoding: "u8" | "u16" | "f32";
}

/** Bins of one geometry group; the outer index of `max`, `mean` and `min` is that of `tracks`. */
export interface TilesAnswer {
  readonly mode: Mode;
  readonly level: number;
  readonly bin: number;
  /** Genome position of bin `first`. */
  readonly start: number;
  readonly first: number;
  readonly n: number;
  readonly tracks: readonly number[];
  /** True for the 8-bit encoding: fit for the eye, not for a tooltip without a word of warning. */
  readonly approximate: boolean;
  readonly max: readonly Float32Array[];
  readonly mean: readonly Float32Array[];
  readonly min: readonly Float32Array[] | null;
}

export interface ValuesAnswer {
  readonly bin: number;
  readonly start: number;
  readonly n: number;
  readonly tracks: readonly number[];
  readonly values: readonly Float32Array[];
}

export function onlyPart(parts: readonly Part[], what: string): Part {
  const [part] = parts;
  if (part === undefined || parts.length !== 1) {
    throw new WireError("bad_answer", `The answer to ${what} has ${parts.length} parts, not 1.`);
  }
  return part;
}

const NOWHERE: Header = { chrom: "", start: 0, end: 0 };

export function decodeHello(parts: readonly Part[]): Hello {
  const { header } = onlyPart(parts, "hello");
  // Only widgets that lie on a genome have bounds.
  const bounds = header["bounds"] === undefined ? NOWHERE : recordField(header, "bounds");
  const revs = recordField(header, "revs");
  return {
    kernelVersion: textField(header, "kernel_version"),
    capabilities: recordField(header, "capabilities"),
    revs: { catalog: countField(revs, "catalog"), data: countField(revs, "data") },
    bounds: {
      chrom: textField(bounds, "chrom"),
      start: countField(bounds, "start"),
      end: countField(bounds, "end"),
    },
    assembly: typeof header["assembly"] === "string" ? header["assembly"] : "",
  };
}

/** Buffers in the order in which they are announced. */
class BufferQueue {
  #next = 0;
  constructor(private readonly buffers: readonly DataView[]) {}

  take(): DataView | undefined {
    const view = this.buffers[this.#next];
    this.#next += 1;
    return view;
  }

  finish(what: string): void {
    if (this.#next === this.buffers.length) return;
    throw new WireError(
      "bad_answer",
      `The answer to ${what} has ${this.buffers.length} buffers; ${this.#next} were announced.`,
    );
  }
}

export function decodeCatalog(parts: readonly Part[]): Catalog {
  const { header, buffers } = onlyPart(parts, "catalog");
  const n = countField(header, "n");
  const queue = new BufferQueue(buffers);
  const columns = listField(header, "columns").map((column) => {
    if (!isHeader(column)) throw new WireError("bad_answer", "A column is not an object.");
    return decodeColumn(column, n, queue);
  });
  const geometry = decodeGeometry(header, n, queue);
  queue.finish("catalog");
  return { n, columns, geometry };
}

function decodeColumn(column: Header, n: number, queue: BufferQueue): CatalogColumn {
  const field = textField(column, "field");
  const label = textField(column, "label");
  const kind = choiceField(column, "kind", ["category", "number"]);
  if (kind === "number") return { kind, field, label, numbers: asFloat64(queue.take(), n, field) };
  const values = dictionaryOf(queue.take(), field);
  const folded = booleanField(column, "search")
    ? dictionaryOf(queue.take(), `${field} (folded)`, values.length)
    : null;
  const readers = { u8: asUint8, u16: asUint16, u32: asUint32 };
  const codes = readers[choiceField(column, "code", ["u8", "u16", "u32"])](queue.take(), n, field);
  let largest = 0;
  for (let i = 0; i < n; i += 1) largest = Math.max(largest, codes[i] as number);
  if (largest > values.length) {
    throw new WireError(
      "bad_answer",
      `The column ${field} has code ${largest} but only ${values.length} values.`,
    );
  }
  return { kind, field, label, values, folded, codes };
}

const GEOMETRY = {
  origin: "u32",
  bin: "u32",
  n_bins: "u32",
  levels: "u8",
  signed: "u8",
  mark: "u8",
  measured: "u8",
  alt: "u8",
  lo: "f32",
  hi: "f32",
} as const;

function decodeGeometry(header: Header, n: number, queue: BufferQueue): Geometry {
  const announced = listField(header, "geometry").map((entry) => {
    if (!isHeader(entry)) throw new WireError("bad_answer", "A geometry entry is not an object.");
    return `${textField(entry, "name")}:${textField(entry, "dtype")}`;
  });
  // A catalog without lanes announces none; every track then lies nowhere.
  if (announced.length === 0) return decodeGeometryOf(0, new BufferQueue(NO_GEOMETRY));
  const expected = Object.entries(GEOMETRY).map(([name, dtype]) => `${name}:${dtype}`);
  if (announced.join(" ") !== expected.join(" ")) {
    throw new WireError(
      "bad_answer",
      `The catalog announces geometry ${announced.join(" ")} instead of ${expected.join(" ")}.`,
    );
  }
  return decodeGeometryOf(n, queue);
}

const NO_GEOMETRY = Object.keys(GEOMETRY).map(() => new DataView(new ArrayBuffer(0)));

function decodeGeometryOf(n: number, queue: BufferQueue): Geometry {
  return {
    origin: asUint32(queue.take(), n, "origin"),
    bin: asUint32(queue.take(), n, "bin"),
    nBins: asUint32(queue.take(), n, "n_bins"),
    levels: asUint8(queue.take(), n, "levels"),
    signed: asUint8(queue.take(), n, "signed"),
    mark: asUint8(queue.take(), n, "mark"),
    measured: asUint8(queue.take(), n, "measured"),
    alt: asUint8(queue.take(), n, "alt"),
    lo: asFloat32(queue.take(), n, "lo"),
    hi: asFloat32(queue.take(), n, "hi"),
  };
}

/** Each part of a `tiles` or `overview` answer stands for itself. */
export function decodeTiles(parts: readonly Part[]): TilesAnswer[] {
  return parts.map(decodeTilesPart);
}

export function decodeTilesPart({ header, buffers }: Part): TilesAnswer {
  const tracks = countsField(header, "tracks");
  const n = countField(header, "n");
  const stats = listField(header, "stats").join(",");
  if (stats !== "max,mean" && stats !== "max,mean,min") {
    throw new WireError("bad_answer", `The answer has statistics ${stats}.`);
  }
  choiceField(header, "layout", ["track,bin,stat"]);
  const encoding = choiceField(header, "encoding", ["u8", "u16", "f32"]);
  const nStats = stats === "max,mean" ? 2 : 3;
  const ranges = asFloat32(buffers[0], tracks.length * 2, "the ranges");
  const size = tracks.length * n * nStats;
  const readers = { u8: asUint8, u16: asUint16, f32: asFloat32 };
  const codes = readers[encoding](buffers[1], size, "the bins");
  const steps = { u8: 254, u16: 65_534, f32: 0 }[encoding];
  const stat = (s: number): Float32Array[] =>
    tracks.map((_, t) => unpacked(codes, ranges, { t, n, s, nStats, steps }));
  return {
    mode: choiceField(header, "mode", MODES),
    level: countField(header, "level"),
    bin: countField(header, "bin"),
    start: countField(header, "start"),
    first: countField(header, "first"),
    n,
    tracks,
    approximate: encoding === "u8",
    max: stat(0),
    mean: stat(1),
    min: nStats === 3 ? stat(2) : null,
  };
}

interface Place {
  readonly t: number;
  readonly n: number;
  readonly s: number;
  readonly nStats: number;
  readonly steps: number;
}

/** value = lo + q (hi - lo) / steps, the code above the last step is missing; steps 0 means raw. */
function unpacked(
  codes: Uint8Array | Uint16Array | Float32Array,
  ranges: Float32Array,
  { t, n, s, nStats, steps }: Place,
): Float32Array {
  const values = new Float32Array(n);
  const lo = ranges[2 * t] as number;
  const span = (ranges[2 * t + 1] as number) - lo;
  let at = t * n * nStats + s;
  for (let i = 0; i < n; i += 1, at += nStats) {
    const code = codes[at] as number;
    if (steps === 0) values[i] = code;
    else values[i] = code > steps ? NaN : lo + (code * span) / steps;
  }
  return values;
}

export function decodeValues(parts: readonly Part[]): ValuesAnswer[] {
  return parts.map(({ header, buffers }) => {
    const tracks = countsField(header, "tracks");
    const n = countField(header, "n");
    const all = asFloat32(buffers[0], tracks.length * n, "the values");
    return {
      bin: countField(header, "bin"),
      start: countField(header, "start"),
      n,
      tracks,
      values: tracks.map((_, t) => all.subarray(t * n, (t + 1) * n)),
    };
  });
}

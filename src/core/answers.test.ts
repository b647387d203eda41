import { describe, expect, it } from "vitest";
import {
  decodeCatalog,
  decodeHello,
  decodeTiles,
  decodeTilesPart,
  decodeValues,
} from "./answers.js";
import type { Part } from "./pending.js";
import { unaligned, utf8, viewOf } from "./testing/fake_model.js";
import { WireError } from "./wire_error.js";

const HELLO = {
  kernel_version: "0.1.0",
  capabilities: { alt: true },
  revs: { catalog: 1, data: 2 },
  bounds: { chrom: "20", start: 5, end: 500 },
  assembly: "GRCh37",
};

const GEOMETRY = [
  ["origin", "u32", Uint32Array.of(5, 5)],
  ["bin", "u32", Uint32Array.of(1, 128)],
  ["n_bins", "u32", Uint32Array.of(495, 4)],
  ["levels", "u8", Uint8Array.of(1, 1)],
  ["signed", "u8", Uint8Array.of(0, 1)],
  ["mark", "u8", Uint8Array.of(1, 0)],
  ["measured", "u8", Uint8Array.of(0, 1)],
  ["alt", "u8", Uint8Array.of(1, 0)],
  ["lo", "f32", Float32Array.of(0, -2)],
  ["hi", "f32", Float32Array.of(1, 4)],
] as const;

function catalogPart(change: (header: Record<string, unknown>, buffers: DataView[]) => void): Part {
  const header: Record<string, unknown> = {
    n: 2,
    columns: [
      { field: "strand", label: "Strand", kind: "category", search: false, code: "u8" },
      { field: "biosample_name", label: "Tissue", kind: "category", search: true, code: "u16" },
      { field: "nonzero_mean", label: "Mean", kind: "number" },
    ],
    geometry: GEOMETRY.map(([name, dtype]) => ({ name, dtype })),
  };
  const buffers = [
    utf8("+\n-"),
    viewOf(Uint8Array.of(1, 2)),
    utf8("Liver"),
    utf8("liver"),
    unaligned(Uint16Array.of(0, 1)),
    unaligned(Float64Array.of(0.25, NaN)),
    ...GEOMETRY.map(([, , values]) => unaligned(values)),
  ];
  change(header, buffers);
  return { header, buffers };
}

const TILES = {
  mode: "ref",
  level: 1,
  bin: 4,
  start: 100,
  first: 10,
  n: 2,
  tracks: [3, 7],
  stats: ["max", "mean"],
  encoding: "u16",
  layout: "track,bin,stat",
};

function failing(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WireError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

describe("hello", () => {
  it("is read field by field", () => {
    expect(decodeHello([{ header: HELLO, buffers: [] }])).toEqual({
      kernelVersion: "0.1.0",
      capabilities: { alt: true },
      revs: { catalog: 1, data: 2 },
      bounds: { chrom: "20", start: 5, end: 500 },
      assembly: "GRCh37",
    });
  });

  it.each([
    ["kernel_version", 3],
    ["capabilities", []],
    ["revs", { catalog: 1 }],
    ["bounds", { chrom: "20", start: -5, end: 500 }],
    ["bounds", "20:5-500"],
  ])("with %s = %j is a bad answer", (name, value) => {
    const header = { ...HELLO, [name]: value };
    expect(failing(() => decodeHello([{ header, buffers: [] }]))).toMatch(/^bad_answer/);
  });

  it("in two parts is a bad answer", () => {
    const part = { header: HELLO, buffers: [] };
    expect(failing(() => decodeHello([part, part]))).toMatch(/2 parts/);
  });
});

describe("catalog", () => {
  it("gives columns and geometry by track", () => {
    const catalog = decodeCatalog([catalogPart(() => undefined)]);
    expect(catalog.n).toBe(2);
    expect(catalog.columns).toEqual([
      {
        kind: "category",
        field: "strand",
        label: "Strand",
        values: ["+", "-"],
        folded: null,
        codes: Uint8Array.of(1, 2),
      },
      {
        kind: "category",
        field: "biosample_name",
        label: "Tissue",
        values: ["Liver"],
        folded: ["liver"],
        codes: Uint16Array.of(0, 1),
      },
      {
        kind: "number",
        field: "nonzero_mean",
        label: "Mean",
        numbers: Float64Array.of(0.25, NaN),
      },
    ]);
    expect(catalog.geometry.nBins).toEqual(Uint32Array.of(495, 4));
    expect(catalog.geometry.lo).toEqual(Float32Array.of(0, -2));
  });

  it.each<[string, (header: Record<string, unknown>, buffers: DataView[]) => void, RegExp]>([
    ["too few buffers", (_, buffers) => buffers.pop(), /no buffer for hi/],
    ["too many buffers", (_, buffers) => buffers.push(utf8("x")), /17 buffers/],
    ["another n", (header) => (header["n"] = 3), /strand has 2 bytes; 3/],
    ["a code without value", (_, buffers) => (buffers[0] = utf8("+")), /code 2/],
    [
      "a wrong geometry",
      (header) => (header["geometry"] = [{ name: "bin", dtype: "u32" }]),
      /geometry/,
    ],
    ["a column that is text", (header) => (header["columns"] = ["strand"]), /not an object/],
    ["folded values missing", (_, buffers) => (buffers[3] = utf8("a\nb")), /folded/],
    [
      "an unknown code type",
      (header) =>
        (header["columns"] = [
          { field: "a", label: "A", kind: "category", search: false, code: "u64" },
        ]),
      /u8 \| u16 \| u32/,
    ],
  ])("with %s is a bad answer", (_, change, words) => {
    const message = failing(() => decodeCatalog([catalogPart(change)]));
    expect(message).toMatch(/^bad_answer/);
    expect(message).toMatch(words);
  });
});

describe("tiles", () => {
  it("16 bit: value = lo + q (hi - lo) / 65534, 65535 is missing", () => {
    const ranges = unaligned(Float32Array.of(0, 65_534, -1, 1));
    const codes = unaligned(Uint16Array.of(7, 3, 65_535, 65_535, 65_534, 32_767, 0, 0));
    const tile = decodeTilesPart({ header: TILES, buffers: [ranges, codes] });
    expect(tile.max).toEqual([Float32Array.of(7, NaN), Float32Array.of(1, -1)]);
    expect(tile.mean).toEqual([Float32Array.of(3, NaN), Float32Array.of(0, -1)]);
    expect(tile).toMatchObject({ min: null, approximate: false, start: 100, first: 10, n: 2 });
    expect(tile.tracks).toEqual([3, 7]);
  });

  it("8 bit: 254 steps, 255 is missing, and the answer says it is approximate", () => {
    const ranges = viewOf(Float32Array.of(2, 2, 0, 254));
    const codes = viewOf(Uint8Array.of(9, 9, 255, 255, 254, 1, 0, 128));
    const tile = decodeTilesPart({
      header: { ...TILES, encoding: "u8" },
      buffers: [ranges, codes],
    });
    expect(tile.approximate).toBe(true);
    expect(tile.max).toEqual([Float32Array.of(2, NaN), Float32Array.of(254, 0)]);
    expect(tile.mean).toEqual([Float32Array.of(2, NaN), Float32Array.of(1, 128)]);
  });

  it("raw with minimum", () => {
    const values = Float32Array.of(5, 1, -3, NaN, NaN, NaN);
    const header = { ...TILES, tracks: [3], stats: ["max", "mean", "min"], encoding: "f32" };
    const tile = decodeTilesPart({
      header,
      buffers: [viewOf(Float32Array.of(-3, 5)), unaligned(values)],
    });
    expect(tile.max).toEqual([Float32Array.of(5, NaN)]);
    expect(tile.mean).toEqual([Float32Array.of(1, NaN)]);
    expect(tile.min).toEqual([Float32Array.of(-3, NaN)]);
  });

  it("each part stands for itself", () => {
    const part = {
      header: { ...TILES, tracks: [1] },
      buffers: [viewOf(Float32Array.of(0, 1)), viewOf(new Uint16Array(4))],
    };
    expect(decodeTiles([part, part])).toHaveLength(2);
  });

  it.each([
    ["stats", ["mean", "max"]],
    ["stats", "max,mean"],
    ["layout", "bin,track,stat"],
    ["encoding", "i16"],
    ["mode", "overlay"],
    ["tracks", [3, -1]],
    ["tracks", [3]],
    ["n", 3],
    ["n", 1.5],
    ["start", null],
  ])("with %s = %j are a bad answer", (name, value) => {
    const buffers = [viewOf(new Float32Array(4)), viewOf(new Uint16Array(8))];
    const header = { ...TILES, [name]: value };
    expect(failing(() => decodeTilesPart({ header, buffers }))).toMatch(/^bad_answer/);
  });
});

describe("values", () => {
  it("are native bins per track", () => {
    const header = { tracks: [4, 2], bin: 1, start: 10, n: 3 };
    const buffers = [unaligned(Float32Array.of(1, 2, NaN, 4, 5, 6))];
    expect(decodeValues([{ header, buffers }])).toEqual([
      {
        tracks: [4, 2],
        bin: 1,
        start: 10,
        n: 3,
        values: [Float32Array.of(1, 2, NaN), Float32Array.of(4, 5, 6)],
      },
    ]);
  });

  it("of another length are a bad answer", () => {
    const header = { tracks: [4], bin: 1, start: 10, n: 3 };
    const buffers = [viewOf(new Float32Array(2))];
    expect(failing(() => decodeValues([{ header, buffers }]))).toMatch(/8 bytes; 12/);
  });
});

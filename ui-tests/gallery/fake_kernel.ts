/** Answers every message of the page from data in memory, byte for byte as the Python side does. */
import { basesOf } from "./fake_bases.js";
import { BOUNDS, EXONS, VARIANT_AT, type FakeTrack } from "./fake_tracks.js";
import type { FakeAnswerer } from "./fake_model.js";

export interface FakeOptions {
  readonly tracks: readonly FakeTrack[];
  /** False unless it is said. */
  readonly hasSequence?: boolean;
  readonly hasGenes?: boolean;
  readonly hasVariants?: boolean;
  readonly latencyMs?: number;
  /** Types that are never answered, or answered with an error. */
  readonly silent?: readonly string[];
  readonly failing?: Readonly<Record<string, { code: string; message: string }>>;
}

interface Level {
  readonly max: Float32Array;
  readonly mean: Float32Array;
  readonly min: Float32Array;
}

type Header = Record<string, unknown>;
type Reply = (header: Header, buffers?: DataView[]) => void;
type Mode = "ref" | "alt" | "diff" | "log2FC";

const FIELDS: Readonly<Record<string, string>> = {
  output_name: "Output",
  assay_title: "Assay",
  biosample_name: "Tissue / cell",
  gtex_tissue: "GTEx tissue",
  strand: "Strand",
  data_source: "Source",
  resolution: "Resolution",
  track_name: "Track",
};
const SEARCHED = new Set(["assay_title", "biosample_name", "gtex_tissue", "track_name"]);
const LEAST_BINS = 1_024;
const OVERVIEW_BINS = 4_096;

const VARIANTS: readonly (readonly [number, string, string, number])[] = [
  [2_570_912, "rs1210993", "C>T", 0],
  [2_572_466, "rs8123881", "A>G", 0],
  [2_574_391, "rs73090204", "G>A", 0],
  [2_574_702, "rs73090207", "T>C", 0],
  [2_576_240, "rs201553201", "CT>C", 3],
  [VARIANT_AT, "rs572140578", "G>A", 0],
  [2_578_102, "rs6137921", "G>T", 0],
  [2_578_330, "rs6137922", "C>A", 0],
  [2_580_014, "rs1883942", "T>C", 0],
  [2_582_811, "rs567956364", "G>A", 0],
  [2_584_630, "rs5840531", "G>GTA", 2],
  [2_587_144, "rs2422862", "A>C", 0],
  [2_587_400, "rs6083941", "C>G", 0],
  [2_589_420, "rs143", "T>A", 0],
];

function u8(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Any typed array as the DataView that a comm delivers. */
export function view(
  array: Uint8Array | Int8Array | Uint16Array | Uint32Array | Float32Array,
): DataView {
  return u8(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

/** Texts joined by newlines, with newline and backslash escaped. */
export function dictionary(values: readonly string[]): DataView {
  const escaped = values.map((value) => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n"));
  return view(new TextEncoder().encode(escaped.join("\n")));
}

export class FakeKernel implements FakeAnswerer {
  readonly counts = new Map<string, number>();
  isAlive = true;
  private readonly pyramids = new Map<string, Level[]>();

  constructor(readonly options: FakeOptions) {}

  answer(content: Header, reply: Reply): void {
    const type = String(content["type"]);
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (!this.isAlive || type === "cancel" || this.options.silent?.includes(type)) return;
    setTimeout(() => {
      if (this.isAlive) this.answerNow(type, content, reply);
    }, this.options.latencyMs ?? 0);
  }

  private answerNow(type: string, content: Header, reply: Reply): void {
    const id = content["id"];
    const failure = this.options.failing?.[type];
    if (failure !== undefined) {
      reply({ v: 1, id, ok: false, hint: "", ...failure });
      return;
    }
    const parts = this.parts(type, content);
    for (const [part, [header, buffers]] of parts.entries()) {
      reply({ v: 1, id, ok: true, type, part, parts: parts.length, ...header }, buffers);
    }
  }

  private parts(type: string, content: Header): [Header, DataView[]][] {
    switch (type) {
      case "hello":
        return [[this.hello(), []]];
      case "catalog":
        return [this.catalog()];
      case "tiles":
        return [this.tiles(content)];
      case "overview":
        return this.overview(content);
      case "values":
        return [this.values(content)];
      case "genes":
        return [genes()];
      case "variants":
        return [variants()];
      case "sequence":
        return [sequence(content)];
      default:
        return [[{}, []]];
    }
  }

  capabilities(): Header {
    return {
      levels: 4,
      alt: this.options.tracks.some((track) => track.alt !== null),
      predict: false,
      export: true,
      rank: false,
      sequence: this.options.hasSequence === true,
      genes: this.options.hasGenes !== false,
      variants: this.options.hasVariants !== false,
    };
  }

  private hello(): Header {
    return {
      kernel_version: "0.1.0",
      capabilities: this.capabilities(),
      revs: { catalog: 1, data: 1 },
      bounds: BOUNDS,
      assembly: "GRCh37",
    };
  }

  private catalog(): [Header, DataView[]] {
    const { tracks } = this.options;
    const columns: Header[] = [];
    const buffers: DataView[] = [];
    for (const [field, label] of Object.entries(FIELDS)) {
      const cells = tracks.map((track) => track.fields[field] ?? null);
      const values = [...new Set(cells.filter((cell) => cell !== null))];
      if (values.length === 0) continue;
      columns.push({ field, label, kind: "category", search: SEARCHED.has(field), code: "u8" });
      buffers.push(dictionary(values));
      if (SEARCHED.has(field)) buffers.push(dictionary(values.map((value) => value.toLowerCase())));
      buffers.push(
        view(Uint8Array.from(cells, (cell) => (cell === null ? 0 : values.indexOf(cell) + 1))),
      );
    }
    const geometry = [
      ["origin", "u32"],
      ["bin", "u32"],
      ["n_bins", "u32"],
      ["levels", "u8"],
      ["signed", "u8"],
      ["mark", "u8"],
      ["measured", "u8"],
      ["alt", "u8"],
      ["lo", "f32"],
      ["hi", "f32"],
    ].map(([name, dtype]) => ({ name, dtype }));
    const u32 = (read: (track: FakeTrack) => number): DataView =>
      view(Uint32Array.from(tracks, read));
    const flag = (read: (track: FakeTrack) => boolean): DataView =>
      view(Uint8Array.from(tracks, (track) => Number(read(track))));
    buffers.push(
      u32(() => BOUNDS.start),
      u32((track) => track.bin),
      u32((track) => track.ref.length),
      view(Uint8Array.from(tracks, (_, track) => this.pyramid(track, "ref").length)),
      flag((track) => track.isSigned),
      flag((track) => track.mark === "stems"),
      flag((track) => track.isMeasured),
      flag((track) => track.alt !== null),
      view(Float32Array.from(tracks, (track) => finite(track.ref, Math.min))),
      view(Float32Array.from(tracks, (track) => finite(track.ref, Math.max))),
    );
    return [{ n: tracks.length, columns, geometry }, buffers];
  }

  private base(track: number, mode: Mode): Float32Array {
    const found = this.options.tracks[track];
    if (found === undefined) throw new RangeError(`no track ${track}`);
    const { ref, alt } = found;
    if (mode === "ref" || alt === null) return ref;
    if (mode === "alt") return alt;
    return ref.map((value, i) => {
      const other = alt[i] ?? NaN;
      return mode === "diff" ? other - value : Math.log2((other + 1e-3) / (value + 1e-3));
    });
  }

  private pyramid(track: number, mode: Mode): Level[] {
    const key = `${mode} ${track}`;
    const known = this.pyramids.get(key);
    if (known !== undefined) return known;
    const values = this.base(track, mode);
    const levels: Level[] = [{ max: values, mean: values, min: values }];
    while ((levels.at(-1)?.max.length ?? 0) > LEAST_BINS)
      levels.push(coarser(levels.at(-1) as Level));
    this.pyramids.set(key, levels);
    return levels;
  }

  private tiles(content: Header): [Header, DataView[]] {
    const tracks = content["tracks"] as number[];
    const mode = content["mode"] as Mode;
    const level = content["level"] as number;
    const first = content["first"] as number;
    return this.packed({
      tracks,
      mode,
      level,
      first,
      count: content["count"] as number,
      encoding: content["encoding"] as string,
    });
  }

  private overview(content: Header): [Header, DataView[]][] {
    const mode = content["mode"] as Mode;
    const groups = new Map<number, number[]>();
    for (const track of content["tracks"] as number[]) {
      const n = this.options.tracks[track]?.ref.length ?? 0;
      groups.set(n, [...(groups.get(n) ?? []), track]);
    }
    return [...groups.values()].map((tracks) => {
      const levels = this.pyramid(tracks[0] ?? 0, mode);
      const level = levels.findIndex(({ max }) => max.length <= OVERVIEW_BINS);
      const count = levels[level]?.max.length ?? 0;
      return this.packed({ tracks, mode, level, first: 0, count, encoding: "u8" });
    });
  }

  private packed(ask: {
    tracks: number[];
    mode: Mode;
    level: number;
    first: number;
    count: number;
    encoding: string;
  }): [Header, DataView[]] {
    const { tracks, mode, level, first, encoding } = ask;
    const isSigned =
      mode === "diff" || mode === "log2FC" || tracks.some((t) => this.options.tracks[t]?.isSigned);
    const stats = isSigned ? (["max", "mean", "min"] as const) : (["max", "mean"] as const);
    const length = this.pyramid(tracks[0] ?? 0, mode)[level]?.max.length ?? 0;
    const n = Math.max(0, Math.min(ask.count, length - first));
    const ranges = new Float32Array(tracks.length * 2);
    const size = tracks.length * n * stats.length;
    const steps = { u8: 254, u16: 65_534 }[encoding] ?? 0;
    const codes =
      steps === 0
        ? new Float32Array(size)
        : steps === 254
          ? new Uint8Array(size)
          : new Uint16Array(size);
    for (const [t, track] of tracks.entries()) {
      const bins = this.pyramid(track, mode)[level] as Level;
      const parts = stats.map((stat) => bins[stat].subarray(first, first + n));
      const lo = Math.min(...parts.map((part) => finite(part, Math.min)));
      const hi = Math.max(...parts.map((part) => finite(part, Math.max)));
      ranges.set([lo, hi], 2 * t);
      for (let i = 0; i < n; i += 1) {
        for (const [s, part] of parts.entries()) {
          const value = part[i] ?? NaN;
          const code =
            steps === 0
              ? value
              : Number.isNaN(value)
                ? steps + 1
                : hi > lo
                  ? Math.round(((value - lo) / (hi - lo)) * steps)
                  : 0;
          codes[(t * n + i) * stats.length + s] = code;
        }
      }
    }
    const bin = 4 ** level;
    const header = {
      mode,
      level,
      bin,
      start: BOUNDS.start + first * bin,
      first,
      n,
      tracks,
      stats,
      encoding,
      layout: "track,bin,stat",
    };
    return [header, [view(ranges), view(codes)]];
  }

  private values(content: Header): [Header, DataView[]] {
    const tracks = content["tracks"] as number[];
    const first = Math.max(0, (content["start"] as number) - BOUNDS.start);
    const last = Math.min(BOUNDS.end - BOUNDS.start, (content["end"] as number) - BOUNDS.start);
    const n = last - first;
    const all = new Float32Array(tracks.length * n);
    for (const [t, track] of tracks.entries()) {
      all.set(this.base(track, content["mode"] as Mode).subarray(first, last), t * n);
    }
    return [{ tracks, bin: 1, start: BOUNDS.start + first, n }, [view(all)]];
  }
}

function finite(values: Float32Array, pick: (a: number, b: number) => number): number {
  let best = NaN;
  for (const value of values) {
    if (!Number.isNaN(value)) best = Number.isNaN(best) ? value : pick(best, value);
  }
  return Number.isNaN(best) ? 0 : best;
}

function coarser(level: Level): Level {
  const n = Math.ceil(level.max.length / 4);
  const next = { max: new Float32Array(n), mean: new Float32Array(n), min: new Float32Array(n) };
  for (let i = 0; i < n; i += 1) {
    let [max, min, sum, count] = [-Infinity, Infinity, 0, 0];
    for (let k = 4 * i; k < Math.min(4 * i + 4, level.max.length); k += 1) {
      if (Number.isNaN(level.max[k])) continue;
      max = Math.max(max, level.max[k] ?? NaN);
      min = Math.min(min, level.min[k] ?? NaN);
      sum += level.mean[k] ?? NaN;
      count += 1;
    }
    next.max[i] = count === 0 ? NaN : max;
    next.min[i] = count === 0 ? NaN : min;
    next.mean[i] = count === 0 ? NaN : sum / count;
  }
  return next;
}

function genes(): [Header, DataView[]] {
  const antisense: readonly (readonly [number, number])[] = [
    [2_586_450, 2_586_560],
    [2_587_380, 2_587_450],
    [2_589_200, 2_589_520],
  ];
  const exons = [...EXONS, ...antisense];
  return [
    { n: 2, n_exons: exons.length },
    [
      view(Uint32Array.of(2_536_800, antisense[0]?.[0] ?? 0)),
      view(Uint32Array.of(2_622_400, antisense[2]?.[1] ?? 0)),
      view(Int8Array.of(1, -1)),
      view(Uint8Array.of(1, 0)),
      view(Uint32Array.of(0, EXONS.length, exons.length)),
      view(Uint32Array.from(exons, ([start]) => start)),
      view(Uint32Array.from(exons, ([, end]) => end)),
      view(Uint32Array.of(2_537_100, 0)),
      view(Uint32Array.of(2_621_900, 0)),
      dictionary(["TMC2", "TMC2-AS1"]),
    ],
  ];
}

function sequence(content: Header): [Header, DataView[]] {
  const start = content["start"] as number;
  const end = content["end"] as number;
  return [{ start, end }, [view(new TextEncoder().encode(basesOf(start, end)))]];
}

function variants(): [Header, DataView[]] {
  return [
    { n: VARIANTS.length, has_score: true, score_name: "splice_delta" },
    [
      view(Uint32Array.from(VARIANTS, ([at]) => at)),
      view(
        Uint32Array.from(VARIANTS, ([at, , change]) => at + (change.split(">")[0] ?? "").length),
      ),
      view(Uint8Array.from(VARIANTS, ([, , , kind]) => kind)),
      view(Float32Array.from(VARIANTS, ([at]) => (at === VARIANT_AT ? -0.996 : NaN))),
      dictionary(VARIANTS.map(([, id]) => id)),
      dictionary(VARIANTS.map(([, , change]) => change)),
    ],
  ];
}

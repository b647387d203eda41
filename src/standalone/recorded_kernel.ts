/** Answers the page from a saved view: recorded bytes, cut to the tracks and bins that were asked. */

type Header = Readonly<Record<string, unknown>>;

export interface RecordedPart {
  readonly header: Header;
  /** Base64. */
  readonly buffers: readonly string[];
}

export interface RecordedAnswer {
  readonly request: Header;
  readonly parts: readonly RecordedPart[];
}

/** What the page gets: header and binary buffers of one message. */
export interface SentPart {
  readonly header: Record<string, unknown>;
  readonly buffers: DataView[];
}

const CODE_BYTES: Readonly<Record<string, number>> = { u8: 1, u16: 2, f32: 4 };
const RANGE_BYTES = 8;

/** Bins of some tracks at one level, with their bytes. */
interface Block {
  readonly header: Header;
  readonly tracks: readonly number[];
  readonly first: number;
  readonly n: number;
  readonly ranges: Uint8Array;
  readonly codes: Uint8Array;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function numbersOf(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "number") : [];
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

export class RecordedKernel {
  readonly #whole = new Map<string, readonly RecordedPart[]>();
  readonly #overviews: Block[] = [];
  readonly #tiles: Block[] = [];

  constructor(answers: readonly RecordedAnswer[]) {
    for (const { request, parts } of answers) {
      const type = String(request["type"]);
      if (type === "overview") this.#overviews.push(...parts.map(blockOf));
      else if (type === "tiles") this.#tiles.push(...parts.map(blockOf));
      else this.#whole.set(type, parts);
    }
  }

  /** Parts of the answer to one message; null when the view was saved without them. */
  answer(content: Header): SentPart[] | null {
    const type = String(content["type"]);
    const found = this.#find(type, content);
    if (found === null) return null;
    return found.map(({ header, buffers }, part) => ({
      header: { ...header, v: 1, id: content["id"], ok: true, type, part, parts: found.length },
      buffers,
    }));
  }

  #find(type: string, content: Header): SentPart[] | null {
    if (type === "ping") return [{ header: {}, buffers: [] }];
    if (type === "overview") return this.#overview(content);
    if (type === "tiles") return this.#tilesOf(content);
    const parts = this.#whole.get(type);
    if (parts === undefined) return null;
    if (type === "sequence") return cutBases(parts[0], content);
    return parts.map(({ header, buffers }) => ({
      header: { ...header },
      buffers: buffers.map((text) => viewOf(bytesOf(text))),
    }));
  }

  #overview(content: Header): SentPart[] | null {
    const asked = numbersOf(content["tracks"]);
    const parts = this.#overviews
      .filter((block) => block.header["mode"] === content["mode"])
      .map((block) => cut(block, asked, block.first, block.n))
      .filter((part) => part !== null);
    return parts.length > 0 ? parts : null;
  }

  /** The tile set that holds most of the asked tracks and all of the asked bins. */
  #tilesOf(content: Header): SentPart[] | null {
    const asked = numbersOf(content["tracks"]);
    const first = numberOf(content["first"]);
    const stop = first + numberOf(content["count"]);
    let best: SentPart | null = null;
    let most = 0;
    for (const block of this.#tiles) {
      const isSame =
        block.header["mode"] === content["mode"] && block.header["level"] === content["level"];
      if (!isSame || first < block.first || first >= block.first + block.n) continue;
      const end = Math.min(stop, block.first + block.n);
      const held = asked.filter((track) => block.tracks.includes(track)).length;
      if (held <= most) continue;
      const part = cut(block, asked, first, end - first);
      if (part === null) continue;
      best = part;
      most = held;
    }
    return best === null ? null : [best];
  }
}

function blockOf({ header, buffers }: RecordedPart): Block {
  return {
    header,
    tracks: numbersOf(header["tracks"]),
    first: numberOf(header["first"]),
    n: numberOf(header["n"]),
    ranges: bytesOf(buffers[0] ?? ""),
    codes: bytesOf(buffers[1] ?? ""),
  };
}

/** The asked bases that were recorded; null when there are none. */
function cutBases(recorded: RecordedPart | undefined, content: Header): SentPart[] | null {
  if (recorded === undefined) return null;
  const { header, buffers } = recorded;
  const from = numberOf(header["start"]);
  const start = Math.max(from, numberOf(content["start"]));
  const end = Math.min(numberOf(header["end"]), numberOf(content["end"]));
  if (end <= start) return null;
  const bytes = bytesOf(buffers[0] ?? "").subarray(start - from, end - from);
  return [{ header: { ...header, start, end }, buffers: [viewOf(bytes)] }];
}

/** The asked tracks that the block holds, bins [first, first + n); null when it holds none. */
function cut(block: Block, asked: readonly number[], first: number, n: number): SentPart | null {
  const { header } = block;
  const places = asked.map((track) => block.tracks.indexOf(track)).filter((at) => at >= 0);
  if (places.length === 0 || n <= 0) return null;
  const stats = Array.isArray(header["stats"]) ? header["stats"].length : 2;
  const binBytes = stats * (CODE_BYTES[String(header["encoding"])] ?? 1);
  const ranges = new Uint8Array(places.length * RANGE_BYTES);
  const codes = new Uint8Array(places.length * n * binBytes);
  for (const [i, at] of places.entries()) {
    ranges.set(block.ranges.subarray(at * RANGE_BYTES, (at + 1) * RANGE_BYTES), i * RANGE_BYTES);
    const from = (at * block.n + first - block.first) * binBytes;
    codes.set(block.codes.subarray(from, from + n * binBytes), i * n * binBytes);
  }
  const shift = (first - block.first) * numberOf(header["bin"]);
  return {
    header: {
      ...header,
      tracks: places.map((at) => block.tracks[at]),
      start: numberOf(header["start"]) + shift,
      first,
      n,
    },
    buffers: [viewOf(ranges), viewOf(codes)],
  };
}

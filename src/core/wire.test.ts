import { afterEach, beforeEach, describe, expect, it } from "vitest";
import golden from "../../tests/wire/messages.json";
import type { CategoryColumn, TilesAnswer, TilesRequest } from "./answers.js";
import { facetTableOf } from "./facets.js";
import { FakeModel } from "./testing/fake_model.js";
import { TileCache, geometryOf } from "./tiles.js";
import { Client, WireError, type OverviewRequest, type ValuesRequest } from "./wire.js";

interface Message {
  readonly name: string;
  readonly request: Record<string, unknown> & { readonly id: number; readonly type: string };
  readonly header: Record<string, unknown>;
  readonly buffers: readonly string[];
}

const MESSAGES = golden as unknown as readonly Message[];
const ORIGIN = 1_000_003;
const HOSTILE = '<img src=x onerror="window.__pwned=1">';

/** Bytes of a stored buffer at an odd offset, as a comm may deliver them. */
function bytesOf(text: string): DataView {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length + 3);
  for (let i = 0; i < raw.length; i += 1) bytes[i + 3] = raw.charCodeAt(i);
  return new DataView(bytes.buffer, 3);
}

function named(name: string): Message[] {
  const found = MESSAGES.filter((message) => message.name.split(", part ")[0] === name);
  if (found.length === 0) throw new Error(`no golden message ${name}`);
  return found;
}

let model: FakeModel;
let client: Client;

beforeEach(() => {
  model = new FakeModel();
  client = new Client(model, { clientVersion: "0.1.0", host: "test" });
  client.rev = 1;
});

afterEach(() => {
  client.close();
});

/** Let the kernel's stored answer follow whatever the client just sent. */
function reply<T>(name: string, answer: Promise<T>): Promise<T> {
  const messages = named(name);
  const sent = model.sent.at(-1);
  for (const { header, buffers } of messages) {
    model.say({ ...header, id: sent?.id }, buffers.map(bytesOf));
  }
  return answer;
}

/** What the page sent, without its id, as the golden file stores it. */
function sentLike(name: string): void {
  const { id: sentId, ...sent } = model.sent.at(-1) ?? { id: 0 };
  const { id, ...expected } = named(name)[0]?.request ?? { id: 0 };
  expect(sent).toEqual(expected);
  expect(sentId).not.toBe(id);
}

/** The request's own fields, without the envelope. */
function body(name: string): unknown {
  const envelope = ["v", "id", "type", "rev"];
  const request = Object.entries(named(name)[0]?.request ?? {});
  return Object.fromEntries(request.filter(([field]) => !envelope.includes(field)));
}

async function tilesOf(name: string): Promise<TilesAnswer> {
  const answer = client.tiles(body(name) as TilesRequest);
  sentLike(name);
  const [tiles, ...others] = await reply(name, answer);
  expect(others).toEqual([]);
  if (tiles === undefined) throw new Error("no tiles");
  return tiles;
}

/** Native bin i of track 0, as the golden data set defines it. */
function native(i: number): number {
  return i % 7 === 0 ? i / 7 / 1_024 : 0;
}

describe("golden messages", () => {
  it("hello", async () => {
    const answer = client.hello();
    sentLike("hello");
    const hello = await reply("hello", answer);
    expect(hello.bounds).toEqual({ chrom: "20", start: ORIGIN, end: ORIGIN + 5_000 });
    expect(hello.capabilities).toMatchObject({ alt: true, genes: true, predict: false });
    expect(client.rev).toBe(1);
  });

  it("catalog", async () => {
    const answer = client.catalog();
    sentLike("catalog");
    const catalog = await reply("catalog", answer);
    expect(catalog.n).toBe(4);
    const column = (field: string): CategoryColumn => {
      const found = catalog.columns.find((one) => one.field === field);
      if (found?.kind !== "category") throw new Error(`no category ${field}`);
      return found;
    };
    expect(column("biosample_name").values).toContain(HOSTILE);
    expect(column("biosample_name").folded).toContain("strasse");
    expect(column("track_name").values).toEqual(
      expect.arrayContaining(["PSI a\nb", "PSI \\n", "acceptor:+", "donor:+"]),
    );
    expect([...column("resolution").codes]).toEqual([1, 1, 2, 2]);
    const mean = catalog.columns.find(({ field }) => field === "nonzero_mean");
    expect(mean?.kind === "number" && [...mean.numbers]).toEqual([NaN, NaN, NaN, 0.25]);
    const { geometry } = catalog;
    expect([...geometry.origin]).toEqual([ORIGIN, ORIGIN, ORIGIN, ORIGIN]);
    expect([...geometry.bin]).toEqual([1, 1, 128, 128]);
    expect([...geometry.nBins]).toEqual([5_000, 5_000, 40, 40]);
    expect([...geometry.signed]).toEqual([0, 0, 0, 1]);
    expect([...geometry.alt]).toEqual([1, 1, 0, 0]);
    expect(geometry.hi[1]).toBe(0.875);
  });

  it("catalog feeds the facets", async () => {
    const catalog = await reply("catalog", client.catalog());
    const facets = facetTableOf(catalog);
    const result = facets.update({ output_name: { in: ["splice_sites"] } });
    expect([...result.rows]).toEqual([0, 1]);
    expect([...facets.update({}, "onerror").rows]).toEqual([2]);
    const strand = result.fields.get("strand")?.values.map(({ value, count }) => [value, count]);
    expect(strand).toEqual([["+", 2]]);
  });

  it("catalog of a facet panel: tracks without lanes", async () => {
    const answer = client.catalog();
    sentLike("catalog of a facet panel");
    const catalog = await reply("catalog of a facet panel", answer);
    expect(catalog.n).toBe(3);
    expect(catalog.geometry.origin).toHaveLength(0);
    const result = facetTableOf(catalog).update({ organism: { in: ["1"] } });
    expect([...result.rows]).toEqual([2]);
    const modified = result.fields.get("genetically_modified")?.values;
    expect(modified?.map(({ value, count, total }) => [value, count, total])).toEqual([
      ["false", 1, 1],
    ]);
    expect([...facetTableOf(catalog).update({}, "strasse").rows]).toEqual([2]);
  });

  it("ping", async () => {
    const answer = client.ping();
    sentLike("ping");
    await expect(reply("ping", answer)).resolves.toBeUndefined();
  });

  it("overview in two parts", async () => {
    const name = "overview of two geometries";
    const answer = client.overview(body(name) as OverviewRequest);
    sentLike(name);
    const [wide, fine] = await reply(name, answer);
    expect(wide).toMatchObject({ tracks: [2, 3], bin: 128, n: 40, approximate: true });
    expect(fine).toMatchObject({ tracks: [0], bin: 4, level: 1, n: 1_250, min: null });
    expect(wide?.max[0]?.[3]).toBeNaN();
    expect(wide?.max[0]?.[39]).toBeCloseTo(39 / 4, 5);
    expect(wide?.min?.[1]?.[0]).toBeCloseTo(-1, 5);
    const peaks = Array.from({ length: 1_250 }, (_, i) => {
      return Math.max(...[0, 1, 2, 3].map((k) => native(4 * i + k)));
    });
    const step = (714 / 1_024 / 254) * 0.51;
    for (const [i, peak] of peaks.entries()) {
      expect(Math.abs((fine?.max[0]?.[i] ?? NaN) - peak)).toBeLessThanOrEqual(step);
    }
  });

  it("tiles in 16 bit, cut at the end of the track", async () => {
    const tiles = await tilesOf("tiles u16");
    expect(tiles).toMatchObject({ first: 4_990, n: 10, start: ORIGIN + 4_990, level: 0 });
    for (const [i, value] of (tiles.max[0] ?? []).entries()) {
      expect(value).toBeCloseTo(native(4_990 + i), 4);
    }
    expect([...(tiles.max[1] ?? [])]).toEqual(new Array(10).fill(0));
  });

  it("tiles in 8 bit of a coarse level", async () => {
    const tiles = await tilesOf("tiles u8, coarse");
    expect(tiles).toMatchObject({ level: 1, bin: 4, approximate: true });
    const [max, mean] = [tiles.max[0], tiles.mean[0]];
    for (let i = 0; i < 8; i += 1) {
      const values = [0, 1, 2, 3].map((k) => native(4 * i + k));
      expect(max?.[i]).toBeCloseTo(Math.max(...values), 4);
      expect(mean?.[i]).toBeCloseTo(values.reduce((a, b) => a + b) / 4, 4);
    }
  });

  it("tiles of a difference carry minimum and maximum", async () => {
    const tiles = await tilesOf("tiles f32, difference");
    expect(tiles).toMatchObject({ mode: "diff", first: 3, n: 5, start: ORIGIN + 12 });
    expect([...(tiles.max[0] ?? [])]).toEqual([0, 0, 0, 0, 0]);
    expect(tiles.min?.[1]).toHaveLength(5);
  });

  it("tiles that are missing or signed", async () => {
    const tiles = await tilesOf("tiles, missing and signed");
    expect(tiles.tracks).toEqual([3, 2]);
    expect([...(tiles.max[1] ?? [])]).toEqual([
      expect.closeTo(0.5, 4),
      NaN,
      NaN,
      expect.closeTo(1.25, 4),
    ]);
    expect(tiles.min?.[0]?.[0]).toBeCloseTo(-1 + (2 * 2) / 39, 4);
  });

  it("tiles behind the end are none", async () => {
    const tiles = await tilesOf("tiles behind the end");
    expect(tiles).toMatchObject({ n: 0, first: 5_000 });
    new TileCache().put(tiles, 5_000);
  });

  it("tiles go into the cache and come out again", async () => {
    const catalog = await reply("catalog", client.catalog());
    const [wide] = await reply(
      "overview of two geometries",
      client.overview(body("overview of two geometries") as OverviewRequest),
    );
    const cache = new TileCache();
    const track = geometryOf(catalog.geometry, 2);
    if (wide !== undefined) cache.put(wide, track.nBins, "overview");
    const region = { start: ORIGIN + 128 * 6, end: ORIGIN + 128 * 8 };
    const columns = cache.gather("ref", 2, track, { region, bpPerPx: 1 });
    expect(columns).toMatchObject({ n: 2, bin: 128, state: "approximate" });
    expect(columns.max[0]).toBeCloseTo(1.5, 1);
  });

  it("values are native bins", async () => {
    const answer = client.values(body("values") as ValuesRequest);
    sentLike("values");
    const [values] = await reply("values", answer);
    expect(values).toMatchObject({ bin: 1, start: 1_000_010, n: 4, tracks: [0, 1] });
    const expected = [7, 8, 9, 10].map((i) => Math.fround(native(i)));
    expect([...(values?.values[0] ?? [])]).toEqual(expected);
    const [wide] = await reply(
      "values of wide bins",
      client.values(body("values of wide bins") as ValuesRequest),
    );
    expect(wide).toMatchObject({ bin: 128, start: ORIGIN, n: 3 });
    expect([...(wide?.values[0] ?? [])]).toEqual([0, 0.25, 0.5]);
  });

  it("genes", async () => {
    const answer = client.genes();
    sentLike("genes");
    const genes = await reply("genes", answer);
    expect(genes.names).toEqual(["TMC2", HOSTILE]);
    expect([...genes.strand]).toEqual([1, -1]);
    expect([...genes.exonOffsets]).toEqual([0, 2, 3]);
    expect([...genes.exonStart]).toEqual([1_000_100, 1_000_900, 1_002_000]);
  });

  it("variants", async () => {
    const answer = client.variants();
    sentLike("variants");
    const variants = await reply("variants", answer);
    expect(variants.ids.slice(0, 2)).toEqual(["rs572140578", HOSTILE]);
    expect([...variants.kind]).toEqual([0, 3, 2]);
    expect(variants.start[0]).toBe(1_000_010);
    expect(variants.changes).toEqual(["G>A", "GTT>G", "G>GTT"]);
    expect(variants.score).toBeNull();
  });

  it("sequence", async () => {
    const answer = client.sequence({ start: ORIGIN, end: ORIGIN + 10 });
    sentLike("sequence");
    expect(await reply("sequence", answer)).toEqual({ start: ORIGIN, text: "ACGTNACGTN" });
  });

  it.each(MESSAGES.filter(({ name }) => name.startsWith("error")).map(({ name }) => [name]))(
    "%s rejects with its code and a sentence",
    async (name) => {
      const [message] = named(name);
      const answer = client.request(message?.request.type ?? "");
      const error: unknown = await reply(name, answer).catch((reason: unknown) => reason);
      if (!(error instanceof WireError)) throw new Error(`${name} did not reject`);
      expect(error.code).toBe(message?.header["code"]);
      expect(error.message).toMatch(/^\S.*\S$/s);
      expect(error.code).not.toBe("internal");
    },
  );

  it("are all read by some test above", () => {
    const types = new Set(MESSAGES.map(({ request }) => request.type));
    expect([...types].sort()).toEqual([
      "catalog",
      "genes",
      "hello",
      "overview",
      "ping",
      "predict",
      "sequence",
      "tiles",
      "values",
      "variants",
    ]);
  });
});

describe("damaged messages", () => {
  it.each(
    MESSAGES.filter(({ buffers }) => buffers.some((text) => text !== "")).map((m) => [m.name]),
  )("%s without its last byte is a bad answer", async (name) => {
    const message = MESSAGES.find((one) => one.name === name);
    const type = message?.request.type ?? "";
    const calls: Record<string, () => Promise<unknown>> = {
      catalog: () => client.catalog(),
      overview: () => client.overview({ mode: "ref", tracks: [] }),
      tiles: () =>
        client.tiles({ mode: "ref", level: 0, first: 0, count: 1, tracks: [], encoding: "u8" }),
      values: () => client.values({ mode: "ref", tracks: [], start: 0, end: 1 }),
      genes: () => client.genes(),
      variants: () => client.variants(),
      sequence: () => client.sequence({ start: ORIGIN, end: ORIGIN + 10 }),
    };
    const call = calls[type];
    if (call === undefined) throw new Error(`no call for ${type}`);
    const answer = call();
    const views = (message?.buffers ?? []).map(bytesOf);
    const at = type === "catalog" ? views.length - 1 : 0;
    const cut = views[at] as DataView;
    views[at] = new DataView(cut.buffer, cut.byteOffset, cut.byteLength - 1);
    model.say({ ...message?.header, id: model.sent.at(-1)?.id, part: 0, parts: 1 }, views);
    await expect(answer).rejects.toMatchObject({ code: "bad_answer" });
  });
});

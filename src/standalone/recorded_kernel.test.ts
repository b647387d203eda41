import { beforeAll, describe, expect, it } from "vitest";
import { basesOf } from "../../ui-tests/gallery/fake_bases.js";
import { decodeTilesPart } from "../core/answers.js";
import { RecordedKernel, type SentPart } from "./recorded_kernel.js";
import { recordAnswer, recordView } from "./testing/recording.js";

let kernel: RecordedKernel;
beforeAll(async () => {
  kernel = new RecordedKernel(await recordView());
});

function only(parts: SentPart[] | null): SentPart {
  if (parts?.length !== 1 || parts[0] === undefined) throw new Error("not one part");
  return parts[0];
}

describe("whole answers", () => {
  it("come back byte for byte under the id of the request", async () => {
    const recorded = await recordAnswer({ type: "genes" });
    const part = only(kernel.answer({ v: 1, id: 77, type: "genes", rev: 1 }));
    expect(part.header).toMatchObject({ v: 1, id: 77, ok: true, type: "genes", part: 0, parts: 1 });
    expect(part.buffers.map((buffer) => buffer.byteLength)).toEqual(
      recorded.parts[0]?.buffers.map((text) => atob(text).length),
    );
  });

  it("include a ping, and nothing that was not recorded", () => {
    expect(only(kernel.answer({ id: 1, type: "ping" })).header["ok"]).toBe(true);
    expect(
      kernel.answer({ id: 2, type: "values", mode: "ref", tracks: [0], start: 1, end: 2 }),
    ).toBeNull();
    expect(kernel.answer({ id: 3, type: "sequence" })).toBeNull();
  });
});

describe("bases", () => {
  const bases = (start: number, end: number) => ({ id: 5, type: "sequence", start, end });

  it("are cut to what was asked and recorded", async () => {
    const { start, end } = { start: 2_570_000, end: 2_570_100 };
    const saved = new RecordedKernel([await recordAnswer({ type: "sequence", start, end })]);
    const read = (from: number, to: number): [unknown, unknown, string] => {
      const { header, buffers } = only(saved.answer(bases(from, to)));
      return [header["start"], header["end"], new TextDecoder().decode(buffers[0])];
    };
    const whole = basesOf(start, end);
    expect(read(start, end)).toEqual([start, end, whole]);
    expect(read(start + 10, start + 20)).toEqual([start + 10, start + 20, whole.slice(10, 20)]);
    expect(read(start - 50, start + 20)).toEqual([start, start + 20, whole.slice(0, 20)]);
    expect(read(end - 1, end + 50)).toEqual([end - 1, end, whole.slice(-1)]);
    expect(saved.answer(bases(end, end + 10))).toBeNull();
    expect(saved.answer(bases(start - 10, start))).toBeNull();
  });
});

describe("tiles", () => {
  const ask = { type: "tiles", mode: "ref", level: 1, encoding: "f32" };

  it("are cut to the asked bins and tracks, as a kernel would answer", async () => {
    const want = { ...ask, first: 9_216, count: 1_024, tracks: [2, 0] };
    const answer = decodeTilesPart(only(kernel.answer({ id: 9, ...want })));
    const [live] = (await recordAnswer(want)).parts;
    if (live === undefined) throw new Error("no live answer");
    const buffers = live.buffers.map(
      (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer),
    );
    const truth = decodeTilesPart({ header: live.header, buffers });
    expect(answer).toMatchObject({
      tracks: [2, 0],
      first: 9_216,
      n: 1_024,
      start: truth.start,
      bin: 4,
    });
    for (const [t, values] of answer.max.entries()) {
      for (const [i, value] of values.entries()) {
        // The record keeps 16 bits per value, the live answer was asked raw.
        expect(value).toBeCloseTo(truth.max[t]?.[i] ?? NaN, 4);
      }
    }
  });

  it("are cut at the end of the record", () => {
    const part = only(kernel.answer({ id: 1, ...ask, first: 14_000, count: 4_096, tracks: [0] }));
    expect(part.header["n"]).toBe(14_336 - 14_000);
  });

  it("leave out tracks that were not saved", () => {
    const part = only(kernel.answer({ id: 1, ...ask, first: 9_216, count: 8, tracks: [0, 55] }));
    expect(part.header["tracks"]).toEqual([0]);
  });

  it("are refused at another place, level or mode", () => {
    for (const other of [{ first: 0 }, { level: 0 }, { mode: "alt" }, { tracks: [99] }]) {
      expect(
        kernel.answer({ id: 1, ...ask, first: 9_216, count: 8, tracks: [0], ...other }),
      ).toBeNull();
    }
  });
});

describe("overviews", () => {
  it("hold the asked tracks only", () => {
    const answer = decodeTilesPart(
      only(kernel.answer({ id: 1, type: "overview", mode: "ref", tracks: [4, 1] })),
    );
    expect(answer.tracks).toEqual([4, 1]);
    expect(answer.approximate).toBe(true);
    expect(kernel.answer({ id: 1, type: "overview", mode: "diff", tracks: [0] })).toBeNull();
  });
});

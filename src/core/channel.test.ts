import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Channel, type Push } from "./channel.js";
import { WIRE_TIMES, type Part } from "./pending.js";
import { FakeModel, viewOf } from "./testing/fake_model.js";
import { WireError } from "./wire_error.js";

let model: FakeModel;
let channel: Channel;
const rejections: unknown[] = [];

function keepRejection(reason: unknown): void {
  rejections.push(reason);
}

/** How a request ended: "ok" or its error code. */
function ending(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => "ok",
    (error: unknown) => (error instanceof WireError ? error.code : String(error)),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  channel = new Channel(model, (callback) => setTimeout(callback, WIRE_TIMES.frameMs));
  globalThis.addEventListener("unhandledrejection", keepRejection);
});

afterEach(() => {
  channel.close();
  vi.useRealTimers();
  globalThis.removeEventListener("unhandledrejection", keepRejection);
  expect(rejections).toEqual([]);
});

describe("a request", () => {
  it("carries version, id, type, body and the data revision", () => {
    channel.rev = 4;
    void channel.request("sequence", { start: 1, end: 9 });
    expect(model.last("sequence")).toMatchObject({ v: 1, rev: 4, start: 1, end: 9 });
    expect(model.last("sequence").id).toBeGreaterThan(0);
    for (const type of ["hello", "catalog", "ping"]) {
      void channel.request(type);
      expect(model.last(type)).not.toHaveProperty("rev");
    }
  });

  it("never lets a body overwrite the envelope", () => {
    void channel.request("ping", { id: "mine", v: 9, type: "export" });
    expect(model.last("ping")).toMatchObject({ v: 1, type: "ping" });
    expect(typeof model.last("ping").id).toBe("number");
  });

  it("resolves with the parts in order, however they arrive", async () => {
    const seen: number[] = [];
    const answer = channel.request("tiles", {}, { onPart: (part) => seen.push(partNo(part)) });
    const { id } = model.last("tiles");
    for (const part of [2, 0, 0, 1]) {
      model.say({ v: 1, id, ok: true, type: "tiles", part, parts: 3 });
    }
    expect((await answer).map(partNo)).toEqual([0, 1, 2]);
    expect(seen).toEqual([2, 0, 1]);
  });

  it("takes DataView, typed array and plain buffers", async () => {
    const answer = channel.request("sequence");
    const bytes = Uint8Array.of(1, 2, 3);
    model.answer("sequence", {}, [viewOf(bytes), bytes.subarray(1), bytes.buffer]);
    const [part] = await answer;
    expect(part?.buffers.map((view) => view.byteLength)).toEqual([3, 2, 3]);
    expect(part?.buffers[1]?.getUint8(0)).toBe(2);
  });

  it("rejects with the kernel's sentence, code and hint", async () => {
    const answer = channel.request("values");
    const { id } = model.last("values");
    model.say({ v: 1, id, ok: false, code: "too_large", message: "9,000 bins.", hint: "Zoom in." });
    await expect(answer).rejects.toMatchObject({
      code: "too_large",
      message: "9,000 bins.",
      hint: "Zoom in.",
    });
  });

  it("reads an unknown code as internal", async () => {
    const answer = ending(channel.request("ping"));
    model.say({ v: 1, id: model.last("ping").id, ok: false, code: "<b>", message: 5 });
    expect(await answer).toBe("internal");
  });

  it.each([
    ["another version", { v: 2 }, "version_mismatch"],
    ["another type", { type: "values" }, "bad_answer"],
    ["no ok", { ok: "yes" }, "bad_answer"],
    ["part beyond parts", { part: 1 }, "bad_answer"],
    ["no parts", { parts: 0 }, "bad_answer"],
    ["a million parts", { parts: 1e6 }, "bad_answer"],
    ["part as text", { part: "0" }, "bad_answer"],
  ])("with %s ends", async (_, header, code) => {
    const answer = ending(channel.request("tiles"));
    model.answer("tiles", header);
    expect(await answer).toBe(code);
  });

  it("whose number of parts changes is a bad answer", async () => {
    const answer = ending(channel.request("tiles"));
    const { id } = model.last("tiles");
    model.say({ v: 1, id, ok: true, type: "tiles", part: 0, parts: 2 });
    model.say({ v: 1, id, ok: true, type: "tiles", part: 1, parts: 3 });
    expect(await answer).toBe("bad_answer");
  });

  it("with a buffer that is no buffer is a bad answer", async () => {
    const answer = ending(channel.request("tiles"));
    model.answer("tiles", {}, ["text"]);
    expect(await answer).toBe("bad_answer");
  });

  it("ignores unknown ids and nonsense", async () => {
    const answer = ending(channel.request("ping"));
    const { id } = model.last("ping");
    for (const content of [null, 5, "x", [], {}, { id: id + 1, ok: true }, { type: 7 }]) {
      model.say(content);
    }
    model.answer("ping");
    expect(await answer).toBe("ok");
    model.answer("ping");
  });

  it("hears only its own answers when two views share a model", async () => {
    const other = new Channel(model, (callback) => setTimeout(callback, 0));
    const [mine, theirs] = [channel.request("ping"), other.request("ping")];
    const [first, second] = model.sent;
    expect(first?.id).not.toBe(second?.id);
    if (second !== undefined) model.answerTo(second, { who: "theirs" });
    if (first !== undefined) model.answerTo(first, { who: "mine" });
    expect((await mine)[0]?.header["who"]).toBe("mine");
    expect((await theirs)[0]?.header["who"]).toBe("theirs");
    other.close();
  });
});

function partNo(part: Part): number {
  return Number(part.header["part"]);
}

describe("an abort", () => {
  it("tells the kernel and settles as cancelled", async () => {
    const view = new AbortController();
    const answer = ending(channel.request("genes", {}, { signal: view.signal }));
    const { id } = model.last("genes");
    view.abort();
    expect(await answer).toBe("cancelled");
    expect(model.last("cancel")).toEqual({ v: 1, id, type: "cancel" });
  });

  it("before the start sends nothing", async () => {
    const answer = channel.request("genes", {}, { signal: AbortSignal.abort() });
    expect(await ending(answer)).toBe("cancelled");
    expect(model.sent).toEqual([]);
  });

  it("after the answer sends nothing", async () => {
    const view = new AbortController();
    const answer = channel.request("genes", {}, { signal: view.signal });
    model.answer("genes");
    await answer;
    await vi.advanceTimersByTimeAsync(0);
    view.abort();
    expect(model.sent.map((message) => message.type)).toEqual(["genes"]);
  });
});

describe("time", () => {
  it("shows busy after 10 s and clears it with the answer", async () => {
    const busy: boolean[] = [];
    channel.onBusy((isBusy) => busy.push(isBusy));
    const answer = channel.request("ping");
    await vi.advanceTimersByTimeAsync(WIRE_TIMES.busyMs - 1);
    expect(channel.isBusy).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(channel.isBusy).toBe(true);
    model.answer("ping");
    await answer;
    expect(busy).toEqual([true, false]);
  });

  it("stays busy while the view moves on over a silent kernel", async () => {
    const busy: boolean[] = [];
    channel.onBusy((isBusy) => busy.push(isBusy));
    for (const n of [1, 2, 3, 4]) {
      for (const answer of channel.viewport([{ type: "tiles", body: { n } }])) void ending(answer);
      await vi.advanceTimersByTimeAsync(WIRE_TIMES.busyMs / 2);
    }
    expect(channel.isBusy).toBe(true);
    expect(busy).toEqual([true]);
    await vi.advanceTimersByTimeAsync(2 * WIRE_TIMES.timeoutMs);
    expect(busy.at(-1)).toBe(false);
  });

  it("ends a request after 120 s, and clears busy", async () => {
    const answer = ending(channel.request("ping"));
    await vi.advanceTimersByTimeAsync(WIRE_TIMES.timeoutMs);
    expect(await answer).toBe("timeout");
    expect(channel.isBusy).toBe(false);
  });

  it("is read from one object that tests can scale", async () => {
    const before = { ...WIRE_TIMES };
    Object.assign(WIRE_TIMES, { busyMs: 10, timeoutMs: 20 });
    const answer = ending(channel.request("ping"));
    await vi.advanceTimersByTimeAsync(20);
    Object.assign(WIRE_TIMES, before);
    expect(await answer).toBe("timeout");
  });

  it("offers late answers of the current data, and drops older ones", async () => {
    const late = vi.fn();
    channel.onLate(late);
    channel.rev = 1;
    const answers = [ending(channel.request("tiles", { n: 1 })), ending(channel.request("values"))];
    await vi.advanceTimersByTimeAsync(WIRE_TIMES.timeoutMs);
    expect(await Promise.all(answers)).toEqual(["timeout", "timeout"]);
    model.answer("tiles");
    expect(late).toHaveBeenCalledTimes(1);
    expect(late).toHaveBeenCalledWith(expect.objectContaining({ type: "tiles", body: { n: 1 } }));
    channel.rev = 2;
    model.answer("values");
    expect(late).toHaveBeenCalledTimes(1);
  });
});

describe("pushes", () => {
  it("reach their listeners and set the revision", () => {
    const pushes: Push[] = [];
    const stop = channel.onPush((push) => pushes.push(push));
    model.say({ v: 1, type: "invalidate", rev: 7 });
    model.say({ v: 1, type: "status", state: "idle" });
    stop();
    model.say({ v: 1, type: "status", state: "busy" });
    expect(pushes.map((push) => push.type)).toEqual(["invalidate", "status"]);
    expect(channel.rev).toBe(7);
  });
});

describe("the end", () => {
  it("settles everything as closed and stops listening", async () => {
    const answers = [channel.request("ping"), ...channel.viewport([{ type: "tiles", body: {} }])];
    channel.close();
    channel.close();
    expect(await Promise.all(answers.map(ending))).toEqual(["closed", "closed"]);
    expect(model.listeners.size).toBe(0);
    expect(channel.isClosed).toBe(true);
    expect(await ending(channel.request("ping"))).toBe("closed");
    const [late] = channel.viewport([{ type: "tiles", body: {} }]);
    expect(await ending(late ?? Promise.resolve())).toBe("closed");
    await vi.advanceTimersByTimeAsync(WIRE_TIMES.frameMs);
    expect(vi.getTimerCount()).toBe(0);
    expect(model.sent.map(({ type }) => type)).toEqual(["ping"]);
  });

  it("comes at once when the comm cannot send", async () => {
    model.failure = new Error("Comm is closed");
    const answer = channel.request("ping");
    await expect(answer).rejects.toMatchObject({ code: "closed", message: /Comm is closed/ });
    expect(vi.getTimerCount()).toBe(0);
  });
});

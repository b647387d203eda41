import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Channel } from "./channel.js";
import { WIRE_TIMES } from "./pending.js";
import { FakeModel } from "./testing/fake_model.js";
import { nextFrame } from "./viewport_queue.js";
import { isCancelled, WireError } from "./wire_error.js";

const FRAME = WIRE_TIMES.frameMs;
let model: FakeModel;
let channel: Channel;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  channel = new Channel(model, (callback) => setTimeout(callback, FRAME));
});

afterEach(() => {
  channel.close();
  vi.useRealTimers();
});

function view(...firsts: number[]): Promise<unknown>[] {
  return channel.viewport(firsts.map((first) => ({ type: "tiles", body: { first } })));
}

function sentFirsts(): unknown[] {
  return model.sent.filter(({ type }) => type === "tiles").map((message) => message["first"]);
}

async function frames(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * FRAME);
}

function code(error: unknown): string {
  return error instanceof WireError ? error.code : String(error);
}

describe("requests of the moving view", () => {
  it("leave one per frame, two in flight", async () => {
    void view(1, 2, 3);
    expect(sentFirsts()).toEqual([]);
    await frames(1);
    expect(sentFirsts()).toEqual([1]);
    await frames(5);
    expect(sentFirsts()).toEqual([1, 2]);
    model.answer("tiles");
    await frames(1);
    expect(sentFirsts()).toEqual([1, 2, 3]);
  });

  it("that never left are dropped when the view moves on", async () => {
    const [old] = view(1);
    void view(2);
    await expect(old).rejects.toSatisfy(isCancelled);
    await frames(3);
    expect(sentFirsts()).toEqual([2]);
    expect(model.sent.map(({ type }) => type)).toEqual(["tiles"]);
  });

  it("in flight are cancelled when the view moves on", async () => {
    const [old] = view(1);
    await frames(1);
    const { id } = model.last("tiles");
    void view(2);
    await expect(old).rejects.toSatisfy(isCancelled);
    await frames(2);
    expect(model.sent.map(({ type }) => type)).toEqual(["tiles", "cancel", "tiles"]);
    expect(model.last("cancel")["id"]).toBe(id);
  });

  it("that are asked for again are kept, not repeated", async () => {
    const [first] = view(1, 2);
    await frames(1);
    const [again] = view(1, 3);
    expect(again).toBe(first);
    await frames(3);
    expect(sentFirsts()).toEqual([1, 3]);
  });

  it("of the same view twice in one list are one message", async () => {
    const [a, b] = view(1, 1);
    expect(a).toBe(b);
    await frames(3);
    expect(sentFirsts()).toEqual([1]);
  });

  it("of other data are not the same request", async () => {
    void view(1);
    await frames(1);
    channel.rev = 5;
    void view(1);
    await frames(3);
    expect(model.sent.map(({ type }) => type)).toEqual(["tiles", "cancel", "tiles"]);
  });

  it("given up keep their place until the kernel settles them: no flood while it is busy", async () => {
    for (let i = 0; i < 300; i += 1) {
      void view(i);
      await frames(1);
    }
    expect(model.sent.length).toBeLessThanOrEqual(4);
    for (const message of model.sent.filter(({ type }) => type === "tiles")) {
      model.say({ v: 1, id: message.id, ok: false, code: "cancelled", message: "Cancelled." });
    }
    await frames(2);
    expect(sentFirsts().at(-1)).toBe(299);
  });

  it("at 10,000 zoom events a second stay below 60 messages, and the last view wins", async () => {
    let count = 0;
    let last: unknown;
    for (let i = 0; i < 10_000; i += 1) {
      void view(i);
      await vi.advanceTimersByTimeAsync(0.1);
      for (const message of model.sent.splice(0, model.sent.length)) {
        count += 1;
        if (message.type === "tiles") {
          last = message["first"];
          setTimeout(() => {
            model.answerTo(message);
          }, 40);
        }
      }
    }
    expect(count).toBeLessThanOrEqual(63);
    await vi.advanceTimersByTimeAsync(500);
    last = sentFirsts().at(-1) ?? last;
    expect(last).toBe(9_999);
  });

  it("free their place when the kernel is gone", async () => {
    const gone = view(1, 2).map((request) => request.catch(code));
    await frames(2);
    await vi.advanceTimersByTimeAsync(WIRE_TIMES.timeoutMs);
    expect(await Promise.all(gone)).toEqual(["timeout", "timeout"]);
    void view(3);
    await frames(1);
    expect(sentFirsts()).toEqual([1, 2, 3]);
  });

  it("report their parts", async () => {
    const parts: unknown[] = [];
    void channel.viewport([{ type: "tiles", body: {} }], (part) => parts.push(part.header["n"]));
    await frames(1);
    model.answer("tiles", { n: 5 });
    expect(parts).toEqual([5]);
  });

  it("none at all give up everything", async () => {
    const [old] = view(1);
    expect(channel.viewport([])).toEqual([]);
    await expect(old).rejects.toSatisfy(isCancelled);
  });
});

describe("nextFrame", () => {
  it("falls back to a timer on a hidden page", async () => {
    const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    const callback = vi.fn();
    nextFrame(callback);
    await frames(1);
    expect(callback).toHaveBeenCalledTimes(1);
    hidden.mockRestore();
  });

  it("is an animation frame on a visible page", () => {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
    const frame = vi.fn();
    vi.stubGlobal("requestAnimationFrame", frame);
    const callback = vi.fn();
    nextFrame(callback);
    expect(frame).toHaveBeenCalledWith(callback);
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pending, WIRE_TIMES, type Part } from "./pending.js";
import { WireError } from "./wire_error.js";

const clocks = { onBusy: vi.fn(), onExpired: vi.fn() };
let request: Pending;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  request = new Pending(1, "tiles", {}, 1, clocks);
});

afterEach(() => {
  request.stopClocks();
  vi.useRealTimers();
});

function part(index: number, total: number): Part {
  return { header: { part: index, parts: total }, buffers: [] };
}

describe("an open request", () => {
  it("is complete with its last part, in whatever order", () => {
    expect(request.accept(part(1, 3))).toBe(false);
    expect(request.accept(part(0, 3))).toBe(false);
    expect(request.accept(part(0, 3))).toBe(false);
    expect(request.accept(part(2, 3))).toBe(true);
    expect(request.parts().map(({ header }) => header["part"])).toEqual([0, 1, 2]);
  });

  it("settles once", async () => {
    request.succeed();
    request.fail(new WireError("timeout", "late"));
    await expect(request.promise).resolves.toEqual([]);
    expect(request.isSettled).toBe(true);
  });

  it("still collects parts after it was given up, without telling the view", () => {
    request.onPart = vi.fn();
    request.fail(new WireError("cancelled", "moved on"));
    expect(request.accept(part(0, 1))).toBe(true);
    expect(request.onPart).not.toHaveBeenCalled();
  });

  it("is busy after 10 s unless it has settled", () => {
    request.startClocks();
    vi.advanceTimersByTime(WIRE_TIMES.busyMs);
    expect(request.isBusy).toBe(true);
    request.succeed();
    expect(request.isBusy).toBe(false);
    expect(clocks.onBusy).toHaveBeenCalledTimes(2);
  });

  it("expires after 120 s, also when nobody waits for it any more", async () => {
    request.startClocks();
    request.fail(new WireError("cancelled", "moved on"));
    vi.advanceTimersByTime(WIRE_TIMES.timeoutMs);
    expect(clocks.onExpired).toHaveBeenCalledWith(request);
    expect(request.isBusy).toBe(false);
    await expect(request.promise).rejects.toMatchObject({ code: "cancelled" });
  });
});

/**
 * Requests of the moving view: one message per animation frame, only the newest view, two in
 * flight. A given-up request keeps its place in flight until the kernel settles it, so that a busy
 * kernel is never flooded.
 */
import { WIRE_TIMES, type Pending } from "./pending.js";
import { WireError } from "./wire_error.js";

const IN_FLIGHT = 2;

export interface QueuePort {
  /** Send the request now and start its clocks. */
  send(request: Pending): void;
  /** Tell the kernel that nobody waits for this request. */
  cancel(request: Pending): void;
}

export type FrameScheduler = (callback: () => void) => void;

/** An animation frame on a visible page, a timer elsewhere (hidden pages draw no frames). */
export const nextFrame: FrameScheduler = (callback) => {
  if (typeof requestAnimationFrame === "function" && document.visibilityState === "visible") {
    requestAnimationFrame(callback);
  } else {
    setTimeout(callback, WIRE_TIMES.frameMs);
  }
};

export class ViewportQueue {
  readonly #port: QueuePort;
  readonly #frame: FrameScheduler;
  #waiting = new Map<string, Pending>();
  readonly #flying = new Map<string, Pending>();
  readonly #given = new Set<Pending>();
  readonly #cancels = new Set<Pending>();
  #isScheduled = false;
  #isClosed = false;

  constructor(port: QueuePort, frame: FrameScheduler = nextFrame) {
    this.#port = port;
    this.#frame = frame;
  }

  /** Make `wanted` the newest view; equal requests that are already under way are kept. */
  replace(wanted: ReadonlyMap<string, () => Pending>): Map<string, Pending> {
    const waiting = new Map<string, Pending>();
    const result = new Map<string, Pending>();
    for (const [key, create] of wanted) {
      const flying = this.#flying.get(key);
      const request = flying ?? this.#waiting.get(key) ?? create();
      if (flying === undefined) waiting.set(key, request);
      result.set(key, request);
    }
    for (const [key, request] of this.#waiting) if (!waiting.has(key)) request.fail(superseded());
    for (const [key, request] of this.#flying) if (!wanted.has(key)) this.#giveUp(key, request);
    this.#waiting = waiting;
    this.#schedule();
    return result;
  }

  /** The kernel (or a clock) has finished with this request: its place is free. */
  release(request: Pending): void {
    for (const [key, flying] of this.#flying) if (flying === request) this.#flying.delete(key);
    this.#given.delete(request);
    this.#cancels.delete(request);
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    for (const request of this.#waiting.values()) {
      request.fail(new WireError("closed", "This view is closed."));
    }
    this.#waiting.clear();
    this.#cancels.clear();
  }

  #giveUp(key: string, request: Pending): void {
    this.#flying.delete(key);
    this.#given.add(request);
    this.#cancels.add(request);
    request.fail(superseded());
  }

  #schedule(): void {
    const hasRoom = this.#flying.size + this.#given.size < IN_FLIGHT;
    const hasWork = this.#cancels.size > 0 || (this.#waiting.size > 0 && hasRoom);
    if (this.#isScheduled || this.#isClosed || !hasWork) return;
    this.#isScheduled = true;
    this.#frame(() => {
      this.#isScheduled = false;
      if (this.#isClosed) return;
      this.#sendOne();
      this.#schedule();
    });
  }

  #sendOne(): void {
    for (const given of this.#cancels) {
      this.#cancels.delete(given);
      this.#port.cancel(given);
      return;
    }
    const next = this.#waiting.entries().next();
    if (next.done === true || this.#flying.size + this.#given.size >= IN_FLIGHT) return;
    const [key, request] = next.value;
    this.#waiting.delete(key);
    this.#flying.set(key, request);
    this.#port.send(request);
  }
}

function superseded(): WireError {
  return new WireError("cancelled", "A newer view replaced this request.");
}

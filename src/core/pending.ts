/** One open request: its parts as they arrive, its clocks, and the promise that always settles. */
import { WireError } from "./wire_error.js";

/** All waiting times of the page, in one object so that tests can scale them. */
export const WIRE_TIMES = { busyMs: 10_000, timeoutMs: 120_000, frameMs: 16 };

/** Header and binary buffers of one message. */
export interface Part {
  readonly header: Readonly<Record<string, unknown>>;
  readonly buffers: readonly DataView[];
}

export type PartListener = (part: Part) => void;

/** More parts than the largest allowed answer could have. */
const MOST_PARTS = 4_096;

export interface Clocks {
  /** The busy mark of a request may have changed. */
  readonly onBusy: () => void;
  /** The kernel has not finished with this request in time, wanted or not. */
  readonly onExpired: (request: Pending) => void;
}

export class Pending {
  readonly promise: Promise<Part[]>;
  onPart: PartListener | undefined;
  isSettled = false;
  isBusy = false;
  #parts: (Part | undefined)[] | null = null;
  #busyTimer: ReturnType<typeof setTimeout> | undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #resolve: (parts: Part[]) => void = () => undefined;
  #reject: (error: WireError) => void = () => undefined;
  readonly #clocks: Clocks;

  constructor(
    readonly id: number,
    readonly type: string,
    readonly body: Readonly<Record<string, unknown>>,
    readonly rev: number | null,
    clocks: Clocks,
  ) {
    this.#clocks = clocks;
    this.promise = new Promise<Part[]>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A view may drop a request without looking back: its rejection is then nobody's business.
    this.promise.catch(() => undefined);
  }

  /** Start both clocks; called when the message has been sent. */
  startClocks(): void {
    this.#busyTimer = setTimeout(() => {
      // Also when nobody waits any more: a kernel that owes an answer to an old view is busy.
      this.isBusy = true;
      this.#clocks.onBusy();
    }, WIRE_TIMES.busyMs);
    this.#endTimer = setTimeout(() => {
      this.fail(new WireError("timeout", "The kernel did not answer in time.", "Try again."));
      this.#calm();
      this.#clocks.onExpired(this);
    }, WIRE_TIMES.timeoutMs);
  }

  /** No message of the kernel is expected any more. */
  stopClocks(): void {
    clearTimeout(this.#busyTimer);
    clearTimeout(this.#endTimer);
    this.#calm();
  }

  /** Take one part; true when the answer is complete, also after the promise was given up. */
  accept(part: Part): boolean {
    const { part: index, parts: total } = part.header;
    const isPlaced = isCount(index) && isCount(total) && index < total && total <= MOST_PARTS;
    if (!isPlaced || (this.#parts !== null && this.#parts.length !== total)) {
      throw new WireError(
        "bad_answer",
        `The answer to ${this.type} has part ${String(index)} of ${String(total)}.`,
      );
    }
    this.#parts ??= new Array<Part | undefined>(total).fill(undefined);
    if (this.#parts[index] !== undefined) return false;
    this.#parts[index] = part;
    if (!this.isSettled) this.onPart?.(part);
    return this.#parts.every((have) => have !== undefined);
  }

  /** The parts that have arrived, in order. */
  parts(): Part[] {
    return (this.#parts ?? []).filter((part) => part !== undefined);
  }

  succeed(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#calm();
    this.#resolve(this.parts());
  }

  fail(error: WireError): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#reject(error);
  }

  #calm(): void {
    if (!this.isBusy) return;
    this.isBusy = false;
    this.#clocks.onBusy();
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

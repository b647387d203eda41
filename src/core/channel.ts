/**
 * Requests and answers over the widget's own comm. Every request settles: answer, error answer,
 * cancel, timeout or closed. An answer that comes after its request was given up is still offered
 * to `onLate`, because the bytes may fit the current view.
 */
import { Pending, type Clocks, type Part, type PartListener } from "./pending.js";
import { nextFrame, ViewportQueue, type FrameScheduler } from "./viewport_queue.js";
import { WireError, wireCodeOf } from "./wire_error.js";

/** Version of the messages; the kernel speaks the same or says `version_mismatch`. */
export const WIRE_VERSION = 1;

export type MessageListener = (content: unknown, buffers: readonly unknown[]) => void;

/** The part of an anywidget model that messages need. */
export interface WireModel {
  send(content: unknown): void;
  on(event: "msg:custom", listener: MessageListener): void;
  off(event: "msg:custom", listener: MessageListener): void;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly onPart?: PartListener;
}

export type Body = Readonly<Record<string, unknown>>;

/** A message nobody asked for: `invalidate`, `status` or `progress`. */
export interface Push {
  readonly type: string;
  readonly content: Body;
}

export interface LateAnswer {
  readonly type: string;
  readonly body: Body;
  readonly parts: Part[];
}

export interface ViewRequest {
  readonly type: string;
  readonly body: Body;
}

const WITHOUT_REV = new Set(["hello", "catalog", "ping"]);
const MOST_GIVEN_UP = 64;

// Two views of one model hear each other's answers, so their ids must never meet.
let lastId = Math.floor(Math.random() * 2 ** 30);

export class Channel {
  /** Number of the data the page knows; set by `hello`, by `invalidate` and by the owner. */
  rev = 0;
  readonly #model: WireModel;
  readonly #open = new Map<number, Pending>();
  readonly #queue: ViewportQueue;
  readonly #busyListeners = new Set<(isBusy: boolean) => void>();
  readonly #pushListeners = new Set<(push: Push) => void>();
  readonly #lateListeners = new Set<(late: LateAnswer) => void>();
  readonly #clocks: Clocks = {
    onBusy: () => {
      this.#checkBusy();
    },
    onExpired: (request) => {
      this.#queue.release(request);
      this.#trim();
    },
  };
  readonly #listener: MessageListener = (content, buffers) => {
    this.#receive(content, buffers);
  };
  #isBusy = false;
  #isClosed = false;

  constructor(model: WireModel, frame: FrameScheduler = nextFrame) {
    this.#model = model;
    const port = {
      send: (request: Pending) => {
        this.#send(request);
      },
      cancel: (request: Pending) => {
        this.#post({ v: WIRE_VERSION, id: request.id, type: "cancel" });
      },
    };
    this.#queue = new ViewportQueue(port, frame);
    model.on("msg:custom", this.#listener);
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Send at once; resolves with all parts of the answer. */
  request(type: string, body: Body = {}, options: RequestOptions = {}): Promise<Part[]> {
    const request = this.#create(type, body);
    request.onPart = options.onPart;
    const { signal } = options;
    if (this.#isClosed) request.fail(closedError());
    else if (signal?.aborted === true) request.fail(abortedError());
    else {
      this.#send(request);
      if (signal !== undefined) this.#cancelOnAbort(request, signal);
    }
    return request.promise;
  }

  /** Make these the only requests of the moving view; the promises are in the same order. */
  viewport(requests: readonly ViewRequest[], onPart?: PartListener): Promise<Part[]>[] {
    const wanted = new Map<string, () => Pending>();
    const keys = requests.map(({ type, body }) => {
      const key = JSON.stringify([type, this.rev, body]);
      wanted.set(key, () => this.#create(type, body));
      return key;
    });
    if (this.#isClosed) return requests.map(({ type, body }) => this.request(type, body));
    const pending = this.#queue.replace(wanted);
    for (const request of pending.values()) request.onPart = onPart;
    return keys.map((key) => (pending.get(key) as Pending).promise);
  }

  /** Hear when an answer is overdue, and when none is any more. */
  onBusy(listener: (isBusy: boolean) => void): () => void {
    return subscribed(this.#busyListeners, listener);
  }

  onPush(listener: (push: Push) => void): () => void {
    return subscribed(this.#pushListeners, listener);
  }

  /** Hear complete answers to requests that were given up, when they are of the current data. */
  onLate(listener: (late: LateAnswer) => void): () => void {
    return subscribed(this.#lateListeners, listener);
  }

  /** Stop listening; everything open settles as `closed`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#model.off("msg:custom", this.#listener);
    this.#queue.close();
    for (const request of this.#open.values()) {
      request.stopClocks();
      request.fail(closedError());
    }
    this.#open.clear();
    for (const set of [this.#busyListeners, this.#pushListeners, this.#lateListeners]) set.clear();
  }

  #create(type: string, body: Body): Pending {
    lastId += 1;
    return new Pending(lastId, type, body, WITHOUT_REV.has(type) ? null : this.rev, this.#clocks);
  }

  #send(request: Pending): void {
    const { id, type, body, rev } = request;
    this.#open.set(id, request);
    const problem = this.#post({
      ...body,
      ...(rev === null ? {} : { rev }),
      v: WIRE_VERSION,
      id,
      type,
    });
    if (problem === null) {
      request.startClocks();
      return;
    }
    request.fail(new WireError("closed", `The message could not be sent: ${problem}`));
    this.#finish(request);
  }

  /** Null when sent, else why not; a comm whose kernel is gone throws on send. */
  #post(content: Body): string | null {
    try {
      this.#model.send(content);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #cancelOnAbort(request: Pending, signal: AbortSignal): void {
    const abort = (): void => {
      this.#post({ v: WIRE_VERSION, id: request.id, type: "cancel" });
      request.fail(abortedError());
      this.#trim();
    };
    signal.addEventListener("abort", abort, { once: true });
    const forget = (): void => {
      signal.removeEventListener("abort", abort);
    };
    request.promise.then(forget, forget);
  }

  #receive(content: unknown, buffers: readonly unknown[]): void {
    if (!isRecord(content)) return;
    if (typeof content["id"] !== "number") {
      this.#receivePush(content);
      return;
    }
    const request = this.#open.get(content["id"]);
    if (request === undefined) return;
    try {
      checkEnvelope(content, request.type);
      if (!request.accept({ header: content, buffers: buffers.map(viewOf) })) return;
      if (request.isSettled) this.#offerLate(request);
      request.succeed();
    } catch (error) {
      request.fail(error instanceof WireError ? error : asBadAnswer(error));
    }
    this.#finish(request);
  }

  #receivePush(content: Body): void {
    const { type, rev } = content;
    if (typeof type !== "string") return;
    if (type === "invalidate" && typeof rev === "number") this.rev = rev;
    for (const listener of [...this.#pushListeners]) listener({ type, content });
  }

  #offerLate(request: Pending): void {
    if (request.rev !== this.rev) return;
    const { type, body } = request;
    for (const listener of [...this.#lateListeners]) {
      listener({ type, body, parts: request.parts() });
    }
  }

  #finish(request: Pending): void {
    request.stopClocks();
    this.#open.delete(request.id);
    this.#queue.release(request);
  }

  /** Forget the oldest given-up requests beyond a fixed number. */
  #trim(): void {
    const given = [...this.#open.values()].filter((request) => request.isSettled);
    for (const request of given.slice(0, Math.max(0, given.length - MOST_GIVEN_UP))) {
      this.#finish(request);
    }
  }

  #checkBusy(): void {
    const isBusy = [...this.#open.values()].some((request) => request.isBusy);
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    for (const listener of [...this.#busyListeners]) listener(isBusy);
  }
}

function subscribed<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkEnvelope(content: Body, type: string): void {
  if (content["v"] !== WIRE_VERSION) {
    throw new WireError(
      "version_mismatch",
      `The kernel speaks message version ${String(content["v"])}, this page ${WIRE_VERSION}.`,
      "Reload the page.",
    );
  }
  if (content["ok"] === true && content["type"] === type) return;
  if (content["ok"] === false) {
    const { code, message, hint } = content;
    const sentence = typeof message === "string" ? message : "The kernel gave no reason.";
    throw new WireError(wireCodeOf(code), sentence, typeof hint === "string" ? hint : "");
  }
  throw new WireError(
    "bad_answer",
    `The answer to ${type} says type ${String(content["type"])}, ok ${String(content["ok"])}.`,
  );
}

function asBadAnswer(error: unknown): WireError {
  return new WireError("bad_answer", error instanceof Error ? error.message : String(error));
}

/** Hosts hand over DataView, other views or whole buffers. */
function viewOf(buffer: unknown): DataView {
  if (buffer instanceof DataView) return buffer;
  if (ArrayBuffer.isView(buffer)) {
    return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  if (buffer instanceof ArrayBuffer) return new DataView(buffer);
  throw new WireError("bad_answer", "A buffer of the answer is not binary data.");
}

function closedError(): WireError {
  return new WireError("closed", "This view is closed.");
}

function abortedError(): WireError {
  return new WireError("cancelled", "The request was cancelled.");
}

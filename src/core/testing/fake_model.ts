/** An anywidget model without a kernel: keeps what the page sends and says what the test wants. */
import type { MessageListener, WireModel } from "../channel.js";

export interface Sent extends Record<string, unknown> {
  readonly id: number;
  readonly type: string;
}

export class FakeModel implements WireModel {
  readonly sent: Sent[] = [];
  readonly listeners = new Set<MessageListener>();
  /** What `send` throws, as a comm does whose kernel is gone. */
  failure: Error | null = null;

  send(content: unknown): void {
    if (this.failure !== null) throw this.failure;
    this.sent.push(content as Sent);
  }

  on(_event: "msg:custom", listener: MessageListener): void {
    this.listeners.add(listener);
  }

  off(_event: "msg:custom", listener: MessageListener): void {
    this.listeners.delete(listener);
  }

  /** A message from the kernel, exactly as given. */
  say(content: unknown, buffers: readonly unknown[] = []): void {
    for (const listener of [...this.listeners]) listener(content, buffers);
  }

  /** The newest message of one type. */
  last(type: string): Sent {
    const found = this.sent.filter((message) => message.type === type).at(-1);
    if (found === undefined) throw new Error(`nothing of type ${type} was sent`);
    return found;
  }

  /** A whole answer to the newest message of one type. */
  answer(type: string, header: object = {}, buffers: readonly unknown[] = []): void {
    this.answerTo(this.last(type), header, buffers);
  }

  answerTo(request: Sent, header: object = {}, buffers: readonly unknown[] = []): void {
    const { id, type } = request;
    this.say({ v: 1, id, ok: true, type, part: 0, parts: 1, ...header }, buffers);
  }
}

/** The bytes of a typed array at an odd offset, as sockets deliver them. */
export function unaligned(values: ArrayBufferView): DataView {
  const bytes = new Uint8Array(values.byteLength + 1);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 1);
  return new DataView(bytes.buffer, 1);
}

export function viewOf(values: ArrayBufferView): DataView {
  return new DataView(values.buffer, values.byteOffset, values.byteLength);
}

export function utf8(text: string): DataView {
  return viewOf(new TextEncoder().encode(text));
}

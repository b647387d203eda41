/** A stand-in for the host's widget model: traits in memory, messages to a fake kernel. */

type Listener = (...args: never[]) => void;

/** What answers the messages of the page. */
export interface FakeAnswerer {
  answer(
    content: Record<string, unknown>,
    reply: (header: Record<string, unknown>, buffers?: DataView[]) => void,
  ): void;
}

export class FakeModel {
  readonly sent: Record<string, unknown>[] = [];
  readonly saved: Record<string, unknown>[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();
  private changed = new Set<string>();

  constructor(
    readonly traits: Record<string, unknown>,
    private readonly kernel: FakeAnswerer,
  ) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    this.traits[name] = value;
    this.changed.add(name);
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    this.saved.push(Object.fromEntries([...this.changed].map((name) => [name, this.traits[name]])));
    this.changed = new Set();
  }

  send(content: unknown): void {
    const message = content as Record<string, unknown>;
    this.sent.push(message);
    this.kernel.answer(message, (header, buffers = []) => {
      this.emit("msg:custom", header, buffers);
    });
  }

  on(event: string, listener: Listener): void {
    const known = this.listeners.get(event) ?? new Set();
    known.add(listener);
    this.listeners.set(event, known);
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      (listener as (...values: unknown[]) => void)(...args);
    }
  }

  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, known) => sum + known.size, 0);
  }
}

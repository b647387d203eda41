/** A widget model without a host: traits of a saved view, messages to the recorded answers. */
import type { RecordedKernel } from "./recorded_kernel.js";

type Listener = (...values: unknown[]) => void;

export class SavedModel {
  /** Part of the model that widgets may look for; there is no manager without a host. */
  readonly widget_manager = null;
  readonly #traits: Map<string, unknown>;
  readonly #kernel: RecordedKernel;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(traits: Readonly<Record<string, unknown>>, kernel: RecordedKernel) {
    this.#traits = new Map(Object.entries(traits));
    this.#kernel = kernel;
  }

  get(name: string): unknown {
    return this.#traits.get(name);
  }

  set(name: string, value: unknown): void {
    this.#traits.set(name, value);
    this.#emit(`change:${name}`);
  }

  /** Nothing to save: nobody listens behind a saved view. */
  save_changes(): void {
    return undefined;
  }

  send(content: unknown): void {
    const message = content as Record<string, unknown>;
    if (message["type"] === "cancel") return;
    queueMicrotask(() => {
      const parts = this.#kernel.answer(message);
      if (parts === null) {
        this.#emit(
          "msg:custom",
          {
            v: 1,
            id: message["id"],
            ok: false,
            code: "no_kernel_data",
            message: "This view was saved without these values.",
            hint: "",
          },
          [],
        );
      }
      for (const { header, buffers } of parts ?? []) this.#emit("msg:custom", header, buffers);
    });
  }

  on(event: string, listener: Listener): void {
    const known = this.#listeners.get(event) ?? new Set();
    known.add(listener);
    this.#listeners.set(event, known);
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  #emit(event: string, ...values: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...values);
  }
}

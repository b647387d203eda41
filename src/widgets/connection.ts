/** Whether a kernel still answers: comm events of the host, overdue answers, and a probing ping. */
import type { CatalogClient } from "../core/wire.js";
import type { Store } from "../ui/store.js";
import { isOffline, type KernelState } from "../ui/view_state.js";
import type { WidgetModel } from "./model_link.js";

/** In one object so that tests can scale it. */
export const CONNECTION_TIMES = { probeMs: 4_000 };

/** Events by which hosts say that the comm of a model opened or closed. */
const COMM_EVENTS = ["comm_live_update", "comm:close"];

interface Connected {
  readonly kernel: KernelState;
}

export class Connection<State extends Connected> {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: WidgetModel,
    private readonly client: CatalogClient,
    private readonly store: Store<State>,
    /** The kernel answers again after it was thought lost. */
    private readonly onReturn: () => void,
    private readonly signal: AbortSignal,
  ) {
    const leave = client.onBusy((isBusy) => {
      this.setBusy(isBusy);
    });
    const lost = (): void => {
      this.markLost();
    };
    for (const event of COMM_EVENTS) model.on(event, lost);
    signal.addEventListener("abort", () => {
      leave();
      clearTimeout(this.timer);
      for (const event of COMM_EVENTS) this.model.off(event, lost);
    });
  }

  /** Ask once; without an answer in time the kernel counts as gone. */
  probe(whenSilent: "gone" | "restarted" = "gone"): void {
    clearTimeout(this.timer);
    if (this.store.get().kernel === "saved") return;
    const asking = new AbortController();
    let hasAnswer = false;
    this.client.ping({ signal: asking.signal }).then(
      () => {
        hasAnswer = true;
        clearTimeout(this.timer);
        const wasOffline = isOffline(this.store.get().kernel);
        if (this.signal.aborted) return;
        this.show("idle");
        if (wasOffline) this.onReturn();
      },
      () => undefined,
    );
    this.timer = setTimeout(() => {
      asking.abort();
      if (!hasAnswer && !this.signal.aborted) this.show(whenSilent);
    }, CONNECTION_TIMES.probeMs);
  }

  /** The host says the comm changed: say so at once, take it back if the kernel answers. */
  private markLost(): void {
    if (this.signal.aborted || this.store.get().kernel === "saved") return;
    this.show("restarted");
    this.probe("restarted");
  }

  private setBusy(isBusy: boolean): void {
    const { kernel } = this.store.get();
    if (isOffline(kernel)) return;
    this.show(isBusy ? "busy" : "idle");
  }

  private show(kernel: KernelState): void {
    this.store.patch({ kernel } as Partial<State>);
  }
}

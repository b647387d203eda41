/** One immutable state per view: patch replaces fields and tells everyone who watches. */

export type Watcher<State> = (state: State, before: State) => void;

export class Store<State extends object> {
  private state: State;
  private readonly watchers = new Set<Watcher<State>>();

  constructor(initial: State) {
    this.state = initial;
  }

  get(): State {
    return this.state;
  }

  /** Replace some fields; watchers run at once, and only when a value differs. */
  patch(change: Partial<State>): void {
    const before = this.state;
    const keys = Object.keys(change) as (keyof State)[];
    if (keys.every((key) => Object.is(before[key], change[key]))) return;
    this.state = { ...before, ...change };
    // A watcher may patch again; the ones after it see the newest state.
    for (const watcher of [...this.watchers]) watcher(this.state, before);
  }

  /** Call `watcher` after every change until `signal` aborts. */
  watch(watcher: Watcher<State>, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.watchers.add(watcher);
    signal.addEventListener("abort", () => this.watchers.delete(watcher), { once: true });
  }

  get watcherCount(): number {
    return this.watchers.size;
  }
}

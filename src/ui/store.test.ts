import { describe, expect, it } from "vitest";
import { Store } from "./store.js";

describe("Store", () => {
  it("tells watchers what is new and what was before", () => {
    const store = new Store({ a: 1, b: "x" });
    const seen: unknown[] = [];
    store.watch((state, before) => seen.push([state, before]), new AbortController().signal);
    store.patch({ a: 2 });
    expect(seen).toEqual([
      [
        { a: 2, b: "x" },
        { a: 1, b: "x" },
      ],
    ]);
  });

  it("stays silent when nothing differs, NaN included", () => {
    const store = new Store({ a: NaN });
    let calls = 0;
    store.watch(() => (calls += 1), new AbortController().signal);
    store.patch({ a: NaN });
    expect(calls).toBe(0);
  });

  it("gives later watchers the newest state when an earlier one patches", () => {
    const store = new Store({ a: 0, double: 0 });
    const { signal } = new AbortController();
    const seen: number[] = [];
    store.watch((state) => {
      store.patch({ double: 2 * state.a });
    }, signal);
    store.watch((state) => seen.push(state.double), signal);
    store.patch({ a: 3 });
    expect(seen.at(-1)).toBe(6);
    expect(seen).not.toContain(0);
  });

  it("forgets a watcher when its signal aborts, and takes none after that", () => {
    const store = new Store({ a: 0 });
    const leaving = new AbortController();
    let calls = 0;
    store.watch(() => (calls += 1), leaving.signal);
    leaving.abort();
    store.watch(() => (calls += 1), leaving.signal);
    store.patch({ a: 1 });
    expect(calls).toBe(0);
    expect(store.watcherCount).toBe(0);
  });
});

/** Let a panel draw again only when the fields it reads have changed. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Store } from "./store.js";

function isShallowEqual(a: object, b: object): boolean {
  const left = Object.entries(a);
  if (left.length !== Object.keys(b).length) return false;
  return left.every(([key, value]) => Object.is(value, (b as Record<string, unknown>)[key]));
}

/** The part of the state a component reads, as a flat object. */
export function useSlice<State extends object, Part extends object>(
  store: Store<State>,
  select: (state: State) => Part,
): Part {
  const [part, setPart] = useState(() => select(store.get()));
  const last = useRef(part);
  useEffect(() => {
    const leaving = new AbortController();
    const update = (state: State): void => {
      const next = select(state);
      if (isShallowEqual(last.current, next)) return;
      last.current = next;
      setPart(next);
    };
    update(store.get());
    store.watch(update, leaving.signal);
    return () => {
      leaving.abort();
    };
  }, [store]);
  return part;
}

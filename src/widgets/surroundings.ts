/** A widget follows the page around it: the theme of the host, and the room that it is given. */
import { watchTheme } from "../core/theme.js";
import type { Store } from "../ui/store.js";

interface Themed {
  readonly theme: "light" | "dark";
  readonly themeChoice: string;
}

/** Until `signal` aborts: take over the host's theme where the choice is "auto", measure anew. */
export function followSurroundings<State extends Themed>(
  root: HTMLElement,
  host: HTMLElement,
  store: Store<State>,
  measure: () => void,
  signal: AbortSignal,
): void {
  watchTheme(
    (theme) => {
      if (store.get().themeChoice === "auto") store.patch({ theme } as Partial<State>);
    },
    signal,
    host,
  );
  if (typeof ResizeObserver !== "function") return;
  const observer = new ResizeObserver(measure);
  observer.observe(root);
  signal.addEventListener("abort", () => {
    observer.disconnect();
  });
}

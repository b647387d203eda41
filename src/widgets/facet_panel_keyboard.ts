/** Keys of the facet panel as a whole; lists, sliders and boxes have their own. */

export interface PanelTargets {
  readonly focusSearch: () => void;
  readonly show: () => void;
  /** Close what lies open; false when there was nothing. */
  readonly closeTop: () => boolean;
  readonly leave: () => void;
}

export function listenToPanelKeys(
  root: HTMLElement,
  targets: PanelTargets,
  signal: AbortSignal,
): void {
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented) return;
      const act = panelActionFor(event, targets);
      if (act === null) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    { signal },
  );
}

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">;

/** What a key does here; null leaves it to the page. */
export function panelActionFor(event: Pressed, targets: PanelTargets): (() => void) | null {
  const { key, ctrlKey, metaKey, altKey } = event;
  const isChord = ctrlKey || metaKey;
  if (key === "Enter" && isChord && !altKey) return targets.show;
  if (isChord || altKey || event.target instanceof HTMLInputElement) return null;
  if (key === "/") return targets.focusSearch;
  if (key !== "Escape") return null;
  return () => {
    if (!targets.closeTop()) targets.leave();
  };
}

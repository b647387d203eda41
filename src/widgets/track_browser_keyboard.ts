/** Every action by key while the widget has the focus; handled keys do not reach the notebook. */
import type { Actions } from "../ui/actions.js";
import type { Store } from "../ui/store.js";
import { SCALE_RANGES, type ViewMode, type ViewState } from "../ui/view_state.js";

const MODE_KEYS: Readonly<Record<string, ViewMode>> = {
  r: "ref",
  a: "alt",
  d: "diff",
  o: "overlay",
  "2": "log2FC",
};

export interface KeyTargets {
  /** Focus the element with this test id. */
  readonly focusOn: (testId: string) => void;
  /** Focus the label of a lane and bring it into sight. */
  readonly focusLane: (track: number) => void;
  readonly leave: () => void;
}

export function listenToKeys(
  root: HTMLElement,
  store: Store<ViewState>,
  actions: Actions,
  targets: KeyTargets,
  signal: AbortSignal,
): void {
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target instanceof HTMLInputElement) return;
      const act = actionFor(event, store, actions, targets);
      if (act === null) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    { signal },
  );
}

type Act = () => void;

/** What a key does here; null leaves it to the page. */
export function actionFor(
  event: Pick<KeyboardEvent, "key" | "shiftKey" | "target">,
  store: Store<ViewState>,
  actions: Actions,
  targets: KeyTargets,
): Act | null {
  const isButton = event.target instanceof Element && event.target.closest("button") !== null;
  if (isButton && (event.key === " " || event.key === "Enter")) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (
    moveFor(key, event.shiftKey, store, actions) ??
    laneFor(key, store, actions, targets) ??
    modeFor(key, store, actions) ??
    panelFor(key, event.shiftKey, store, actions, targets)
  );
}

function moveFor(
  key: string,
  isShift: boolean,
  store: Store<ViewState>,
  actions: Actions,
): Act | null {
  const { bounds, region } = store.get();
  const width = region.end - region.start;
  switch (key) {
    case "ArrowLeft":
    case "ArrowRight": {
      const share = (isShift ? 0.5 : 0.1) * (key === "ArrowLeft" ? -1 : 1);
      return () => {
        actions.panByShare(share);
      };
    }
    case "+":
    case "=":
      return () => {
        actions.zoom(0.5);
      };
    case "-":
    case "_":
      return () => {
        actions.zoom(2);
      };
    case "Home":
      return () => {
        actions.showRegion({ ...bounds, end: bounds.start + width }, { settled: true });
      };
    case "End":
      return () => {
        actions.showRegion({ ...bounds, start: bounds.end - width }, { settled: true });
      };
    case "0":
      return () => {
        actions.showRegion(bounds, { settled: true });
      };
    case "z":
      return () => {
        if (isShift) actions.redo();
        else actions.undo();
      };
    case "[":
      return () => {
        actions.stepVariant(-1);
      };
    case "]":
      return () => {
        actions.stepVariant(1);
      };
    default:
      return null;
  }
}

function laneFor(
  key: string,
  store: Store<ViewState>,
  actions: Actions,
  targets: KeyTargets,
): Act | null {
  const { activeLane, layout } = store.get();
  if (key === "ArrowUp" || key === "ArrowDown") {
    return () => {
      actions.stepLane(key === "ArrowUp" ? -1 : 1);
      const next = store.get().activeLane;
      if (next !== null) targets.focusLane(next);
    };
  }
  if (activeLane === null || !layout.trackIds.includes(activeLane)) return null;
  if (key === " ")
    return () => {
      actions.toggleTrack(activeLane);
    };
  if (key === "p")
    return () => {
      actions.togglePin(activeLane);
    };
  if (key === "Delete")
    return () => {
      actions.hideTrack(activeLane);
    };
  return null;
}

function modeFor(key: string, store: Store<ViewState>, actions: Actions): Act | null {
  const { hasAlt, scale } = store.get();
  const mode = MODE_KEYS[key];
  if (mode !== undefined)
    return hasAlt
      ? () => {
          actions.setMode(mode);
        }
      : null;
  if (key === "l") {
    const kind = scale.kind === "linear" ? "log1p" : "linear";
    return () => {
      actions.setScale({ ...scale, kind });
    };
  }
  if (key !== "s") return null;
  const at = SCALE_RANGES.indexOf(scale.range);
  const range = SCALE_RANGES[(at + 1) % SCALE_RANGES.length] ?? "group";
  return () => {
    actions.setScale({ ...scale, range });
  };
}

function panelFor(
  key: string,
  isShift: boolean,
  store: Store<ViewState>,
  actions: Actions,
  targets: KeyTargets,
): Act | null {
  switch (key) {
    case "g":
      return () => {
        targets.focusOn("lsc-locus");
      };
    case "f":
      return () => {
        actions.toggleFacets();
      };
    case "e":
      return () => {
        targets.focusOn("lsc-export");
      };
    case "?":
      return () => {
        actions.toggleHelp();
      };
    case "/":
      return isShift
        ? () => {
            actions.toggleHelp();
          }
        : () => {
            if (!store.get().showsFacets) actions.toggleFacets();
            targets.focusOn("lsc-facet-search");
          };
    case "Escape":
      return () => {
        escape(store, actions, targets);
      };
    default:
      return null;
  }
}

/** Close what lies on top, else leave the widget. */
function escape(store: Store<ViewState>, actions: Actions, targets: KeyTargets): void {
  const { tooltip, showsHelp, python, selection } = store.get();
  if (python !== null) actions.closePython();
  else if (showsHelp) actions.toggleHelp();
  else if (tooltip !== null) actions.closeTooltip();
  else if (selection !== null) actions.setSelection(null);
  else targets.leave();
}

/** The current choice as code, docked below the columns; it follows the filters while it is open. */
import type { VNode } from "preact";
import { Icon } from "./icon.js";
import { panelTexts, words } from "./messages.js";
import type { PanelActions, PanelState } from "./panel_state.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";

interface DockProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
}

export function PythonDock({ store, actions }: DockProps): VNode | null {
  const { python, note, n, noun } = useSlice(store, (state) => ({
    python: state.python,
    note: state.copyNote,
    n: state.facets?.nMatching ?? 0,
    noun: state.about.noun,
  }));
  if (python === null) return null;
  const isCopied = note === words.copied;
  return (
    <section class="lsc-dock" role="group" aria-label={words.copyPython}>
      <div class="lsc-dock-head">
        <span class="lsc-strong">{words.copyPython}</span>
        <span class="lsc-dim" role="status">
          {note === "" || isCopied ? panelTexts.code(n, noun) : note}
        </span>
        <span class="lsc-grow" />
        <button
          type="button"
          class="lsc-button lsc-small"
          data-testid="lsc-copy-again"
          onClick={() => {
            actions.copyPython();
          }}
        >
          <Icon name={isCopied ? "check" : "copy"} small />
          <span role="status">{isCopied ? words.copied : panelTexts.copy}</span>
        </button>
        <button
          type="button"
          class="lsc-button lsc-quiet lsc-small lsc-square"
          aria-label={words.close}
          title={words.close}
          onClick={() => {
            actions.closePython();
          }}
        >
          <Icon name="close" small />
        </button>
      </div>
      <pre data-testid="lsc-python" tabIndex={0}>
        {python}
      </pre>
    </section>
  );
}

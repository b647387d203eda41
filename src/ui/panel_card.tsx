/** What stands above the columns when there is nothing to choose from: loading, empty, failed. */
import type { VNode } from "preact";
import { chipsOf, chipText } from "./chips.js";
import { panelTexts, states, words } from "./messages.js";
import { panelWord, type PanelActions, type PanelState } from "./panel_state.js";
import { FailureCard, LoadingCard } from "./state_card.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";

const MOST_NAMED = 4;

interface CardProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
}

export function PanelCard({ store, actions }: CardProps): VNode | null {
  const view = useSlice(store, (state) => ({
    phase: state.phase,
    word: panelWord(state),
    failure: state.failure,
    catalog: state.catalog,
    nMatching: state.facets?.nMatching ?? 0,
    filters: state.filters,
    query: state.query,
    kernel: state.kernel,
  }));
  if (view.phase === "error" && view.failure !== null) {
    return <FailureCard failure={view.failure} actions={actions} />;
  }
  if (view.phase === "loading" && view.word === "disconnected") {
    return (
      <div class="lsc-card" role="status" data-testid="lsc-card">
        <p>{states.lostLoading}</p>
      </div>
    );
  }
  if (view.phase === "loading") {
    return <LoadingCard total={0} done={0} isBusy={view.kernel === "busy"} />;
  }
  if (view.catalog === null || view.catalog.n === 0) {
    return (
      <div class="lsc-card" data-testid="lsc-card">
        <p>{panelTexts.empty}</p>
        <code>{panelTexts.emptyCode}</code>
      </div>
    );
  }
  if (view.nMatching > 0) return null;
  const named = chipsOf(view.filters).map((chip) => chipText(chip));
  if (view.query !== "") named.push(`\u201c${view.query}\u201d`);
  return (
    <div class="lsc-card" data-testid="lsc-card">
      <p>{states.emptyMatch(named.slice(0, MOST_NAMED).join(" and "))}</p>
      <button
        type="button"
        class="lsc-button"
        onClick={() => {
          actions.clear();
        }}
      >
        {words.clearAll}
      </button>
    </div>
  );
}

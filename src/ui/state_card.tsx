/** What stands in the lanes area when there are no lanes: loading, empty, failed; always in words. */
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Actions } from "./actions.js";
import { chipsOf, Chips, chipText } from "./chips.js";
import { states, words } from "./messages.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import { stateWord, type Failure, type ViewState } from "./view_state.js";

interface StateCardProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
}

const SLOW_MS = 10_000;

export function StateCard({ store, actions }: StateCardProps): VNode | null {
  const view = useSlice(store, (state) => ({
    phase: state.phase,
    word: stateWord(state),
    failure: state.failure,
    catalog: state.catalog,
    lanes: state.layout.groups.length,
    total: state.layout.trackIds.length,
    top: state.layout.head.height,
    filters: state.filters,
    query: state.query,
    kernel: state.kernel,
    loaded: state.tracksLoaded,
  }));
  const style = { top: `${view.top}px` };
  if (view.phase === "error" && view.failure !== null) {
    return <FailureCard failure={view.failure} actions={actions} style={style} />;
  }
  if (view.phase === "loading" && view.word === "disconnected") {
    return (
      <div class="lsc-card" role="status" style={style} data-testid="lsc-card">
        <p>{states.lostLoading}</p>
      </div>
    );
  }
  if (view.phase === "loading") {
    return (
      <LoadingCard
        style={style}
        total={view.total}
        done={view.loaded}
        isBusy={view.kernel === "busy"}
      />
    );
  }
  if (view.lanes > 0) return null;
  if (view.catalog === null || view.catalog.n === 0) {
    return (
      <div class="lsc-card" style={style} data-testid="lsc-card">
        <p>{states.emptyTracks}</p>
        <code>{states.emptyTracksCode}</code>
      </div>
    );
  }
  const named = chipsOf(view.filters).map((chip) => chipText(chip));
  if (view.query !== "") named.push(`\u201c${view.query}\u201d`);
  return (
    <div class="lsc-card" style={style} data-testid="lsc-card">
      <p>{states.emptyMatch(named.slice(0, 4).join(" and "))}</p>
      <Chips
        filters={view.filters}
        setFilters={(next) => {
          actions.setFilters(next);
        }}
      />
      <button
        type="button"
        class="lsc-button"
        onClick={() => {
          actions.setFilters({});
          actions.setQuery("");
        }}
      >
        {words.clearAll}
      </button>
    </div>
  );
}

type Place = Readonly<Record<string, string>>;

interface FailureProps {
  readonly failure: Failure;
  readonly actions: Pick<Actions, "retry" | "copyReport">;
  readonly style?: Place;
}

/** What went wrong in one sentence, what to do about it, and the details for a report. */
export function FailureCard({ failure, actions, style = {} }: FailureProps): VNode {
  return (
    <div class="lsc-card" role="alert" style={style} data-testid="lsc-card">
      <p class="lsc-strong">{failure.sentence}</p>
      <div class="lsc-set">
        <button
          type="button"
          class="lsc-button"
          onClick={() => {
            actions.retry();
          }}
        >
          {words.retry}
        </button>
        <button
          type="button"
          class="lsc-button lsc-quiet"
          onClick={() => {
            actions.copyReport();
          }}
        >
          {words.copyReport}
        </button>
      </div>
      <details>
        <summary>{words.details}</summary>
        {failure.details}
      </details>
    </div>
  );
}

interface LoadingProps {
  readonly style?: Place;
  readonly total: number;
  readonly done: number;
  readonly isBusy: boolean;
}

/** Skeleton lanes keep the height; the bar appears as soon as the number of tracks is known. */
export function LoadingCard({ style = {}, total, done, isBusy }: LoadingProps): VNode {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSlow(true);
    }, SLOW_MS);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  const text = total > 0 ? states.loadingTracks(done, total) : states.loading;
  return (
    <div class="lsc-card lsc-busy" role="status" style={style} data-testid="lsc-card">
      <div>
        <p>{isSlow || isBusy ? `${text} \u2013 ${states.slow}` : text}</p>
        {total > 0 && (
          <div class="lsc-progress">
            <div style={{ width: `${Math.round((100 * done) / total)}%` }} />
          </div>
        )}
      </div>
    </div>
  );
}

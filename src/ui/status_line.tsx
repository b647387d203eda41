/** The line below the lanes: what is shown, at which scale, what kind of evidence, kernel state. */
import type { VNode } from "preact";
import { formatLocus } from "../core/coords.js";
import { cleanText } from "../core/display_text.js";
import type { Layout } from "./lane_layout.js";
import { states, status, words } from "./messages.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import { bpPerPxOf, isOffline, type KernelState, type ViewState } from "./view_state.js";

/** Below this width only the number of lanes and the kernel are said. */
const NARROW_PX = 560;

export function StatusLine({ store }: { store: Store<ViewState> }): VNode {
  const view = useSlice(store, (state) => ({
    layout: state.layout,
    pinned: state.pinned.length,
    bpPerPx: bpPerPxOf(state),
    kernel: state.kernel,
    selection: state.selection,
    chrom: state.bounds.chrom,
    isLoading: state.phase === "loading",
    open: state.openRequests,
    isNarrow: state.widthPx < NARROW_PX,
  }));
  const { selection } = view;
  const parts = view.isLoading ? [] : lanesText(view.layout, view.pinned);
  if (view.bpPerPx > 0) parts.push(status.pixel(view.bpPerPx));
  if (selection?.start != null && selection.end !== null) {
    const range = { chrom: view.chrom, start: selection.start, end: selection.end };
    parts.push(status.range(formatLocus(range)));
  }
  const evidence = evidenceText(view.layout);
  if (evidence !== null) parts.push(evidence);
  return (
    <div class="lsc-status">
      {parts.slice(0, view.isNarrow ? 1 : parts.length).flatMap((part, i) => [
        i > 0 && (
          <span key={`dot${i}`} aria-hidden="true">
            {"\u00b7"}
          </span>
        ),
        <span key={part} title={part}>
          {part}
        </span>,
      ])}
      <span class="lsc-grow" />
      <span class="lsc-kernel" data-testid="lsc-kernel" data-kernel={view.kernel}>
        {kernelText(view.kernel, view.open)}
      </span>
    </div>
  );
}

function lanesText(layout: Layout, pinned: number): string[] {
  const shown = layout.trackIds.length;
  const { found, isCut } = layout;
  if (shown >= found) return [status.lanes(shown, layout.lanes.length, pinned)];
  return [isCut ? status.limit(found, shown, pinned) : status.showing(shown, found, pinned)];
}

function evidenceText(layout: Layout): string | null {
  const kinds = new Set(layout.groups.map((group) => group.evidence));
  if (kinds.size === 0) return null;
  if (kinds.size > 1 || kinds.has("mixed")) return status.prediction;
  return kinds.has("measured") ? status.measuredOnly : status.predictedOnly;
}

export function kernelText(kernel: KernelState, open: number): string {
  if (isOffline(kernel)) return status.gone;
  if (kernel === "busy") return status.busy;
  return kernel === "working" ? status.working(open) : status.idle;
}

type Noticed = Pick<ViewState, "kernel" | "laneFailure" | "notes">;

interface NoticeProps<State extends Noticed> {
  readonly store: Store<State>;
  readonly retry: () => void;
  /** Sentences that differ from those of the track browser. */
  readonly texts?: Partial<Record<KernelState, string>>;
}

/** The line above the lanes that says why new values do not come; null when all is well. */
export function Notice<State extends Noticed>({
  store,
  retry,
  texts = {},
}: NoticeProps<State>): VNode | null {
  const { kernel, failure, notes } = useSlice(store, (state) => ({
    kernel: state.kernel,
    failure: state.laneFailure,
    notes: state.notes,
  }));
  const text = texts[kernel] ?? noticeText(kernel);
  if (text !== null) {
    return (
      <div class="lsc-notice" role="status" data-kind={kernel} data-testid="lsc-notice">
        {text}
      </div>
    );
  }
  if (failure === null) {
    if (notes.length === 0) return null;
    return (
      <div class="lsc-notice" role="status" data-testid="lsc-notice">
        {notes.map((note) => (
          <span key={note}>{cleanText(note)}</span>
        ))}
      </div>
    );
  }
  return (
    <div class="lsc-notice" role="status" data-kind="error" data-testid="lsc-notice">
      <span title={failure.details}>{failure.sentence}</span>
      <span class="lsc-grow" />
      <button type="button" class="lsc-button lsc-small" onClick={retry}>
        {words.retry}
      </button>
    </div>
  );
}

function noticeText(kernel: KernelState): string | null {
  if (kernel === "restarted") return states.restarted;
  if (kernel === "gone") return states.disconnected;
  if (kernel === "saved") return states.saved;
  return kernel === "busy" ? states.busy : null;
}

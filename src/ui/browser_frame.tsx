/** The whole track browser as one component: toolbar, plot with canvases, facet panel, status line. */
import { render, type VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "./actions.js";
import { FacetPanel } from "./facet_panel.js";
import { HelpPanel, PythonPanel } from "./help_panel.js";
import { RIGHT_MARGIN } from "./lane_layout.js";
import { HeadLabels, LaneLabels } from "./lane_labels.js";
import { words } from "./messages.js";
import { StateCard } from "./state_card.js";
import { Notice, StatusLine } from "./status_line.js";
import type { Store } from "./store.js";
import { Toolbar } from "./toolbar.js";
import { TooltipCard } from "./tooltip_card.js";
import { useSlice } from "./use_slice.js";
import { panelIsDocked, type ViewState } from "./view_state.js";

/** The elements that the painter and the pointer need. */
export interface FrameParts {
  readonly main: HTMLElement;
  readonly surface: HTMLElement;
  readonly scroll: HTMLElement;
  readonly canvas: HTMLCanvasElement;
}

export interface FrameProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
  readonly listId: string;
  readonly onParts: (parts: FrameParts) => void;
}

/** Draw the frame into `root`; the returned function removes it. */
export function mountFrame(root: HTMLElement, props: FrameProps): () => void {
  render(<BrowserFrame {...props} />, root);
  return () => {
    render(null, root);
  };
}

function BrowserFrame({ store, actions, listId, onParts }: FrameProps): VNode {
  const view = useSlice(store, (state) => ({
    showsFacets: state.showsFacets,
    showsHelp: state.showsHelp,
    python: state.python,
    copyNote: state.copyNote,
    isNarrow: !panelIsDocked(state),
  }));
  return (
    <>
      <Toolbar store={store} actions={actions} listId={listId} />
      <Notice
        store={store}
        retry={() => {
          actions.retry();
        }}
      />
      <div class="lsc-body">
        <Plot store={store} actions={actions} onParts={onParts} />
        {view.showsFacets && (
          <FacetPanel store={store} actions={actions} isDrawer={view.isNarrow} />
        )}
      </div>
      <StatusLine store={store} />
      {view.showsHelp && (
        <HelpPanel
          close={() => {
            actions.toggleHelp();
          }}
        />
      )}
      {view.python !== null && (
        <PythonPanel
          code={view.python}
          note={view.copyNote}
          close={() => {
            actions.closePython();
          }}
        />
      )}
      <Spoken store={store} />
    </>
  );
}

function isComplete(parts: {
  [Key in keyof FrameParts]: FrameParts[Key] | null;
}): parts is FrameParts {
  return Object.values(parts).every((part) => part !== null);
}

interface PlotProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
  readonly onParts: (parts: FrameParts) => void;
}

function Plot({ store, actions, onParts }: PlotProps): VNode {
  const main = useRef<HTMLDivElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const scroll = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { layout, tooltip, cursor } = useSlice(store, (state) => ({
    layout: state.layout,
    tooltip: state.tooltip,
    cursor: state.cursor,
  }));
  useLayoutEffect(() => {
    const parts = {
      main: main.current,
      surface: surface.current,
      scroll: scroll.current,
      canvas: canvas.current,
    };
    if (isComplete(parts)) onParts(parts);
  }, []);
  const height = layout.head.height + layout.viewHeight;
  const plotWidth = main.current?.clientWidth ?? 0;
  return (
    <div class="lsc-main" ref={main} style={{ height: `${height}px` }}>
      <canvas ref={canvas} data-testid="lsc-canvas" aria-hidden="true" />
      <div class="lsc-surface" ref={surface} style={{ cursor }}>
        <HeadLabels store={store} actions={actions} />
        <div
          class="lsc-scroll"
          ref={scroll}
          role="grid"
          aria-multiselectable
          aria-label={words.lanes}
          tabIndex={-1}
          style={{ top: `${layout.head.height}px`, height: `${layout.viewHeight}px` }}
        >
          <div style={{ position: "relative", height: `${layout.lanesHeight}px` }}>
            <LaneLabels store={store} actions={actions} />
          </div>
        </div>
      </div>
      <StateCard store={store} actions={actions} />
      {tooltip !== null && (
        <TooltipCard
          tooltip={tooltip}
          width={plotWidth - RIGHT_MARGIN}
          height={height}
          close={() => {
            actions.closeTooltip();
          }}
        />
      )}
    </div>
  );
}

/** What screen readers hear after a change. */
function Spoken({ store }: { store: Store<ViewState> }): VNode {
  const { spoken } = useSlice(store, (state) => ({ spoken: state.spoken }));
  return (
    <div class="lsc-hidden" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}

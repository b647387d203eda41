/** Names beside the lanes: head rows, group headings with counts and legends, one label per lane. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { displayChrom, widthOf } from "../core/coords.js";
import { cleanText } from "../core/display_text.js";
import { formatWidth } from "../core/numbers.js";
import { categoryColour } from "../core/palette.js";
import type { Actions } from "./actions.js";
import { Icon } from "./icon.js";
import {
  ANNOTATION_KEY,
  GENE_ROW,
  GENE_ROWS,
  NARROW_GUTTER,
  OVERVIEW_HEIGHT,
  RULER_HEIGHT,
  SEQUENCE_HEIGHT,
  VARIANT_HEIGHT,
  type Lane,
} from "./lane_layout.js";
import { Legend } from "./legend.js";
import { annotationNote, groupHeading, groupNote, words } from "./messages.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import { bpPerPxOf, type ViewState } from "./view_state.js";

/** About six characters of a group note. */
const LEAST_NOTE_PX = 36;

interface LabelsProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
}

/** Labels of the rows that never scroll: overview, ruler, genes, variants. */
export function HeadLabels({ store, actions }: LabelsProps): VNode {
  const { head, gutter, bounds, assembly, genes, variants, isFolded } = useSlice(
    store,
    (state) => ({
      head: state.layout.head,
      gutter: state.layout.gutter,
      bounds: state.bounds,
      assembly: state.about.assembly,
      genes: state.genes,
      variants: state.variants,
      isFolded: state.folded.has(ANNOTATION_KEY),
    }),
  );
  const row = (top: number, height: number): Record<string, string> => ({
    top: `${top}px`,
    height: `${height}px`,
    width: `${gutter - 8}px`,
  });
  return (
    <>
      <div class="lsc-head-row" style={row(head.overviewTop, OVERVIEW_HEIGHT)}>
        <span>{words.overview}</span>
        <span class="lsc-sub">{formatWidth(widthOf(bounds))}</span>
      </div>
      <div class="lsc-head-row lsc-strong" style={row(head.rulerTop, RULER_HEIGHT)}>
        <span title={assembly}>
          {[displayChrom(bounds.chrom), assembly].filter((text) => text !== "").join(" \u00b7 ")}
        </span>
      </div>
      {head.annotationTop !== null && (
        <div class="lsc-group" style={{ top: `${head.annotationTop}px` }}>
          <Fold
            isFolded={isFolded}
            label={words.annotation}
            toggle={() => {
              actions.toggleFold(ANNOTATION_KEY);
            }}
          />
          <span class="lsc-sub">{annotationNote(genes?.n ?? null, variants?.n ?? null)}</span>
        </div>
      )}
      {head.sequenceTop !== null && (
        <div class="lsc-head-row" style={row(head.sequenceTop, SEQUENCE_HEIGHT)}>
          <span>{words.sequence}</span>
        </div>
      )}
      {head.genesTop !== null && (
        <div class="lsc-head-row" style={row(head.genesTop, GENE_ROW * GENE_ROWS)}>
          <span>{words.genes}</span>
        </div>
      )}
      {head.variantsTop !== null && (
        <div class="lsc-head-row" style={row(head.variantsTop, VARIANT_HEIGHT)}>
          <span>{words.variants}</span>
        </div>
      )}
    </>
  );
}

function Fold({
  isFolded,
  label,
  toggle,
}: {
  isFolded: boolean;
  label: string;
  readonly toggle: () => void;
}): VNode {
  return (
    <button
      type="button"
      aria-expanded={!isFolded}
      title={`${isFolded ? words.unfold : words.fold}: ${label}`}
      onClick={toggle}
    >
      <Icon name={isFolded ? "right" : "down"} small />
      <span>{label}</span>
    </button>
  );
}

/** Headings and lane labels inside the scrolled area. */
export function LaneLabels({ store, actions }: LabelsProps): VNode {
  const view = useSlice(store, (state) => ({
    layout: state.layout,
    mode: state.mode,
    theme: state.theme,
    scales: state.scales,
    bpPerPx: Math.round(bpPerPxOf(state)),
    active: state.activeLane,
    selected: state.selectedTracks,
  }));
  const firstLane = view.layout.lanes[0]?.track;
  const chosen = new Set(view.selected);
  return (
    <>
      {view.layout.groups.map((group) => (
        <div key={group.key} role="rowgroup" aria-label={group.label}>
          <div class="lsc-group" role="row" style={{ top: `${group.top}px` }}>
            <div class="lsc-cell" role="gridcell">
              <Fold
                isFolded={group.isFolded}
                label={cleanText(groupHeading(group))}
                toggle={() => {
                  actions.toggleFold(group.key);
                }}
              />
              <GroupNote
                text={cleanText(groupNote(group))}
                isNarrow={view.layout.gutter <= NARROW_GUTTER}
              />
              <span class="lsc-grow" />
              <Legend
                group={group}
                state={store.get()}
                colour={categoryColour(group.colourIndex, view.theme)}
              />
            </div>
          </div>
          {group.lanes.map((lane) => (
            <LaneLabel
              key={lane.track}
              lane={lane}
              gutter={view.layout.gutter}
              isTabStop={lane.track === (view.active ?? firstLane)}
              isSelected={chosen.has(lane.track)}
              actions={actions}
            />
          ))}
        </div>
      ))}
    </>
  );
}

/** Beside the heading of a group; a rest of a few letters would say nothing and is hidden. */
function GroupNote({ text, isNarrow }: { text: string; readonly isNarrow: boolean }): VNode {
  const note = useRef<HTMLSpanElement>(null);
  // After every drawing, since the legend beside it changes its room; wide headings always fit.
  useLayoutEffect(() => {
    const { current } = note;
    if (current === null) return;
    const { clientWidth, scrollWidth } = current;
    const isCut = isNarrow && clientWidth < scrollWidth && clientWidth < LEAST_NOTE_PX;
    current.style.visibility = isCut ? "hidden" : "";
  });
  return (
    <span ref={note} class="lsc-sub">
      {text}
    </span>
  );
}

interface LaneLabelProps {
  readonly lane: Lane;
  readonly gutter: number;
  readonly isTabStop: boolean;
  readonly isSelected: boolean;
  readonly actions: Actions;
}

function LaneLabel({ lane, gutter, isTabStop, isSelected, actions }: LaneLabelProps): VNode {
  const full = cleanText([lane.title, lane.subtitle].filter((text) => text !== "").join(", "));
  const evidence = lane.isMeasured ? words.measured : words.predicted;
  const isTight = lane.mark === "strip";
  const isNarrow = gutter <= NARROW_GUTTER;
  // Without a second line the strand stands behind the title.
  const strand = isTight || isNarrow ? lane.strand : "";
  const title = cleanText(lane.title);
  const kept = endKept(title);
  const end = `${title.slice(title.length - kept)}${strand}`;
  return (
    <div
      class="lsc-lane"
      role="row"
      tabIndex={isTabStop ? 0 : -1}
      aria-selected={isSelected}
      aria-label={`${full}, ${evidence}`}
      title={`${full}, ${evidence}`}
      data-testid="lsc-lane"
      data-track={lane.track}
      style={{
        top: `${lane.top - (isTight ? 2 : 0)}px`,
        height: `${lane.height + (isTight ? 4 : 0)}px`,
        width: `${gutter - 4}px`,
        ...(isTight ? { fontSize: "11px", lineHeight: "14px", paddingRight: "4px" } : {}),
        ...(isNarrow ? { paddingLeft: "8px", paddingRight: isTight ? "4px" : "32px" } : {}),
      }}
      onClick={() => {
        actions.toggleTrack(lane.track);
      }}
    >
      <div class="lsc-cell" role="gridcell">
        {!isNarrow && (
          <button
            type="button"
            class="lsc-pin"
            tabIndex={-1}
            aria-pressed={lane.isPinned}
            aria-label={lane.isPinned ? words.unpin : words.pin}
            title={lane.isPinned ? words.unpin : words.pin}
            onClick={(event) => {
              event.stopPropagation();
              actions.togglePin(lane.track);
            }}
          >
            <Icon name="pin" small />
          </button>
        )}
        <span class={isTight ? "" : "lsc-strong"} style={{ display: "flex" }}>
          <span>{title.slice(0, title.length - kept)}</span>
          {end !== "" && <span style={{ flex: "none", whiteSpace: "pre" }}>{end}</span>}
        </span>
        {!isTight && lane.subtitle !== "" && !isNarrow && (
          <span class="lsc-sub">{cleanText(lane.subtitle)}</span>
        )}
      </div>
    </div>
  );
}

/**
 * How many characters at the end of a title are never cut: those that tell accessions and ontology
 * terms apart, or the strand in a name; so the browser puts its ellipsis in the middle.
 */
function endKept(title: string): number {
  if (/^[A-Z]{2,8}:?\d{3,}[A-Z0-9]*$/.test(title)) return 3;
  return /[^\s+-][+-]$/.test(title) ? 2 : 0;
}

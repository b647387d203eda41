/** The whole facet panel as one component: search and actions, chips, columns of headings, code, status. */
import { render, type VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { Chips } from "./chips.js";
import { FIRST_VALUES, type PanelMemory } from "./facet_field.js";
import { FacetSection, headingsOf, type Heading } from "./facet_sections.js";
import { ROW_PX } from "./facet_values.js";
import { panelTexts, status, words } from "./messages.js";
import { PanelCard } from "./panel_card.js";
import { splitColumns } from "./panel_columns.js";
import { PanelHead } from "./panel_head.js";
import { PythonDock } from "./panel_python.js";
import { columnCount, hasChoice, type PanelActions, type PanelState } from "./panel_state.js";
import { PanelStatus } from "./panel_status.js";
import { QueryProblems } from "./query_problems.js";
import { Notice } from "./status_line.js";
import { RangeField } from "./range_field.js";
import type { Store } from "./store.js";
import { fieldLabel } from "./track_names.js";
import { useSlice } from "./use_slice.js";

const FIRST_ROWS = 8;
/** Height that a closed heading, an open one without its rows, and a histogram take. */
const CLOSED_PX = 36;
const OPEN_PX = 44;
const SEARCH_PX = 32;
const RANGE_PX = 128;

/** Known headings that stay closed at first: the other names of the same tissues say less. */
const CLOSED_AT_FIRST = new Set(["gtex_tissue"]);
/** Known text headings that are open; all others are closed. */
const OPEN_AT_FIRST = new Set([
  "output_name",
  "assay_title",
  "biosample_name",
  "biosample_type",
  "transcription_factor",
  "histone_mark",
  "strand",
  "organism",
  "data_source",
  "biosample_life_stage",
  "genetically_modified",
]);
/** In a single column only these are open, so that all headings can be reached. */
const OPEN_IN_ONE = new Set(["output_name", "assay_title"]);

export interface PanelProps {
  readonly store: Store<PanelState>;
  readonly actions: PanelActions;
}

/** Draw the panel into `root`; the returned function removes it. */
export function mountPanel(root: HTMLElement, props: PanelProps): () => void {
  render(<PanelFrame {...props} />, root);
  return () => {
    render(null, root);
  };
}

function PanelFrame({ store, actions }: PanelProps): VNode {
  return (
    <>
      <PanelHead store={store} actions={actions} />
      <ChipRow store={store} actions={actions} />
      <Notice
        store={store}
        retry={() => {
          actions.retry();
        }}
        texts={{ gone: panelTexts.disconnected, saved: panelTexts.saved }}
      />
      <PanelCard store={store} actions={actions} />
      <Columns store={store} actions={actions} />
      <PythonDock store={store} actions={actions} />
      <PanelStatus store={store} />
      <Spoken store={store} />
    </>
  );
}

function ChipRow({ store, actions }: PanelProps): VNode {
  const { filters, query, catalog, facets, noun } = useSlice(store, (state) => ({
    filters: state.filters,
    query: state.query,
    catalog: state.catalog,
    facets: state.facets,
    noun: state.about.noun,
  }));
  const total = catalog?.n ?? 0;
  const labelOf = (field: string): string =>
    fieldLabel(field, catalog?.columns.find((column) => column.field === field)?.label);
  return (
    <div class="lsc-panel-chips">
      <Chips
        filters={filters}
        setFilters={(next) => {
          actions.setFilters(next);
        }}
        labelOf={labelOf}
        before={
          <span class="lsc-count" data-testid="lsc-facet-count">
            {catalog === null ? "" : status.tracksOf(facets?.nMatching ?? total, total, noun)}
          </span>
        }
        after={
          hasChoice({ filters, query }) && (
            <button
              type="button"
              class="lsc-button lsc-quiet lsc-small"
              data-testid="lsc-facet-clear"
              title={words.clearAll}
              onClick={() => {
                actions.clear();
              }}
            >
              {words.clear}
            </button>
          )
        }
      />
      <QueryProblems
        problems={facets?.problems ?? []}
        query={query}
        setQuery={(text) => {
          actions.setQuery(text);
        }}
      />
    </div>
  );
}

/** Height of a heading as it opens, for an even arrangement. */
function heightOf(heading: Heading, nValues: number): number {
  if (!heading.isOpen) return CLOSED_PX;
  if (heading.kind === "number") return RANGE_PX;
  if (heading.field === "strand") return OPEN_PX + SEARCH_PX;
  const isLong = nValues > FIRST_ROWS + 1;
  const rows = isLong ? FIRST_ROWS + 1 : nValues;
  return OPEN_PX + rows * ROW_PX + (nValues > 2 * FIRST_VALUES ? SEARCH_PX : 0);
}

function Columns({ store, actions }: PanelProps): VNode | null {
  const view = useSlice(store, (state) => ({
    catalog: state.catalog,
    facets: state.facets,
    filters: state.filters,
    fields: state.fields,
    columns: columnCount(state.widthPx),
    isFailed: state.phase === "error",
  }));
  const memory = useRef<PanelMemory>(new Map()).current;
  const { catalog, facets, filters, fields, columns } = view;
  const isOne = columns === 1;
  const headings = headingsOf(
    catalog,
    facets,
    (field, kind) =>
      isOne
        ? OPEN_IN_ONE.has(field)
        : kind === "number" || (OPEN_AT_FIRST.has(field) && !CLOSED_AT_FIRST.has(field)),
    fields,
  );
  const names = headings.map(({ field }) => field).join("\n");
  // Counted once per catalog and width: opening a heading must not move it to another column.
  const places = useMemo(
    () =>
      splitColumns(
        headings.map((heading) =>
          heightOf(heading, facets?.fields.get(heading.field)?.values.length ?? 0),
        ),
        columns,
      ),
    [catalog, columns, names],
  );
  if (catalog === null || facets === null || catalog.n === 0 || view.isFailed) return null;
  return (
    <div class="lsc-columns" data-columns={columns} data-testid="lsc-columns">
      {Array.from({ length: columns }, (_, column) => (
        <div key={column} class="lsc-column">
          {headings
            .filter((_, i) => places[i] === column)
            .map((heading) => (
              <FacetSection
                key={heading.field}
                heading={heading}
                filtering={{
                  catalog,
                  facets,
                  filters,
                  change: (how) => {
                    actions.setFilters(how(store.get().filters));
                  },
                }}
                memory={memory}
                firstValues={FIRST_ROWS}
                Range={RangeField}
              />
            ))}
        </div>
      ))}
    </div>
  );
}

/** What screen readers hear after a change. */
function Spoken({ store }: Pick<PanelProps, "store">): VNode {
  const { spoken } = useSlice(store, (state) => ({ spoken: state.spoken }));
  return (
    <div class="lsc-hidden" role="status" aria-live="polite" data-testid="lsc-spoken">
      {spoken}
    </div>
  );
}

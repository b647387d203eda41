/** Track filters beside the lanes: search, chips, "n of N tracks", and one section per field. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { Actions } from "./actions.js";
import { Chips } from "./chips.js";
import type { PanelMemory } from "./facet_field.js";
import { FacetSection, headingsOf } from "./facet_sections.js";
import { Icon } from "./icon.js";
import { status, words } from "./messages.js";
import { QueryBox } from "./query_box.js";
import { QueryProblems } from "./query_problems.js";
import type { Store } from "./store.js";
import { useSlice } from "./use_slice.js";
import type { ViewState } from "./view_state.js";

/** Fields that are open at first, as far as they have at least two values. */
const OPEN = new Set([
  "output_name",
  "assay_title",
  "gtex_tissue",
  "biosample_name",
  "strand",
  "data_source",
]);

interface FacetPanelProps {
  readonly store: Store<ViewState>;
  readonly actions: Actions;
  readonly isDrawer: boolean;
}

export function FacetPanel({ store, actions, isDrawer }: FacetPanelProps): VNode {
  const { facets, filters, query, catalog, isListed } = useSlice(store, (state) => ({
    facets: state.facets,
    filters: state.filters,
    query: state.query,
    catalog: state.catalog,
    isListed: state.visible.length > 0 && state.layout.trackIds.length < state.layout.found,
  }));
  const memory = useRef<PanelMemory>(new Map()).current;
  const headings = headingsOf(catalog, facets, (field) => OPEN.has(field));
  const hasFilter = query !== "" || Object.keys(filters).length > 0;
  const total = catalog?.n ?? 0;
  return (
    <div
      class="lsc-facets"
      role="group"
      aria-label={words.facets}
      data-testid="lsc-facets"
      data-drawer={isDrawer ? "" : undefined}
    >
      <div>
        <QueryBox
          query={query}
          setQuery={(text) => {
            actions.setQuery(text);
          }}
        />
        <QueryProblems
          problems={facets?.problems ?? []}
          query={query}
          setQuery={(text) => {
            actions.setQuery(text);
          }}
        />
        <div class="lsc-facet-head">
          <span class="lsc-strong" data-testid="lsc-facet-count">
            {catalog === null ? "" : status.tracksOf(facets?.nMatching ?? total, total)}
          </span>
          <span class="lsc-grow" />
          {!hasFilter && isListed && (
            <button
              type="button"
              class="lsc-button lsc-quiet lsc-small"
              data-testid="lsc-show-all"
              onClick={() => {
                actions.showAllTracks();
              }}
            >
              {words.showAll}
            </button>
          )}
          {hasFilter && (
            <button
              type="button"
              class="lsc-button lsc-quiet lsc-small"
              data-testid="lsc-facet-clear"
              title={words.clearAll}
              onClick={() => {
                actions.setFilters({});
                actions.setQuery("");
              }}
            >
              {words.clear}
            </button>
          )}
        </div>
        <Chips
          filters={filters}
          setFilters={(next) => {
            actions.setFilters(next);
          }}
        />
        <div class="lsc-facet-scroll">
          {catalog !== null &&
            facets !== null &&
            headings.map((heading) => (
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
              />
            ))}
        </div>
        <div class="lsc-facet-foot">
          <button
            type="button"
            class="lsc-button"
            onClick={() => {
              actions.copyPython("tracks");
            }}
          >
            <Icon name="copy" />
            {words.copyPython}
          </button>
        </div>
      </div>
    </div>
  );
}

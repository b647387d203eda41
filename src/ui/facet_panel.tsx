/** Track filters beside the lanes: search, chips, "n of N tracks", and one section per field. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { cycleFilter, type FacetField as Field } from "../core/facets.js";
import type { Catalog } from "../core/answers.js";
import type { Actions } from "./actions.js";
import { Chips } from "./chips.js";
import { FacetField } from "./facet_field.js";
import { Icon } from "./icon.js";
import { status, words } from "./messages.js";
import type { Store } from "./store.js";
import { columnOf, fieldLabel } from "./track_names.js";
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
const TYPING_MS = 80;

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
        <SearchBox
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
          {shownFields(facets?.fields, catalog).map(({ field, isOpen }) => (
            <FacetField
              key={field.field}
              field={field}
              label={fieldLabel(field.field, sentLabel(catalog, field.field))}
              isOpenAtFirst={isOpen}
              change={(value, how) => {
                actions.setFilters(cycleFilter(store.get().filters, field.field, value, how));
              }}
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

/** What the kernel calls a field, for fields that have no display name here. */
function sentLabel(catalog: Catalog | null, field: string): string | undefined {
  return catalog === null ? undefined : columnOf(catalog, field)?.label;
}

/** Fields worth a heading: two values or more, names and ids of single tracks last and closed. */
export function shownFields(
  fields: ReadonlyMap<string, Field> | undefined,
  catalog: Catalog | null,
): { field: Field; isOpen: boolean }[] {
  if (fields === undefined || catalog === null) return [];
  return [...fields.values()]
    .filter((field) => field.values.length >= 2)
    .map((field) => ({ field, isOpen: OPEN.has(field.field) }));
}

interface SearchBoxProps {
  readonly query: string;
  readonly setQuery: (text: string) => void;
}

function SearchBox({ query, setQuery }: SearchBoxProps): VNode {
  const [text, setText] = useState(query);
  const sent = useRef(query);
  useEffect(() => {
    // What this box sent comes back while the next letters are typed; it must not undo them.
    if (query === sent.current) return;
    sent.current = query;
    setText(query);
  }, [query]);
  useEffect(() => {
    if (text === query) return;
    const timer = setTimeout(() => {
      sent.current = text;
      setQuery(text);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div class="lsc-input">
      <Icon name="search" small />
      <input
        type="text"
        value={text}
        maxLength={500}
        placeholder={words.search}
        aria-label={words.search}
        data-testid="lsc-facet-search"
        onInput={(event) => {
          setText(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape" && text === "") event.currentTarget.blur();
          else if (event.key === "Escape") setText("");
        }}
      />
      {text !== "" && (
        <button
          type="button"
          class="lsc-clear"
          aria-label={words.clear}
          onClick={() => {
            setText("");
          }}
        >
          <Icon name="close" small />
        </button>
      )}
    </div>
  );
}

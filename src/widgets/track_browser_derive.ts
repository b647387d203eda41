/** State that follows from other state: matching tracks with their counts, and the lane layout. */
import { fieldOrder } from "../ui/track_names.js";
import { facetTableOf, type FacetResult, type FilterState } from "../core/facets.js";
import type { Catalog } from "../core/answers.js";
import { layoutLanes, type Layout } from "../ui/lane_layout.js";
import { mainWidthOf, panelIsDocked, type ViewState } from "../ui/view_state.js";

/** Tracks that match and the count of every value; a filter on an unheard-of field is passed over. */
export function deriveFacets(catalog: Catalog, filters: FilterState, query: string): FacetResult {
  const table = facetTableOf(catalog);
  const usable = Object.fromEntries(Object.entries(filters).filter(([field]) => table.has(field)));
  return table.update(usable, query, fieldOrder(table.fieldNames), { keepZero: true });
}

const LAYOUT_KEYS = [
  "catalog",
  "facets",
  "groupBy",
  "sortBy",
  "visible",
  "pinned",
  "laneStyle",
  "folded",
  "about",
  "mode",
  "expectsSequence",
  "genes",
  "variants",
  "widthPx",
  "showsFacets",
] as const satisfies readonly (keyof ViewState)[];

/** True when something changed that the layout depends on. */
export function needsLayout(state: ViewState, before: ViewState): boolean {
  return LAYOUT_KEYS.some((key) => state[key] !== before[key]);
}

export function deriveLayout(state: ViewState): Layout {
  return layoutLanes({
    catalog: state.catalog,
    rows: state.facets?.rows ?? [],
    groupBy: state.groupBy,
    sortBy: state.sortBy,
    visible: state.visible,
    pinned: state.pinned,
    laneStyle: state.laneStyle,
    folded: state.folded,
    maxLanes: state.about.maxLanes,
    isSignedMode: state.mode === "diff" || state.mode === "log2FC",
    hasSequence: state.expectsSequence,
    hasGenes: state.genes !== null || state.expectsGenes,
    hasVariants: state.variants !== null || state.expectsVariants,
    widthPx: mainWidthOf(state),
    heightPx: state.about.heightPx,
    needsPanelRoom: state.showsFacets && panelIsDocked(state),
  });
}

/** The state of a view before anything has been loaded. */
import type { ThemeName } from "../core/palette.js";
import { layoutLanes } from "../ui/lane_layout.js";
import type { ViewState } from "../ui/view_state.js";
import type { WidgetModel } from "./model_link.js";
import { readTraits } from "./track_browser_traits.js";

const NOWHERE = { chrom: "", start: 0, end: 1 };

/** Traits of the model, and a plain value for everything else. */
export function firstState(model: WidgetModel, hostTheme: ThemeName): ViewState {
  const { isSaved, ...traits } = readTraits(model);
  const about = traits.about ?? { assembly: "", title: "", maxLanes: 100, heightPx: null };
  const themeChoice = traits.themeChoice ?? "auto";
  return {
    phase: "loading",
    failure: null,
    laneFailure: null,
    notes: [],
    kernel: isSaved ? "saved" : "idle",
    openRequests: 0,
    tracksLoaded: 0,
    bounds: traits.region ?? NOWHERE,
    region: traits.bounds ?? NOWHERE,
    past: [],
    future: [],
    mode: "ref",
    hasAlt: false,
    scale: { kind: "linear", range: "group" },
    filters: {},
    query: "",
    groupBy: ["output_name"],
    sortBy: [],
    visible: [],
    pinned: [],
    laneStyle: {},
    selectedTracks: [],
    selection: null,
    focus: null,
    folded: new Set(),
    activeLane: null,
    catalog: null,
    facets: null,
    expectsSequence: false,
    expectsGenes: false,
    expectsVariants: false,
    bases: null,
    genes: null,
    variants: null,
    layout: layoutLanes({
      catalog: null,
      rows: [],
      groupBy: [],
      sortBy: [],
      visible: [],
      pinned: [],
      laneStyle: {},
      folded: new Set(),
      maxLanes: about.maxLanes,
      isSignedMode: false,
      hasSequence: false,
      hasGenes: false,
      hasVariants: false,
      widthPx: 0,
      heightPx: about.heightPx,
      needsPanelRoom: true,
    }),
    scales: new Map(),
    palette: "lsc",
    widthPx: 0,
    scrollTop: 0,
    showsFacets: true,
    showsHelp: false,
    python: null,
    copyNote: "",
    tooltip: null,
    cursor: "grab",
    spoken: "",
    ...traits,
    about,
    themeChoice,
    theme: themeChoice === "auto" ? hostTheme : themeChoice,
  };
}

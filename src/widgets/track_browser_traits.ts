/** The synced traits of one model: read with guards, follow changes, write back at a polite rate. */
import type { Region } from "../core/coords.js";
import { sameRegion } from "../core/coords.js";
import { lastSeq, nextSeq, raiseSeq } from "../core/scopes.js";
import { isColour, isPalette, type PaletteName } from "../core/palette.js";
import type { LaneMark, LaneStyle } from "../ui/lane_layout.js";
import type { Store } from "../ui/store.js";
import {
  SCALE_RANGES,
  VIEW_MODES,
  type About,
  type Focus,
  type ScaleChoice,
  type Selection,
  type ViewMode,
  type ViewState,
} from "../ui/view_state.js";
import {
  changedOnly,
  isLoose,
  ModelLink,
  readFilters,
  readNotes,
  readTheme,
  type WidgetModel,
} from "./model_link.js";

const REGION_MS = 100;
const MOST_IDS = 500;

function isPosition(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

export function readRegion(value: unknown): Region | null {
  if (!isLoose(value)) return null;
  const { chrom, start, end } = value;
  if (typeof chrom !== "string" || !isPosition(start) || !isPosition(end)) return null;
  return end > start ? { chrom, start, end } : null;
}

export function readIds(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return [...new Set(value.filter(isPosition))].slice(0, MOST_IDS);
}

export function readTexts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((text) => typeof text === "string").slice(0, 2);
}

export function readMode(value: unknown): ViewMode {
  return VIEW_MODES.find((mode) => mode === value) ?? "ref";
}

export function readScale(value: unknown): ScaleChoice {
  const loose = isLoose(value) ? value : {};
  return {
    kind: loose["kind"] === "log1p" || loose["kind"] === "symlog" ? loose["kind"] : "linear",
    range: SCALE_RANGES.find((range) => range === loose["range"]) ?? "group",
  };
}

export function readFocus(value: unknown): Focus | null {
  const region = readRegion(value);
  if (region === null || !isLoose(value)) return null;
  return { ...region, label: typeof value["label"] === "string" ? value["label"] : "" };
}

export function readSelection(value: unknown): Selection | null {
  if (!isLoose(value)) return null;
  const edge = (name: string): number | null => (isPosition(value[name]) ? value[name] : null);
  return {
    start: edge("start"),
    end: edge("end"),
    tracks: readIds(value["tracks"]),
    positions: readIds(value["positions"]),
  };
}

export function readPalette(value: unknown): PaletteName {
  return isPalette(value) ? value : "lsc";
}

const MARKS: Readonly<Record<string, LaneMark>> = {
  signal: "area",
  line: "area",
  heat: "strip",
  stems: "stems",
};

export function readLaneStyle(value: unknown): Record<number, LaneStyle> {
  const styles: Record<number, LaneStyle> = {};
  for (const [track, raw] of Object.entries(isLoose(value) ? value : {}).slice(0, MOST_IDS)) {
    if (!isLoose(raw) || !/^\d+$/.test(track)) continue;
    const { height, color, mark } = raw;
    const drawn = typeof mark === "string" ? MARKS[mark] : undefined;
    styles[Number(track)] = {
      ...(isPosition(height) ? { height } : {}),
      ...(typeof color === "string" && isColour(color) ? { color } : {}),
      ...(drawn === undefined ? {} : { mark: drawn }),
    };
  }
  return styles;
}

export function readAbout(value: unknown): About & { readonly isSaved: boolean } {
  const loose = isLoose(value) ? value : {};
  const text = (name: string): string => (typeof loose[name] === "string" ? loose[name] : "");
  const size = (name: string): number | null => {
    const found = loose[name];
    return typeof found === "number" && found > 0 ? found : null;
  };
  return {
    assembly: text("assembly"),
    title: text("title"),
    maxLanes: Math.min(MOST_IDS, size("max_lanes") ?? 100),
    heightPx: size("height"),
    isSaved: loose["saved"] === true,
  };
}

/** Everything the traits say at the moment the view opens. */
export function readTraits(model: WidgetModel): Partial<ViewState> & { isSaved: boolean } {
  const { isSaved, ...about } = readAbout(model.get("info"));
  const bounds = readRegion(model.get("bounds"));
  const region = readRegion(model.get("region")) ?? bounds;
  const query = model.get("query");
  const capabilities = model.get("capabilities");
  return {
    isSaved,
    about,
    notes: readNotes(model.get("status")),
    ...(bounds === null ? {} : { bounds }),
    ...(region === null ? {} : { region }),
    mode: readMode(model.get("mode")),
    scale: readScale(model.get("scale")),
    filters: readFilters(model.get("filters")),
    query: typeof query === "string" ? query : "",
    groupBy: readTexts(model.get("group_by")),
    sortBy: readTexts(model.get("sort_by")),
    visible: readIds(model.get("visible")),
    laneStyle: readLaneStyle(model.get("lane_style")),
    themeChoice: readTheme(model.get("theme")),
    palette: readPalette(model.get("palette")),
    pinned: readIds(model.get("pinned")),
    selectedTracks: readIds(model.get("selected_tracks")),
    selection: readSelection(model.get("selection")),
    focus: readFocus(model.get("focus")),
    hasAlt: isLoose(capabilities) && capabilities["alt"] === true,
  };
}

/** Traits that Python may set at any time, and the state fields they become. */
const FOLLOWED: Readonly<Record<string, (value: unknown) => Partial<ViewState>>> = {
  bounds: (value) => optional("bounds", readRegion(value)),
  filters: (value) => ({ filters: readFilters(value) }),
  query: (value) => ({ query: typeof value === "string" ? value : "" }),
  group_by: (value) => ({ groupBy: readTexts(value) }),
  sort_by: (value) => ({ sortBy: readTexts(value) }),
  visible: (value) => ({ visible: readIds(value) }),
  lane_style: (value) => ({ laneStyle: readLaneStyle(value) }),
  status: (value) => ({ notes: readNotes(value) }),
  theme: (value) => ({ themeChoice: readTheme(value) }),
  palette: (value) => ({ palette: readPalette(value) }),
  pinned: (value) => ({ pinned: readIds(value) }),
  selected_tracks: (value) => ({ selectedTracks: readIds(value) }),
  selection: (value) => ({ selection: readSelection(value) }),
  mode: (value) => ({ mode: readMode(value) }),
  scale: (value) => ({ scale: readScale(value) }),
  focus: (value) => ({ focus: readFocus(value) }),
  capabilities: (value) => ({ hasAlt: isLoose(value) && value["alt"] === true }),
};

function optional<Key extends keyof ViewState>(
  key: Key,
  value: ViewState[Key] | null,
): Partial<ViewState> {
  return value === null ? {} : { [key]: value };
}

export interface RegionEcho {
  /** A region that came from the kernel or from another view of the same model. */
  readonly followRegion: (region: Region) => void;
  /** True while the pointer is down: the person decides where the view is. */
  readonly isHeld: () => boolean;
}

/** Keeps one model and one store in step until `signal` aborts. */
export class TraitLink extends ModelLink {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting: Region | null = null;
  private lastSent = 0;
  readonly scope: string;

  constructor(
    model: WidgetModel,
    private readonly store: Store<ViewState>,
    private readonly echo: RegionEcho,
    signal: AbortSignal,
  ) {
    super(model);
    const scope = model.get("scope");
    this.scope = typeof scope === "string" ? scope : "";
    this.follow(
      "region",
      (value) => {
        this.takeRegion(value);
      },
      signal,
    );
    for (const [name, read] of Object.entries(FOLLOWED)) {
      this.follow(
        name,
        (value) => {
          store.patch(changedOnly(store.get(), read(value)));
        },
        signal,
      );
    }
    signal.addEventListener("abort", () => {
      clearTimeout(this.timer);
      if (this.waiting !== null) this.sendRegion(this.waiting);
    });
  }

  /** Tell the kernel where the view is: at most ten times a second, at once when settled. */
  reportRegion(region: Region, isSettled: boolean): void {
    this.waiting = region;
    const age = Date.now() - this.lastSent;
    if (isSettled || age >= REGION_MS) {
      this.sendRegion(region);
    } else {
      this.timer ??= setTimeout(() => {
        if (this.waiting !== null) this.sendRegion(this.waiting);
      }, REGION_MS - age);
    }
  }

  private sendRegion(region: Region): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = null;
    this.lastSent = Date.now();
    const current = readRegion(this.model.get("region"));
    if (current !== null && sameRegion(current, region)) return;
    const { chrom, start, end } = region;
    this.model.set("region", { chrom, start, end, seq: nextSeq(this.scope) });
    this.model.save_changes();
  }

  private takeRegion(value: unknown): void {
    const region = readRegion(value);
    if (region === null || sameRegion(region, this.store.get().region)) return;
    const seq = isLoose(value) && typeof value["seq"] === "number" ? value["seq"] : null;
    if (this.echo.isHeld()) return;
    if (seq !== null && seq < lastSeq(this.scope)) return;
    if (seq !== null) raiseSeq(this.scope, seq);
    this.echo.followRegion(region);
  }
}

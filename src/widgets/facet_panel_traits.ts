/** The synced traits of one facet panel: read with guards, followed, written after a short rest. */
import type { ThemeName } from "../core/palette.js";
import type { PanelAbout, PanelState, Preset } from "../ui/panel_state.js";
import type { Store } from "../ui/store.js";
import {
  changedOnly,
  isLoose,
  ModelLink,
  readFilters,
  readNotes,
  readTheme,
  type WidgetModel,
} from "./model_link.js";

/** In one object so that tests can scale it. */
export const PANEL_TIMES = { writeMs: 60 };

const MOST_FIELDS = 64;
const MOST_PRESETS = 100;
const MOST_QUERY = 500;

export function readQuery(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MOST_QUERY) : "";
}

export function readFields(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const fields = value.filter((field) => typeof field === "string");
  return [...new Set(fields)].slice(0, MOST_FIELDS);
}

export function readPresets(value: unknown): Record<string, Preset> {
  if (!isLoose(value)) return {};
  const entries = Object.entries(value).slice(0, MOST_PRESETS);
  return Object.fromEntries(
    entries.flatMap(([name, raw]): [string, Preset][] =>
      isLoose(raw)
        ? [[name, { filters: readFilters(raw["filters"]), query: readQuery(raw["query"]) }]]
        : [],
    ),
  );
}

export function readPanelAbout(value: unknown): PanelAbout {
  const loose = isLoose(value) ? value : {};
  const text = (name: string, otherwise: string): string => {
    const found = loose[name];
    return typeof found === "string" && found !== "" ? found : otherwise;
  };
  return {
    title: text("title", ""),
    receiver: text("receiver", "catalog"),
    note: text("note", ""),
    noun: text("noun", "tracks"),
  };
}

/** The state of a view before anything has been loaded. */
export function firstPanelState(model: WidgetModel, hostTheme: ThemeName): PanelState {
  const info = model.get("info");
  const isSaved = isLoose(info) && info["saved"] === true;
  const themeChoice = readTheme(model.get("theme"));
  return {
    phase: "loading",
    failure: null,
    laneFailure: null,
    notes: readNotes(model.get("status")),
    kernel: isSaved ? "saved" : "idle",
    about: readPanelAbout(info),
    canShow: canShow(model.get("capabilities")),
    filters: readFilters(model.get("filters")),
    query: readQuery(model.get("query")),
    presets: readPresets(model.get("presets")),
    fields: readFields(model.get("fields")),
    catalog: null,
    facets: null,
    themeChoice,
    theme: themeChoice === "auto" ? hostTheme : themeChoice,
    widthPx: 0,
    python: null,
    copyNote: "",
    spoken: "",
  };
}

function canShow(capabilities: unknown): boolean {
  return isLoose(capabilities) && capabilities["show"] === true;
}

/** Traits that Python may set at any time, and the state fields they become. */
const FOLLOWED: Readonly<Record<string, (value: unknown) => Partial<PanelState>>> = {
  filters: (value) => ({ filters: readFilters(value) }),
  query: (value) => ({ query: readQuery(value) }),
  presets: (value) => ({ presets: readPresets(value) }),
  fields: (value) => ({ fields: readFields(value) }),
  theme: (value) => ({ themeChoice: readTheme(value) }),
  capabilities: (value) => ({ canShow: canShow(value) }),
  status: (value) => ({ notes: readNotes(value) }),
  info: (value) => ({ about: readPanelAbout(value) }),
};

/** Keeps one model and one store in step until `signal` aborts. */
export class PanelLink extends ModelLink {
  readonly scope: string;
  private waiting: Record<string, unknown> = {};
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(model: WidgetModel, store: Store<PanelState>, signal: AbortSignal) {
    super(model);
    const scope = model.get("scope");
    this.scope = typeof scope === "string" ? scope : "";
    for (const [name, read] of Object.entries(FOLLOWED)) {
      this.follow(
        name,
        (value) => {
          // A choice of this page that has not been sent yet is newer than what comes in.
          if (name in this.waiting) return;
          store.patch(changedOnly(store.get(), read(value)));
        },
        signal,
      );
    }
    signal.addEventListener("abort", () => {
      this.flush();
    });
  }

  /** Write soon: only the last of quickly following values is told to the kernel. */
  writeSoon(values: Readonly<Record<string, unknown>>): void {
    Object.assign(this.waiting, values);
    this.timer ??= setTimeout(() => {
      this.flush();
    }, PANEL_TIMES.writeMs);
  }

  /** Write what waits at once. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const values = this.waiting;
    this.waiting = {};
    this.write(values);
  }
}

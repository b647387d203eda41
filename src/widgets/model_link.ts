/** What every widget does with the traits of its model: read with guards, follow, write back. */
import { canonicalFilters, type FilterState } from "../core/facets.js";
import type { WireModel } from "../core/wire.js";

export type Loose = Readonly<Record<string, unknown>>;

/** The part of an anywidget model that widgets use. */
export interface WidgetModel extends WireModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

const MOST_FIELDS = 64;
const MOST_NOTES = 8;

export function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readTheme(value: unknown): "auto" | "light" | "dark" {
  return value === "light" || value === "dark" ? value : "auto";
}

export function readNotes(value: unknown): string[] {
  const notes = isLoose(value) ? value["notes"] : undefined;
  if (!Array.isArray(notes)) return [];
  return notes.filter((note) => typeof note === "string").slice(0, MOST_NOTES);
}

type FilterValue = string | number | boolean | null;

function isFilterValue(value: unknown): value is FilterValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Filters from the kernel; anything that is not a filter is left out. */
export function readFilters(value: unknown): FilterState {
  if (!isLoose(value)) return {};
  const filters: Record<string, FilterState[string]> = {};
  for (const [field, raw] of Object.entries(value).slice(0, MOST_FIELDS)) {
    if (!isLoose(raw)) continue;
    const list = (name: "in" | "not"): Record<string, FilterValue[]> =>
      Array.isArray(raw[name]) ? { [name]: raw[name].filter(isFilterValue) } : {};
    const bound = (name: "min" | "max"): Record<string, number> =>
      typeof raw[name] === "number" ? { [name]: raw[name] } : {};
    filters[field] = { ...list("in"), ...list("not"), ...bound("min"), ...bound("max") };
  }
  return canonicalFilters(filters);
}

/** Fields whose content is new; equal content keeps its identity, so nothing is drawn again. */
export function changedOnly<State extends object>(
  state: State,
  change: Partial<State>,
): Partial<State> {
  return Object.fromEntries(
    Object.entries(change).filter(
      ([key, value]) => JSON.stringify(state[key as keyof State]) !== JSON.stringify(value),
    ),
  ) as Partial<State>;
}

/** For how long an own report may come back through linked objects of the kernel, in ms. */
const ECHO_MS = 3_000;

interface Report {
  readonly text: string;
  readonly at: number;
}

/** Follows and writes the traits of one model. */
export class ModelLink {
  readonly #reports = new Map<string, Report[]>();

  constructor(protected readonly model: WidgetModel) {}

  /** Call `take` with the new value each time a trait changes, until `signal` aborts. */
  follow(name: string, take: (value: unknown) => void, signal: AbortSignal): void {
    const listener = (): void => {
      const value = this.model.get(name);
      if (!this.#isOldReport(name, JSON.stringify(value))) take(value);
    };
    this.model.on(`change:${name}`, listener);
    signal.addEventListener("abort", () => {
      this.model.off(`change:${name}`, listener);
    });
  }

  /** Write traits at once; equal values are not sent again. */
  write(values: Readonly<Record<string, unknown>>): void {
    let isNew = false;
    for (const [name, value] of Object.entries(values)) {
      const text = JSON.stringify(value);
      if (JSON.stringify(this.model.get(name)) === text) continue;
      this.#remember(name, text);
      this.model.set(name, value);
      isNew = true;
    }
    if (isNew) this.model.save_changes();
  }

  #remember(name: string, text: string): void {
    const at = Date.now();
    const recent = (this.#reports.get(name) ?? []).filter((report) => at - report.at < ECHO_MS);
    this.#reports.set(name, [...recent, { text, at }]);
  }

  /** Linked objects of the kernel send every step of a gesture back; only the newest one counts. */
  #isOldReport(name: string, text: string): boolean {
    const reports = this.#reports.get(name) ?? [];
    const at = Date.now();
    const fresh = reports.filter((report) => at - report.at < ECHO_MS);
    const last = fresh.at(-1);
    return last !== undefined && last.text !== text && fresh.some((old) => old.text === text);
  }
}

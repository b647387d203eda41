/** Fetches what a view needs: greeting, catalog, annotation, overviews, then tiles of the moving view. */
import type { Mode, TilesAnswer } from "../core/answers.js";
import { decodeTilesPart } from "../core/answers.js";
import { planTiles } from "../core/tile_plan.js";
import { TileCache } from "../core/tiles.js";
import { isCancelled, WireError, type Client, type Part } from "../core/wire.js";
import { states } from "../ui/messages.js";
import { BaseLoader } from "./track_browser_bases.js";
import type { Store } from "../ui/store.js";
import {
  bpPerPxOf,
  isOffline,
  type Failure,
  type ViewMode,
  type ViewState,
} from "../ui/view_state.js";

/** Tracks of one overview request. */
const OVERVIEW_TRACKS = 100;
/** The word "working" appears only when answers take longer than this. */
const WORKING_MS = 400;
const PREFETCH_MARGIN = 0.5;

export interface LoaderPorts {
  readonly binsArrived: () => void;
  /** A request got no answer in its time: the kernel may be gone. */
  readonly noAnswer: () => void;
}

export class Loader {
  readonly cache = new TileCache();
  private readonly asked = new Set<string>();
  private open = 0;
  private workTimer: ReturnType<typeof setTimeout> | undefined;
  private generation = 0;
  private readonly bases: BaseLoader;

  constructor(
    private readonly client: Client,
    private readonly store: Store<ViewState>,
    private readonly ports: LoaderPorts,
    private readonly signal: AbortSignal,
  ) {
    this.bases = new BaseLoader(store, (place) => this.track(client.sequence(place, { signal })));
    signal.addEventListener("abort", () => {
      clearTimeout(this.workTimer);
    });
  }

  /** Greeting, catalog, annotation and first overview; ends in phase `ready` or `error`. */
  async start(): Promise<void> {
    const generation = ++this.generation;
    const isCurrent = (): boolean => generation === this.generation && !this.signal.aborted;
    try {
      const hello = await this.track(this.client.hello());
      if (!isCurrent()) return;
      this.cache.rev = this.client.rev;
      const { about } = this.store.get();
      const { capabilities } = hello;
      this.store.patch({
        bounds: hello.bounds,
        ...(this.store.get().region.chrom === "" ? { region: hello.bounds } : {}),
        hasAlt: capabilities["alt"] === true,
        expectsSequence: capabilities["sequence"] === true,
        expectsGenes: capabilities["genes"] === true,
        expectsVariants: capabilities["variants"] === true,
        about: about.assembly === "" ? { ...about, assembly: hello.assembly } : about,
      });
      this.loadAnnotation(isCurrent);
      const catalog = await this.track(this.client.catalog());
      if (!isCurrent()) return;
      this.store.patch({ catalog });
      await this.loadOverviews();
      if (!isCurrent()) return;
      this.store.patch({ phase: "ready", failure: null });
      this.refresh();
    } catch (error) {
      if (isCurrent() && !isCancelled(error)) this.fail(error);
    }
  }

  /** The kernel says that its data are new: forget everything and begin again. */
  async restart(): Promise<void> {
    this.asked.clear();
    this.cache.clear();
    this.bases.forget();
    this.store.patch({ laneFailure: null });
    await this.start();
  }

  /** Ask for whatever the current view lacks; safe to call on every change. */
  refresh(): void {
    const state = this.store.get();
    const { catalog } = state;
    if (catalog === null || (isOffline(state.kernel) && state.kernel !== "saved")) return;
    void this.loadOverviews().catch((error: unknown) => {
      this.report(error);
    });
    this.bases.refresh();
    const requests = planTiles(this.cache, {
      modes: dataModes(state.mode),
      tracks: shownTracks(state),
      geometry: catalog.geometry,
      region: state.region,
      bpPerPx: bpPerPxOf(state),
      margin: PREFETCH_MARGIN,
    });
    const answers = this.client.viewport(
      requests.map((body) => ({ type: "tiles", body: { ...body } })),
      (part) => {
        this.keep(part);
      },
    );
    for (const answer of answers) {
      this.track(answer).catch((error: unknown) => {
        this.report(error);
      });
    }
  }

  /** Bins of a late answer still fit the current data. */
  keep(part: Part): void {
    const { catalog } = this.store.get();
    if (catalog === null) return;
    let answer: TilesAnswer;
    try {
      answer = decodeTilesPart(part);
    } catch (error) {
      this.report(error);
      return;
    }
    const first = answer.tracks[0];
    if (first !== undefined) this.cache.put(answer, catalog.geometry.nBins[first] ?? 0);
    this.ports.binsArrived();
  }

  private loadAnnotation(isCurrent: () => boolean): void {
    const { expectsGenes, expectsVariants } = this.store.get();
    const report = (error: unknown): void => {
      if (isCurrent()) this.report(error);
    };
    if (expectsGenes) {
      this.track(this.client.genes()).then((genes) => {
        if (isCurrent()) this.store.patch({ genes });
      }, report);
    }
    if (expectsVariants) {
      this.track(this.client.variants()).then((variants) => {
        if (isCurrent()) this.store.patch({ variants });
      }, report);
    }
  }

  /** Overviews make every later pan and zoom possible without a kernel. */
  private async loadOverviews(): Promise<void> {
    const state = this.store.get();
    const waiting: Promise<unknown>[] = [];
    for (const mode of dataModes(state.mode)) {
      const tracks = shownTracks(state).filter((track) => {
        const exists = mode === "ref" || state.catalog?.geometry.alt[track] === 1;
        return exists && !this.asked.has(`${mode} ${track}`);
      });
      for (let at = 0; at < tracks.length; at += OVERVIEW_TRACKS) {
        waiting.push(this.loadOverview(mode, tracks.slice(at, at + OVERVIEW_TRACKS)));
      }
    }
    await Promise.all(waiting);
  }

  private async loadOverview(mode: Mode, tracks: readonly number[]): Promise<void> {
    for (const track of tracks) this.asked.add(`${mode} ${track}`);
    let loaded = 0;
    try {
      await this.track(
        this.client.request(
          "overview",
          { mode, tracks },
          {
            signal: this.signal,
            onPart: (part) => {
              this.keep(part);
              const listed = part.header["tracks"];
              loaded += Array.isArray(listed) ? listed.length : 0;
              this.store.patch({ tracksLoaded: Math.max(this.store.get().tracksLoaded, loaded) });
            },
          },
        ),
      );
    } catch (error) {
      for (const track of tracks) this.asked.delete(`${mode} ${track}`);
      throw error;
    }
  }

  /** Count a request while it is open, for the words in the status line. */
  private async track<T>(promise: Promise<T>): Promise<T> {
    this.open += 1;
    this.workTimer ??= setTimeout(() => {
      if (this.open > 0) this.showKernel();
      this.workTimer = undefined;
    }, WORKING_MS);
    try {
      return await promise;
    } finally {
      this.open -= 1;
      if (this.open === 0) this.showKernel();
    }
  }

  private showKernel(): void {
    const { kernel } = this.store.get();
    if (this.signal.aborted || isOffline(kernel) || kernel === "busy") return;
    this.store.patch({ kernel: this.open > 0 ? "working" : "idle", openRequests: this.open });
  }

  private fail(error: unknown): void {
    this.store.patch({ phase: "error", failure: failureOf(error, states.failed) });
  }

  private report(error: unknown): void {
    if (isCancelled(error) || this.signal.aborted) return;
    if (error instanceof WireError && error.code === "no_kernel_data") return;
    if (error instanceof WireError && error.code === "stale_rev") {
      void this.restart();
      return;
    }
    if (error instanceof WireError && error.code === "timeout") this.ports.noAnswer();
    this.store.patch({ laneFailure: failureOf(error, states.partFailed) });
  }
}

/** What the kernel is asked for in a mode; lanes without an alternative show the reference. */
export function dataModes(mode: ViewMode): Mode[] {
  if (mode === "ref") return ["ref"];
  return mode === "overlay" ? ["ref", "alt"] : ["ref", mode];
}

/** Lanes in sight plus the first track of the overview. */
export function shownTracks(state: ViewState): number[] {
  const lanes = state.layout.lanes.map((lane) => lane.track);
  const first = state.layout.trackIds[0];
  return lanes.length > 0 || first === undefined ? lanes : [first];
}

/** The sentence for people and the details for a report. */
export function failureOf(error: unknown, otherwise: string): Failure {
  if (error instanceof WireError) {
    const known = error.code === "not_found" ? states.unknownPrediction : error.message;
    const sentence = error.code === "timeout" ? states.noAnswer : known;
    return {
      sentence,
      details: [error.code, error.message, error.hint].filter(Boolean).join(" \u00b7 "),
    };
  }
  return { sentence: otherwise, details: error instanceof Error ? error.message : String(error) };
}

/** One mounted facet panel: builds its parts, connects them, and takes everything down again. */
import { facetTableOf } from "../core/facets.js";
import { cssVariables } from "../core/palette.js";
import { broadcastChoice, joinScope, revealOther, type ScopeMember } from "../core/scopes.js";
import { detectTheme } from "../core/theme.js";
import { CatalogClient, isCancelled, WIRE_VERSION, WireError } from "../core/wire.js";
import { announce, panelTexts, states } from "../ui/messages.js";
import { mountPanel } from "../ui/panel_frame.js";
import { panelWord, type PanelState } from "../ui/panel_state.js";
import { Store } from "../ui/store.js";
import { Connection } from "./connection.js";
import { FacetPanelActions } from "./facet_panel_actions.js";
import { listenToPanelKeys } from "./facet_panel_keyboard.js";
import { firstPanelState, PanelLink } from "./facet_panel_traits.js";
import { CLIENT_VERSION, hostName, programName } from "./host.js";
import type { WidgetModel } from "./model_link.js";
import { followSurroundings } from "./surroundings.js";
import { copyText } from "./track_browser_clipboard.js";
import { deriveFacets } from "./track_browser_derive.js";
import { failureOf } from "./track_browser_loader.js";
import { pythonOfTracks } from "./tracks_python.js";

/** A screen reader hears of a change when nothing has changed for this long. */
const SAY_MS = 500;

let views = 0;

export class FacetPanelView {
  private readonly leaving = new AbortController();
  private readonly root = document.createElement("div");
  private readonly store: Store<PanelState>;
  private readonly client: CatalogClient;
  private readonly link: PanelLink;
  private readonly actions: FacetPanelActions;
  private readonly connection: Connection<PanelState>;
  private readonly member: ScopeMember;
  private readonly scope: string;
  private generation = 0;
  private sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: WidgetModel,
    private readonly host: HTMLElement,
  ) {
    const { signal } = this.leaving;
    views += 1;
    this.store = new Store(firstPanelState(model, detectTheme(host)));
    this.client = new CatalogClient(model, { clientVersion: CLIENT_VERSION, host: hostName() });
    this.link = new PanelLink(model, this.store, signal);
    this.scope = this.link.scope === "" ? `panel ${views}` : this.link.scope;
    this.actions = this.makeActions();
    this.member = {
      applyChoice: (choice) => {
        this.actions.takeChoice(choice);
      },
    };
    signal.addEventListener("abort", joinScope(this.scope, this.member));
    this.connection = new Connection(
      model,
      this.client,
      this.store,
      () => {
        void this.load();
      },
      signal,
    );
    this.store.watch((state, before) => {
      this.derive(state, before);
    }, signal);
    this.setUpRoot();
    this.mount();
    void this.load();
  }

  /** Remove every listener, timer, request and element of this view. */
  close(): void {
    this.leaving.abort();
    clearTimeout(this.sayTimer);
    this.client.close();
    this.root.remove();
  }

  private makeActions(): FacetPanelActions {
    return new FacetPanelActions(this.store, {
      chosen: (choice) => {
        this.link.writeSoon({ ...choice });
        broadcastChoice(this.scope, this.member, choice);
      },
      write: (traits) => {
        this.link.writeSoon(traits);
      },
      say: (text) => {
        clearTimeout(this.sayTimer);
        this.sayTimer = setTimeout(() => {
          this.store.patch({ spoken: text });
        }, SAY_MS);
      },
      copy: (what) => {
        this.copy(what);
      },
      show: () => {
        this.show();
      },
      retry: () => {
        this.store.patch({ phase: "loading", failure: null, kernel: "idle" });
        void this.load();
      },
    });
  }

  private setUpRoot(): void {
    const { root } = this;
    root.className = "lsc-root lsc-panel";
    root.tabIndex = 0;
    // No landmark: a page may hold several panels, and landmarks need different names.
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", panelTexts.product);
    root.dataset["testid"] = "lsc-facet-panel";
    root.dataset["state"] = "loading";
    root.dataset["lmSuppressShortcuts"] = "true";
    this.host.append(root);
  }

  private mount(): void {
    const { signal } = this.leaving;
    this.applyTheme(this.store.get());
    this.measure();
    signal.addEventListener(
      "abort",
      mountPanel(this.root, { store: this.store, actions: this.actions }),
    );
    followSurroundings(
      this.root,
      this.host,
      this.store,
      () => {
        this.measure();
      },
      signal,
    );
    listenToPanelKeys(
      this.root,
      {
        focusSearch: () => {
          this.root.querySelector<HTMLElement>('[data-testid="lsc-facet-search"]')?.focus();
        },
        show: () => {
          this.actions.show();
        },
        closeTop: () => {
          if (this.store.get().python === null) return false;
          this.actions.closePython();
          return true;
        },
        leave: () => {
          (document.activeElement as HTMLElement | null)?.blur();
        },
      },
      signal,
    );
    this.link.follow(
      "catalog_rev",
      () => {
        void this.load();
      },
      signal,
    );
    this.client.onPush(({ type }) => {
      if (type === "invalidate") void this.load();
    });
  }

  /** Greeting, then the catalog; ends in phase `ready` or `error`. */
  private async load(): Promise<void> {
    const generation = ++this.generation;
    const isCurrent = (): boolean => generation === this.generation && !this.leaving.signal.aborted;
    try {
      await this.client.hello();
      const catalog = await this.client.catalog();
      if (isCurrent()) this.store.patch({ catalog, phase: "ready", failure: null });
    } catch (error) {
      if (!isCurrent() || isCancelled(error)) return;
      if (error instanceof WireError && error.code === "timeout") this.connection.probe();
      this.store.patch({ phase: "error", failure: failureOf(error, states.failed) });
    }
  }

  private measure(): void {
    const widthPx = this.root.clientWidth;
    if (widthPx > 0) this.store.patch({ widthPx });
  }

  /** Keep what follows from other state in step: counts, code, theme, the word on the root. */
  private derive(state: PanelState, before: PanelState): void {
    const { catalog, filters, query, facets } = state;
    const isNewFilter = filters !== before.filters || query !== before.query;
    if (
      catalog !== null &&
      (catalog !== before.catalog || (isNewFilter && facets === before.facets))
    ) {
      this.store.patch({ facets: deriveFacets(catalog, filters, query) });
      if (isNewFilter) this.say(this.store.get());
      return;
    }
    if (state.facets !== before.facets) {
      this.link.writeSoon({ result_count: state.facets?.nMatching ?? 0 });
      if (state.python !== null) this.store.patch({ python: this.code(), copyNote: "" });
    }
    if (state.themeChoice !== before.themeChoice) {
      this.store.patch({
        theme: state.themeChoice === "auto" ? detectTheme(this.host) : state.themeChoice,
      });
    }
    const { theme } = this.store.get();
    if (this.root.dataset["lscTheme"] !== theme) this.applyTheme({ theme });
    const word = panelWord(this.store.get());
    if (this.root.dataset["state"] !== word) this.root.dataset["state"] = word;
    if (before.python !== null && state.python === null) {
      this.root.querySelector<HTMLElement>('[data-testid="lsc-copy-python"]')?.focus();
    }
  }

  private say({ facets, catalog }: PanelState): void {
    const text = announce.tracks(facets?.nMatching ?? 0, catalog?.n ?? 0);
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => {
      this.store.patch({ spoken: text });
    }, SAY_MS);
  }

  private applyTheme({ theme }: Pick<PanelState, "theme">): void {
    this.root.dataset["lscTheme"] = theme;
    for (const [name, value] of Object.entries(cssVariables(theme))) {
      this.root.style.setProperty(name, value);
    }
  }

  private code(): string {
    const { about, filters, query, catalog } = this.store.get();
    return catalog === null
      ? ""
      : pythonOfTracks(about.receiver, filters, query, facetTableOf(catalog));
  }

  private copy(what: "tracks" | "report"): void {
    const { failure } = this.store.get();
    const report = [programName(), failure?.sentence, failure?.details];
    const text = what === "tracks" ? this.code() : report.filter(Boolean).join("\n");
    if (what === "tracks") this.store.patch({ python: text, copyNote: "" });
    void copyText(text).then((copyNote) => {
      if (!this.leaving.signal.aborted) this.store.patch({ copyNote });
    });
  }

  /** The kernel opens or updates the browser; one that is on this page comes into sight. */
  private show(): void {
    this.link.flush();
    try {
      this.model.send({ v: WIRE_VERSION, type: "show" });
    } catch (error) {
      this.store.patch({ laneFailure: failureOf(error, states.noAnswer) });
      return;
    }
    revealOther(this.scope, this.member);
  }
}

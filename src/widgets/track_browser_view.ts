/** One mounted track browser: builds its parts, connects them, and takes everything down again. */
import {
  broadcastChoice,
  broadcastRegion,
  joinScope,
  nextSeq,
  type ScopeMember,
} from "../core/scopes.js";
import { cssVariables } from "../core/palette.js";
import { sameRegion, type Region } from "../core/coords.js";
import { bringIntoSight } from "../core/dom.js";
import { detectTheme } from "../core/theme.js";
import { Client } from "../core/wire.js";
import { mountFrame, type FrameParts } from "../ui/browser_frame.js";
import { words } from "../ui/messages.js";
import { Store } from "../ui/store.js";
import { panelIsDocked, stateWord, type ViewState } from "../ui/view_state.js";
import { BrowserActions } from "./track_browser_actions.js";
import { Connection } from "./connection.js";
import { deriveFacets, deriveLayout, needsLayout } from "./track_browser_derive.js";
import { copyText, textOf } from "./track_browser_clipboard.js";
import { exportView } from "./track_browser_export.js";
import { Gestures } from "./track_browser_gestures.js";
import { Hover } from "./track_browser_hover.js";
import { firstState } from "./track_browser_first_state.js";
import { listenToKeys } from "./track_browser_keyboard.js";
import { Loader } from "./track_browser_loader.js";
import { Painter } from "./track_browser_painter.js";
import { CLIENT_VERSION, hostName, programName } from "./host.js";
import type { WidgetModel } from "./model_link.js";
import { followSurroundings } from "./surroundings.js";
import { TraitLink } from "./track_browser_traits.js";

/** State that the picture shows and that is not part of layout or scales. */
const PAINTED = [
  "region",
  "theme",
  "palette",
  "scrollTop",
  "focus",
  "selection",
  "bases",
  "genes",
  "variants",
] as const satisfies readonly (keyof ViewState)[];

let views = 0;

export class TrackBrowserView {
  private readonly leaving = new AbortController();
  private readonly root = document.createElement("div");
  private readonly store: Store<ViewState>;
  private readonly client: Client;
  private readonly loader: Loader;
  private readonly link: TraitLink;
  private readonly actions: BrowserActions;
  private readonly connection: Connection<ViewState>;
  private readonly member: ScopeMember;
  private readonly scope: string;
  private painter: Painter | null = null;
  private gestures: Gestures | null = null;
  private hover: Hover | null = null;
  private sayTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    model: WidgetModel,
    private readonly host: HTMLElement,
  ) {
    const { signal } = this.leaving;
    views += 1;
    this.setUpRoot();
    this.store = new Store(firstState(model, detectTheme(host)));
    this.client = new Client(model, { clientVersion: CLIENT_VERSION, host: hostName() });
    this.loader = new Loader(
      this.client,
      this.store,
      {
        binsArrived: () => this.painter?.takeBins(),
        noAnswer: () => {
          this.connection.probe();
        },
      },
      signal,
    );
    this.link = new TraitLink(
      model,
      this.store,
      {
        followRegion: (region) => {
          this.follow(region);
        },
        isHeld: () => this.gestures?.isHeld === true,
      },
      signal,
    );
    this.scope = this.link.scope === "" ? `view ${views}` : this.link.scope;
    this.member = {
      applyRegion: (region) => {
        this.follow(region);
      },
      applyChoice: (choice) => {
        this.actions.takeChoice(choice);
      },
      reveal: () => bringIntoSight(this.root),
    };
    signal.addEventListener("abort", joinScope(this.scope, this.member));
    this.connection = new Connection(
      model,
      this.client,
      this.store,
      () => {
        void this.loader.restart();
      },
      signal,
    );
    this.actions = new BrowserActions(this.store, {
      regionMoved: (region, isSettled) => {
        this.regionMoved(region, isSettled);
      },
      write: (traits) => {
        this.link.write(traits);
      },
      chosen: (choice) => {
        broadcastChoice(this.scope, this.member, choice);
      },
      say: (text) => {
        this.say(text);
      },
      copy: (what) => {
        const text = textOf(what, this.store.get(), programName());
        this.store.patch({ python: text, copyNote: "", showsHelp: false });
        void copyText(text).then((copyNote) => {
          this.store.patch({ copyNote });
        });
      },
      exportAs: (kind) => {
        const { painter, client, loader } = this;
        if (painter !== null)
          void exportView(kind, this.store.get(), painter, client, loader.cache);
      },
      retry: () => {
        this.retry();
      },
      closeTooltip: () => {
        this.hover?.close();
      },
    });
    this.store.watch((state, before) => {
      this.derive(state, before);
    }, signal);
    this.store.watch((state, before) => {
      this.showState(state, before);
    }, signal);
    this.mount();
  }

  /** Remove every listener, timer, request and element of this view. */
  close(): void {
    this.leaving.abort();
    clearTimeout(this.sayTimer);
    this.client.close();
    this.root.remove();
  }

  private setUpRoot(): void {
    const { root } = this;
    root.className = "lsc-root";
    root.tabIndex = 0;
    // No landmark: a page may hold several browsers, and landmarks need different names.
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", words.product);
    root.dataset["testid"] = "lsc-track-browser";
    root.dataset["state"] = "loading";
    root.dataset["lmSuppressShortcuts"] = "true";
    this.host.append(root);
  }

  private mount(): void {
    const { signal } = this.leaving;
    this.applyTheme(this.store.get());
    this.measure();
    const unmount = mountFrame(this.root, {
      store: this.store,
      actions: this.actions,
      listId: `lsc-places-${views}`,
      onParts: (parts) => {
        this.takeParts(parts);
      },
    });
    signal.addEventListener("abort", unmount);
    followSurroundings(
      this.root,
      this.host,
      this.store,
      () => {
        this.measure();
      },
      signal,
    );
    listenToKeys(
      this.root,
      this.store,
      this.actions,
      {
        focusOn: (testId) => {
          this.focusOn(`[data-testid="${testId}"]`);
        },
        focusLane: (track) => {
          this.focusOn(`[data-testid="lsc-lane"][data-track="${track}"]`);
        },
        leave: () => {
          (document.activeElement as HTMLElement | null)?.blur();
        },
      },
      signal,
    );
    for (const name of ["data_rev", "catalog_rev"]) {
      this.link.follow(
        name,
        () => {
          void this.loader.restart();
        },
        signal,
      );
    }
    this.client.onPush(({ type }) => {
      if (type === "invalidate") void this.loader.restart();
    });
    this.client.onLate(({ type, parts }) => {
      if (type === "tiles" || type === "overview") for (const part of parts) this.loader.keep(part);
    });
    void this.loader.start();
  }

  /** The frame is in the page: canvases, pointer and hover can work. */
  private takeParts(parts: FrameParts): void {
    const { signal } = this.leaving;
    const painter = new Painter(
      this.store,
      this.loader.cache,
      parts.canvas,
      () => this.gestures?.isHeld === true,
      signal,
    );
    this.painter = painter;
    const hover = new Hover(
      this.store,
      this.loader.cache,
      this.client,
      { variantAt: (x, y) => painter.variantAt(x, y), geneAt: (x, y) => painter.geneAt(x, y) },
      signal,
    );
    this.hover = hover;
    this.gestures = new Gestures(
      parts.surface,
      this.store,
      this.actions,
      {
        variantAt: (x, y) => painter.variantAt(x, y),
        rest: (x, y) => {
          hover.rest(x, y);
        },
        leave: () => {
          hover.leave();
        },
        pinTooltip: (x, y) => {
          hover.pin(x, y);
        },
      },
      signal,
    );
    parts.surface.addEventListener(
      "pointerdown",
      () => {
        if (!this.root.contains(document.activeElement)) this.root.focus({ preventScroll: true });
      },
      { signal },
    );
    parts.scroll.addEventListener(
      "scroll",
      () => {
        this.store.patch({ scrollTop: parts.scroll.scrollTop });
      },
      { signal },
    );
    painter.invalidate();
  }

  private measure(): void {
    const widthPx = this.root.clientWidth;
    if (widthPx > 0) this.store.patch({ widthPx });
  }

  /** Keep what follows from other state in step: matching tracks, layout, theme, painting, loading. */
  private derive(state: ViewState, before: ViewState): void {
    const { catalog, filters, query } = state;
    const isNewFilter = filters !== before.filters || query !== before.query;
    if (
      catalog !== null &&
      (catalog !== before.catalog || (isNewFilter && state.facets === before.facets))
    ) {
      this.store.patch({ facets: deriveFacets(catalog, filters, query) });
      return;
    }
    if (needsLayout(state, before)) {
      const layout = deriveLayout(state);
      const mostScroll = Math.max(0, layout.lanesHeight - layout.viewHeight);
      this.store.patch({ layout, scrollTop: Math.min(state.scrollTop, mostScroll) });
      return;
    }
    if (state.themeChoice !== before.themeChoice) {
      this.store.patch({
        theme: state.themeChoice === "auto" ? detectTheme(this.host) : state.themeChoice,
      });
      return;
    }
    if (state.theme !== before.theme) this.applyTheme(state);
    this.repaint(state, before);
  }

  private repaint(state: ViewState, before: ViewState): void {
    const hasNewLanes = state.layout !== before.layout || state.mode !== before.mode;
    if (hasNewLanes || state.scale !== before.scale || state.phase !== before.phase) {
      this.painter?.renewScales();
    }
    if (hasNewLanes && state.phase === "ready") this.loader.refresh();
    const isOther = PAINTED.some((key) => state[key] !== before[key]);
    if (isOther) this.painter?.invalidate();
  }

  private applyTheme({ theme }: ViewState): void {
    this.root.dataset["lscTheme"] = theme;
    for (const [name, value] of Object.entries(cssVariables(theme))) {
      this.root.style.setProperty(name, value);
    }
  }

  private showState(state: ViewState, before: ViewState): void {
    const word = stateWord(state);
    if (this.root.dataset["state"] !== word) this.root.dataset["state"] = word;
    this.root.dataset["mode"] = state.mode;
    const isClosed =
      (before.showsHelp && !state.showsHelp) || (before.python !== null && state.python === null);
    if (isClosed) this.root.focus({ preventScroll: true });
    if (state.widthPx !== before.widthPx && before.widthPx === 0) {
      this.store.patch({ showsFacets: panelIsDocked(state) });
    }
  }

  /** A region from the kernel or a linked view. */
  private follow(region: Region): void {
    if (sameRegion(region, this.store.get().region)) return;
    this.store.patch({ region });
    this.painter?.settleScales();
    this.loader.refresh();
  }

  private regionMoved(region: Region, isSettled: boolean): void {
    this.painter?.settleScales();
    this.loader.refresh();
    this.hover?.leave();
    broadcastRegion(this.scope, this.member, region, nextSeq(this.scope));
    this.link.reportRegion(region, isSettled);
  }

  private say(text: string): void {
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => {
      this.store.patch({ spoken: text });
    }, 500);
  }

  private focusOn(selector: string): void {
    const find = (): HTMLElement | null => this.root.querySelector<HTMLElement>(selector);
    if (find() !== null) find()?.focus();
    else
      setTimeout(() => {
        find()?.focus();
      }, 50);
  }

  private retry(): void {
    const { phase } = this.store.get();
    this.store.patch({ laneFailure: null, kernel: "idle" });
    if (phase === "error") {
      this.store.patch({ phase: "loading", failure: null });
      void this.loader.restart();
    } else {
      this.connection.probe();
      this.loader.refresh();
    }
  }
}

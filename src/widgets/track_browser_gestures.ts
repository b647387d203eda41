/** Pointer and wheel on the plot: pan, zoom, select, brush, click; a plain wheel is left to the page. */
import { clampRegion, panBy, widthOf, zoomAt, type Region } from "../core/coords.js";
import type { Actions } from "../ui/actions.js";
import { OVERVIEW_HEIGHT } from "../ui/lane_layout.js";
import type { Store } from "../ui/store.js";
import { plotWidthOf, type ViewState } from "../ui/view_state.js";

/** What the pointer finds and what happens at rest; places are px of the plot area. */
export interface GestureTargets {
  readonly variantAt: (x: number, y: number) => number | null;
  readonly rest: (x: number, y: number) => void;
  readonly leave: () => void;
  readonly pinTooltip: (x: number, y: number) => void;
}

type Kind = "pan" | "select" | "brush" | "brush-start" | "brush-end" | "press";

interface Drag {
  readonly kind: Kind;
  readonly x: number;
  readonly y: number;
  readonly region: Region;
  hasMoved: boolean;
}

const SLACK_PX = 4;
const EDGE_PX = 8;
const SETTLE_MS = 180;
const LINE_PX = 16;
const PAGE_PX = 400;

export class Gestures {
  private drag: Drag | null = null;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  /** Set while a wheel gesture or a drag is under way. */
  isHeld = false;

  constructor(
    private readonly surface: HTMLElement,
    private readonly store: Store<ViewState>,
    private readonly actions: Actions,
    private readonly targets: GestureTargets,
    signal: AbortSignal,
  ) {
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      listener: (event: HTMLElementEventMap[Name]) => void,
      options: AddEventListenerOptions = {},
    ): void => {
      surface.addEventListener(name, listener, { ...options, signal });
    };
    on("pointerdown", (event) => {
      this.down(event);
    });
    on("pointermove", (event) => {
      this.move(event);
    });
    on("pointerup", (event) => {
      this.up(event);
    });
    on("pointercancel", () => {
      this.end();
    });
    on("pointerleave", () => {
      if (this.drag === null) this.targets.leave();
    });
    on("dblclick", (event) => {
      this.doubleClick(event);
    });
    on(
      "wheel",
      (event) => {
        this.wheel(event);
      },
      { passive: false },
    );
    signal.addEventListener("abort", () => {
      clearTimeout(this.settleTimer);
    });
  }

  /** Pointer place in px of the plot area; x = 0 is the left border of the labels. */
  private place(event: MouseEvent): { x: number; y: number } {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private plotX(x: number): number {
    return x - this.store.get().layout.gutter;
  }

  private isInPlot(x: number): boolean {
    const at = this.plotX(x);
    return at >= 0 && at <= plotWidthOf(this.store.get());
  }

  private positionAt(x: number): number {
    const state = this.store.get();
    return state.region.start + (this.plotX(x) / plotWidthOf(state)) * widthOf(state.region);
  }

  private isInOverview(y: number): boolean {
    const top = this.store.get().layout.head.overviewTop;
    return y >= top && y < top + OVERVIEW_HEIGHT;
  }

  private down(event: PointerEvent): void {
    const { x, y } = this.place(event);
    if (event.button !== 0 || !this.isInPlot(x) || isControl(event.target)) return;
    const { region } = this.store.get();
    const kind = this.isInOverview(y) ? this.brushKind(x) : event.shiftKey ? "select" : "press";
    this.drag = { kind, x, y, region, hasMoved: false };
    this.isHeld = true;
    this.surface.setPointerCapture(event.pointerId);
    this.targets.leave();
    if (kind === "brush" && !this.isOnBrush(x)) this.centreBrush(x);
  }

  private move(event: PointerEvent): void {
    const { x, y } = this.place(event);
    const { drag } = this;
    if (drag === null) {
      this.hover(x, y);
      return;
    }
    if (!drag.hasMoved && Math.abs(x - drag.x) < SLACK_PX && Math.abs(y - drag.y) < SLACK_PX)
      return;
    drag.hasMoved = true;
    const state = this.store.get();
    if (drag.kind === "select") this.select(drag, x);
    else if (drag.kind.startsWith("brush")) this.brush(drag, x);
    else {
      const bp = ((drag.x - x) * widthOf(drag.region)) / plotWidthOf(state);
      this.store.patch({ cursor: "grabbing" });
      this.actions.showRegion(panBy(drag.region, bp, state.bounds));
    }
  }

  private up(event: PointerEvent): void {
    const { drag } = this;
    if (drag === null) return;
    const { x, y } = this.place(event);
    if (this.surface.hasPointerCapture(event.pointerId)) {
      this.surface.releasePointerCapture(event.pointerId);
    }
    this.end();
    if (drag.hasMoved || drag.kind !== "press") return;
    const variant = this.targets.variantAt(x, y);
    if (variant === null) this.targets.pinTooltip(x, y);
    else this.actions.goToVariant(variant);
  }

  private end(): void {
    if (this.drag !== null && this.drag.kind !== "select") {
      this.actions.showRegion(this.store.get().region, { settled: true });
    }
    this.drag = null;
    this.isHeld = false;
    this.store.patch({ cursor: "grab" });
  }

  private hover(x: number, y: number): void {
    if (!this.isInPlot(x)) {
      this.store.patch({ cursor: "default" });
      this.targets.leave();
      return;
    }
    this.store.patch({ cursor: this.cursorAt(x, y) });
    this.targets.rest(x, y);
  }

  private cursorAt(x: number, y: number): string {
    if (this.isInOverview(y)) {
      const kind = this.brushKind(x);
      return kind === "brush" ? (this.isOnBrush(x) ? "grab" : "pointer") : "col-resize";
    }
    return this.targets.variantAt(x, y) === null ? "grab" : "pointer";
  }

  /** Position in the whole overview, and the px of the visible part in it. */
  private overviewEdges(): { start: number; end: number; bpPerPx: number } {
    const state = this.store.get();
    const bpPerPx = widthOf(state.bounds) / plotWidthOf(state);
    return {
      start: (state.region.start - state.bounds.start) / bpPerPx,
      end: (state.region.end - state.bounds.start) / bpPerPx,
      bpPerPx,
    };
  }

  private isOnBrush(x: number): boolean {
    const { start, end } = this.overviewEdges();
    const at = this.plotX(x);
    return at >= start - EDGE_PX / 2 && at <= end + EDGE_PX / 2;
  }

  private brushKind(x: number): Kind {
    const { start, end } = this.overviewEdges();
    const at = this.plotX(x);
    const reach = Math.min(EDGE_PX / 2, Math.max(2, (end - start) / 4));
    if (Math.abs(at - start) <= reach) return "brush-start";
    return Math.abs(at - end) <= reach ? "brush-end" : "brush";
  }

  private centreBrush(x: number): void {
    const state = this.store.get();
    const { bpPerPx } = this.overviewEdges();
    const centre = state.bounds.start + this.plotX(x) * bpPerPx;
    const shift = centre - (state.region.start + state.region.end) / 2;
    const region = panBy(state.region, shift, state.bounds);
    this.actions.showRegion(region);
    if (this.drag !== null) this.drag = { ...this.drag, region };
  }

  private brush(drag: Drag, x: number): void {
    const { bounds } = this.store.get();
    const bp = (x - drag.x) * this.overviewEdges().bpPerPx;
    const { start, end } = drag.region;
    if (drag.kind === "brush") {
      this.actions.showRegion(panBy(drag.region, bp, bounds));
      return;
    }
    const edges =
      drag.kind === "brush-start"
        ? { start: Math.min(start + bp, end - 8), end }
        : { start, end: Math.max(end + bp, start + 8) };
    this.actions.showRegion(clampRegion({ ...drag.region, ...edges }, bounds));
  }

  private select(drag: Drag, x: number): void {
    const { bounds, selection } = this.store.get();
    const [from, to] = [this.positionAt(drag.x), this.positionAt(x)].sort((a, b) => a - b);
    const start = Math.max(bounds.start, Math.floor(from ?? 0));
    const end = Math.min(bounds.end, Math.max(start + 1, Math.ceil(to ?? 0)));
    this.store.patch({ cursor: "crosshair" });
    this.actions.setSelection({
      start,
      end,
      tracks: selection?.tracks ?? [],
      positions: selection?.positions ?? [],
    });
  }

  private doubleClick(event: MouseEvent): void {
    const { x, y } = this.place(event);
    if (!this.isInPlot(x) || this.isInOverview(y) || isControl(event.target)) return;
    this.actions.closeTooltip();
    this.actions.zoom(event.shiftKey ? 2 : 0.5, this.positionAt(x));
  }

  private wheel(event: WheelEvent): void {
    const { x } = this.place(event);
    const unit = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? PAGE_PX : 1;
    const dx = event.deltaX * unit;
    const dy = event.deltaY * unit;
    const state = this.store.get();
    let region: Region;
    if (event.ctrlKey || event.metaKey) {
      const factor = Math.exp(Math.max(-120, Math.min(120, dy)) * 0.004);
      region = zoomAt(state.region, factor, this.positionAt(x), state.bounds);
    } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      const px = Math.abs(dx) > Math.abs(dy) ? dx : dy;
      region = panBy(state.region, (px * widthOf(state.region)) / plotWidthOf(state), state.bounds);
    } else return;
    event.preventDefault();
    this.isHeld = true;
    this.targets.leave();
    this.actions.showRegion(region);
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => {
      this.isHeld = this.drag !== null;
      this.actions.showRegion(this.store.get().region, { settled: true });
    }, SETTLE_MS);
  }
}

/** Buttons and labels keep their own clicks. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, input, .lsc-lane") !== null;
}

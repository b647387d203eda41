import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../ui/store.js";
import { load, recorded, settle, stateOf, type Called, type Loaded } from "../ui/testing/loaded.js";
import type { ViewState } from "../ui/view_state.js";
import { Gestures, type GestureTargets } from "./track_browser_gestures.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

const GUTTER = 180;
const LANES_Y = 300;

let surface: HTMLElement;
let store: Store<ViewState>;
let calls: Called[];
let gestures: Gestures;
let targets: GestureTargets;

beforeEach(() => {
  surface = document.createElement("div");
  document.body.append(surface);
  Object.assign(surface, {
    setPointerCapture: vi.fn(),
    releasePointerCapture: vi.fn(),
    hasPointerCapture: () => true,
  });
  store = new Store(stateOf(loaded));
  const fake = recorded();
  calls = fake.calls;
  targets = { variantAt: () => null, rest: vi.fn(), leave: vi.fn(), pinTooltip: vi.fn() };
  const actions = new Proxy(fake.actions, {
    get:
      (target, name) =>
      (...args: unknown[]) => {
        if (name === "showRegion") store.patch({ region: args[0] as ViewState["region"] });
        return (target as unknown as Record<string, (...all: unknown[]) => unknown>)[
          String(name)
        ]?.(...args);
      },
  });
  gestures = new Gestures(surface, store, actions, targets, new AbortController().signal);
});

function send(type: string, x: number, y: number, options: MouseEventInit = {}): Event {
  const event = new MouseEvent(type, {
    bubbles: true,
    cancelable: true,
    clientX: x,
    clientY: y,
    button: 0,
    ...options,
  });
  Object.defineProperty(event, "pointerId", { value: 1 });
  surface.dispatchEvent(event);
  return event;
}

function wheel(x: number, options: WheelEventInit): WheelEvent {
  const event = new WheelEvent("wheel", {
    bubbles: true,
    cancelable: true,
    clientX: x,
    clientY: LANES_Y,
    ...options,
  });
  // happy-dom leaves these out of the event; browsers do not.
  for (const name of ["ctrlKey", "metaKey", "shiftKey", "clientX"] as const) {
    Object.defineProperty(event, name, { value: { clientX: x, ...options }[name] ?? false });
  }
  surface.dispatchEvent(event);
  return event;
}

function drag(from: number, to: number, y: number, options: MouseEventInit = {}): void {
  send("pointerdown", from, y, options);
  for (let i = 1; i <= 4; i += 1) send("pointermove", from + ((to - from) * i) / 4, y, options);
  send("pointerup", to, y, options);
}

describe("dragging", () => {
  it("moves the genome with the pointer and settles once at the end", () => {
    drag(600, 600 - 80.8, LANES_Y);
    expect(store.get().region.start).toBe(2_572_000);
    expect(
      calls.filter(([name, , options]) => name === "showRegion" && options !== undefined),
    ).toHaveLength(1);
    expect(gestures.isHeld).toBe(false);
  });

  it("is held from press to release", () => {
    send("pointerdown", 600, LANES_Y);
    expect(gestures.isHeld).toBe(true);
    send("pointercancel", 600, LANES_Y);
    expect(gestures.isHeld).toBe(false);
  });

  it("with Shift selects whole bases", () => {
    drag(GUTTER + 80.8, GUTTER + 161.6, LANES_Y, { shiftKey: true });
    const selected = calls.filter(([name]) => name === "setSelection").at(-1)?.[1];
    expect(selected).toMatchObject({ start: 2_572_000, end: 2_574_000 });
    expect(calls.some(([name]) => name === "showRegion")).toBe(false);
  });

  it("does not begin on labels or with another button", () => {
    drag(40, 90, LANES_Y);
    send("pointerdown", 600, LANES_Y, { button: 2 });
    expect(calls).toEqual([]);
  });
});

describe("a press without a move", () => {
  it("pins the tooltip, or goes to the variant under it", () => {
    send("pointerdown", 600, LANES_Y);
    send("pointerup", 601, LANES_Y);
    expect(targets.pinTooltip).toHaveBeenCalledWith(601, LANES_Y);
    Object.assign(targets, { variantAt: () => 7 });
    send("pointerdown", 600, LANES_Y);
    send("pointerup", 600, LANES_Y);
    expect(calls.at(-1)).toEqual(["goToVariant", 7]);
  });

  it("twice zooms in at the pointer", () => {
    send("dblclick", GUTTER + 404, LANES_Y);
    expect(calls.at(-1)).toEqual(["zoom", 0.5, 2_580_000]);
  });
});

describe("the overview", () => {
  const scale = 808 / 100_000;
  const at = (position: number): number => GUTTER + (position - 2_530_000) * scale;

  it("moves with its frame", () => {
    drag(at(2_580_000), at(2_590_000), 10);
    expect(store.get().region.start).toBeCloseTo(2_580_000, -2);
  });

  it("centres where it is pressed outside the frame", () => {
    send("pointerdown", at(2_610_000), 10);
    expect((store.get().region.start + store.get().region.end) / 2).toBeCloseTo(2_610_000, -2);
    send("pointerup", at(2_610_000), 10);
  });

  it("resizes at its edges", () => {
    drag(at(2_590_000), at(2_600_000), 10);
    expect(store.get().region).toMatchObject({ start: 2_570_000 });
    expect(store.get().region.end).toBeCloseTo(2_600_000, -2);
    drag(at(2_570_000), at(2_620_000), 10);
    expect(store.get().region.end - store.get().region.start).toBeGreaterThanOrEqual(8);
  });

  it("says what a press would do by its cursor", () => {
    send("pointermove", at(2_570_000), 10);
    expect(store.get().cursor).toBe("col-resize");
    send("pointermove", at(2_610_000), 10);
    expect(store.get().cursor).toBe("pointer");
    send("pointermove", 40, LANES_Y);
    expect(store.get().cursor).toBe("default");
    send("pointermove", 600, LANES_Y);
    expect(store.get().cursor).toBe("grab");
    expect(targets.rest).toHaveBeenCalled();
  });
});

describe("the wheel", () => {
  it("alone belongs to the page", () => {
    const event = wheel(600, { deltaY: 100 });
    expect(event.defaultPrevented).toBe(false);
    expect(calls).toEqual([]);
  });

  it("with Ctrl or Cmd zooms at the pointer", () => {
    expect(wheel(GUTTER + 404, { deltaY: -100, ctrlKey: true }).defaultPrevented).toBe(true);
    const { start, end } = store.get().region;
    expect(end - start).toBeLessThan(20_000);
    expect((start + end) / 2).toBeCloseTo(2_580_000, -2);
    wheel(GUTTER, { deltaY: 100, metaKey: true });
    expect(store.get().region.start).toBeCloseTo(start, -1);
  });

  it("with Shift moves sideways, as a sideways wheel does", () => {
    wheel(600, { deltaY: 40.4, shiftKey: true });
    expect(store.get().region.start).toBe(2_571_000);
    wheel(600, { deltaX: -40.4 });
    expect(store.get().region.start).toBe(2_570_000);
  });

  it("settles when it rests", async () => {
    wheel(600, { deltaY: -50, ctrlKey: true });
    wheel(600, { deltaY: -50, ctrlKey: true });
    expect(gestures.isHeld).toBe(true);
    await settle(260);
    expect(gestures.isHeld).toBe(false);
    expect(calls.filter(([, , options]) => options !== undefined)).toHaveLength(1);
  });
});

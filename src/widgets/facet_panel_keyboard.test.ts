import { describe, expect, it } from "vitest";
import { panelActionFor, type PanelTargets } from "./facet_panel_keyboard.js";

function targets(isOpen = false): { calls: string[]; targets: PanelTargets } {
  const calls: string[] = [];
  return {
    calls,
    targets: {
      focusSearch: () => calls.push("search"),
      show: () => calls.push("show"),
      closeTop: () => {
        calls.push("close");
        return isOpen;
      },
      leave: () => calls.push("leave"),
    },
  };
}

function pressed(key: string, change: Partial<KeyboardEvent> = {}) {
  return { key, ctrlKey: false, metaKey: false, altKey: false, target: null, ...change };
}

describe("keys of the panel", () => {
  it("lead to the search, show the tracks, close and leave", () => {
    const { calls, targets: to } = targets();
    panelActionFor(pressed("/"), to)?.();
    panelActionFor(pressed("Enter", { ctrlKey: true }), to)?.();
    panelActionFor(pressed("Enter", { metaKey: true }), to)?.();
    panelActionFor(pressed("Escape"), to)?.();
    expect(calls).toEqual(["search", "show", "show", "close", "leave"]);
  });

  it("stay when something was closed", () => {
    const { calls, targets: to } = targets(true);
    panelActionFor(pressed("Escape"), to)?.();
    expect(calls).toEqual(["close"]);
  });

  it("leave everything else to the page, and boxes their own keys", () => {
    const { targets: to } = targets();
    const input = document.createElement("input");
    expect(panelActionFor(pressed("Enter"), to)).toBeNull();
    expect(panelActionFor(pressed("/", { ctrlKey: true }), to)).toBeNull();
    expect(panelActionFor(pressed("/", { target: input }), to)).toBeNull();
    expect(panelActionFor(pressed("q"), to)).toBeNull();
    expect(panelActionFor(pressed("Enter", { ctrlKey: true, target: input }), to)).toBe(to.show);
  });
});

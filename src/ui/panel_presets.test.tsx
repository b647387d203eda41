import { describe, expect, it } from "vitest";
import { Presets } from "./panel_presets.js";
import type { PanelActions, PanelState } from "./panel_state.js";
import { Store } from "./store.js";
import { draw, press, settle, type Called } from "./testing/loaded.js";

function show(presets: PanelState["presets"], query = "", refusal: string | null = null) {
  const calls: Called[] = [];
  const actions = new Proxy({} as PanelActions, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([String(name), ...args]);
        return name === "savePreset" ? refusal : undefined;
      },
  });
  const store = new Store({ presets, query, filters: {} } as PanelState);
  const host = draw(<Presets store={store} actions={actions} isSmall={false} />);
  const find = (selector: string): HTMLElement => {
    const found = host.querySelector<HTMLElement>(selector);
    if (found === null) throw new Error(`nothing matches ${selector}`);
    return found;
  };
  return { host, calls, find };
}

const ONE = { "Open chromatin": { filters: {}, query: "x" } };

async function name(box: HTMLElement, text: string): Promise<void> {
  (box as HTMLInputElement).value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

describe("presets", () => {
  it("are chosen and deleted, each with a name for the ear", async () => {
    const { host, calls, find } = show(ONE);
    find("button").click();
    await settle(60);
    expect(find("[role=dialog]").textContent).toContain("Choose a value or type a search");
    find("[aria-label^=Delete]").click();
    find("[data-testid=lsc-preset]").click();
    expect(calls).toEqual([
      ["deletePreset", "Open chromatin"],
      ["choosePreset", "Open chromatin"],
    ]);
    await settle(60);
    expect(host.querySelector("[role=dialog]")).toBeNull();
  });

  it("are saved under a name, by button or Enter", async () => {
    const { calls, find } = show({}, "liver");
    find("button").click();
    await settle(60);
    expect(find("[role=dialog]").textContent).toContain("No choice saved yet");
    const box = find("[data-testid=lsc-preset-name]");
    press(box, "Enter");
    expect(calls).toEqual([]);
    await name(box, "  mine ");
    expect(press(box, "Enter").defaultPrevented).toBe(true);
    expect(calls).toEqual([["savePreset", "mine"]]);
  });

  it("say why one cannot be kept, and close with Escape", async () => {
    const { host, find } = show(ONE, "liver", "Presets hold at most 12 kB in all.");
    find("button").click();
    await settle(60);
    const box = find("[data-testid=lsc-preset-name]");
    await name(box, "big");
    press(box, "Enter");
    await settle();
    expect(find("[role=alert]").textContent).toContain("at most 12 kB");
    press(box, "Escape");
    await settle();
    expect(host.querySelector("[role=dialog]")).toBeNull();
  });

  it("show hostile names as text", async () => {
    const { host, find } = show({ "<img src=x>": { filters: {}, query: "" } });
    find("button").click();
    await settle(60);
    expect(host.querySelector("img")).toBeNull();
    expect(find("[data-testid=lsc-preset]").textContent).toBe("<img src=x>");
  });
});

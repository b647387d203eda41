import { afterEach, describe, expect, it, vi } from "vitest";
import { detectTheme, watchTheme } from "./theme.js";

const ATTRIBUTES = ["data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "class"];

function system(matches: (query: string) => boolean) {
  const listeners = new Set<() => void>();
  vi.stubGlobal("matchMedia", (query: string) => ({
    get matches() {
      return matches(query);
    },
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  }));
  return () => {
    for (const listener of listeners) listener();
  };
}

/** Mutation observers report after the current task. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

afterEach(() => {
  vi.unstubAllGlobals();
  for (const element of [document.body, document.documentElement]) {
    for (const name of ATTRIBUTES) element.removeAttribute(name);
  }
});

describe("detectTheme", () => {
  it.each([
    ["data-jp-theme-light", "true", "light"],
    ["data-jp-theme-light", "false", "dark"],
    ["data-vscode-theme-kind", "vscode-dark", "dark"],
    ["data-vscode-theme-kind", "vscode-high-contrast", "dark"],
    ["data-vscode-theme-kind", "vscode-high-contrast-light", "light"],
    ["data-theme", "dark", "dark"],
    ["class", "dark", "dark"],
  ] as const)("reads %s=%s as %s", (name, value, theme) => {
    system(() => theme === "light");
    document.body.setAttribute(name, value);
    expect(detectTheme()).toBe(theme);
  });

  it("prefers the nearest element that names a theme", () => {
    system(() => false);
    const outer = document.createElement("div");
    outer.dataset["theme"] = "dark";
    const inner = document.createElement("div");
    outer.append(inner);
    document.body.setAttribute("data-jp-theme-light", "true");
    document.body.append(outer);
    expect(detectTheme(inner)).toBe("dark");
    outer.remove();
  });

  it("falls back to the system", () => {
    system((query) => query.includes("dark"));
    expect(detectTheme()).toBe("dark");
    system(() => false);
    expect(detectTheme()).toBe("light");
  });
});

describe("watchTheme", () => {
  it("tells each change once, until aborted", async () => {
    system(() => false);
    const seen: string[] = [];
    const view = new AbortController();
    watchTheme((theme) => seen.push(theme), view.signal);
    document.body.setAttribute("data-jp-theme-light", "false");
    await settled();
    document.body.setAttribute("data-jp-theme-light", "false");
    await settled();
    document.body.setAttribute("data-jp-theme-light", "true");
    await settled();
    view.abort();
    document.body.setAttribute("data-jp-theme-light", "false");
    await settled();
    expect(seen).toEqual(["dark", "light"]);
  });

  it("hears the system change", () => {
    let isDark = false;
    const tell = system((query) => query.includes("dark") && isDark);
    const seen: string[] = [];
    watchTheme((theme) => seen.push(theme), new AbortController().signal);
    isDark = true;
    tell();
    expect(seen).toEqual(["dark"]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../ui/store.js";
import { followSurroundings } from "./surroundings.js";

const observed = new Set<Element>();
let notify: () => void = () => undefined;

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(change: () => void) {
        notify = change;
      }
      observe(element: Element): void {
        observed.add(element);
      }
      disconnect(): void {
        observed.clear();
      }
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.removeAttribute("data-jp-theme-light");
});

function followed(themeChoice: string) {
  const leaving = new AbortController();
  const [root, host] = [document.createElement("div"), document.createElement("div")];
  document.body.append(host);
  const first: { theme: "light" | "dark"; themeChoice: string } = { theme: "light", themeChoice };
  const store = new Store(first);
  const measure = vi.fn();
  followSurroundings(root, host, store, measure, leaving.signal);
  return { store, measure, root, leaving };
}

async function darken(): Promise<void> {
  document.body.setAttribute("data-jp-theme-light", "false");
  await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("the surroundings", () => {
  it("give the theme where none was chosen", async () => {
    const { store } = followed("auto");
    await darken();
    expect(store.get().theme).toBe("dark");
  });

  it("do not overrule a chosen theme", async () => {
    const { store } = followed("light");
    await darken();
    expect(store.get().theme).toBe("light");
  });

  it("are measured with every new size until the view leaves", () => {
    const { measure, root, leaving } = followed("auto");
    notify();
    expect(measure).toHaveBeenCalledTimes(1);
    expect(observed.has(root)).toBe(true);
    leaving.abort();
    expect(observed.size).toBe(0);
  });
});

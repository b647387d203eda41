import { beforeAll, describe, expect, it } from "vitest";
import { mountFrame, type FrameParts } from "./browser_frame.js";
import { load, recorded, settle, stateOf, storeOf, type Loaded } from "./testing/loaded.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("the frame", () => {
  it("hands over its elements once and takes everything away", async () => {
    const root = document.createElement("div");
    document.body.append(root);
    const parts: FrameParts[] = [];
    const store = storeOf(stateOf(loaded));
    const unmount = mountFrame(root, {
      store,
      actions: recorded().actions,
      listId: "g",
      onParts: (found) => parts.push(found),
    });
    await settle();
    expect(parts).toHaveLength(1);
    expect(parts[0]?.canvas.tagName).toBe("CANVAS");
    expect(root.querySelector("[data-testid=lsc-facets]")).not.toBeNull();
    store.patch({ showsFacets: false, spoken: "Showing chr20" });
    await settle();
    expect(root.querySelector("[data-testid=lsc-facets]")).toBeNull();
    expect(root.querySelector("[aria-live]")?.textContent).toBe("Showing chr20");
    unmount();
    await settle();
    expect(root.children).toHaveLength(0);
    expect(store.watcherCount).toBe(0);
  });

  it("scrolls the lanes and never the head", () => {
    const root = document.createElement("div");
    const store = storeOf(stateOf(loaded));
    mountFrame(root, { store, actions: recorded().actions, listId: "h", onParts: () => undefined });
    const scroll = root.querySelector<HTMLElement>(".lsc-scroll");
    expect(scroll?.style.top).toBe(`${store.get().layout.head.height}px`);
    expect(scroll?.contains(root.querySelector(".lsc-head-row"))).toBe(false);
    expect(scroll?.querySelectorAll("[data-testid=lsc-lane]")).toHaveLength(11);
  });
});

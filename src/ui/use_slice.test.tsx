import { describe, expect, it } from "vitest";
import { Store } from "./store.js";
import { draw, settle } from "./testing/loaded.js";
import { useSlice } from "./use_slice.js";

describe("useSlice", () => {
  it("draws again only when a field that it reads has changed", async () => {
    const store = new Store({ a: 1, b: 1 });
    let drawings = 0;
    function Panel() {
      const { a } = useSlice(store, (state) => ({ a: state.a }));
      drawings += 1;
      return <b>{a}</b>;
    }
    const host = draw(<Panel />);
    await settle();
    const first = drawings;
    store.patch({ b: 2 });
    await settle();
    expect(drawings).toBe(first);
    store.patch({ a: 7 });
    await settle();
    expect(host.textContent).toBe("7");
    expect(drawings).toBe(first + 1);
  });
});

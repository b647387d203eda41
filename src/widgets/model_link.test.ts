import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { changedOnly, isLoose, ModelLink } from "./model_link.js";

afterEach(() => {
  vi.useRealTimers();
});

function linked() {
  const model = new FakeModel({ query: "" }, { answer: () => undefined });
  const leaving = new AbortController();
  const link = new ModelLink(model);
  const seen: unknown[] = [];
  link.follow("query", (value) => seen.push(value), leaving.signal);
  return { model, leaving, link, seen };
}

describe("ModelLink", () => {
  it("writes only what is new, in one save", () => {
    const { model, link } = linked();
    link.write({ query: "a", other: 1 });
    link.write({ query: "a", other: 1 });
    expect(model.saved).toEqual([{ query: "a", other: 1 }]);
  });

  it("drops older reports of this page that come back, and takes new values", () => {
    vi.useFakeTimers();
    const { model, link, seen } = linked();
    link.write({ query: "a" });
    link.write({ query: "ab" });
    seen.length = 0;
    model.set("query", "a");
    expect(seen).toEqual([]);
    model.set("query", "ab");
    model.set("query", "python");
    expect(seen).toEqual(["ab", "python"]);
    vi.advanceTimersByTime(4_000);
    model.set("query", "a");
    expect(seen.at(-1)).toBe("a");
  });

  it("stops listening when its view ends", () => {
    const { model, leaving, seen } = linked();
    leaving.abort();
    model.set("query", "x");
    expect(seen).toEqual([]);
    expect(model.listenerCount).toBe(0);
  });
});

describe("guards", () => {
  it("take objects only", () => {
    expect([{}, [], null, "a"].map(isLoose)).toEqual([true, false, false, false]);
  });

  it("keep the identity of equal content", () => {
    expect(changedOnly({ a: [1], b: 2 }, { a: [1], b: 3 })).toEqual({ b: 3 });
  });
});

import { describe, expect, it } from "vitest";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { Store } from "../ui/store.js";
import { settle } from "../ui/testing/loaded.js";
import {
  firstPanelState,
  PanelLink,
  readFields,
  readPanelAbout,
  readPresets,
  readQuery,
} from "./facet_panel_traits.js";

describe("guards", () => {
  it("read texts, headings and captions, plain values for everything else", () => {
    expect(readQuery("a".repeat(900))).toHaveLength(500);
    expect(readQuery(7)).toBe("");
    expect(readFields(["a", "a", 3, "b"])).toEqual(["a", "b"]);
    expect(readFields("a")).toEqual([]);
    expect(readPanelAbout({ receiver: "out", saved: true })).toEqual({
      title: "",
      receiver: "out",
      note: "",
      noun: "tracks",
    });
    expect(readPanelAbout(null).receiver).toBe("catalog");
  });

  it("read presets in canonical form and leave out what is none", () => {
    expect(
      readPresets({
        good: { filters: { b: { in: ["y", "x"] }, a: { not: [] } }, query: 3 },
        bad: "text",
      }),
    ).toEqual({ good: { filters: { b: { in: ["x", "y"] } }, query: "" } });
    expect(readPresets([])).toEqual({});
  });
});

describe("PanelLink", () => {
  function linked() {
    const model = new FakeModel({ filters: {}, query: "" }, { answer: () => undefined });
    const store = new Store(firstPanelState(model, "light"));
    const leaving = new AbortController();
    return { model, store, leaving, link: new PanelLink(model, store, leaving.signal) };
  }

  it("tells the last of quickly following values", async () => {
    const { model, link } = linked();
    link.writeSoon({ query: "a" });
    link.writeSoon({ query: "ab" });
    expect(model.saved).toEqual([]);
    await settle(120);
    expect(model.saved).toEqual([{ query: "ab" }]);
  });

  it("lets nothing from the kernel undo what waits to be told", () => {
    const { model, store, link } = linked();
    store.patch({ query: "ab" });
    link.writeSoon({ query: "ab" });
    model.set("query", "a");
    expect(store.get().query).toBe("ab");
    model.set("filters", { strand: { in: ["+"] } });
    expect(store.get().filters).toEqual({ strand: { in: ["+"] } });
  });

  it("tells what waits when its view ends", () => {
    const { model, leaving, link } = linked();
    link.writeSoon({ query: "last" });
    leaving.abort();
    expect(model.traits["query"]).toBe("last");
    expect(model.listenerCount).toBe(0);
  });

  it("begins without a kernel where the view was saved", () => {
    const model = new FakeModel({ info: { saved: true } }, { answer: () => undefined });
    expect(firstPanelState(model, "dark")).toMatchObject({ kernel: "saved", theme: "dark" });
  });

  it("follows captions, presets, notes and capabilities", () => {
    const { model, store } = linked();
    model.set("capabilities", { show: true });
    model.set("info", { title: "Human", receiver: "out" });
    model.set("presets", { p: { filters: {}, query: "x" } });
    model.set("status", { notes: ["One file is missing."] });
    model.set("fields", ["strand"]);
    expect(store.get()).toMatchObject({
      canShow: true,
      about: { title: "Human", receiver: "out" },
      presets: { p: { filters: {}, query: "x" } },
      notes: ["One file is missing."],
      fields: ["strand"],
    });
  });
});

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { copyText, textOf } from "./track_browser_clipboard.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("text to take along", () => {
  it("is the view, the tracks or a report", () => {
    const laneFailure = { sentence: "Some values could not be loaded.", details: "internal" };
    const state = stateOf(loaded, { laneFailure });
    expect(textOf("view", state, "")).toContain("lsc.TrackBrowser(");
    expect(textOf("tracks", state, "")).toBe("out");
    expect(textOf("report", state, "locuscope 0.1.0, page")).toBe(
      "locuscope 0.1.0, page\nSome values could not be loaded.\ninternal",
    );
  });
});

describe("the clipboard", () => {
  it("says whether it took the text", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    expect(await copyText("out")).toBe("Copied");
    expect(writeText).toHaveBeenCalledWith("out");
    writeText.mockImplementation(() => Promise.reject(new Error("denied")));
    expect(await copyText("out")).toContain("not allowed");
    vi.stubGlobal("navigator", {});
    expect(await copyText("out")).toContain("not allowed");
  });
});

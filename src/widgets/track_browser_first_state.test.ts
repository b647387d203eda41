import { describe, expect, it } from "vitest";
import { FakeKernel } from "../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { traits } from "./testing/mounted.js";
import { firstState } from "./track_browser_first_state.js";

const kernel = new FakeKernel({ tracks: [] });

function model(change: Record<string, unknown> = {}): FakeModel {
  return new FakeModel({ ...traits(kernel), ...change }, kernel);
}

describe("the first state", () => {
  it("is loading, with what the traits say", () => {
    const state = firstState(model({ mode: "diff", pinned: [2], query: "brain" }), "dark");
    expect(state).toMatchObject({
      phase: "loading",
      kernel: "idle",
      mode: "diff",
      pinned: [2],
      query: "brain",
      theme: "dark",
    });
    expect(state.about.assembly).toBe("GRCh37");
  });

  it("takes the theme that Python asks for", () => {
    expect(firstState(model({ theme: "light" }), "dark").theme).toBe("light");
  });

  it("knows a saved view", () => {
    expect(firstState(model({ info: { saved: true } }), "light").kernel).toBe("saved");
  });

  it("survives a model without any trait", () => {
    const state = firstState(new FakeModel({}, kernel), "light");
    expect(state.region.chrom).toBe("");
    expect(state.filters).toEqual({});
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { BOUNDS } from "../../ui-tests/gallery/fake_tracks.js";
import { catalogPart } from "../../ui-tests/gallery/fake_panel_kernel.js";
import { fakeCatalog } from "../../ui-tests/gallery/fake_catalog.js";
import { render as renderPanel } from "../widgets/facet_panel.js";
import { render } from "../widgets/track_browser.js";
import { giveWidth } from "../widgets/testing/mounted.js";
import { RecordedKernel } from "./recorded_kernel.js";
import { SavedModel } from "./saved_model.js";
import { boot, readView } from "./standalone.js";
import { recordView } from "./testing/recording.js";

afterEach(() => {
  document.body.replaceChildren();
  delete document.documentElement.dataset["widgets"];
});

function script(attributes: Record<string, string>, text: string): void {
  const element = document.createElement("script");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  document.body.append(element);
}

function mount(name: string): HTMLElement {
  const element = document.createElement("div");
  element.dataset["lscMount"] = name;
  document.body.append(element);
  return element;
}

describe("readView", () => {
  it("takes saved views and refuses stubs and other formats", () => {
    const view = {
      format: "locuscope.view",
      version: 1,
      kind: "track_browser",
      traits: {},
      answers: [],
    };
    expect(readView(JSON.stringify(view))?.kind).toBe("track_browser");
    expect(readView(JSON.stringify({ ...view, version: 2 }))).toBeNull();
    expect(readView(JSON.stringify({ ...view, answers: undefined }))).toBeNull();
    expect(readView(JSON.stringify({ format: "other" }))).toBeNull();
  });
});

describe("boot", () => {
  it("says what to do about an output saved without its data, and finishes", async () => {
    const el = mount("view-1");
    const stub = {
      format: "locuscope.view",
      version: 1,
      kind: "track_browser",
      region: {},
      counts: {},
    };
    script(
      { type: "application/vnd.locuscope.view.v1+json", "data-lsc-view": "view-1" },
      JSON.stringify(stub),
    );
    await boot();
    expect(el.textContent).toContain("saved without its data");
    expect(document.documentElement.dataset["widgets"]).toBe("ready");
  });

  it("passes over scripts of another type and views without a place", async () => {
    mount("a");
    script({ type: "application/json", "data-lsc-view": "a" }, "{}");
    script({ type: "application/vnd.locuscope.view.v1+json", "data-lsc-view": "b" }, "{}");
    await boot();
    expect(document.documentElement.dataset["widgets"]).toBe("ready");
  });
});

describe("the track browser over a saved view", () => {
  it("shows its lanes, filters them, and says that there is no kernel", async () => {
    giveWidth();
    const traits = {
      scope: "saved",
      region: { chrom: "20", start: 2_570_000, end: 2_590_000, seq: 0 },
      bounds: BOUNDS,
      group_by: ["output_name"],
      info: { assembly: "GRCh37", max_lanes: 100, saved: true },
    };
    const el = mount("view-1");
    const close = render({
      model: new SavedModel(traits, new RecordedKernel(await recordView())) as never,
      el,
    });
    for (let i = 0; i < 100 && el.querySelector("[data-state=disconnected]") === null; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(el.querySelectorAll("[data-testid=lsc-lane]")).toHaveLength(11);
    expect(el.querySelector("[data-testid=lsc-notice]")?.textContent).toContain("Saved view");
    el.querySelector<HTMLElement>("[data-field=output_name][data-value=atac]")?.click();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(el.querySelectorAll("[data-testid=lsc-lane]")).toHaveLength(6);
    close();
  });
});

describe("the facet panel over a saved view", () => {
  it("filters and says that there is no kernel", async () => {
    giveWidth();
    const [header, buffers] = catalogPart(fakeCatalog(150));
    const text = (view: DataView): string =>
      btoa(String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
    const answers = [
      {
        request: { type: "hello" },
        parts: [
          {
            header: { kernel_version: "0.1.0", capabilities: {}, revs: { catalog: 1, data: 1 } },
            buffers: [],
          },
        ],
      },
      { request: { type: "catalog" }, parts: [{ header, buffers: buffers.map(text) }] },
    ];
    const traits = { scope: "", filters: {}, query: "", info: { saved: true }, capabilities: {} };
    const el = mount("view-1");
    const close = renderPanel({
      model: new SavedModel(traits, new RecordedKernel(answers)) as never,
      el,
    });
    for (let i = 0; i < 100 && el.querySelector("[data-state=disconnected]") === null; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(el.querySelector("[data-testid=lsc-notice]")?.textContent).toContain("Saved view");
    el.querySelector<HTMLElement>("[data-field=output_name][data-value=atac]")?.click();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(el.querySelector("[data-testid=lsc-outputs]")?.textContent).toMatch(
      /^\d+ tracks: \d+ ATAC$/,
    );
    close();
  });
});

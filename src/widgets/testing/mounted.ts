/** A track browser in happy-dom, over the gallery's fake kernel. */
import { FakeKernel, type FakeOptions } from "../../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../../ui-tests/gallery/fake_model.js";
import { BOUNDS, CHROM, demoTracks } from "../../../ui-tests/gallery/fake_tracks.js";
import { render } from "../track_browser.js";

export interface Mounted {
  readonly model: FakeModel;
  readonly kernel: FakeKernel;
  readonly host: HTMLElement;
  readonly root: HTMLElement;
  readonly close: () => void;
}

const WIDTH = 1_280;

/** Elements have no size in happy-dom; the root gets one here. */
export function giveWidth(width = WIDTH): void {
  Object.defineProperty(HTMLElement.prototype, "clientWidth", {
    configurable: true,
    get: () => width,
  });
}

export function traits(kernel: FakeKernel): Record<string, unknown> {
  return {
    scope: "test",
    region: { chrom: CHROM, start: 2_570_000, end: 2_590_000, seq: 0 },
    bounds: BOUNDS,
    filters: {},
    query: "",
    group_by: ["output_name"],
    sort_by: [],
    visible: [],
    pinned: [],
    selected_tracks: [],
    selection: null,
    mode: "ref",
    scale: { kind: "linear", range: "group" },
    lane_style: {},
    theme: "auto",
    capabilities: kernel.capabilities(),
    info: { assembly: "GRCh37", kernel_version: "0.1.0", title: "", max_lanes: 100, height: null },
    focus: null,
  };
}

let demo: ReturnType<typeof demoTracks> | null = null;

/** Splice predictions, DNase and ATAC only: 11 tracks are quick to summarise. */
export function fewTracks(): ReturnType<typeof demoTracks> {
  demo ??= demoTracks({ hasAlt: true });
  return demo.slice(0, 11);
}

export function mount(
  options: Partial<FakeOptions> = {},
  changed: Record<string, unknown> = {},
): Mounted {
  giveWidth();
  const kernel = new FakeKernel({ tracks: fewTracks(), ...options });
  const model = new FakeModel({ ...traits(kernel), ...changed }, kernel);
  const host = document.createElement("div");
  document.body.append(host);
  const close = render({ model: model, el: host });
  const root = host.querySelector<HTMLElement>("[data-testid=lsc-track-browser]");
  if (root === null) throw new Error("the browser was not mounted");
  return { model, kernel, host, root, close };
}

/** Wait until a condition holds; fails after two seconds. */
export async function until(isTrue: () => boolean, what = "condition"): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited for: ${what}`);
}

export async function ready(view: Mounted): Promise<void> {
  await until(() => view.root.dataset["state"] !== "loading", "the view to leave loading");
  await settle();
}

/** Let frames, microtasks and short timers run. */
export async function settle(ms = 60): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export function find(view: Mounted, selector: string): HTMLElement {
  const found = view.root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`nothing matches ${selector}`);
  return found;
}

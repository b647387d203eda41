import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { BOUNDS } from "../../ui-tests/gallery/fake_tracks.js";
import { WIRE_TIMES } from "../core/wire.js";
import { CONNECTION_TIMES } from "./connection.js";
import { find, mount, ready, settle, until, type Mounted } from "./testing/mounted.js";

let open: Mounted[] = [];

function show(...args: Parameters<typeof mount>): Mounted {
  const view = mount(...args);
  open.push(view);
  return view;
}

beforeAll(() => {
  CONNECTION_TIMES.probeMs = 60;
});

afterEach(() => {
  for (const view of open) {
    view.close();
    view.host.remove();
  }
  open = [];
});

function facet(view: Mounted, field: string, value: string): HTMLElement {
  return find(view, `[data-testid=lsc-facet-value][data-field="${field}"][data-value="${value}"]`);
}

function lanes(view: Mounted): string[] {
  const found = view.root.querySelectorAll<HTMLElement>("[data-testid=lsc-lane]");
  return [...found].map((lane) => lane.dataset["track"] ?? "");
}

describe("a mounted track browser", () => {
  it("says loading, then ready, and shows a lane for every track", async () => {
    const view = show();
    expect(view.root.dataset["state"]).toBe("loading");
    await ready(view);
    expect(view.root.dataset["state"]).toBe("ready");
    expect(lanes(view)).toHaveLength(11);
    expect(find(view, "[data-testid=lsc-facet-count]").textContent).toBe("11 of 11 tracks");
    expect(find(view, ".lsc-status").textContent).toContain("11 tracks in 11 lanes");
    expect(view.root.dataset["lmSuppressShortcuts"]).toBe("true");
  });

  it("adds no landmark to a page that may hold several browsers", async () => {
    const view = show();
    await ready(view);
    expect(view.root.getAttribute("role")).toBe("group");
    expect(view.root.getAttribute("aria-label")).toBe("locuscope track browser");
    expect(view.root.querySelector("aside, [role=region], section:not([role])")).toBeNull();
  });

  it("filters, counts and writes the filters and an empty lane list back", async () => {
    const view = show({}, { visible: [0, 1] });
    await ready(view);
    expect(lanes(view)).toEqual(["0", "1"]);
    facet(view, "assay_title", "ATAC-seq").click();
    await settle();
    expect(view.model.traits["filters"]).toEqual({ assay_title: { in: ["ATAC-seq"] } });
    expect(view.model.traits["visible"]).toEqual([]);
    expect(lanes(view)).toHaveLength(6);
    expect(facet(view, "output_name", "splice_sites").dataset["count"]).toBe("0");
    expect(facet(view, "output_name", "splice_sites").dataset["total"]).toBe("4");
    find(view, "[data-testid=lsc-facet-clear]").click();
    await settle();
    expect(view.model.traits["filters"]).toEqual({});
    expect(lanes(view)).toHaveLength(11);
  });

  it("leaves a value out with Alt+click and says so", async () => {
    const view = show();
    await ready(view);
    const row = facet(view, "output_name", "atac");
    row.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: true }));
    await settle();
    expect(view.model.traits["filters"]).toEqual({ output_name: { not: ["atac"] } });
    expect(facet(view, "output_name", "atac").dataset["state"]).toBe("out");
    expect(lanes(view)).toHaveLength(5);
  });

  it("shows filters that Python sets", async () => {
    const view = show();
    await ready(view);
    view.model.set("filters", { strand: { in: ["+"] } });
    await settle();
    expect(lanes(view)).toEqual(["0", "2"]);
    expect(find(view, ".lsc-chips").textContent).toContain("+");
  });

  it("zooms with the buttons, keeps a history and reports the region", async () => {
    const view = show();
    await ready(view);
    find(view, "[data-testid=lsc-zoom-in]").click();
    await settle();
    expect(view.model.traits["region"]).toMatchObject({ start: 2_575_000, end: 2_585_000 });
    find(view, "[aria-label='Previous view']").click();
    await settle();
    expect(view.model.traits["region"]).toMatchObject({ start: 2_570_000, end: 2_590_000 });
    find(view, "[aria-label='Next view']").click();
    await settle();
    expect(view.model.traits["region"]).toMatchObject({ start: 2_575_000, end: 2_585_000 });
  });

  it("goes to a variant by name, marks it and selects its position", async () => {
    const view = show();
    await ready(view);
    const box = find(view, "[data-testid=lsc-locus]") as HTMLInputElement;
    box.focus();
    box.value = "RS572140578";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await settle();
    expect(view.model.traits["focus"]).toEqual({
      chrom: "20",
      start: 2_577_795,
      end: 2_577_796,
      label: "rs572140578",
    });
    expect(view.model.traits["selection"]).toMatchObject({ positions: [2_577_795] });
    const { start, end } = view.model.traits["region"] as { start: number; end: number };
    expect((start + end) / 2).toBeCloseTo(2_577_795.5, -1);
  });

  it("names a place it does not know", async () => {
    const view = show();
    await ready(view);
    const box = find(view, "[data-testid=lsc-locus]") as HTMLInputElement;
    box.value = "BRCA9";
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await settle();
    expect(find(view, "[role=alert]").textContent).toContain("BRCA9");
  });

  it("has an empty state with the next step as code", async () => {
    const view = show({ tracks: [] });
    await ready(view);
    expect(view.root.dataset["state"]).toBe("empty");
    expect(find(view, "[data-testid=lsc-card]").textContent).toContain("lsc.TrackBrowser(");
  });

  it("says which filters match nothing and clears them on request", async () => {
    const view = show(
      {},
      { filters: { assay_title: { in: ["ATAC-seq"] }, strand: { in: ["+"] } } },
    );
    await ready(view);
    expect(view.root.dataset["state"]).toBe("empty");
    const card = find(view, "[data-testid=lsc-card]");
    expect(card.textContent).toContain("No tracks match Assay ATAC-seq and Strand +");
    [...card.querySelectorAll("button")].at(-1)?.click();
    await settle();
    expect(view.root.dataset["state"]).toBe("ready");
  });

  it("shows a failure in words and tries again on request", async () => {
    const failing: Record<string, { code: string; message: string }> = {
      catalog: { code: "not_found", message: "No such object." },
    };
    const view = show({ failing });
    await ready(view);
    expect(view.root.dataset["state"]).toBe("error");
    const card = find(view, "[data-testid=lsc-card]");
    expect(card.textContent).toContain("Run the cell again.");
    delete failing["catalog"];
    card.querySelector("button")?.click();
    await until(() => view.root.dataset["state"] === "ready", "the second try");
  });

  it("keeps its lanes and says so when the kernel restarts", async () => {
    const view = show();
    await ready(view);
    view.kernel.isAlive = false;
    view.model.emit("comm_live_update");
    await settle(120);
    expect(view.root.dataset["state"]).toBe("disconnected");
    expect(find(view, "[data-testid=lsc-notice]").textContent).toContain("Kernel restarted");
    facet(view, "assay_title", "DNase-seq").click();
    await settle();
    expect(lanes(view)).toEqual(["4"]);
    find(view, "[data-testid=lsc-zoom-in]").click();
    await settle();
    expect(find(view, "[data-testid=lsc-kernel]").textContent).toBe("No kernel");
  });

  it("takes the badge back when the kernel still answers", async () => {
    const view = show();
    await ready(view);
    view.model.emit("comm_live_update");
    expect(view.root.dataset["state"]).toBe("disconnected");
    await until(() => view.root.dataset["state"] === "ready", "the answer to the ping");
  });

  it("says busy when answers are overdue, and stops when they come", async () => {
    const { busyMs } = WIRE_TIMES;
    WIRE_TIMES.busyMs = 30;
    try {
      const view = show({ latencyMs: 90 });
      await until(() => view.root.querySelector("[data-kernel=busy]") !== null, "busy");
      await ready(view);
      await until(() => view.root.querySelector("[data-kernel=idle]") !== null, "idle");
    } finally {
      WIRE_TIMES.busyMs = busyMs;
    }
  });

  it("leaves nothing behind: no listener, no element", async () => {
    const view = show();
    const before = view.model.listenerCount;
    await ready(view);
    expect(before).toBeGreaterThan(0);
    view.close();
    await settle();
    expect(view.model.listenerCount).toBe(0);
    expect(view.host.children).toHaveLength(0);
  });

  it("works twice on one model: both views follow one gesture", async () => {
    const first = show();
    await ready(first);
    const { render } = await import("./track_browser.js");
    const host = document.createElement("div");
    document.body.append(host);
    const close = render({ model: first.model, el: host });
    await until(() => host.querySelector("[data-state=ready]") !== null, "the second view");
    find(first, "[data-testid=lsc-zoom-in]").click();
    await settle();
    const box = host.querySelector<HTMLInputElement>("[data-testid=lsc-locus]");
    expect(box?.value).toBe("chr20:2,575,001-2,585,000");
    close();
    host.remove();
  });

  it("drops a kernel echo that is older than the last gesture", async () => {
    const view = show({}, { scope: "echo" });
    await ready(view);
    for (let i = 0; i < 3; i += 1) find(view, "[data-testid=lsc-zoom-in]").click();
    await settle();
    const box = find(view, "[data-testid=lsc-locus]") as HTMLInputElement;
    const shown = box.value;
    view.model.set("region", { chrom: "20", start: 2_570_000, end: 2_590_000, seq: 1 });
    await settle();
    expect(box.value).toBe(shown);
    view.model.set("region", { chrom: "20", start: 2_540_000, end: 2_560_000, seq: 99 });
    await settle();
    expect(box.value).toBe("chr20:2,540,001-2,560,000");
  });

  it("follows the theme of the host, or the one Python asks for", async () => {
    const view = show();
    await ready(view);
    expect(view.root.dataset["lscTheme"]).toBe("light");
    document.body.dataset["jpThemeLight"] = "false";
    await settle();
    expect(view.root.dataset["lscTheme"]).toBe("dark");
    expect(view.root.style.getPropertyValue("--lsc-surface")).toBe("#14171a");
    view.model.set("theme", "light");
    await settle();
    expect(view.root.dataset["lscTheme"]).toBe("light");
    document.body.dataset["jpThemeLight"] = "true";
  });

  it("shows hostile text as text", async () => {
    const attack = '<img src=x onerror="globalThis.__pwned=1">';
    const tracks = mount()
      .kernel.options.tracks.slice(0, 2)
      .map((track) => ({
        ...track,
        fields: {
          ...track.fields,
          assay_title: attack,
          track_name: `${attack}${track.fields["strand"] ?? ""}`,
        },
      }));
    const view = show({ tracks });
    await ready(view);
    expect(view.root.querySelector("img")).toBeNull();
    expect(view.root.textContent).toContain("<img src=x");
    expect((globalThis as { __pwned?: number }).__pwned).toBeUndefined();
  });

  it("moves, zooms and shows all by key", async () => {
    const view = show();
    await ready(view);
    const press = async (key: string, options: KeyboardEventInit = {}): Promise<unknown> => {
      const event = new KeyboardEvent("keydown", {
        key,
        bubbles: true,
        cancelable: true,
        ...options,
      });
      view.root.dispatchEvent(event);
      await settle(20);
      return view.model.traits["region"];
    };
    expect(await press("ArrowRight")).toMatchObject({ start: 2_572_000, end: 2_592_000 });
    expect(await press("+")).toMatchObject({ start: 2_577_000, end: 2_587_000 });
    expect(await press("Home")).toMatchObject({ start: BOUNDS.start });
    expect(await press("0")).toMatchObject({ start: BOUNDS.start, end: BOUNDS.end });
    await press("d");
    expect(view.model.traits["mode"]).toBe("diff");
    await press("ArrowDown");
    await press(" ");
    expect(view.model.traits["selected_tracks"]).toEqual([0]);
    await press("p");
    expect(view.model.traits["pinned"]).toEqual([0]);
    await press("?");
    expect(find(view, "[role=dialog]").textContent).toContain("Keys and help");
    await press("Escape");
    expect(view.root.querySelector("[role=dialog]")).toBeNull();
  });

  it("copies the view as Python and shows the code", async () => {
    const view = show({}, { filters: { strand: { in: ["+"] } } });
    await ready(view);
    [...view.root.querySelectorAll("button")]
      .find((b) => b.textContent === "Copy as Python")
      ?.click();
    await settle();
    const code = find(view, "[data-testid=lsc-python]").textContent;
    expect(code).toContain("lsc.TrackBrowser(");
    expect(code).toContain('filters={"strand": {"in": ["+"]}}');
  });
});

import { beforeAll, describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../ui-tests/gallery/fake_model.js";
import { Scene } from "../core/scene.js";
import { TileCache } from "../core/tiles.js";
import { Client } from "../core/wire.js";
import { load, stateOf, type Loaded } from "../ui/testing/loaded.js";
import { fewTracks } from "./testing/mounted.js";
import { csvCell, csvOf, exportView, fileName, pngOf } from "./track_browser_export.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

function client(kernel = new FakeKernel({ tracks: fewTracks() })): Client {
  return new Client(new FakeModel({}, kernel));
}

describe("files", () => {
  it("are named after the place, with a safe contig", () => {
    expect(fileName(stateOf(loaded), "svg")).toBe("locuscope_20_2570001-2590000.svg");
    const odd = stateOf(loaded, { region: { chrom: "../x y", start: 0, end: 9 } });
    expect(fileName(odd, "csv")).toBe("locuscope_.._x_y_1-9.csv");
  });

  it("hand over a light SVG through a download link", async () => {
    const clicked: HTMLAnchorElement[] = [];
    vi.stubGlobal(
      "URL",
      Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined }),
    );
    const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      clicked.push(this);
    });
    const themes: string[] = [];
    const picture = {
      scene: (theme: string) => {
        themes.push(theme);
        return new Scene(10, 10);
      },
    };
    await exportView("svg", stateOf(loaded, { theme: "dark" }), picture, client(), new TileCache());
    expect(clicked[0]?.download).toBe("locuscope_20_2570001-2590000.svg");
    expect(themes).toEqual(["light"]);
    click.mockRestore();
    vi.unstubAllGlobals();
  });

  it("say when the browser has no canvas to make a PNG", async () => {
    const context = vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
    expect(await pngOf(new Scene(4, 4), "#ffffff")).toBeNull();
    context.mockRestore();
  });
});

describe("spreadsheet cells", () => {
  it("never begin a formula, but leave numbers and a lone strand as they are", () => {
    expect(csvCell("=1+1")).toBe("'=1+1");
    expect(csvCell("@x")).toBe("'@x");
    expect(csvCell("-1.5")).toBe("-1.5");
    expect(csvCell("+")).toBe("+");
    expect(csvCell('a,"b"')).toBe('"a,""b"""');
  });
});

describe("CSV of the view", () => {
  const near = { chrom: "20", start: 2_577_790, end: 2_577_800 };

  it("holds exact base values of every lane, in both sequences", async () => {
    const text = await csvOf(stateOf(loaded, { region: near }), client(), new TileCache());
    const rows = text.trim().split("\n");
    expect(rows[0]).toBe("chrom,start,end,track,title,details,mode,statistic,value");
    // Four tracks with an alternative, seven without, ten bases each.
    expect(rows).toHaveLength(1 + (4 * 2 + 7) * 10);
    const acceptor = fewTracks()[0]?.ref[2_577_796 - 2_530_000];
    expect(rows).toContain(`20,2577796,2577797,0,acceptor:+,,ref,value,${String(acceptor)}`);
    expect(rows.filter((row) => row.includes(",alt,"))).toHaveLength(40);
  });

  it("holds the bases of each bin where they are drawn", async () => {
    const bases = { start: 2_577_791, text: "ACGTNACGT" };
    const shown = stateOf(loaded, { region: near, expectsSequence: true, bases });
    const rows = (await csvOf(shown, client(), new TileCache())).trim().split("\n");
    expect(rows[0]).toBe("chrom,start,end,track,title,details,mode,statistic,value,bases");
    expect(rows.slice(1, 4).map((row) => row.replace(/^.*,/, ""))).toEqual(["", "A", "C"]);
    expect(new Set(rows.map((row) => row.split(",").length))).toEqual(new Set([10]));
    const far = { ...shown, region: { ...near, end: near.end + 3_000 } };
    const others = (await csvOf(far, client(), new TileCache())).split("\n");
    expect(others[0]).not.toContain("bases");
  });

  it("falls back to what is drawn and says so", async () => {
    const kernel = new FakeKernel({
      tracks: fewTracks(),
      failing: { values: { code: "internal", message: "no" } },
    });
    const text = await csvOf(stateOf(loaded, { region: near }), client(kernel), new TileCache());
    expect(text).toContain("max (approximate)");
  });

  it("has only its header without a catalog", async () => {
    const text = await csvOf(stateOf(loaded, { catalog: null }), client(), new TileCache());
    expect(text.trim().split("\n")).toHaveLength(1);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { outputParts } from "./panel_status.js";
import { load, type Loaded } from "./testing/loaded.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe("what the matching tracks are", () => {
  it("names the outputs by falling number", () => {
    const rows = Array.from({ length: loaded.catalog.n }, (_, row) => row);
    expect(outputParts(loaded.catalog, rows, 4)).toEqual(["6 ATAC", "4 Splice sites", "1 DNase"]);
  });

  it("counts the rest, and never a rest of one output", () => {
    const rows = Array.from({ length: loaded.catalog.n }, (_, row) => row);
    expect(outputParts(loaded.catalog, rows, 1)).toEqual(["6 ATAC", "5 in others"]);
    expect(outputParts(loaded.catalog, rows, 2)).toHaveLength(3);
    expect(outputParts(loaded.catalog, [], 4)).toEqual([]);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { demoTracks } from "../../ui-tests/gallery/fake_tracks.js";
import { load, type Loaded } from "./testing/loaded.js";
import {
  columnOf,
  fieldLabel,
  fieldOrder,
  laneNamer,
  sharedAssay,
  valueLabel,
  valueOf,
} from "./track_names.js";

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load({ tracks: demoTracks({ hasAlt: false }) });
});

describe("values on screen", () => {
  it("writes outputs and strands in words and everything else as stored", () => {
    expect(valueLabel("output_name", "splice_sites")).toBe("Splice sites");
    expect(valueLabel("output_name", "my_head")).toBe("my_head");
    expect(valueLabel("strand", "-")).toBe("\u2212");
    expect(valueLabel("strand", ".")).toBe("unstranded");
    expect(valueLabel("gtex_tissue", "Brain_Cortex")).toBe("Brain_Cortex");
    expect(valueLabel("genetically_modified", false)).toBe("no");
    expect(valueLabel("genetically_modified", "true")).toBe("yes");
    expect(valueLabel("track_name", "true")).toBe("true");
    expect(valueLabel("organism", "1")).toBe("mouse");
    expect(valueLabel("organism", "7")).toBe("7");
  });

  it("labels fields from the table, else as the kernel says", () => {
    expect(fieldLabel("assay_title")).toBe("Assay");
    expect(fieldLabel("depth", "Sequencing depth")).toBe("Sequencing depth");
    expect(fieldLabel("depth")).toBe("depth");
  });

  it("puts known fields first, in the order of the panel", () => {
    expect(fieldOrder(["zeta", "strand", "output_name"])).toEqual([
      "output_name",
      "strand",
      "zeta",
    ]);
  });
});

describe("catalog values", () => {
  it("reads null for missing values and missing fields", () => {
    expect(valueOf(loaded.catalog, "gtex_tissue", 0)).toBeNull();
    expect(valueOf(loaded.catalog, "nothing", 0)).toBeNull();
    expect(columnOf(loaded.catalog, "nothing")).toBeNull();
    expect(valueOf(loaded.catalog, "strand", 1)).toBe("-");
  });
});

describe("lane names", () => {
  it("names lanes by what differs inside the group", () => {
    const splice = laneNamer(loaded.catalog, [0, 1, 2, 3]);
    expect(splice(0)).toEqual({ title: "acceptor:+", subtitle: "", strand: "" });
    const tissues = laneNamer(loaded.catalog, [11, 12, 13, 14]);
    expect(tissues(12).title).toBe("Adipose_Subcutaneous");
    expect(tissues(12)).toMatchObject({ subtitle: "\u2212 strand", strand: " \u2212" });
  });

  it("tells lanes apart that would read the same by their track names", async () => {
    const [model] = demoTracks({ hasAlt: false });
    if (model === undefined) throw new Error("no tracks");
    const named = (track_name: string, biosample_name: string, strand: string | null) => ({
      ...model,
      fields: { ...model.fields, track_name, biosample_name, strand },
    });
    const { catalog } = await load({
      tracks: [
        named("ENCFF001AAA", "K562", null),
        named("ENCFF001BBB", "K562", null),
        named("ENCFF001CCC", "K562", "-"),
        named("ENCFF001DDD", "K562", "-"),
        named("ENCFF001EEE", "HepG2", null),
      ],
    });
    const name = laneNamer(catalog, [0, 1, 2, 3, 4]);
    expect([0, 1, 2, 3, 4].map((row) => [name(row).title, name(row).subtitle])).toEqual([
      ["K562", "ENCFF001AAA"],
      ["K562", "ENCFF001BBB"],
      ["K562", "ENCFF001CCC, \u2212 strand"],
      ["K562", "ENCFF001DDD, \u2212 strand"],
      ["HepG2", ""],
    ]);
  });

  it("adds the assay only where the group has more than one", () => {
    expect(sharedAssay(loaded.catalog, [0, 1, 2, 3])).toBe("splice site probability");
    expect(sharedAssay(loaded.catalog, [0, 4])).toBe("");
    expect(laneNamer(loaded.catalog, [0, 4])(4).subtitle).toBe("DNase-seq");
  });
});

/**
 * The code that a person copies. Its golden file, tests/wire/python_tracks.json, is run by pytest,
 * which compares the tracks with those of the panel; `npx vitest run -u` writes it anew.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { FacetTable, facetTableOf, type FilterState } from "../core/facets.js";
import { GOLDEN, goldenTable } from "../core/testing/facet_golden.js";
import { load, type Loaded } from "../ui/testing/loaded.js";
import { pythonOfTracks } from "./tracks_python.js";

const FILE = "../../tests/wire/python_tracks.json";
/** Of the random tables every third one is enough. */
const STEP = { toy: 1, random: 3 };

function goldenCode(): unknown[] {
  return (["toy", "random"] as const).flatMap((name) =>
    GOLDEN[name].catalogs.flatMap(({ cases }, place) => {
      if (place % STEP[name] !== 0) return [];
      const table = goldenTable(name, place);
      return cases.map(({ filters = {}, text = "" }, at) => {
        const receiver = (place + at) % 2 === 0 ? "out" : "catalog";
        return [name, place, at, pythonOfTracks(receiver, filters, text, table)];
      });
    }),
  );
}

function column(field: string, values: string[]): ConstructorParameters<typeof FacetTable>[0][0] {
  return { field, values, codes: Uint8Array.from(values, (_, i) => i + 1), folded: null };
}

/** Two strands at two resolutions, as a browser lists them. */
const lanes = new FacetTable([
  { field: "resolution", values: ["1 bp", "128 bp"], codes: Uint8Array.of(1, 1, 2, 2) },
  { field: "strand", values: ["+", "-"], codes: Uint8Array.of(1, 2, 1, 2) },
]);
const LANES: [FilterState, string][] = [
  [{ resolution: { in: ["128 bp"] } }, ""],
  [{ resolution: { not: ["128 bp"] }, strand: { in: ["-"] } }, ""],
  [{ strand: { in: ["+"] } }, "-resolution:28"],
  [{ resolution: { in: [] } }, ""],
  [{ strand: { not: ["+", "-"] }, resolution: { in: ["1 bp"] } }, 'resolution:="1 BP"'],
];

/** Two strands of two organisms. */
const organisms = new FacetTable([
  { field: "organism", values: ["0", "1"], codes: Uint8Array.of(1, 1, 2, 2) },
  { field: "strand", values: ["+", "-"], codes: Uint8Array.of(1, 2, 1, 2) },
]);
const ORGANISMS: [FilterState, string][] = [
  [{ strand: { in: ["+"] } }, ""],
  [{ organism: { in: ["1"] } }, ""],
  [{ organism: { not: ["1"] } }, "strand:-"],
  [{ organism: { in: ["0", "1"] }, strand: { not: ["-"] } }, ""],
  [{ organism: { in: [] } }, ""],
  [{}, "organism:=1"],
  [{ organism: { min: 0 }, strand: { in: ["-"] } }, ""],
];

function others(receiver: string, facts: FacetTable, choices: typeof LANES): unknown[] {
  return choices.map(([filters, query]) => [
    [...facts.update(filters, query, []).rows],
    pythonOfTracks(receiver, filters, query, facts),
  ]);
}

it("is the code that pytest runs", async () => {
  const groups = {
    golden: goldenCode(),
    resolutions: others("out", lanes, LANES),
    organisms: others("catalog", organisms, ORGANISMS),
  };
  const texts = Object.entries(groups).map(([name, entries]) => {
    return `"${name}": [\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]`;
  });
  await expect(`{\n${texts.join(",\n")}\n}\n`).toMatchFileSnapshot(FILE);
});

const table = new FacetTable(
  [
    { ...column("track_name", ["x", "Brain", "y"]), folded: ["x", "brain", "y"] },
    column("strand", ["+", "-", "."]),
    column("genetically_modified", ["true", "false"].concat("false")),
    column("depth", ["7", "shallow", "true"]),
    column("odd field", ["a", "b", "c"]),
    column("class", ["a", "b", "c"]),
    column("organism", ["0", "0", "0"]),
  ],
  [{ field: "mean", numbers: Float64Array.of(1, 2, NaN) }],
);

function code(filters: FilterState, query = "", receiver = "out"): string {
  return pythonOfTracks(receiver, filters, query, table);
}

describe("a choice of tracks", () => {
  it("is the receiver itself without a choice", () => {
    expect([code({}), code({}, " - strand:", "catalog")]).toEqual(["out", "catalog"]);
  });

  it("uses criteria for included values whose type is sure", () => {
    expect(code({ strand: { in: ["+"] }, track_name: { in: ["x", "y"] } })).toBe(
      'out.select(strand="+", track_name=["x", "y"])',
    );
    expect(code({ genetically_modified: { in: ["true"] } })).toBe(
      "out.select(genetically_modified=True)",
    );
    expect(code({ strand: { in: ["+", null] } })).toBe('out.select(strand=["+", None])');
    expect(code({ mean: { in: ["1", "2"] } })).toBe("out.select(mean=[1, 2])");
  });

  it("never asks for missing by a None alone, which select may read as False", () => {
    expect(code({ genetically_modified: { in: [null] } })).toContain("genetically_modified=[None]");
  });

  it("compares the shown text where the stored type is unknown", () => {
    expect(code({ depth: { in: ["7"] } })).toBe(
      "from locuscope.tracks.query_text import shown_text\n\n" +
        'out.select(predicate=lambda t: shown_text(t.get("depth")) in ["7"])',
    );
    expect(code({ depth: { in: ["shallow"] } })).toBe('out.select(depth="shallow")');
  });

  it("reaches fields that are no argument through the predicate", () => {
    expect(code({ "odd field": { in: ["a"] } })).toContain('t.get("odd field") in ["a"]');
    expect(code({ class: { in: ["a"] } })).toContain('t.get("class") in ["a"]');
  });

  it("leaves values out and bounds numbers without touching missing cells", () => {
    expect(code({ strand: { not: ["+"] }, mean: { min: 0.5, max: 2 } })).toBe(
      [
        "out.select(",
        "    predicate=lambda t: (",
        '        t.get("strand") not in ["+"]',
        '        and t.has("mean") and 0.5 <= t.get("mean") <= 2',
        "    ),",
        ")",
      ].join("\n"),
    );
    expect(code({ mean: { max: 2 } })).toContain('t.has("mean") and t.get("mean") <= 2');
  });

  it("writes every kind of term", () => {
    const text = code({}, 'brain -x strand:=+ -strand:- "a b" -class:=b', "tensor");
    expect(text).toContain('any("brain" in folded_text(t.get(f)) for f in TEXT_FIELDS)');
    expect(text).toContain('not any("x" in folded_text(t.get(f)) for f in TEXT_FIELDS)');
    expect(text).toContain('folded_text(t.get("strand")) == "+"');
    expect(text).toContain('"-" not in folded_text(t.get("strand"))');
    expect(text).toContain('folded_text(t.get("class")) != "b"');
    expect(text).toContain("import TEXT_FIELDS, folded_text\n\ntensor.select(");
  });

  it("leaves out what the panel leaves out", () => {
    expect(code({ unheard_of: { in: ["x"] } }, "unheard:x")).toBe("out");
  });

  it("allows an empty result where the panel shows none", () => {
    expect(code({ strand: { in: [] } })).toBe("out.select(strand=[], allow_empty=True)");
  });

  it("takes hostile values as text", () => {
    const value = '"); import os #\n\u2028\u202e</script>\u{1f9ec}';
    expect(code({ track_name: { in: [value] } })).toBe(
      "out.select(\n" +
        '    track_name="\\"); import os #\\n\\u2028\\u202e</script>\\U0001f9ec",\n' +
        "    allow_empty=True,\n)",
    );
  });
});

describe("a catalog of several organisms", () => {
  const both = new FacetTable([column("organism", ["0", "1"]), column("strand", ["+", "-"])]);
  const mouse = new FacetTable([column("organism", ["1"]), column("strand", ["+"])]);

  it("is asked for the organism that is chosen", () => {
    expect(pythonOfTracks("catalog", { organism: { in: ["1"] } }, "", both)).toBe(
      "catalog.select(organism=1)",
    );
    expect(pythonOfTracks("catalog", { organism: { not: ["1"] } }, "strand:+", both)).toContain(
      "organism=0",
    );
    expect(pythonOfTracks("out", { organism: { in: ["1"] } }, "", both)).toBe(
      "out.select(organism=1)",
    );
  });

  it("is asked once for each when none is chosen", () => {
    const text = pythonOfTracks("catalog", { strand: { in: ["+"] } }, "", both);
    expect(text).toBe(
      [
        "[",
        '    catalog.select(strand="+", allow_empty=True, organism=organism)',
        "    for organism in [0, 1]",
        "]",
      ].join("\n"),
    );
    expect(pythonOfTracks("catalog", {}, "", both)).toBe("catalog");
  });

  it("of one organism that is not the first says so", () => {
    expect(pythonOfTracks("catalog", { strand: { in: ["+"] } }, "", mouse)).toBe(
      'catalog.select(strand="+", organism=1)',
    );
    expect(pythonOfTracks("catalog", {}, "", mouse)).toBe("catalog");
  });
});

describe("a browser", () => {
  let loaded: Loaded;
  beforeAll(async () => {
    loaded = await load();
  });

  it("keeps the resolution in the key of the result", () => {
    const filters = { resolution: { in: ["128 bp"] }, strand: { in: ["-"] } };
    expect(pythonOfTracks("out", filters, "-resolution:=1", lanes)).toBe(
      [
        "from locuscope.tracks.query_text import folded_text",
        "",
        "{",
        "    key: tracks",
        '    for key, tracks in out.select(strand="-").items()',
        '    if f"{key[1]:,} bp" in ["128 bp"] and folded_text(f"{key[1]:,} bp") != "1"',
        "}",
      ].join("\n"),
    );
    expect(pythonOfTracks("out", { resolution: { not: ["1 bp"] } }, "", lanes)).toContain(
      "out.select().items()",
    );
  });

  it("gives code for the catalog that a kernel sends", () => {
    const facts = facetTableOf(loaded.catalog);
    expect(pythonOfTracks("out", { strand: { in: ["+"] } }, "", facts)).toBe(
      'out.select(strand="+")',
    );
  });
});

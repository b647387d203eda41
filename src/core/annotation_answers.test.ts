import { describe, expect, it } from "vitest";
import { decodeGenes, decodeSequence, decodeVariants } from "./annotation_answers.js";
import { unaligned, utf8, viewOf } from "./testing/fake_model.js";

function genesPart(offsets: number[] = [0, 2, 3]) {
  return {
    header: { n: 2, n_exons: 3 },
    buffers: [
      unaligned(Uint32Array.of(100, 900)),
      unaligned(Uint32Array.of(500, 950)),
      viewOf(Int8Array.of(1, -1)),
      viewOf(Uint8Array.of(1, 2)),
      unaligned(Uint32Array.from(offsets)),
      unaligned(Uint32Array.of(100, 300, 900)),
      unaligned(Uint32Array.of(200, 500, 950)),
      unaligned(Uint32Array.of(150, 900)),
      unaligned(Uint32Array.of(450, 900)),
      utf8("TMC2\nTMC2-AS1"),
    ],
  };
}

function variantsPart(kinds: number[] = [0, 3], hasScore = true) {
  return {
    header: { n: 2, has_score: hasScore, score_name: "splice_delta" },
    buffers: [
      unaligned(Uint32Array.of(10, 20)),
      unaligned(Uint32Array.of(11, 23)),
      viewOf(Uint8Array.from(kinds)),
      unaligned(Float32Array.of(0.5, NaN)),
      utf8("rs1\n."),
      utf8("G>A\nCTT>C"),
    ],
  };
}

describe("genes", () => {
  it("keep their columns", () => {
    const genes = decodeGenes([genesPart()]);
    expect(genes.names).toEqual(["TMC2", "TMC2-AS1"]);
    expect(genes.strand).toEqual(Int8Array.of(1, -1));
    expect(genes.exonOffsets).toEqual(Uint32Array.of(0, 2, 3));
    expect(genes.cdsEnd).toEqual(Uint32Array.of(450, 900));
  });

  it("may be none", () => {
    const none = viewOf(new Uint8Array(0));
    const buffers = [none, none, none, none, viewOf(new Uint32Array(1)), none, none, none, none];
    const genes = decodeGenes([{ header: { n: 0, n_exons: 0 }, buffers: [...buffers, none] }]);
    expect(genes.n).toBe(0);
  });

  it.each([[[0, 3, 2]], [[1, 2, 3]], [[0, 1, 2]]])("with exon offsets %j are bad", (offsets) => {
    expect(() => decodeGenes([genesPart(offsets)])).toThrow(/exon/);
  });
});

describe("variants", () => {
  it("keep their columns and scores", () => {
    const variants = decodeVariants([variantsPart()]);
    expect(variants.ids).toEqual(["rs1", "."]);
    expect(variants.changes).toEqual(["G>A", "CTT>C"]);
    expect(variants.score).toEqual(Float32Array.of(0.5, NaN));
    expect(variants.scoreName).toBe("splice_delta");
  });

  it("have no score column when nothing was scored", () => {
    expect(decodeVariants([variantsPart([0, 1], false)]).score).toBeNull();
  });

  it("of an unknown kind are bad", () => {
    expect(() => decodeVariants([variantsPart([0, 5])])).toThrow(/unknown kind 5/);
  });
});

describe("sequence", () => {
  const parts = (start: number, end: number) => [
    { header: { start, end }, buffers: [utf8("ACGTn")] },
  ];

  it("has one letter per base of its place, which lies inside what was asked for", () => {
    const found = { start: 100, text: "ACGTn" };
    expect(decodeSequence(parts(100, 105), { start: 100, end: 105 })).toEqual(found);
    expect(decodeSequence(parts(100, 105), { start: 90, end: 200 })).toEqual(found);
  });

  it.each([
    [100, 106, 100, 106],
    [100, 105, 101, 200],
    [100, 105, 0, 104],
  ])("for %i-%i, asked %i-%i, is bad", (start, end, from, to) => {
    expect(() => decodeSequence(parts(start, end), { start: from, end: to })).toThrow(
      `5 bases for ${start}-${end}; ${from}-${to} was asked for`,
    );
  });
});

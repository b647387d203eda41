import { describe, expect, it } from "vitest";
import { closest } from "./closest.js";

const FIELDS = ["assay_title", "biosample_name", "biosample_type", "strand", "organism"];

describe("closest names", () => {
  it("are within two edits, or alike over three quarters", () => {
    expect(closest("strnd", FIELDS)).toEqual(["strand"]);
    expect(closest("Strand", FIELDS)).toEqual(["strand"]);
    expect(closest("asay", FIELDS)).toEqual([]);
    expect(closest("biosample", FIELDS)).toEqual(["biosample_name", "biosample_type"]);
    expect(closest("title_assay", FIELDS)).toEqual([]);
  });

  it("are those of the package's error messages", () => {
    expect(closest("1", ["chr1", "chr2", "chr11"])).toEqual(["chr1"]);
    expect(closest("atak", ["atac", "dnase", "cage"])).toEqual(["atac"]);
  });

  it("are, last, those of which the text is a beginning or a word", () => {
    expect(closest("assay", FIELDS)).toEqual(["assay_title"]);
    expect(closest("biosampl", FIELDS)).toEqual(["biosample_name", "biosample_type"]);
    expect(closest("type", FIELDS)).toEqual(["biosample_type"]);
    expect(closest("as", FIELDS)).toEqual([]);
    expect(closest("ample", FIELDS)).toEqual([]);
  });

  it("do not liken one letter to another", () => {
    expect(closest("x", ["y", "xy"])).toEqual([]);
  });

  it("are at most three, best first, each once", () => {
    expect(closest("abcd", ["abxy", "abcx", "abcd", "abcd", "abce"])).toEqual([
      "abcd",
      "abcx",
      "abce",
    ]);
  });
});

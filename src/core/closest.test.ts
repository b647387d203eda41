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

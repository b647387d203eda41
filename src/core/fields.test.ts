import { describe, expect, it } from "vitest";
import {
  booleanField,
  choiceField,
  countField,
  countsField,
  isHeader,
  listField,
  recordField,
  textField,
} from "./fields.js";
import { WireError } from "./wire_error.js";

const HEADER = {
  text: "chr20",
  yes: true,
  count: 3,
  list: [1, 2],
  record: { a: 1 },
  huge: 2 ** 60,
  negative: -1,
  half: 0.5,
  nothing: null,
};

describe("fields of a header", () => {
  it("are read with their type", () => {
    expect(textField(HEADER, "text")).toBe("chr20");
    expect(booleanField(HEADER, "yes")).toBe(true);
    expect(countField(HEADER, "count")).toBe(3);
    expect(listField(HEADER, "list")).toEqual([1, 2]);
    expect(countsField(HEADER, "list")).toEqual([1, 2]);
    expect(recordField(HEADER, "record")).toEqual({ a: 1 });
    expect(choiceField(HEADER, "text", ["chr19", "chr20"])).toBe("chr20");
  });

  it.each<[string, () => unknown]>([
    ["text that is a number", () => textField(HEADER, "count")],
    ["a flag that is text", () => booleanField(HEADER, "text")],
    ["a count below zero", () => countField(HEADER, "negative")],
    ["a count with a fraction", () => countField(HEADER, "half")],
    ["a count beyond exact numbers", () => countField(HEADER, "huge")],
    ["a list that is an object", () => listField(HEADER, "record")],
    ["counts with text inside", () => countsField({ list: [1, "2"] }, "list")],
    ["an object that is a list", () => recordField(HEADER, "list")],
    ["an object that is null", () => recordField(HEADER, "nothing")],
    ["a choice nobody offered", () => choiceField(HEADER, "text", ["chr1"])],
    ["a field that is not there", () => textField(HEADER, "missing")],
  ])("refuse %s", (_, read) => {
    expect(read).toThrow(WireError);
  });

  it("name the field and show little of a long value", () => {
    const header = { encoding: "x".repeat(10_000) };
    expect(() => choiceField(header, "encoding", ["u8"])).toThrow(/^The answer has encoding = "x/);
    try {
      choiceField(header, "encoding", ["u8"]);
    } catch (error) {
      expect(String(error).length).toBeLessThan(200);
    }
  });

  it("come from plain objects only", () => {
    expect(isHeader({})).toBe(true);
    for (const value of [null, [], "x", 5, undefined]) expect(isHeader(value)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { MAX_TEXT, readText, tokensOf, type Vocabulary } from "./query_text.js";
import { between, seeded } from "./testing/random.js";

function parts(text: string): unknown[] {
  return tokensOf(text).map(({ isNegated, field, isExact, value }) => [
    `${isNegated ? "-" : ""}${field ?? "*"}${isExact ? "=" : ""}`,
    value,
  ]);
}

describe("tokens", () => {
  it("are separated by blanks of any kind", () => {
    expect(parts(" a\tb\nc\u00a0d\u2003e\ufefff ")).toEqual(
      ["a", "b", "c", "d", "e", "f"].map((word) => ["*", word]),
    );
    expect(tokensOf(" \n ")).toEqual([]);
  });

  it("keep blanks in quotes, also after a colon", () => {
    expect(parts('"a b" c:"d e" -f:="g h"')).toEqual([
      ["*", "a b"],
      ["c", "d e"],
      ["-f=", "g h"],
    ]);
  });

  it("read a doubled quote as one, and an open quote up to the end", () => {
    expect(parts('"say ""hi""" x')).toEqual([
      ["*", 'say "hi"'],
      ["*", "x"],
    ]);
    expect(parts('a:"b c')).toEqual([["a", "b c"]]);
    expect(parts('5"utr b"')).toEqual([
      ["*", '5"utr'],
      ["*", 'b"'],
    ]);
  });

  it("take the first colon, one equals sign and one leading minus", () => {
    expect(parts("a:b:c x:==y --z -a:-b :q")).toEqual([
      ["a", "b:c"],
      ["x=", "=y"],
      ["-*", "-z"],
      ["-a", "-b"],
      ["", "q"],
    ]);
  });

  it("remember how they were typed", () => {
    expect(tokensOf('-a:="b c"  d').map(({ text }) => text)).toEqual(['-a:="b c"', "d"]);
  });

  it("are read from any text of at most 500 characters", () => {
    const random = seeded(3);
    const letters = ['"', ":", "-", "=", " ", "a", "🧬", "\\", "(", "\n"];
    for (let round = 0; round < 300; round += 1) {
      const text = Array.from({ length: 40 }, () => letters[between(random, 0, 9)]).join("");
      const typed = tokensOf(text).map((token) => token.text);
      expect(typed.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
    }
    expect(tokensOf("🧬".repeat(MAX_TEXT))).toHaveLength(1);
    expect(() => tokensOf("x".repeat(MAX_TEXT + 1))).toThrow(/501 characters; at most 500/);
  });

  it("of a long text of quotes are found at once", () => {
    const started = performance.now();
    tokensOf('"'.repeat(MAX_TEXT));
    tokensOf('a:"'.repeat(166));
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe("terms", () => {
  const vocabulary: Vocabulary = {
    fields: ["zebra", "odd-name"],
    occurs: (folded) => "uberon:0002107 a:=b".includes(folded),
  };
  const read = (text: string): unknown => readText(text, vocabulary);

  it("are of the field that stands before the colon, when it is known", () => {
    expect(read("zebra:X odd-name:=Y histone_mark:z")).toEqual({
      terms: [
        { field: "zebra", value: "x", isExact: false, isNegated: false },
        { field: "odd-name", value: "y", isExact: true, isNegated: false },
        { field: "histone_mark", value: "z", isExact: false, isNegated: false },
      ],
      problems: [],
    });
  });

  it("are words when the token occurs as it is or its head is no name", () => {
    const word = (value: string, isNegated = false): unknown => ({
      field: null,
      value,
      isExact: false,
      isNegated,
    });
    expect(read("UBERON:0002107 -a:=B 9:x :y \u00e9:z")).toEqual({
      terms: [
        word("uberon:0002107"),
        word("a:=b", true),
        word("9:x"),
        word(":y"),
        word("\u00e9:z"),
      ],
      problems: [],
    });
  });

  it("are none without a value", () => {
    expect(read('zebra: -zebra:="" - "" -"" strnd:')).toEqual({ terms: [], problems: [] });
  });

  it("leave a problem behind when the field does not exist", () => {
    expect(read('-zbra:"x y" nothing:1 __proto__:x')).toEqual({
      terms: [],
      problems: [
        { token: '-zbra:"x y"', field: "zbra", closest: ["zebra"] },
        { token: "nothing:1", field: "nothing", closest: [] },
        { token: "__proto__:x", field: "__proto__", closest: [] },
      ],
    });
  });
});

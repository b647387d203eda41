import { describe, expect, it } from "vitest";
import { call, list, literal } from "./python_literals.js";

describe("literals", () => {
  it("quote text so that it stays text", () => {
    expect(literal('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"');
    expect(literal("\u2028\u202e")).toBe('"\\u2028\\u202e"');
    expect(literal("\u{1f9ec}\u00e9")).toBe('"\\U0001f9ec\\u00e9"');
    expect([literal(null), literal(true), literal(false), literal(1.5)]).toEqual([
      "None",
      "True",
      "False",
      "1.5",
    ]);
  });

  it("make lists", () => {
    expect([list([]), list(["a", null])]).toEqual(["[]", '["a", None]']);
  });
});

describe("calls", () => {
  it("stand on one line when they are short", () => {
    expect([call("f", []), call("f", ["a=1", "b"])]).toEqual(["f()", "f(a=1, b)"]);
  });

  it("have one argument per line when they are long or have lines of their own", () => {
    const long = "x".repeat(70);
    expect(call("f", [long, "b"])).toBe(`f(\n    ${long},\n    b,\n)`);
    expect(call("f", ["a(\n    b\n)"])).toBe("f(\n    a(\n        b\n    ),\n)");
  });
});

import { describe, expect, it } from "vitest";
import {
  asFloat32,
  asFloat64,
  asInt8,
  asUint16,
  asUint32,
  asUint8,
  dictionaryOf,
  textOf,
} from "./buffers.js";
import { unaligned, utf8, viewOf } from "./testing/fake_model.js";
import { WireError } from "./wire_error.js";

const CASES = [
  ["asUint8", asUint8, Uint8Array.of(1, 200)],
  ["asInt8", asInt8, Int8Array.of(-1, 100)],
  ["asUint16", asUint16, Uint16Array.of(1, 65_535)],
  ["asUint32", asUint32, Uint32Array.of(1, 4_294_967_295)],
  ["asFloat32", asFloat32, Float32Array.of(0.5, NaN)],
  ["asFloat64", asFloat64, Float64Array.of(Math.PI, NaN)],
] as const;

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return "no error";
}

describe.each(CASES)("%s", (_, read, values) => {
  it("views aligned bytes without a copy", () => {
    const result = read(viewOf(values), values.length, "x");
    expect(result).toEqual(values);
    expect(result.buffer).toBe(values.buffer);
  });

  it("copies bytes at an odd offset", () => {
    expect(read(unaligned(values), values.length, "x")).toEqual(values);
  });

  it("refuses a wrong length and a missing buffer", () => {
    expect(codeOf(() => read(viewOf(values), 3, "x"))).toBe("bad_answer");
    expect(codeOf(() => read(undefined, 3, "x"))).toBe("bad_answer");
    expect(() => read(viewOf(values), 3, "the bins")).toThrow(/the bins/);
  });

  it("reads nothing from no bytes", () => {
    expect(read(new DataView(new ArrayBuffer(0)), 0, "x")).toHaveLength(0);
  });
});

describe("text", () => {
  it("is UTF-8 to the last byte", () => {
    expect(textOf(utf8("\ufeffAßC 🧬"), "x")).toBe("\ufeffAßC 🧬");
    expect(codeOf(() => textOf(viewOf(Uint8Array.of(0xc3)), "x"))).toBe("bad_answer");
    expect(codeOf(() => textOf(undefined, "x"))).toBe("bad_answer");
  });
});

describe("dictionaryOf", () => {
  it("splits at newlines and undoes the escapes", () => {
    const values = ["a", "two\nlines", "back\\slash", "\\n", ""];
    const text = values.map((v) => v.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")).join("\n");
    expect(dictionaryOf(utf8(text), "x", 5)).toEqual(values);
  });

  it("tells no value from one empty value by the announced count", () => {
    expect(dictionaryOf(utf8(""), "x")).toEqual([]);
    expect(dictionaryOf(utf8(""), "x", 0)).toEqual([]);
    expect(dictionaryOf(utf8(""), "x", 1)).toEqual([""]);
  });

  it("refuses another number of values", () => {
    expect(codeOf(() => dictionaryOf(utf8("a\nb"), "x", 3))).toBe("bad_answer");
  });
});

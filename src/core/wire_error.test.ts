import { describe, expect, it } from "vitest";
import { isCancelled, WIRE_CODES, wireCodeOf, WireError } from "./wire_error.js";

describe("wire errors", () => {
  it("carry code, sentence and hint", () => {
    const error = new WireError("too_large", "9,000 bins asked, 8,192 allowed.", "Zoom in.");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "WireError", code: "too_large", hint: "Zoom in." });
    expect(new WireError("closed", "x").hint).toBe("");
  });

  it("know a closed list of codes; every other one is internal", () => {
    for (const code of WIRE_CODES) expect(wireCodeOf(code)).toBe(code);
    for (const value of ["nonsense", "", 5, null, undefined]) {
      expect(wireCodeOf(value)).toBe("internal");
    }
  });

  it("tell giving up from failing", () => {
    expect(isCancelled(new WireError("cancelled", "x"))).toBe(true);
    expect(isCancelled(new WireError("timeout", "x"))).toBe(false);
    expect(isCancelled(new Error("cancelled"))).toBe(false);
  });
});

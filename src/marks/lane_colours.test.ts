import { describe, expect, it } from "vitest";
import { contrast, hexOf } from "../core/oklab.js";
import { tokens, type ThemeName } from "../core/palette.js";
import { hatchColour, laneColours } from "./lane_colours.js";

const THEMES: readonly ThemeName[] = ["light", "dark"];

describe.each(THEMES)("inks of the %s theme", (theme) => {
  const { surface, alt, ref, gain, loss, categories } = tokens(theme);

  it("keep edge and body at full colour and the envelope pale", () => {
    for (const colour of categories) {
      const { up } = laneColours(theme, { role: "signal", colour });
      expect(hexOf(up.body)).toBe(colour);
      expect(hexOf(up.edge)).toBe(colour);
      expect(contrast(hexOf(up.pale), surface)).toBeLessThan(contrast(colour, surface));
      expect(contrast(hexOf(up.edge), surface)).toBeGreaterThanOrEqual(3);
    }
  });

  it("tell ref, alt, gain and loss apart", () => {
    expect(hexOf(laneColours(theme, { role: "ref" }).up.body)).toBe(ref);
    expect(hexOf(laneColours(theme, { role: "alt" }).up.body)).toBe(alt);
    const overlay = laneColours(theme, { role: "overlay" });
    expect([hexOf(overlay.up.body), hexOf(overlay.over)]).toEqual([ref, alt]);
    const difference = laneColours(theme, { role: "difference" });
    expect([hexOf(difference.up.body), hexOf(difference.down.body)]).toEqual([gain, loss]);
  });

  it("hatch visibly, but quieter than data", () => {
    const hatch = hexOf(hatchColour(theme));
    expect(contrast(hatch, surface)).toBeGreaterThan(1.3);
    expect(contrast(hatch, surface)).toBeLessThan(3);
  });
});

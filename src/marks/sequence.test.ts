import { describe, expect, it } from "vitest";
import { baseColours } from "../core/palette.js";
import { drawSequence, sequenceLook } from "./sequence.js";
import { itemsOf, plotOf, sceneOf, textsOf } from "./testing/plots.js";

const COLOURS = baseColours("lsc", "light");
const INK = { colours: COLOURS, hasShapes: false };
const MONO = { colours: baseColours("mono", "light"), hasShapes: true };

/** x ranges of all hatch lines. */
function hatched(scene: ReturnType<typeof sceneOf>): [number, number][] {
  return itemsOf(scene, "path").map(({ steps }) => {
    const xs = steps.flatMap((step) => (step[0] === "Z" ? [] : [step[1]]));
    return [Math.min(...xs), Math.max(...xs)];
  });
}

describe("the sequence", () => {
  it("is letters where they fit, boxes where they do not, nothing when too far", () => {
    expect(sequenceLook(plotOf(0, 125))).toBe("letters");
    expect(sequenceLook(plotOf(0, 126))).toBe("boxes");
    expect(sequenceLook(plotOf(0, 500))).toBe("boxes");
    expect(sequenceLook(plotOf(0, 501))).toBe("none");
  });

  it("writes each base in its colour in the middle of its place, and N as a dash", () => {
    const scene = sceneOf();
    const known = { start: 52, text: "ACGTNacgtR" };
    expect(drawSequence(scene, plotOf(50, 150), known, INK)).toBe("letters");
    expect(textsOf(scene).join("")).toBe("ACGTACGTR");
    const { A, C, G, T, N } = COLOURS;
    expect(itemsOf(scene, "text").map(({ fill }) => fill)).toEqual([A, C, G, T, A, C, G, T, N]);
    expect(itemsOf(scene, "text")[0]).toMatchObject({ x: 205, anchor: "middle", family: "code" });
    expect(itemsOf(scene, "rect")).toMatchObject([{ x: 241, w: 8, h: 2, fill: N }]);
  });

  it("hatches what is not known and only that", () => {
    const part = sceneOf();
    drawSequence(part, plotOf(50, 150), { start: 60, text: "A".repeat(30) }, INK);
    expect(textsOf(part)).toHaveLength(30);
    expect(hatched(part)).toEqual([
      [180, 280],
      [580, 1_180],
    ]);
    const none = sceneOf();
    drawSequence(none, plotOf(50, 150), null, INK);
    expect(hatched(none)).toEqual([[180, 1_180]]);
    const elsewhere = sceneOf();
    drawSequence(elsewhere, plotOf(50, 150), { start: 0, text: "A".repeat(50) }, INK);
    expect(hatched(elsewhere)).toEqual([[180, 1_180]]);
    expect(itemsOf(part, "path")[0]?.stroke).toBe(plotOf(0, 1).tokens.line);
  });

  it("draws only bases that are in view", () => {
    const scene = sceneOf();
    drawSequence(scene, plotOf(50, 150), { start: 40, text: "A".repeat(200) }, INK);
    expect(textsOf(scene)).toHaveLength(100);
    expect(hatched(scene)).toEqual([]);
  });

  it("draws boxes side by side on whole px, with a gap where there is room", () => {
    const narrow = sceneOf();
    const known = { start: 0, text: "ACGT".repeat(200) };
    expect(drawSequence(narrow, plotOf(0, 400), known, INK)).toBe("boxes");
    const boxes = itemsOf(narrow, "rect");
    expect(boxes).toHaveLength(400);
    expect(boxes.slice(0, 3).map(({ x, w }) => [x, w])).toEqual([
      [180, 3],
      [183, 2],
      [185, 3],
    ]);
    const wide = sceneOf();
    drawSequence(wide, plotOf(0, 200), known, INK);
    expect(itemsOf(wide, "rect")[0]).toMatchObject({ x: 180, w: 4, h: 36, fill: COLOURS.A });
  });

  it("tells the bases of a grey palette by shape as well", () => {
    const scene = sceneOf();
    drawSequence(scene, plotOf(0, 200), { start: 0, text: `ACGT${"N".repeat(196)}` }, MONO);
    const boxes = itemsOf(scene, "rect").filter(({ fill }) => fill !== MONO.colours.N);
    const shapes = ["A", "C", "G", "T"].map((base) =>
      boxes
        .filter(({ fill }) => fill === MONO.colours[base as "A"])
        .map(({ y, h }) => `${y}+${h}`)
        .join(" "),
    );
    expect(shapes).toEqual(["12+36", "12+13 35+13", "30+18", "12+18"]);
  });

  it("draws nothing when too far", () => {
    const scene = sceneOf();
    expect(drawSequence(scene, plotOf(0, 5_000), { start: 0, text: "ACGT" }, INK)).toBe("none");
    expect(scene.items).toEqual([]);
  });
});

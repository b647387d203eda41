/**
 * The painter against stored hashes. The files hold the input and the FNV-1a hash of the painted
 * buffer; the numpy painter of the kernel must reach the same hash from the same file.
 * To write them anew after a change of the rule:
 * `npx vitest run --project core src/marks/painter_golden.test.ts -u`
 */
import { describe, expect, it } from "vitest";
import { seeded } from "../core/testing/random.js";
import { fnv1a, paintLanes, type PaintView } from "./signal.js";
import {
  HATCH,
  laneOf,
  randomLane,
  storedLane,
  type Recipe,
  type StoredCase,
  type StoredLane,
} from "./testing/lanes.js";
import { paintSlowly } from "./testing/slow_painter.js";

interface Golden extends StoredCase {
  readonly hash: string;
}

const GAP = 3;
const X0 = 2_570_000;

function view(width: number, height: number, bpPerPx: number, dpr = 1): PaintView {
  return { width, height, x0: X0, bpPerPx, dpr, hatch: HATCH };
}

/** One lane under the other, all of random bins. */
function lanes(seed: number, at: PaintView, recipes: readonly Partial<Recipe>[]): StoredLane[] {
  const random = seeded(seed);
  const height = Math.floor(at.height / recipes.length) - GAP;
  return recipes.map((change, i) => {
    const recipe: Recipe = {
      kind: "area",
      scaleKind: "linear",
      isSigned: false,
      isOverlay: false,
      density: 0.7,
      missing: 0.03,
      ...change,
    };
    return storedLane(randomLane(random, at, { top: i * (height + GAP), height }, recipe));
  });
}

const AREA = view(96, 86, 2.3);
const STEMS = view(120, 120, 5.7);
const WIDE_BASES = view(150, 90, 0.13, 2);
const STRIP = view(80, 26, 3.1);
const LOG = view(96, 86, 2.3);

const CASES: readonly StoredCase[] = [
  {
    name: "area",
    view: AREA,
    lanes: lanes(21, AREA, [{}, { isSigned: true }, { isOverlay: true }]),
  },
  {
    name: "stems",
    view: STEMS,
    lanes: lanes(22, STEMS, [
      { kind: "stems", density: 0.03 },
      { kind: "stems", density: 0.03, isOverlay: true },
      { kind: "stems", density: 0.02, isSigned: true },
    ]),
  },
  {
    name: "wide_bases",
    view: WIDE_BASES,
    lanes: lanes(23, WIDE_BASES, [
      { kind: "stems", isOverlay: true },
      { kind: "stems", isSigned: true },
      { isSigned: true },
    ]),
  },
  {
    name: "strip",
    view: STRIP,
    lanes: lanes(24, STRIP, [{ kind: "strip" }, { kind: "strip", isSigned: true }]),
  },
  {
    name: "log",
    view: LOG,
    lanes: lanes(25, LOG, [{ scaleKind: "log1p" }, { scaleKind: "symlog", isSigned: true }]),
  },
];

function painted(one: StoredCase): Uint32Array {
  const pixels = new Uint32Array(one.view.width * one.view.height);
  paintLanes(pixels, one.view, one.lanes.map(laneOf));
  return pixels;
}

describe.each(CASES.map((one) => [one.name, one] as const))("painter_%s.json", (name, one) => {
  it("holds the input and the hash", async () => {
    const golden: Golden = { ...one, hash: fnv1a(painted(one)) };
    const text = `${JSON.stringify(golden)}\n`;
    await expect(text).toMatchFileSnapshot(`../../tests/wire/painter_${name}.json`);
  });

  it("reads back as the lanes it was made of", () => {
    const back = JSON.parse(JSON.stringify(one)) as StoredCase;
    expect(fnv1a(painted(back))).toBe(fnv1a(painted(one)));
  });

  it("is what the slow painter paints, and not blank", () => {
    const pixels = painted(one);
    expect(pixels).toEqual(paintSlowly(one.view, one.lanes.map(laneOf)));
    expect(new Set(pixels).size).toBeGreaterThan(5);
  });
});

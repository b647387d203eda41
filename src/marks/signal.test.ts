import { describe, expect, it } from "vitest";
import type { Columns } from "../core/columns.js";
import { colourTable } from "../core/palette.js";
import { between, seeded } from "../core/testing/random.js";
import {
  fnv1a,
  laneColours,
  paintLanes,
  type LaneColours,
  type PaintView,
  type SignalLane,
} from "./signal.js";
import { HATCH, randomLane, type Recipe } from "./testing/lanes.js";
import { paintSlowly } from "./testing/slow_painter.js";

/** Colours that can be told apart in a drawing of letters. */
const COLOURS: LaneColours = {
  up: { body: 2, pale: 3, edge: 4 },
  down: { body: 5, pale: 6, edge: 7 },
  over: 8,
  zero: 1,
};
const LETTERS = ".-#~^%=v@";
const MISSING_MARK = 99;

function view(width: number, height: number, change: Partial<PaintView> = {}): PaintView {
  return { width, height, x0: 0, bpPerPx: 1, dpr: 1, hatch: MISSING_MARK, ...change };
}

function columns(max: number[], change: Partial<Columns> = {}): Columns {
  const values = Float32Array.from(max);
  return {
    start: 0,
    bin: 1,
    n: max.length,
    max: values,
    mean: values,
    min: null,
    state: "exact",
    ...change,
  };
}

function lane(data: Columns, change: Partial<SignalLane> = {}): SignalLane {
  return {
    top: 0,
    height: 5,
    kind: "area",
    columns: data,
    scale: { kind: "linear", lo: 0, hi: 4 },
    colours: COLOURS,
    ...change,
  };
}

/** The lane as rows of letters: `#` body, `~` pale, `^` edge, `-` zero, `/` hatch. */
function picture(at: PaintView, lanes: SignalLane[]): string[] {
  const pixels = new Uint32Array(at.width * at.height);
  paintLanes(pixels, at, lanes);
  return Array.from({ length: at.height }, (_, row) =>
    Array.from(pixels.subarray(row * at.width, (row + 1) * at.width), (pixel) => {
      return pixel === MISSING_MARK ? "/" : (LETTERS[pixel] ?? "?");
    }).join(""),
  );
}

describe("an area", () => {
  it("has a solid mean, a pale maximum, an edge on top and a zero line", () => {
    const mean = Float32Array.of(1, 1, 1, 1, 1);
    const data = columns([3, 3, 3, 3, 3], { mean });
    expect(picture(view(5, 5), [lane(data)])).toEqual([
      ".....",
      "^^^^^",
      "~~~~~",
      "#####",
      "-----",
    ]);
  });

  it("draws a single-base peak in full colour from its foot to its top", () => {
    expect(picture(view(5, 5), [lane(columns([0, 0, 4, 0, 0]))])).toEqual([
      "..^..",
      "..^..",
      "..^..",
      "..^..",
      "-----",
    ]);
  });

  it("joins its edge over steps", () => {
    const mean = new Float32Array(6);
    expect(picture(view(6, 5), [lane(columns([1, 1, 4, 4, 4, 2], { mean }))])).toEqual([
      "..^^^.",
      "..^~^.",
      "..^~~^",
      "^^~~~~",
      "------",
    ]);
  });

  it("keeps the maximum of every column at every zoom", () => {
    const values = new Array<number>(640).fill(0);
    values[333] = 4;
    for (const bpPerPx of [0.5, 1, 3.7, 8, 64]) {
      const width = Math.ceil(640 / bpPerPx);
      const rows = picture(view(width, 5, { bpPerPx }), [lane(columns(values))]);
      expect(rows[0]).toContain("^");
    }
  });

  it("hatches what is missing and never draws it as zero", () => {
    const data = columns([NaN, NaN, NaN, NaN, 0]);
    expect(picture(view(7, 5), [lane(data)])).toEqual([
      "/......",
      ".../...",
      "../.../",
      "./.../.",
      "/...-..",
    ]);
  });

  it("draws gains up and losses down from the zero line, in their own colours", () => {
    const data = columns([2, 0, -2], {
      mean: Float32Array.of(1, 0, -1),
      min: Float32Array.of(0, 0, -2),
    });
    const scale = { kind: "linear", lo: -2, hi: 2 } as const;
    expect(picture(view(3, 5), [lane(data, { scale })])).toEqual([
      "^..",
      "^..",
      "---",
      "..v",
      "..v",
    ]);
  });

  it("shows both signs of one column", () => {
    const data = columns([2, 2, 2], {
      mean: Float32Array.of(0, 0, 0),
      min: Float32Array.of(-2, -2, -2),
    });
    const scale = { kind: "linear", lo: -2, hi: 2 } as const;
    expect(picture(view(3, 5), [lane(data, { scale })])).toEqual([
      "^^^",
      "~~~",
      "---",
      "===",
      "vvv",
    ]);
  });

  it("with an overlay adds the outline of the alternative", () => {
    const overlay = columns([0, 4, 4, 0]);
    expect(picture(view(4, 5), [lane(columns([2, 2, 2, 2]), { overlay })])).toEqual([
      ".@@.",
      ".@@.",
      "^@@^",
      "#@@#",
      "----",
    ]);
  });

  it("cuts values beyond the scale", () => {
    expect(picture(view(3, 5), [lane(columns([99, 99, 99]))])[0]).toBe("^^^");
  });
});

describe("stems", () => {
  const stem = (values: number[], change: Partial<SignalLane> = {}): SignalLane =>
    lane(columns(values), { kind: "stems", ...change });

  it("are 5 px wide and solid alone", () => {
    const values = new Array<number>(11).fill(0);
    values[5] = 2;
    expect(picture(view(11, 5), [stem(values)])).toEqual([
      "...........",
      "...........",
      "...^^^^^...",
      "...^###^...",
      "-----------",
    ]);
  });

  it("are a pale bar around a solid one in an overlay; lost is an empty outline", () => {
    const ref = new Array<number>(22).fill(0);
    const alt = [...ref];
    ref[5] = 3;
    alt[5] = 3;
    ref[16] = 3;
    alt[16] = 1;
    expect(picture(view(22, 5), [stem(ref, { overlay: columns(alt) })])).toEqual([
      "......................",
      "..^^@@@^^....^^^^^^^..",
      "..^~@@@~^....^~~~~~^..",
      "..^~@@@~^....^~@@@~^..",
      "----------------------",
    ]);
  });

  it("stand on the middle of a wide base", () => {
    const rows = picture(view(30, 5, { bpPerPx: 0.1 }), [stem([0, 4, 0])]);
    expect(rows[0]).toBe("............^^^^^^^...........");
    expect(rows[2]).toBe("............^#####^...........");
  });

  it("do not vanish beside the view's border", () => {
    const rows = picture(view(10, 5, { x0: 11 }), [stem([...new Array<number>(10).fill(0), 4, 0])]);
    expect(rows[0]?.startsWith(".")).toBe(true);
    const near = picture(view(10, 5, { x0: 0.5, bpPerPx: 0.1 }), [stem([4, 0, 0])]);
    expect(near[0]?.[0]).toBe("^");
  });

  it("point down for a loss", () => {
    const min = Float32Array.of(0, 0, 0, -2, 0, 0, 0);
    const data = columns([0, 0, 0, 0, 0, 0, 0], { min });
    const scale = { kind: "linear", lo: -2, hi: 2 } as const;
    expect(picture(view(7, 5), [lane(data, { kind: "stems", scale })])).toEqual([
      ".......",
      ".......",
      "-------",
      ".v%%%v.",
      ".vvvvv.",
    ]);
  });

  it("are twice as wide on a screen with two px per px", () => {
    const values = new Array<number>(21).fill(0);
    values[10] = 4;
    const [top] = picture(view(21, 5, { dpr: 2 }), [stem(values)]);
    expect(top).toBe("......^^^^^^^^^^.....");
  });
});

describe("a strip", () => {
  const table = Uint32Array.from({ length: 256 }, (_, i) => i);

  it("maps the strongest value of a column to the table", () => {
    const pixels = new Uint32Array(6);
    const data = columns([0, 4, 2, NaN, 1, 3]);
    paintLanes(pixels, view(3, 2, { bpPerPx: 2 }), [
      lane(data, { kind: "strip", height: 2, table }),
    ]);
    expect([...pixels]).toEqual([255, 128, 191, 255, 128, 191]);
  });

  it("takes the minimum when it is farther from zero", () => {
    const pixels = new Uint32Array(1);
    const data = columns([1], { min: Float32Array.of(-3) });
    const scale = { kind: "linear", lo: -4, hi: 4 } as const;
    paintLanes(pixels, view(1, 1), [lane(data, { kind: "strip", height: 1, table, scale })]);
    expect([...pixels]).toEqual([32]);
  });

  it("needs its table", () => {
    const one = lane(columns([1]), { kind: "strip", height: 1 });
    expect(() => {
      paintLanes(new Uint32Array(1), view(1, 1), [one]);
    }).toThrow(/256/);
  });
});

describe("the buffer", () => {
  it("must fit the view, and lanes must fit the buffer", () => {
    expect(() => {
      paintLanes(new Uint32Array(9), view(5, 5), []);
    }).toThrow(/9 pixels, the view 5 x 5/);
    expect(() => {
      paintLanes(new Uint32Array(25), view(5, 5), [lane(columns([1]), { top: 1 })]);
    }).toThrow(/rows 1 to 6/);
  });

  it("keeps pixels nobody paints", () => {
    const pixels = new Uint32Array(5 * 7).fill(77);
    paintLanes(pixels, view(5, 7), [lane(columns([0, 0, 0, 0, 0]), { top: 1 })]);
    expect([...pixels.subarray(0, 25)].every((pixel) => pixel === 77)).toBe(true);
    expect([...pixels.subarray(25, 30)]).toEqual([1, 1, 1, 1, 1]);
    expect([...pixels.subarray(30)].every((pixel) => pixel === 77)).toBe(true);
  });

  it("is the same for the same input", () => {
    const at = view(40, 20, { bpPerPx: 2.5 });
    const one = randomLane(seeded(3), at, { top: 2, height: 16 }, RECIPES[0] as Recipe);
    const [a, b] = [new Uint32Array(800), new Uint32Array(800)];
    paintLanes(a, at, [one]);
    paintLanes(b, at, [one]);
    expect(a).toEqual(b);
  });
});

const RECIPES: Recipe[] = (["area", "stems", "strip"] as const).flatMap((kind) =>
  [false, true].flatMap((isSigned) =>
    (["linear", "symlog"] as const).map((scaleKind) => ({
      kind,
      isSigned,
      scaleKind,
      isOverlay: kind !== "strip",
      density: kind === "stems" ? 0.05 : 0.7,
      missing: 0.02,
    })),
  ),
);

describe("equals the slow painter", () => {
  it.each(RECIPES.map((recipe) => [JSON.stringify(recipe), recipe] as const))(
    "for 40 random lanes of %s",
    (_, recipe) => {
      const random = seeded(14);
      for (let round = 0; round < 40; round += 1) {
        const height = between(random, 1, 24);
        const at: PaintView = {
          width: between(random, 1, 60),
          height: height + 3,
          x0: between(random, 0, 3) * 1_000_000.25,
          bpPerPx: [0.11, 0.8, 1, 2.5, 7.3, 40][between(random, 0, 5)] ?? 1,
          dpr: between(random, 1, 2),
          hatch: HATCH,
        };
        const rows = { top: between(random, 0, 3), height };
        const isOverlay = recipe.isOverlay && random() < 0.5;
        const one = randomLane(random, at, rows, { ...recipe, isOverlay });
        const pixels = new Uint32Array(at.width * at.height);
        paintLanes(pixels, at, [one]);
        expect(pixels).toEqual(paintSlowly(at, [one]));
      }
    },
  );
});

describe("colours of lanes", () => {
  it("are opaque, and pale is lighter than body in the light theme", () => {
    for (const role of ["ref", "alt", "overlay", "difference"] as const) {
      for (const theme of ["light", "dark"] as const) {
        const { up, down, over, zero } = laneColours(theme, { role });
        for (const pixel of [up.body, up.pale, up.edge, down.body, down.pale, over, zero]) {
          expect(pixel >>> 24).toBe(255);
        }
        expect(up.pale).not.toBe(up.body);
      }
    }
    expect(laneColours("light", { role: "signal", colour: "#00795a" }).up.body).toBe(0xff5a7900);
    const difference = laneColours("light", { role: "difference" });
    expect(difference.up.body).not.toBe(difference.down.body);
  });

  it("hash to the published FNV-1a values", () => {
    expect(fnv1a(new Uint32Array(0))).toBe("811c9dc5");
    expect(fnv1a(Uint32Array.of(0x64636261))).toBe("ce3479bd");
    expect(fnv1a(colourTable("diverging", "light"))).toMatch(/^[0-9a-f]{8}$/);
  });
});

import { describe, expect, it } from "vitest";
import { between, seeded } from "../core/testing/random.js";
import { PACK_GAP, packRows, type Packable } from "./packing.js";

function item(x0: number, x1: number, priority = 0, name = ""): Packable {
  return { x0, x1, priority, name };
}

/** Ten obvious lines: try every row against every item placed before. */
function slowPack(items: readonly Packable[], maxRows: number): number[] {
  const rows = items.map(() => -1);
  const order = items
    .map((one, i) => ({ one, i }))
    .sort(
      (a, b) =>
        b.one.priority - a.one.priority ||
        a.one.x0 - b.one.x0 ||
        (a.one.name < b.one.name ? -1 : 1),
    );
  for (const { one, i } of order) {
    for (let row = 0; row < maxRows && rows[i] === -1; row += 1) {
      const isFree = items.every((other, j) => {
        return rows[j] !== row || other.x1 + PACK_GAP <= one.x0 || one.x1 + PACK_GAP <= other.x0;
      });
      if (isFree) rows[i] = row;
    }
  }
  return rows;
}

describe("packRows", () => {
  it("puts neighbours in one row and overlapping ones below", () => {
    const { rows, nRows, nHidden } = packRows([item(0, 10), item(14, 20), item(5, 30)], 6);
    expect([...rows]).toEqual([0, 0, 1]);
    expect(nRows).toBe(2);
    expect(nHidden).toBe(0);
  });

  it("keeps a gap of 4 px", () => {
    expect([...packRows([item(0, 10), item(13, 20)], 6).rows]).toEqual([0, 1]);
  });

  it("places the important first and counts what finds no row", () => {
    const { rows, nHidden } = packRows([item(0, 10, 1), item(0, 10, 9), item(0, 10, 5)], 2);
    expect([...rows]).toEqual([-1, 0, 1]);
    expect(nHidden).toBe(1);
  });

  it("breaks ties by start, then by name", () => {
    const rows = packRows([item(5, 9), item(0, 9), item(0, 9, 0, "b"), item(0, 9, 0, "a")], 9).rows;
    expect([...rows]).toEqual([3, 0, 2, 1]);
  });

  it("equals the slow twin, 100 times", () => {
    const random = seeded(15);
    for (let round = 0; round < 100; round += 1) {
      const items = Array.from({ length: between(random, 0, 60) }, (_, i) => {
        const x0 = between(random, 0, 300);
        return item(
          x0,
          x0 + between(random, 1, 60),
          between(random, 0, 2),
          String(i).padStart(3, "0"),
        );
      });
      expect([...packRows(items, 6).rows]).toEqual(slowPack(items, 6));
    }
  });

  it("takes 5,000 items in well under a frame or two", () => {
    const random = seeded(16);
    const items = Array.from({ length: 5_000 }, (_, i) => {
      const x0 = random() * 1_200;
      return item(x0, x0 + 5 + random() * 80, random(), String(i));
    });
    packRows(items, 6);
    const started = performance.now();
    packRows(items, 6);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

/** Greedy packing of intervals into rows: the important ones first, each in the lowest free row. */
import { compareCodePoints } from "../core/filters.js";

/** Space kept free between two neighbours, px. */
export const PACK_GAP = 4;

export interface Packable {
  readonly x0: number;
  readonly x1: number;
  /** Larger comes first. */
  readonly priority: number;
  readonly name: string;
}

export interface Packing {
  /** Row of each item; -1 where it found none. */
  readonly rows: Int32Array;
  readonly nRows: number;
  readonly nHidden: number;
}

interface Slot {
  readonly x0: number;
  readonly x1: number;
}

/** Where [x0, x1) would stand among sorted slots, or -1 when it comes too near to one. */
function freeIndex(row: readonly Slot[], x0: number, x1: number): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((row[middle] as Slot).x0 < x0) low = middle + 1;
    else high = middle;
  }
  const before = row[low - 1];
  const after = row[low];
  if (before !== undefined && before.x1 + PACK_GAP > x0) return -1;
  if (after !== undefined && x1 + PACK_GAP > after.x0) return -1;
  return low;
}

/** Order: falling priority, then start, then name. Items beyond `maxRows` rows are hidden. */
export function packRows(items: readonly Packable[], maxRows: number): Packing {
  const order = items
    .map((_, i) => i)
    .sort((i, j) => {
      const a = items[i] as Packable;
      const b = items[j] as Packable;
      return b.priority - a.priority || a.x0 - b.x0 || compareCodePoints(a.name, b.name);
    });
  const slots: Slot[][] = [];
  const rows = new Int32Array(items.length).fill(-1);
  let nHidden = 0;
  for (const i of order) {
    const { x0, x1 } = items[i] as Packable;
    let row = 0;
    let at = -1;
    for (; row < maxRows; row += 1) {
      at = freeIndex((slots[row] ??= []), x0, x1);
      if (at >= 0) break;
    }
    if (at < 0) {
      nHidden += 1;
      continue;
    }
    slots[row]?.splice(at, 0, { x0, x1 });
    rows[i] = row;
  }
  return { rows, nRows: slots.filter((row) => row.length > 0).length, nHidden };
}

/** Headings in columns: the order stays, and no column is much taller than the others. */

/**
 * Places to cut a list of heights so that the tallest of at most `n` columns is as low as it can
 * be; of equally good cuts the first columns are the fuller ones. Gives the column of every item.
 */
export function splitColumns(heights: readonly number[], n: number): number[] {
  const sums = [0];
  for (const height of heights) sums.push((sums.at(-1) ?? 0) + height);
  const between = (from: number, to: number): number => (sums[to] ?? 0) - (sums[from] ?? 0);
  // best[k][i]: height of the tallest column when the items from i on fill k columns.
  let best = heights.map((_, i) => between(i, heights.length));
  best.push(0);
  const cuts: number[][] = [heights.map(() => heights.length)];
  for (let k = 1; k < n; k += 1) {
    const before = best;
    const cut: number[] = [];
    best = before.map((_, i) => {
      let lowest = Infinity;
      for (let to = heights.length; to > i; to -= 1) {
        const tallest = Math.max(between(i, to), before[to] ?? 0);
        if (tallest >= lowest) continue;
        lowest = tallest;
        cut[i] = to;
      }
      return lowest === Infinity ? 0 : lowest;
    });
    cuts.push(cut);
  }
  const columns: number[] = [];
  let at = 0;
  for (let k = n - 1; k >= 0 && at < heights.length; k -= 1) {
    const to = cuts[k]?.[at] ?? heights.length;
    for (; at < to; at += 1) columns.push(n - 1 - k);
  }
  return columns;
}

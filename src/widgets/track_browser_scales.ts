/** Bins of the lanes in view and the y scales that follow from them. */
import { extremesOf, type Columns } from "../core/columns.js";
import { niceScale, rangeOf, type YScale } from "../core/scales.js";
import { geometryOf, type TileCache } from "../core/tiles.js";
import type { Lane } from "../ui/lane_layout.js";
import { isSignedLane, modesOf, scaleKey } from "../ui/lane_modes.js";
import { bpPerPxOf, type ViewState } from "../ui/view_state.js";

/** Bins of one lane over the visible region, for each of its modes. */
export function columnsOf(
  state: ViewState,
  cache: TileCache,
  lane: Lane,
  region = state.region,
): Columns[] {
  const { catalog } = state;
  if (catalog === null) return [];
  const geometry = geometryOf(catalog.geometry, lane.track);
  const view = { region, bpPerPx: bpPerPxOf(state) };
  return modesOf(state.mode, lane).map((mode) => cache.gather(mode, lane.track, geometry, view));
}

/** Ranges from the visible bins of every lane, rounded so that axes carry plain numbers. */
export function computeScales(state: ViewState, cache: TileCache): Map<string, YScale> {
  const values = new Map<string, { arrays: Float32Array[]; isSigned: boolean }>();
  for (const lane of state.layout.lanes) {
    const key = scaleKey(state, lane);
    const entry = values.get(key) ?? { arrays: [], isSigned: false };
    values.set(key, entry);
    entry.isSigned ||= isSignedLane(state, lane);
    for (const columns of columnsOf(state, cache, lane)) entry.arrays.push(...extremesOf(columns));
  }
  const scales = new Map<string, YScale>();
  for (const [key, { arrays, isSigned }] of values) {
    scales.set(key, niceScale(state.scale.kind, rangeOf(arrays), isSigned));
  }
  return scales;
}

/** Which values a lane shows in a mode, and with which lanes it shares its y scale. */
import type { Mode } from "../core/answers.js";
import type { Lane } from "./lane_layout.js";
import type { ViewState } from "./view_state.js";

/** The first is drawn as the lane, a second one as its overlay; a strip has room for one. */
export function modesOf(mode: ViewState["mode"], lane: Lane): Mode[] {
  if (!lane.hasAlt || mode === "ref") return ["ref"];
  if (mode === "overlay") return lane.mark === "strip" ? ["alt"] : ["ref", "alt"];
  return [mode];
}

export function isDifference(modes: readonly Mode[]): boolean {
  return modes[0] === "diff" || modes[0] === "log2FC";
}

/** Lanes with the same key share one range; differences never share one with plain values. */
export function scaleKey(state: Pick<ViewState, "mode" | "scale">, lane: Lane): string {
  const kind = isDifference(modesOf(state.mode, lane)) ? "difference" : "value";
  switch (state.scale.range) {
    case "track":
      return `${kind} ${lane.track}`;
    case "group":
      return `${kind} ${lane.groupKey}`;
    case "all":
      return kind;
  }
}

export function isSignedLane(state: Pick<ViewState, "mode" | "catalog">, lane: Lane): boolean {
  return (
    state.catalog?.geometry.signed[lane.track] === 1 || isDifference(modesOf(state.mode, lane))
  );
}

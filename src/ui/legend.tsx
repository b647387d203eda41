/** What the colours of a group mean; only marks that are on screen. */
import type { VNode } from "preact";
import { formatTicks, formatWidth } from "../core/numbers.js";
import { tokens, type ThemeName } from "../core/palette.js";
import type { YScale } from "../core/scales.js";
import type { LaneGroup } from "./lane_layout.js";
import { isDifference, isSignedLane, modesOf, scaleKey } from "./lane_modes.js";
import { words } from "./messages.js";
import { bpPerPxOf, type ViewState } from "./view_state.js";

interface LegendProps {
  readonly group: LaneGroup;
  readonly state: LegendState;
  readonly colour: string;
}

/** What a legend reads; the whole state has it all. */
export type LegendState = Pick<
  ViewState,
  | "mode"
  | "theme"
  | "scale"
  | "scales"
  | "catalog"
  | "widthPx"
  | "showsFacets"
  | "layout"
  | "region"
>;

export function Legend({ group, state, colour }: LegendProps): VNode | null {
  const first = group.lanes[0];
  if (first === undefined) return null;
  const { ref, alt, loss, gain } = tokens(state.theme);
  const modes = modesOf(state.mode, group.lanes.find((lane) => lane.hasAlt) ?? first);
  if (first.mark === "strip") {
    const isSigned = isSignedLane(state, first);
    const scale = state.scales.get(scaleKey(state, first));
    const ink = modes[0] === "alt" ? alt : colour;
    return <StripLegend scale={scale} isSigned={isSigned} colour={ink} theme={state.theme} />;
  }
  if (modes.length > 1) {
    return (
      <span class="lsc-legend">
        <Key name={words.ref}>
          <rect x="1.5" y="1.5" width="7" height="10" fill={ref} fill-opacity={0.3} stroke={ref} />
        </Key>
        <Key name={words.alt}>
          <rect x="3" y="0" width="4" height="12" fill={alt} />
        </Key>
      </span>
    );
  }
  if (isDifference(modes)) {
    return (
      <span class="lsc-legend">
        <Key name={words.loss}>{block(loss)}</Key>
        <Key name={words.gain}>{block(gain)}</Key>
      </span>
    );
  }
  if (first.mark !== "area") return null;
  const bp = Math.round(bpPerPxOf(state));
  const ink = modes[0] === "alt" ? alt : colour;
  return (
    <span class="lsc-legend">
      <Key name={words.mean}>{block(ink)}</Key>
      <Key name={bp > 1 ? `max in ${formatWidth(bp)}` : "max"}>
        <rect y="2" width="10" height="8" fill={ink} fill-opacity={0.35} />
        <rect y="2" width="10" height="1" fill={ink} />
      </Key>
    </span>
  );
}

interface StripLegendProps {
  readonly scale: YScale | undefined;
  readonly isSigned: boolean;
  readonly colour: string;
  readonly theme: ThemeName;
}

/** A colour bar with the ends of the scale. */
function StripLegend({ scale, isSigned, colour, theme }: StripLegendProps): VNode | null {
  if (scale === undefined) return null;
  const { surface2, loss, gain } = tokens(theme);
  const [low, high] = formatTicks([scale.lo, scale.hi], { signed: isSigned });
  const stops = isSigned ? [loss, surface2, gain] : [surface2, colour];
  return (
    <span class="lsc-legend">
      <span>
        {low}
        <span
          class="lsc-ramp"
          style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }}
        />
        {high}
      </span>
    </span>
  );
}

function block(fill: string): VNode {
  return <rect y="2" width="10" height="8" fill={fill} />;
}

function Key({ name, children }: { name: string; children: VNode | VNode[] }): VNode {
  return (
    <span>
      <svg viewBox="0 0 10 12" aria-hidden="true">
        {children}
      </svg>
      {name}
    </span>
  );
}

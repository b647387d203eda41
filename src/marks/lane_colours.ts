/** The inks of a lane: full colour for the mean, 35 % of it for the maximum, an edge on top. */
import { blend, packed, type Packed } from "../core/oklab.js";
import { tokens, type ThemeName } from "../core/palette.js";

export interface Ink {
  readonly body: Packed;
  readonly pale: Packed;
  readonly edge: Packed;
}

export interface LaneColours {
  readonly up: Ink;
  readonly down: Ink;
  /** The alternative allele in an overlay. */
  readonly over: Packed;
  readonly zero: Packed;
}

const PALE = 0.35;

function ink(colour: string, surface: string): Ink {
  return {
    body: packed(colour),
    pale: packed(blend(colour, surface, PALE)),
    edge: packed(colour),
  };
}

/** `signal` takes the track's own colour; the other roles have fixed ones. */
export type LaneRole =
  | { readonly role: "signal"; readonly colour: string }
  | { readonly role: "ref" | "alt" | "overlay" | "difference" };

export function laneColours(theme: ThemeName, lane: LaneRole): LaneColours {
  const t = tokens(theme);
  const over = packed(t.alt);
  if (lane.role === "difference") {
    return {
      up: ink(t.gain, t.surface),
      down: ink(t.loss, t.surface),
      over,
      zero: packed(t.lineStrong),
    };
  }
  const colour = lane.role === "signal" ? lane.colour : lane.role === "alt" ? t.alt : t.ref;
  const one = ink(colour, t.surface);
  return { up: one, down: one, over, zero: packed(t.line) };
}

/** Colour of the hatch that marks missing data. */
export function hatchColour(theme: ThemeName): Packed {
  return packed(tokens(theme).line);
}

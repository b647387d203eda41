/** Every colour of the widgets, light and dark; the tables of the mockups and of widgets.md 7.5. */
import { blend, gradient256 } from "./oklab.js";

export type ThemeName = "light" | "dark";
export type PaletteName = "lsc" | "classic" | "mono";
export type TableName = "diverging" | "viridis" | "cividis";

/** Opaque `#rrggbb` colours; `line` and `band` are already blended over the surface. */
export interface Tokens {
  readonly surface: string;
  readonly surface2: string;
  readonly surface3: string;
  readonly text: string;
  readonly text2: string;
  readonly lineStrong: string;
  readonly line: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly accentSoft: string;
  readonly band: string;
  readonly bar: string;
  readonly ref: string;
  readonly alt: string;
  readonly loss: string;
  readonly gain: string;
  readonly warning: string;
  readonly error: string;
  readonly categories: readonly string[];
}

const LIGHT: Tokens = {
  surface: "#ffffff",
  surface2: "#f6f7f9",
  surface3: "#e9ecef",
  text: "#1f2328",
  text2: "#57606a",
  lineStrong: "#8c959f",
  line: blend("#8c959f", "#ffffff", 0.4),
  accent: "#0b5cad",
  onAccent: "#ffffff",
  accentSoft: "#e3eef9",
  band: blend("#0b5cad", "#ffffff", 0.11),
  bar: "#dde3e9",
  ref: "#6e7781",
  alt: "#c24a00",
  loss: "#0b4f9e",
  gain: "#a63d00",
  warning: "#8a6100",
  error: "#b3261e",
  categories: [
    "#0067a5",
    "#c24a00",
    "#00795a",
    "#a03c8c",
    "#8a6100",
    "#4b4fc4",
    "#b3261e",
    "#4f5b66",
  ],
};

const DARK: Tokens = {
  surface: "#14171a",
  surface2: "#1b1f23",
  surface3: "#2a3037",
  text: "#e6e8eb",
  text2: "#a0a8b1",
  lineStrong: "#6b747e",
  line: blend("#8c959f", "#14171a", 0.32),
  accent: "#79b8ff",
  onAccent: "#0c1a2b",
  accentSoft: "#1b2f45",
  band: blend("#79b8ff", "#14171a", 0.16),
  bar: "#2b323a",
  ref: "#8a939d",
  alt: "#ff8a4c",
  loss: "#8ec5ff",
  gain: "#ffb26b",
  warning: "#e3b341",
  error: "#ff8a80",
  categories: [
    "#6cb6ff",
    "#ff8a4c",
    "#3fd6a8",
    "#e79bd3",
    "#e3b341",
    "#a5a8ff",
    "#ff8a80",
    "#b4bdc7",
  ],
};

export function tokens(theme: ThemeName): Tokens {
  return theme === "dark" ? DARK : LIGHT;
}

/** The token table as CSS custom properties, for the root element of a widget. */
export function cssVariables(theme: ThemeName): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(tokens(theme)) as [string, string | string[]][]) {
    if (typeof value === "string") {
      variables[`--lsc-${name.replace(/([A-Z0-9])/g, "-$1").toLowerCase()}`] = value;
    } else {
      for (const [i, colour] of value.entries()) variables[`--lsc-cat-${i + 1}`] = colour;
    }
  }
  return variables;
}

export function categoryColour(index: number, theme: ThemeName): string {
  const colours = tokens(theme).categories;
  return colours[((index % colours.length) + colours.length) % colours.length] as string;
}

export interface BaseColours {
  readonly A: string;
  readonly C: string;
  readonly G: string;
  readonly T: string;
  readonly N: string;
}

const BASES: Record<PaletteName, Record<ThemeName, Omit<BaseColours, "N">>> = {
  lsc: {
    light: { A: "#00916b", C: "#00558f", G: "#c58600", T: "#a63000" },
    dark: { A: "#3fd6a8", C: "#4c93e6", G: "#ffdd66", T: "#ee5a24" },
  },
  classic: {
    light: { A: "#1b7f2a", C: "#1f4fd1", G: "#b87400", T: "#c8201a" },
    dark: { A: "#5fd36b", C: "#7fa2ff", G: "#ffc14d", T: "#ff6b63" },
  },
  mono: {
    light: { A: "#1f2328", C: "#4a525b", G: "#6e7781", T: "#8c959f" },
    dark: { A: "#e6e8eb", C: "#c3c9d0", G: "#a0a8b1", T: "#7f8892" },
  },
};

export function isPalette(value: unknown): value is PaletteName {
  return typeof value === "string" && Object.hasOwn(BASES, value);
}

export function baseColours(palette: PaletteName, theme: ThemeName): BaseColours {
  return { ...BASES[palette][theme], N: tokens(theme).text2 };
}

const STOPS: Record<TableName, Record<ThemeName, readonly string[]>> = {
  diverging: {
    light: ["#0b4f9e", "#7fb2e5", "#f7f7f5", "#f2a65a", "#a63d00"],
    dark: ["#8ec5ff", "#2c6cb0", "#20242a", "#b35a12", "#ffb26b"],
  },
  viridis: sameInBoth(["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"]),
  cividis: sameInBoth(["#00224e", "#414d6b", "#7c7b78", "#bcaf6f", "#fee838"]),
};

function sameInBoth(stops: readonly string[]): Record<ThemeName, readonly string[]> {
  return { light: stops, dark: [...stops] };
}

const tables = new Map<string, Uint32Array>();

/** 256 pixels between the stops of a named scale, mixed in OKLab and kept after the first call. */
export function colourTable(name: TableName, theme: ThemeName): Uint32Array {
  const key = `${name} ${theme}`;
  const table = tables.get(key) ?? gradient256(STOPS[name][theme]);
  tables.set(key, table);
  return table;
}

/** Colours from data are accepted in one form only. */
export function isColour(text: string): boolean {
  return /^#[0-9a-f]{6}$/.test(text);
}

export function safeColour(text: string | undefined, fallback: string): string {
  return text !== undefined && isColour(text) ? text : fallback;
}

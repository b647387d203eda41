/** Colour arithmetic: packed pixels, blending, WCAG contrast, and mixing in OKLab (Ottosson 2020). */

/** A pixel as 0xAABBGGRR, the order of canvas image data on little-endian machines. */
export type Packed = number;

type Triple = readonly [number, number, number];

function channels(hex: string): Triple {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new RangeError(`a colour is #rrggbb, found ${hex}`);
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function hexOfChannels(rgb: Triple): string {
  return `#${rgb.map((c) => clampByte(c).toString(16).padStart(2, "0")).join("")}`;
}

function clampByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** Opaque pixel of a `#rrggbb` colour. */
export function packed(hex: string): Packed {
  const [r, g, b] = channels(hex);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** `#rrggbb` of a pixel; its alpha is left out. */
export function hexOf(pixel: Packed): string {
  return hexOfChannels([pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]);
}

/** `foreground` at `alpha` over an opaque `background`, as an opaque colour. */
export function blend(foreground: string, background: string, alpha: number): string {
  const fg = channels(foreground);
  const bg = channels(background);
  return hexOfChannels([
    bg[0] + (fg[0] - bg[0]) * alpha,
    bg[1] + (fg[1] - bg[1]) * alpha,
    bg[2] + (fg[2] - bg[2]) * alpha,
  ]);
}

function linear(channel: number): number {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function encoded(light: number): number {
  const c = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
  return c * 255;
}

/** Relative luminance of WCAG 2. */
export function luminance(hex: string): number {
  const [r, g, b] = channels(hex);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const first = luminance(a);
  const second = luminance(b);
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

/** OKLab coordinates of linear light. */
export function oklabOfLinear([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** OKLab coordinates of a `#rrggbb` colour. */
export function oklab(hex: string): Triple {
  const [r, g, b] = channels(hex);
  return oklabOfLinear([linear(r), linear(g), linear(b)]);
}

/** Light of a `#rrggbb` colour, 0..1 per channel. */
export function linearOf(hex: string): Triple {
  const [r, g, b] = channels(hex);
  return [linear(r), linear(g), linear(b)];
}

function hexOfOklab([lightness, a, b]: Triple): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return hexOfChannels([
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]);
}

/** The colour a share `t` of the way from `a` to `b`, along a straight line in OKLab. */
export function mixOklab(a: string, b: string, t: number): string {
  const from = oklab(a);
  const to = oklab(b);
  return hexOfOklab([
    from[0] + (to[0] - from[0]) * t,
    from[1] + (to[1] - from[1]) * t,
    from[2] + (to[2] - from[2]) * t,
  ]);
}

/** 256 pixels from the first to the last of equally spaced stops, mixed in OKLab. */
export function gradient256(stops: readonly string[]): Uint32Array {
  const table = new Uint32Array(256);
  const spans = stops.length - 1;
  for (let i = 0; i < 256; i += 1) {
    const at = (i / 255) * spans;
    const span = Math.min(spans - 1, Math.floor(at));
    const from = stops[span];
    const to = stops[span + 1];
    if (from === undefined || to === undefined) throw new RangeError("a gradient needs two stops");
    table[i] = packed(mixOklab(from, to, at - span));
  }
  return table;
}

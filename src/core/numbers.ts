/** Numbers as people read them on screen: true minus sign, three digits, an en dash for missing. */

export const MISSING = "\u2013";
const MINUS = "\u2212";

function withMinus(text: string): string {
  return text.startsWith("-") ? MINUS + text.slice(1) : text;
}

/** The same text with a plain `-`, for code, files and copied values. */
export function toAsciiMinus(text: string): string {
  return text.replaceAll(MINUS, "-");
}

/** `2,570,001` */
export function formatInteger(value: number): string {
  return withMinus(String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ","));
}

/** Three significant digits; `1.23e-5` below 0.001; thousands commas above 9,999; missing is an en dash. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001) return withMinus(value.toExponential(2));
  if (size > 9_999) return formatInteger(value);
  const digits = size >= 100 ? 0 : 2 - Math.floor(Math.log10(size));
  return withMinus(value.toFixed(Math.max(0, digits)));
}

/** A difference always carries its sign; zero is `0`. */
export function formatSigned(value: number): string {
  const text = formatValue(value);
  return value > 0 && text !== MISSING ? `+${text}` : text;
}

/** Exact up to 9,999, then `12.3 k`. */
export function formatCount(value: number): string {
  return value <= 9_999 ? formatInteger(value) : `${(value / 1_000).toFixed(1)} k`;
}

/** Percent with at most one decimal; `< 0.1 %` rather than `0.0 %`. */
export function formatFraction(share: number): string {
  if (!Number.isFinite(share)) return MISSING;
  const percent = share * 100;
  if (percent === 0 || percent === 100) return `${percent.toFixed(0)} %`;
  if (percent < 0.1) return "< 0.1 %";
  if (percent > 99.9) return "> 99.9 %";
  return `${percent.toFixed(percent < 10 || percent > 99 ? 1 : 0)} %`;
}

/** `3 min`, `40 s`; no seconds above two minutes. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return MISSING;
  return seconds > 120 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds)} s`;
}

/** Width of a region: `200 bp`, `20.0 kb`, `1.20 Mb`. */
export function formatWidth(bp: number): string {
  if (bp < 1_000) return `${Math.round(bp)} bp`;
  if (bp < 999_950) return `${(bp / 1_000).toFixed(bp < 99_950 ? 1 : 0)} kb`;
  return `${(bp / 1_000_000).toFixed(bp < 9_995_000 ? 2 : 1)} Mb`;
}

/** Fewest decimals, at most 9, that write every value of the list exactly enough to tell them apart. */
export function decimalsFor(values: readonly number[]): number {
  for (let decimals = 0; decimals < 9; decimals += 1) {
    const exact = values.every(
      (value) => Math.abs(Number(value.toFixed(decimals)) - value) <= 1e-9 * Math.abs(value),
    );
    if (exact) return decimals;
  }
  return 9;
}

/** The values of one axis, with the same number of decimals on every one; zero is plain `0`. */
export function formatTicks(values: readonly number[], options?: { signed: boolean }): string[] {
  const largest = Math.max(0, ...values.map(Math.abs));
  const scientific = largest > 0 && largest < 0.001;
  const decimals = decimalsFor(values.map((value) => (largest >= 1_000_000 ? value / 1e6 : value)));
  return values.map((value) => {
    if (value === 0) return "0";
    const sign = options?.signed === true && value > 0 ? "+" : "";
    if (scientific) return sign + withMinus(value.toExponential(0));
    if (largest >= 1_000_000) return `${sign}${withMinus((value / 1e6).toFixed(decimals))} M`;
    const [whole = "", rest] = value.toFixed(decimals).split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return sign + withMinus(rest === undefined ? grouped : `${grouped}.${rest}`);
  });
}

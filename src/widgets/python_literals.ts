/** Values, lists and calls as Python code. */
import type { FacetKey } from "../core/facets.js";

const NARROW = 72;

/** A Python literal; text is quoted so that any character stays itself. */
export function literal(value: FacetKey): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  return JSON.stringify(value).replace(/[\u007f-\u{10ffff}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}

export function list(values: readonly FacetKey[]): string {
  return `[${values.map(literal).join(", ")}]`;
}

/** A call on one line, or with one argument per line where it would be long. */
export function call(name: string, parts: readonly string[]): string {
  const line = `${name}(${parts.join(", ")})`;
  const isShort = line.length <= NARROW && !line.includes("\n");
  if (isShort || parts.length === 0) return line;
  return `${name}(\n${parts.map((part) => `    ${part.replaceAll("\n", "\n    ")},`).join("\n")}\n)`;
}

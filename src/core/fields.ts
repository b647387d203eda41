/** Read one field of a message header; a wrong type is a `bad_answer` that names the field. */
import { WireError } from "./wire_error.js";

export type Header = Readonly<Record<string, unknown>>;

function refuse(name: string, expected: string, found: unknown): never {
  const shown = typeof found === "string" ? JSON.stringify(found.slice(0, 60)) : typeof found;
  throw new WireError("bad_answer", `The answer has ${name} = ${shown} instead of ${expected}.`);
}

export function textField(header: Header, name: string): string {
  const value = header[name];
  return typeof value === "string" ? value : refuse(name, "text", value);
}

export function booleanField(header: Header, name: string): boolean {
  const value = header[name];
  return typeof value === "boolean" ? value : refuse(name, "true or false", value);
}

/** A whole number from 0 on, at most 2^53. */
export function countField(header: Header, name: string): number {
  const value = header[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse(name, "a whole number from 0 on", value);
}

export function listField(header: Header, name: string): readonly unknown[] {
  const value = header[name];
  return Array.isArray(value) ? (value as unknown[]) : refuse(name, "a list", value);
}

export function recordField(header: Header, name: string): Header {
  const value = header[name];
  return isHeader(value) ? value : refuse(name, "an object", value);
}

/** A list of whole numbers from 0 on. */
export function countsField(header: Header, name: string): number[] {
  return listField(header, name).map((value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : refuse(name, "a list of whole numbers", value),
  );
}

export function choiceField<T extends string>(
  header: Header,
  name: string,
  choices: readonly T[],
): T {
  const value = header[name];
  return choices.find((choice) => choice === value) ?? refuse(name, choices.join(" | "), value);
}

export function isHeader(value: unknown): value is Header {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

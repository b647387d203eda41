/** Little-endian bytes of a message to typed arrays; every disagreement is a `bad_answer`. */
import { WireError } from "./wire_error.js";

type Numbers =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

interface NumbersConstructor<T extends Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
}

/** A view of the bytes where their offset allows one, else of a copy. */
function decode<T extends Numbers>(
  type: NumbersConstructor<T>,
  view: DataView | undefined,
  count: number,
  what: string,
): T {
  if (view === undefined) {
    throw new WireError("bad_answer", `The answer has no buffer for ${what}.`);
  }
  const expected = count * type.BYTES_PER_ELEMENT;
  if (view.byteLength !== expected) {
    throw new WireError(
      "bad_answer",
      `The buffer of ${what} has ${view.byteLength} bytes; ${expected} were announced.`,
    );
  }
  const { buffer, byteOffset } = view;
  if (buffer instanceof ArrayBuffer && byteOffset % type.BYTES_PER_ELEMENT === 0) {
    return new type(buffer, byteOffset, count);
  }
  const copy = new Uint8Array(expected);
  copy.set(new Uint8Array(buffer, byteOffset, expected));
  return new type(copy.buffer, 0, count);
}

export function asUint8(view: DataView | undefined, count: number, what: string) {
  return decode<Uint8Array<ArrayBuffer>>(Uint8Array, view, count, what);
}

export function asInt8(view: DataView | undefined, count: number, what: string) {
  return decode<Int8Array<ArrayBuffer>>(Int8Array, view, count, what);
}

export function asUint16(view: DataView | undefined, count: number, what: string) {
  return decode<Uint16Array<ArrayBuffer>>(Uint16Array, view, count, what);
}

export function asUint32(view: DataView | undefined, count: number, what: string) {
  return decode<Uint32Array<ArrayBuffer>>(Uint32Array, view, count, what);
}

export function asFloat32(view: DataView | undefined, count: number, what: string) {
  return decode<Float32Array<ArrayBuffer>>(Float32Array, view, count, what);
}

export function asFloat64(view: DataView | undefined, count: number, what: string) {
  return decode<Float64Array<ArrayBuffer>>(Float64Array, view, count, what);
}

/** UTF-8 text of a whole buffer; bytes that are not UTF-8 are a `bad_answer`. */
export function textOf(view: DataView | undefined, what: string): string {
  if (view === undefined) {
    throw new WireError("bad_answer", `The answer has no buffer for ${what}.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(view);
  } catch {
    throw new WireError("bad_answer", `The buffer of ${what} is not UTF-8 text.`);
  }
}

/** Values joined by newlines, in which `\n` and `\\` stand for a newline and a backslash. */
export function dictionaryOf(view: DataView | undefined, what: string, count?: number): string[] {
  const text = textOf(view, what);
  const values = text === "" && count !== 1 ? [] : text.split("\n").map(unescaped);
  if (count !== undefined && values.length !== count) {
    throw new WireError(
      "bad_answer",
      `The dictionary of ${what} has ${values.length} values; ${count} were announced.`,
    );
  }
  return values;
}

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/gu, (_, character: string) => (character === "n" ? "\n" : character));
}

/** What can go wrong between page and kernel, as one error class with a code from a closed list. */

export const WIRE_CODES = [
  "bad_request",
  "unknown_type",
  "too_large",
  "out_of_bounds",
  "stale_rev",
  "not_found",
  "no_model",
  "cancelled",
  "device_memory",
  "bad_answer",
  "version_mismatch",
  "read_only_trait",
  "internal",
  "timeout",
  "closed",
  "no_kernel_data",
] as const;

export type WireCode = (typeof WIRE_CODES)[number];

/** The message is a sentence for people; the code is for the program. */
export class WireError extends Error {
  override readonly name = "WireError";

  constructor(
    readonly code: WireCode,
    message: string,
    readonly hint: string = "",
  ) {
    super(message);
  }
}

/** Codes this page does not know are shown as `internal`. */
export function wireCodeOf(value: unknown): WireCode {
  return WIRE_CODES.find((code) => code === value) ?? "internal";
}

/** True for requests that were given up on purpose, which no view should report. */
export function isCancelled(error: unknown): boolean {
  return error instanceof WireError && error.code === "cancelled";
}

/** Answers of the gallery's fake kernel in the form of a saved view. */
import { FakeKernel } from "../../../ui-tests/gallery/fake_kernel.js";
import { demoTracks } from "../../../ui-tests/gallery/fake_tracks.js";
import type { RecordedAnswer, RecordedPart } from "../recorded_kernel.js";

export const tracks = demoTracks({ hasAlt: true }).slice(0, 11);

function base64(view: DataView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** One request with all parts of its answer. */
export async function recordAnswer(request: Record<string, unknown>): Promise<RecordedAnswer> {
  const kernel = new FakeKernel({ tracks });
  const parts: RecordedPart[] = [];
  await new Promise<void>((resolve) => {
    kernel.answer({ v: 1, id: 0, ...request }, (header, buffers = []) => {
      parts.push({ header, buffers: buffers.map(base64) });
      if (parts.length === header["parts"]) resolve();
    });
  });
  return { request, parts };
}

export async function recordView(): Promise<RecordedAnswer[]> {
  const all = tracks.map((_, track) => track);
  return Promise.all([
    recordAnswer({ type: "hello" }),
    recordAnswer({ type: "catalog" }),
    recordAnswer({ type: "genes" }),
    recordAnswer({ type: "variants" }),
    recordAnswer({ type: "overview", mode: "ref", tracks: all }),
    recordAnswer({
      type: "tiles",
      mode: "ref",
      level: 1,
      first: 8_192,
      count: 6_144,
      tracks: all,
      encoding: "u16",
    }),
  ]);
}

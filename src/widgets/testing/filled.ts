/** A cache that holds the overviews of the gallery's tracks, in every mode. */
import { FakeKernel } from "../../../ui-tests/gallery/fake_kernel.js";
import { FakeModel } from "../../../ui-tests/gallery/fake_model.js";
import type { Catalog } from "../../core/answers.js";
import { TileCache } from "../../core/tiles.js";
import { Client } from "../../core/wire.js";
import { fewTracks } from "./mounted.js";

export async function filledCache(catalog: Catalog): Promise<TileCache> {
  const cache = new TileCache();
  const client = new Client(new FakeModel({}, new FakeKernel({ tracks: fewTracks() })));
  const all = Array.from({ length: catalog.n }, (_, track) => track);
  const changed = all.filter((track) => catalog.geometry.alt[track] === 1);
  for (const mode of ["ref", "alt", "diff", "log2FC"] as const) {
    for (const answer of await client.overview({ mode, tracks: mode === "ref" ? all : changed })) {
      cache.put(answer, catalog.geometry.nBins[answer.tracks[0] ?? 0] ?? 0);
    }
  }
  client.close();
  return cache;
}

import { describe, expect, it } from "vitest";
import { CatalogClient } from "./catalog_client.js";
import { FakeModel, utf8, viewOf } from "./testing/fake_model.js";

describe("CatalogClient", () => {
  it("greets with its names and needs no place on a genome", async () => {
    const model = new FakeModel();
    const client = new CatalogClient(model, { clientVersion: "0.1.0", host: "page" });
    const asked = client.hello();
    expect(model.last("hello")).toMatchObject({ client_version: "0.1.0", host: "page" });
    model.answer("hello", {
      kernel_version: "0.1.0",
      capabilities: {},
      revs: { catalog: 1, data: 7 },
    });
    expect((await asked).bounds).toEqual({ chrom: "", start: 0, end: 0 });
    expect(client.rev).toBe(7);
  });

  it("reads a catalog of tracks that lie nowhere", async () => {
    const model = new FakeModel();
    const client = new CatalogClient(model);
    const asked = client.catalog();
    const column = {
      field: "strand",
      label: "Strand",
      kind: "category",
      search: false,
      code: "u8",
    };
    model.answer("catalog", { n: 2, columns: [column], geometry: [] }, [
      utf8("+\n-"),
      viewOf(Uint8Array.of(1, 2)),
    ]);
    const { columns, geometry } = await asked;
    expect(columns[0]).toMatchObject({ values: ["+", "-"], codes: Uint8Array.of(1, 2) });
    expect(geometry.origin).toHaveLength(0);
    const ping = client.ping();
    model.answer("ping");
    await ping;
  });
});

/** Answers the messages of a facet panel from rows in memory, byte for byte as the Python side does. */
import {
  CATALOG_LABELS,
  CATALOG_NUMBERS,
  CATALOG_SEARCHED,
  type CatalogRow,
} from "./fake_catalog.js";
import { dictionary, view } from "./fake_kernel.js";
import type { FakeAnswerer } from "./fake_model.js";

type Header = Record<string, unknown>;

export interface PanelKernelOptions {
  readonly rows: readonly CatalogRow[];
  readonly silent?: readonly string[];
  readonly failing?: Readonly<Record<string, { code: string; message: string }>>;
}

export class FakePanelKernel implements FakeAnswerer {
  readonly counts = new Map<string, number>();
  readonly shown: Header[] = [];
  isAlive = true;

  constructor(readonly options: PanelKernelOptions) {}

  answer(content: Header, reply: (header: Header, buffers?: DataView[]) => void): void {
    const type = String(content["type"]);
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (type === "show") this.shown.push(content);
    const isQuiet = type === "show" || type === "cancel";
    if (!this.isAlive || isQuiet || this.options.silent?.includes(type)) return;
    setTimeout(() => {
      if (!this.isAlive) return;
      const id = content["id"];
      const failure = this.options.failing?.[type];
      if (failure !== undefined) {
        reply({ v: 1, id, ok: false, hint: "", ...failure });
        return;
      }
      const [header, buffers] = this.#part(type);
      reply({ v: 1, id, ok: true, type, part: 0, parts: 1, ...header }, buffers);
    }, 0);
  }

  #part(type: string): [Header, DataView[]] {
    if (type === "catalog") return catalogPart(this.options.rows);
    if (type !== "hello") return [{}, []];
    return [
      { kernel_version: "0.1.0", capabilities: { show: true }, revs: { catalog: 1, data: 1 } },
      [],
    ];
  }
}

/** Columns with at least one value: numbers as f64, everything else as dictionary and codes. */
export function catalogPart(rows: readonly CatalogRow[]): [Header, DataView[]] {
  const columns: Header[] = [];
  const buffers: DataView[] = [];
  for (const [field, label] of Object.entries(CATALOG_LABELS)) {
    const cells = rows.map((row) => row[field] ?? null);
    if (cells.every((cell) => cell === null)) continue;
    if (CATALOG_NUMBERS.has(field)) {
      columns.push({ field, label, kind: "number" });
      const numbers = Float64Array.from(cells, (cell) => (typeof cell === "number" ? cell : NaN));
      buffers.push(view(new Uint8Array(numbers.buffer)));
      continue;
    }
    const codeOf = new Map<string, number>();
    const codes = cells.map((cell) => {
      if (cell === null) return 0;
      const text = String(cell);
      const code = codeOf.get(text) ?? codeOf.size + 1;
      codeOf.set(text, code);
      return code;
    });
    const values = [...codeOf.keys()];
    const search = CATALOG_SEARCHED.has(field);
    const code = values.length < 256 ? "u8" : "u16";
    columns.push({ field, label, kind: "category", search, code });
    buffers.push(dictionary(values));
    if (search)
      buffers.push(dictionary(values.map((value) => value.normalize("NFC").toLowerCase())));
    buffers.push(view(code === "u8" ? Uint8Array.from(codes) : Uint16Array.from(codes)));
  }
  return [{ n: rows.length, columns, geometry: [] }, buffers];
}

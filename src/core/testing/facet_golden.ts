/** The golden tables of tests/wire/facets_*.json as the columns that a kernel would send. */
import randomGolden from "../../../tests/wire/facets_random.json";
import toyGolden from "../../../tests/wire/facets_toy.json";
import { foldText } from "../display_text.js";
import { FacetTable, type FacetKey, type FilterState } from "../facets.js";

type Cell = string | number | boolean | null;

export interface GoldenCase {
  readonly filters?: FilterState;
  readonly text?: string;
  readonly rows: readonly number[];
  /** Token, field, closest names. */
  readonly problems?: readonly (readonly [string, string, readonly string[]])[];
  /** Per field: value, count, total. */
  readonly counts?: Readonly<Record<string, readonly (readonly [FacetKey, number, number])[]>>;
}

interface Golden {
  readonly fields: readonly string[];
  /** Texts whose folded form is not their lower case. */
  readonly folded?: Readonly<Record<string, string>>;
  readonly catalogs: readonly {
    readonly rows: readonly (readonly Cell[])[];
    readonly cases: readonly GoldenCase[];
  }[];
}

export const GOLDEN: Readonly<Record<"toy" | "random", Golden>> = {
  toy: toyGolden as unknown as Golden,
  random: randomGolden as unknown as Golden,
};

const SEARCHED = [
  "track_name",
  "ontology_curie",
  "biosample_name",
  "assay_title",
  "histone_mark",
  "transcription_factor",
  "gtex_tissue",
];

/** One field as the wire has it: texts in first-seen order, and codes with 0 for missing. */
function categoryColumn(
  field: string,
  cells: readonly Cell[],
  folded: Readonly<Record<string, string>>,
): ConstructorParameters<typeof FacetTable>[0][number] {
  const values = [...new Set(cells.filter((cell) => cell !== null).map(String))];
  return {
    field,
    values,
    codes: Uint16Array.from(cells, (cell) =>
      cell === null ? 0 : values.indexOf(String(cell)) + 1,
    ),
    folded: SEARCHED.includes(field) ? values.map((v) => folded[v] ?? v.toLowerCase()) : null,
  };
}

/** The table of one golden catalog; fields without any value are not sent. */
export function goldenTable(name: "toy" | "random", place: number): FacetTable {
  const { fields, folded, catalogs } = GOLDEN[name];
  const rows = catalogs[place]?.rows ?? [];
  const cellsOf = (field: string): Cell[] => {
    const at = fields.indexOf(field);
    if (at >= 0) return rows.map((row) => row[at] ?? null);
    return rows.map(() => (field === "organism" ? 0 : "atac"));
  };
  const sent = [...new Set([...fields, "output_name", "organism"])].filter((field) =>
    cellsOf(field).some((cell) => cell !== null),
  );
  const isNumber = (field: string): boolean => field === "nonzero_mean";
  const shipped = folded ?? Object.fromEntries(foldedPairs(rows));
  return new FacetTable(
    sent.filter((f) => !isNumber(f)).map((f) => categoryColumn(f, cellsOf(f), shipped)),
    sent.filter(isNumber).map((field) => ({
      field,
      numbers: Float64Array.from(cellsOf(field), (cell) => (cell === null ? NaN : Number(cell))),
    })),
  );
}

function foldedPairs(rows: readonly (readonly Cell[])[]): [string, string][] {
  return rows.flat().map((cell) => [String(cell), foldText(String(cell))]);
}

/** Names of tracks on screen: display names of outputs and fields, lane titles, everything else as stored. */
import type { Catalog, CategoryColumn } from "../core/answers.js";

const OUTPUTS: Readonly<Record<string, string>> = {
  atac: "ATAC",
  cage: "CAGE",
  chip_histone: "ChIP, histones",
  chip_tf: "ChIP, factors",
  contact_maps: "Contact maps",
  dnase: "DNase",
  exon_inclusion: "Exon inclusion",
  file: "Files",
  procap: "PRO-cap",
  rna_seq: "RNA-seq",
  splice_junctions: "Splice junctions",
  splice_site_usage: "Splice site usage",
  splice_sites: "Splice sites",
};

const FIELDS: Readonly<Record<string, string>> = {
  output_name: "Output",
  assay_title: "Assay",
  biosample_name: "Tissue / cell",
  biosample_type: "Kind of sample",
  gtex_tissue: "GTEx tissue",
  transcription_factor: "Target",
  histone_mark: "Histone mark",
  strand: "Strand",
  organism: "Organism",
  data_source: "Source",
  biosample_life_stage: "Life stage",
  genetically_modified: "Modified",
  resolution: "Resolution",
  track_name: "Track",
};

/** Fields that may name a lane, the most telling first. */
const NAMING = [
  "gtex_tissue",
  "biosample_name",
  "transcription_factor",
  "histone_mark",
  "track_name",
];

export interface LaneName {
  readonly title: string;
  readonly subtitle: string;
  /** Blank and sign where the title does not say the strand, for lanes without a second line. */
  readonly strand: string;
}

export function columnOf(catalog: Catalog, field: string): CategoryColumn | null {
  for (const column of catalog.columns) {
    if (column.kind === "category" && column.field === field) return column;
  }
  return null;
}

/** Stored value of a category field, null where missing or where the field does not exist. */
export function valueOf(catalog: Catalog, field: string, row: number): string | null {
  const column = columnOf(catalog, field);
  const code = column?.codes[row] ?? 0;
  return code === 0 ? null : (column?.values[code - 1] ?? null);
}

/** Heading of a facet: from the table, else what the kernel sent, else the field name. */
export function fieldLabel(field: string, sent?: string): string {
  return FIELDS[field] ?? sent ?? field;
}

/** Fields in the order of the facet panel: the known ones first, then as sent. */
export function fieldOrder(fields: readonly string[]): string[] {
  const known = Object.keys(FIELDS).filter((field) => fields.includes(field));
  return [...known, ...fields.filter((field) => !known.includes(field))];
}

/** The kernel sends the values of a yes/no field as text. */
const YES_NO: Readonly<Record<string, string>> = { true: "yes", false: "no" };

const ORGANISMS: Readonly<Record<string, string>> = { 0: "human", 1: "mouse" };

/** A stored value for the screen; outputs, organisms, strands, yes and no have display names. */
export function valueLabel(field: string, value: string | number | boolean): string {
  if (field === "output_name" && typeof value === "string") return OUTPUTS[value] ?? value;
  if (field === "strand") return strandLabel(String(value));
  if (field === "organism") return ORGANISMS[String(value)] ?? String(value);
  if (typeof value === "boolean" || field === "genetically_modified") {
    return YES_NO[String(value)] ?? String(value);
  }
  return String(value);
}

function strandLabel(strand: string): string {
  if (strand === "-") return "\u2212";
  return strand === "." ? "unstranded" : strand;
}

/** Number of different values a field has among `rows`, counted up to 2. */
function varies(column: CategoryColumn, rows: readonly number[]): boolean {
  const first = rows[0];
  if (first === undefined) return false;
  return rows.some((row) => column.codes[row] !== column.codes[first]);
}

/** The assay when all rows have the same one, else an empty text. */
export function sharedAssay(catalog: Catalog, rows: readonly number[]): string {
  const column = columnOf(catalog, "assay_title");
  if (column === null || varies(column, rows)) return "";
  return valueOf(catalog, "assay_title", rows[0] ?? 0) ?? "";
}

function textOf(name: LaneName): string {
  return `${name.title}\u0001${name.subtitle}`;
}

function repeatedNames(names: readonly LaneName[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const text of names.map(textOf)) (seen.has(text) ? repeated : seen).add(text);
  return repeated;
}

/**
 * A naming rule for one group of lanes: the title field varies inside the group when one does.
 * Lanes that would read the same have their track name at the start of the second line.
 */
export function laneNamer(
  catalog: Catalog,
  groupRows: readonly number[],
): (row: number) => LaneName {
  const columns = NAMING.map((field) => columnOf(catalog, field)).filter((c) => c !== null);
  const telling = columns.filter((column) => varies(column, groupRows));
  const order = [...telling, ...columns];
  const assay = sharedAssay(catalog, groupRows);
  const plain = (row: number): LaneName => {
    const titled = order.find((column) => (column.codes[row] ?? 0) !== 0);
    const title = titled?.values[(titled.codes[row] ?? 1) - 1] ?? `track ${row + 1}`;
    const strand = valueOf(catalog, "strand", row) ?? "";
    const saysStrand = /^[+-]$/.test(strand) && !title.endsWith(strand);
    const parts = [
      saysStrand ? `${strandLabel(strand)} strand` : null,
      assay === "" ? valueOf(catalog, "assay_title", row) : null,
    ];
    return {
      title,
      subtitle: parts.filter((part) => part !== null).join(", "),
      strand: saysStrand ? ` ${strandLabel(strand)}` : "",
    };
  };
  // Counted at the first name: a folded group needs none.
  let repeated: ReadonlySet<string> | null = null;
  return (row) => {
    const name = plain(row);
    repeated ??= repeatedNames(groupRows.map(plain));
    const id = repeated.has(textOf(name)) ? valueOf(catalog, "track_name", row) : null;
    if (id === null || id === name.title) return name;
    return { ...name, subtitle: name.subtitle === "" ? id : `${id}, ${name.subtitle}` };
  };
}

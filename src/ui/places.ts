/** Find what a person typed into the place box: a range, a gene, a variant id, or the chromosome. */
import type { GeneTable, VariantMarks } from "../core/annotation_answers.js";
import type { Bounds, Region } from "../core/coords.js";
import { formatLocus, formatPosition, parseLocus, sameChrom } from "../core/coords.js";
import { foldText } from "../core/display_text.js";

export interface PlaceSource {
  readonly bounds: Bounds;
  readonly genes: GeneTable | null;
  readonly variants: VariantMarks | null;
}

export interface Suggestion {
  readonly kind: "gene" | "variant";
  readonly name: string;
  readonly detail: string;
  /** Row in the gene or variant table. */
  readonly index: number;
}

export type Found =
  | { readonly kind: "region"; readonly region: Region }
  | { readonly kind: "gene"; readonly region: Region }
  | { readonly kind: "variant"; readonly index: number }
  | { readonly kind: "outside"; readonly region: Region }
  | { readonly kind: "unknown" };

const MOST_SUGGESTIONS = 8;
const GENE_MARGIN = 0.1;

/** Exact place for a text; names are compared without regard to case. */
export function findPlace(text: string, source: PlaceSource): Found {
  const wanted = text.trim();
  const { bounds } = source;
  if (wanted === "") return { kind: "unknown" };
  if (sameChrom(wanted, bounds.chrom)) return { kind: "region", region: bounds };
  const range = parseLocus(wanted, bounds.chrom);
  if (range !== null) {
    const isInside =
      sameChrom(range.chrom, bounds.chrom) && range.end > bounds.start && range.start < bounds.end;
    return { kind: isInside ? "region" : "outside", region: range };
  }
  const folded = foldText(wanted);
  const variant = indexOfName(source.variants?.ids, folded);
  if (variant >= 0) return { kind: "variant", index: variant };
  const gene = indexOfName(source.genes?.names, folded);
  if (gene >= 0 && source.genes !== null) {
    return { kind: "gene", region: geneRegion(source.genes, gene, bounds) };
  }
  return { kind: "unknown" };
}

function indexOfName(names: readonly string[] | undefined, folded: string): number {
  return names?.findIndex((name) => name !== "" && foldText(name) === folded) ?? -1;
}

/** A gene with a tenth of its length at both sides. */
export function geneRegion(genes: GeneTable, index: number, bounds: Bounds): Region {
  const start = genes.start[index] ?? bounds.start;
  const end = genes.end[index] ?? bounds.end;
  const margin = Math.round((end - start) * GENE_MARGIN);
  return { chrom: bounds.chrom, start: start - margin, end: end + margin };
}

/** At most 8 genes and variants whose name holds the text; names that start with it come first. */
export function suggestPlaces(text: string, source: PlaceSource): Suggestion[] {
  const folded = foldText(text.trim());
  if (folded === "" || /^(chr)?[\d,:\-\s]+$/.test(folded)) return [];
  const found: (Suggestion & { rank: number })[] = [];
  const add = (
    kind: "gene" | "variant",
    names: readonly string[],
    detail: (index: number) => string,
  ): void => {
    for (const [index, name] of names.entries()) {
      const at = name === "" ? -1 : foldText(name).indexOf(folded);
      if (at >= 0) found.push({ kind, name, index, detail: detail(index), rank: at === 0 ? 0 : 1 });
    }
  };
  const { genes, variants, bounds } = source;
  if (genes !== null) {
    add("gene", genes.names, (i) =>
      formatLocus({ chrom: bounds.chrom, start: genes.start[i] ?? 0, end: genes.end[i] ?? 0 }),
    );
  }
  if (variants !== null) {
    add("variant", variants.ids, (i) => formatPosition(bounds.chrom, variants.start[i] ?? 0));
  }
  found.sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return found.slice(0, MOST_SUGGESTIONS);
}

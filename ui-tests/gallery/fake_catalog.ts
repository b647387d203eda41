/** A large catalog of published tracks: real names, invented frequencies, the same every time. */
import { random } from "./fake_tracks.js";

export type Cell = string | number | null;
export type CatalogRow = Readonly<Record<string, Cell>>;

export const CATALOG_LABELS: Readonly<Record<string, string>> = {
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
  ontology_curie: "Ontology term",
  endedness: "Endedness",
  nonzero_mean: "Mean of non-zero values",
};
export const CATALOG_NUMBERS = new Set(["organism", "resolution", "nonzero_mean"]);
export const CATALOG_SEARCHED = new Set(
  "track_name ontology_curie biosample_name assay_title histone_mark transcription_factor gtex_tissue".split(
    " ",
  ),
);

/** Output, its assays, share of the catalog in parts of 5,563, bases per bin, whether it has strands. */
const OUTPUTS: readonly (readonly [string, readonly string[], number, number, boolean])[] = [
  ["chip_tf", ["TF ChIP-seq"], 1_617, 128, false],
  ["chip_histone", ["Histone ChIP-seq"], 1_116, 128, false],
  ["splice_site_usage", ["total RNA-seq", "polyA plus RNA-seq"], 734, 1, true],
  ["rna_seq", ["total RNA-seq", "polyA plus RNA-seq"], 667, 1, true],
  ["cage", ["hCAGE", "LQhCAGE"], 546, 1, true],
  ["splice_junctions", ["polyA plus RNA-seq", "total RNA-seq"], 367, 1, false],
  ["dnase", ["DNase-seq"], 305, 1, false],
  ["atac", ["ATAC-seq"], 167, 1, false],
  ["contact_maps", ["in situ Hi-C", "Micro-C", "Dilution Hi-C"], 28, 2_048, false],
  ["procap", ["PRO-cap"], 12, 1, true],
  ["splice_sites", [], 4, 1, true],
];
const MARKS = (
  "H3K4me3 H3K27ac H3K4me1 H3K36me3 H3K27me3 H3K9me3 H3K9ac H3K4me2 H3K79me2 H2AFZ H4K20me1 " +
  "H3F3A H3K18ac H2BK12ac H4K8ac H3K4ac H2BK5ac H3K14ac H2AK5ac H3K23ac H2BK120ac H4K91ac " +
  "H3K79me1 H2BK15ac H2BK20ac H3K9me2 H3K9me1 H3K23me2 H4K5ac"
).split(" ");
const FACTORS = (
  "CTCF POLR2A POLR2AphosphoS5 REST MAX RAD21 EP300 TAF1 JUND CEBPB EGR1 GABPA MAZ SIN3A YY1 USF1 " +
  "ELF1 NRF1 SRF GATA1 TAL1 SP1 FOXA1 FOXA2 HNF4A TCF12 TEAD4 MYC ATF3 BHLHE40"
).split(" ");
const SAMPLES: readonly (readonly [string, string])[] = [
  ["K562", "cell_line"],
  ["HepG2", "cell_line"],
  ["GM12878", "cell_line"],
  ["HEK293", "cell_line"],
  ["A549", "cell_line"],
  ["MCF-7", "cell_line"],
  ["H1", "cell_line"],
  ["HCT116", "cell_line"],
  ["B cell", "primary_cell"],
  ["mammary epithelial cell", "primary_cell"],
  ["skeletal muscle myoblast", "primary_cell"],
  ["CD8-positive, alpha-beta T cell", "primary_cell"],
  ["natural killer cell", "primary_cell"],
  ["smooth muscle cell of the coronary artery", "primary_cell"],
  ["endothelial cell of umbilical vein", "primary_cell"],
  ["neural progenitor cell", "in_vitro_differentiated_cells"],
  ["cardiac muscle cell", "in_vitro_differentiated_cells"],
  ["brain organoid", "organoid"],
  ["kidney", "tissue"],
  ["liver", "tissue"],
  ["spleen", "tissue"],
  ["stomach", "tissue"],
  ["adrenal gland", "tissue"],
  ["ovary", "tissue"],
  ["sigmoid colon", "tissue"],
  ["heart left ventricle", "tissue"],
  ["pancreas", "tissue"],
  ["psoas muscle", "tissue"],
  ["muscle of leg", "tissue"],
  ["gastrocnemius medialis", "tissue"],
  ["dorsolateral prefrontal cortex", "tissue"],
];
const STAGES = ["adult", "embryonic", "child", "unknown", "newborn", "adult,child"];
const GTEX = (
  "Adipose_Subcutaneous Adipose_Visceral_Omentum Adrenal_Gland Artery_Aorta Artery_Coronary " +
  "Artery_Tibial Bladder Brain_Amygdala Brain_Cerebellum Brain_Cortex Brain_Hippocampus Colon_Sigmoid " +
  "Heart_Left_Ventricle Kidney_Cortex Liver Lung Muscle_Skeletal Nerve_Tibial Ovary Pancreas " +
  "Pituitary Prostate Spleen Stomach Testis Thyroid Uterus Vagina Whole_Blood"
).split(" ");
const ALL_FACTORS = [
  ...FACTORS,
  ...Array.from({ length: 721 }, (_, i) => `ZNF${String(i + 10).padStart(3, "0")}`),
];
const ALL_SAMPLES = [
  ...SAMPLES,
  ...Array.from({ length: 684 }, (_, i): readonly [string, string] => [
    `donor cell ${String(i + 1).padStart(3, "0")}`,
    i % 3 === 0 ? "tissue" : "primary_cell",
  ]),
];

/** Early items come up far more often than late ones. */
function often<Item>(items: readonly Item[], next: () => number, power = 3): Item {
  return items[Math.floor(next() ** power * items.length)] as Item;
}

/** `n` tracks in catalog order; 5,563 is the size of the published human catalog. */
export function fakeCatalog(n = 5_563): CatalogRow[] {
  const next = random(20);
  return OUTPUTS.flatMap(([output, assays, share, resolution, hasStrand], o) => {
    const count = Math.max(2, Math.round((share * n) / 5_563));
    return Array.from({ length: count }, (_, i): CatalogRow => {
      const isBare = output === "splice_sites";
      const isGtex = output === "rna_seq" && i % 3 === 0;
      const [sample, kind] = often(ALL_SAMPLES, next);
      const assay = isBare ? null : often(assays, next, 1.5);
      const strand = hasStrand ? (i % 2 === 0 ? "+" : "-") : ".";
      return {
        output_name: output,
        assay_title: assay,
        biosample_name: isBare ? null : sample,
        biosample_type: isBare ? null : kind,
        gtex_tissue: isGtex ? often(GTEX, next, 1) : null,
        transcription_factor: output === "chip_tf" ? often(ALL_FACTORS, next) : null,
        histone_mark: output === "chip_histone" ? often(MARKS, next, 2.2) : null,
        strand,
        organism: 0,
        data_source: isBare ? null : isGtex ? "gtex" : output === "cage" ? "fantom" : "encode",
        biosample_life_stage: isBare || next() < 0.1 ? null : often(STAGES, next, 2),
        genetically_modified: output === "chip_tf" && next() < 0.4 ? "yes" : isBare ? null : "no",
        resolution,
        track_name: `${o + 1}.${i} ${sample} ${assay ?? output}`,
        ontology_curie: isBare
          ? null
          : `UBERON:${String(1_000 + ((sample.length * 7919) % 9_000))}`,
        endedness: next() < 0.3 ? null : next() < 0.6 ? "single" : "paired",
        nonzero_mean:
          isBare || next() < 0.27
            ? null
            : Number((10 ** (2.4 * (next() + next() - 0.6))).toPrecision(4)),
      };
    });
  });
}

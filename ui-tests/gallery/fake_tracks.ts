/** Deterministic tracks that look like the demo bundle around TMC2 (invented values, real names). */

export interface FakeTrack {
  readonly fields: Readonly<Record<string, string | null>>;
  readonly bin: number;
  readonly mark: "signal" | "stems";
  readonly isMeasured: boolean;
  readonly isSigned: boolean;
  readonly ref: Float32Array;
  readonly alt: Float32Array | null;
}

export const CHROM = "20";
export const BOUNDS = { chrom: CHROM, start: 2_530_000, end: 2_630_000 };
export const VARIANT_AT = 2_577_795;
/** Exons of the drawn gene, 0-based half-open. */
export const EXONS: readonly (readonly [number, number])[] = [
  [2_571_540, 2_571_690],
  [2_574_820, 2_574_930],
  [2_577_796, 2_577_924],
  [2_580_400, 2_580_520],
  [2_582_700, 2_582_812],
  [2_585_900, 2_586_060],
  [2_588_600, 2_588_760],
];

export const TISSUES = (
  "Adipose_Subcutaneous Adipose_Visceral Adrenal_Gland Artery_Aorta Artery_Coronary Artery_Tibial " +
  "Bladder Brain_Amygdala Brain_Anterior_cingulate_cortex Brain_Caudate Brain_Cerebellum " +
  "Brain_Cortex Brain_Frontal_Cortex_BA9 Brain_Hippocampus Brain_Hypothalamus " +
  "Brain_Spinal_cord_cervical_c-1 Brain_Substantia_nigra Breast_Mammary_Tissue Colon_Sigmoid " +
  "Heart_Left_Ventricle Kidney_Cortex Liver Lung Muscle_Skeletal Nerve_Tibial Ovary Pancreas " +
  "Pituitary Prostate Spleen Stomach Testis Thyroid Uterus Vagina Whole_Blood"
).split(" ");

const N = BOUNDS.end - BOUNDS.start;

/** The usual small generator: same seed, same numbers, everywhere. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function fields(values: Record<string, string | null>): Record<string, string | null> {
  return {
    output_name: null,
    assay_title: null,
    biosample_name: null,
    gtex_tissue: null,
    strand: null,
    data_source: null,
    resolution: "1 bp",
    track_name: null,
    ...values,
  };
}

function spliceTracks(hasAlt: boolean): FakeTrack[] {
  return ["acceptor", "donor"].flatMap((kind, k) =>
    ["+", "-"].map((strand): FakeTrack => {
      const next = random(11 + k + (strand === "-" ? 7 : 0));
      const ref = new Float32Array(N).map(() => next() ** 9 * 0.004);
      if (strand === "+") {
        for (const [start, end] of EXONS) {
          ref[(kind === "acceptor" ? start : end - 1) - BOUNDS.start] = 0.94 + 0.059 * next();
        }
      }
      const alt = ref.slice();
      if (strand === "+") {
        const lost = (kind === "acceptor" ? 2_577_796 : 2_577_923) - BOUNDS.start;
        alt[lost] = kind === "acceptor" ? 0.002 : 0.31;
        if (kind === "acceptor") alt[2_577_817 - BOUNDS.start] = 0.118;
      }
      return {
        fields: fields({
          output_name: "splice_sites",
          assay_title: "splice site probability",
          strand,
          data_source: "CI-SpliceAI",
          track_name: `${kind}:${strand}`,
        }),
        bin: 1,
        mark: "stems",
        isMeasured: false,
        isSigned: false,
        ref,
        alt: hasAlt ? alt : null,
      };
    }),
  );
}

function inclusionTracks(): FakeTrack[] {
  return TISSUES.flatMap((tissue, k) =>
    ["+", "-"].map((strand): FakeTrack => {
      const next = random(200 + 2 * k + (strand === "-" ? 1 : 0));
      const level = 0.25 + 0.7 * next();
      const ref = new Float32Array(N).fill(NaN);
      for (const [start, end] of strand === "+" ? EXONS : EXONS.slice(4)) {
        const value = Math.min(1, level * (0.8 + 0.3 * next()));
        const shift = strand === "+" ? 0 : 900;
        ref.fill(value, start + shift - BOUNDS.start, end + shift - BOUNDS.start);
      }
      return {
        fields: fields({
          output_name: "exon_inclusion",
          assay_title: "exon inclusion (PSI)",
          biosample_name: tissue.replaceAll("_", " ").toLowerCase(),
          gtex_tissue: tissue,
          strand,
          data_source: "GTEx",
          track_name: `${tissue}:${strand}`,
        }),
        bin: 1,
        mark: "signal",
        isMeasured: true,
        isSigned: false,
        ref,
        alt: null,
      };
    }),
  );
}

function bumps(seed: number, n: number, tallest: number): Float32Array {
  const next = random(seed);
  const signal = new Float32Array(N).map(() => 0.06 + 0.05 * next());
  for (let j = 0; j < n; j += 1) {
    const middle = Math.floor(next() * N);
    const width = 60 + 160 * next();
    const height = tallest * next() ** 2.6;
    const from = Math.max(0, Math.floor(middle - 4 * width));
    const to = Math.min(N, Math.ceil(middle + 4 * width));
    for (let i = from; i < to; i += 1) {
      signal[i] =
        (signal[i] ?? 0) +
        height * Math.exp(-0.5 * ((i - middle) / width) ** 2) * (0.86 + 0.28 * next());
    }
  }
  return signal;
}

function accessibilityTracks(): FakeTrack[] {
  const dnase = bumps(7, 90, 7);
  dnase.fill(NaN, 2_589_300 - BOUNDS.start, 2_591_000 - BOUNDS.start);
  const shared = { bin: 1, mark: "signal", isMeasured: true, alt: null } as const;
  const peaks = ["Mono", "CD4", "CD8", "NK", "B", "Ery"].map((cell, k): FakeTrack => {
    const next = random(900 + k);
    const ref = new Float32Array(N).fill(NaN);
    for (let j = 0; j < 60; j += 1) {
      const at = Math.floor(((j + 0.5) * N) / 60);
      ref.fill(4 * (next() - 0.5), at, at + 200);
    }
    return {
      ...shared,
      fields: fields({
        output_name: "atac",
        assay_title: "ATAC-seq",
        biosample_name: cell,
        data_source: "gimmemotifs",
        track_name: cell,
      }),
      isSigned: true,
      ref,
    };
  });
  return [
    {
      ...shared,
      fields: fields({
        output_name: "dnase",
        assay_title: "DNase-seq",
        biosample_name: "K562",
        data_source: "ENCODE",
        track_name: "K562 DNase",
      }),
      isSigned: false,
      ref: dnase,
    },
    ...peaks,
  ];
}

/** Splice predictions, GTEx exon inclusion, DNase and blood ATAC. */
export function demoTracks(options: { readonly hasAlt: boolean }): FakeTrack[] {
  return [...spliceTracks(options.hasAlt), ...accessibilityTracks(), ...inclusionTracks()];
}

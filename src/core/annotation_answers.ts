/** Typed answers about what lies on the genome: `genes`, `variants`, `sequence`. */
import { onlyPart } from "./answers.js";
import { asFloat32, asInt8, asUint32, asUint8, dictionaryOf, textOf } from "./buffers.js";
import { booleanField, countField } from "./fields.js";
import type { KnownBases, Span } from "./known_bases.js";
import type { Part } from "./pending.js";
import { WireError } from "./wire_error.js";

/** Columns of all genes inside the bounds; the exons of gene i are exonOffsets[i] to [i + 1]. */
export interface GeneTable {
  readonly n: number;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly strand: Int8Array;
  /** 1 coding, 0 not, 2 unknown. */
  readonly isCoding: Uint8Array;
  readonly exonOffsets: Uint32Array;
  readonly exonStart: Uint32Array;
  readonly exonEnd: Uint32Array;
  readonly cdsStart: Uint32Array;
  readonly cdsEnd: Uint32Array;
  readonly names: readonly string[];
}

export const VARIANT_KINDS = ["snv", "mnv", "insertion", "deletion", "delins"] as const;

export type VariantKind = (typeof VARIANT_KINDS)[number];

/** Columns of all variants inside the bounds, 0-based half-open on the reference. */
export interface VariantMarks {
  readonly n: number;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** Index into VARIANT_KINDS. */
  readonly kind: Uint8Array;
  /** NaN where a variant has none; null when nothing was scored. */
  readonly score: Float32Array | null;
  readonly scoreName: string;
  readonly ids: readonly string[];
  /** `G>A` and the like. */
  readonly changes: readonly string[];
}

export function decodeGenes(parts: readonly Part[]): GeneTable {
  const { header, buffers } = onlyPart(parts, "genes");
  const n = countField(header, "n");
  const nExons = countField(header, "n_exons");
  const exonOffsets = asUint32(buffers[4], n + 1, "exon_offsets");
  for (let i = 0; i < n; i += 1) {
    if ((exonOffsets[i] as number) > (exonOffsets[i + 1] as number)) {
      throw new WireError("bad_answer", `The exons of gene ${i} end before they begin.`);
    }
  }
  if (exonOffsets[0] !== 0 || exonOffsets[n] !== nExons) {
    throw new WireError("bad_answer", `The exon offsets do not span ${nExons} exons.`);
  }
  return {
    n,
    start: asUint32(buffers[0], n, "start"),
    end: asUint32(buffers[1], n, "end"),
    strand: asInt8(buffers[2], n, "strand"),
    isCoding: asUint8(buffers[3], n, "is_coding"),
    exonOffsets,
    exonStart: asUint32(buffers[5], nExons, "exon_start"),
    exonEnd: asUint32(buffers[6], nExons, "exon_end"),
    cdsStart: asUint32(buffers[7], n, "cds_start"),
    cdsEnd: asUint32(buffers[8], n, "cds_end"),
    names: dictionaryOf(buffers[9], "names", n),
  };
}

export function decodeVariants(parts: readonly Part[]): VariantMarks {
  const { header, buffers } = onlyPart(parts, "variants");
  const n = countField(header, "n");
  const kind = asUint8(buffers[2], n, "kind");
  const unknown = kind.find((code) => code >= VARIANT_KINDS.length);
  if (unknown !== undefined) {
    throw new WireError("bad_answer", `The variants have the unknown kind ${unknown}.`);
  }
  const score = asFloat32(buffers[3], n, "score");
  const { score_name: scoreName } = header;
  return {
    n,
    start: asUint32(buffers[0], n, "start"),
    end: asUint32(buffers[1], n, "end"),
    kind,
    score: booleanField(header, "has_score") ? score : null,
    scoreName: typeof scoreName === "string" ? scoreName : "",
    ids: dictionaryOf(buffers[4], "ids", n),
    changes: dictionaryOf(buffers[5], "changes", n),
  };
}

/** Bases inside the asked stretch; a saved view may hold less than was asked for. */
export function decodeSequence(parts: readonly Part[], asked: Span): KnownBases {
  const { header, buffers } = onlyPart(parts, "sequence");
  const start = countField(header, "start");
  const end = countField(header, "end");
  const text = textOf(buffers[0], "the bases");
  if (text.length !== end - start || start < asked.start || end > asked.end) {
    throw new WireError(
      "bad_answer",
      `The kernel sent ${text.length} bases for ${start}-${end}; ` +
        `${asked.start}-${asked.end} was asked for.`,
    );
  }
  return { start, text };
}

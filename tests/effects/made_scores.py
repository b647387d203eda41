"""Results made of random numbers, without a model, for tests of files and tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from locuscope.effects.results.score_tables import WINDOW_SCHEMA
from locuscope.effects.variant_scores import VariantScores
from locuscope.genome.variant_table import VariantTable
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

NAMES = ("liver", "liver", "lung|left", 'a "b" %20', "é=;,x")
STATUSES = ("ok", "ok", "ok", "ref_mismatch", "nonfinite", "off_edge")


def tracks(n: int) -> TrackTable:
    return TrackTable.from_tracks(
        [
            TrackMetadata(
                k,
                "atac",
                0,
                NAMES[k % len(NAMES)] if k < len(NAMES) else f"t{k}",
                {"strand": "+-."[k % 3], "nonzero_mean": k / 2},
            )
            for k in range(n)
        ]
    )


def made(
    n: int = 12,
    *,
    n_tracks: int = 3,
    seed: int = 0,
    has_parts: bool = True,
    has_spread: bool = True,
    statuses: tuple[str, ...] = STATUSES,
) -> VariantScores:
    """n alleles on two contigs, two tracks' scores, one of parts; unscored rows are NaN."""
    rng = np.random.default_rng(seed)
    status = rng.choice(statuses, n)
    pos = np.sort(rng.integers(100, 10_000, n))
    contig = np.sort(rng.choice(["1", "2"], n))
    table = pl.DataFrame(
        {
            "line": np.arange(n) + 4,
            "record": np.arange(n),
            "alt_index": np.ones(n, np.int32),
            "n_alts": np.ones(n, np.int32),
            "chrom": contig,
            "pos": pos,
            "id": [f"rs{k}" if k % 3 else "." for k in range(n)],
            "ref": rng.choice(["A", "C"], n),
            "alt": rng.choice(["G", "T", "GTT"], n),
            "status": status,
            "reason": [None if word == "ok" else f"line {k}: odd" for k, word in enumerate(status)],
        }
    )
    schema = VariantTable.concat([]).table.schema
    table = table.select(pl.col(name).cast(kind) for name, kind in schema.items())
    bits = rng.integers(0, 2, n).astype(np.uint16) * np.uint16(1 << 2)  # padded
    is_scored = np.isin(status, ["ok", "nonfinite"])
    scored = [None if not good else int(p) for good, p in zip(is_scored, pos, strict=True)]
    windows = pl.DataFrame(
        {
            "norm_pos": scored,
            "norm_ref": [
                None if p is None else r for p, r in zip(scored, table["ref"], strict=True)
            ],
            "norm_alt": [
                None if p is None else a for p, a in zip(scored, table["alt"], strict=True)
            ],
            "window_start": [None if p is None else p - 20 for p in scored],
            "window_end": [None if p is None else p + 20 for p in scored],
            "n_padded": [None if p is None else 0 for p in scored],
            "window_index": [0] * n,
        },
        schema=dict(WINDOW_SCHEMA),
    )

    def matrix(width: int, scale: float = 1.0):
        values = (rng.normal(size=(n, width)) * scale).astype(np.float32)
        values[status == "nonfinite", : width // 2 + 1] = np.nan
        values[status == "nonfinite", -1:] = np.inf
        values[~is_scored] = np.nan
        return values

    scores = {"diff": matrix(n_tracks), "SAX": matrix(n_tracks, 50.0)}
    parts: dict[str, pl.DataFrame] = {}
    own: dict[str, tuple[str, ...]] = {}
    if has_parts:
        own = {"genes": ("gain", "far")}
        scores["genes"], parts["genes"] = _parts(rng, is_scored)
    spread = {"diff": np.abs(matrix(n_tracks))} if has_spread else {}
    return VariantScores(
        variants=VariantTable(table, bits),
        scores=scores,
        tracks=tracks(n_tracks),
        parts=parts,
        windows=windows,
        own_columns=own,
        provenance={"model": "toy net", "rc": False, "window_bp": 40, "scores": {"diff": {}}},
        spread=spread,
    )


def _parts(rng, is_scored):
    """Zero to two parts per scored allele; the row holds the value of largest magnitude."""
    rows = [
        {"row": row, "gene": f"g{k}", "n_exons": k, "gain": float(gain), "far": float(far)}
        for row in np.flatnonzero(is_scored).tolist()
        for k, (gain, far) in enumerate(rng.normal(size=(row % 3, 2)))
    ]
    schema = {"row": pl.Int64, "gene": pl.String, "n_exons": pl.Int64}
    if not rows:  # as scoring makes it: without a part there is no label either
        schema = {"row": pl.Int64}
    table = pl.DataFrame(rows, schema=schema | {"gain": pl.Float32, "far": pl.Float32})
    values = np.full((len(is_scored), 2), np.nan, np.float32)
    for row, gain, far in table.select("row", "gain", "far").iter_rows():
        for column, value in enumerate((gain, far)):
            old = values[row, column]
            if np.isnan(old) or abs(value) > abs(old):
                values[row, column] = value
    return values, table


def same(left: VariantScores, right: VariantScores) -> bool:
    """Equal in everything but how missing columns of empty parts are spelt."""
    return (
        left.to_polars().equals(right.to_polars())
        and left.tracks == right.tracks
        and dict(left.own_columns) == dict(right.own_columns)
        and list(left.scores) == list(right.scores)
        and list(left.spread) == list(right.spread)
        and dict(left.provenance) == dict(right.provenance)
        and all(left.parts[name].equals(right.parts[name]) for name in left.parts)
        and list(left.parts) == list(right.parts)
    )


def cut(scores: VariantScores, size: int) -> list[VariantScores]:
    """Pieces of at most `size` rows, with parts tables as scoring makes them."""
    pieces = [scores[first : first + size] for first in range(0, max(len(scores), 1), size)]
    return [_bare(piece) for piece in pieces]


def _bare(piece: VariantScores) -> VariantScores:
    from dataclasses import replace

    parts = {
        name: table if len(table) else table.select("row", "gain", "far")
        for name, table in piece.parts.items()
    }
    return replace(piece, parts=parts)


def vcf_of(scores: VariantScores, path: Path) -> Path:
    """A VCF whose records are the rows, with columns that scoring does not read."""
    lines = ["##fileformat=VCFv4.3", '##INFO=<ID=DP,Number=1,Type=Integer,Description="d">']
    lines += ["##contig=<ID=1>", "##contig=<ID=2>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="g">']
    lines += ["#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1"]
    cells = scores.variants.table.select("chrom", "pos", "id", "ref", "alt").iter_rows()
    for k, (chrom, pos, name, ref, alt) in enumerate(cells):
        info = "." if k % 4 == 0 else f"DP={k}"
        lines.append(f"{chrom}\t{pos}\t{name}\t{ref}\t{alt}\t{k}.5\tPASS\t{info}\tGT\t0|1")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path

"""`locuscope hits annotate`: which known motifs the motifs of a dictionary look like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.hits_tables import write_tsv

if TYPE_CHECKING:
    import argparse

    from locuscope.motifs.motif_set import MotifSet

TOP = 3
LEAST = 0.8


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "annotate",
        help="label motifs by known ones that look alike",
        description="Write a table of motifs with labels: the known motifs that look most alike, "
        "best first, parted by commas.",
    )
    parser.add_argument(
        "-m",
        "--motifs",
        required=True,
        metavar="MOTIFS",
        help="TF-MoDISco HDF5, MEME, JASPAR, or a folder of hits",
    )
    parser.add_argument(
        "-k", "--known", required=True, metavar="KNOWN", help="the known motifs, as files of -m"
    )
    parser.add_argument(
        "-o", "--out-path", dest="out", required=True, metavar="OUT.tsv", help="table to write"
    )
    parser.add_argument(
        "--top", type=int, default=TOP, metavar="N", help=f"labels of a motif (default: {TOP})"
    )
    parser.add_argument(
        "--min-similarity",
        type=float,
        default=LEAST,
        metavar="X",
        help=f"least correlation of a label (default: {LEAST})",
    )
    parser.set_defaults(run_verb=run)


def run(args: argparse.Namespace) -> int:
    """Compare and write."""
    import polars as pl

    from locuscope.store import check_target

    check_target(args.out)
    motifs = _motifs(args.motifs)
    found = motifs.annotate(_motifs(args.known), top=args.top, min_similarity=args.min_similarity)
    table = pl.DataFrame(
        {
            "motif_name": [motif.name for motif in found],
            "motif_name_orig": [motif.original_name for motif in found],
            "annotation": [",".join(motif.annotation) for motif in found],
        }
    )
    write_tsv(table, args.out)
    labelled = sum(bool(motif.annotation) for motif in found)
    print(f"{args.out}: {labelled:,} of {len(found):,} motifs are labelled")
    return 0


def _motifs(text: str) -> MotifSet:
    """Every motif once."""
    if Path(text).is_dir():
        from locuscope.motifs.hits import Hits

        return Hits.open(text).motifs.forward()
    from locuscope.motifs.formats import read_motifs

    return read_motifs(text, reverse_complements=False)

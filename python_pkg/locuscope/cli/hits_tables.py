"""`locuscope hits collapse-hits` and `intersect-hits`: tables of hits from tables of hits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    import polars as pl

OVERLAP = 0.2


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    parser = verbs.add_parser(
        "collapse-hits",
        help="mark the best of hits that overlap",
        description="Write the table of hits with the column is_primary: 1 for the best of hits "
        "that overlap, else 0.",
    )
    parser.add_argument("-i", "--hits", required=True, metavar="HITS", help=_HITS_HELP)
    _add_out(parser)
    parser.add_argument(
        "-O",
        "--overlap-frac",
        type=float,
        default=OVERLAP,
        metavar="X",
        help="hits overlap when they share this part of their mean length (default: 0.2)",
    )
    parser.add_argument(
        "--mode",
        choices=("greedy", "finemo"),
        default="greedy",
        help="greedy accepts hits by falling similarity (default); finemo is the published rule",
    )
    parser.set_defaults(run_verb=run_collapse)
    parser = verbs.add_parser(
        "intersect-hits",
        help="keep the hits that several runs agree on",
        description="Write the hits that are in every table, in the order of the first; columns "
        "of later tables end with _1, _2, ...",
    )
    parser.add_argument("-i", "--hits", required=True, nargs="+", metavar="HITS", help=_HITS_HELP)
    _add_out(parser)
    parser.add_argument(
        "-r",
        "--relaxed",
        action="store_true",
        help="compare contig, untrimmed window, motif and strand only",
    )
    parser.set_defaults(run_verb=run_intersect)


_HITS_HELP = "hits.tsv or hits_unique.tsv, or the folder of the first"


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out-path", dest="out", required=True, metavar="OUT.tsv", help="table to write"
    )


def run_collapse(args: argparse.Namespace) -> int:
    """Mark and write."""
    from locuscope.motifs.collapse import collapse_hits
    from locuscope.store import check_target

    check_target(args.out)
    table = collapse_hits(table_path(args.hits), overlap=args.overlap_frac, mode=args.mode)
    write_tsv(table, args.out)
    print(f"{args.out}: {int(table['is_primary'].sum()):,} of {len(table):,} hits are primary")
    return 0


def run_intersect(args: argparse.Namespace) -> int:
    """Join and write."""
    from locuscope.motifs.intersect import intersect_hits
    from locuscope.store import check_target

    check_target(args.out)
    table = intersect_hits([table_path(text) for text in args.hits], relaxed=args.relaxed)
    write_tsv(table, args.out)
    tables = "1 table" if len(args.hits) == 1 else f"all {len(args.hits):,} tables"
    print(f"{args.out}: {len(table):,} hits of {tables}")
    return 0


def table_path(text: str) -> Path:
    """The table of a folder of hits, or the path itself."""
    place = Path(text)
    return place / "hits.tsv" if place.is_dir() else place


def write_tsv(table: pl.DataFrame, out: str) -> None:
    """Write a table, whole or not at all; what is missing is an empty cell."""
    from locuscope.store import publish

    publish(out, lambda path: table.write_csv(path, separator="\t", quote_style="never"))

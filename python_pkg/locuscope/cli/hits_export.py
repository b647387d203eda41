"""`locuscope hits export`: hits as BED or bigWig."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.inputs import open_genome
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse

SUFFIXES = (".bed", ".bw", ".bigwig")
VALUES = ("hit_coefficient_global", "hit_coefficient", "hit_similarity", "hit_importance")


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "export",
        help="write hits as BED or bigWig",
        description="Write the hits of a folder over their cores: .bed (one line per hit), .bw "
        "(one track, the largest value where hits overlap), or with --per-motif a folder with a "
        "track per motif.",
    )
    parser.add_argument("-i", "--hits", required=True, metavar="FOLDER", help="folder of hits")
    parser.add_argument(
        "-o", "--out-path", dest="out", required=True, metavar="OUT", help="file or folder to write"
    )
    parser.add_argument(
        "-f", "--fasta", metavar="FASTA", help="genome with the lengths of contigs, for bigWig"
    )
    parser.add_argument(
        "--per-motif", action="store_true", help="a bigWig per motif, in the folder OUT"
    )
    parser.add_argument(
        "--value", choices=VALUES, help=f"what a bigWig holds (default: {VALUES[0]})"
    )
    parser.add_argument(
        "--bed-score",
        choices=("similarity", "zero"),
        help="score of BED: 1000 times the similarity (default), or 0",
    )
    parser.set_defaults(run_verb=run)


def run(args: argparse.Namespace) -> int:
    """Read and write."""
    from locuscope.motifs.hits import Hits
    from locuscope.store import check_target

    out = Path(args.out)
    is_bed = _is_bed(args)
    _refuse_unused(args, is_bed=is_bed)
    if not args.per_motif:
        check_target(out)
    hits = Hits.open(args.hits)
    if is_bed:
        hits.to_bed(out, bed_score=args.bed_score or "similarity")
    else:
        hits.to_bigwig(
            out,
            open_genome(args.fasta),
            per_motif=args.per_motif,
            value=args.value or VALUES[0],
        )
    print(f"{out}: {len(hits):,} hits")
    return 0


def _is_bed(args: argparse.Namespace) -> bool:
    """Whether lines are asked for, and not tracks.

    Raises:
        OptionError: the name does not say.
    """
    suffix = Path(args.out).suffix.lower()
    if args.per_motif:
        return False
    if suffix not in SUFFIXES:
        raise OptionError(
            f"-o {args.out}: the name must end with one of {', '.join(SUFFIXES)}; a folder of "
            "tracks needs --per-motif.",
            option="out",
            value=args.out,
            allowed=SUFFIXES,
        )
    return suffix == ".bed"


def _refuse_unused(args: argparse.Namespace, *, is_bed: bool) -> None:
    if not is_bed and args.fasta is None:
        raise OptionError(
            "a bigWig needs the lengths of contigs; give -f FASTA.", option="fasta", value=None
        )
    for name in ("fasta", "value") if is_bed else ("bed_score",):
        if getattr(args, name) is not None:
            kind = "BED" if is_bed else "bigWig"
            raise OptionError(
                f"--{name.replace('_', '-')} has no effect on {kind}; leave it out.",
                option=name,
                value=getattr(args, name),
            )

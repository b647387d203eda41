"""`locuscope mutmap`: every single-base change of places, scored, into an HDF5 file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope._closest import counted
from locuscope.cli.inputs import open_genome, open_model
from locuscope.cli.published_options import add_spelling
from locuscope.cli.scoring_options import (
    add_model,
    add_running,
    add_scores,
    add_views,
    read_ensemble,
    read_run,
    read_scores,
    read_tracks,
    require,
    use_loader_args,
)

if TYPE_CHECKING:
    import argparse

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome

SUFFIXES = (".h5", ".hdf5")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "mutmap",
        help="score every single-base change of places",
        description="Score every single-base change of a place, of the regions of a BED file, or "
        "round each variant of a VCF. `locuscope mutmap plot` draws the result.",
        epilog="Example: locuscope mutmap dnase -r 20:2583164-2583203 --genome demo -o map.h5",
    )
    add_options(parser)
    parser.add_argument(
        "--tiling",
        choices=("core", "kipoi"),
        default="core",
        help="long places: windows round chunks of them (core, default), or one after the other "
        "from their start, with every base of a window changed (kipoi)",
    )
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command but the tiling, also under its published names."""
    add_model(parser)
    parser.add_argument(
        "-r",
        "--regions",
        metavar="REGIONS",
        help="a place as CHROM:START-END (1-based), a BED file, or a VCF file",
    )
    add_spelling(parser, "--regions_file", dest="regions")
    parser.add_argument("-o", "--out", metavar="FILE.h5", help="file to write")
    add_spelling(parser, "--output", dest="out")
    add_scores(parser)
    add_views(parser)
    parser.add_argument(
        "--n-policy",
        choices=("nan", "fill"),
        default="nan",
        help="where the genome has N: no values (default), or the four bases in its place",
    )
    add_running(parser)


def run(args: argparse.Namespace) -> int:
    """Score and write; the last line says what was drawn up."""
    from locuscope.effects.maps.mutation_maps import MutationMap
    from locuscope.effects.mutation_map import mutation_map
    from locuscope.errors import OptionError
    from locuscope.genome.placement import Placement

    use_loader_args(args)
    require(args, regions="-r REGIONS", out="-o FILE.h5", genome="--genome FASTA")
    if Path(args.out).suffix not in SUFFIXES:
        raise OptionError(
            f"-o {args.out}: the name of a mutation map must end with {' or '.join(SUFFIXES)}.",
            option="out",
            value=args.out,
            allowed=SUFFIXES,
        )
    model = open_model(args.model, args.weights, source=args.source)
    genome = open_genome(args.genome)
    scores, score_kwargs = read_scores(args)
    if args.tiling == "kipoi" and any("rc_merging" in chosen for chosen in score_kwargs or ()):
        args.rc = True
    result = mutation_map(
        model,
        read_where(args.regions, genome),
        genome,
        scores=scores,
        score_kwargs=score_kwargs,
        heads=args.heads,
        tracks=read_tracks(args, model),
        reduce=args.reduce,
        mask_bp=args.mask_bp,
        n_policy=args.n_policy,
        tiling=args.tiling,
        placement=None if args.window_bp is None else Placement(width_bp=args.window_bp),
        ensemble=read_ensemble(args),
        run=read_run(args, args.out),
    )
    maps = [result] if isinstance(result, MutationMap) else list(result)
    n_bases = sum(found.interval.width for found in maps)
    if args.json:
        print(json.dumps({"entries": len(maps), "bases": n_bases, "out": args.out}))
    elif not args.quiet:
        said = f"{counted(len(maps), 'place')}, {counted(n_bases, 'base')}"
        print(f"{said}; wrote {args.out}.")
    return 0


def read_where(text: str, genome: Genome) -> Interval | Path:
    """Give the place that the text names, or the path of a BED or VCF file.

    Raises:
        MissingFileError: it looks like a file, which is not there.
    """
    from locuscope.cli.python_files import existing
    from locuscope.genome.interval import Interval

    if Path(text).is_file() or ":" not in text:
        return existing(text, "regions")
    return Interval.parse(text, genome=genome)

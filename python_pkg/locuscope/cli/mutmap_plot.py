"""`locuscope mutmap plot`: one entry of a mutation map as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.published_options import add_spelling
from locuscope.cli.python_files import existing
from locuscope.cli.scoring_options import require
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse

COMMAND = "mutmap plot"
SUFFIXES = (".png", ".svg", ".pdf")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command of two words."""
    parser = subparsers.add_parser(
        COMMAND,
        help="draw one entry of a mutation map",
        description="Draw one entry of a file that `locuscope mutmap` wrote.",
        epilog="Example: locuscope mutmap plot -f map.h5 --track any_site -o map.png",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command, also under its published names."""
    parser.add_argument("-f", "--file", metavar="FILE.h5", help="the mutation map")
    add_spelling(parser, "--input_file", dest="file")
    parser.add_argument("-o", "--out", metavar="FIG", help="picture: .png, .svg or .pdf")
    add_spelling(parser, "--output", dest="out")
    parser.add_argument(
        "--entry", type=int, default=0, metavar="N", help="which place (default: 0)"
    )
    add_spelling(parser, "--input_entry", dest="entry", type=int)
    parser.add_argument(
        "--input", metavar="NAME", help="which input of the model (default: the first)"
    )
    add_spelling(parser, "--model_seq_input", dest="input")
    parser.add_argument("--score", metavar="SCORE", help="which score (default: the first)")
    add_spelling(parser, "--scoring_key", dest="score")
    parser.add_argument(
        "--track", metavar="NAME", help="which track; needed where the map has several"
    )
    add_spelling(parser, "--model_output", dest="track")
    parser.add_argument(
        "--limit-region-genomic",
        nargs=2,
        type=int,
        metavar=("A", "B"),
        help="only these bases of the genome, 0-based half-open",
    )
    add_spelling(parser, "--limit_region_genomic", dest="limit_region_genomic", nargs=2, type=int)
    parser.add_argument(
        "--figsize",
        nargs=2,
        type=float,
        metavar=("W", "H"),
        help="width and height in inches (default: 20 4)",
    )
    parser.add_argument("--rc-plot", action="store_true", help="read on the other strand")
    add_spelling(parser, "--rc_plot", dest="rc_plot", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Draw and write."""
    require(args, file="-f FILE.h5", out="-o FIG")
    if Path(args.out).suffix.lower() not in SUFFIXES:
        raise OptionError(
            f"-o {args.out}: the name of a picture must end with one of {', '.join(SUFFIXES)}.",
            option="out",
            value=args.out,
            allowed=SUFFIXES,
        )
    from matplotlib.figure import Figure

    from locuscope.effects.kipoi.mutation_map import MutationMapPlotter
    from locuscope.plots.map_options import figure_size
    from locuscope.store import publish

    plotter = MutationMapPlotter(fname=existing(args.file, "mutation map"))
    figure = Figure(figsize=figure_size(args.figsize), layout="constrained")
    plotter.mutation_map.plot(
        args.entry,
        input_name=None if args.input is None else plotter.input_name(args.input),
        score=args.score,
        track=args.track,
        ax=figure.subplots(),
        limit_region_genomic=args.limit_region_genomic,
        rc_plot=args.rc_plot,
    )
    # The temporary file that is written first has no ending that says the format.
    kind = Path(args.out).suffix.lower().lstrip(".")
    publish(Path(args.out), lambda place: figure.savefig(place, format=kind))
    print(f"{args.out}: entry {args.entry} of {args.file}")
    return 0

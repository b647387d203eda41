"""`locuscope contrib plot`: the contributions of one example as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.published_options import add_spelling
from locuscope.cli.python_files import existing
from locuscope.cli.scoring_options import require
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse

COMMAND = "contrib plot"
SUFFIXES = (".png", ".svg", ".pdf")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command of two words."""
    parser = subparsers.add_parser(
        COMMAND,
        help="draw the contributions of one example",
        description="Draw one example of a file that `locuscope contrib` wrote.",
        epilog="Example: locuscope contrib plot -f why.h5 --sample 0 -o why.svg",
    )
    parser.add_argument("-f", "--file", metavar="FILE.h5", help="the contributions")
    add_spelling(parser, "--input_file", dest="file")
    parser.add_argument("-o", "--out", metavar="FIG", help="picture: .png, .svg or .pdf")
    add_spelling(parser, "--output", dest="out")
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="which example (default: 0)"
    )
    parser.add_argument(
        "--model-input", metavar="NAME", help="which input of the model; needed among several"
    )
    add_spelling(parser, "--model_input", dest="model_input")
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
    out = Path(args.out)
    if out.suffix.lower() not in SUFFIXES:
        raise OptionError(
            f"-o {out}: the name of a picture must end with one of {', '.join(SUFFIXES)}.",
            option="out",
            value=args.out,
            allowed=SUFFIXES,
        )
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from locuscope.plots.grad_plotter import GradPlotter
    from locuscope.plots.map_options import figure_size
    from locuscope.store import check_target, publish

    check_target(out)
    plotter = GradPlotter.from_hdf5(existing(args.file, "contributions"))
    figure = Figure(figsize=figure_size(args.figsize), layout="constrained")
    plotter.plot(
        args.sample,
        args.model_input,
        ax=figure.subplots(),
        limit_region_genomic=args.limit_region_genomic,
        rc_plot=args.rc_plot,
    )
    # The temporary file that is written first has no ending that says the format.
    kind = out.suffix.lower().lstrip(".")
    with rc_context({"svg.fonttype": "none"}):
        publish(out, lambda place: figure.savefig(place, format=kind))
    print(f"{out}: example {args.sample} of {args.file}")
    return 0

"""`locuscope hits call-hits`: the motifs that explain contribution scores, with a proof."""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import DataWarning, OptionError, RunWarning, ShapeError

if TYPE_CHECKING:
    from locuscope.attribution.contribution_values import Contributions
    from locuscope.inference.run import Run
    from locuscope.motifs.motif_set import MotifSet
    from locuscope.motifs.solvers import Fista

BACKENDS = ("auto", "numba", "torch", "fista")
LAMBDA = 0.7
TRIM = 0.3
KINDS = {"p": "cwm", "h": "hcwm"}
"""First letter of the mode -> kind of motif."""

MODES = ("pp", "ph", "hp", "hh")


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "call-hits",
        help="find the motifs of a dictionary in regions",
        description="Write a folder with the hits, a row of quality for every region, the motifs "
        "and the parameters. Every region is solved to the optimum, which the true duality gap "
        "in peaks_qc.tsv proves. A call that was stopped resumes when it is given again.",
        epilog="Example: locuscope hits call-hits -r regions.npz -m modisco.h5 -o hits",
    )
    parser.add_argument(
        "-r", "--regions", required=True, metavar="NPZ", help="regions with contribution scores"
    )
    parser.add_argument(
        "-m",
        "--modisco-h5",
        required=True,
        metavar="MOTIFS",
        help="motifs: TF-MoDISco HDF5, MEME or JASPAR",
    )
    parser.add_argument(
        "-o", "--out-dir", dest="out", required=True, metavar="FOLDER", help="folder to write"
    )
    _add_motifs(parser)
    _add_problem(parser)
    _add_solver(parser)
    _add_deprecated(parser)
    parser.set_defaults(run_verb=run)


def _add_motifs(parser: argparse.ArgumentParser) -> None:
    """Add the options about motifs; names in their files are the old or the new ones."""
    add = parser.add_argument
    add(
        "-M",
        "--mode",
        choices=MODES,
        default="pp",
        help="kind of motifs, then of scores: p projected, h hypothetical (default: pp)",
    )
    add(
        "-t",
        "--cwm-trim-threshold",
        type=float,
        default=TRIM,
        metavar="X",
        help="share of the largest column that belongs to the core (default: 0.3)",
    )
    add("-T", "--cwm-trim-thresholds", metavar="TSV", help="name, threshold")
    add("-R", "--cwm-trim-coords", metavar="TSV", help="name, first column, column behind the last")
    add(
        "-l",
        "--global-lambda",
        type=float,
        default=LAMBDA,
        metavar="X",
        help="threshold on similarity, above 0 and below 1: 0.7 (default) suits accessibility, "
        "0.6 ChIP",
    )
    add("-L", "--motif-lambdas", metavar="TSV", help="name, threshold")
    add("-I", "--motifs-include", metavar="FILE", help="names to keep, one per line")
    add("-N", "--motif-names", metavar="TSV", help="name, new name")


def _add_problem(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("-q", "--sqrt-transform", action="store_true", help="fit signed square roots")
    add(
        "-f",
        "--no-post-filter",
        action="store_true",
        help="keep hits less similar than their threshold",
    )
    add(
        "--edge",
        choices=("drop", "core"),
        default="drop",
        help="windows inside the region (drop, default), or all whose core is inside (core)",
    )
    add("--merge-twins", action="store_true", help="of near copies at one place keep one")


def _add_solver(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "-c",
        "--convergence-tol",
        "--tol",
        type=float,
        metavar="X",
        help="largest true gap per base of a solved region (default: 1e-7; 5e-4 with fista)",
    )
    add("-S", "--max-steps", type=int, metavar="N", help="of descent per region (default: 10000)")
    add("-b", "--batch-size", type=int, metavar="N", help="regions at a time")
    steps = "of --backend fista; others have no step"
    add("-s", "--step-size-max", type=float, default=3.0, metavar="X", help=f"largest step {steps}")
    add(
        "-i",
        "--step-size-min",
        type=float,
        default=0.08,
        metavar="X",
        help=f"least step {steps}",
    )
    add("-j", "--step-adjust", type=float, default=0.7, metavar="X", help=f"step factor {steps}")
    add("-J", "--compile", action="store_true", help="compile the steps of --backend fista")
    add(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="auto (default) is numba, and torch on a GPU; fista is slow, a check",
    )
    add("--device", metavar="D", help="cpu or cuda")
    add("--threads", type=int, default=1, metavar="N", help="of numba (default: 1)")
    add("--restart", action="store_true", help="begin anew instead of resuming what was stopped")
    add("--quiet", action="store_true", help="print nothing")


def _add_deprecated(parser: argparse.ArgumentParser) -> None:
    """Add options that the published tool still takes, but warns of; the help leaves them out."""
    for short, long, kind in (
        ("-p", "--peaks", str),
        ("-C", "--chrom-order", str),
        ("-a", "--alpha", float),
        ("-A", "--motif-alphas", str),
    ):
        parser.add_argument(short, long, type=kind, help=argparse.SUPPRESS)
    parser.add_argument("-d", dest="old_device", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Read, solve and write."""
    from locuscope.motifs.call_hits import call_hits
    from locuscope.motifs.regions import read_regions

    _use_deprecated(args)
    if not args.global_lambda > 0:
        raise OptionError(
            f"--global-lambda {args.global_lambda:g}: a threshold above 0 and below 1 is needed.",
            option="global_lambda",
            value=args.global_lambda,
        )
    backend, limits = _solver(args)
    regions = read_regions(args.regions)
    if args.peaks is not None:
        regions = _placed(regions, args)
    if regions.intervals is None:
        warnings.warn(
            "the regions have no places, so the hits have none on a genome.",
            DataWarning,
            stacklevel=1,
        )
    motifs = read_dictionary(args)
    hits = call_hits(
        regions,
        motifs,
        use_hypothetical=args.mode[1] == "h",
        lambdas=motifs.lambdas(args.global_lambda),
        sqrt_transform=args.sqrt_transform,
        post_filter=not args.no_post_filter,
        edge=args.edge,
        merge_twins=args.merge_twins,
        backend=backend,
        run=_run(args),
        **limits,
    )
    if not args.quiet:
        print(f"{args.out}: {len(hits):,} hits; {hits.certificate()}")
    return 0


def _solver(args: argparse.Namespace) -> tuple[str | Fista, dict[str, Any]]:
    """The backend, and the limits that are arguments of the verb."""
    from locuscope.motifs.solvers import Fista

    given = {"convergence_tol": args.convergence_tol, "max_steps": args.max_steps}
    given = {name: value for name, value in given.items() if value is not None}
    # Made for every backend, so that a wrong step is refused as it always was.
    rules = Fista(
        step_size_max=args.step_size_max,
        step_size_min=args.step_size_min,
        step_adjust=args.step_adjust,
        compile=args.compile,
        **given,
    )
    if args.backend == "fista":
        return rules, {}
    ours = {"convergence_tol": "tol", "max_steps": "max_sweeps"}
    return args.backend, {ours[name]: value for name, value in given.items()}


def read_dictionary(args: argparse.Namespace) -> MotifSet:
    """Both strands of the motifs, cut, named and chosen as the options say."""
    from locuscope.motifs.formats import read_motifs

    include = args.motifs_include
    return read_motifs(
        args.modisco_h5,
        kind=KINDS[args.mode[0]],
        include=None if include is None else Path(include),
        rename=args.motif_names,
        lambdas=args.motif_lambdas,
        trim_threshold=args.cwm_trim_threshold,
        trim_thresholds=args.cwm_trim_thresholds,
        trim_coords=args.cwm_trim_coords,
    )


def _run(args: argparse.Namespace) -> Run:
    from locuscope.inference.run import Run

    return Run(
        device=args.device or "auto",
        batch_size="auto" if args.batch_size is None else args.batch_size,
        workers=args.threads,
        progress=False if args.quiet else None,
        out=args.out,
        restart=args.restart,
    )


def _use_deprecated(args: argparse.Namespace) -> None:
    """Take old options for the new ones, with a note each."""
    for old, flag, new, instead in (
        ("alpha", "-a", "global_lambda", "-l/--global-lambda"),
        ("motif_alphas", "-A", "motif_lambdas", "-L/--motif-lambdas"),
        ("old_device", "-d", "device", "--device"),
    ):
        value = getattr(args, old)
        if value is None:
            continue
        if getattr(args, new) not in (args.parser.get_default(new), value):
            raise OptionError(
                f"{flag} and {instead} differ; give the second alone.", option=new, value=value
            )
        _warn(f"{flag} is an old name of {instead}.")
        setattr(args, new, value)
    for name, flag in (("peaks", "-p"), ("chrom_order", "-C")):
        if getattr(args, name) is not None:
            _warn(f"{flag} belongs to extract-regions-*, which keeps the places in the regions.")
    if args.chrom_order is not None and args.peaks is None:
        raise OptionError(
            "--chrom-order orders the contigs of peaks; give -p PEAKS too, or leave it out.",
            option="chrom_order",
            value=args.chrom_order,
        )


def _warn(text: str) -> None:
    warnings.warn(text, RunWarning, stacklevel=1)


def _placed(regions: Contributions, args: argparse.Namespace) -> Contributions:
    """The regions at the places of peaks."""
    from locuscope.motifs.regions import read_narrowpeak

    width = regions.sequences.shape[2]
    peaks = read_narrowpeak(args.peaks, width_bp=width, chrom_order=args.chrom_order)
    if len(peaks) != len(regions):
        raise ShapeError(
            f"{args.peaks} has {len(peaks):,} peaks and {args.regions} {len(regions):,} regions; "
            "one peak per region is needed.",
            found=len(peaks),
            expected=len(regions),
        )
    return replace(
        regions,
        intervals=peaks.intervals(),
        peak_ids=peaks.peak_ids,
        chrom_ids=peaks.chrom_ids,
    )

"""`locuscope contrib`: why a model says so, base by base, into files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.averaging_options import add_averaging, read_averaging
from locuscope.cli.contrib_layer import add_layer, explain_layer, read_layer, reads_raw
from locuscope.cli.contrib_target import add_target, read_target
from locuscope.cli.inputs import MODEL_HELP, open_model
from locuscope.cli.loose_json import read_mapping
from locuscope.cli.published_options import add_loader_options, add_spelling
from locuscope.cli.scoring_options import require
from locuscope.cli.where_options import add_where, read_asked, require_one, use_loader_regions
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.cli.where_options import Asked
    from locuscope.models.protocol import SequenceModel

BIGWIG = (".bw", ".bigwig")
CONCERNED = {
    "dtype": (".npz",),
    "compat": (".h5", ".hdf5"),
    "overlap": (".bedgraph", *BIGWIG),
}
"""Option -> endings of the files that it changes."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "contrib",
        help="say how much each base adds to what a model gives",
        description="Contributions of the bases of places, of the records of a FASTA file or of "
        "the alleles of a VCF to one number of the model; with --layer or --final-layer the "
        "gradient of that layer. `locuscope contrib plot` draws the result.",
        epilog="Example: locuscope contrib dnase -r 20:2583164-2583203 --genome demo -o why.h5",
    )
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command, also under its published names."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--weights", metavar="FILE", help="weights of a named model")
    add_loader_options(parser)
    add_where(
        parser,
        "a place as CHROM:START-END (1-based), a BED file, a VCF file, or one variant as "
        "CHROM:POS:REF:ALT (of alleles the alternative sequence is explained)",
    )
    parser.add_argument(
        "-o",
        "--out",
        nargs="+",
        action="extend",
        type=Path,
        metavar="OUT",
        help="files to write: .npz, .zarr, .h5, .tsv, .bedgraph, .bw or .bed",
    )
    add_spelling(parser, "--output", dest="out", nargs="+", action="extend", type=Path)
    _add_files(parser)
    _add_method(parser)
    add_layer(parser)
    add_target(parser)
    add_averaging(parser)
    _add_running(parser)


def _add_files(parser: argparse.ArgumentParser) -> None:
    """Add the options of some kinds of files."""
    parser.add_argument(
        "--dtype", choices=("float32", "float16"), help="of the numbers in .npz (float32)"
    )
    parser.add_argument(
        "--overlap",
        choices=("error", "mean", "first"),
        help="in .bedgraph and .bw, of bases that several examples hold (error)",
    )
    parser.add_argument(
        "--compat", choices=("kipoi", "chrombpnet", "bpnet"), help="layout of .h5 of another tool"
    )


def _add_method(parser: argparse.ArgumentParser) -> None:
    """Add the options about how contributions are computed."""
    parser.add_argument(
        "--method",
        metavar="M",
        help="gradient, gradient_x_input (default), smooth_gradient, integrated_gradients, "
        "expected_gradients, deeplift or ism",
    )
    parser.add_argument(
        "--method-options",
        metavar="JSON",
        help="further options of the method, such as '{\"n_samples\": 50}'",
    )
    parser.add_argument(
        "--references",
        metavar="KIND",
        help="what sequences are compared with: shuffle (default), mononucleotide, zero, uniform",
    )
    parser.add_argument("--n-references", type=int, metavar="N", help="shuffles of each (20)")
    parser.add_argument("--steps", type=int, metavar="N", help="of integrated_gradients (32)")
    parser.add_argument(
        "--gauge",
        metavar="G",
        help="simplex subtracts the mean over the bases, none keeps the values; default auto",
    )
    parser.add_argument(
        "--projected", action="store_true", help="keep the bases that are there only"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of shuffles and random changes (0)")


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organism", help="human or mouse; default as the genome says")
    parser.add_argument("--batch-size", type=int, metavar="N", help="sequences per pass")
    add_spelling(parser, "--batch_size", dest="batch_size", type=int)
    # Published loaders read in processes of their own; here one process reads and computes.
    add_spelling(parser, "--num_workers", "-n", dest="num_workers", type=int)
    parser.add_argument("--device", metavar="D", help="cpu, cuda, mps (default: the best one here)")
    parser.add_argument(
        "--restart", action="store_true", help="begin anew instead of resuming what was stopped"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--json", action="store_true", help="print one summary object")


def run(args: argparse.Namespace) -> int:
    """Compute and write; the last line says what was written."""
    use_loader_regions(args)
    require_one(args, ("regions", "fasta"))
    require(args, out="-o OUT")
    check_outs(args.out)
    check_file_options(args)
    asked = read_asked(args, takes_alleles=True)
    model = open_model(args.model, args.weights, source=args.source)
    if reads_raw(args):
        found, job = explain_layer(model, asked, args), None
    else:
        job = None if args.dtype or args.compat else job_out(args.out)
        found = explain(model, asked, args, job)
    for out in args.out:
        if out is not job:
            found.save(out, **_file_options(out, asked, args))
    _tell(args, found)
    return 0


def explain(
    model: SequenceModel, asked: Asked, args: argparse.Namespace, job: Path | None
) -> Contributions:
    """Give the contributions to the target that the options name.

    Args:
        model: the network.
        asked: places, sequences or alleles.
        args: the options.
        job: a file that is written on the way, so that a stopped call can be taken up again.
    """
    from locuscope.attribution.contributions import contributions
    from locuscope.inference.run import Run

    where, genome = asked.where()
    options = read_layer(args)
    if not options:
        options["target"] = read_target(args, asked.genome, model)
    if args.method is not None:
        options["method"] = args.method
    if args.gauge is not None:
        options["gauge"] = args.gauge
    if args.method_options is not None:
        options["method_options"] = read_mapping(args.method_options, "--method-options")
    is_silent = args.quiet or args.json or job is None
    return contributions(
        model,
        where,
        genome,
        organism=args.organism,
        hypothetical=not args.projected,
        references=args.references,
        n_references=args.n_references,
        steps=args.steps,
        seed=args.seed,
        ensemble=read_averaging(args),
        run=Run(
            device=args.device or "auto",
            batch_size="auto" if args.batch_size is None else args.batch_size,
            progress=False if is_silent else None,
            out=job,
            restart=args.restart,
        ),
        **options,
    )


def job_out(outs: Sequence[Path]) -> Path | None:
    """Give the first file that a job can end in, which the others are written from."""
    from locuscope.attribution.contribution_work import FILES

    return next((out for out in outs if out.suffix.lower() in FILES), None)


def _file_options(out: Path, asked: Asked, args: argparse.Namespace) -> dict[str, Any]:
    """Give the options of `Contributions.save` that concern a file of this kind."""
    name = out.name.lower()
    if name.endswith(".npz"):
        return {} if args.dtype is None else {"dtype": args.dtype}
    if name.endswith((".h5", ".hdf5")):
        return {"compat": args.compat}
    options: dict[str, Any] = {}
    if args.overlap is not None and name.endswith((".bedgraph", *BIGWIG)):
        options["overlap"] = args.overlap
    if name.endswith(BIGWIG):
        options["lengths"] = asked.genome
    return options


def check_outs(outs: Sequence[Path]) -> None:
    """Refuse names and places that cannot be written, before anything runs.

    Raises:
        OptionError: another suffix, or a file named twice.
        StoreTargetError, StoreFullError: no such folder, or no room in it.
    """
    from locuscope.attribution.contribution_files import SUFFIXES
    from locuscope.store.publishing import check_place, check_target

    for number, out in enumerate(outs):
        if out in outs[:number]:
            raise OptionError(f"-o names {out} twice.", option="out", value=str(out))
        if not out.name.lower().endswith(tuple(SUFFIXES)):
            raise OptionError(
                f"-o {out}: the name of a file of contributions must end with one of "
                f"{', '.join(SUFFIXES)}.",
                option="out",
                value=str(out),
                allowed=tuple(SUFFIXES),
            )
        if out.suffix.lower() == ".zarr":
            check_place(out, is_folder=True, overwrite=True)
        else:
            check_target(out)


def check_file_options(args: argparse.Namespace) -> None:
    """Refuse options that concern none of the files.

    Raises:
        OptionError: such an option.
    """
    for option, endings in CONCERNED.items():
        given = getattr(args, option)
        if given is not None and not any(out.name.lower().endswith(endings) for out in args.out):
            raise OptionError(
                f"--{option} {given} has no effect on {', '.join(map(str, args.out))}; it concerns "
                f"{' and '.join(endings)}.",
                option=option,
                value=given,
            )


def _tell(args: argparse.Namespace, found: Contributions) -> None:
    outs = [str(out) for out in args.out]
    worst = None if found.delta is None else float(abs(found.delta).max())
    n_bases = found.sequences.shape[-1]
    if args.json:
        summary: dict[str, Any] = {"examples": len(found), "bases": n_bases, "kind": found.kind}
        summary |= {"method": found.method, "target": found.target, "delta": worst, "out": outs}
        print(json.dumps(summary))
    elif not args.quiet:
        said = f"{counted(len(found), 'example')} of {counted(n_bases, 'base')}, {found.method}"
        told = "" if worst is None else f", completeness error {worst:.2g} at most"
        print(f"{said}{told}; wrote {', '.join(outs)}.")

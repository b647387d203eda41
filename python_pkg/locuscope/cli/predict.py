"""`locuscope predict`: tracks of places, hidden layers, genes, or the accuracy on a test set."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.averaging_options import AVERAGING, add_averaging
from locuscope.cli.inputs import MODEL_HELP
from locuscope.cli.published_options import HIDDEN, add_source, add_spelling
from locuscope.cli.scoring_options import require
from locuscope.cli.where_options import add_where, require_one, use_loader_regions
from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

CHOSEN = ("heads", "tracks", "organism", "seed", *AVERAGING)
WHERE = ("regions", "fasta")
# What is written, by the option that asks for it -> the options that change it.
USED = {
    "test_set": (*CHOSEN, "test_set", "metrics"),
    "genes": (*CHOSEN, "genes", "tss_radius"),
    "layer": (*WHERE, "layer", "pre_nonlinearity"),
    "chrom": (*CHOSEN, "chrom", "restart"),
    "regions": (*CHOSEN, *WHERE, "var", "all", "down_sample", "restart"),
    "fasta": (*CHOSEN, *WHERE, "var", "all", "down_sample"),
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict the tracks of places",
        description="Predict the tracks of one place, of the regions of a BED file, of the records "
        "of a FASTA file or of whole chromosomes; with --layer what a hidden layer holds, with "
        "--genes one number per transcription start, with --test-set how well the model fits.",
        epilog="Example: locuscope predict dnase -r 20:2583164-2583203 --genome demo -o out.tsv",
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--weights", metavar="FILE", help="weights of a named model")
    add_source(parser)
    parser.add_argument("--dataloader_args", nargs="+", metavar="JSON", help=HIDDEN)
    add_spelling(parser, "--dataloader_arguments", dest="dataloader_args", nargs="+")
    _add_questions(parser)
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="OUT",
        help="file to write: .npz, .h5, .zarr, .bw, .tsv, .parquet or .bed; chromosomes also .npy, "
        "or a folder with a .bw per track",
    )
    add_spelling(parser, "--output", dest="out", type=Path)
    _add_answers(parser)
    _add_running(parser)


def _add_questions(parser: argparse.ArgumentParser) -> None:
    """Add the options of which one says what is asked."""
    add_where(parser, "a place as CHROM:START-END (1-based), or a BED file")
    parser.add_argument("--chrom", nargs="+", metavar="C", help="whole chromosomes")
    parser.add_argument("--layer", metavar="NAME", help="what this layer holds, not the tracks")
    add_spelling(parser, "-l", dest="layer")
    parser.add_argument(
        "--pre-nonlinearity",
        action="store_true",
        help="of --layer: what enters the activation that it ends with",
    )
    add_spelling(parser, "--pre_nonlinearity", dest="pre_nonlinearity", action="store_true")
    parser.add_argument(
        "--genes",
        metavar="GTF",
        help="transcription starts of these genes: GTF, GFF3, a table, or 'demo' (GRCh37)",
    )
    parser.add_argument(
        "--tss-radius",
        type=int,
        default=0,
        metavar="R",
        help="of --genes: bins on each side of a start that are added to its own (default: 0)",
    )
    parser.add_argument(
        "--test-set", metavar="FILE", help="accuracy on an HDF5 file or a folder of TFRecords"
    )
    parser.add_argument(
        "--metrics",
        nargs="+",
        metavar="NAME",
        help="of --test-set: pearsonr, r2, mse (these by default), mae, spearmanr, auroc, auprc",
    )


def _add_answers(parser: argparse.ArgumentParser) -> None:
    """Add the options about which tracks, averaged how."""
    parser.add_argument("--heads", nargs="+", metavar="HEAD", help="heads to compute; default all")
    parser.add_argument(
        "--tracks", nargs="+", default=[], metavar="FIELD=VALUE", help="tracks to take; default all"
    )
    add_averaging(parser)
    parser.add_argument(
        "--var", action="store_true", help="also the variance over what is averaged"
    )
    parser.add_argument("--all", action="store_true", help="also each of what is averaged")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --mc-samples")
    parser.add_argument(
        "--down-sample", type=int, default=1, metavar="D", help="keep every D-th bin only"
    )
    parser.add_argument("--organism", help="human or mouse; default as the genome says")


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", metavar="D", help="cpu, cuda, mps (default: the best one here)")
    parser.add_argument("--batch-size", type=int, metavar="N", help="places per forward pass")
    add_spelling(parser, "--batch_size", dest="batch_size", type=int)
    # Published loaders read in processes of their own; here one process reads and predicts.
    add_spelling(parser, "--num_workers", "-n", dest="num_workers", type=int)
    parser.add_argument("--restart", action="store_true", help="of --chrom and of .h5: begin anew")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--json", action="store_true", help="print one summary object")


def run(args: argparse.Namespace) -> int:
    """Predict and write; the last line says what was written."""
    use_loader_regions(args)
    asked = _asked_for(args)
    _refuse_unused(args, asked)
    require(args, out="-o OUT")
    from locuscope.cli import predict_chromosomes, predict_layers, predict_tables, predict_tracks

    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "test_set": predict_tables.run_test_set,
        "genes": predict_tables.run_genes,
        "layer": predict_layers.run,
        "chrom": predict_chromosomes.run,
        "regions": predict_tracks.run,
        "fasta": predict_tracks.run,
    }
    commands[asked](args)
    return 0


def _asked_for(args: argparse.Namespace) -> str:
    """Give the option that says what is written.

    Raises:
        InputError: none, or several that exclude each other.
    """
    asked = require_one(args, [*WHERE, "chrom", "genes", "test_set"])
    return asked if args.layer is None else "layer"


def _refuse_unused(args: argparse.Namespace, asked: str) -> None:
    """Refuse options that would change nothing.

    Raises:
        OptionError: one of them.
    """
    for name in sorted({*chain(*USED.values())}.difference(USED[asked])):
        default = args.parser.get_default(name)
        value = getattr(args, name)
        # A spelling under another name has no default of its own.
        if value != (None if default == argparse.SUPPRESS else default):
            raise OptionError(
                f"--{name.replace('_', '-')} has no effect with --{asked.replace('_', '-')}; "
                "leave it out.",
                option=name,
                value=value,
            )

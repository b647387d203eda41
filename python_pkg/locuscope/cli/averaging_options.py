"""Options about what is averaged: strands, shifts, dropout samples, further networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.inputs import open_model
from locuscope.cli.python_files import MARK

if TYPE_CHECKING:
    import argparse

    from locuscope.inference.ensemble import Ensemble
    from locuscope.models.protocol import SequenceModel

AVERAGING = ("rc", "shifts", "mc_samples", "members")


def add_averaging(parser: argparse.ArgumentParser) -> None:
    """Add the options about the views of a sequence that are averaged."""
    parser.add_argument("--rc", action="store_true", help="average with the reverse complement")
    parser.add_argument(
        "--shifts", nargs="+", type=int, metavar="BP", help="average over shifted windows: 0 1 -1"
    )
    parser.add_argument(
        "--mc-samples",
        type=int,
        default=0,
        metavar="N",
        help="average over N passes with dropout (default: none)",
    )
    parser.add_argument(
        "--members",
        nargs="+",
        default=[],
        metavar="FILE",
        help="average with further networks: other weights of MODEL, or FILE.py::NAME",
    )


def read_averaging(args: argparse.Namespace) -> Ensemble:
    """Give the views that are averaged.

    Raises:
        MissingFileError, UnknownNameError, InputError: a member that cannot be opened.
        OptionError: a number that is out of range.
    """
    from locuscope.inference.ensemble import Ensemble

    return Ensemble(
        rc=args.rc,
        shifts=tuple(args.shifts or (0,)),
        mc_samples=args.mc_samples,
        members=tuple(_member(word, args) for word in args.members),
    )


def _member(word: str, args: argparse.Namespace) -> SequenceModel:
    """A network of its own, or the one of the call with other weights."""
    is_weights = MARK not in word and (Path(word).suffix != "" or Path(word).exists())
    if is_weights:
        return open_model(args.model, word, source=args.source)
    return open_model(word)

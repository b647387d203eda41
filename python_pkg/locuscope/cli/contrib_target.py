"""Options that say which number of a model's outputs `locuscope contrib` explains."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from locuscope.cli.filter_index import parse_filter_index
from locuscope.cli.inputs import parse_criteria
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from locuscope.genome.reference import Genome
    from locuscope.inference.target import Target
    from locuscope.models.protocol import SequenceModel

TARGET = ("target_head", "tracks", "positions")
CENTERS = ("center", "center_published")
_PLACE = re.compile(r"[^:]+:[\d,]+-[\d,]+")


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the options that name one number per example; without them all outputs are summed."""
    parser.add_argument("--target-head", metavar="H", help="the output that is explained")
    parser.add_argument(
        "--tracks", nargs="+", metavar="FIELD=VALUE", help="only tracks that fulfil all criteria"
    )
    parser.add_argument(
        "--positions",
        nargs="+",
        metavar="P",
        help="only these bins: center, center_published, 10:20, single numbers, or places "
        "CHROM:START-END (1-based)",
    )


def read_target(args: argparse.Namespace, genome: Genome, model: SequenceModel) -> Target | None:
    """Give the target, None where nothing was said of one.

    Raises:
        OptionError: tracks or positions of a model with several outputs, none of which is named.
    """
    from locuscope.inference.target import Target

    if all(getattr(args, name) is None for name in TARGET):
        return None
    if args.target_head is None and len(model.heads) > 1:
        raise OptionError(
            f"{model.name} has the outputs {', '.join(model.heads)}; say which is meant with "
            "--target-head.",
            option="target_head",
            value=None,
            allowed=tuple(model.heads),
        )
    return Target(
        head=args.target_head,
        tracks=None if args.tracks is None else parse_criteria(args.tracks),
        positions=None if args.positions is None else read_positions(args.positions, genome),
    )


def read_positions(words: Sequence[str], genome: Genome) -> Any:
    """Read `--positions`: a word, a slice of bins, single bins, or places of the genome.

    Raises:
        OptionError: a mixture, or something else.
    """
    from locuscope.genome.interval import Interval

    if len(words) == 1 and words[0] in CENTERS:
        return words[0]
    if all(_PLACE.fullmatch(word) for word in words):
        return [Interval.parse(word, genome=genome) for word in words]
    found = [parse_filter_index(word, "--positions") for word in words]
    if len(found) == 1 and isinstance(found[0], slice):
        return found[0]
    bins = [one for item in found for one in (item if isinstance(item, tuple) else (item,))]
    if not all(isinstance(one, int) for one in bins):
        raise OptionError(
            f"--positions {' '.join(words)}: give one slice, single bins, or places.",
            option="positions",
            value=list(words),
        )
    return bins

"""`locuscope predict` of places and sequences: the tracks that a model gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.array_files import check_suffix
from locuscope.cli.averaging_options import read_averaging
from locuscope.cli.inputs import open_model, parse_criteria
from locuscope.cli.predicted_files import (
    BY_JOB,
    SUFFIXES,
    Answer,
    located,
    require_one_width,
    write_outputs,
)
from locuscope.cli.where_options import read_asked
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from locuscope.cli.where_options import Asked
    from locuscope.genome.interval import Interval
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.named_outputs import NamedOutputs


def run(args: argparse.Namespace) -> None:
    """Predict and write; places into .h5 as a job that a stopped call can be taken up from."""
    check_suffix(args.out, SUFFIXES)
    asked = read_asked(args)
    model = open_model(args.model, args.weights, source=args.source)
    is_job = args.out.suffix.lower() in BY_JOB and _fits(model, asked, args)
    if args.restart and not is_job:
        raise OptionError(
            f"--restart has no effect on {args.out.name}, which is written at the end; leave it "
            "out.",
            option="restart",
            value=True,
        )
    outputs = (_by_job if is_job else _in_memory)(args, model, asked)
    shown = {name: head.num_tracks for name, head in outputs.named_items()}
    tell(args, len(asked.places), "record" if asked.is_bare else "place", shown)


def _fits(model: SequenceModel, asked: Asked, args: argparse.Namespace) -> bool:
    """Whether places of a genome are read in one window each, which the verb writes itself."""
    from locuscope.inference.joined_inputs import is_joined
    from locuscope.inference.long_places import is_long
    from locuscope.inference.selection import choose

    if asked.is_bare or is_joined(model):
        return not asked.is_bare
    choices = choose(model, heads=args.heads)
    return not any(is_long(model, place, choices) for place in asked.places)


def _by_job(args: argparse.Namespace, model: SequenceModel, asked: Asked) -> NamedOutputs:
    from locuscope.inference.ensemble_outputs import EnsembleOutputs
    from locuscope.inference.predict import predict

    require_one_width(args.out, asked.places)
    options = {**read_options(args, args.out), "down_sample": args.down_sample}
    found = predict(model, asked.places, asked.genome, **options)
    return found.mean if isinstance(found, EnsembleOutputs) else found


def _in_memory(args: argparse.Namespace, model: SequenceModel, asked: Asked) -> NamedOutputs:
    """Bins are dropped when they are written, where it is known which place each covers."""
    from locuscope.inference.bin_choice import BinChoice

    bins = BinChoice(args.down_sample)
    answers = [
        answer._replace(bins=bins) for answer in predict_places(model, asked, read_options(args))
    ]
    write_outputs(args.out, answers, asked.genome.lengths)
    return answers[0].outputs


def read_options(args: argparse.Namespace, out: Path | None = None) -> dict[str, Any]:
    """Give the options of `predict`, each under its name there; `out` is a file of its own."""
    from locuscope.inference.run import Run

    return {
        "organism": args.organism,
        "heads": args.heads,
        "tracks": parse_criteria(args.tracks) or None,
        "return_var": args.var,
        "return_all": args.all,
        "seed": args.seed,
        "ensemble": read_averaging(args),
        "run": Run(
            device=args.device or "auto",
            batch_size="auto" if args.batch_size is None else args.batch_size,
            progress=False if args.quiet or args.json else None,
            out=out,
            restart=args.restart,
        ),
    }


def predict_places(model: SequenceModel, asked: Asked, options: dict[str, Any]) -> list[Answer]:
    """Predict places of any widths, those of one width together.

    Args:
        model: the network.
        asked: places of a genome, or whole records.
        options: of `predict`.
    """
    from locuscope.inference.ensemble_outputs import EnsembleOutputs
    from locuscope.inference.predict import predict

    rows: dict[int, list[int]] = {}
    for row, place in enumerate(asked.places):
        rows.setdefault(place.width, []).append(row)
    answers = []
    for members in rows.values():
        places = [asked.places[row] for row in members]
        if asked.is_bare:
            found = predict(model, [asked.genome.fetch(place) for place in places], **options)
        else:
            found = predict(model, places, asked.genome, **options)
        if isinstance(found, EnsembleOutputs):
            answer = Answer(members, found.mean, found.var, found.members or ())
        else:
            answer = Answer(members, found)
        answers.append(_with_places(answer, places, model) if asked.is_bare else answer)
    return answers


def _with_places(answer: Answer, places: Sequence[Interval], model: SequenceModel) -> Answer:
    crop_bp = {name: head.crop_bp for name, head in model.heads.items()}
    return answer._replace(
        outputs=located(answer.outputs, places, crop_bp),
        var=None if answer.var is None else located(answer.var, places, crop_bp),
        members=[located(member, places, crop_bp) for member in answer.members],
    )


def tell(args: argparse.Namespace, count: int, what: str, heads: dict[str, int]) -> None:
    """Print what was written, as a line or as one JSON object."""
    if args.json:
        found = {f"{what}s": count, "heads": heads, "out": str(args.out)}
        print(json.dumps(found))
    elif not args.quiet:
        shown = ", ".join(f"{name} ({number} tracks)" for name, number in heads.items())
        print(f"{args.out}: {counted(count, what)}, {shown}")

"""`locuscope contrib --layer`: the gradient of numbers of a layer with respect to the bases.

Without `--method` the raw gradient of any numbers of the layer, as `input_gradient` gives it; with
`--method` contributions to the numbers that `--filter-idx` names, as for an output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope.cli.averaging_options import AVERAGING
from locuscope.cli.contrib_target import TARGET
from locuscope.cli.filter_index import parse_filter_index
from locuscope.cli.published_options import add_spelling
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.cli.where_options import Asked
    from locuscope.models.protocol import SequenceModel

GRAD_INPUT = "grad_input"
AVG_FUNCS = ("sum", "mean", "max", "min", "absmax")
LAYER = ("layer", "final_layer", "filter_idx", "avg_func", "pre_nonlinearity", "call_index")
RAW_ONLY = ("final_layer", "avg_func", "pre_nonlinearity", "call_index")
GRADIENTS = (None, "gradient", "gradient_x_input")
RAW = (None, "auto", "none")
# Options of the other methods, which the gradient of a layer has no use for.
UNUSED = (
    *TARGET, *AVERAGING, "method_options", "references", "n_references", "steps", "seed",
    "organism", "restart",
)  # fmt: skip


def add_layer(parser: argparse.ArgumentParser) -> None:
    """Add the options that name numbers of a layer, also under their published names."""
    parser.add_argument(
        "-l",
        "--layer",
        metavar="NAME",
        help="the raw gradient of this layer; with --method contributions to it",
    )
    parser.add_argument(
        "--final-layer", action="store_true", help="the gradient of the model's output"
    )
    add_spelling(parser, "--final_layer", dest="final_layer", action="store_true")
    parser.add_argument(
        "-f",
        "--filter-idx",
        metavar="INDEX",
        help="which numbers of the layer, examples left out: '3', '0:10', '0:10,3'",
    )
    add_spelling(parser, "--filter_idx", dest="filter_idx")
    parser.add_argument(
        "-a",
        "--avg-func",
        choices=AVG_FUNCS,
        help="how they become one number for each example (default: sum)",
    )
    add_spelling(parser, "--avg_func", dest="avg_func", choices=AVG_FUNCS)
    parser.add_argument(
        "--pre-nonlinearity",
        action="store_true",
        help="what enters the activation that the layer ends with",
    )
    add_spelling(parser, "--pre_nonlinearity", dest="pre_nonlinearity", action="store_true")
    parser.add_argument(
        "--call-index", type=int, metavar="K", help="which call of a layer that runs several times"
    )
    add_spelling(parser, "--selected_fwd_node", dest="call_index", type=int)


def reads_raw(args: argparse.Namespace) -> bool:
    """Whether the raw gradient of a layer is asked for; the published command does nothing else."""
    if getattr(args, "published", None) == GRAD_INPUT:
        return True
    if args.method is not None and not _first(args, RAW_ONLY):
        return False
    return _first(args, LAYER) is not None


def read_layer(args: argparse.Namespace) -> dict[str, Any]:
    """Give `layer` and `target` of `contributions`; nothing where no layer is named.

    Raises:
        OptionError: options of outputs beside a layer, or an index without one.
    """
    if args.layer is None and args.filter_idx is None:
        return {}
    wrong = "filter_idx" if args.layer is None else _first(args, TARGET)
    if wrong is not None:
        other = "without --layer" if args.layer is None else f"with --layer {args.layer}"
        raise OptionError(
            f"--{wrong.replace('_', '-')} has no effect {other}; leave it out.",
            option=wrong,
            value=getattr(args, wrong),
        )
    index = None if args.filter_idx is None else parse_filter_index(args.filter_idx)
    return {"layer": args.layer, "target": index}


def _first(args: argparse.Namespace, names: tuple[str, ...]) -> str | None:
    """The first of some options that was given."""
    for name in names:
        value = getattr(args, name)
        if value is not None and value is not False:  # 0 is a call as good as any
            return name
    return None


def explain_layer(model: SequenceModel, asked: Asked, args: argparse.Namespace) -> Contributions:
    """Give the raw gradient of a layer as contributions, the bases' product where projected.

    Raises:
        OptionError: options of the other methods; a layer that runs several times.
        UnknownNameError: no such layer.
        ShapeError: an index that the layer has not.
    """
    from locuscope.attribution.contribution_values import Contributions
    from locuscope.attribution.examples import read_sequences
    from locuscope.attribution.gradients import input_gradient

    _refuse_unused(args)
    sequences = read_sequences(model, *asked.where())
    index = None if args.filter_idx is None else parse_filter_index(args.filter_idx)
    options: dict[str, Any] = {
        "layer": args.layer,
        "final_layer": None if args.layer is not None and not args.final_layer else True,
        "filter_idx": index,
        "avg_func": args.avg_func or "sum",
        "call_index": args.call_index,
        "pre_nonlinearity": args.pre_nonlinearity,
    }
    found = input_gradient(
        model, sequences.inner, **options, batch_size=args.batch_size, device=args.device
    )
    if found.ndim > 3:
        raise OptionError(
            f"--layer {args.layer} runs {len(found)} times; say which call, --call-index 0 to "
            f"{len(found) - 1}.",
            option="call_index",
            value=None,
        )
    facts = {name: value for name, value in options.items() if name != "filter_idx"}
    result = Contributions(
        found,
        sequences.inner,
        intervals=sequences.placed,
        method="gradient",
        target=_target_text(args),
        provenance={
            "model": model.name,
            "model_digest": model.digest,
            "method": "gradient",
            "gauge": "none",
            "filter_idx": args.filter_idx,
            **facts,
        },
    )
    return result.project() if args.projected else result


def _refuse_unused(args: argparse.Namespace) -> None:
    wrong = next(
        (name for name in UNUSED if getattr(args, name) != args.parser.get_default(name)), None
    )
    if wrong is None and args.method not in GRADIENTS:
        wrong = "method"
    if wrong is None and args.gauge not in RAW:
        wrong = "gauge"
    if wrong is not None:
        value = getattr(args, wrong)
        raise OptionError(
            f"--{wrong.replace('_', '-')} has no effect on the raw gradient of a layer; leave it "
            "out, or leave out --layer and --final-layer.",
            option=wrong,
            value=value,
        )


def _target_text(args: argparse.Namespace) -> str:
    layer = "output" if args.layer is None else f"layer {args.layer}"
    index = "" if args.filter_idx is None else f" [{args.filter_idx.strip('()[] ')}]"
    return f"{args.avg_func or 'sum'} of {layer}{index}"

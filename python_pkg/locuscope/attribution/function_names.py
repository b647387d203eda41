"""Names of torch's functions, in the groups that attribution treats alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVATIONS = _words(
    "relu relu6 elu celu selu gelu silu mish sigmoid logsigmoid softplus softsign tanh hardtanh "
    "hardsigmoid hardswish leaky_relu softmax log_softmax threshold hardshrink softshrink "
    "tanhshrink rrelu prelu"
)
SHAPE_ONLY = _words(
    "transpose permute reshape view squeeze unsqueeze flatten unflatten contiguous movedim "
    "moveaxis swapaxes swapdims t mT T flip view_as reshape_as"
)
ELEMENT_WISE = (ACTIVATIONS - {"softmax", "log_softmax"}) | _words(
    "exp expm1 exp2 log log1p log2 log10 sqrt rsqrt reciprocal abs square erf sin cos atan pow "
    "clamp clamp_min clamp_max logit"
)
LINEAR = _words(
    "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d linear add sub "
    "subtract rsub radd iadd isub neg negative sum mean avg_pool1d avg_pool2d avg_pool3d "
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d interpolate upsample pad cat "
    "concat concatenate stack split chunk tensor_split getitem narrow select index_select flip "
    "roll reshape view view_as reshape_as flatten unflatten squeeze unsqueeze contiguous clone to "
    "float double type type_as expand expand_as repeat repeat_interleave cumsum masked_fill "
    "zeros_like copy positive diff unfold pixel_shuffle dropout dropout1d dropout2d "
    "alpha_dropout feature_alpha_dropout batch_norm transpose permute movedim moveaxis swapaxes "
    "swapdims t T mT"
)
PRODUCTS = _words("mul multiply rmul imul matmul rmatmul bmm")
QUOTIENTS = _words("div divide true_divide truediv rtruediv rdiv itruediv idiv")
COMPARES = _words(
    "gt lt ge le eq ne isnan isfinite isinf logical_not logical_and logical_or argmax argmin"
)
MOVES = SHAPE_ONLY | _words(
    "stack chunk split tensor_split getitem select narrow mean sum clone to float double expand "
    "expand_as"
)
"""Functions that leave every number of an example with its example, wherever that stands."""
STAYS: dict[str, int] = {
    **dict.fromkeys(ELEMENT_WISE | QUOTIENTS | (PRODUCTS - _words("matmul rmatmul bmm")), 0),
    **dict.fromkeys(
        _words("add radd sub rsub subtract neg negative dropout softmax log_softmax"), 0
    ),
    **dict.fromkeys(_words("linear layer_norm rms_norm"), 1),
    "matmul": 2,
}
"""Functions that leave the axes of a tensor as they are, and how many of the last they work on."""
RESTACKS = _words("cat concat concatenate chunk split tensor_split")
READS = _words("item tolist numpy bool int index")
"""Functions that hand numbers of a tensor to Python."""
POOLS = _words(
    "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
)

# Functions that work along an axis: where it stands among the arguments, its name, its default.
_AXES: dict[str, tuple[int, str, Any]] = {
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), (1, "dim", 0)),
    **dict.fromkeys(("split", "chunk", "tensor_split"), (2, "dim", 0)),
    **dict.fromkeys(("narrow", "select", "index_select", "cumsum"), (1, "dim", 0)),
    "repeat_interleave": (2, "dim", 0),
    "roll": (2, "dims", 0),
    "diff": (2, "dim", -1),
    "unfold": (1, "dimension", 0),
}
_MOVES = _words("transpose movedim moveaxis swapaxes swapdims flip")


def function_name(func: Callable[..., Any]) -> str:
    """The plain name of a function of torch: `relu` for `relu_`, `add` for `__add__`."""
    name = str(getattr(func, "__name__", type(func).__name__))
    if name == "__get__":
        name = str(getattr(getattr(func, "__self__", None), "__name__", name))
    return name.strip("_") or name


def works_in_place(func: Callable[..., Any]) -> bool:
    """Whether a function is one of those that end in `_`."""
    name = str(getattr(func, "__name__", ""))
    return name.endswith("_") and not name.endswith("__")


def moves_examples(name: str, args: tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether a linear function takes rows along the first axis from their places."""
    first = args[0][0] if isinstance(args[0], tuple | list) else args[0]
    ndim = first.ndim + (name == "stack")
    if name in ("t", "T"):
        return True
    if name == "mT":
        return bool(ndim < 3)
    if name == "getitem":
        return _picks_examples(args[1], ndim)
    if name == "repeat":
        factors = _flat(args[1:], options)
        return bool(len(factors) > ndim or (len(factors) == ndim and factors[0] != 1))
    if name == "permute":
        return bool(_flat(args[1:], options)[0] % ndim)
    if name in _MOVES:
        return any(dim % ndim == 0 for dim in _flat(args[1:], options))
    if name in _AXES:
        place, label, default = _AXES[name]
        given = args[place] if len(args) > place else options.get(label, default)
        return any(not isinstance(dim, int) or dim % ndim == 0 for dim in _flat((given,), {}))
    return False


def _picks_examples(index: Any, ndim: int) -> bool:
    entries = index if isinstance(index, tuple) else (index,)
    if entries[0] is Ellipsis:
        return sum(entry is not None for entry in entries[1:]) >= ndim
    return not (isinstance(entries[0], slice) and entries[0] == slice(None))


def _flat(args: tuple[Any, ...], options: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for item in (*args, *options.values()):
        found += list(item) if isinstance(item, tuple | list) else [item]
    return found

"""A forward pass whose functions carry the rules of `deeplift` instead of their derivatives.

`Rescaling` lies over a pass and sees every function of torch, whether a module calls it or not, so
functions without a module and modules that are used twice need no care.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from locuscope.attribution import rescale_rules as rules
from locuscope.attribution.attention_rules import multi_head_attention
from locuscope.attribution.example_axes import Axis, moved_axis, takes_first_axis
from locuscope.attribution.function_names import (
    COMPARES,
    ELEMENT_WISE,
    LINEAR,
    MOVES,
    POOLS,
    PRODUCTS,
    QUOTIENTS,
    READS,
    RESTACKS,
    STAYS,
    function_name,
    moves_examples,
    works_in_place,
)
from locuscope.attribution.tape import map_tensors, tensors_of
from locuscope.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from locuscope.attribution.rescale_rules import Pairs

ATTENTION = "multi_head_attention_forward"
ON_UNSUPPORTED = ("error", "gradient")


class Rescaling(TorchFunctionMode):
    """Replace derivatives by multipliers for all that depends on a batch of pairs.

    Args:
        pairs: the layout of the batch.
        x: the batch.
        on_unsupported: "error", or "gradient" for the plain derivative of functions without a rule.
    """

    def __init__(self, pairs: Pairs, x: Tensor, *, on_unsupported: str = "error") -> None:
        super().__init__()
        self.pairs = pairs
        self.on_unsupported = on_unsupported
        self.plain: dict[str, int] = {}
        # Held, so that the identity of a tensor stays its own.
        self._renewed: dict[int, Tensor] = {}
        self._dependent: dict[int, tuple[Tensor, Axis]] = {id(x): (x, Axis())}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run a function with the rule of its name."""
        del types
        options = dict(kwargs or {})
        if self._renewed:
            args, options = map_tensors(self._newest, (args, options))
        places = {self._dependent[id(tensor)][1] for tensor in self._found((args, options))}
        if not places:
            return func(*args, **options)
        name = function_name(func)
        if len(places) > 1:
            place = max(places, key=lambda axis: axis.blocks)
            output = self._unsupported(func, f"{name} (mixes the examples)", args, options)
        else:
            output, place = self._placed(func, name, args, options, places.pop())
        map_tensors(partial(self._mark, place=place), output)
        if name == ATTENTION:  # its weights have the examples first, whatever the layout is
            map_tensors(partial(self._mark, place=replace(place, number=0)), output[1])
        return output

    def _mark(self, tensor: Tensor, place: Axis) -> Tensor:
        """Note that a tensor depends on the bases, and where its examples stand."""
        self._dependent[id(tensor)] = (tensor, place)
        return tensor

    def _place_of(self, tensor: Tensor) -> Axis | None:
        return self._dependent[id(tensor)][1] if self._depends(tensor) else None

    def _placed(
        self,
        func: Callable[..., Any],
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        place: Axis,
    ) -> tuple[Any, Axis]:
        """What a function gives, and where its examples stand then."""
        self.pairs = replace(self.pairs, blocks=place.blocks)
        if name == ATTENTION and place.number == 1:
            found = multi_head_attention(self.pairs, args, options)
            if found is not None:
                return found, place
        if not place.number:
            restacked = self._restacked(func, name, args, options)
            if restacked is not None:
                return restacked[0], Axis(0, restacked[1])
        if name in MOVES and (place.number or takes_first_axis(name, args, options)):
            moved = moved_axis(
                func, name, args, options, axis_of=self._place_of, n_rows=self.pairs.rows
            )
            if moved is not None:
                return func(*args, **options), moved
            said = "mixes" if name in ("mean", "sum") else "moves"
            return self._unsupported(func, f"{name} ({said} the examples)", args, options), place
        if place.number:
            return self._elsewhere(func, name, args, options, place), place
        return self._ruled(func, name, args, options), place

    def _elsewhere(
        self,
        func: Callable[..., Any],
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        place: Axis,
    ) -> Any:
        """A function of tensors whose examples stand along another axis than the first."""
        found = self._found((args, options))
        ndim, axis = found[0].ndim, place.number
        in_place = works_in_place(func) or options.get("inplace")
        by_matrix = (
            name == "matmul" and len(args) == 2 and self._depends(args[0]) and args[1].ndim == 2
        )
        is_known = name in STAYS and axis < ndim - (1 if by_matrix else STAYS[name])
        if name in READS | COMPARES:
            return self._ruled(func, name, args, options)
        if not (is_known or in_place) and not tensors_of(output := func(*args, **options)):
            return output  # a size, a type
        if in_place or not is_known or any(tensor.ndim != ndim for tensor in found):
            return self._unsupported(func, f"{name} (examples along axis {axis})", args, options)
        first = Axis(0, place.blocks)

        def brought(tensor: Tensor) -> Tensor:
            if not self._depends(tensor):
                if by_matrix or name in ("linear", "layer_norm", "rms_norm"):  # weights
                    return tensor
                shape = (1,) * (ndim - tensor.ndim) + tuple(tensor.shape)
                return tensor.reshape(shape).movedim(axis, 0)
            return self._mark(tensor.movedim(axis, 0), first)

        if name in ("softmax", "log_softmax"):
            given: Any = args[1] if len(args) > 1 else options.get("dim")
            dim = axis if given is None else given % ndim
            if dim == axis:
                return self._unsupported(func, f"{name} (mixes the examples)", args, options)
            args, options = args[:1], {"dim": dim + (dim < axis)}
        args, options = map_tensors(brought, (args, options))
        return map_tensors(
            lambda tensor: tensor.movedim(0, axis), self._ruled(func, name, args, options)
        )

    def _newest(self, tensor: Tensor) -> Tensor:
        while id(tensor) in self._renewed:
            tensor = self._renewed[id(tensor)]
        return tensor

    def _found(self, value: object) -> list[Tensor]:
        return [tensor for tensor in tensors_of(value) if self._depends(tensor)]

    def _depends(self, value: object) -> bool:
        return isinstance(value, Tensor) and id(value) in self._dependent

    def _restacked(
        self, func: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[Any, int] | None:
        """Batches put one after the other, or such a stack taken apart again."""
        if name not in RESTACKS or not moves_examples(name, args, options):
            return None
        inputs = tensors_of(args[0])
        if len(self._found(args[0])) != len(inputs):
            return None
        blocks = self._dependent[id(inputs[0])][1].blocks
        output = func(*args, **options)
        sizes = {tensor.shape[0] * blocks for tensor in tensors_of(output)}
        if len(sizes) != 1 or (size := sizes.pop()) % inputs[0].shape[0]:
            return None
        if len({tensor.shape[0] for tensor in inputs}) != 1:
            return None
        return output, size // inputs[0].shape[0]

    def _ruled(
        self, func: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        first = args[0] if args else options.get("input")
        is_paired = isinstance(first, Tensor) and self.pairs.fits(first)
        if name in READS:
            return self._unsupported(func, f"{name} (reads numbers)", args, options)
        if name in COMPARES:
            return func(*args, **options)
        if name in ELEMENT_WISE and is_paired and not self._others(args, options):
            return self._element_wise(func, args, options)
        if name in PRODUCTS | QUOTIENTS:
            return self._product(func, name, args, options)
        if name in LINEAR:
            if moves_examples(name, args, options):
                return self._unsupported(func, f"{name} (moves the examples)", args, options)
            output = func(*args, **options)
            if all(self.pairs.fits(tensor) for tensor in tensors_of(output)):
                return output
            return self._unsupported(func, f"{name} (mixes the examples)", args, options)
        if is_paired and not self._others(args[1:], options):
            found = self._composed(name, args, options)
            if found is not None:
                return found
        if name == "scaled_dot_product_attention" and is_paired and len(args) == 3:
            masks = [options.get(key) for key in ("attn_mask", "dropout_p", "is_causal")]
            if not any(mask is not None and mask is not False and mask != 0 for mask in masks):
                return rules.attention(self.pairs, *args, scale=options.get("scale"))
        output = func(*args, **options)
        if not tensors_of(output):  # a size, a type
            return output
        return self._unsupported(func, name, args, options)

    def _others(self, args: tuple[Any, ...], options: dict[str, Any]) -> bool:
        """Whether a second argument depends on the bases."""
        return bool(self._found((args[1:], options)))

    def _element_wise(
        self, func: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        if not (works_in_place(func) or options.get("inplace")):
            return rules.element_wise(self.pairs, lambda a: func(a, *args[1:], **options), args[0])
        # In place: the tensor stays as it was, and whoever reads it later reads the new one.
        found = rules.element_wise(
            self.pairs, lambda a: func(a.clone(), *args[1:], **options), args[0]
        )
        self._renewed[id(args[0])] = found
        return found

    def _product(
        self, func: Callable[..., Any], name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        is_odd = len(args) != 2 or any(value is not None for value in options.values())
        if is_odd:
            return self._unsupported(func, name, args, options)
        left, right = args[::-1] if name.startswith("r") else args
        both = self._depends(left) and self._depends(right)
        if both and (not self._paired(left, right) or works_in_place(func)):
            return self._unsupported(func, name, args, options)
        if name in QUOTIENTS and self._depends(right):
            if both:
                return rules.divided(self.pairs, left, right)
            if not self.pairs.fits(right):
                return self._unsupported(func, name, args, options)
            return rules.element_wise(self.pairs, torch.reciprocal, right) * left
        if not both:
            return func(*args, **options)
        is_matrix = "mat" in name or name == "bmm"
        return rules.bilinear(self.pairs, torch.matmul if is_matrix else torch.mul, left, right)

    def _paired(self, left: Tensor, right: Tensor) -> bool:
        """Whether both have the examples first and broadcasting does not move them."""
        return left.ndim == right.ndim and self.pairs.fits(left) and self.pairs.fits(right)

    def _composed(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        pairs, a, rest = self.pairs, args[0], args[1:]
        if name in POOLS:
            return rules.max_pool(pairs, name, a, *rest, **options)
        if name in ("softmax", "log_softmax"):
            dim = rest[0] if rest else options.get("dim")
            if isinstance(dim, int) and dim % a.ndim:
                return rules.softmax(pairs, a, dim, is_log=name == "log_softmax")
        if name in ("layer_norm", "rms_norm"):
            named = dict(zip(("normalized_shape", "weight", "bias", "eps"), rest, strict=False))
            if name == "rms_norm" and len(rest) > 2:
                named = {"normalized_shape": rest[0], "weight": rest[1], "eps": rest[2]}
            named |= options
            dims = tuple(range(-len(named["normalized_shape"]), 0))
            eps = named.get("eps")
            eps = torch.finfo(a.dtype).eps if eps is None else eps
            eps = 1e-5 if name == "layer_norm" and named.get("eps") is None else eps
            return rules.normed(
                pairs,
                a,
                dims,
                named.get("weight"),
                named.get("bias"),
                eps=eps,
                is_centred=name == "layer_norm",
            )
        if name in ("amax", "max"):
            named = dict(zip(("dim", "keepdim"), rest, strict=False)) | options
            dim, keepdim = named.get("dim"), bool(named.get("keepdim", False))
            axes: Any = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
            if axes and all(isinstance(axis, int) and axis % a.ndim for axis in axes):
                found = rules.largest(pairs, a, axes, keepdim=keepdim)
                if name == "amax":
                    return found
                cells = a.detach().max(axes[0], keepdim=keepdim).indices
                return torch.return_types.max((found, cells))
        return None

    def _unsupported(
        self, func: Callable[..., Any], what: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        if self.on_unsupported == "error":
            raise ModelError(
                f"deeplift has no rule for {what}, which the network applies to what depends on "
                "the bases. method_options={'on_unsupported': 'gradient'} takes its derivative "
                "and says so; method='integrated_gradients' needs no rules."
            )
        self.plain[what] = self.plain.get(what, 0) + 1
        return func(*args, **options)

"""Monte Carlo dropout: only dropout is active, and each mask belongs to its example.

A mask is drawn from a key: the seed of the call, the number of the example, the network of the
ensemble, the sample, and the place in the network. So neither the batch size nor the order of the
examples changes a number, and a sequence and its changed twin can be given the same masks.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from locuscope.errors import ModelError, OptionError
from locuscope.genome.caller import warn_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

# What becomes of whole channels under feature-wise dropout: the number of leading axes of a mask.
_CHANNEL_WISE = {
    functional.dropout1d: 2,
    functional.dropout2d: 2,
    functional.dropout3d: 2,
    functional.feature_alpha_dropout: 2,
    torch.feature_dropout: 2,
    torch.feature_alpha_dropout: 2,
}
_ALPHA = (
    functional.alpha_dropout,
    functional.feature_alpha_dropout,
    torch.alpha_dropout,
    torch.feature_alpha_dropout,
)
_DROPOUTS = {functional.dropout, torch.dropout, *_CHANNEL_WISE, *_ALPHA}
# The value that alpha dropout puts in place of a dropped one (Klambauer et al. 2017).
_SATURATION = -1.7580993408473766


class DropoutSampler:
    """Draws the dropout of one network of an ensemble.

    Args:
        model: any `SequenceModel`, or a module of torch.
        seed: of the call.
        member: number of the network in the ensemble.
        is_keyed: a mask for each example; False = masks as torch draws them for the batch.

    Raises:
        ModelError: dropout inside an attention or recurrent layer, which takes no mask, under
            `is_keyed`; names the layer.

    >>> net = nn.Sequential(nn.Dropout(0.5))
    >>> sampler, x = DropoutSampler(net, seed=0), torch.ones(2, 3)
    >>> with sampler.drawn(0, [4, 5]):
    ...     both = net.eval()(x)
    >>> with sampler.drawn(0, [5]):
    ...     print(bool((net(x[:1]) == both[1:]).all()))
    True
    """

    def __init__(self, model: object, *, seed: int, member: int = 0, is_keyed: bool = True) -> None:
        self.name = str(getattr(model, "name", type(model).__name__))
        self.seed, self.member, self.is_keyed = seed, member, is_keyed
        self.modules = _modules(model)
        self.n_drawn = 0
        self._closed = {
            path: module for path, module in self.modules.items() if _draws_inside(module)
        }
        if self._closed and is_keyed:
            path, module = next(iter(self._closed.items()))
            raise self.refusal(f"{path!r} ({type(module).__name__}) draws dropout inside itself")
        if not is_keyed:
            warn_caller(
                f"mc_keyed=False: {self.name} draws dropout for whole batches; numbers depend on "
                "the batch size and the order of the examples."
            )

    def refusal(self, why: str) -> ModelError:
        """The error of dropout that no mask can be given."""
        return ModelError(
            f"{self.name}: {why}, so no mask can belong to an example. Use "
            "Ensemble(mc_keyed=False), which lets numbers depend on the batches."
        )

    @contextmanager
    def drawn(self, sample: int, examples: Sequence[int]) -> Iterator[None]:
        """Let dropout be active in one forward pass.

        Args:
            sample: number of the sample.
            examples: number of the example in each row of the batch.

        Raises:
            ModelError: dropout of something that has no row per example; names the place.
        """
        with ExitStack() as stack:
            if not self.is_keyed:
                stack.enter_context(torch.random.fork_rng(range(torch.cuda.device_count())))
                torch.manual_seed(_key(self.seed, self.member, sample, *examples[:1]))
                stack.enter_context(_training(self._closed.values()))
            stack.enter_context(_Masks(self, sample, examples, stack))
            yield

    def require_drawn(self) -> None:
        """Raise when passes met no dropout at all.

        Raises:
            OptionError: the network has none.
        """
        if not self.n_drawn and not self._closed:
            raise OptionError(
                f"mc_samples is set, but {self.name} has no dropout that could be drawn, so every "
                "sample would be the same; leave mc_samples out.",
                option="mc_samples",
                value=None,
            )


class _Masks(TorchFunctionMode):
    """Sees every dropout of a pass, of a module or of a function, and gives it its masks."""

    def __init__(
        self, sampler: DropoutSampler, sample: int, examples: Sequence[int], stack: ExitStack
    ) -> None:
        super().__init__()
        self.sampler, self.sample, self.examples = sampler, sample, list(examples)
        self.running: list[str] = []
        self.calls: Counter[str] = Counter()
        for path, module in sampler.modules.items():
            before = module.register_forward_pre_hook(partial(self._enter, path))
            after = module.register_forward_hook(self._leave, always_call=True)
            stack.callback(before.remove)
            stack.callback(after.remove)

    def _enter(self, path: str, module: nn.Module, given: object) -> None:
        del module, given
        self.running.append(path)

    def _leave(self, module: nn.Module, given: object, answer: object) -> None:
        del module, given, answer
        if self.running:
            self.running.pop()

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Replace dropout, leave everything else as it is."""
        del types
        given = kwargs or {}
        if func is functional.scaled_dot_product_attention and self.sampler.is_keyed:
            self._refuse_attention(*args, **given)
        if func not in _DROPOUTS:
            return func(*args, **given)
        x, p, is_in_place = _arguments(*args, **given)
        if not p:
            return func(*args, **given)
        self.sampler.n_drawn += 1
        if not self.sampler.is_keyed:
            return func(x, p, True)
        dropped = self._dropped(func, x, p)
        return x.copy_(dropped) if is_in_place else dropped

    def _place(self, func: Callable[..., Any]) -> str:
        path = self.running[-1] if self.running else ""
        return f"{path}: {func.__name__}" if path else func.__name__

    def _dropped(self, func: Callable[..., Any], x: Tensor, p: float) -> Tensor:
        place = self._place(func)
        number = self.calls[place]
        self.calls[place] += 1
        n_axes = _CHANNEL_WISE.get(func, x.ndim)
        if not x.ndim or len(x) != len(self.examples):
            raise self.sampler.refusal(
                f"dropout at {place!r} sees a tensor of shape {tuple(x.shape)} for a batch of "
                f"{len(self.examples)} examples"
            )
        shape = (*x.shape[1:n_axes], *(1,) * (x.ndim - n_axes))
        rows = [self._kept(example, f"{place}#{number}", shape, p) for example in self.examples]
        kept = torch.stack(rows).to(x.device, x.dtype)
        if func not in _ALPHA:
            return x * (kept / (1 - p)) if p < 1 else x * 0
        scale = 1 / math.sqrt((1 - p) * (1 + p * _SATURATION**2)) if p < 1 else 0.0
        return (x * kept + _SATURATION * (1 - kept)) * scale - scale * _SATURATION * p

    def _kept(self, example: int, place: str, shape: Sequence[int], p: float) -> Tensor:
        """The mask of one example, drawn on the CPU: every device is given the same."""
        sampler = self.sampler
        generator = torch.Generator().manual_seed(
            _key(sampler.seed, sampler.member, self.sample, example, place)
        )
        return torch.rand(shape, generator=generator) >= p

    def _refuse_attention(self, *args: Any, **kwargs: Any) -> None:
        p = args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0)
        if p:
            place = self._place(functional.scaled_dot_product_attention)
            raise self.sampler.refusal(f"{place!r} draws dropout of its own")


def _arguments(
    input: Tensor,  # noqa: A002 (the name of torch)
    p: float = 0.5,
    training: bool = True,  # noqa: FBT001, FBT002
    inplace: bool = False,  # noqa: FBT001, FBT002
    *,
    train: bool = True,
) -> tuple[Tensor, float, bool]:
    """What a dropout function was called with; whether it is said to train does not matter."""
    del training, train
    return input, float(p), inplace


def _key(*parts: object) -> int:
    told = "\n".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "little") >> 1


def _modules(model: object) -> dict[str, nn.Module]:
    """Path -> module of every network that a model holds in an attribute; each module once."""
    if isinstance(model, nn.Module):
        return dict(model.named_modules())
    parts = {name: part for name, part in vars(model).items() if isinstance(part, nn.Module)}
    found: dict[str, nn.Module] = {}
    for name, part in parts.items():
        prefix = name if len(parts) > 1 else ""
        for path, module in part.named_modules():
            found[".".join(word for word in (prefix, path) if word)] = module
    return found


def _draws_inside(module: nn.Module) -> bool:
    """Whether a layer draws dropout in one call with other work, where nothing can reach it."""
    if isinstance(module, nn.RNNBase):
        return module.dropout > 0 and module.num_layers > 1
    return isinstance(module, nn.MultiheadAttention) and module.dropout > 0


@contextmanager
def _training(modules: Any) -> Iterator[None]:
    """Let layers that only have dropout to train be in training mode."""
    changed = [module for module in modules if not module.training]
    for module in changed:
        module.training = True
    try:
        yield
    finally:
        for module in changed:
            module.training = False

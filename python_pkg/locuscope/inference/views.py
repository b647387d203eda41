"""One forward pass of a batch in every view that is averaged, and how many views know a position.

`Views.total` sums the views of one network; the caller adds the networks and divides by
`view_counts`, because a shift leaves positions at the ends without a value in that view.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch

from locuscope.errors import ModelError, OptionError
from locuscope.genome.sequence import reverse_complement
from locuscope.inference.ensemble import check_reversible, undo_reverse
from locuscope.inference.shifts import (
    check_shiftable,
    known_positions,
    shift_bases,
    undo_shift,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from locuscope.inference.dropout import DropoutSampler
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import SequenceModel

Values: TypeAlias = "dict[tuple[str, int], Tensor]"
Cut: TypeAlias = "Callable[[HeadChoice, int], slice | Tensor]"
"""The bins of a head at a resolution that are kept: a slice, or their numbers."""
See: TypeAlias = "Callable[[Values, int], None]"
"""Is given each view, on the CPU, and its shift."""


@dataclass(frozen=True)
class Views:
    """Every view of one network: chosen bins and tracks only.

    Args:
        model: the network.
        choices: heads, resolutions and tracks.
        organism: index of the organism.
        ensemble: which views there are.
        cut: the bins to keep; None = all.
        dropout: draws the samples; None = no dropout.
        dtype: "float32" = as the network computes, or the type of its products of matrices.
    """

    model: SequenceModel
    choices: tuple[HeadChoice, ...]
    organism: int
    ensemble: Ensemble
    cut: Cut | None
    dropout: DropoutSampler | None = None
    dtype: str = "float32"

    def total(
        self,
        batch: Tensor,
        arrays: Mapping[str, Tensor] | None = None,
        *,
        first: int = 0,
        see: See | None = None,
    ) -> Values:
        """Sum the views, on the CPU; a view adds nothing where a shift leaves it without a value.

        Args:
            batch: (N, A, L), with `ensemble.margin_bp` more bases at both ends.
            arrays: inputs that are no bases, by name, (N, ...); only for models that have such.
            first: number of the first example, to which dropout is keyed.
            see: is given each view as well, in the order of the ensemble.
        """
        given: dict[str, Any] = {} if arrays is None else {"arrays": arrays}
        total: Values = {}
        for shift, is_reverse, sample in self.ensemble.one_member():
            x = shift_bases(
                batch, shift, self.ensemble.shift_fill, margin_bp=self.ensemble.margin_bp
            )
            x = reverse_complement(x) if is_reverse else x
            with self._drawn(sample, first, len(x)), self._typed(x):
                view = self._view(x, shift, given, is_reverse=is_reverse)
            for place, values in view.items():
                total[place] = total[place] + values if place in total else values
            if see is not None:
                see({place: values.cpu() for place, values in view.items()}, shift)
        return {place: values.cpu() for place, values in total.items()}

    def _view(self, x: Tensor, shift: int, given: Mapping[str, Any], *, is_reverse: bool) -> Values:
        """One view, brought back."""
        names = [choice.spec.name for choice in self.choices]
        keys = sorted({key for choice in self.choices for key in choice.keys})
        answer = self.model.run(
            x, organism=self.organism, heads=names, resolutions_bp=keys, **given
        )
        view: Values = {}
        for choice in self.choices:
            for key in choice.keys:
                values = _checked(self.model, answer, choice, key, x.shape)
                if is_reverse:
                    values = undo_reverse(values, choice.spec, key)
                values = undo_shift(values, choice.spec, key, shift)
                view[choice.spec.name, key] = _kept(values, choice, key, self.cut).float()
        return view

    def _drawn(self, sample: int, first: int, count: int) -> AbstractContextManager[None]:
        if self.dropout is None:
            return nullcontext()
        return self.dropout.drawn(sample, range(first, first + count))

    def _typed(self, x: Tensor) -> AbstractContextManager[Any]:
        if self.dtype == "float32":
            return nullcontext()
        return torch.autocast(x.device.type, dtype=getattr(torch, self.dtype))


def view_counts(
    choice: HeadChoice, key: int, width_bp: int, ensemble: Ensemble, cut: Cut | None
) -> Tensor:
    """Count the views that know each position of a head.

    Args:
        choice: the head.
        key: bases per bin; 0 for one value per window.
        width_bp: bases of the window.
        ensemble: the views.
        cut: the bins that are kept; None = all.

    Returns:
        float32 (1, P, 1), or (1, P, P, 1) for contact maps, P the positions that are kept.
    """
    n_axes = 2 if choice.spec.kind == "contact" and key else 1
    length = choice.spec.length_out(width_bp, key)
    counts = torch.zeros((1, *(length,) * n_axes, 1))
    per_shift = ensemble.n_views // len(ensemble.shifts)
    for shift in ensemble.shifts:
        known = known_positions(length, key, shift)
        counts[(slice(None), *(known,) * n_axes)] += per_shift
    return _cut(counts, choice, key, cut)


def known_in_view(
    choice: HeadChoice, key: int, width_bp: int, shift: int, cut: Cut | None
) -> Tensor:
    """Which positions of a head have a value of their own in the views of one shift.

    Args:
        choice: the head.
        key: bases per bin; 0 for one value per window.
        width_bp: bases of the window.
        shift: by how many bases the sequence was moved.
        cut: the bins that are kept; None = all.

    Returns:
        bool (1, P, 1), or (1, P, P, 1) for contact maps, P the positions that are kept.
    """
    n_axes = 2 if choice.spec.kind == "contact" and key else 1
    length = choice.spec.length_out(width_bp, key)
    flags = torch.zeros((1, *(length,) * n_axes, 1), dtype=torch.bool)
    flags[(slice(None), *(known_positions(length, key, shift),) * n_axes)] = True
    return _cut(flags, choice, key, cut)


def check_views(choices: Sequence[HeadChoice], width_bp: int, ensemble: Ensemble) -> None:
    """Raise unless every view of every head can be brought back.

    Raises:
        OptionError: a head without reversed order or shifted positions, or a window that does not
            end with a whole bin.
    """
    for choice in choices:
        if ensemble.rc:
            check_reversible(choice.spec, width_bp)
        check_shiftable(choice.spec, ensemble.shifts)


def check_one_direction(model: SequenceModel, ensemble: Ensemble) -> None:
    """Refuse turned and shifted views of a model that reads its inputs end to end.

    Raises:
        OptionError: `rc` or shifts.
    """
    if ensemble.rc:
        raise OptionError(
            f"{model.name} reads its inputs in one direction, so their reverse complement is "
            "another sequence and no second view of them; use rc=False. A place on the other "
            "strand says so: Interval(..., strand='-').",
            option="rc",
            value=True,
        )
    if any(ensemble.shifts):
        raise OptionError(
            f"{model.name} reads its inputs end to end, so a shift would move bases from one into "
            f"the next; use shifts=(0,). Got shifts={ensemble.shifts}.",
            option="shifts",
            value=ensemble.shifts,
        )


def _cut(values: Tensor, choice: HeadChoice, key: int, cut: Cut | None) -> Tensor:
    if cut is None or not key:
        return values
    bins = cut(choice, key)
    if isinstance(bins, torch.Tensor):
        bins = bins.to(values.device)
    return values[:, bins][:, :, bins] if choice.spec.kind == "contact" else values[:, bins]


def _kept(values: Tensor, choice: HeadChoice, key: int, cut: Cut | None) -> Tensor:
    """The asked bins and channels of one head."""
    values = _cut(values, choice, key, cut)
    if choice.is_whole:
        return values
    return values.index_select(-1, torch.from_numpy(choice.rows).to(values.device))


def _checked(
    model: SequenceModel,
    answer: object,
    choice: HeadChoice,
    key: int,
    shape: Sequence[int],
) -> Tensor:
    """One tensor of the answer, with the shape that its head promises."""
    name = choice.spec.name
    by_key = answer.get(name) if isinstance(answer, dict) else None
    values = by_key.get(key) if isinstance(by_key, dict) else None
    if not isinstance(values, torch.Tensor):
        raise ModelError(
            f"{model.name} gave no tensor for head {name!r} at {key} bp (found "
            f"{type(values).__name__}).",
            batch=tuple(shape),
        )
    length = choice.spec.length_out(shape[-1], key)
    found = tuple(values.shape)
    sizes_fit = found[0] == shape[0] and found[-1] == choice.spec.num_tracks
    if not sizes_fit or (choice.spec.kind == "track" and found[1:-1] != (length,)):
        expected = (shape[0], length, choice.spec.num_tracks)
        raise ModelError(
            f"head {name!r} of {model.name} at {key} bp has shape {found}; expected {expected} "
            "for an input "
            f"of {tuple(shape)}.",
            batch=tuple(shape),
        )
    return values

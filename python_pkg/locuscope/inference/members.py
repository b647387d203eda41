"""Models that are averaged as one: their heads and tracks must be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope.errors import TrackMismatchError
from locuscope.inference.selection import model_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.selection import HeadChoice
    from locuscope.models.protocol import HeadSpec, SequenceModel

_FIELDS = (
    "resolutions_bp",
    "num_tracks",
    "kind",
    "value_range",
    "bin_reduction",
    "crop_bp",
    "strand_pair",
)


def members_of(
    model: SequenceModel,
    ensemble: Ensemble,
    choices: Sequence[HeadChoice],
    *,
    organism: int = 0,
) -> tuple[SequenceModel, ...]:
    """Give the networks of a call, the model itself first.

    Args:
        model: the model of the call.
        ensemble: whose `members` count as much as the model.
        choices: the heads that are averaged; others may differ.
        organism: index of the organism, for the tracks.

    Raises:
        TrackMismatchError: a member with another window, head or list of tracks; names both.
        OptionError: the model is one of the members as well.
    """
    models = ensemble.models(model)
    for member in models[1:]:
        _check_inputs(model, member)
        for choice in choices:
            _check_head(model, member, choice.spec)
            own = model_table(model, choice.spec, organism)
            other = model_table(member, choice.spec, organism)
            _check_tracks(model, member, choice.spec.name, _names(own), _names(other))
    return models


def _check_inputs(model: SequenceModel, member: SequenceModel) -> None:
    for field in ("window_bp", "inputs"):
        own, other = getattr(model, field), getattr(member, field)
        if own != other:
            raise _mismatch(model, member, field, own, other)


def _check_head(model: SequenceModel, member: SequenceModel, spec: HeadSpec) -> None:
    other = member.heads.get(spec.name)
    if other is None:
        raise _mismatch(model, member, "heads", list(model.heads), list(member.heads))
    for field in _FIELDS:
        left, right = getattr(spec, field), getattr(other, field)
        if left != right:
            raise _mismatch(model, member, f"{field} of head {spec.name!r}", left, right)


def _check_tracks(
    model: SequenceModel, member: SequenceModel, head: str, own: list[Any], other: list[Any]
) -> None:
    if own == other:
        return
    at = next(i for i, pair in enumerate(zip(own, other, strict=True)) if pair[0] != pair[1])
    raise _mismatch(model, member, f"track {at} of head {head!r}", own[at], other[at])


def _names(table: Any) -> list[Any]:
    return list(zip(table.cells("track_name"), table.cells("strand"), strict=True))


def _mismatch(
    model: SequenceModel, member: SequenceModel, what: str, own: object, other: object
) -> TrackMismatchError:
    return TrackMismatchError(
        f"{member.name} cannot be averaged with {model.name}: {what} is {other!r} in the one and "
        f"{own!r} in the other. Members need equal heads and tracks.",
        left=own,
        right=other,
    )

"""One head of a model as the published calls see it: arrays (S, P, T), views on a last axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.penultimate import HEAD, PenultimateModel
from locuscope.errors import NonFiniteError, OptionError
from locuscope.genome.choices import check_choice
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.ensemble_outputs import EnsembleOutputs
from locuscope.inference.predict import predict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from locuscope.inference.run import Run
    from locuscope.inference.selection import TrackChoice
    from locuscope.models.protocol import HeadSpec, SequenceModel

DTYPES = ("float16", "float32", "float64")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is wanted of a prediction.

    Args:
        tracks: as in `predict`; None = all.
        return_var: also the variance over the views.
        return_all: also every view.
        down_sample: keep every so many bins.
        sample: keep a share of the bins.
        is_embedding: what enters the last linear layer instead of the head.
        dtype: number type of the arrays.
    """

    tracks: TrackChoice | None = None
    return_var: bool = False
    return_all: bool = False
    down_sample: int = 1
    sample: float | None = None
    is_embedding: bool = False
    dtype: str = "float32"

    def __post_init__(self) -> None:
        """Refuse an unknown number type, and tracks of an embedding."""
        check_choice("dtype", str(np.dtype(self.dtype)), DTYPES)
        if self.is_embedding and self.tracks is not None:
            raise OptionError(
                f"target_indexes={self.tracks!r} with embed_penultimate=True: an embedding has "
                "units, no tracks; leave target_indexes out.",
                option="target_indexes",
                value=self.tracks,
            )


@dataclass(frozen=True)
class OneHead:
    """A model, one of its heads, and how it is run.

    Args:
        model: any `SequenceModel`.
        spec: the head.
        resolution_bp: bases per bin; 0 for one value per window.
        organism: index of the organism.
        run: device and batch size.
    """

    model: SequenceModel
    spec: HeadSpec
    resolution_bp: int
    organism: int
    run: Run | None

    def predict(self, x: NDArray[Any], views: Ensemble, asked: Asked) -> list[NDArray[Any]]:
        """Predict sequences.

        Args:
            x: one-hot (N, 4, L).
            views: what is averaged.
            asked: tracks, bins and what else is wanted.

        Returns:
            The mean (N, P, T), then the variance and the views (N, P, T, views) as asked for.

        Raises:
            LocuscopeError: as `predict`.
            NonFiniteError: float16 asked for, and values beyond it.
        """
        source = self.embedding(x.shape[-1]) if asked.is_embedding else self
        outputs = predict(
            source.model,
            x,
            organism=self.organism or None,
            heads=[source.spec.name],
            tracks=asked.tracks,
            resolutions_bp=[source.resolution_bp],
            down_sample=asked.down_sample,
            sample=asked.sample,
            return_var=asked.return_var,
            return_all=asked.return_all,
            ensemble=views,
            run=self.run,
        )
        place = (source.spec.name, source.resolution_bp)
        if not isinstance(outputs, EnsembleOutputs):
            return [_array(outputs, place, asked.dtype)]
        found = [_array(outputs.mean, place, asked.dtype)]
        if outputs.var is not None:
            found.append(_array(outputs.var, place, asked.dtype))
        if outputs.members is not None:
            members = [_array(member, place, asked.dtype) for member in outputs.members]
            found.append(np.stack(members, axis=-1))
        return found

    def embedding(self, width_bp: int) -> OneHead:
        """The same with what enters the last linear layer before the head."""
        model = PenultimateModel(
            self.model,
            self.spec,
            resolution_bp=self.resolution_bp,
            width_bp=width_bp,
            organism=self.organism,
        )
        spec = model.heads[HEAD]
        return replace(self, model=model, spec=spec, resolution_bp=spec.keys[0])


def views_of(rc: object, shifts: object, mc_n: object) -> Ensemble:
    """The views that the published options mean.

    Raises:
        WrongTypeError, OptionError: as `Ensemble`.
    """
    is_rc = bool(rc) if isinstance(rc, int | np.bool_) else rc
    many: Any = shifts
    return Ensemble(rc=is_rc, shifts=many, mc_samples=mc_n)  # type: ignore[arg-type]


def listed_views(
    ensemble_fwdrc: Iterable[object], ensemble_shifts: Sequence[int], mc_n: int
) -> Ensemble:
    """The views that two lists mean, one entry per view: forward or not, and its shift.

    Raises:
        OptionError: lists of two lengths, or views that are not all strands of all shifts.

    >>> listed_views([True, False, True, False], [0, 0, 1, 1], 0)
    Ensemble(rc=True, shifts=(0, 1))
    """
    strands = [bool(flag) for flag in ensemble_fwdrc]
    shifts = [int(shift) for shift in ensemble_shifts]
    views = views_of(not all(strands), tuple(dict.fromkeys(shifts)), mc_n)
    wanted = [(shift, not rc) for _, shift in views.pairs() for rc in (False, True)[: 1 + views.rc]]
    if sorted(zip(shifts, strands, strict=False)) != sorted(wanted) or len(shifts) != len(strands):
        raise OptionError(
            f"ensemble_fwdrc={strands} and ensemble_shifts={shifts} must name every shift once "
            "for each strand, the forward strand among them.",
            option="ensemble_fwdrc",
            value=strands,
        )
    return views


def _array(outputs: Any, place: tuple[str, int], dtype: str) -> NDArray[Any]:
    name, key = place
    values = outputs.head(name)[key].tensor.numpy()
    array: NDArray[Any] = values[:, None] if values.ndim == 2 else values
    with np.errstate(over="ignore"):
        found = array.astype(dtype)
    n_beyond = int((np.isinf(found) & ~np.isinf(array)).sum())
    if n_beyond:
        raise NonFiniteError(
            f"{n_beyond:,} values of {name!r} are beyond {np.dtype(dtype)}; use dtype='float32'.",
            where=name,
            count=n_beyond,
        )
    return found

"""The verb `occlude`: contributions from what is lost when a stretch of bases is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.attribution.changed_sequences import averaged_rows, changed_numbers
from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.examples import read_sequences
from locuscope.attribution.ism import target_text, track_names
from locuscope.attribution.target_views import target_views
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice
from locuscope.genome.draws import check_seed
from locuscope.genome.interval import whole_number
from locuscope.genome.shuffle import dinucleotide_shuffle
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.run import Run, run_here
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.attribution.target_views import View
    from locuscope.genome.reference import Genome
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

FILLS = ("N", "shuffle")


def occlude(
    model: SequenceModel,
    where: Any,
    genome: Genome | None = None,
    *,
    width_bp: int = 10,
    stride_bp: int = 1,
    fill: str = "N",
    n_shuffles: int = 10,
    target: TargetLike = None,
    organism: int | str | None = None,
    return_var: bool = False,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> Contributions:
    """Say how much stretches of bases add, by hiding them one after the other.

    Args:
        model: any `SequenceModel`.
        where: as in `contributions`.
        genome: where the bases of intervals come from.
        width_bp: bases that are hidden at once.
        stride_bp: from one stretch to the next; the last one ends with the sequence.
        fill: "N" leaves no base there; "shuffle" puts those that dinucleotide shuffles of the whole
            sequence have there.
        n_shuffles: shuffles of each sequence, whose effects are averaged.
        target: as in `contributions`.
        organism: index or name; None = the genome's where it states one, else 0.
        return_var: also the variance over the views of the ensemble.
        return_all: also the values of each view.
        seed: of shuffles and samples of dropout.
        ensemble: views that are averaged.
        run: device and batch size.
        rc: short for `Ensemble(rc=...)`.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        Projected contributions: at each base the mean, over the stretches that hold it, of target
        (sequence) minus target (hidden). NaN where no stretch comes, 0 where there is no base.

    Raises:
        OptionError: a word outside its list, a width outside the sequence, a stride below 1.

    >>> from locuscope import load_model
    >>> occlude(load_model("dnase"), ["ACGT" * 128], width_bp=64, stride_bp=64, target=0).shape
    (1, 4, 512)
    """
    require_model(model)
    check_choice("fill", fill, FILLS)
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("occlude")
    how = run_here("occlude", run, device=device, batch_size=batch_size)
    examples = read_sequences(model, where, genome, margin_bp=views.margin_bp)
    length = examples.inner.shape[-1]
    starts = stretches(length, width_bp, stride_bp)
    stated = None if genome is None else genome.organism
    bound = target_views(
        model,
        target,
        ensemble=views,
        width_bp=length,
        organism=organism_index(organism, default=0 if stated is None else stated, known=None),
        windows=examples.windows,
        seed=check_seed(seed),
    )
    width = int(whole_number(width_bp, "width_bp"))
    count = _positive("n_shuffles", n_shuffles)

    def of(row: int, view: View) -> NDArray[Any]:
        one = examples.bases[row]
        fills = _fills(one, views.margin_bp, fill=fill, count=count, seed=seed)

        def make(which: NDArray[np.int64]) -> NDArray[Any]:
            """The sequence itself is number 0, then come the fills of each stretch."""
            copies = np.repeat(one[None], len(which), axis=0)
            for copy, number in zip(copies, which.tolist(), strict=True):
                if number:
                    place, kind = divmod(number - 1, len(fills))
                    first = int(starts[place]) + views.margin_bp
                    copy[:, first : first + width] = fills[kind][:, first : first + width]
            return copies

        n_sequences = 1 + len(starts) * len(fills)
        numbers = changed_numbers(bound, view, row, count=n_sequences, make=make, run=how)
        return _spread(numbers, starts, width, examples.inner[row])

    found = averaged_rows(
        bound, range(len(examples.bases)), of, return_var=return_var, return_all=return_all
    )
    names = track_names(bound) if found.mean.ndim == 4 else None
    facts = {"width_bp": width, "stride_bp": stride_bp, "fill": fill, "method": "occlusion"}
    if fill == "shuffle":
        facts |= {"n_shuffles": count, "seed": seed}
    return Contributions(
        found.mean,
        examples.inner,
        kind="projected",
        intervals=examples.placed,
        method="occlusion",
        target=target_text(target),
        var=found.var,
        members=found.members,
        tracks=names,
        track_table=None if names is None else bound.choices[0].table,
        provenance={
            "model": model.name,
            "model_digest": model.digest,
            **facts,
            "ensemble": bound.view_facts(),
        },
    )


def stretches(length_bp: int, width_bp: int, stride_bp: int) -> NDArray[np.int64]:
    """First positions of the hidden stretches; the last one ends with the sequence.

    Raises:
        OptionError: a width outside the sequence, a stride below 1.

    >>> stretches(10, 4, 4).tolist()
    [0, 4, 6]
    """
    width, stride = whole_number(width_bp, "width_bp"), _positive("stride_bp", stride_bp)
    if not 1 <= width <= length_bp:
        raise OptionError(
            f"width_bp is {width_bp}; from 1 to the {length_bp:,} bases of the sequence.",
            option="width_bp",
            value=width_bp,
        )
    starts = np.arange(0, length_bp - width + 1, stride)
    last = length_bp - width
    return starts if starts[-1] == last else np.append(starts, last)


def _fills(one: NDArray[Any], margin: int, *, fill: str, count: int, seed: int) -> NDArray[Any]:
    """What stands in place of the bases of a sequence: (fills, A, L)."""
    if fill == "N":
        return np.zeros((1, *one.shape), one.dtype)
    fills = np.repeat(one[None], count, axis=0)
    inner = slice(margin, one.shape[1] - margin)
    fills[..., inner] = dinucleotide_shuffle(one[:, inner], count, seed)
    return fills


def _spread(
    numbers: NDArray[Any], starts: NDArray[np.int64], width: int, one: NDArray[Any]
) -> NDArray[Any]:
    """What is lost, from the stretches to their bases: (A, L), or (T, A, L)."""
    lost = numbers[0] - numbers[1:]
    by_stretch = lost.reshape(len(starts), -1, *lost.shape[1:]).mean(axis=1)
    total = np.zeros((one.shape[1], *by_stretch.shape[1:]))
    covered = np.zeros(one.shape[1])
    for start, value in zip(starts.tolist(), by_stretch, strict=True):
        total[start : start + width] += value
        covered[start : start + width] += 1
    with np.errstate(invalid="ignore"):
        mean = np.moveaxis(total, 0, -1) / np.where(covered, covered, np.nan)
    per_base: NDArray[Any] = np.where(one != 0, mean[..., None, :], 0.0)
    return per_base


def _positive(option: str, value: object) -> int:
    number = whole_number(value, option)
    if number < 1:
        raise OptionError(f"{option} is {number}; at least 1.", option=option, value=number)
    return number

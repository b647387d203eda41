"""The verb `predict`: named tracks of sequences or of places in a genome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.interval import whole_number
from locuscope.genome.reference import Genome
from locuscope.inference.bin_choice import BinChoice
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.joined_inputs import is_joined
from locuscope.inference.predict_call import PredictCall
from locuscope.inference.predict_job import check_file
from locuscope.inference.run import Run, refuse_unused, run_of
from locuscope.inference.selection import TrackChoice, choose
from locuscope.inference.where import read_where
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Collection

    from locuscope.inference.ensemble_outputs import EnsembleOutputs
    from locuscope.inference.run import Out
    from locuscope.inference.where import Inputs, Places, Sequences
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.named_outputs import NamedOutputs

DTYPES = ("float32", "bfloat16")


@overload
def predict(
    model: SequenceModel,
    where: Places | Sequences | Inputs,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    down_sample: int = 1,
    sample: float | None = None,
    dtype: str = "float32",
    on_nonfinite: Literal["warn", "raise"] = "warn",
    return_var: Literal[False] = False,
    return_all: Literal[False] = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> NamedOutputs: ...


@overload
def predict(
    model: SequenceModel,
    where: Places | Sequences | Inputs,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    down_sample: int = 1,
    sample: float | None = None,
    dtype: str = "float32",
    on_nonfinite: Literal["warn", "raise"] = "warn",
    return_var: bool = False,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> NamedOutputs | EnsembleOutputs: ...


def predict(
    model: SequenceModel,
    where: Places | Sequences | Inputs,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    heads: Collection[str] | None = None,
    tracks: TrackChoice | None = None,
    resolutions_bp: Collection[int] | None = None,
    down_sample: int = 1,
    sample: float | None = None,
    dtype: str = "float32",
    on_nonfinite: Literal["warn", "raise"] = "warn",
    return_var: bool = False,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> NamedOutputs | EnsembleOutputs:
    """Predict the tracks of sequences or places.

    A place is predicted with real bases around it: a model with a fixed window reads the window
    centred on it, a model of any length the place and its crops. The output is cut to the bins that
    overlap the place. A place that is longer than one window predicts is read in windows side by
    side, as `predict_region` does; so is one that does not fit into memory, by a model of any
    length.

    Tracks run along the forward strand, whatever the strand of the place is; the strand of a track
    stands in its metadata. A model with several inputs reads each at its own end
    of the place, in the direction of the place's strand (`mtsplice`: the place is an exon). A
    window that leaves the contig is padded with N, and a DataWarning says so.

    Args:
        model: any `SequenceModel`: `load_model(name)`, or `wrap(module)` for your own.
        where: an Interval or several of one width, or a BED file of such (they need `genome`; a
            model with several inputs takes any widths), a list of ACGTN texts of one length, or
            one-hot sequence (N, A, L) with bases in the order ACGT. Bare sequences give every bin
            of the model; several inputs stand end to end, or in a mapping input name -> array.
        genome: where the bases of intervals come from.
        organism: index or name; None = the genome's organism where it states one, else 0.
        heads: heads to compute; None = all. Others are not run.
        tracks: criteria as a mapping, track names, or for one head places or a bool mask; None =
            all.
        resolutions_bp: only these bin widths; None = all.
        down_sample: keep the bins 0, d, 2d, ... of those that are asked for.
        sample: keep `linspace(0, P - 1, int(sample * P))` of P bins, cut to whole numbers.
        dtype: "float32" = as the network computes; "bfloat16" lets its products of matrices round
            to eight bits, and is no base for differences. Results are float32 either way.
        on_nonfinite: "warn" keeps NaN and Inf and says how many, "raise" stops.
        return_var: also the variance over the views.
        return_all: also the prediction of every view.
        seed: of the samples of dropout (`Ensemble(mc_samples=...)`).
        ensemble: views of a sequence that are averaged. A shift is undone on bins that divide it,
            where positions that it moves in from outside do not count; wider bins are left as they
            are.
        run: device, batch size, workers, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: an .h5 file. The work is then a job in parts that a later
            call takes up, and the values are read from the file as they are used.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        NamedOutputs with tensors (N, L', T), float32, on the CPU, without padding channels. The
        batch size does not change a value beyond rounding. With `return_var` or `return_all`
        EnsembleOutputs, whose `mean` is that.

    Raises:
        OptionError: a variance of a single view; samples of a network without dropout.
        ShapeError: a length that the model cannot read, places of different widths, swapped axes.
        OutOfBoundsError: a place beyond its contig, or a window beyond an embedded slice.
        EmptySelectionError: nothing to predict.
        DeviceMemoryError: one example does not fit.
        InputChangedError, LockedStoreError, StoreTargetError: as `Job.open`.

    >>> from locuscope import Genome, Interval, demo, load_model
    >>> place = Interval("20", 2_577_700, 2_577_900)
    >>> predict(load_model("cispliceai"), place, demo.genome()).splice_sites[1]
    NamedTrackTensor('splice_sites', 1bp, shape (1, 200, 4), 4 tracks, 20:2,577,701-2,577,900)
    """
    if genome is not None:
        check_class("genome", genome, Genome, hint="Genome(path) opens a FASTA file.")
    index = organism_index(organism, default=_organism_of(genome), known=None)
    choices = choose(
        model, heads=heads, tracks=tracks, resolutions_bp=resolutions_bp, organism=index
    )
    views = ensemble_of(ensemble, rc=rc)
    views.require_mean("predict")
    _check_views(views, return_var=return_var, return_all=return_all)
    check_choice("dtype", dtype, DTYPES)
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    if how.out is not None:
        refuse_unused(how, "predict(out=...)", ("workers",))
        check_file(how)
    call = PredictCall(
        model,
        choices,
        index,
        views,
        how,
        BinChoice(down_sample, sample),
        dtype=dtype,
        on_nonfinite=on_nonfinite,
        seed=whole_number(seed, "seed"),
        return_var=return_var,
        return_all=return_all,
    )
    given = read_where(where, model, genome)
    if given.places is None or genome is None:
        return call.of_bases(given)
    if is_joined(model):
        return call.of_pieces(given.places, genome)
    return call.of_places(given.places, genome)


def _check_views(views: Ensemble, *, return_var: object, return_all: object) -> None:
    check_class("return_var", return_var, bool)
    check_class("return_all", return_all, bool)
    if return_var and views.n_views < 2:
        raise OptionError(
            f"return_var=True: variance needs at least two members; {views!r} has one view.",
            option="return_var",
            value=True,
        )


def _organism_of(genome: Genome | None) -> int:
    stated = None if genome is None else genome.organism
    return 0 if stated is None else stated

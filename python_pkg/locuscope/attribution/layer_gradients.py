"""The call `layer_gradients`: a target differentiated with respect to layers, over many views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch

from locuscope.attribution.example_parts import example_facts
from locuscope.attribution.examples import Sequences, read_sequences
from locuscope.attribution.layer_files import LayerShape, layer_file, layers_as_job
from locuscope.attribution.layer_passes import LayerValues, joined, layers_over_views
from locuscope.attribution.target_views import TargetViews, target_views
from locuscope.errors import EmptySelectionError
from locuscope.genome.choices import check_class
from locuscope.genome.draws import check_seed
from locuscope.inference.batches import batch_size_for
from locuscope.inference.ensemble import Ensemble, ensemble_of
from locuscope.inference.run import Run, refuse_unused, run_of
from locuscope.models.protocol import require_model
from locuscope.tracks.organism import organism_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome
    from locuscope.inference.run import Out
    from locuscope.inference.target import TargetLike
    from locuscope.models.protocol import SequenceModel

__all__ = ["LayerValues", "layer_gradients", "layer_values"]

VERB = "layer_gradients"


def layer_gradients(
    model: SequenceModel,
    where: Any,
    layers: str | Sequence[str],
    target: TargetLike = None,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    out: Out | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> dict[str, NDArray[Any]]:
    """Differentiate a target with respect to hidden layers, or to the sequence itself.

    Each view of the ensemble is brought back before the mean is taken: the sequence in both bases
    and positions, a layer in its positions, which must be its last axis. Its units stay in their
    order, since nothing says which unit reads the other strand. A shift is undone where it is a
    whole number of positions: a layer with more positions than half the bases has one per base, and
    one whose positions divide the window is taken to cover it evenly.

    Args:
        model: any `SequenceModel`.
        where: as in `contributions`.
        layers: names from `list_layers(model)`, `name#1` for a second call; "input" is the one-hot
            sequence.
        target: as in `contributions`; "each" = every track on its own.
        genome: where the bases of intervals come from.
        organism: index or name; None = the genome's where it states one, else 0.
        return_all: every view of the ensemble instead of their mean.
        seed: of samples of dropout.
        ensemble: views that are averaged.
        run: device, batch size, progress, out and restart.
        rc: short for `Ensemble(rc=...)`.
        out: short for `Run(out=...)`: an .h5 file with one array per layer. The work is then a job
            in parts that a later call takes up, and the arrays are read as they are used.
        device: short for `Run(device=...)`.
        batch_size: short for `Run(batch_size=...)`.

    Returns:
        layer -> (N, U, P), the shape that the layer has; (T, N, U, P) with target="each", and with
        `return_all` an axis of views in front. 0 where the target does not depend on a layer.

    Raises:
        UnknownNameError: no such layer; with the closest names.
        OptionError: a layer that runs several times; a shift of a layer whose positions say not how
            many bases they cover.
        ShapeError: a layer without an axis of examples.

    >>> from locuscope import load_model
    >>> found = layer_gradients(load_model("dnase"), ["ACGT" * 128], "input", 0)
    >>> found["input"].shape
    (1, 4, 512)
    """
    how = run_of(run, device=device, batch_size=batch_size, out=out)
    refuse_unused(how, VERB, ("workers",) if how.targets() else ("workers", "progress", "restart"))
    work = _work(
        model,
        read_layers(layers),
        target,
        ensemble_of(ensemble, rc=rc),
        where=where,
        genome=genome,
        organism=organism,
        return_all=return_all,
        seed=seed,
    )
    if how.targets():
        return _by_job(work, how)
    return work.values(0, work.count, how).gradients


def layer_values(
    model: SequenceModel,
    where: Any,
    layers: str | Sequence[str],
    target: TargetLike = None,
    genome: Genome | None = None,
    *,
    organism: int | str | None = None,
    return_all: bool = False,
    seed: int = 0,
    ensemble: Ensemble | None = None,
    run: Run | None = None,
    rc: bool | None = None,
    device: str | None = None,
    batch_size: int | Literal["auto"] | None = None,
) -> LayerValues:
    """As `layer_gradients`, together with what the layers hold, from the same passes.

    Args:
        model: as there.
        where: as there.
        layers: as there.
        target: as there.
        genome: as there.
        organism: as there.
        return_all: as there.
        seed: as there.
        ensemble: as there.
        run: as there.
        rc: as there.
        device: as there.
        batch_size: as there.

    Returns:
        The gradients of `layer_gradients`, and the layers themselves.
    """
    how = run_of(run, device=device, batch_size=batch_size)
    refuse_unused(how, "layer_values", ("workers", "progress", "out", "restart"))
    work = _work(
        model,
        read_layers(layers),
        target,
        ensemble_of(ensemble, rc=rc),
        where=where,
        genome=genome,
        organism=organism,
        return_all=return_all,
        seed=seed,
    )
    return work.values(0, work.count, how)


@dataclass(frozen=True, eq=False)
class _Work:
    """What is asked of a call."""

    views: TargetViews
    examples: Sequences
    layers: tuple[str, ...]
    target: Any
    return_all: bool

    @property
    def count(self) -> int:
        return len(self.examples.bases)

    def values(self, first: int, stop: int, run: Run) -> LayerValues:
        """The layers of some examples."""
        device = run.torch_device()
        size = batch_size_for(run, self.views.width_bp, device)
        found = []
        with self.views.held(device):
            for begin in range(first, stop, size):
                end = min(begin + size, stop)
                batch = torch.from_numpy(self.examples.bases[begin:end]).to(device)
                rows = torch.arange(begin, end)
                found.append(
                    layers_over_views(
                        self.views, batch, rows, self.layers, return_all=self.return_all
                    )
                )
        return joined(found, over_views=self.return_all)

    def facts(self) -> dict[str, Any]:
        """Everything that changes a number."""
        model = self.views.models[0]
        return {
            **example_facts(self.examples, self.target),
            "model": model.name,
            "model_digest": model.digest,
            "organism": self.views.organism,
            "layers": list(self.layers),
            "ensemble": self.views.view_facts(),
            "return_all": self.return_all,
        }


def read_layers(layers: str | Sequence[str]) -> tuple[str, ...]:
    """Names of layers, each once.

    Raises:
        EmptySelectionError: none.
        WrongTypeError: something that is no text.

    >>> read_layers(["stem", "stem", "head"])
    ('stem', 'head')
    """
    is_one = isinstance(layers, str) or not isinstance(layers, Iterable)
    names: list[Any] = [layers] if is_one else list(layers)
    if not names:
        raise EmptySelectionError(
            "layers is empty; list_layers(model) lists their names.", available=None
        )
    for name in names:
        check_class("layers", name, str)
    return tuple(dict.fromkeys(names))


def _work(
    model: SequenceModel,
    layers: tuple[str, ...],
    target: TargetLike,
    views: Ensemble,
    *,
    where: Any,
    genome: Genome | None,
    organism: int | str | None,
    return_all: bool,
    seed: int,
) -> _Work:
    require_model(model)
    check_class("return_all", return_all, bool)
    views.require_mean(VERB)
    examples = read_sequences(model, where, genome, margin_bp=views.margin_bp)
    stated = None if genome is None else genome.organism
    bound = target_views(
        model,
        target,
        ensemble=views,
        width_bp=examples.inner.shape[-1],
        organism=organism_index(organism, default=stated or 0, known=None),
        windows=examples.windows,
        seed=check_seed(seed),
    )
    return _Work(bound, examples, layers, target, return_all)


def _by_job(work: _Work, run: Run) -> dict[str, NDArray[Any]]:
    layer_file(run, VERB)
    one = work.values(0, 1, run)
    axes = {
        name: array.ndim - one.activations[name].ndim + int(work.return_all)
        for name, array in one.gradients.items()
    }
    return layers_as_job(
        VERB,
        work.facts(),
        run,
        group="gradients",
        shapes={
            name: LayerShape.of(array, work.count, axes[name])
            for name, array in one.gradients.items()
        },
        count=work.count,
        width_bp=work.views.width_bp,
        compute=lambda first, stop, how: work.values(first, stop, how).gradients,
    )

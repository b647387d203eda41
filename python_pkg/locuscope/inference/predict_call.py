"""One call of `predict`, checked: sequences, pieces of places, places, or long places."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from locuscope.errors import DeviceMemoryError, OptionError
from locuscope.inference.batches import Examples, run_views
from locuscope.inference.ensemble_outputs import EnsembleOutputs
from locuscope.inference.executors import ThisProcess, executor_of
from locuscope.inference.joined_inputs import fetch_joined, is_joined
from locuscope.inference.long_places import is_long, predict_long
from locuscope.inference.named_answers import covered_by, named
from locuscope.inference.nonfinite import NonFinite
from locuscope.inference.predict_job import predict_by_job
from locuscope.inference.predict_shards import joined_shards, shards_of
from locuscope.inference.progress import Progress
from locuscope.inference.run import Run
from locuscope.inference.view_sums import ViewValues
from locuscope.inference.views import view_counts
from locuscope.inference.where import refuse_margin
from locuscope.inference.windows import (
    bins_over,
    check_available,
    fetch_windows,
    input_window,
    warn_unknown,
    widened,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.inference.bin_choice import BinChoice
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.executors import Executor
    from locuscope.inference.predict_shards import Shard
    from locuscope.inference.selection import HeadChoice
    from locuscope.inference.view_sums import Tensors
    from locuscope.inference.views import Cut
    from locuscope.inference.where import Given
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.named_outputs import NamedOutputs


@dataclass(frozen=True)
class PredictCall:
    """One call, checked: what is asked of which model, and how it runs."""

    model: SequenceModel
    choices: tuple[HeadChoice, ...]
    organism: int
    ensemble: Ensemble
    run: Run
    bins: BinChoice
    dtype: str
    on_nonfinite: str
    seed: int
    return_var: bool
    return_all: bool

    def of_bases(self, given: Given) -> NamedOutputs | EnsembleOutputs:
        """Every bin of sequences as they are."""
        refuse_margin(self.ensemble.shift_fill, self.ensemble.margin_bp)
        examples = sequence_examples(self.model, given.bases, given.arrays)
        return self._answer(self._values(examples, None))

    def of_pieces(
        self, places: Sequence[Interval], genome: Genome
    ) -> NamedOutputs | EnsembleOutputs:
        """Places of which a model reads several pieces."""
        refuse_margin(self.ensemble.shift_fill, self.ensemble.margin_bp)
        windows, bases = fetch_joined(self.model, places, genome)
        warn_unknown(windows, bases, genome)
        examples = Examples(
            len(bases), bases.shape[-1], lambda i, j: bases[i:j], lambda i: places[i].text(), True
        )
        values = self._values(examples, partial(_bins, places[0], windows[0]), places)
        return self._answer(values, places, covered_by(self.choices, places, windows))

    def of_places(
        self, places: Sequence[Interval], genome: Genome
    ) -> NamedOutputs | EnsembleOutputs:
        """Places in one window each, or in windows side by side."""
        if is_long(self.model, places[0], self.choices):
            return self._of_long(places, genome)
        margin = self.ensemble.margin_bp
        windows = [input_window(self.model, place, self.choices) for place in places]
        read = [widened(window, margin) for window in windows]
        for place, window in zip(places, read, strict=True):
            check_available(self.model, place, window, genome)
        bases = fetch_windows(read, genome)
        warn_unknown(read, bases, genome)
        examples = Examples(
            len(bases), windows[0].width, lambda i, j: bases[i:j], lambda i: places[i].text()
        )
        try:
            values = self._values(examples, partial(_bins, places[0], windows[0]), places)
        except DeviceMemoryError:
            if self.model.window_bp is not None or not self._can_be_tiled(windows[0]):
                raise
            return self._of_long(places, genome)
        return self._answer(values, places, covered_by(self.choices, places, windows))

    def _can_be_tiled(self, window: Interval) -> bool:
        width = self.model.default_width_bp
        has_bins = all(choice.spec.kind == "track" and choice.keys[0] for choice in self.choices)
        return width is not None and width < window.width and has_bins

    def _of_long(
        self, places: Sequence[Interval], genome: Genome
    ) -> NamedOutputs | EnsembleOutputs:
        if self.return_var or self.return_all or self.dtype != "float32":
            asked = "dtype" if self.dtype != "float32" else "return_var and return_all"
            raise OptionError(
                f"{places[0].text()} is predicted in windows side by side, which gives means in "
                f"float32 only; leave {asked} out, or predict places of at most one window.",
                option=asked.split(maxsplit=1)[0],
                value=True,
            )
        if self.run.targets():
            raise OptionError(
                f"{places[0].text()} is predicted in windows side by side; predict_region(out=...) "
                "and predict_chromosomes(out=...) write such places. Leave out out.",
                option="out",
                value=str(self.run.out),
            )
        found = predict_long(
            self.model,
            places,
            genome,
            self.choices,
            organism=self.organism,
            ensemble=self.ensemble,
            run=self.run,
            seed=self.seed,
            on_nonfinite=self.on_nonfinite,
        )
        if self.bins.is_all:
            return self._answer(ViewValues(found.values), places, found.covered)
        kept: Tensors = {
            name: {key: tensor[:, self.bins.of(tensor.shape[1])] for key, tensor in some.items()}
            for name, some in found.values.items()
        }
        return self._answer(ViewValues(kept), places)

    def _values(
        self, examples: Examples, cut: Cut | None, places: Sequence[Interval] | None = None
    ) -> ViewValues:
        """The values in memory, or with `out` in a file."""
        if not self.run.targets():
            executor = executor_of(self.run)
            if examples.count > 1 and not isinstance(executor, ThisProcess):
                return self._in_shards(examples, cut, executor)
            return self._run(examples, cut, self.run)
        n_kept = 1 + self.return_var + self.return_all * self.ensemble.n_views
        tally = NonFinite(examples.label, self.on_nonfinite)
        values = predict_by_job(
            examples,
            self.choices,
            lambda some, run: self._run(some, cut, run),
            facts=self._facts(places),
            run=self.run,
            recheck=partial(
                self._count_stored,
                tally,
                self.bins.after(cut, examples.width_bp),
                examples.width_bp,
            ),
            n_kept=n_kept,
            places=places,
        )
        tally.report()
        return values

    def _count_stored(
        self, tally: NonFinite, cut: Cut | None, width_bp: int, means: Tensors, first: int
    ) -> None:
        """Count what is not finite among means that an earlier call stored."""
        for choice in self.choices:
            for key, mean in means[choice.spec.name].items():
                # Where no view knows a position, NaN is the answer.
                unknown = view_counts(choice, key, width_bp, self.ensemble, cut) == 0
                tally.count({(choice.spec.name, key): mean.masked_fill(unknown, 0)}, first)

    def _in_shards(self, examples: Examples, cut: Cut | None, executor: Executor) -> ViewValues:
        """The values, computed where `run.workers` or a cluster says."""
        plain = replace(self, run=Run(device=self.run.device, batch_size=self.run.batch_size))
        shards = shards_of(examples, self.run.workers)
        parts: list[ViewValues] = []
        done = 0
        with (
            closing(executor.map(partial(_of_shard, plain, cut), shards, describe=str)) as found,
            Progress(self.run.progress, what="examples", total=examples.count) as progress,
        ):
            for count, part in found:
                parts.append(part)
                done += count
                progress.update(done, {"ok": done})
        return joined_shards(parts)

    def of_shard(self, shard: Shard, cut: Cut | None) -> ViewValues:
        """The values of a shard, in this process."""
        return self._run(shard.examples(), cut, replace(self.run, progress=False))

    def _facts(self, places: Sequence[Interval] | None) -> dict[str, object]:
        """Everything that changes a number or a name, as plain values."""
        return {
            "model": self.model.name,
            "model_digest": self.model.digest,
            "organism": self.organism,
            "heads": {
                choice.spec.name: {"keys": list(choice.keys), "channels": choice.rows.tolist()}
                for choice in self.choices
            },
            "places": None if places is None else [repr(place) for place in places],
            "ensemble": self.ensemble.facts(),
            "seed": self.seed if self.ensemble.mc_samples else None,
            "bins": [self.bins.step, self.bins.share],
            "dtype": self.dtype,
            "return_var": self.return_var,
            "return_all": self.return_all,
        }

    def _run(self, examples: Examples, cut: Cut | None, run: Run) -> ViewValues:
        total = examples.count * (1 + len(self.ensemble.members))
        with Progress(run.progress, what="examples", total=total) as progress:
            return run_views(
                self.model,
                examples,
                self.choices,
                organism=self.organism,
                ensemble=self.ensemble,
                run=run,
                on_nonfinite=self.on_nonfinite,
                cut=self.bins.after(cut, examples.width_bp),
                seed=self.seed,
                dtype=self.dtype,
                keeps_var=self.return_var,
                keeps_members=self.return_all,
                on_done=lambda done: progress.update(done, {"ok": done}),
            )

    def _answer(
        self,
        values: ViewValues,
        places: Sequence[Interval] | None = None,
        covered: Mapping[tuple[str, int], list[Interval]] | None = None,
    ) -> NamedOutputs | EnsembleOutputs:
        # Bins that do not stand side by side cover no place of their own.
        kept = covered if self.bins.is_all else None
        name = partial(
            named, self.choices, organism=self.organism, places=places, covered=kept or {}
        )
        mean = name(values.mean)
        if not (self.return_var or self.return_all):
            return mean
        return EnsembleOutputs(
            mean,
            None if values.var is None else name(values.var),
            None if values.members is None else tuple(map(name, values.members)),
            self.ensemble,
        )


def _of_shard(call: PredictCall, cut: Cut | None, shard: Shard) -> tuple[int, ViewValues]:
    return len(shard.labels), call.of_shard(shard, cut)


def sequence_examples(
    model: SequenceModel,
    bases: NDArray[np.uint8],
    arrays: Mapping[str, NDArray[Any]] | None = None,
    *,
    number: int = 0,
) -> Examples:
    """Examples of sequences as they are.

    Args:
        model: who reads them.
        bases: one-hot (N, A, L), several inputs end to end.
        arrays: inputs that are no bases, by name, (N, ...).
        number: of the first example among those of the call.
    """
    given = arrays or {}

    def fetch_arrays(first: int, stop: int) -> dict[str, NDArray[Any]]:
        return {name: array[first:stop] for name, array in given.items()}

    return Examples(
        len(bases),
        bases.shape[-1],
        lambda first, stop: bases[first:stop],
        is_joined=is_joined(model) or bool(given),
        arrays=fetch_arrays if given else None,
        number=number,
    )


def _bins(place: Interval, window: Interval, choice: HeadChoice, key: int) -> slice:
    # All places have one width and lie at one offset in their windows, so one slice serves all.
    bins = bins_over(place, window, choice.spec, key)
    return slice(bins.first, bins.stop)

"""What a call of `contributions` is asked to do: its examples, its method, and its result."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.averages import Averaged, average_over_views, joined_batches
from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.cut_gradients import reached
from locuscope.attribution.example_parts import (
    array_digest,
    example_facts,
    one_file,
    read_part,
    run_parts,
)
from locuscope.attribution.ism import finish_of, unknown_notes
from locuscope.attribution.layer_targets import LayerTargetViews
from locuscope.attribution.mutant_effects import MutantEffects
from locuscope.errors import OptionError
from locuscope.inference.target_values import BoundTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.attribution.contribution_plans import Plan
    from locuscope.attribution.example_parts import Arrays
    from locuscope.attribution.examples import Sequences
    from locuscope.attribution.gradient_methods import Explained, Function
    from locuscope.attribution.target_views import TargetViews
    from locuscope.inference.run import Run
    from locuscope.tracks.track_table import TrackTable

VERB = "contributions"
FILES = (".npz", ".h5", ".hdf5")
_FIELDS = ("mean", "delta", "change")


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that decides the values of a call.

    Args:
        bound: model, target and views.
        examples: what is explained.
        plan: the method.
        method: its name.
        gauge: "simplex" or "none".
        target: as the caller gave it.
        references: as the caller gave them.
        hypothetical: keep a value for each of the four bases.
        return_var: also the variance over the views.
        return_all: also the values of each view.
        options: of the method.
        plans: of mutants, made on the way.
        asked: bool (N, L), the positions that "ism" changes; None for the other methods.
    """

    bound: TargetViews
    examples: Sequences
    plan: Plan
    method: str
    gauge: str
    target: Any
    references: Any
    hypothetical: bool
    return_var: bool
    return_all: bool
    options: dict[str, Any]
    plans: dict[Any, Any] = field(default_factory=dict)
    asked: NDArray[np.bool_] | None = None

    def averaged(self, run: Run, part: tuple[int, int] | None = None) -> Averaged:
        """The values of all examples, or of some."""
        if self.plan.method is None:
            return self._effects(run, part)
        explain = self.plan.method

        def method(function: Function, x: Tensor, company: Tensor | None, first: int) -> Explained:
            return explain(reached(function, self.method), x, company, first)

        return average_over_views(
            self.bound,
            self.examples.bases,
            method,
            run=run,
            part=part,
            company=self.plan.company,
            cost=self.plan.cost,
            is_centred=self.gauge == "simplex",
            return_var=self.return_var,
            return_all=self.return_all,
        )

    @property
    def _kind(self) -> str:
        return "hypothetical" if self.hypothetical else "projected"

    def _effects(self, run: Run, part: tuple[int, int] | None) -> Averaged:
        """The effects of single changes."""
        asked: Any = self.asked
        finish = finish_of(self._kind, self.options["center"])

        def found(engine: str) -> Averaged:
            effects = MutantEffects(
                self.bound, self.examples.bases, asked, self.target, run, engine, self.plans
            )
            return effects.averaged(
                finish, part=part, return_var=self.return_var, return_all=self.return_all
            )

        engine = self.options["method"]
        if engine != "auto" or not run.targets():
            return found(engine)
        # The parts of a job must not depend on which way is faster just now.
        try:
            return found("incremental")
        except OptionError:
            return found("naive")

    def result(self, found: Averaged) -> Contributions:
        """The values with all that belongs to them."""
        model = self.bound.models[0]
        facts = {
            "model": model.name,
            "model_digest": model.digest,
            "method": self.method,
        }
        facts |= {} if self.plan.method is None else {"gauge": self.gauge}
        if isinstance(self.bound, LayerTargetViews):
            facts["layer"] = self.bound.layer
        result = Contributions(
            found.mean,
            self.examples.inner,
            kind=self._kind if self.plan.method is None else "hypothetical",
            intervals=self.examples.placed,
            method=self.method,
            target=self._target_text(),
            delta=found.delta,
            change=found.change,
            var=found.var,
            members=found.members,
            tracks=self._track_names(found.mean),
            track_table=self._track_table(found.mean),
            provenance={**facts, **self.plan.facts, "ensemble": self.bound.view_facts()},
            notes=(*found.notes, *self.plan.told(), *self._notes()),
        )
        return result if self.hypothetical else result.project()

    def facts(self) -> dict[str, Any]:
        """Everything that changes a number, as JSON values."""
        model = self.bound.models[0]
        given = self.references
        shared = given if given is None or isinstance(given, str) else array_digest(given)
        return {
            **example_facts(self.examples, self.target),
            **self.plan.facts,
            "references_given": shared,
            "model": model.name,
            "model_digest": model.digest,
            "method": self.method,
            "gauge": self.gauge,
            "hypothetical": self.hypothetical,
            "layer": self.bound.layer if isinstance(self.bound, LayerTargetViews) else None,
            "options": {
                name: repr(value) for name, value in self.options.items() if name != "positions"
            },
            # A digest: the text of a long array leaves out its middle.
            "positions": None if self.asked is None else array_digest(self.asked),
            "organism": self.bound.organism,
            "ensemble": self.bound.view_facts(),
        }

    def _target_text(self) -> str:
        layer = self.bound.layer if isinstance(self.bound, LayerTargetViews) else None
        place = "" if layer is None else f" of layer {layer}"
        if self.target is None:
            return f"sum{place}" if layer else "sum of all outputs"
        name = getattr(self.target, "__name__", None)
        text = str(name) if callable(self.target) and name else repr(self.target)
        return f"{text}{place}"

    def _track_names(self, values: NDArray[Any]) -> tuple[str, ...] | None:
        if values.ndim != 4:
            return None
        if isinstance(self.bound.bound, BoundTarget):
            return tuple(str(name) for name in self.bound.choices[0].table.cells("track_name"))
        return tuple(f"unit {number}" for number in range(len(values)))

    def _track_table(self, values: NDArray[Any]) -> TrackTable | None:
        is_output = isinstance(self.bound.bound, BoundTarget)
        return self.bound.choices[0].table if is_output and values.ndim == 4 else None

    def _notes(self) -> list[str]:
        if self.plan.method is None:
            return list(unknown_notes(self.examples.inner))
        notes = []
        is_output = not isinstance(self.bound, LayerTargetViews)
        ranges = [choice.spec.value_range for choice in self.bound.choices]
        if is_output and "probability" in ranges:
            notes.append(
                "The output is a probability, whose gradient vanishes near 0 and 1; "
                "input_gradient(..., pre_nonlinearity=True) goes before the last function."
            )
        n_unknown = int((~self.examples.inner.any(axis=1)).sum())
        if n_unknown:
            notes.append(f"{n_unknown:,} bases are not known; their projected contributions are 0.")
        return notes


def check_file(work: Work, run: Run) -> None:
    """Refuse a file that could not hold the result.

    Raises:
        OptionError: another suffix, or values that the files have no place for.
    """
    target = one_file(run, VERB)
    if target.suffix.lower() not in FILES:
        raise OptionError(
            f"out={str(target)!r}: a job ends in a file that is read back, {' or '.join(FILES)}; "
            "the other kinds are written by contributions(...).save(path).",
            option="out",
            value=str(target),
            allowed=FILES,
        )
    has_tracks = target.suffix.lower() != FILES[0]
    is_each = getattr(work.bound.bound, "track_reduce", None) == "each"
    is_each |= isinstance(work.bound, LayerTargetViews) and isinstance(work.bound.unit, str)
    odd = {
        "return_var": work.return_var,
        "return_all": work.return_all,
        'target="each"': is_each and not has_tracks,
    }
    asked = [name for name, is_asked in odd.items() if is_asked]
    if asked:
        raise OptionError(
            f"{asked[0]} with out={str(target)!r}: the file has no place for it; leave out one of "
            "the two.",
            option="out",
            value=str(target),
        )


def work_as_job(work: Work, run: Run, told: Callable[[Averaged], object]) -> Contributions:
    """Explain examples in parts that are kept on disk, and open the file that they become.

    Args:
        work: what is asked.
        run: with a file as `out`.
        told: called with all values before they are written; may add notes.
    """
    fitted = [work]

    def begin(adopted: Mapping[str, Any]) -> None:
        if work.plan.per_pass is not None:
            fitted[0] = replace(work, plan=work.plan.passing(adopted["per_pass"]))

    def compute(first: int, stop: int, how: Run) -> Arrays:
        found = fitted[0].averaged(how, (first, stop))
        arrays = {name: getattr(found, name) for name in _FIELDS}
        arrays["plain"] = np.array(sorted(work.plan.plain), np.str_)
        arrays["suspected"] = np.array(work.plan.suspected, np.str_)
        return {name: array for name, array in arrays.items() if array is not None}

    def write(path: Path, parts: Sequence[Path]) -> None:
        arrays = [read_part(part) for part in parts]
        suspected = work.plan.suspected
        suspected.clear()  # in the order of the parts, whichever call computed them
        for part in arrays:
            work.plan.plain.update(part["plain"].tolist())
            suspected += [c for c in part["suspected"].tolist() if c not in suspected]
        found = joined_batches(
            [
                Averaged(part["mean"], delta=part.get("delta"), change=part.get("change"))
                for part in arrays
            ]
        )
        told(found)
        work.result(found).save(path)

    n_bases = work.examples.inner[0].size
    target = run_parts(
        VERB,
        work.facts(),
        run,
        count=len(work.examples.bases),
        row_bytes=4 * n_bases,
        width_bp=work.bound.width_bp * work.plan.cost,
        compute=compute,
        write=write,
        adopt=None if work.plan.per_pass is None else {"per_pass": work.plan.per_pass},
        begin=begin,
    )
    return Contributions.open(target)

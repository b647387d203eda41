"""How each method of `contributions` runs: its options, its references, its function of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from locuscope.attribution.deeplift import TOLERANCE, deeplift
from locuscope.attribution.diagnosis import suspected_call
from locuscope.attribution.gradient_methods import (
    RULES,
    Explained,
    expected_gradients,
    gradient,
    integrated_gradients,
    smooth_gradient,
)
from locuscope.attribution.ism import CENTERS
from locuscope.attribution.mutant_effects import METHODS as ENGINES
from locuscope.attribution.references import changed_bases, random_points, references_of
from locuscope.attribution.rescaling import ON_UNSUPPORTED
from locuscope.errors import OptionError, did_you_mean
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.attribution.averages import Company, Method

GRADIENTS = ("gradient", "gradient_x_input", "smooth_gradient")
BASELINES = ("integrated_gradients", "expected_gradients", "deeplift")
ISM = "ism"
METHODS = (*GRADIENTS, *BASELINES, ISM)
_OPTIONS: dict[str, dict[str, Any]] = {
    "gradient": {},
    "gradient_x_input": {},
    "smooth_gradient": {"n_samples": 20, "p": 0.1},
    "integrated_gradients": {"rule": "gauss_legendre", "tolerance": None},
    "expected_gradients": {"n_samples": 10},
    "deeplift": {"on_unsupported": "error", "diagnose": False},
    ISM: {"center": "alts", "positions": None, "method": "auto"},
}
_USED = {
    "integrated_gradients": ("references", "n_references", "steps", "seed"),
    "expected_gradients": ("references", "n_references", "seed"),
    "deeplift": ("references", "n_references", "seed"),
    "smooth_gradient": ("seed",),
}


@dataclass(frozen=True)
class Plan:
    """A method, ready for the batches of one call.

    Args:
        method: gives the values of a batch; None for "ism", which works example by example.
        company: the sequences that go with each example.
        cost: sequences that go through the network at once for each example.
        facts: what the result's provenance tells.
        plain: names of functions whose plain derivative was taken, once the call has run.
        suspected: calls that lose a part of a difference, where that was asked.
        per_pass: references that go through the network at once, where the method divides them.
    """

    method: Method | None
    company: Company | None
    cost: int
    facts: dict[str, Any]
    plain: set[str]
    suspected: list[str] = field(default_factory=list)
    per_pass: int | None = None

    def passing(self, per_pass: int) -> Plan:
        """The same method with another number of references at once, which changes a rounding."""
        method: Any = self.method
        return replace(
            self, method=partial(method, per_pass=per_pass), cost=1 + per_pass, per_pass=per_pass
        )

    def told(self) -> list[str]:
        """Notes for the result."""
        if not self.plain:
            return []
        return [f"deeplift took the plain derivative of {', '.join(sorted(self.plain))}."]


def plan_method(
    method: str,
    options: dict[str, Any],
    *,
    references: Any,
    count: int,
    steps: int,
    seed: int,
    bases: NDArray[Any],
    fitting: int,
) -> Plan:
    """The method as a function of a batch, and the sequences that go with it.

    Args:
        method: one of `METHODS`.
        options: of that method, complete.
        references: as `references_of` takes them.
        count: shuffles of each example.
        steps: points on each line.
        seed: of everything that is drawn.
        bases: one-hot (N, A, L).
        fitting: sequences that fit the memory at once.
    """
    plain: set[str] = set()
    if method == "smooth_gradient":
        number = _positive("n_samples", options["n_samples"])

        def changed(batch: NDArray[Any], first: int) -> NDArray[Any]:
            del first
            return changed_bases(batch, number, options["p"], seed)

        return Plan(_smooth, changed, 1, {**options, "seed": seed}, plain)
    if method == ISM:
        told = {name: option for name, option in options.items() if name != "positions"}
        return Plan(None, None, 1, told, plain)
    if method in GRADIENTS:
        return Plan(_plain_gradient, None, 1, {}, plain)
    made = references_of(references, count=count, seed=seed, shape=bases.shape)
    facts = {**made.facts(), **options}
    if method == "integrated_gradients":
        number = _positive("steps", steps)
        facts["steps"] = number
        integrated = partial(_integrated, steps=number, **options)
        return Plan(integrated, made.of, 1, facts, plain)
    if method == "expected_gradients":
        number = _positive("n_samples", options["n_samples"])
        facts["seed"] = seed
        expected = partial(_expected, bases=bases, n_samples=number, seed=seed)
        return Plan(expected, made.of, 1, facts, plain)
    suspected: list[str] = []
    lifted = partial(
        _lifted,
        on_unsupported=options["on_unsupported"],
        plain=plain,
        suspected=suspected if options["diagnose"] else None,
    )
    lifting = Plan(lifted, made.of, 1, facts, plain, suspected)
    return lifting.passing(min(made.count, max(1, fitting - 1)))


def _plain_gradient(function: Any, x: Tensor, company: Tensor | None, first: int) -> Explained:
    del company, first
    return Explained(gradient(function, x))


def _smooth(function: Any, x: Tensor, company: Tensor | None, first: int) -> Explained:
    del first
    return Explained(smooth_gradient(function, x, _beside(company)))


def _integrated(
    function: Any,
    x: Tensor,
    company: Tensor | None,
    first: int,
    *,
    rule: str,
    steps: int,
    tolerance: float | None,
) -> Explained:
    del first
    beside = _beside(company)
    return integrated_gradients(function, x, beside, rule, steps, tolerance=tolerance)


def _expected(
    function: Any,
    x: Tensor,
    company: Tensor | None,
    first: int,
    *,
    bases: NDArray[Any],
    n_samples: int,
    seed: int,
) -> Explained:
    beside = _beside(company)
    own = bases[first : first + len(x)]
    points = torch.from_numpy(random_points(own, beside.shape[1], n_samples, seed))
    return expected_gradients(function, x, beside, points)


def _lifted(
    function: Any,
    x: Tensor,
    company: Tensor | None,
    first: int,
    *,
    on_unsupported: str,
    per_pass: int,
    plain: set[str],
    suspected: list[str] | None,
) -> Explained:
    del first
    beside = _beside(company)
    found = deeplift(
        function,
        x,
        beside,
        on_unsupported=on_unsupported,
        references_per_pass=per_pass,
        plain=plain,
    )
    if suspected is not None and found.delta is not None and found.change is not None:
        ratio = found.delta.abs() / found.change.abs().clamp(min=1)
        if not (ratio <= TOLERANCE).all():
            worst = int(torch.nan_to_num(ratio, nan=torch.inf).argmax()) % beside.shape[1]
            some = beside[:, worst : worst + 1]
            call = suspected_call(function, x, some, on_unsupported=on_unsupported)
            suspected += [call] if call is not None and call not in suspected else []
    return found


def _beside(company: Tensor | None) -> Tensor:
    if company is None:
        raise OptionError(
            "this method compares with references, and the call has none.",
            option="references",
            value=None,
        )
    return company


def method_options_of(method: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Complete the options of a method.

    Raises:
        OptionError: one that it does not have, or out of range.
    """
    known = _OPTIONS[method]
    for name in given or {}:
        if name not in known:
            raise OptionError(
                f"method_options: {method!r} has no option {name!r}; "
                f"{did_you_mean(str(name), known)}",
                option="method_options",
                value=name,
                allowed=tuple(known),
            )
    found = {**known, **(given or {})}
    if "rule" in found:
        check_choice("rule", found["rule"], RULES)
    tolerance = found.get("tolerance")
    is_number = isinstance(tolerance, int | float) and not isinstance(tolerance, bool)
    if tolerance is not None and not (is_number and tolerance > 0):
        raise OptionError(
            f"tolerance is {tolerance!r}; a positive number is needed, such as 1e-3.",
            option="tolerance",
            value=tolerance,
        )
    if method == ISM:
        check_choice("center", found["center"], CENTERS)
        check_choice("method", found["method"], ENGINES)
    if "diagnose" in found:
        check_class("diagnose", found["diagnose"], bool)
    if "on_unsupported" in found:
        check_choice("on_unsupported", found["on_unsupported"], ON_UNSUPPORTED)
    if "p" in found and not (isinstance(found["p"], int | float) and 0 <= found["p"] <= 1):
        raise OptionError(
            f"p is {found['p']!r}; a probability is needed.", option="p", value=found["p"]
        )
    return found


def _positive(option: str, value: object) -> int:
    number = whole_number(value, option)
    if number < 1:
        raise OptionError(f"{option} is {number}; at least 1.", option=option, value=number)
    return number


def refuse_unused_options(method: str, **given: Any) -> None:
    """Refuse arguments that a method would not use.

    Raises:
        OptionError: one that is not None.
    """
    used = _USED.get(method, ())
    for option, value in given.items():
        if value is not None and option not in used:
            raise OptionError(
                f"{option} has no effect on method={method!r}; leave it out.",
                option=option,
                value=value if isinstance(value, int | str) else type(value).__name__,
            )

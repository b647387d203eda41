"""What is compared and how: the options of `evaluate` and `accuracy`, checked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.draws import check_seed
from locuscope.genome.interval import whole_number
from locuscope.inference.accuracy_sums import SUM_METRICS
from locuscope.inference.rank_values import RANK_METRICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRICS = (*SUM_METRICS, *RANK_METRICS)
GROUPS = ("sequence", "track")
MAX_VALUES = 20_000_000
DEFAULT_METRICS = ("pearsonr", "r2", "mse")


@dataclass(frozen=True, kw_only=True)
class AccuracyOptions:
    """What is compared, and how; see `accuracy`."""

    metrics: tuple[str, ...] = DEFAULT_METRICS
    log: bool = False
    pseudocount: float = 1.0
    clip: float | None = None
    sample: float | None = None
    by: str | None = None
    seed: int = 0
    positive_above: float | None = None
    max_values: int = MAX_VALUES

    def __post_init__(self) -> None:
        """Refuse values outside their range, and options that nothing would use."""
        given: Any = self.metrics
        listed = [given] if isinstance(given, str) or not isinstance(given, Iterable) else given
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(listed)))
        if not self.metrics:
            raise _refusal("metrics", given, f"some of {', '.join(METRICS)}")
        for name in self.metrics:
            check_choice("metrics", name, METRICS)
        if self.by is not None:
            check_choice("by", self.by, GROUPS)
        check_class("log", self.log, bool)
        self._check_numbers()
        object.__setattr__(self, "seed", check_seed(self.seed))
        size = whole_number(self.max_values, "max_values")
        object.__setattr__(self, "max_values", size)
        if size < 1:
            raise _refusal("max_values", size, "a whole number of at least 1")

    def _check_numbers(self) -> None:
        if not _is_number(self.pseudocount) or self.pseudocount < 0:
            raise _refusal("pseudocount", self.pseudocount, "a number of at least 0")
        if not self.log and self.pseudocount != 1.0:
            raise OptionError(
                f"pseudocount={self.pseudocount} has no effect without log=True.",
                option="pseudocount",
                value=self.pseudocount,
            )
        if self.clip is not None and (not _is_number(self.clip) or self.clip <= 0):
            raise _refusal("clip", self.clip, "a number above 0, or None")
        if self.sample is not None and not (_is_number(self.sample) and 0 < self.sample <= 1):
            raise _refusal("sample", self.sample, "a share above 0 and at most 1, or None")
        above = self.positive_above
        if above is not None and not _is_number(above):
            raise _refusal("positive_above", above, "a number, or None")
        if above is not None and not {"auroc", "auprc"} & set(self.metrics):
            raise OptionError(
                f"positive_above={above} has no effect on {', '.join(self.metrics)}; it is for "
                "auroc and auprc.",
                option="positive_above",
                value=above,
            )

    def prepared(self, values: NDArray[np.floating], *, log: bool) -> NDArray[np.float64]:
        """Clip to [0, clip], then log2(x + pseudocount); NaN below minus the pseudocount."""
        wide = values.astype(np.float64)
        if self.clip is not None:
            wide = np.clip(wide, 0.0, self.clip)
        if not log:
            return wide
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.log2(wide + self.pseudocount)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(-float("inf") < float(value) < float("inf"))


def _refusal(option: str, value: object, expected: str) -> OptionError:
    return OptionError(f"{option} is {value!r}; expected {expected}.", option=option, value=value)

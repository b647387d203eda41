"""NaN and Inf in what a network gives: counted and said, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from locuscope.errors import NonFiniteError
from locuscope.genome.caller import warn_caller
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from locuscope.inference.views import Values

ON_NONFINITE = ("warn", "raise")


class NonFinite:
    """Counts values that are not finite, over all batches of a call.

    Args:
        label: index -> what a message calls an example.
        on_nonfinite: "warn" or "raise".

    Raises:
        OptionError: another word.
    """

    def __init__(self, label: Callable[[int], str], on_nonfinite: str) -> None:
        check_choice("on_nonfinite", on_nonfinite, ON_NONFINITE)
        self.label = label
        self.on_nonfinite = on_nonfinite
        self.counts: dict[str, int] = {}
        self.first: int | None = None

    def count(self, values: Values, first: int) -> None:
        """Count those of a batch whose first example has a number.

        Raises:
            NonFiniteError: there are some, under "raise".
        """
        for (name, _), tensor in values.items():
            bad = ~torch.isfinite(tensor)
            if not bad.any():
                continue
            self.counts[name] = self.counts.get(name, 0) + int(bad.sum())
            if self.first is None:
                self.first = first + int(bad.flatten(1).any(1).nonzero()[0])
        if self.counts and self.on_nonfinite == "raise":
            raise NonFiniteError(
                self._sentence(),
                where=self._where(),
                count=sum(self.counts.values()),
                first=self.first,
            )

    def report(self) -> None:
        """Say once how many there were, and where the first is."""
        if self.counts:
            warn_caller(self._sentence())

    def _where(self) -> str:
        return self.label(self.first or 0)

    def _sentence(self) -> str:
        heads = ", ".join(f"{count:,} in {name!r}" for name, count in self.counts.items())
        return f"The output holds NaN or Inf: {heads}; the first is in {self._where()}."

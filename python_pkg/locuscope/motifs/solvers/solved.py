"""`Solved`: what every solver returns, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STATUSES = ("ok", "empty", "max_sweeps", "invalid_input")
PER_HIT = (
    "region",
    "motif_id",
    "hit_start",
    "coefficient",
    "similarity",
    "importance",
    "importance_sq",
)


@dataclass(frozen=True, eq=False, repr=False)
class Solved:
    """Solutions of some regions: one entry per region, then one per active atom.

    Per region, in input order (all metrics NaN where the status is `invalid_input`): `nll`,
    `gap` (the true duality gap per base), `sweeps` (sweeps and finish steps), `step_size` (NaN
    where the solver has none), `scale` (g), `dual_norm`, `n_candidates`, `n_rounds`,
    `n_support`, `status` (names of `STATUSES`), `replaced` (values set to zero).

    Per active atom, sorted by (region, hit_start, motif_id), not yet filtered by similarity:
    `region` (row in the whole input), `motif_id`, `hit_start` (start of the untrimmed window),
    `coefficient`, `similarity`, `importance` (sum |X| over the core), `importance_sq` (sum X^2),
    all in units of the normalised region, float64.
    """

    nll: NDArray[np.float64]
    gap: NDArray[np.float64]
    sweeps: NDArray[np.int32]
    step_size: NDArray[np.float32]
    scale: NDArray[np.float32]
    dual_norm: NDArray[np.float64]
    n_candidates: NDArray[np.int32]
    n_rounds: NDArray[np.int32]
    n_support: NDArray[np.int32]
    status: NDArray[np.str_]
    replaced: NDArray[np.int32]
    region: NDArray[np.int64]
    motif_id: NDArray[np.int64]
    hit_start: NDArray[np.int64]
    coefficient: NDArray[np.float64]
    similarity: NDArray[np.float64]
    importance: NDArray[np.float64]
    importance_sq: NDArray[np.float64]

    def __repr__(self) -> str:
        """Sizes and the worst gap."""
        worst = float(np.nanmax(self.gap, initial=0.0))
        return f"Solved({len(self.nll):,} regions, {len(self.region):,} atoms, gap <= {worst:.1e})"

    @classmethod
    def concatenate(cls, parts: Sequence[Solved]) -> Solved:
        """Join the answers of neighbouring chunks, in order; no part gives empty arrays."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls.empty()
        joined = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(cls)
        }
        return cls(**joined)

    @classmethod
    def empty(cls) -> Solved:
        """No region, every array with its type."""
        whole, real = np.empty(0, np.int32), np.empty(0, np.float64)
        single, wide = np.empty(0, np.float32), np.empty(0, np.int64)
        return cls(
            nll=real,
            gap=real,
            sweeps=whole,
            step_size=single,
            scale=single,
            dual_norm=real,
            n_candidates=whole,
            n_rounds=whole,
            n_support=whole,
            status=np.empty(0, "<U13"),
            replaced=whole,
            region=wide,
            motif_id=wide,
            hit_start=wide,
            coefficient=real,
            similarity=real,
            importance=real,
            importance_sq=real,
        )

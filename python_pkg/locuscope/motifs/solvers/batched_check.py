"""Which atoms of a chunk matter: a float32 convolution, and float64 for all that come near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import conv1d

from .atom_lists import atoms_at, keys_of, ordered_sum, sort_order

if TYPE_CHECKING:
    from torch import Tensor

    from .atom_lists import Atoms, LoadedRegions

    Places = tuple[Tensor, Tensor, Tensor]

# Slack of the float32 screen: relative, and per norm of a motif for the rounding of its sums.
_SLACK = 2e-5
_ROUNDING = 4e-6
# Atoms this close to their threshold in float32 are looked at again in float64.
_NEAR = 1e-4
_VIOLATION = 1e-9
# More atoms of one region than this wait until the most promising ones are solved.
ROOM = 512


class AtomCheck:
    """Thresholds of every atom of a chunk, against which correlations are held."""

    def __init__(self, regions: LoadedRegions) -> None:
        tables = regions.tables
        self.regions, self.tables = regions, tables
        squares = (regions.values**2).reshape(regions.count, -1, regions.channels)
        self._roots = tables.thresholds(ordered_sum(squares))
        self._motifs = tables.atoms.float()
        norms = (tables.atoms**2).sum(dim=(1, 2))[:, None].sqrt()
        self._slack = (_ROUNDING * norms / tables.lambdas[0]).clamp(min=_SLACK)

    def screen(self, is_open: Tensor) -> tuple[Atoms, Tensor]:
        """Atoms whose correlation with X comes within the slack of their threshold.

        Returns:
            (the most promising ones of each region, sorted; how many each region has, (n,))
        """
        rows = is_open.nonzero()[:, 0]
        found = self._ratios(self.regions.values, rows) > 1 - self._slack.float()
        region, motif, start = found.nonzero(as_tuple=True)
        region = rows[region]
        order = sort_order(region, motif, start, self.tables)
        atoms = atoms_at(self.regions, region[order], motif[order], start[order])
        # Half of the slack: what float32 rounds then never decides.
        ratios = atoms.ratios(self.regions.values)
        kept = ratios > 1 - self._slack[atoms.motif, 0] / 2
        counts = torch.bincount(atoms.region[kept], minlength=self.regions.count)
        kept = kept & _most_promising(atoms.region, torch.where(kept, ratios, -torch.inf))
        places = (atoms.region[kept], atoms.motif[kept], atoms.start[kept])
        return atoms_at(self.regions, *places), counts

    def violators(self, residual: Tensor, is_open: Tensor, known: Atoms) -> tuple[Places, Tensor]:
        """Atoms outside of `known` that would still enter, and the dual norm of every region.

        Args:
            residual: (n, (L + 2 margin) C) float64.
            is_open: regions to look at, (n,).
            known: atoms of the small problems.

        Returns:
            ((region, motif, start), dual norms (n,) with 0 for the regions left out)
        """
        rows = is_open.nonzero()[:, 0]
        ratios = self._ratios(residual, rows)
        top = ratios.amax(dim=(1, 2), keepdim=True)
        # The largest ratio of a region is reported, so it is computed exactly wherever it lies.
        limit = torch.minimum(1 - _NEAR - self._slack.float(), top * (1 - 2 * _NEAR))
        region, motif, start = ((ratios > limit) & (top > 0)).nonzero(as_tuple=True)
        near = atoms_at(self.regions, rows[region], motif, start)
        exact = near.ratios(residual)
        dual = torch.zeros(len(residual), dtype=exact.dtype, device=exact.device)
        dual = dual.scatter_reduce(0, near.region, exact, "amax")
        keys = keys_of(near.region, near.motif, near.start, self.tables)
        own = keys_of(known.region, known.motif, known.start, self.tables)
        joins = (exact > 1 + _VIOLATION) & ~torch.isin(keys, own)
        joins = joins & _most_promising(near.region, torch.where(joins, exact, -torch.inf))
        return (near.region[joins], near.motif[joins], near.start[joins]), dual

    def _ratios(self, values: Tensor, rows: Tensor) -> Tensor:
        """I <values, D> / lambda of every atom of some regions in float32, (rows, M, P)."""
        found = conv1d(self.regions.dense(values)[rows], self._motifs)
        roots = self._roots[self.tables.core_of][:, rows].transpose(0, 1)
        ratios = found / (roots * self.tables.lambdas.float())
        return ratios.masked_fill_(~self.tables.allowed, -torch.inf)


def _most_promising(region: Tensor, ratios: Tensor) -> Tensor:
    """Which atoms are among the `ROOM` with the largest ratios of their region, (q,) bool."""
    if len(region) <= ROOM:
        return torch.ones_like(region, dtype=torch.bool)
    order = torch.argsort(ratios, descending=True, stable=True)
    order = order[torch.argsort(region[order], stable=True)]
    counts = torch.bincount(region)
    first = counts.cumsum(0) - counts
    kept = torch.empty_like(region, dtype=torch.bool)
    kept[order] = torch.arange(len(region), device=region.device) - first[region[order]] < ROOM
    return kept

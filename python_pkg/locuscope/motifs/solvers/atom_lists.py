"""Lists of atoms on a device, and their float64 products in an order that nothing can change.

Every sum here is a chain of additions of whole tensors. Libraries sum and multiply matrices in an
order that depends on shapes, so that a region would get other bits in another chunk; and a power
or exponential may differ between the vector and the rest of a tensor. Only + - * / and square
roots are used, which are exact to the last bit everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import pad

from .tables import IMPORTANCE_LIMIT

if TYPE_CHECKING:
    from torch import Tensor

    from .dense_tables import DenseTables
    from .regions_chunk import RegionsChunk


def ordered_sum(values: Tensor) -> Tensor:
    """Sum over the last axis by adding its halves, the same bits for any number of rows.

    >>> ordered_sum(torch.tensor([[1.0, 2.0, 3.0]])).tolist()
    [6.0]
    """
    count = values.shape[-1]
    room = 1 << max(0, count - 1).bit_length()
    values = pad(values, (0, room - count))
    while values.shape[-1] > 1:
        half = values.shape[-1] // 2
        values = values[..., :half] + values[..., half:]
    return values[..., 0]


class LoadedRegions:
    """Regions of a chunk on the device.

    Args:
        chunk: regions as read.
        tables: motifs on the same device.

    `values` float64 (n, (L + 2 margin) C), position by position, with C = A values each in
    hypothetical mode and 1 otherwise; `bases` (n, L + 2 margin), A where no base stands;
    `one_hot` float32 (n, A, L + 2 margin), None in hypothetical mode.
    """

    def __init__(self, chunk: RegionsChunk, tables: DenseTables) -> None:
        device, margin = tables.device, tables.margin
        self.tables, self.count = tables, len(chunk)
        bases = torch.from_numpy(chunk.bases).to(device, torch.int64)
        bases = torch.where(bases < 0, tables.n_bases, bases)
        self.bases = pad(bases, (margin, margin), value=tables.n_bases)
        values = torch.from_numpy(chunk.values).to(device, torch.float64)
        self.channels = values.shape[2] if values.ndim == 3 else 1
        self.values = pad(values.flatten(1), (margin * self.channels, margin * self.channels))
        self.one_hot: Tensor | None = None
        if values.ndim == 2:
            rows = torch.arange(tables.n_bases, device=device)[:, None]
            self.one_hot = (self.bases[:, None, :] == rows).float()
        self.energy = ordered_sum(self.values**2)

    def dense(self, values: Tensor) -> Tensor:
        """Values (n, (L + 2 margin) C) as float32 (n, A, L + 2 margin)."""
        if self.one_hot is not None:
            return values.float()[:, None, :] * self.one_hot
        return values.float().reshape(self.count, -1, self.channels).transpose(1, 2).contiguous()


@dataclass(frozen=True)
class Atoms:
    """Atoms of some regions, sorted by (region, hit_start, motif_id).

    Args:
        region, motif, start: (q,) int64; region in the chunk, start from the left margin on.
        vectors: masked motifs under the bases, (q, W C) float64.
        places: where those values stand in a region, (q, W C).
        energy, size: sums of X^2 and |X| over the core; weight: I; product: <X, D>; lam: lambda.
    """

    region: Tensor
    motif: Tensor
    start: Tensor
    vectors: Tensor
    places: Tensor
    energy: Tensor
    size: Tensor
    weight: Tensor
    product: Tensor
    lam: Tensor

    def __len__(self) -> int:
        """Number of atoms."""
        return len(self.region)

    def ratios(self, values: Tensor) -> Tensor:
        """I <values, D> / lambda of each atom, (q,); `values` as `LoadedRegions.values`."""
        found = ordered_sum(self.vectors * values[self.region[:, None], self.places])
        return found * self.weight / self.lam


def atoms_at(regions: LoadedRegions, region: Tensor, motif: Tensor, start: Tensor) -> Atoms:
    """Atoms at some places, in the order given."""
    tables, channels = regions.tables, regions.channels
    columns = torch.arange(tables.width * channels, device=tables.device)
    places = start[:, None] * channels + columns
    if channels == 1:
        bases = regions.bases[region[:, None], places]
        vectors = tables.by_column[motif[:, None], columns, bases]
    else:
        vectors = tables.by_column[:, :, : tables.n_bases].flatten(1)[motif]
    values = regions.values[region[:, None], places]
    inside = tables.masks[motif, 0][:, columns // channels]
    energy = ordered_sum(values**2 * inside)
    lowest = torch.full_like(energy, 1 / IMPORTANCE_LIMIT)
    return Atoms(
        region=region,
        motif=motif,
        start=start,
        vectors=vectors,
        places=places,
        energy=energy,
        size=ordered_sum(values.abs() * inside),
        weight=1 / torch.maximum(torch.sqrt(energy + tables.problem.eps), lowest),
        product=ordered_sum(vectors * values),
        lam=tables.lambdas[0, motif, 0],
    )


def sort_order(region: Tensor, motif: Tensor, start: Tensor, tables: DenseTables) -> Tensor:
    """Permutation that sorts atoms by (region, hit_start, motif_id)."""
    return torch.argsort(keys_of(region, motif, start, tables))


def keys_of(region: Tensor, motif: Tensor, start: Tensor, tables: DenseTables) -> Tensor:
    """One number per atom; their order is that of (region, hit_start, motif_id)."""
    keys: Tensor = (region * tables.n_starts + start) * tables.n_motifs + motif
    return keys


def residual_of(regions: LoadedRegions, atoms: Atoms, coefficients: Tensor) -> Tensor:
    """X minus the prediction, (n, (L + 2 margin) C), atoms taken off in their order."""
    residual = regions.values.clone()
    used = coefficients > 0
    region, places = atoms.region[used], atoms.places[used]
    parts = (coefficients * atoms.weight)[used][:, None] * atoms.vectors[used]
    for rank in ranks(region, regions.count):
        # One atom per region at a time, so that no place is written twice at once.
        rows = region[rank][:, None]
        residual[rows, places[rank]] = residual[rows, places[rank]] - parts[rank]
    return residual


def ranks(region: Tensor, n_regions: int) -> list[Tensor]:
    """Indices of the first atom of each region, of the second, and so on."""
    counts = torch.bincount(region, minlength=n_regions)
    first = counts.cumsum(0) - counts
    position = torch.arange(len(region), device=region.device) - first[region]
    most = int(counts.max()) if len(counts) else 0
    return [(position == rank).nonzero()[:, 0] for rank in range(most)]

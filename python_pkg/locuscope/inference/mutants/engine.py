"""One captured network at work: references, tiles of mutants, and whole passes to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from locuscope.errors import ModelError

# Rules register themselves when their files are read.
from locuscope.inference.mutants import (  # noqa: F401
    conv_rules,
    global_rules,
    pointwise_rules,
    pool_rules,
    shape_rules,
)
from locuscope.inference.mutants.rules import Tables, Tile, run
from locuscope.inference.mutants.windows import Delta, Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.inference.mutants.door import Door

Edit = tuple[tuple[int, int], ...]
"""Substitutions that are made together: (position, index of the base)."""


@dataclass(eq=False)
class Engine:
    """A network for sequences of one length.

    Args:
        door: the model with its chosen outputs.
        tables: captured graph and weights; None where it could not be captured.
        length_bp: bases of a sequence.
        device: where it runs.
        dtype: type of its numbers.
        is_precise: compute references in float64 and round them once; what the differences of the
            mutants are measured from is then exact to the last bit of float32.
    """

    door: Door
    tables: Tables | None
    length_bp: int
    device: torch.device
    dtype: torch.dtype
    is_precise: bool = False

    @property
    def net(self) -> Tables:
        """The captured graph.

        Raises:
            ModelError: the network could not be captured.
        """
        if self.tables is None:
            raise ModelError(
                "the network could not be captured; its mutants are whole passes.", batch=None
            )
        return self.tables

    def one_hot(self, sequence: Tensor) -> Tensor:
        """(A, L) as the batch (1, A, L) of the network."""
        return sequence.to(self.device, self.dtype)[None]

    def reference(self, sequence: Tensor) -> Reference:
        """Values of every operation for one sequence (A, L)."""
        graph, x = self.net.graph, self.one_hot(sequence)
        if not self.is_precise:
            return Reference(graph.reference(x))
        doubled = self.net.laid.get("float64")
        if doubled is None:
            doubled = {node: _cast(value, torch.float64) for node, value in graph.statics.items()}
            self.net.laid["float64"] = doubled
        return Reference(graph.reference(x.double(), doubled, lambda v: _cast(v, self.dtype)))

    def try_precise(self, sequence: Tensor) -> Reference:
        """Use float64 for references where the network can be computed in it.

        Returns:
            The reference of the sequence, as all later ones are computed.
        """
        self.is_precise = self.dtype == torch.float32
        if self.is_precise:
            try:
                found = self.reference(sequence)
            except (RuntimeError, TypeError, NotImplementedError):
                pass
            else:
                if all(_is_typed(node, value) for node, value in found.values.items()):
                    return found
        self.is_precise = False
        return self.reference(sequence)

    def outputs(self, reference: Reference) -> list[Tensor]:
        """Outputs of the reference, each without the batch."""
        return [self._base(reference, node)[0] for node in self.net.graph.outputs]

    def _base(self, reference: Reference, node: Any) -> Tensor:
        known = reference.values
        value: Tensor = known[node] if node in known else self.net.graph.constant(node, 1)
        return value

    def tile(self, reference: Reference, edits: Sequence[Sequence[Edit]]) -> Tile:
        """Carry a tile through the network.

        Args:
            reference: of the sequence.
            edits: for each place its mutants, the same number for each.
        """
        tile = Tile(self.net, reference, len(edits), sum(map(len, edits)), {})
        run(tile, self.change(reference, edits))
        return tile

    def change(self, reference: Reference, edits: Sequence[Sequence[Edit]]) -> Delta:
        """The difference that edits make to the bases."""
        bases = reference.values[self.net.graph.x][0]
        places = [[at for edit in some for at, _ in edit] for some in edits]
        starts = tuple(min(some) for some in places)
        width = max(max(some) - low + 1 for some, low in zip(places, starts, strict=True))
        n = sum(map(len, edits))
        changes = [
            (row, at, at - start, base)
            for row, (start, edit) in enumerate(
                (start, edit) for start, some in zip(starts, edits, strict=True) for edit in some
            )
            for at, base in edit
        ]
        row, where, place, letter = torch.tensor(changes, device=self.device).unbind(1)
        values = bases.new_zeros(n, width, len(bases))
        letters = torch.eye(len(bases), dtype=bases.dtype, device=self.device)
        values[row, place] = letters[letter] - bases.t()[where]
        return Delta(values, 2, starts, self.length_bp)

    def found(self, tile: Tile) -> list[Tensor]:
        """Differences at the outputs, (M, ...) on their whole length."""
        return [
            self._output(tile, node, self._base(tile.reference, node))
            for node in self.net.graph.outputs
        ]

    def _output(self, tile: Tile, node: Any, base: Tensor) -> Tensor:
        delta = tile.delta(node)
        if delta is None:
            return base.new_zeros((tile.n_mutants, *base.shape[1:]))
        if isinstance(delta, Delta):
            return delta.whole(tile.n_places)
        values: Tensor = delta.values
        return values - base

    def naive(self, sequence: Tensor, edits: Sequence[Edit], batch: int) -> list[Tensor]:
        """Differences at the outputs by whole passes of the mutants and of the reference."""
        base = self.door(self.one_hot(sequence))
        parts = [
            self.door(self.mutants(sequence, edits[low : low + batch]))
            for low in range(0, len(edits), batch)
        ]
        return [
            torch.cat(some) - one for some, one in zip(zip(*parts, strict=True), base, strict=True)
        ]

    def mutants(self, sequence: Tensor, edits: Sequence[Edit]) -> Tensor:
        """(N, A, L): one sequence with each of some edits."""
        batch = self.one_hot(sequence).repeat(len(edits), 1, 1)
        for row, edit in enumerate(edits):
            for at, base in edit:
                batch[row, :, at] = 0
                batch[row, base, at] = 1
        return batch


def _is_typed(node: Any, value: Any) -> bool:
    """Whether a value has the type of number that the network gives it."""
    return not isinstance(value, Tensor) or value.dtype == node.meta["val"].dtype


def _cast(value: Any, dtype: torch.dtype) -> Any:
    """Real numbers in another precision; everything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(part, dtype) for part in value)
    if isinstance(value, Tensor) and value.dtype in (torch.float32, torch.float64):
        return value.to(dtype)
    return value

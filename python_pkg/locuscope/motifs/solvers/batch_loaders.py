"""Batches of contribution scores as the published solver reads them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import pad

from locuscope.errors import OutOfBoundsError, ShapeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor


class BatchLoaderBase(ABC):
    """Regions in batches of one size; behind the last region come rows of zeros.

    Args:
        contribs: (N, A, L), or (N, L) in the compact form; tensor or array.
        sequences: one-hot (N, A, L), N = all zero; tensor or array.
        L: positions of a region.
        device: where batches go.

    Raises:
        ShapeError: another number of axes, or arrays that do not belong together.
    """

    _axes = 3

    def __init__(
        self,
        contribs: Tensor | ArrayLike,
        sequences: Tensor | ArrayLike,
        L: int,
        device: torch.device | str,
    ) -> None:
        self.contribs = torch.as_tensor(contribs)
        self.sequences = torch.as_tensor(sequences)
        self.L = whole_number(L, "L")
        self.device = torch.device(device)
        found, others = tuple(self.contribs.shape), tuple(self.sequences.shape)
        expected = others if self._axes == 3 else (others[0], others[-1])
        if len(others) != 3 or found != expected or others[-1] != self.L:
            form = "(N, A, L)" if self._axes == 3 else "(N, L)"
            raise ShapeError(
                f"{type(self).__name__} takes contribs {form} and sequences (N, A, L) with "
                f"L = {self.L}; contribs is {found}, sequences is {others}.",
                found=found,
                expected=expected,
            )

    @abstractmethod
    def load_batch(self, start: int, end: int) -> tuple[Tensor, Tensor | int, Tensor]:
        """Regions `start` to `end`, also past the last one.

        Returns:
            (contribs float32 (B, A, L), sequences int8 (B, A, L) or the number 1, row of each
            region int32 (B,), -1 for padding) with B = end - start.

        Raises:
            OutOfBoundsError: a start below 0, or an end below the start.
        """

    def _cut(self, given: Tensor, start: int, end: int, dtype: torch.dtype) -> Tensor:
        """Rows of one array on the device, with rows of zeros behind the last."""
        rows = given[start:end].to(device=self.device, dtype=dtype)
        return pad(rows, (0, 0) * (rows.ndim - 1) + (0, end - start - len(rows)))

    def _rows(self, start: int, end: int) -> tuple[int, int, Tensor]:
        """Checked bounds and the row of each region."""
        start, end = whole_number(start, "start"), whole_number(end, "end")
        if not 0 <= start <= end:
            raise OutOfBoundsError(
                f"regions {start} to {end} are no batch; 0 <= start <= end is needed."
            )
        rows = np.arange(start, end, dtype=np.int32)
        rows[rows >= len(self.contribs)] = -1
        return start, end, torch.from_numpy(rows).to(self.device)


class BatchLoaderCompactFmt(BatchLoaderBase):
    """Scores (N, L) of the base that stands there.

    >>> scores, sequences = [[0.5, 2.0]], [[[1, 0], [0, 0], [0, 0], [0, 1]]]
    >>> contribs, bases, rows = BatchLoaderCompactFmt(scores, sequences, 2, "cpu").load_batch(0, 2)
    >>> contribs[0, 3].tolist(), tuple(bases.shape), rows.tolist()
    ([0.0, 2.0], (2, 4, 2), [0, -1])
    """

    _axes = 2

    def load_batch(self, start: int, end: int) -> tuple[Tensor, Tensor, Tensor]:
        """Scores times the sequences, sequences, rows."""
        start, end, rows = self._rows(start, end)
        sequences = self._cut(self.sequences, start, end, torch.int8)
        return (
            self._cut(self.contribs, start, end, torch.float32)[:, None] * sequences,
            (sequences),
            rows,
        )


class BatchLoaderProj(BatchLoaderBase):
    """Scores (N, A, L), of which those of the base that stands there are kept."""

    def load_batch(self, start: int, end: int) -> tuple[Tensor, Tensor, Tensor]:
        """Scores times the sequences, sequences, rows."""
        start, end, rows = self._rows(start, end)
        sequences = self._cut(self.sequences, start, end, torch.int8)
        return self._cut(self.contribs, start, end, torch.float32) * sequences, sequences, rows


class BatchLoaderHyp(BatchLoaderBase):
    """Hypothetical scores (N, A, L) of every base; nothing is masked."""

    def load_batch(self, start: int, end: int) -> tuple[Tensor, int, Tensor]:
        """Scores as given, the number 1, rows."""
        start, end, rows = self._rows(start, end)
        return self._cut(self.contribs, start, end, torch.float32), 1, rows

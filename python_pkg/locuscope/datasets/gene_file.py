"""Gene files: sequences, and the transcription starts that are read in them, in one HDF5 file."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.datasets.hdf5_access import check_bases, dataset, numbers_of, opened, texts_of
from locuscope.errors import EmptySelectionError, FormatError, ShapeError, shown_path
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.sequence import check_one_hot
from locuscope.inference.gene_sites import STRANDS, GeneSeq
from locuscope.store import Hdf5Output, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from numpy.typing import NDArray

_BATCH = 64


class GeneFile:
    """Sequences of a gene file in batches, and what is read in each.

    The file holds `seqs_1hot` (S, L, 4), `seq_chrom`, `seq_start`, `seq_end`, and for every
    transcription start `tss_id`, `tss_gene`, `tss_chrom`, `tss_pos` (0-based), `tss_seq` (row of
    its sequence), and where it is known `tss_strand`.

    Args:
        path: the file.
        batch_size: sequences of a batch.

    Attributes:
        gene_seqs: one `GeneSeq` per sequence, as `predict_genes` takes them.

    Raises:
        MissingFileError, FormatError: no file, no HDF5, a dataset that is missing or of another
            kind, a start of another contig than its sequence.
        ShapeError: columns of different lengths, places of another width than the sequences.
    """

    def __init__(self, path: str | PathLike[str], *, batch_size: int = _BATCH) -> None:
        self.path = Path(path)
        self.batch_size = max(1, whole_number(batch_size, "batch_size"))
        with opened(self.path) as file:
            bases = dataset(file, "seqs_1hot", self.path, ndim=3, kinds="biuf")
            check_bases(bases, "seqs_1hot", self.path)
            self.n_sequences, self.seq_length = int(bases.shape[0]), int(bases.shape[1])
            places = self._places(file)
            self.gene_seqs = self._starts(file, places)

    def __len__(self) -> int:
        """Number of batches."""
        return ceil(self.n_sequences / self.batch_size)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Give one-hot uint8 (N, 4, L), batch by batch."""
        with opened(self.path) as file:
            for first in range(0, self.n_sequences, self.batch_size):
                raw = file["seqs_1hot"][first : first + self.batch_size]
                x = np.ascontiguousarray(raw.transpose(0, 2, 1))
                check_one_hot(x, where=f"seqs_1hot of {shown_path(self.path)} from row {first:,}")
                yield x.astype(np.uint8)

    def __repr__(self) -> str:
        n_starts = sum(len(seq.tss) for seq in self.gene_seqs)
        return (
            f"GeneFile({self.n_sequences:,} sequences of {self.seq_length:,} bases, "
            f"{n_starts:,} transcription starts)"
        )

    def _places(self, file: Any) -> list[Interval]:
        names = texts_of(file, "seq_chrom", self.path, n_rows=self.n_sequences)
        starts, ends = (
            numbers_of(file, name, self.path, n_rows=self.n_sequences)
            for name in ("seq_start", "seq_end")
        )
        odd = np.flatnonzero(ends - starts != self.seq_length)
        if len(odd):
            k = int(odd[0])
            raise ShapeError(
                f"{shown_path(self.path)}: sequence {k} lies at {names[k]}:{starts[k]}-{ends[k]}, "
                f"but has {self.seq_length:,} bases.",
                found=int(ends[k] - starts[k]),
                expected=self.seq_length,
            )
        return [Interval(*place) for place in zip(names, starts, ends, strict=True)]

    def _starts(self, file: Any, places: list[Interval]) -> tuple[GeneSeq, ...]:
        n_rows = len(dataset(file, "tss_seq", self.path, ndim=1, kinds="iu"))
        ids, genes, chroms = (
            texts_of(file, name, self.path, n_rows=n_rows)
            for name in ("tss_id", "tss_gene", "tss_chrom")
        )
        positions, rows = (
            numbers_of(file, name, self.path, n_rows=n_rows) for name in ("tss_pos", "tss_seq")
        )
        strands = ("." * n_rows) if "tss_strand" not in file else texts_of(
            file, "tss_strand", self.path, n_rows=n_rows
        )  # fmt: skip
        found: list[list[tuple[str, str, int, str]]] = [[] for _ in places]
        for k, row in enumerate(rows):
            if not 0 <= row < len(places) or chroms[k] != places[row].chrom:
                raise self._refusal(f"names the sequence {row} on {chroms[k]}", k)
            if strands[k] not in STRANDS:
                raise self._refusal(f"has the strand {strands[k]!r}", k)
            found[row].append((ids[k], genes[k], int(positions[k]), strands[k]))
        return tuple(map(GeneSeq, places, found))

    def _refusal(self, what: str, row: int) -> FormatError:
        return FormatError(
            f"{shown_path(self.path)}: transcription start {row} {what}; the file holds "
            f"{self.n_sequences} sequences, and strands are + - or .",
            path=self.path,
            line=row,
        )


def write_gene_file(path: str | PathLike[str], gene_seqs: Sequence[GeneSeq], one_hot: Any) -> Path:
    """Write sequences and their transcription starts; the file appears whole or not at all.

    Args:
        path: the file.
        gene_seqs: places of one width with their starts.
        one_hot: their bases (S, 4, L).

    Raises:
        EmptySelectionError: no sequence.
        ShapeError: another number or width of sequences than of places.
        InputError: bases that are not one-hot.
        StoreError: the file cannot be written.
    """
    seqs = list(gene_seqs)
    if not seqs:
        raise EmptySelectionError("gene_seqs is empty.", available=0)
    check_one_hot(one_hot, where="one_hot")
    bases = np.asarray(one_hot)
    widths = {seq.interval.width for seq in seqs}
    if bases.shape[:1] != (len(seqs),) or widths != {bases.shape[-1]}:
        raise ShapeError(
            f"one_hot has shape {bases.shape}; the {len(seqs)} places are "
            f"{', '.join(map(str, sorted(widths)))} bases wide.",
            found=bases.shape,
            expected=(len(seqs), 4, min(widths)),
        )
    starts = [(*start, k) for k, seq in enumerate(seqs) for start in seq.tss]
    ids, genes, positions, strands, rows = zip(*starts, strict=True) if starts else ((),) * 5
    columns: dict[str, Any] = {
        "seqs_1hot": bases.transpose(0, 2, 1).astype(np.bool_),
        "seq_chrom": _texts(seq.interval.chrom for seq in seqs),
        "seq_start": np.array([seq.interval.start for seq in seqs], np.int64),
        "seq_end": np.array([seq.interval.end for seq in seqs], np.int64),
        "tss_id": _texts(ids),
        "tss_gene": _texts(genes),
        "tss_chrom": _texts(seqs[row].interval.chrom for row in rows),
        "tss_pos": np.array(positions, np.int64),
        "tss_seq": np.array(rows, np.int64),
        "tss_strand": _texts(strands),
    }

    def write(place: Path) -> None:
        with Hdf5Output(place) as output:
            for name, values in columns.items():
                output.file.create_dataset(name, data=values)

    return publish(path, write)


def _texts(values: Any) -> NDArray[np.bytes_]:
    return np.array([str(value).encode() for value in values], "S")

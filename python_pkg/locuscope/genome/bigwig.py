"""A measured track: `BigWig` reads values and statistics of a bigWig file, base by base exact.

pybigtools reads the file. It shifts bin borders, returns NaN past the end and ends in a panic on a
reversed range, so places are checked before it is called and statistics are made from base values.
"""

from __future__ import annotations

import warnings
from html import escape
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from locuscope.errors import (
    DataWarning,
    FormatError,
    LocuscopeError,
    OptionError,
    OutOfBoundsError,
)
from locuscope.genome.bigwig_header import check_header
from locuscope.genome.bin_statistics import BinStatistics, bin_edges
from locuscope.genome.handles import Handles, check_unchanged, file_path, stamp
from locuscope.genome.interval import Interval, find_contig, match_contig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike
    from typing import Self

    from numpy.typing import NDArray

    from locuscope.genome.reference import Genome

_BLOCK = 1 << 22  # bases held at once while statistics are made


class _Place(NamedTuple):
    """A checked request: as asked, and the part `[first, last)` that lies on the contig."""

    chrom: str
    contig: str | None  # its name in the file; None when only the genome has it
    start: int
    end: int
    first: int
    last: int


class BigWig:
    """A track of values in a bigWig file.

    Args:
        path: the file.
        gap: the value of bases without data, NaN or 0.0.
        covered: places where `gap` applies; elsewhere bases without data are NaN. None: everywhere.
        name: for messages and lanes; the file name when not given.
        genome: contigs that the genome has and the file lacks are all gap instead of an error;
            lengths are compared.

    Stored NaN and Inf are kept as they are; NaN enters no statistic.

    Raises:
        MissingFileError: no such file.
        FormatError: not a bigWig, or cut.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        gap: float = nan,
        covered: Interval | Sequence[Interval] | None = None,
        name: str | None = None,
        genome: Genome | None = None,
    ) -> None:
        if isinstance(gap, bool) or not (gap == 0.0 or isnan(gap)):
            raise OptionError(
                f"gap is {gap!r}; bases without data are NaN or 0.0.",
                option="gap",
                value=gap,
                allowed=(nan, 0.0),
            )
        self.path = file_path(path)
        self.name = name or self.path.name
        self.gap = float(gap)
        self.covered = (covered,) if isinstance(covered, Interval) else covered
        self._stamp = stamp(self.path)
        self._genome_lengths = None if genome is None else dict(genome.lengths)
        self._handles = Handles(self._open)
        self._lengths: dict[str, int] = self._ask(lambda reader: reader.chroms())
        self._n_nonfinite: int | None = None
        self._told: set[str] = set()
        self._compare_lengths()

    @property
    def lengths(self) -> dict[str, int]:
        """Contig -> bases, as the file says."""
        return dict(self._lengths)

    @property
    def contigs(self) -> tuple[str, ...]:
        """Contig names in file order."""
        return tuple(self._lengths)

    def values(self, interval: Interval, *, pad: bool = False) -> NDArray[np.float32]:
        """One value per base, (L,); `gap` where there is none.

        Args:
            interval: the place; its strand is ignored.
            pad: NaN for positions outside the contig, instead of an error.

        Raises:
            MissingContigError: the contig is neither in the file nor in the genome.
            OutOfBoundsError: outside the contig without `pad`.
        """
        place = self._locate(interval, pad=pad)
        found = np.full(place.end - place.start, np.nan, dtype=np.float32)
        if place.first < place.last:
            inner = slice(place.first - place.start, place.last - place.start)
            found[inner] = self._filled(place, place.first, place.last)[0]
        return found

    def bins(
        self,
        interval: Interval,
        *,
        n_bins: int | None = None,
        resolution_bp: int | None = None,
        stat: str = "mean",
        pad: bool = False,
    ) -> NDArray[np.float32]:
        """One statistic per bin, equal to that of the base values.

        Bin i of n covers `[start + i*W//n, start + (i+1)*W//n)`; with `resolution_bp` bins start at
        `start` and the last may be short.

        Args:
            interval: the place.
            n_bins: number of bins, 1 to the width; or
            resolution_bp: bases per bin.
            stat: "mean", "max", "min", "sum" over the bases that hold a number, or "coverage", the
                fraction of bases with stored data (gaps filled with 0 do not count).
            pad: as `values`.

        Returns:
            (n_bins,); a bin without any number is NaN (coverage: 0).
        """
        edges = bin_edges(interval, n_bins=n_bins, resolution_bp=resolution_bp)
        place = self._locate(interval, pad=pad)
        statistics = BinStatistics(edges, stat)
        for first in range(place.first, place.last, _BLOCK):
            last = min(first + _BLOCK, place.last)
            statistics.add(first, *self._filled(place, first, last))
        return statistics.result()

    def value(self, interval: Interval, stat: str = "mean") -> float:
        """One statistic over the whole interval, as `bins` with one bin."""
        return float(self.bins(interval, n_bins=1, stat=stat)[0])

    def intervals(
        self, sample: str | None, contig: str, start: int, end: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        """The stored runs that overlap `[start, end)`, cut to it: starts, ends, values.

        `sample` is ignored: one file is one sample. Stored NaN is a run like any other.
        """
        del sample
        place = self._locate(Interval(contig, start, end), pad=False)
        if place.contig is None:
            runs = []
        else:
            name = place.contig
            runs = self._ask(lambda reader: list(reader.records(name, place.first, place.last)))
        table = np.array(runs, dtype=np.float64).reshape(-1, 3)
        starts, ends = table[:, 0].astype(np.int32), table[:, 1].astype(np.int32)
        return starts, ends, table[:, 2].astype(np.float32)

    def summary(self) -> dict[str, object]:
        """Covered bases, min, max, mean; `n_nonfinite` is None until values were read."""
        facts = self._ask(lambda reader: reader.info())["summary"]
        return {
            "covered_bases": int(facts["basesCovered"]),
            "min": float(facts["min"]),
            "max": float(facts["max"]),
            "mean": float(facts["mean"]),
            "n_nonfinite": self._n_nonfinite,
        }

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._handles.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_handles"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._handles = Handles(self._open)

    def __repr__(self) -> str:
        n_contigs = len(self._lengths)
        return f"BigWig({self.name!r}, {n_contigs:,} contig{'' if n_contigs == 1 else 's'})"

    def _repr_html_(self) -> str:
        return f"<code>{escape(repr(self))}</code>"

    def _open(self) -> Any:
        check_header(self.path)
        import pybigtools

        return pybigtools.open(str(self.path))

    def _ask(self, question: Callable[[Any], Any], where: str = "the file") -> Any:
        """Let the library answer; whatever it raises, panics included, becomes a FormatError."""
        check_unchanged(self.path, self._stamp)
        try:
            return question(self._handles.get())
        except LocuscopeError:
            raise
        except BaseException as error:
            # A panic of the library is a BaseException of a class that cannot be imported.
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            self.close()
            raise FormatError(
                f"{self.path}: {where} cannot be read ({type(error).__name__}: {error}); "
                "the file is damaged.",
                path=self.path,
            ) from error

    def _compare_lengths(self) -> None:
        genome = self._genome_lengths or {}
        differing = [
            f"{name}: {size:,} against {genome[contig]:,}"
            for name, size in self._lengths.items()
            if (contig := match_contig(name, genome)) is not None and genome[contig] != size
        ]
        if differing:
            self._tell(
                f"{self.name} has other contig lengths than the genome "
                f"({'; '.join(differing[:5])}): it may use another assembly.",
                level=4,
            )

    def _tell(self, message: str, *, level: int = 5) -> None:
        """One DataWarning per cause."""
        if message not in self._told:
            self._told.add(message)
            warnings.warn(message, DataWarning, stacklevel=level)

    def _locate(self, interval: Interval, *, pad: bool) -> _Place:
        chrom, start, end = interval.chrom, interval.start, interval.end
        contig = match_contig(chrom, self._lengths)
        if contig is not None:
            length = self._lengths[contig]
        else:
            known = self._genome_lengths or {}
            in_genome = match_contig(chrom, known) or find_contig(chrom, self._lengths, self.name)
            length = known[in_genome]
            self._tell(f"{self.name} has no data on {chrom!r}; all of it is gap.")
        if contig is not None and contig != chrom:
            warnings.warn(f"{self.name} calls {chrom} {contig}.", DataWarning, stacklevel=4)
        if not pad and (start < 0 or end > length):
            raise OutOfBoundsError(
                f"{chrom}:[{start:,}, {end:,}) leaves the contig; {chrom} has {length:,} bases in "
                f"{self.name}.",
                interval=interval,
                contig_length=length,
            )
        return _Place(chrom, contig, start, end, max(start, 0), min(end, length))

    def _filled(
        self, place: _Place, first: int, last: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values of `[first, last)` with gaps filled, and which bases hold a stored number."""
        if place.contig is None:
            raw = np.full(last - first, np.nan)
        else:
            name = place.contig
            where = f"{name}:{first + 1:,}-{last:,}"
            raw = self._ask(
                lambda reader: reader.values(name, first, last, exact=True, fillna=None), where
            )
        stored = ~np.isnan(raw)
        if self.gap == 0.0 and not stored.all():
            empty = ~stored
            self._keep_stored_nan(place.contig, first, last, empty)
            for low, high in self._gap_parts(place.chrom, first, last):
                part = slice(low - first, high - first)
                raw[part][empty[part]] = 0.0
        else:
            self._count_nonfinite()
        return raw, stored

    def _gap_parts(self, chrom: str, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of `[first, last)` where bases without data take the value `gap`."""
        if self.covered is None:
            yield first, last
            return
        for place in self.covered:
            low, high = max(place.start, first), min(place.end, last)
            if low < high and match_contig(place.chrom, (chrom,)) is not None:
                yield low, high

    def _keep_stored_nan(
        self, contig: str | None, first: int, last: int, empty: NDArray[np.bool_]
    ) -> None:
        """Take stored NaN out of `empty`: the library shows it in its records only."""
        if contig is None or not self._count_nonfinite():
            return
        for start, end, value in self._ask(
            lambda reader: list(reader.records(contig, first, last))
        ):
            if isnan(value):
                empty[start - first : end - first] = False

    def _count_nonfinite(self) -> int:
        """Stored bases that are NaN or Inf; counted once, when the summary of the file says any."""
        if self._n_nonfinite is None:
            self._n_nonfinite = 0
            facts = self._ask(lambda reader: reader.info())["summary"]
            if not all(isfinite(facts[key]) for key in ("sum", "min", "max")):
                self._n_nonfinite = self._ask(_nonfinite_bases)
            if self._n_nonfinite:
                self._tell(
                    f"{self.name} stores {self._n_nonfinite:,} bases that are NaN or Inf; "
                    "they are kept as they are."
                )
        return self._n_nonfinite


def _nonfinite_bases(reader: Any) -> int:
    return sum(
        end - start
        for contig in reader.chroms()
        for start, end, value in reader.records(contig)
        if not isfinite(value)
    )

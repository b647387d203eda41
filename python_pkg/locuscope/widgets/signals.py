"""From named outputs and files to lanes: which numbers lie where on the genome.

A `SignalBlock` is a group of tracks that share bins. Values stay where they are (a tensor of the
caller, an array read from a file) and are copied column by column when somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from locuscope.errors import (
    InputError,
    LocuscopeError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    WrongTypeError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval, match_contig
from locuscope.tracks.track_table import TrackTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.tracks.named import NamedTrackTensor

Reader: TypeAlias = Callable[[Sequence[int]], "NDArray[np.float32]"]
"""Columns of a block -> float32 (columns, bins)."""

MAX_FILE_BP: Final = 10_000_000
SINGLE_BASE_OUTPUTS: Final = frozenset({"splice_sites", "splice_site_usage"})
"""Outputs whose signal sits on single bases; drawn as stems, or a peak would fade."""


@dataclass(frozen=True)
class Geometry:
    """Where the bins of a block lie: bin i covers [origin + i bin_bp, origin + (i + 1) bin_bp)."""

    chrom: str
    origin: int
    bin_bp: int
    n_bins: int

    @property
    def end(self) -> int:
        """Base behind the last bin."""
        return self.origin + self.bin_bp * self.n_bins


@dataclass(frozen=True, eq=False)
class SignalBlock:
    """Tracks of one geometry.

    `covers` is the interval that the bins describe; the last bin may reach past it. `source` is the
    named tensor that the values come from, None for a file.
    """

    geometry: Geometry
    covers: Interval
    table: TrackTable
    ref: Reader
    alt: Reader | None
    is_measured: NDArray[np.bool_]
    source: NamedTrackTensor | None = None
    example: int = 0

    @property
    def name(self) -> str:
        """The output these tracks belong to."""
        cells = self.table.cells("output_name")
        return str(cells[0]) if cells else ""

    @property
    def has_stems(self) -> bool:
        """Whether the tracks are single positions."""
        return self.geometry.bin_bp == 1 and self.name in SINGLE_BASE_OUTPUTS


@dataclass(frozen=True)
class Sources:
    """Everything that `TrackBrowser(tracks, alt=..., interval=..., files=...)` was given."""

    tracks: Any = None
    alt: Any = None
    interval: Interval | None = None
    example: int = 0
    files: Mapping[str, Any] | None = None

    def blocks(self) -> tuple[list[SignalBlock], list[str]]:
        """Blocks in the order given, and sentences about what could not be shown.

        Raises:
            InputError: no interval is known, or the tracks lie on different contigs.
            ShapeError: bins and interval do not fit.
            TrackMismatchError: `alt` has other tracks.
        """
        notes: list[str] = []
        pairs = _pair_up(_flatten(self.tracks, notes), _flatten(self.alt, []))
        if notes and not pairs and not self.files and self.interval is None:
            raise InputError(f"Nothing to browse: {' '.join(notes)}")
        blocks = [self._block(pair) for pair in pairs]
        chroms = dict.fromkeys(block.geometry.chrom for block in blocks)
        if len(chroms) > 1:
            raise InputError(f"One browser shows one contig, found tracks on {', '.join(chroms)}.")
        for name, source in (self.files or {}).items():
            place = _hull(blocks) or self.interval
            if place is None:
                raise InputError("TrackBrowser needs interval=... to know which part to read.")
            try:
                blocks.append(_file_block(name, source, place))
            except LocuscopeError as error:
                notes.append(f"{name} is not shown: {error}")
        return blocks, notes

    def _block(self, pair: _Pair) -> SignalBlock:
        named = pair.ref
        shape = tuple(named.tensor.shape)
        if named.resolution == 0:
            raise ShapeError(_one_value(named.output_name), found=shape, expected="(N, L, T)")
        if len(shape) != 3:
            raise ShapeError(
                f"{named.output_name} at {named.resolution} bp has shape {shape}; a lane needs "
                "(examples, positions, tracks).",
                found=shape,
                expected="(N, L, T)",
            )
        if not 0 <= self.example < shape[0]:
            raise OptionError(
                f"example={self.example}, but {named.output_name} holds {shape[0]} examples.",
                option="example",
                value=self.example,
                allowed=range(shape[0]),
            )
        covers = self._place(pair)
        n_bins = shape[2 if named.track_axis == 1 else 1]
        expected = -(-covers.width // named.resolution)
        if n_bins != expected:
            raise ShapeError(
                f"{named.output_name} has {n_bins:,} bins of {named.resolution} bp; the interval "
                f"{covers} of {covers.width:,} bp needs {expected:,}.",
                found=n_bins,
                expected=expected,
            )
        table = _table(named)
        alt = None
        if pair.alt is not None:
            alt = _tensor_reader(pair.alt, self.example, pair.valid)
        return SignalBlock(
            Geometry(covers.chrom, covers.start, named.resolution, n_bins),
            covers,
            table,
            _tensor_reader(named, self.example, None),
            alt,
            _measured(table),
            named,
            self.example,
        )

    def _place(self, pair: _Pair) -> Interval:
        places = pair.ref.intervals or pair.places
        if places is not None:
            return places[min(self.example, len(places) - 1)]
        if self.interval is None:
            raise InputError(
                "TrackBrowser needs interval=...: these tracks do not say where on the genome "
                "they lie."
            )
        return self.interval


@dataclass(frozen=True, eq=False)
class _Pair:
    """One tensor, its alternative, where the alternative has a value, and where all that lies."""

    ref: NamedTrackTensor
    alt: NamedTrackTensor | None = None
    valid: Any = None
    places: tuple[Interval, ...] | None = None


def lane_bounds(blocks: Sequence[SignalBlock], interval: Interval | None) -> Interval:
    """The region that a browser can show: the hull of all lanes, else the interval.

    Raises:
        InputError: neither is there.
    """
    place = _hull(blocks) or interval
    if place is None:
        raise InputError("TrackBrowser needs interval=...: there are no tracks to take it from.")
    return Interval(place.chrom, place.start, place.end)


def _hull(blocks: Sequence[SignalBlock]) -> Interval | None:
    if not blocks:
        return None
    start = min(block.covers.start for block in blocks)
    end = max(block.covers.end for block in blocks)
    return Interval(blocks[0].geometry.chrom, start, end)


def _flatten(source: Any, notes: list[str]) -> list[_Pair]:
    """Every tensor that can be a lane, in order; others are named in `notes`."""
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_head import NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs, SelectedTracks

    if source is None:
        return []
    if isinstance(source, NamedTrackTensor):
        return [_Pair(source.strip_padding())]
    if isinstance(source, SelectedTracks):
        return _flatten(source.to_named_outputs(), notes)
    if isinstance(source, NamedOutputHead):
        places = source.intervals
        return [_Pair(source[key].strip_padding(), places=places) for key in source.resolutions()]
    if isinstance(source, NamedOutputs):
        pairs = [
            replace(pair, places=source.intervals or pair.places)
            for _, head in source.named_items()
            for pair in _flatten(head, notes)
        ]
        kept = [pair for pair in pairs if pair.ref.tensor.ndim == 3 and pair.ref.resolution > 0]
        left_out = {p.ref.output_name: p.ref.resolution for p in pairs if p not in kept}
        notes.extend(
            f"{name} has no values along the genome and is not shown."
            if resolution
            else _one_value(name)
            for name, resolution in left_out.items()
        )
        return kept
    if hasattr(source, "reference") and hasattr(source, "alternative"):
        refs, alts = _flatten(source.reference, notes), _flatten(source.alternative, [])
        pairs = _pair_up(refs, alts)
        return [replace(pair, valid=source.valid.get(pair.ref.resolution)) for pair in pairs]
    if isinstance(source, (list, tuple)):
        return [pair for item in source for pair in _flatten(item, notes)]
    raise WrongTypeError(
        f"tracks= and alt= take NamedOutputs, SelectedTracks, NamedOutputHead, NamedTrackTensor, "
        f"VariantOutputs or a list of them; found {type(source).__name__}.",
        argument="tracks",
        found=type(source).__name__,
        expected="named tracks",
    )


def _one_value(name: str) -> str:
    return f"{name} has one value per window and no positions to browse."


def _pair_up(refs: list[_Pair], alts: list[_Pair]) -> list[_Pair]:
    """Give every alternative its reference of the same output, resolution and tracks."""
    paired = list(refs)
    for alt in alts:
        key = (alt.ref.output_name, alt.ref.resolution)
        place = next(
            (
                i
                for i, pair in enumerate(paired)
                if pair.alt is None and (pair.ref.output_name, pair.ref.resolution) == key
            ),
            None,
        )
        if place is None:
            known = [(pair.ref.output_name, pair.ref.resolution) for pair in refs]
            raise TrackMismatchError(
                f"alt has {key[0]} at {key[1]} bp; tracks= has {known or 'nothing'}.",
                left=known,
                right=key,
            )
        _check_same_tracks(paired[place].ref, alt.ref)
        paired[place] = replace(paired[place], alt=alt.ref)
    return paired


def _check_same_tracks(ref: NamedTrackTensor, alt: NamedTrackTensor) -> None:
    left, right = ref.table, alt.table
    same = len(left) == len(right) and np.array_equal(left.fingerprint, right.fingerprint)
    if same and tuple(ref.tensor.shape) == tuple(alt.tensor.shape):
        return
    names = list(zip(left.cells("track_name"), right.cells("track_name"), strict=False))
    first = next((i for i, (a, b) in enumerate(names) if a != b), len(names))
    shown = names[first] if first < len(names) else (len(left), len(right))
    raise TrackMismatchError(
        f"alt has other tracks than tracks= in {ref.output_name} at {ref.resolution} bp: shapes "
        f"{tuple(ref.tensor.shape)} and {tuple(alt.tensor.shape)}, first difference at track "
        f"{first}: {shown[0]!r} and {shown[1]!r}.",
        left=shown[0],
        right=shown[1],
    )


def _table(named: NamedTrackTensor) -> TrackTable:
    return named.table.with_column("resolution", [f"{named.resolution:,} bp"] * len(named))


def _tensor_reader(named: NamedTrackTensor, example: int, valid: Any) -> Reader:
    """Columns of one example as float32; positions that are not valid are missing (NaN)."""
    tensor = named.tensor.detach()[example]
    by_track = tensor if named.track_axis == 1 else tensor.transpose(0, 1)
    gaps = None if valid is None else ~np.asarray(valid[example].cpu(), dtype=bool)

    def read(columns: Sequence[int]) -> NDArray[np.float32]:
        picked = by_track[list(columns)].float().cpu().contiguous().numpy()
        if gaps is not None:
            picked = np.where(gaps, np.float32(np.nan), picked)
        return np.ascontiguousarray(picked, dtype=np.float32)

    return read


def _file_block(name: str, source: Any, place: Interval) -> SignalBlock:
    """One bigWig as a measured lane over the loaded region, one bin per base."""
    if place.width > MAX_FILE_BP:
        raise InputError(
            f"a file is read base by base up to {MAX_FILE_BP:,} bp, the region {place} has "
            f"{place.width:,}"
        )
    file = source if isinstance(source, BigWig) else BigWig(source)
    chrom = match_contig(place.chrom, file.contigs) or place.chrom
    values = np.asarray(file.values(Interval(chrom, place.start, place.end)), dtype=np.float32)
    cells = {"output_name": "file", "organism": 0, "track_name": name, "biosample_name": name}
    table = TrackTable.placeholders("file", 0, 1)
    for key, cell in (*cells.items(), ("resolution", "1 bp")):
        table = table.with_column(key, [cell])
    rows = values[None]
    return SignalBlock(
        Geometry(place.chrom, place.start, 1, len(values)),
        Interval(place.chrom, place.start, place.end),
        table,
        lambda columns: rows[list(columns)],
        None,
        is_measured=np.ones(1, dtype=bool),
    )


def _measured(table: TrackTable) -> NDArray[np.bool_]:
    """True for tracks that somebody measured: `evidence` says so, or GTEx is the source.

    Built-in catalogues of models write sources in lower case (`gtex`): there the track is what the
    model learnt from, and its values are predictions.
    """
    measured = np.zeros(len(table), dtype=bool)
    for field, word in (("evidence", "measured"), ("data_source", "GTEx")):
        if table.has_field(field):
            measured |= np.array([cell == word for cell in table.cells(field)], dtype=bool)
    return measured

"""Files of `Contributions`: which format a name or a content means, and what each can hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.attribution.files.base_tracks import OVERLAPS, bedgraph_text, write_track
from locuscope.attribution.files.fields import broken
from locuscope.attribution.files.hdf5_layouts import COMPATS
from locuscope.attribution.files.hdf5_native import read_hdf5, write_hdf5
from locuscope.attribution.files.regions_npz import read_npz, regions_arrays
from locuscope.attribution.files.text_tables import bed_text, read_table, write_table
from locuscope.attribution.files.zarr_groups import read_zarr, write_zarr
from locuscope.errors import EmptySelectionError, OptionError
from locuscope.genome.choices import check_choice
from locuscope.store import missing_file, publish, publish_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.genome.reference import Genome

DTYPES = ("float32", "float16")
SUFFIXES = {
    ".npz": "npz",
    ".zarr": "zarr",
    ".h5": "h5",
    ".hdf5": "h5",
    ".tsv.gz": "tsv",
    ".tsv": "tsv",
    ".bedgraph": "bedgraph",
    ".bigwig": "bigwig",
    ".bw": "bigwig",
    ".bed": "bed",
}
"""Ending of a name -> format."""
_DEFAULTS = {"dtype": "float32", "overlap": "error", "compat": None, "lengths": None}
_USED = {
    "dtype": ("npz",),
    "overlap": ("bedgraph", "bigwig"),
    "compat": ("h5",),
    "lengths": ("bigwig",),
}
_TRACKS = {"bedgraph": "BigWig or read_bed", "bigwig": "BigWig", "bed": "read_bed"}


def save(
    found: Contributions,
    path: str | PathLike[str],
    *,
    dtype: str = "float32",
    overlap: str = "error",
    compat: str | None = None,
    lengths: Mapping[str, int] | Genome | None = None,
) -> Path:
    """Write contributions; the file appears whole or not at all.

    Args:
        found: what is written; of one track, except into .h5.
        path: .npz (all that hit calling reads), .zarr, .h5 or .hdf5, .tsv or .tsv.gz (one row per
            example), .bedgraph or .bw (one value per base that is there; needs places), .bed (one
            line per example with the sum of its contributions; needs places).
        dtype: of the values in .npz, "float32" or "float16".
        overlap: in .bedgraph and .bw, of bases that several examples hold: "error", "mean",
            "first".
        compat: of .h5: None, or the layout of another tool: "kipoi", "chrombpnet", "bpnet".
        lengths: of .bw: contig -> bases, or a genome that knows them.

    Raises:
        OptionError: another suffix, several tracks, or an option of another file.
        NonFiniteError: values beyond what float16 holds; Inf in .bedgraph and .bw.
        InputError: no places where they are needed, bases that occur twice, projected values in a
            layout of hypothetical ones.
    """
    return save_parts([found], path, dtype=dtype, overlap=overlap, compat=compat, lengths=lengths)


def save_parts(
    parts: Iterable[Contributions],
    path: str | PathLike[str],
    *,
    dtype: str = "float32",
    overlap: str = "error",
    compat: str | None = None,
    lengths: Mapping[str, int] | Genome | None = None,
) -> Path:
    """Write the parts of one call, in order, as one file; the same bytes as all of them at once.

    .h5 and .tsv hold one part in memory, the others all of them.

    Args:
        parts: at least one.
        path: as in `save`, like the other options.
        dtype: as in `save`.
        overlap: as in `save`.
        compat: as in `save`.
        lengths: as in `save`.

    Raises:
        EmptySelectionError: no part.
        OptionError, NonFiniteError, InputError: as `save`.
    """
    target = Path(path)
    kind = format_of(target)
    check_options(kind, dtype=dtype, overlap=overlap, compat=compat, lengths=lengths)
    checked = _checked(parts, kind, compat)
    if kind == "h5":
        return publish(target, lambda place: write_hdf5(checked, place, compat))
    if kind == "tsv":
        is_packed = target.name.lower().endswith(".gz")
        return publish(target, lambda place: write_table(checked, place, is_packed=is_packed))
    whole = _joined(list(checked))
    if kind == "zarr":
        return publish_folder(target, lambda place: write_zarr(whole, place))
    if kind == "bigwig":
        return write_track(whole, target, overlap, lengths)
    if kind == "npz":
        import numpy as np

        arrays: dict[str, Any] = regions_arrays(whole, dtype)
        return publish(target, lambda place: np.savez_compressed(place, **arrays))
    text = bedgraph_text(whole, overlap) if kind == "bedgraph" else bed_text(whole)
    return publish(target, lambda place: place.write_text(text, encoding="utf-8", newline="\n"))


def format_of(path: Path) -> str:
    """The format that the ending of a name means.

    Raises:
        OptionError: another ending.

    >>> format_of(Path("found.TSV.gz"))
    'tsv'
    """
    name = path.name.lower()
    kind = next((kind for end, kind in SUFFIXES.items() if name.endswith(end)), None)
    if kind is None:
        raise OptionError(
            f"contributions are not written as {path.name!r}; the name must end in "
            f"{', '.join(SUFFIXES)}.",
            option="path",
            value=path.name,
            allowed=tuple(SUFFIXES),
        )
    return kind


def check_options(kind: str, **given: Any) -> None:
    """Refuse options outside their lists, and those that a format does not use.

    Args:
        kind: the format, as `format_of` gives it.
        given: dtype, overlap, compat, lengths.

    Raises:
        OptionError: naming the option and the formats that use it.
    """
    check_choice("dtype", given["dtype"], DTYPES)
    check_choice("overlap", given["overlap"], OVERLAPS)
    if given["compat"] is not None:
        check_choice("compat", given["compat"], COMPATS)
    for option, value in given.items():
        is_set = value is not None and value != _DEFAULTS[option]
        if is_set and kind not in _USED[option]:
            ends = [end for end, name in SUFFIXES.items() if name in _USED[option]]
            shown = repr(value) if isinstance(value, str) else type(value).__name__
            raise OptionError(
                f"{option}={shown} belongs to {', '.join(ends)}; got {kind}.",
                option=option,
                value=shown,
                allowed=tuple(ends),
            )


def _checked(
    parts: Iterable[Contributions], kind: str, compat: str | None
) -> Iterator[Contributions]:
    is_empty = True
    for part in parts:
        if part.tracks is not None and (kind != "h5" or compat is not None):
            raise OptionError(
                f"a file of this kind holds one track; choose among {len(part.tracks)} with "
                "track(name), or write .h5.",
                option="tracks",
                value=part.tracks,
            )
        yield part.hypothetical() if compat in ("chrombpnet", "bpnet") else part
        is_empty = False
    if is_empty:
        raise EmptySelectionError("there are no contributions to write.", available=0)


def _joined(parts: list[Contributions]) -> Contributions:
    return parts[0] if len(parts) == 1 else type(parts[0]).concat(parts)


def read_fields(
    path: str | PathLike[str], *, genome: Genome | None = None, sequences: object | None = None
) -> dict[str, Any]:
    """Read the fields of contributions; the content says what a file is, not its name.

    Args:
        path: .npz, .zarr, .h5 of any layout, or .tsv.
        genome: of .tsv: where the bases at its places come from.
        sequences: of .tsv: the bases, one-hot (N, A, L) or texts.

    Raises:
        MissingFileError: no such file.
        FormatError: another layout, a file that ends early, arrays that would run code.
        CorruptStoreError: a chunk that is missing or damaged.
        ShapeError: contributions and sequences that do not fit, bases that are not one-hot.
        OptionError: a table without bases; bases beside a file that has its own.
    """
    source = Path(path)
    if not source.exists():
        raise missing_file(source)
    kind = _looks_like(source)
    if kind == "tsv":
        return read_table(source, genome, sequences)
    readers = {"h5": read_hdf5, "zarr": read_zarr, "npz": read_npz}
    if kind not in readers and kind not in _TRACKS:
        raise broken(source, f"looks like {kind}, which is no file of contributions")
    if genome is not None or sequences is not None:
        raise OptionError(
            f"{source.name} holds its own bases; genome= and sequences= are for tables.",
            option="sequences" if genome is None else "genome",
            value=type(sequences if genome is None else genome).__name__,
        )
    if kind in _TRACKS:
        raise broken(
            source,
            f"looks like {kind}, which holds values of a genome and no examples; open it with "
            f"{_TRACKS[kind]}",
        )
    return readers[kind](source)


def _looks_like(source: Path) -> str:
    """What the first bytes of a file say."""
    if source.is_dir():
        return "zarr" if (source / "zarr.json").is_file() else "a folder"
    with source.open("rb") as file:
        head = file.read(4096)
    marks = {
        b"PK": "npz",
        b"\x89HDF": "h5",
        b"\x1f\x8b": "tsv",
        b"\x93NUMPY": "a single array of numpy",
        b"\x26\xfc\x8f\x88": "bigwig",
        b"\x80": "a pickle, which could run code",
    }
    kind = next((kind for mark, kind in marks.items() if head.startswith(mark)), None)
    if kind is not None:
        return kind
    if head.startswith((b"grads/", b"metadata/", b"inputs/")):
        return "tsv"
    cells = head.split(b"\n", 1)[0].split(b"\t")
    if len(cells) >= 4 and cells[1].isdigit() and cells[2].isdigit():
        return "bedgraph" if len(cells) == 4 else "bed"
    named = SUFFIXES.get(source.suffix.lower(), "")
    return named if named in ("npz", "h5") else "an unknown format"

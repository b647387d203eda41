"""Files of `Contributions`: npz for hit calling, HDF5, tables, bedGraph."""

from __future__ import annotations

import gzip
import json
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import (
    DataWarning,
    FormatError,
    InputError,
    NonFiniteError,
    OptionError,
    ShapeError,
    shown_path,
)
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import Interval
from locuscope.store import missing_file, publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions

DTYPES = ("float32", "float16")
OVERLAPS = ("error", "mean", "first")
_SUFFIXES = (".npz", ".h5", ".tsv.gz", ".tsv", ".bedgraph")
_CHUNK = 64
_TINY_HALF = float(np.finfo(np.float16).smallest_normal)


def save(
    found: Contributions,
    path: str | PathLike[str],
    *,
    dtype: str = "float32",
    overlap: str = "error",
) -> Path:
    """Write contributions; the file appears whole or not at all.

    Args:
        found: what is written, of one track.
        path: .npz (all that hit calling reads), .h5, .tsv or .tsv.gz (one row per example), or
            .bedgraph (one line per base that is there, sorted; needs places).
        dtype: of the values in .npz, "float32" or "float16".
        overlap: in .bedgraph, of bases that several examples hold: "error", "mean", "first".

    Raises:
        OptionError: another suffix, several tracks, or an option of another file.
        NonFiniteError: values beyond what float16 holds.
        InputError: bedGraph without places, or bases that occur twice.
    """
    target = Path(path)
    name = target.name.lower()
    suffix = next(
        (end for end in sorted(_SUFFIXES, key=len, reverse=True) if name.endswith(end)), None
    )
    if suffix is None:
        raise OptionError(
            f"contributions are not written as {target.name!r}; the name must end in "
            f"{', '.join(_SUFFIXES)}.",
            option="path",
            value=target.name,
            allowed=_SUFFIXES,
        )
    check_choice("dtype", dtype, DTYPES)
    check_choice("overlap", overlap, OVERLAPS)
    if (dtype != "float32" and suffix != ".npz") or (overlap != "error" and suffix != ".bedgraph"):
        raise OptionError(
            f"dtype={dtype!r} belongs to .npz and overlap={overlap!r} to .bedgraph; got {suffix}.",
            option="dtype" if overlap == "error" else "overlap",
            value=dtype if overlap == "error" else overlap,
        )
    if found.tracks is not None:
        raise OptionError(
            f"a file holds one track; choose among {len(found.tracks)} with track(name).",
            option="tracks",
            value=found.tracks,
        )
    if suffix == ".npz":
        arrays: dict[str, Any] = _arrays(found, dtype)
        return publish(target, lambda temporary: np.savez_compressed(temporary, **arrays))
    if suffix == ".h5":
        return publish(target, lambda temporary: _write_h5(found, temporary))
    if suffix == ".bedgraph":
        lines = _bedgraph(found, overlap)
        return publish(target, lambda temporary: temporary.write_text(lines, encoding="ascii"))
    return publish(
        target, lambda temporary: _write_table(found, temporary, is_packed=suffix == ".tsv.gz")
    )


def read_fields(path: str | PathLike[str]) -> dict[str, Any]:
    """Read the fields of contributions from .npz or .h5.

    Raises:
        MissingFileError: no such file.
        FormatError: another layout, a file that ends early, arrays that would run code.
        ShapeError: contributions and sequences that do not fit.
    """
    source = Path(path)
    if not source.is_file():
        raise missing_file(source)
    arrays = _read_h5(source) if source.suffix == ".h5" else _read_npz(source)
    missing = [name for name in ("sequences", "contributions") if name not in arrays]
    if missing:
        raise _broken(source, f"has no {missing[0]!r}; it holds {', '.join(sorted(arrays)[:5])}")
    sequences, values = arrays["sequences"], arrays["contributions"]
    if sequences.ndim == 3 and values.shape == (len(sequences), sequences.shape[-1]):
        values = values[:, None, :] * sequences
    elif values.shape != sequences.shape:
        raise ShapeError(
            f"{shown_path(source)}: contributions {values.shape} and sequences {sequences.shape} "
            "do not fit.",
            found=values.shape,
            expected=sequences.shape,
        )
    facts = json.loads(str(arrays["meta"])) if "meta" in arrays else {}
    is_flat = arrays["contributions"].ndim == 2
    return {
        "values": values,
        "sequences": sequences,
        "kind": facts.get("kind", "projected" if is_flat else "hypothetical"),
        "intervals": _places(arrays, sequences.shape),
        "method": facts.get("method", ""),
        "target": facts.get("target", ""),
        "delta": arrays.get("delta"),
        "change": arrays.get("change"),
        "provenance": facts.get("provenance", {}),
        "notes": tuple(facts.get("notes", ())),
    }


def _meta(found: Contributions) -> str:
    facts = {name: getattr(found, name) for name in ("kind", "method", "target")}
    facts["provenance"] = dict(found.provenance)
    facts["notes"] = list(found.notes)
    return json.dumps(facts, sort_keys=True, default=str)


def _arrays(found: Contributions, dtype: str) -> dict[str, NDArray[Any]]:
    values = _narrowed(found.values) if dtype == "float16" else found.values
    if found.kind == "projected":
        values = values.sum(axis=1, dtype=values.dtype)
    arrays: dict[str, NDArray[Any]] = {
        "sequences": found.sequences.astype(np.int8),
        "contributions": values,
        "meta": np.array(_meta(found)),
    }
    for name in ("delta", "change"):
        if getattr(found, name) is not None:
            arrays[name] = getattr(found, name)
    if found.intervals is not None:
        chroms = [place.chrom for place in found.intervals]
        known = {chrom: i for i, chrom in enumerate(dict.fromkeys(chroms))}
        arrays["chr"] = np.array(chroms)
        arrays["chr_id"] = np.array([known[chrom] for chrom in chroms], np.int64)
        arrays["start"] = np.array([place.start for place in found.intervals], np.int32)
        arrays["strand"] = np.array([place.strand for place in found.intervals])
        arrays["peak_id"] = np.arange(len(found), dtype=np.uint32)
        arrays["peak_name"] = np.array([place.name or "" for place in found.intervals])
    return arrays


def _narrowed(values: NDArray[Any]) -> NDArray[np.float16]:
    largest = np.abs(values[np.isfinite(values)]).max(initial=0)
    if largest > np.finfo(np.float16).max:
        raise NonFiniteError(
            f"float16 holds at most 65,504 and the largest value is {largest:.4g}; use "
            "dtype='float32'.",
            where="values",
            count=int((np.abs(values) > np.finfo(np.float16).max).sum()),
        )
    n_tiny = int(((np.abs(values) < _TINY_HALF) & (values != 0)).sum())
    if n_tiny:
        warnings.warn(
            f"{n_tiny:,} values are below {_TINY_HALF:.1e}, where float16 loses digits.",
            DataWarning,
            stacklevel=4,
        )
    return values.astype(np.float16)


def _write_h5(found: Contributions, path: Path) -> None:
    import h5py

    n, _, length = found.sequences.shape
    packed: dict[str, Any] = {"compression": "gzip", "chunks": (min(n, _CHUNK), 4, length)}
    with h5py.File(path, "w") as file:
        file.create_dataset("inputs/sequence", data=found.sequences, **packed)
        file.create_dataset("contributions/sequence", data=found.values, **packed)
        file.attrs["meta"] = _meta(found)
        file.attrs["target"] = found.target
        for name in ("delta", "change"):
            if getattr(found, name) is not None:
                file[name] = getattr(found, name)
        if found.intervals is not None:
            ranges = file.create_group("metadata/ranges")
            text = h5py.string_dtype()
            for name, field in (("chr", "chrom"), ("strand", "strand"), ("id", "name")):
                cells = [getattr(place, field) or "" for place in found.intervals]
                ranges.create_dataset(name, data=cells, dtype=text)
            for name in ("start", "end"):
                ranges[name] = np.array([getattr(place, name) for place in found.intervals])


def _read_h5(path: Path) -> dict[str, NDArray[Any]]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = {
                "sequences": file["inputs/sequence"][()],
                "contributions": file["contributions/sequence"][()],
                "meta": np.array(str(file.attrs["meta"])),
            }
            found |= {name: file[name][()] for name in ("delta", "change") if name in file}
            if "metadata/ranges" in file:
                ranges = file["metadata/ranges"]
                found["start"] = ranges["start"][()]
                for name, label in (("chr", "chr"), ("strand", "strand"), ("id", "peak_name")):
                    found[label] = ranges[name].asstr()[()]
            return found
    except (OSError, KeyError) as error:
        raise _broken(path, f"is no HDF5 file of contributions ({error})") from error


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise _broken(path, f"is no .npz of plain arrays ({str(error)[:80]})") from error


def _places(
    arrays: Mapping[str, NDArray[Any]], shape: tuple[int, ...]
) -> tuple[Interval, ...] | None:
    if "chr" not in arrays or "start" not in arrays:
        return None
    n = shape[0]
    strands = arrays.get("strand", np.full(n, "."))
    names = arrays.get("peak_name", np.full(n, ""))
    return tuple(
        Interval(str(chrom), int(start), int(start) + shape[2], str(strand), str(name) or None)
        for chrom, start, strand, name in zip(
            arrays["chr"], arrays["start"], strands, names, strict=True
        )
    )


def _write_table(found: Contributions, path: Path, *, is_packed: bool) -> None:
    """Columns `metadata/...` where there are places, then `grads/sequence/<index>`."""
    values = found.values.reshape(len(found), -1)
    ranges = ("chr", "end", "start", "strand")
    header = [f"grads/sequence/{index}" for index in range(values.shape[1])]
    if found.intervals is not None:
        header += [f"metadata/ranges/{name}" for name in ranges]
    rows = ["\t".join(header)]
    for place, row in enumerate(values):
        cells = [format(float(value), ".9g") for value in row]
        if found.intervals is not None:
            where = found.intervals[place]
            cells += [where.chrom, str(where.end), str(where.start), where.strand]
        rows.append("\t".join(cells))
    text = ("\n".join(rows) + "\n").encode()
    path.write_bytes(gzip.compress(text, mtime=0) if is_packed else text)


def _bedgraph(found: Contributions, overlap: str) -> str:
    if found.intervals is None:
        raise InputError(f"{found!r} has no places on a genome, which bedGraph needs.")
    places: dict[tuple[str, int], list[float]] = {}
    for index, (place, row) in enumerate(zip(found.intervals, found.per_base(), strict=True)):
        here: NDArray[Any] = found.sequences[index].max(axis=0)
        values = row[::-1] if place.strand == "-" else row
        shown = here[::-1] if place.strand == "-" else here
        for offset in np.flatnonzero(shown).tolist():
            places.setdefault((place.chrom, place.start + offset), []).append(float(values[offset]))
    twice = sum(len(values) > 1 for values in places.values())
    if twice and overlap == "error":
        raise InputError(
            f"{twice:,} bases stand in several examples; overlap='mean' or 'first' makes one value "
            "of them."
        )
    lines = []
    for (chrom, start), values in sorted(places.items()):
        value = values[0] if overlap == "first" else sum(values) / len(values)
        lines.append(f"{chrom}\t{start}\t{start + 1}\t{value:.9g}\n")
    return "".join(lines)


def _broken(path: Path, what: str) -> FormatError:
    return FormatError(f"{shown_path(path)} {what}.", path=path)

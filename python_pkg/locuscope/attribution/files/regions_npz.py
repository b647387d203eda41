"""The .npz of regions that hit calling reads: one-hot bases, contributions, where they lie."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.files.fields import (
    UNREADABLE,
    broken,
    check_bases,
    check_columns,
    check_shapes,
    chrom_numbers,
    columns_digest,
    facts_text,
    places_of,
    plain_arrays,
    read_facts,
)
from locuscope.errors import DataWarning, NonFiniteError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from locuscope.attribution.contribution_values import Contributions

LARGEST_HALF = float(np.finfo(np.float16).max)
SMALLEST_HALF = float(np.finfo(np.float16).smallest_normal)
IDS = {"peak_ids": "peak_id", "chrom_ids": "chr_id"}
"""Field -> name of its array."""
_SHARE_TINY = 0.01


def regions_arrays(found: Contributions, dtype: str) -> dict[str, NDArray[Any]]:
    """The arrays of the file, none of them of objects.

    Args:
        found: contributions of one track; projected ones become (N, L).
        dtype: of the contributions, "float32" or "float16".

    Raises:
        NonFiniteError: values beyond what float16 holds.
    """
    arrays: dict[str, NDArray[Any]] = {
        "sequences": found.sequences.astype(np.int8),
        "contributions": halved(found.values) if dtype == "float16" else found.values,
    }
    for name in ("var", "members", "delta", "change"):
        if getattr(found, name) is not None:
            arrays[name] = getattr(found, name)
    if found.kind == "projected":
        for name in {"contributions", "var", "members"} & set(arrays):
            arrays[name] = arrays[name].sum(axis=-2, dtype=arrays[name].dtype)
    arrays |= place_arrays(found)
    columns: dict[str, Any] = {name: arrays[name] for name in ("delta", "change") if name in arrays}
    columns |= {field: arrays[name] for field, name in IDS.items() if name in arrays}
    digest = columns_digest({"intervals": found.intervals, **columns})
    return {**arrays, "meta": np.array(facts_text([found], digest))}


def place_arrays(found: Contributions) -> dict[str, NDArray[Any]]:
    """Places and numbers of the examples; numbers are made where places have none."""
    arrays: dict[str, NDArray[Any]] = {}
    if found.intervals is not None or found.chrom_ids is not None:
        arrays["chr_id"] = chrom_numbers(found).astype(np.int64)
    if found.intervals is not None or found.peak_ids is not None:
        ids = np.arange(len(found)) if found.peak_ids is None else found.peak_ids
        arrays["peak_id"] = ids.astype(np.uint32)
    if found.intervals is not None:
        places = found.intervals
        arrays["chr"] = np.array([place.chrom for place in places], np.str_)
        arrays["start"] = np.array([place.start for place in places], np.int32)
        arrays["strand"] = np.array([place.strand for place in places], np.str_)
        arrays["peak_name"] = np.array([place.name or "" for place in places], np.str_)
    return arrays


def halved(values: NDArray[Any]) -> NDArray[np.float16]:
    """Values as float16, which holds neither large nor tiny ones.

    Raises:
        NonFiniteError: finite values that would become Inf.
    """
    size = np.abs(values)
    n_large = int(((size > LARGEST_HALF) & np.isfinite(size)).sum())
    if n_large:
        raise NonFiniteError(
            f"float16 holds at most 65,504; {n_large:,} values are larger, up to "
            f"{size[np.isfinite(size)].max():.4g}. Use dtype='float32'.",
            where="values",
            count=n_large,
        )
    n_tiny, n_any = int(((size < SMALLEST_HALF) & (size > 0)).sum()), int((size > 0).sum())
    if n_tiny > _SHARE_TINY * n_any:
        warnings.warn(
            f"{n_tiny:,} of {n_any:,} values that are not 0 are below {SMALLEST_HALF:.1e}, where "
            "float16 loses digits.",
            DataWarning,
            stacklevel=6,
        )
    return values.astype(np.float16)


def read_npz(path: Path) -> dict[str, Any]:
    """Fields of contributions from a file of ours or of another tool with this layout.

    Without coordinates (or with contigs "NA") there are no places.

    Raises:
        FormatError: a file that ends early, arrays that would run code, one that is missing.
        ShapeError: arrays that do not fit, bases that are not one-hot, or transposed.
    """
    arrays = _arrays(path)
    plain_arrays(arrays, path, ("sequences", "contributions"))
    sequences, values = arrays["sequences"], arrays["contributions"]
    is_flat = values.ndim == 2 and sequences.ndim == 3
    if is_flat and values.shape == (sequences.shape[0], sequences.shape[2]):
        for name in {"contributions", "var", "members"} & set(arrays):
            arrays[name] = _spread(arrays[name], sequences)
        values = arrays["contributions"]
    check_shapes(path, sequences.shape, values.shape)
    if values.dtype.kind not in "fiu":
        raise broken(path, f"has contributions of type {values.dtype}; numbers are needed")
    check_bases(path, sequences)
    text = str(arrays["meta"]) if "meta" in arrays else None
    fields = read_facts(text, path, "projected" if is_flat else "hypothetical")
    fields |= {"values": values.astype(np.float32), "sequences": sequences}
    fields |= {name: arrays.get(name) for name in ("var", "members", "delta", "change")}
    if "chr" in arrays and "start" in arrays:
        fields["intervals"] = places_of(
            arrays["chr"],
            arrays["start"],
            sequences.shape[2],
            strands=arrays.get("strand"),
            names=arrays.get("peak_name"),
            path=path,
        )
    fields |= {field: arrays.get(name) for field, name in IDS.items()}
    check_columns(text, fields, path)
    return fields


def _spread(values: NDArray[Any], sequences: NDArray[Any]) -> NDArray[Any]:
    """(..., N, L) to (..., N, A, L): at the bases that are there, 0 elsewhere; NaN stays at N."""
    is_known = np.asarray(sequences.any(axis=1))
    tall = values[..., None, :]
    other = np.where(np.isnan(tall) & ~is_known[:, None], tall, values.dtype.type(0))
    wide: NDArray[Any] = np.where(sequences != 0, tall, other)
    return wide


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except UNREADABLE as error:
        raise broken(path, f"is no .npz of plain arrays ({str(error)[:80]})") from error

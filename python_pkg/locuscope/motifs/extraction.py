"""Regions out of files of contribution scores: cropped, averaged over files, placed by peaks."""

from __future__ import annotations

import warnings
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import DataWarning, FormatError, InputError, ShapeError, shown_path
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import check_one_hot
from locuscope.motifs.regions import WIDTH_BP
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from locuscope.motifs.regions import Peaks

    FilePath = str | PathLike[str]

LAYOUTS = {
    "chrombpnet": ("raw/seq", "shap/seq"),
    "bpnet": ("input_seqs", "hyp_scores"),
    "modisco": ("arr_0", "arr_0"),
}
"""Layout -> names of sequences and scores; bases are the last axis of "bpnet"."""
_UNREADABLE = (OSError, ValueError, EOFError, KeyError)


def extract_regions(
    scores: FilePath | Sequence[FilePath],
    *,
    layout: str,
    sequences: FilePath | None = None,
    peaks: Peaks | None = None,
    width_bp: int = WIDTH_BP,
) -> Contributions:
    """Read the middle of every region from files of contribution scores.

    Args:
        scores: a file, or several (folds of one model) whose scores are averaged in float64.
        layout: "chrombpnet" or "bpnet" (HDF5 with sequences), or "modisco" (.npy, or .npz with
            `arr_0`, (N, A, L)), whose sequences lie in a file of their own.
        sequences: that file.
        peaks: places of the regions, in the order of the file; None = no coordinates.
        width_bp: bases around the middle; `2 * (width_bp // 2)` are kept, from
            `L // 2 - width_bp // 2` on.

    Returns:
        Hypothetical contributions, float32. NaN count as 0, with a warning of how many.

    Raises:
        MissingFileError: no such file.
        FormatError: a file or a dataset that cannot be read.
        ShapeError: files, peaks or a width that do not fit, or transposed axes.
        InputError: sequences that are not one-hot, or that differ between the files.
    """
    check_choice("layout", layout, tuple(LAYOUTS))
    paths = [scores] if isinstance(scores, str | PathLike) else list(scores)
    if not paths:
        raise InputError("scores names no file; at least one is needed.")
    is_apart = layout == "modisco"
    if is_apart == (sequences is None):
        needs = "needs" if is_apart else "brings its own"
        raise InputError(f"layout={layout!r} {needs} sequences.")
    keys = LAYOUTS[layout]
    first = sequences if sequences is not None else paths[0]
    bases = _sequences(first, keys[0], layout)
    if not is_apart:
        for path in paths[1:]:
            _require_same(paths[0], bases, path, _sequences(path, keys[0], layout))
    values = _averaged(paths, keys[1], layout, bases.shape, first)
    window = _window(bases.shape[2], width_bp)
    return _placed(values[..., window], bases[..., window], peaks)


def _placed(
    values: NDArray[np.float32], bases: NDArray[np.uint8], peaks: Peaks | None
) -> Contributions:
    rows = np.arange(len(bases))
    if peaks is None:
        return Contributions(values, bases, peak_ids=rows, chrom_ids=rows)
    if len(peaks) != len(bases) or 2 * (peaks.width_bp // 2) != bases.shape[2]:
        raise ShapeError(
            f"{len(bases):,} regions of {bases.shape[2]} bp and {len(peaks):,} peaks of "
            f"{peaks.width_bp} bp do not fit.",
            found=(len(peaks), peaks.width_bp),
            expected=(len(bases), bases.shape[2]),
        )
    return Contributions(
        values,
        bases,
        intervals=peaks.intervals(bases.shape[2]),
        peak_ids=peaks.peak_ids,
        chrom_ids=peaks.chrom_ids,
    )


def _window(length: int, width_bp: int) -> slice:
    """The middle of a region: an even number of bases."""
    width = whole_number(width_bp, "width_bp")
    half = width // 2
    if not half >= 1 or length // 2 + half > length or length // 2 - half < 0:
        raise ShapeError(
            f"width_bp={width}; from 2 to {length} is needed, the width of the regions.",
            found=width,
            expected=f"2 to {length}",
        )
    return slice(length // 2 - half, length // 2 + half)


def _averaged(
    paths: Sequence[FilePath], key: str, layout: str, shape: tuple[int, ...], first: FilePath
) -> NDArray[np.float32]:
    """Mean over the files; summed in float64, as float16 would lose small scores."""
    total = np.zeros(shape, np.float64)
    n_missing = 0
    for path in paths:
        one = _array(path, key, layout)
        if one.dtype.kind not in "fiu":
            raise FormatError(
                f"{shown_path(path)}: scores of type {one.dtype}; numbers are needed.", path=path
            )
        if one.shape != shape:
            raise ShapeError(
                f"{shown_path(path)} holds scores of shape {one.shape} and {shown_path(first)} "
                f"sequences of shape {shape}; they must be equal.",
                found=one.shape,
                expected=shape,
            )
        is_missing = np.isnan(one)
        n_missing += int(is_missing.sum())
        total += np.where(is_missing, 0, one)
    if n_missing:
        warnings.warn(f"{n_missing:,} scores are NaN and count as 0.", DataWarning, stacklevel=3)
    return (total / len(paths)).astype(np.float32)


def _sequences(path: FilePath, key: str, layout: str) -> NDArray[np.uint8]:
    found = _array(path, key, layout)
    if found.ndim != 3 or found.shape[1] != 4:
        is_turned = found.ndim == 3 and found.shape[2] == 4
        hint = "; they look transposed, swap the last two axes" if is_turned else ""
        raise ShapeError(
            f"{shown_path(path)}: sequences have shape {found.shape}; (N, 4, L) is needed{hint}.",
            found=found.shape,
            expected=("N", 4, "L"),
        )
    check_one_hot(found, where=shown_path(path))
    return found.astype(np.uint8)


def _require_same(
    first: FilePath, bases: NDArray[np.uint8], path: FilePath, other: NDArray[np.uint8]
) -> None:
    if other.shape != bases.shape:
        raise ShapeError(
            f"{shown_path(path)} holds regions of shape {other.shape} and {shown_path(first)} of "
            f"shape {bases.shape}; files of one average are of the same regions.",
            found=other.shape,
            expected=bases.shape,
        )
    odd = np.flatnonzero((other != bases).any(axis=(1, 2)))
    if odd.size:
        raise InputError(
            f"{shown_path(path)} and {shown_path(first)} have different bases in {odd.size:,} "
            f"regions, the first in row {odd[0]}; files of one average are of the same regions."
        )


def _array(path: FilePath, key: str, layout: str) -> NDArray[Any]:
    """The array of a file; (N, A, L) whatever its layout."""
    place = Path(path)
    if not place.exists():
        raise missing_file(place)
    try:
        found = _numpy_array(place, key) if layout == "modisco" else _hdf5_array(place, key)
    except _UNREADABLE as error:
        raise FormatError(
            f"{shown_path(path)}: {key!r} cannot be read ({str(error)[:80]}).", path=path
        ) from error
    if found.ndim != 3:
        raise ShapeError(
            f"{shown_path(path)}: {key} has shape {found.shape}; three axes are needed.",
            found=found.shape,
            expected=("N", 4, "L"),
        )
    return found.swapaxes(1, 2) if layout == "bpnet" else found


def _numpy_array(place: Path, key: str) -> NDArray[Any]:
    loaded = np.load(place, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    with loaded:
        array: NDArray[Any] = loaded[key]
        return array


def _hdf5_array(place: Path, key: str) -> NDArray[Any]:
    import h5py

    with h5py.File(place, "r") as file:
        return np.asarray(file[key][:])

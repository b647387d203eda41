"""Regions out of files of scores: layouts, crops, averages, places."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    DataWarning,
    FormatError,
    InputError,
    MissingFileError,
    OptionError,
    ShapeError,
)
from locuscope.motifs.extraction import LAYOUTS, _window, extract_regions
from locuscope.motifs.regions import Peaks, read_narrowpeak

N, LENGTH = 3, 11


@pytest.fixture
def bases() -> np.ndarray:
    letters = np.random.default_rng(0).integers(0, 4, (N, LENGTH))
    return np.eye(4, dtype=np.int8)[letters].swapaxes(1, 2)


def scores(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(N, 4, LENGTH)).astype(np.float32)


def hdf5(path: Path, layout: str, bases: np.ndarray, values: np.ndarray) -> Path:
    with h5py.File(path, "w") as file:
        for key, array in zip(LAYOUTS[layout], (bases, values), strict=True):
            file[key] = array.swapaxes(1, 2) if layout == "bpnet" else array
    return path


def numpy_files(folder: Path, bases: np.ndarray, values: np.ndarray) -> tuple[Path, Path]:
    np.savez(folder / "ohe.npz", bases)
    np.save(folder / "attr.npy", values)
    return folder / "ohe.npz", folder / "attr.npy"


@pytest.mark.parametrize("layout", ["chrombpnet", "bpnet"])
def test_hdf5_layouts_bring_their_sequences(tmp_path, bases, layout):
    path = hdf5(tmp_path / "x.h5", layout, bases, scores())
    found = extract_regions(path, layout=layout, width_bp=6)
    assert np.array_equal(found.values, scores()[..., 2:8])
    assert np.array_equal(found.sequences, bases[..., 2:8])
    assert (found.kind, found.intervals) == ("hypothetical", None)
    assert found.peak_ids.tolist() == found.chrom_ids.tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="brings its own sequences"):
        extract_regions(path, layout=layout, sequences=path)


def test_modisco_files_have_sequences_apart(tmp_path, bases):
    ohe, attr = numpy_files(tmp_path, bases, scores())
    found = extract_regions(attr, layout="modisco", sequences=ohe, width_bp=11)
    assert np.array_equal(found.values, scores()[..., :10])
    with pytest.raises(InputError, match="needs sequences"):
        extract_regions(attr, layout="modisco")


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_crop_is_an_even_middle_inside_the_region(length, width):
    if width // 2 < 1 or 2 * (width // 2) > length:
        with pytest.raises(ShapeError, match=f"width_bp={width}; from 2 to {length}"):
            _window(length, width)
        return
    window = _window(length, width)
    assert window.start == length // 2 - width // 2 >= 0
    assert window.stop - window.start == 2 * (width // 2)
    assert window.stop <= length


def test_several_files_are_averaged_without_loss(tmp_path, bases):
    """2048 and 0.5 sum to 2048 in float16, whose mean would be 1024."""
    paths = [
        hdf5(tmp_path / f"{k}.h5", "chrombpnet", bases, np.full((N, 4, LENGTH), value, np.float16))
        for k, value in enumerate((2048, 0.5, 0.5, 0.5))
    ]
    found = extract_regions(paths, layout="chrombpnet", width_bp=4)
    assert np.unique(found.values).tolist() == [2049.5 / 4]


def test_nan_counts_as_zero_and_is_counted(tmp_path, bases):
    one, other = scores(0), scores(1)
    one[0, 0, 5] = one[2, 3, 0] = np.nan
    paths = [
        hdf5(tmp_path / f"{k}.h5", "bpnet", bases, values) for k, values in enumerate((one, other))
    ]
    with pytest.warns(DataWarning, match="2 scores are NaN and count as 0") as caught:
        found = extract_regions(paths, layout="bpnet", width_bp=10)
    assert len(caught) == 1
    assert found.values[0, 0, 5] == other[0, 0, 5] / 2


def test_files_that_disagree_are_refused(tmp_path, bases):
    first = hdf5(tmp_path / "a.h5", "chrombpnet", bases, scores())
    short = hdf5(tmp_path / "b.h5", "chrombpnet", bases[:2], scores()[:2])
    with pytest.raises(ShapeError, match=r"\(2, 4, 11\) and .*a.h5 of shape \(3, 4, 11\)"):
        extract_regions([first, short], layout="chrombpnet", width_bp=4)
    changed = bases.copy()
    changed[1] = np.roll(changed[1], 1, axis=0)
    other = hdf5(tmp_path / "c.h5", "chrombpnet", changed, scores())
    with pytest.raises(InputError, match="different bases in 1 regions, the first in row 1"):
        extract_regions([first, other], layout="chrombpnet", width_bp=4)
    ohe, attr = numpy_files(tmp_path, bases, scores()[..., :-1])
    with pytest.raises(ShapeError, match=r"scores of shape .* sequences of shape"):
        extract_regions(attr, layout="modisco", sequences=ohe, width_bp=4)


def test_peaks_place_the_regions(tmp_path, bases):
    path = hdf5(tmp_path / "x.h5", "chrombpnet", bases, scores())
    text = "".join(
        f"chr{3 - k}\t{100 * k + 50}\t{100 * k + 60}\tp{k}\t0\t.\t0\t0\t0\t5\n" for k in range(N)
    )
    (tmp_path / "p").write_text(text)
    peaks = read_narrowpeak(tmp_path / "p", width_bp=6)
    found = extract_regions(path, layout="chrombpnet", peaks=peaks, width_bp=6)
    assert [str(place.chrom) for place in found.intervals] == ["chr3", "chr2", "chr1"]
    assert [place.start for place in found.intervals] == [52, 152, 252]
    assert [place.name for place in found.intervals] == ["p0", "p1", "p2"]
    assert found.chrom_ids.tolist() == [0, 1, 2]
    odd = read_narrowpeak(tmp_path / "p", width_bp=7)
    found = extract_regions(path, layout="chrombpnet", peaks=odd, width_bp=7)
    assert [place.end - place.start for place in found.intervals] == [6, 6, 6]
    for wrong in (read_narrowpeak(tmp_path / "p", width_bp=8), _first(peaks, 2)):
        with pytest.raises(ShapeError, match="do not fit"):
            extract_regions(path, layout="chrombpnet", peaks=wrong, width_bp=6)


def _first(peaks: Peaks, n: int) -> Peaks:
    return Peaks(
        peaks.chroms[:n], peaks.chrom_ids[:n], peaks.starts[:n], peaks.names[:n], peaks.width_bp
    )


@pytest.mark.fault("H2")
def test_wrong_arrays_are_refused(tmp_path, bases):
    turned = hdf5(tmp_path / "t.h5", "chrombpnet", bases.swapaxes(1, 2), scores())
    with pytest.raises(ShapeError, match="transposed"):
        extract_regions(turned, layout="chrombpnet", width_bp=4)
    with pytest.raises(FormatError, match="'input_seqs' cannot be read"):
        extract_regions(turned, layout="bpnet", width_bp=4)
    half = hdf5(tmp_path / "h.h5", "chrombpnet", bases * 0.5, scores())
    with pytest.raises(InputError, match=r"h\.h5"):
        extract_regions(half, layout="chrombpnet", width_bp=4)
    flat = hdf5(tmp_path / "f.h5", "chrombpnet", bases, scores()[:, 0])
    with pytest.raises(ShapeError, match="three axes"):
        extract_regions(flat, layout="chrombpnet", width_bp=4)
    ohe, attr = numpy_files(tmp_path, bases, np.full((N, 4, LENGTH), "x"))
    with pytest.raises(FormatError, match="numbers are needed"):
        extract_regions(attr, layout="modisco", sequences=ohe, width_bp=4)


@pytest.mark.fault("H6")
def test_arrays_of_objects_and_files_that_are_none_are_refused(tmp_path, bases):
    ohe, attr = numpy_files(tmp_path, bases, scores())
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object))
    (tmp_path / "empty.npy").write_bytes(b"")
    np.savez(tmp_path / "other.npz", x=scores())
    for name in ("o.npy", "empty.npy", "other.npz"):
        with pytest.raises(FormatError, match="cannot be read"):
            extract_regions(tmp_path / name, layout="modisco", sequences=ohe)
    with pytest.raises(MissingFileError):
        extract_regions(tmp_path / "none.npy", layout="modisco", sequences=ohe)
    with pytest.raises(InputError, match="no file"):
        extract_regions([], layout="modisco", sequences=ohe)
    with pytest.raises(OptionError, match="layout"):
        extract_regions(attr, layout="xyz")

"""Regions in and out, and the peaks that place them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import (
    DataWarning,
    FormatError,
    MissingFileError,
    NonFiniteError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.motifs.regions import read_narrowpeak, read_regions, write_regions

N, LENGTH = 3, 9


def regions(seed: int = 0, **fields) -> Contributions:
    rng = np.random.default_rng(seed)
    bases = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (N, LENGTH))].swapaxes(1, 2)
    values = rng.normal(size=(N, 4, LENGTH)).astype(np.float32)
    return Contributions(values, bases, **fields)


def places(*starts: int) -> tuple[Interval, ...]:
    return tuple(Interval("chr2", start, start + LENGTH, ".", f"p{start}") for start in starts)


def test_regions_read_back(tmp_path):
    given = regions(intervals=places(5, 50, 20), peak_ids=np.array([7, 3, 9]))
    path = write_regions(given, tmp_path / "r.npz")
    back = read_regions(path)
    assert np.array_equal(back.values, given.values)
    assert np.array_equal(back.sequences, given.sequences)
    assert back.intervals == given.intervals
    assert back.peak_ids.tolist() == [7, 3, 9]
    assert back.chrom_ids.tolist() == [0, 0, 0]


def test_the_layout_is_that_of_other_tools(tmp_path):
    path = write_regions(regions(intervals=places(5, 50, 20)), tmp_path / "r.npz", dtype="float16")
    with np.load(path, allow_pickle=False) as arrays:
        kinds = {name: (arrays[name].dtype.kind, arrays[name].shape) for name in arrays.files}
        sizes = {name: arrays[name].dtype.itemsize for name in ("start", "peak_id", "chr_id")}
        assert arrays["contributions"].dtype == np.float16
    assert kinds["sequences"] == ("i", (N, 4, LENGTH))
    assert kinds["contributions"] == ("f", (N, 4, LENGTH))
    assert {name: kinds[name] for name in ("chr", "peak_name")} == {
        "chr": ("U", (N,)),
        "peak_name": ("U", (N,)),
    }
    assert [kinds[name][0] for name in ("start", "peak_id", "chr_id")] == ["i", "u", "i"]
    assert sizes == {"start": 4, "peak_id": 4, "chr_id": 8}


def test_projected_regions_are_one_value_per_base(tmp_path):
    given = regions().project()
    path = write_regions(given, tmp_path / "r.npz")
    with np.load(path) as arrays:
        assert arrays["contributions"].shape == (N, LENGTH)
    back = read_regions(path)
    assert back.kind == "projected"
    assert np.array_equal(back.values, given.values)


@pytest.mark.parametrize("shape", [(N, 4, LENGTH), (N, LENGTH)])
@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8"])
def test_files_of_another_tool_need_two_arrays(tmp_path, shape, dtype):
    values = (np.arange(np.prod(shape)).reshape(shape) / 8).astype(dtype)
    np.savez(
        tmp_path / "r.npz", sequences=regions().sequences.astype(np.int8), contributions=values
    )
    found = read_regions(tmp_path / "r.npz")
    assert found.values.dtype == np.float32
    assert found.intervals is None
    assert found.peak_ids.tolist() == found.chrom_ids.tolist() == [0, 1, 2]
    assert np.allclose(found.per_base(), regions_per_base(values.astype(np.float32)))


def regions_per_base(values: np.ndarray) -> np.ndarray:
    """What stands at the base of each position."""
    bases = regions().sequences
    if values.ndim == 2:
        return values
    rows, columns = np.indices((N, LENGTH))
    return values[rows, bases.argmax(axis=1), columns]


def test_contigs_called_na_are_no_places(tmp_path):
    arrays = {"chr": np.array(["NA"] * N), "start": np.zeros(N, np.int32)}
    arrays |= {"peak_id": np.array([4, 2, 0], np.uint32)}
    given = regions()
    np.savez(tmp_path / "r.npz", sequences=given.sequences, contributions=given.values, **arrays)
    found = read_regions(tmp_path / "r.npz")
    assert found.intervals is None
    assert found.peak_ids.tolist() == [4, 2, 0]


def test_float16_refuses_what_it_cannot_hold(tmp_path):
    large = replace(regions(), values=np.full((N, 4, LENGTH), 7e4, np.float32))
    with pytest.raises(NonFiniteError, match="65,504"):
        write_regions(large, tmp_path / "r.npz", dtype="float16")
    assert not list(tmp_path.iterdir())
    tiny = replace(regions(), values=np.full((N, 4, LENGTH), 1e-6, np.float32))
    with pytest.warns(DataWarning, match="float16 loses digits"):
        write_regions(tiny, tmp_path / "r.npz", dtype="float16")
    write_regions(large, tmp_path / "l.npz")
    assert read_regions(tmp_path / "l.npz").values.max() == np.float32(7e4)


def test_wrong_arguments_are_refused(tmp_path):
    with pytest.raises(OptionError, match=r"written as \.npz; got 'r\.h5'"):
        write_regions(regions(), tmp_path / "r.h5")
    with pytest.raises(OptionError, match="dtype"):
        write_regions(regions(), tmp_path / "r.npz", dtype="float64")
    with pytest.raises(WrongTypeError, match="contributions"):
        write_regions(regions().values, tmp_path / "r.npz")
    with pytest.raises(MissingFileError):
        read_regions(tmp_path / "none.npz")
    np.savez(tmp_path / "t.npz", sequences=np.zeros((N, LENGTH, 4), np.int8),
             contributions=np.zeros((N, LENGTH, 4)))  # fmt: skip
    with pytest.raises(ShapeError, match="transposed"):
        read_regions(tmp_path / "t.npz")


@pytest.mark.fault("H6")
def test_arrays_of_objects_are_refused(tmp_path):
    given = regions()
    np.savez(tmp_path / "r.npz", sequences=given.sequences,
             contributions=given.values.astype(object))  # fmt: skip
    with pytest.raises(FormatError, match="plain arrays"):
        read_regions(tmp_path / "r.npz")


def peak(chrom: str, start: object, end: object, summit: object, name: str = "p") -> str:
    return f"{chrom}\t{start}\t{end}\t{name}\t100\t.\t5.0\t3.0\t2.0\t{summit}\n"


@pytest.fixture
def file(tmp_path):
    def written(text: str):
        place = tmp_path / "x.narrowPeak"
        place.write_bytes(text.encode())
        return place

    return written


def test_regions_lie_around_the_summits(file):
    text = peak("chr2", 1000, 1500, 250, "a") + peak("chr10", 0, 300, 3, ".")
    for width, starts in ((500, [1000, -247]), (7, [1247, 0]), (1, [1250, 3])):
        found = read_narrowpeak(file(text), width_bp=width)
        assert found.starts.tolist() == starts
        assert found.width_bp == width
    assert found.chroms == ("chr2", "chr10")
    assert found.chrom_ids.tolist() == [0, 1]
    assert found.names == ("a", "")
    assert found.peak_ids.tolist() == [0, 1]
    assert repr(found) == "Peaks(2 regions of 1 bp)"
    first, second = read_narrowpeak(file(text), width_bp=6).intervals()
    assert (first.chrom, first.start, first.end, first.name) == ("chr2", 1247, 1253, "a")
    assert second.name is None
    early = read_narrowpeak(file(text), width_bp=501).intervals(500)[1]
    assert (early.start, early.end) == (-247, 253)


@pytest.mark.parametrize("null", ["-1", ".", "NA", "null", "NaN"])
def test_a_peak_without_summit_counts_from_its_middle(file, null):
    text = peak("c", 10, 21, null) + peak("c", 10, 21, 4) + peak("c", 10, 20, null)
    with pytest.warns(DataWarning, match="2 of 3 peaks .* have no summit") as caught:
        found = read_narrowpeak(file(text), width_bp=2)
    assert len(caught) == 1
    assert found.starts.tolist() == [14, 13, 14]


def test_contigs_are_ranked_by_the_given_order_then_by_appearance(file, tmp_path):
    text = "".join(peak(chrom, 10, 20, 5) for chrom in ("c3", "c1", "c2", "c3", "c9"))
    order = tmp_path / "sizes"
    order.write_text("# sizes\nc1\t500\nc2\t400\n")
    for given in (["c1", "c2"], order, str(order)):
        found = read_narrowpeak(file(text), chrom_order=given)
        assert found.chrom_ids.tolist() == [2, 0, 1, 2, 3]
    assert read_narrowpeak(file(text)).chrom_ids.tolist() == [0, 1, 2, 0, 3]


def test_comments_tracks_and_line_ends_do_not_matter(file):
    text = "track name=x\r\n# note\r\n\r\n" + peak("c", 10, 20, 5).replace("\n", "\r\n")
    assert read_narrowpeak(file(text), width_bp=2).starts.tolist() == [14]
    assert len(read_narrowpeak(file(""))) == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("c\t1\t2\n", "3 columns; narrowPeak has 10"),
        ("c 1 2 p 0 . 0 0 0 1\n", "1 column; narrowPeak has 10"),
        (peak("c", "x", 20, 5), "start < end"),
        (peak("c", 10, "", 5), "start < end"),
        (peak("c", -1, 20, 5), "start < end"),
        (peak("c", 20, 20, 0), "start < end"),
        (peak("c", 10, 1 << 40, 5), "start < end"),
        (peak("", 10, 20, 5), "a contig"),
        (peak("c", 10, 20, 10), "inside the peak, 0 to 9"),
        (peak("c", 10, 20, 1.5), "inside the peak"),
        (peak("c", 10, 20, -2), "inside the peak"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_line(file, line, words):
    with pytest.raises(FormatError, match=words) as caught:
        read_narrowpeak(file(peak("c", 10, 20, 5) + line))
    assert caught.value.line == 2
    assert "x.narrowPeak:2:" in str(caught.value)


@pytest.mark.parametrize("width", [0, -5])
def test_a_width_is_positive(file, width):
    with pytest.raises(OptionError, match="width_bp"):
        read_narrowpeak(file(""), width_bp=width)

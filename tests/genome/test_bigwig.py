"""BigWig: values, statistics, gaps, places, processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import (
    DataWarning,
    InputError,
    MissingContigError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
)
from locuscope.genome import bigwig as bigwig_module
from locuscope.genome.bigwig import BigWig
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.genome.bigwig_runs import LENGTHS, RUNS, columns
from tests.oracles import bigwig_oracle as oracle

STATS = ["mean", "max", "min", "sum", "coverage"]


@pytest.fixture
def path(tmp_path):
    return write_bigwig(tmp_path / "x.bw", [("1", *columns(RUNS)), ("2", [0], [1], [7.0])], LENGTHS)


@pytest.mark.fault("W3")
@pytest.mark.parametrize("gap", [float("nan"), 0.0])
def test_values(path, gap):
    track = BigWig(path, gap=gap)
    for start, end in [(0, 100), (0, 1), (3, 12), (31, 90), (99, 100)]:
        found = track.values(Interval("1", start, end))
        assert found.dtype == np.float32
        assert np.array_equal(found, oracle.base_values(RUNS, start, end, gap), equal_nan=True)


@pytest.mark.fault("W5")
@pytest.mark.parametrize("stat", STATS)
@pytest.mark.parametrize("gap", [float("nan"), 0.0])
@pytest.mark.parametrize("block", [1, 7, 1 << 22])
def test_bins_equal_numpy_on_base_values(path, stat, gap, block, monkeypatch):
    monkeypatch.setattr(bigwig_module, "_BLOCK", block)
    track = BigWig(path, gap=gap)
    fill = float("nan") if stat == "coverage" else gap
    for start, end in [(0, 100), (1, 34), (29, 32), (40, 80)]:
        values = oracle.base_values(RUNS, start, end, fill)
        for n_bins in {1, 2, 3, 7, end - start} - set(range(end - start + 1, 99)):
            found = track.bins(Interval("1", start, end), n_bins=n_bins, stat=stat)
            expected = oracle.bins(values, n_bins, stat)
            assert found.dtype == np.float32
            assert np.allclose(found, expected, rtol=1e-5, atol=0, equal_nan=True)
        whole = track.value(Interval("1", start, end), stat)
        assert np.isclose(whole, oracle.statistic(values, stat), rtol=1e-5, equal_nan=True)


places = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(1, 1000), st.floats(0, 1)), min_size=1, max_size=4
)


@settings(max_examples=25)
@given(st.integers(0, 999), places)
def test_bins_of_random_tracks(tmp_path_factory, seed, drawn):
    rng = np.random.default_rng(seed)
    borders = np.sort(rng.choice(3000, 400, replace=False))
    keep = rng.random(399) < 0.6
    starts, ends = borders[:-1][keep], borders[1:][keep]
    values = (rng.normal(size=keep.sum()) * 10.0 ** rng.integers(-3, 4)).astype(np.float32)
    folder = tmp_path_factory.mktemp("random")
    track = BigWig(write_bigwig(folder / "x.bw", [("1", starts, ends, values)], {"1": 3000}))
    runs = list(zip(starts.tolist(), ends.tolist(), values.tolist(), strict=True))
    for start, width, share in drawn:
        place, n_bins = Interval("1", start, start + width), 1 + int(share * (width - 1))
        base = track.values(place).astype(np.float64)
        expected = oracle.base_values(runs, start, start + width, np.nan)
        assert np.array_equal(base, expected, equal_nan=True)
        for stat in STATS:
            found = track.bins(place, n_bins=n_bins, stat=stat)
            wanted = oracle.bins(base, n_bins, stat)
            assert np.allclose(found, wanted, rtol=1e-5, atol=1e-6, equal_nan=True)


def test_bins_by_resolution(path):
    track = BigWig(path, gap=0.0)
    found = track.bins(Interval("1", 0, 32), resolution_bp=10, stat="max")
    assert found.tolist() == [1.5, 0.0, 0.0, 8.0]
    assert track.bins(Interval("1", 0, 9), resolution_bp=10).shape == (1,)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, InputError),
        ({"n_bins": 2, "resolution_bp": 2}, InputError),
        ({"n_bins": 0}, OptionError),
        ({"n_bins": 101}, OptionError),
        ({"n_bins": 1.5}, WrongTypeError),
        ({"resolution_bp": 0}, OptionError),
        ({"resolution_bp": -3}, OptionError),
        ({"n_bins": 2, "stat": "median"}, OptionError),
    ],
)
def test_bins_refuse(path, options, error):
    with pytest.raises(error):
        BigWig(path).bins(Interval("1", 0, 100), **options)


@pytest.mark.parametrize("gap", [1.0, float("inf"), False, -1])
def test_gap_is_nan_or_zero(path, gap):
    with pytest.raises(OptionError, match="gap is"):
        BigWig(path, gap=gap)


def test_covered_says_where_the_gap_applies(path):
    track = BigWig(path, gap=0.0, covered=Interval("1", 8, 40))
    found = track.values(Interval("1", 0, 100))
    assert np.isnan(found[[0, 1, 6, 7, 40, 60]]).all()
    assert found[2] == 1.5
    assert found[8] == found[15] == found[39] == 0.0
    assert found[95] == 0.25
    assert track.value(Interval("1", 6, 12), "mean") == 0.0
    assert np.isnan(track.value(Interval("1", 6, 8), "mean"))
    assert track.value(Interval("1", 6, 12), "coverage") == pytest.approx(2 / 6)
    several = BigWig(path, gap=0.0, covered=[Interval("chr1", 0, 1), Interval("1", 50, 51)])
    found = several.values(Interval("1", 0, 60))
    assert np.flatnonzero(found == 0.0).tolist() == [0, *range(10, 20), 50]
    nowhere = BigWig(path, gap=0.0, covered=[]).values(Interval("1", 40, 60))
    assert np.isnan(nowhere).all()


@pytest.mark.fault("W1")
def test_places_that_are_not_there(path):
    track = BigWig(path, gap=0.0)
    with pytest.raises(MissingContigError, match=r"no contig '3' in x\.bw"):
        track.values(Interval("3", 0, 5))
    for start, end in [(90, 101), (-1, 5), (200, 300)]:
        with pytest.raises(OutOfBoundsError, match="1 has 100 bases") as caught:
            track.values(Interval("1", start, end))
        assert caught.value.contig_length == 100
    found = track.values(Interval("1", -2, 103), pad=True)
    assert np.isnan(found[[0, 1, 102, 103, 104]]).all()
    assert (found[2], found[-4]) == (0.0, 0.25)
    assert np.isnan(track.values(Interval("1", 200, 205), pad=True)).all()
    bins = track.bins(Interval("1", 95, 105), n_bins=2, pad=True)
    assert bins[0] == 0.25
    assert np.isnan(bins[1])


def test_contigs_that_only_the_genome_has(path):
    genome = Genome.from_sequences({"1": "A" * 100, "2": "C" * 50, "3": "G" * 9})
    track = BigWig(path, gap=0.0, genome=genome)
    with pytest.warns(DataWarning, match="no data on '3'"):
        assert track.values(Interval("3", 0, 9)).tolist() == [0.0] * 9
    assert track.bins(Interval("3", 0, 9), n_bins=3).tolist() == [0.0] * 3
    assert track.intervals(None, "3", 0, 9)[0].size == 0
    with pytest.raises(OutOfBoundsError, match="3 has 9 bases"):
        track.values(Interval("3", 0, 10))
    with pytest.raises(MissingContigError):
        track.values(Interval("4", 0, 1))


@pytest.mark.fault("W6")
def test_lengths_are_compared_with_the_genome(path):
    genome = Genome.from_sequences({"chr1": "A" * 99, "2": "C" * 50})
    with pytest.warns(DataWarning, match="1: 100 against 99") as told:
        BigWig(path, genome=genome)
    assert len(told) == 1


def test_aliases_are_told_once_per_call(path):
    track = BigWig(path)
    with pytest.warns(DataWarning, match=r"x\.bw calls chr1 1") as told:
        track.values(Interval("chr1", 0, 5))
    assert len(told) == 1


def test_intervals(path):
    starts, ends, values = BigWig(path).intervals("any", "1", 3, 15)
    assert (starts.dtype, ends.dtype, values.dtype) == (np.int32, np.int32, np.float32)
    assert starts.tolist() == [3, 5, 10]
    assert ends.tolist() == [5, 6, 15]
    assert values.tolist() == [1.5, -2.0, 0.0]
    assert BigWig(path).intervals(None, "1", 50, 60)[0].size == 0


def test_properties(path):
    track = BigWig(path, name="dnase")
    assert track.lengths == LENGTHS
    assert track.contigs == ("1", "2")
    assert repr(track) == "BigWig('dnase', 2 contigs)"
    facts = track.summary()
    assert facts["covered_bases"] == 26
    assert (facts["min"], facts["max"], facts["n_nonfinite"]) == (-2.0, 8.0, None)
    assert facts["mean"] == pytest.approx((4.5 - 2 + 8 + 2.5 + 7) / 26)
    track.values(Interval("1", 0, 5))
    assert track.summary()["n_nonfinite"] == 0
    assert "<b>" not in BigWig(path, name="<b>")._repr_html_()


def _read_in_a_child(track):
    return track.values(Interval("1", 0, 100)).tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes(path, method):
    track = BigWig(path, gap=0.0, covered=Interval("1", 0, 60))
    expected = _read_in_a_child(track)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads, newer Pythons
        with multiprocessing.get_context(method).Pool(1) as pool:
            assert pool.map(_read_in_a_child, [track] * 2) == [expected] * 2


def test_threads_and_pickle(path):
    track = pickle.loads(pickle.dumps(BigWig(path, gap=0.0)))  # noqa: S301
    expected, found = _read_in_a_child(BigWig(path, gap=0.0)), []
    threads = [
        threading.Thread(target=lambda: found.extend(_read_in_a_child(track) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 80


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")  # noqa: PTH112
def test_descriptors_stay_flat(path):
    with BigWig(path) as track:
        track.values(Interval("1", 0, 5))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(1000):
        track.values(Interval("1", 0, 5))
        track.close()
        track.close()
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208

from __future__ import annotations

import warnings

import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.files.regions_npz import halved
from locuscope.errors import DataWarning, InputError, NonFiniteError, ShapeError, StoreError
from locuscope.genome.sequence import one_hot
from tests.attribution.files.made import TEXTS, assert_same, full, made


def test_everything_comes_back(tmp_path):
    for given in (full(), full().project(), made(None)):
        path = given.save(tmp_path / "a.npz")
        found = Contributions.open(path)
        apart = () if given.peak_ids is not None else ("peak_ids", "chrom_ids")
        assert_same(found, given, apart=apart)
        again = found.save(tmp_path / "b.npz")
        assert again.read_bytes() == path.read_bytes()


def test_a_file_of_another_tool(tmp_path):
    x, values = one_hot(TEXTS), np.random.default_rng(0).normal(size=(3, 4, 10))
    np.savez(tmp_path / "a.npz", sequences=x, contributions=values.astype(np.float16))
    found = Contributions.open(tmp_path / "a.npz")
    assert found.intervals is None and found.kind == "hypothetical" and found.method == ""
    np.testing.assert_array_equal(found.values, values.astype(np.float16).astype(np.float32))
    chrom, start = np.array(["NA"] * 3), np.zeros(3, np.int32)
    np.savez(
        tmp_path / "b.npz",
        sequences=x,
        contributions=values.sum(1),
        chr=chrom,
        start=start,
        peak_id=np.array([4, 2, 0], np.uint32),
    )
    flat = Contributions.open(tmp_path / "b.npz")
    assert flat.kind == "projected" and flat.intervals is None
    assert flat.peak_ids.tolist() == [4, 2, 0] and flat[1:].peak_ids.tolist() == [2, 0]
    expected = np.where(x.any(1), values.sum(1), 0)
    np.testing.assert_allclose(flat.per_base(), expected, rtol=1e-6)


def test_values_that_are_missing_stay_missing(tmp_path):
    given = made()
    values = np.where(given.sequences.any(1, keepdims=True), given.values, np.nan)
    flat = Contributions(
        np.where(given.sequences == 1, values, np.where(np.isnan(values), np.nan, 0)),
        given.sequences,
        kind="projected",
    )
    back = Contributions.open(flat.save(tmp_path / "a.npz"))
    np.testing.assert_array_equal(back.values, flat.values)
    assert np.isnan(back.values[0, :, 4]).all()


def test_what_half_precision_holds(tmp_path):
    values = np.linspace(1, 2, 1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert halved(values).dtype == np.float16
        few = values.copy()
        few[:10] = 1e-6  # 1 % exactly
        halved(np.append(few, [np.nan, 0]))
        assert np.isinf(halved(np.array([np.inf, -1.0]))[0])
    many = np.where(np.arange(1000) < 11, 1e-6, values)
    with pytest.warns(DataWarning, match=r"11 of 1,000 values that are not 0 are below 6\.1e-05"):
        halved(many)
    with pytest.raises(NonFiniteError, match=r"2 values are larger, up to 7e\+04"):
        halved(np.array([65504.0, 70000.0, -66000.0]))
    given = made()
    found = Contributions.open(given.save(tmp_path / "half.npz", dtype="float16"))
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, given.values.astype(np.float16))


def test_numbers_without_places(tmp_path):
    given = made(None, peak_ids=np.array([3, 1, 2]), chrom_ids=np.array([5, 5, 6]))
    found = Contributions.open(given.save(tmp_path / "a.npz"))
    assert found.intervals is None
    assert found.peak_ids.tolist() == [3, 1, 2] and found.chrom_ids.tolist() == [5, 5, 6]


@pytest.mark.fault("J1")
def test_one_changed_bit_is_noticed(tmp_path):
    given = full()
    raw = given.save(tmp_path / "a.npz").read_bytes()
    for place in range(60, len(raw), 97):
        changed = raw[:place] + bytes([raw[place] ^ 4]) + raw[place + 1 :]
        (tmp_path / "b.npz").write_bytes(changed)
        try:
            found = Contributions.open(tmp_path / "b.npz")
        except (InputError, StoreError):
            continue
        np.testing.assert_array_equal(found.values, given.values)
        assert found.intervals == given.intervals


@pytest.mark.fault("V4")
def test_arrays_that_do_not_fit(tmp_path):
    x, values = one_hot(TEXTS), np.ones((3, 4, 10), np.float32)
    for name, arrays, words in (
        ("turned", {"sequences": x.transpose(0, 2, 1), "contributions": values}, "transposed"),
        (
            "turned values",
            {"sequences": x, "contributions": values.transpose(0, 2, 1)},
            "contributions look transposed",
        ),
        ("two ones", {"sequences": np.ones_like(x), "contributions": values}, "not one-hot"),
        ("half", {"sequences": x * 0.5, "contributions": values}, "not one-hot"),
        ("short", {"sequences": x, "contributions": values[:2]}, "do not fit"),
    ):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(ShapeError, match=words):
            Contributions.open(tmp_path / f"{name}.npz")

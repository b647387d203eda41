from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from locuscope.effects.results.score_calico import percentile_levels
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import DataWarning, FormatError, OptionError
from tests.effects.made_scores import made


@pytest.fixture(scope="module")
def scores():
    found = made(50, has_parts=False, has_spread=False, statuses=("ok", "ok", "off_edge"))
    return replace(found, scores={"SUM": found.scores["diff"], "D2": found.scores["SAX"]})


def test_the_published_datasets(scores, tmp_path):
    path = scores.to_hdf5(tmp_path / "sad.h5", compat="calico")
    table = scores.variants.table
    with h5py.File(path, "r") as file:
        assert set(file) == {
            *("snp", "chr", "pos", "ref_allele", "alt_allele", "target_ids", "target_labels"),
            *("percentiles", "status", "SUM", "SUM_pct", "D2", "D2_pct"),
        }
        assert [name.decode() for name in file["snp"][:]] == scores.row_ids
        assert [name.decode() for name in file["chr"][:]] == table["chrom"].to_list()
        assert file["pos"][:].tolist() == table["pos"].to_list()
        assert [t.decode() for t in file["target_ids"][:]] == list(scores.labels("SUM"))
        assert [t.decode() for t in file["target_labels"][:2]] == ["liver", "liver"]
        assert file["SUM"].dtype == np.float16
        np.testing.assert_array_equal(file["SUM"][:], scores.scores["SUM"].astype(np.float16))
        assert file["SUM"].attrs["clipped"] == 0
    by_id = scores.to_hdf5(tmp_path / "id.h5", compat="calico", id="vcf")
    with h5py.File(by_id, "r") as file:
        assert [name.decode() for name in file["snp"][:]] == table["id"].to_list()


def test_percentiles_are_those_of_scored_rows(scores, tmp_path):
    path = scores.to_hdf5(tmp_path / "sad.h5", compat="calico")
    is_scored = scores.variants.is_ok
    with h5py.File(path, "r") as file:
        levels = file["percentiles"][:]
        found = file["D2_pct"][:]
        values = file["D2"][:][is_scored].astype(np.float64)
    assert found.shape == (3, len(levels))
    assert found.dtype == np.float16
    for track in range(3):
        # the slow way: sort and interpolate
        column = np.sort(values[:, track])
        place = levels * (len(column) - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, len(column) - 1)
        expected = column[low] + (place - low) * (column[high] - column[low])
        np.testing.assert_allclose(found[track], expected, rtol=2e-3, atol=1e-3)


def test_levels_are_fine_at_both_ends():
    levels = percentile_levels()
    assert np.all(np.diff(levels) > 0)
    assert levels[0] == pytest.approx(0.001)
    assert levels[-1] == pytest.approx(0.999)
    assert len(levels) == 99 + 80 + 100


def test_large_values_are_clipped_counted_and_said(scores, tmp_path):
    values = scores.scores["D2"].copy()
    rows = np.flatnonzero(scores.variants.is_ok)[:3]
    values[rows, 0] = [1e6, -np.inf, 65_504.0]
    large = replace(scores, scores={**scores.scores, "D2": values})
    with pytest.warns(DataWarning, match="clipped: 2 of D2"):
        path = large.to_hdf5(tmp_path / "sad.h5", compat="calico")
    with h5py.File(path, "r") as file:
        assert file["D2"].attrs["clipped"] == 2
        assert file["D2"][:][rows, 0].tolist() == [65_504.0, -65_504.0, 65_504.0]


def test_it_comes_back_with_the_precision_of_halves(scores, tmp_path):
    found = VariantScores.open(scores.to_hdf5(tmp_path / "sad.h5", compat="calico", id="vcf"))
    assert list(found.scores) == ["D2", "SUM"]
    assert found.status == scores.status
    assert found.row_ids == scores.row_ids
    assert found.variants.table["id"].to_list() == scores.variants.table["id"].to_list()
    assert found.labels("SUM") == scores.labels("SUM")
    np.testing.assert_allclose(found.scores["SUM"], scores.scores["SUM"], rtol=1e-3, atol=1e-4)


def test_a_file_of_the_published_tool_opens(tmp_path):
    with h5py.File(tmp_path / "sad.h5", "w") as file:
        file["snp"] = np.array(["rs1", "rs2"], "S")
        file["chr"] = np.array(["chr1", "chr2"], "S")
        file["pos"] = np.array([5, 6], np.uint32)
        file["ref_allele"] = np.array(["A", "C"], "S")
        file["alt_allele"] = np.array(["G", "T"], "S")
        file["target_ids"] = np.array(["ENC1", "ENC2", "ENC3"], "S")
        file["target_labels"] = np.array(["a", "b", "c"], "S")
        file["SAD"] = np.arange(6, dtype=np.float16).reshape(2, 3)
        file["SAD_pct"] = np.zeros((3, 4), np.float16)
    found = VariantScores.open(tmp_path / "sad.h5")
    assert found.row_ids == ["chr1:5:A:G", "chr2:6:C:T"]
    assert found.labels("SAD") == ("ENC1", "ENC2", "ENC3")
    assert found.status == ["ok", "ok"]
    np.testing.assert_array_equal(found.scores["SAD"], [[0, 1, 2], [3, 4, 5]])
    with h5py.File(tmp_path / "sad.h5", "a") as file:
        file["odd"] = np.zeros((2, 2))
    with pytest.raises(FormatError, match=r"odd has shape \(2, 2\), expected \(2, 3\)"):
        VariantScores.open(tmp_path / "sad.h5")[:]


def test_scores_without_a_place_there(scores, tmp_path):
    parted = made(5)
    with pytest.raises(OptionError, match="'genes' has columns of its own"):
        parted.to_hdf5(tmp_path / "x.h5", compat="calico")
    odd = replace(scores, scores={"snp": scores.scores["SUM"]})
    with pytest.raises(OptionError, match="called 'snp'; that name is taken"):
        odd.to_hdf5(tmp_path / "x.h5", compat="calico")
    assert not (tmp_path / "x.h5").exists()

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import InputError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from tests.attribution.files.made import PLACES, TEXTS, assert_same, full, made


@pytest.mark.parametrize("compat", ["kipoi", "chrombpnet", "bpnet"])
def test_layouts_of_other_tools_come_back(tmp_path, compat):
    for given in (full(), made(None)):
        assert_same(Contributions.open(given.save(tmp_path / "a.h5", compat=compat)), given)


def test_where_things_stand(tmp_path):
    given = made()
    with h5py.File(given.save(tmp_path / "a.h5", compat="kipoi")) as file:
        np.testing.assert_array_equal(file["grads/sequence"][()], given.values)
        assert file["metadata/ranges/chr"].asstr()[()].tolist() == ["chr1", "chr2", "chr1"]
        assert file["metadata/ranges/start"][()].tolist() == [0, 100, 200]
        assert file["metadata/ranges/id"].asstr()[()].tolist() == ["p0", "p1", "p2"]
    with h5py.File(given.save(tmp_path / "a.h5", compat="chrombpnet")) as file:
        np.testing.assert_array_equal(file["raw/seq"][()], given.sequences)
        np.testing.assert_array_equal(file["shap/seq"][()], given.values)
        np.testing.assert_array_equal(file["projected_shap/seq"][()], given.project().values)
    with h5py.File(given.save(tmp_path / "a.h5", compat="bpnet")) as file:
        np.testing.assert_array_equal(file["input_seqs"][()], given.sequences.swapaxes(1, 2))
        np.testing.assert_array_equal(file["hyp_scores"][()], given.values.swapaxes(1, 2))
        assert file["coords_chrom"].asstr()[()].tolist() == ["chr1", "chr2", "chr1"]
        assert file["coords_end"][()].tolist() == [10, 110, 210]


def test_files_that_other_tools_wrote(tmp_path):
    x, values = one_hot(TEXTS), np.random.default_rng(0).normal(size=(3, 4, 10))
    with h5py.File(tmp_path / "bpnet.h5", "w") as file:
        file["input_seqs"], file["hyp_scores"] = x.swapaxes(1, 2), values.swapaxes(1, 2)
        file["coords_chrom"] = np.array(["chr1", "chr2", "chr1"], dtype="S")
        file["coords_start"] = np.array([0, 100, 200])
        file["coords_end"] = np.array([10, 110, 210])
    found = Contributions.open(tmp_path / "bpnet.h5")
    np.testing.assert_array_equal(found.values, values.astype(np.float32))
    assert found.intervals == tuple(Interval(p.chrom, p.start, p.end) for p in PLACES)
    with h5py.File(tmp_path / "chrombpnet.h5", "w") as file:
        file["raw/seq"], file["shap/seq"] = x.astype(np.int8), values.astype(np.float16)
        file["projected_shap/seq"] = (values * x).astype(np.float16)
    found = Contributions.open(tmp_path / "chrombpnet.h5")
    assert found.intervals is None and found.kind == "hypothetical"
    np.testing.assert_array_equal(found[2].values[0], values[2].astype(np.float16))
    with h5py.File(tmp_path / "kipoi.h5", "w") as file:
        file["inputs"], file["grads"] = x, values
    np.testing.assert_array_equal(
        Contributions.open(tmp_path / "kipoi.h5").values, values.astype(np.float32)
    )


@pytest.mark.fault("V4")
def test_layouts_that_cannot_hold_it(tmp_path):
    with pytest.raises(InputError, match="hypothetical=True"):
        made().project().save(tmp_path / "a.h5", compat="chrombpnet")
    with pytest.raises(OptionError, match="did you mean 'bpnet'"):
        made().save(tmp_path / "a.h5", compat="bpnt")
    with pytest.raises(OptionError, match="one track"):
        made(tracks=("a", "b")).save(tmp_path / "a.h5", compat="kipoi")
    with pytest.raises(OptionError, match=r"compat='kipoi' belongs to \.h5"):
        made().save(tmp_path / "a.npz", compat="kipoi")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["input_seqs"], file["hyp_scores"] = (made().sequences.swapaxes(1, 2),) * 2
        file["coords_chrom"], file["coords_start"] = ["chr1"] * 3, [0, 100, 200]
        file["coords_end"] = [10, 110, 211]
    with pytest.raises(InputError, match="a place of 11 bases for example 2 of 10"):
        Contributions.open(tmp_path / "b.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["b.h5"]

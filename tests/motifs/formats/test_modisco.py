"""Patterns of TF-MoDISco: order, names, matrices, and what is refused."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.errors import FormatError, InputError, MissingFileError, NonFiniteError
from locuscope.motifs.formats.modisco import read_modisco
from tests.motifs.modisco_files import pattern, two_patterns, write_patterns


def test_patterns_become_motifs(tmp_path):
    motifs = read_modisco(two_patterns(tmp_path / "m.h5"))
    assert motifs.names == ("pos_patterns.pattern_0", "neg_patterns.pattern_0")
    assert motifs.strands == ("+", "+")
    assert motifs.source == "cwm"
    assert motifs.origin.endswith("m.h5")
    datasets = pattern(0)
    one = motifs[0]
    assert np.array_equal(one.cwm, datasets["contrib_scores"].T.astype(np.float32))
    assert np.array_equal(one.hypothetical, datasets["hypothetical_contribs"].T.astype(np.float32))
    assert np.allclose(one.ppm, datasets["sequence"].T)
    assert one.scale == pytest.approx(np.linalg.norm(datasets["contrib_scores"]))
    assert motifs[1].cwm.sum() < 0
    assert motifs[1].consensus == "".join(
        "ACGT"[base] for base in pattern(1)["sequence"].argmax(axis=1)
    )


def test_patterns_are_ordered_by_number(tmp_path):
    names = ["pattern_10", "pattern_2", "other", "pattern#3", "pattern_1"]
    path = write_patterns(
        tmp_path / "m.h5", {f"pos_patterns/{name}": pattern(k) for k, name in enumerate(names)}
    )
    assert [name.removeprefix("pos_patterns.") for name in read_modisco(path).names] == [
        "pattern_1",
        "pattern_2",
        "pattern#3",
        "pattern_10",
        "other",
    ]


@pytest.mark.parametrize("side", ["pos_patterns", "neg_patterns"])
def test_one_side_is_enough(tmp_path, side):
    path = write_patterns(tmp_path / "m.h5", {f"{side}/pattern_0": pattern(0)})
    assert read_modisco(path).names == (f"{side}.pattern_0",)


def test_subpatterns_are_read_when_asked_for(tmp_path):
    groups = {"pos_patterns/pattern_0": pattern(0), "pos_patterns/pattern_1": pattern(1)}
    groups |= {f"pos_patterns/pattern_0/subpattern_{k}": pattern(k + 2) for k in (0, 1)}
    path = write_patterns(tmp_path / "m.h5", groups)
    assert len(read_modisco(path)) == 2
    assert [name.split(".", 1)[1] for name in read_modisco(path, subpatterns=True).names] == [
        "pattern_0",
        "pattern_0.subpattern_0",
        "pattern_0.subpattern_1",
        "pattern_1",
    ]


def test_scale_is_the_norm_of_the_matrix_that_is_given(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    datasets = pattern(0)
    norms = {
        kind: np.linalg.norm(datasets[name])
        for kind, name in (("cwm", "contrib_scores"), ("hcwm", "hypothetical_contribs"))
    }
    for kind, norm in norms.items():
        assert read_modisco(path, kind=kind)[0].scale == pytest.approx(norm)
    cores = [read_modisco(path, kind=kind).cores.tolist() for kind in ("cwm", "hcwm", "pfm")]
    assert cores[0] == cores[1] == cores[2]


def test_counts_become_frequencies_and_unseen_columns_are_flat(tmp_path):
    counts = pattern(1)["sequence"] * 12
    counts[0] = 0
    one = read_modisco(two_patterns(tmp_path / "m.h5", sequence=counts))[1]
    assert np.allclose(one.ppm.sum(axis=0), 1)
    assert one.ppm[:, 0].tolist() == [0.25] * 4


def test_only_the_matrix_that_is_used_must_be_there(tmp_path):
    path = two_patterns(tmp_path / "m.h5", sequence=None, hypothetical_contribs=None)
    one = read_modisco(path)[1]
    assert (one.ppm, one.hypothetical) == (None, None)
    with pytest.raises(FormatError, match=r"neg_patterns.pattern_0 has no 'hypothetical_contribs'"):
        read_modisco(path, kind="hcwm")
    with pytest.raises(FormatError, match=r"neg_patterns.pattern_0 has no 'sequence'"):
        read_modisco(path, kind="pfm")


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contrib_scores": None}, "neg_patterns.pattern_0 has no 'contrib_scores'"),
        ({"contrib_scores": np.ones((4, 10))}, r"shape \(4, 10\); \(W, 4\) is needed"),
        ({"contrib_scores": np.ones(10)}, r"shape \(10,\)"),
        ({"contrib_scores": np.ones((0, 4))}, r"shape \(0, 4\)"),
        ({"contrib_scores": np.ones((9, 4))}, "different widths"),
        ({"contrib_scores": np.zeros((10, 4))}, "pattern_0: contrib_scores is all zero"),
        ({"sequence": -np.ones((10, 4))}, "no frequencies"),
        ({"sequence": np.full((10, 4), np.nan)}, "no frequencies"),
    ],
)  # fmt: skip
def test_a_broken_pattern_is_named(tmp_path, changes, words):
    path = two_patterns(tmp_path / "m.h5", **changes)
    with pytest.raises(FormatError, match=words) as caught:
        read_modisco(path)
    assert "m.h5" in str(caught.value)


def test_an_all_zero_hypothetical_pattern_is_refused_where_it_is_used(tmp_path):
    path = two_patterns(tmp_path / "m.h5", hypothetical_contribs=np.zeros((10, 4)))
    assert len(read_modisco(path)) == 2
    with pytest.raises(FormatError, match="hypothetical_contribs is all zero"):
        read_modisco(path, kind="hcwm")


def test_nan_is_refused_with_the_pattern(tmp_path):
    path = two_patterns(tmp_path / "m.h5", contrib_scores=np.full((10, 4), np.nan))
    with pytest.raises(NonFiniteError, match=r"'neg_patterns.pattern_0': cwm holds NaN"):
        read_modisco(path)


@pytest.mark.fault("H3")
@pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", "<i4"])
def test_numbers_of_any_kind_are_read(tmp_path, kind):
    values = np.round(pattern(1)["contrib_scores"] * 64).astype(kind)
    one = read_modisco(two_patterns(tmp_path / "m.h5", contrib_scores=values))[1]
    assert np.array_equal(one.cwm, values.T.astype(np.float32))


@pytest.mark.fault("H1")
def test_files_that_are_no_patterns_are_told_apart(tmp_path):
    place = tmp_path / "m.h5"
    with pytest.raises(MissingFileError, match=r"m\.h5"):
        read_modisco(place)
    place.write_bytes(b"")
    with pytest.raises(FormatError, match="no readable HDF5"):
        read_modisco(place)
    whole = two_patterns(tmp_path / "whole.h5").read_bytes()
    place.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="no readable HDF5"):
        read_modisco(place)
    for content, words in (
        ({}, "it holds nothing"),
        ({"raw": 1, "shap": 1}, "it holds 'raw', 'shap'"),
        ({"metacluster_idx_to_submetacluster_results": 1}, "modisco convert"),
    ):
        with h5py.File(place, "w") as file:
            for name in content:
                file.create_group(name)
        with pytest.raises(FormatError, match=words):
            read_modisco(place)
    with h5py.File(place, "w") as file:
        file.create_group("pos_patterns")
    with pytest.raises(InputError, match="holds no pattern; pos_patterns are empty"):
        read_modisco(place)

"""Arrays of sets: norms, padding, masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError
from locuscope.motifs.motif import Motif
from locuscope.motifs.set_arrays import KINDS, matrix_of, trim_masks, unit_matrices

WIDTHS = st.lists(st.integers(1, 7), min_size=1, max_size=5)


def drawn(widths: list[int]) -> list[Motif]:
    rng = np.random.default_rng(len(widths))
    return [Motif(f"m{k}", rng.normal(size=(4, width)) * 10**k) for k, width in enumerate(widths)]


@given(WIDTHS)
def test_windows_are_of_norm_one_and_followed_by_zeros(widths):
    motifs = drawn(widths)
    stacked = unit_matrices(motifs, "cwm")
    assert stacked.shape == (len(widths), 4, max(widths))
    for motif, matrix in zip(motifs, stacked, strict=True):
        assert np.linalg.norm(matrix.astype(float)) == pytest.approx(1, abs=1e-6)
        assert not matrix[:, motif.width :].any()
        ratio = matrix[:, : motif.width] / motif.cwm
        assert np.allclose(ratio, ratio[0, 0], rtol=1e-5)


@given(WIDTHS)
def test_masks_are_ones_inside_the_core_only(widths):
    motifs = drawn(widths)
    for motif, row in zip(motifs, trim_masks(motifs), strict=True):
        assert row.sum() == motif.core_width
        assert row[slice(*motif.core)].all()


def test_a_matrix_keeps_its_own_scale():
    one = Motif("M", 7 * np.eye(4))
    assert np.array_equal(matrix_of(one, "cwm"), 7 * np.eye(4))
    for kind in set(KINDS) - {"cwm"}:
        with pytest.raises(InputError, match="motif 'M' has none"):
            matrix_of(one, kind)


@pytest.mark.parametrize("kind", ["cwm", "hcwm"])
def test_a_zero_matrix_is_named(kind):
    ppm = np.full((4, 2), 0.25)
    one = Motif("flat", ppm=ppm)
    with pytest.raises(InputError, match=f"'flat' is all zero .kind='{kind}'"):
        unit_matrices([one], kind)


def test_very_large_and_very_small_scales_are_one():
    for size in (1e-30, 1e30):
        stacked = unit_matrices([Motif("M", size * np.eye(4))], "cwm")
        assert np.allclose(stacked[0], np.eye(4) / 2)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import ShapeError
from locuscope.genome.variant import Variant
from locuscope.models.splice_delta import COLUMNS, SpliceDelta, splice_delta

CENTER, WIDTH, POS = 5, 11, 100  # index of POS, positions, 1-based position


def flat(length: int = WIDTH) -> np.ndarray:
    return np.tile([1.0, 0.0, 0.0], (length, 1))


def put(track: np.ndarray, index: int, channel: int, value: float) -> np.ndarray:
    out = track.copy()
    out[index, channel] = value
    out[index, 0] = 1 - value
    return out


def test_gain_and_loss_of_both_kinds_with_their_distance():
    ref = put(put(flat(), 4, 1, 0.9), 8, 2, 0.6)
    alt = put(put(flat(), 7, 1, 0.5), 8, 2, 0.2)
    alt = put(alt, 0, 2, 0.3)
    found = splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER, gene="TMC2")
    np.testing.assert_allclose(found.scores, (0.5, 0.9, 0.3, 0.4))
    assert found.positions == (2, -1, -5, 3)
    assert str(found) == "A|TMC2|0.50|0.90|0.30|0.40|2|-1|-5|3"
    assert dict(zip(COLUMNS, found.values, strict=True))["DP_AL"] == -1


def test_no_change_is_zero_at_the_first_position():
    ref = put(flat(), 4, 1, 0.9)
    found = splice_delta(ref, ref, Variant("20", POS, "G", "A"), CENTER)
    assert found.scores == (0.0, 0.0, 0.0, 0.0)
    assert found.positions == (-CENTER,) * 4
    assert str(found).startswith("A|.|0.00|")


def test_only_a_loss_leaves_no_negative_gain():
    ref = flat()
    ref[:, 1] = 0.5
    alt = flat()
    assert splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER).scores[0] == 0.0


def test_a_deleted_base_holds_zero_and_bases_behind_it_map_back():
    variant = Variant("20", POS, "GTT", "G")  # deletes indices 6 and 7
    ref = put(put(flat(), 6, 1, 0.8), 9, 2, 0.7)
    alt = put(flat(WIDTH - 2), 7, 2, 0.7)  # index 9 of the reference
    found = splice_delta(ref, alt, variant, CENTER)
    assert found.scores == (0.0, pytest.approx(0.8), 0.0, 0.0)
    assert found.positions[1] == 1


def test_inserted_bases_count_for_the_base_before_by_their_maximum():
    variant = Variant("20", POS, "G", "GTA")
    ref = put(flat(), 9, 2, 0.7)
    alt = put(put(flat(WIDTH + 2), 7, 1, 0.6), 11, 2, 0.7)
    found = splice_delta(ref, alt, variant, CENTER)
    assert found.scores == (pytest.approx(0.6), 0.0, 0.0, 0.0)
    assert found.positions[0] == 0


def test_a_padded_block_gives_what_the_plain_change_gives():
    ref, alt = put(flat(), 4, 1, 0.9), put(flat(), 7, 2, 0.4)
    plain = splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER)
    block = splice_delta(ref, alt, Variant("20", POS - 1, "TGC", "TAC"), CENTER - 1)
    assert block.scores == plain.scores
    assert block.positions == tuple(p + 1 for p in plain.positions)


def test_mask_drops_gains_at_sites_and_losses_elsewhere_before_the_maximum():
    start = POS - 1 - CENTER
    ref = put(put(flat(), 2, 1, 0.4), 8, 1, 0.9)
    alt = put(put(flat(), 3, 1, 0.7), 6, 1, 0.2)
    sites = {"acceptors": [start + 2, start + 3], "donors": []}
    plain = splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER)
    masked = splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER, **sites, mask=True)
    assert plain.positions[:2] == (-2, 3)
    np.testing.assert_allclose(masked.scores[:2], (0.2, 0.4))
    assert masked.positions[:2] == (1, -3)


def test_shapes_that_do_not_fit_the_allele_are_refused():
    with pytest.raises(ShapeError, match="20:100:G:GT"):
        splice_delta(flat(), flat(), Variant("20", POS, "G", "GT"), CENTER)
    with pytest.raises(ShapeError, match=r"\(11, 2\)"):
        splice_delta(flat()[:, :2], flat(), Variant("20", POS, "G", "A"), CENTER)


@given(st.integers(0, 2**32 - 1))
def test_swapping_the_alleles_swaps_gain_and_loss(seed):
    rng = np.random.default_rng(seed)
    ref, alt = rng.dirichlet(np.ones(3), (2, WIDTH))
    there = splice_delta(ref, alt, Variant("20", POS, "G", "A"), CENTER)
    back = splice_delta(alt, ref, Variant("20", POS, "A", "G"), CENTER)
    np.testing.assert_allclose(back.scores, [there.scores[k] for k in (1, 0, 3, 2)])
    assert back.positions == tuple(there.positions[k] for k in (1, 0, 3, 2))
    assert all(0 <= score <= 1 for score in there.scores)


def test_the_published_string():
    found = SpliceDelta("C", "TUBB8", (0.15, 0.27, 0.0, 0.05), (89, -23, -267, 193))
    assert str(found) == "C|TUBB8|0.15|0.27|0.00|0.05|89|-23|-267|193"

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.attribution.ism_matrix import ism_matrix
from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from tests.oracles.ism_oracle import slow_centred

TEXT = "ACGTT"


def changes(text=TEXT, start=10, vocabulary="ACGT"):
    return [
        Variant("1", start + at + 1, ref, alt)
        for at, ref in enumerate(text)
        for alt in vocabulary
        if alt != ref
    ]


@given(st.text("ACGT", min_size=1, max_size=6), st.integers(0, 9), st.randoms())
def test_the_order_of_the_variants_does_not_matter(text, start, random):
    variants = changes(text, start)
    scores = np.arange(len(variants)) + 0.5
    found = ism_matrix(scores, variants, multiply_by_sequence=False)
    dense = np.zeros((4, len(text)))
    for score, variant in zip(scores, variants, strict=True):
        dense["ACGT".index(variant.alt), variant.pos - 1 - start] = score
    np.testing.assert_allclose(found.T, slow_centred(dense, "alts"), rtol=1e-6)
    order = list(range(len(variants)))
    random.shuffle(order)
    again = ism_matrix(scores[order], [variants[i] for i in order], multiply_by_sequence=False)
    np.testing.assert_array_equal(again, found)


def test_the_base_that_is_there():
    variants = changes()
    scores = np.arange(15.0)
    found = ism_matrix(scores, variants, Interval("1", 10, 15))
    assert found.shape == (5, 4) and found.dtype == np.float32
    for at, base in enumerate(TEXT):
        row = np.zeros(4)
        row["ACGT".index(base)] = -scores[3 * at : 3 * at + 3].mean()
        np.testing.assert_allclose(found[at], row, rtol=1e-6)
    turned = ism_matrix(scores, variants, vocabulary="TGCA")
    np.testing.assert_array_equal(turned, found[:, ::-1])
    table = VariantTable.from_variants(variants)
    np.testing.assert_array_equal(ism_matrix(scores, table), found)


def test_positions_without_variants():
    variants = changes()
    wide = Interval("1", 8, 17)
    with pytest.raises(InputError, match=r"4 positions .* 1:9 \(0\), 1:10 \(0\), 1:16 \(0\)"):
        ism_matrix(np.ones(15), variants, wide)
    found = ism_matrix(np.ones(15), variants, wide, require_fully_filled=False)
    assert (found[[0, 1, 7, 8]] == 0).all() and (found[2:7].sum(1) == -1).all()


@pytest.mark.fault("V4")
def test_what_is_refused_in_words():
    variants, scores = changes(), np.ones(15)
    for part in (slice(1, None), slice(2, None)):
        with pytest.raises(InputError, match=r"1 positions .* 1:11 \((1|2)\)"):
            ism_matrix(scores[part], variants[part], require_fully_filled=False)
    four = [*variants, Variant("1", 11, "A", "A")]
    with pytest.raises(InputError, match=r"1:11 \(4\)"):
        ism_matrix(np.ones(16), four)
    with pytest.raises(InputError, match="stands twice"):
        ism_matrix(np.ones(16), [*variants, variants[0]])
    with pytest.raises(InputError, match="different references"):
        ism_matrix(
            np.ones(3),
            [Variant("1", 5, ref, "T") for ref in "A"]
            + [Variant("1", 5, "C", "G"), Variant("1", 5, "A", "C")],
        )
    with pytest.raises(InputError, match="no change of one base"):
        ism_matrix([1.0], [Variant("1", 5, "A", "AT")])
    with pytest.raises(InputError, match="one contig"):
        ism_matrix(np.ones(2), [Variant("1", 5, "A", "T"), Variant("2", 5, "A", "T")])
    with pytest.raises(InputError, match="outside 'ACG'"):
        ism_matrix(scores, variants, vocabulary="ACG")
    with pytest.raises(InputError, match="no variant"):
        ism_matrix([], [])
    with pytest.raises(InputError, match="scores of what"):
        ism_matrix(scores)
    with pytest.raises(OutOfBoundsError, match="3 of 15 variants lie outside"):
        ism_matrix(scores, variants, Interval("1", 11, 15))
    with pytest.raises(ShapeError, match=r"\(15, 2\) for 15 variants"):
        ism_matrix(np.ones((15, 2)), variants)
    with pytest.raises(OptionError, match="every base once"):
        ism_matrix(scores, variants, vocabulary="AACGT")

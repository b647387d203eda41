from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.examples import read_sequences
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.attribution.reference import network, sequences
from tests.effects.golden import META

TEXTS = list(META["sequences"]["sigmoid"])
GENOME = Genome.from_sequences({"1": "".join(TEXTS)}, name="toy")


def test_every_form_of_the_same_bases():
    for where in (TEXTS, sequences(), torch.tensor(sequences()), sequences().astype(bool)):
        found = read_sequences(network(), where)
        assert found.windows is None and found.bases.dtype == np.uint8
        np.testing.assert_array_equal(found.bases, sequences())
    for where in (TEXTS[0], sequences()[0]):
        np.testing.assert_array_equal(read_sequences(network(), where).bases, sequences()[:1])


def test_places_are_read_with_their_windows_and_margins():
    place = Interval("1", 80, 90)
    found = read_sequences(network(), place, GENOME)
    assert found.windows == (Interval("1", 53, 117),)
    wide = read_sequences(network(), [place, place], GENOME, margin_bp=7)
    assert wide.bases.shape == (2, 4, 78) and wide.windows == found.windows * 2
    np.testing.assert_array_equal(wide.inner[1], found.bases[0])


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("where", "error", "words"),
    [
        ([], EmptySelectionError, "empty"),
        (sequences()[:0], EmptySelectionError, "no example"),
        (Interval("1", 300, 330), OutOfBoundsError, ""),
        (Interval("1", 0, 80), ShapeError, "64"),
        (sequences().transpose(0, 2, 1), ShapeError, "transposed"),
        (sequences() * 0.5, InputError, ""),
        (["ACGT", "ACG"], ShapeError, "bases"),
        (np.zeros(4), ShapeError, r"(N, 4, L)"),
        ([TEXTS[0], 3], WrongTypeError, "where is a list"),
    ],
)
def test_what_cannot_be_read(where, error, words):
    with pytest.raises(error) as caught:
        read_sequences(network(), where, GENOME)
    assert words in str(caught.value)


@pytest.mark.fault("V4")
def test_what_needs_a_genome():
    with pytest.raises(InputError, match="needs a genome"):
        read_sequences(network(), Interval("1", 0, 10))
    with pytest.raises(OptionError, match="shift_fill='genome'"):
        read_sequences(network(), TEXTS, margin_bp=2)


def test_arrays_of_different_lengths():
    with pytest.raises(ShapeError, match="differ in shape"):
        read_sequences(network(), [np.zeros((4, 64)), np.zeros((4, 60))])

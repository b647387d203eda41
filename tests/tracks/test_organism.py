"""Organisms by name, number, array or tensor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import InputError
from locuscope.tracks.organism import organism_index


@pytest.mark.parametrize(
    ("value", "index"),
    [
        ("human", 0),
        (" Homo_Sapiens ", 0),
        ("MOUSE", 1),
        ("mus_musculus", 1),
        ("1", 1),
        (1, 1),
        (1.0, 1),
        (np.int64(1), 1),
        (np.array([1, 0]), 1),
        (torch.tensor(1), 1),
        (torch.tensor([[0, 1]]), 0),
        (None, 0),
    ],
)
def test_spellings(value, index):
    assert organism_index(value) == index


def test_none_is_the_default():
    assert organism_index(None, default=1) == 1


@pytest.mark.parametrize(
    "value", ["zebrafish", "", 7, -1, 0.5, True, "0.0", object(), np.array([2])]
)
def test_unknown_organisms(value):
    with pytest.raises(InputError, match=r"Unknown organism .*Known: human \(0\), mouse \(1\)\."):
        organism_index(value)


def test_a_catalogue_may_know_more():
    assert organism_index(7, known=None) == 7
    assert organism_index("7", known={0, 7}) == 7
    with pytest.raises(InputError, match=r"Known: human \(0\), 7\."):
        organism_index(3, known={0, 7})
    with pytest.raises(InputError):
        organism_index(-1, known=None)


def test_an_empty_array_names_none():
    with pytest.raises(InputError, match="the array that should name it is empty"):
        organism_index(np.array([]))

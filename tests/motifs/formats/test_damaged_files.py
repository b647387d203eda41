"""Damaged files of motifs: read, or refused in words, never anything else."""

from __future__ import annotations

import random

import numpy as np
import pytest

from locuscope.errors import LocuscopeError
from locuscope.motifs import read_motifs
from tests.motifs.formats.test_jaspar import NEW, OLD
from tests.motifs.modisco_files import two_patterns


def damaged(content: bytes, seed: int) -> bytes:
    """Some bytes changed, removed, added or cut off."""
    draw = random.Random(seed)
    data = bytearray(content)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data))
        kind = draw.randrange(4)
        if kind == 0:
            data[place] = draw.randrange(256)
        elif kind == 1:
            del data[place : place + draw.randint(1, 40)]
        elif kind == 2:
            data[place:place] = bytes(draw.randrange(256) for _ in range(5))
        else:
            del data[max(place, 1) :]
    return bytes(data)


@pytest.mark.fault("H1")
@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("layout", ["modisco", "jaspar", "older_jaspar"])
def test_a_damaged_file_reads_or_says_why(tmp_path, layout, seed):
    whole = {"jaspar": NEW.encode(), "older_jaspar": OLD.encode()}.get(layout)
    if whole is None:
        whole = two_patterns(tmp_path / "whole").read_bytes()
    place = tmp_path / "x"
    place.write_bytes(damaged(whole, seed))
    try:
        motifs = read_motifs(place)
    except LocuscopeError:
        return
    assert np.isfinite(motifs.cwms).all()
    assert np.allclose(np.linalg.norm(motifs.cwms, axis=(1, 2)), 1, atol=1e-5)

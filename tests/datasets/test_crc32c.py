"""Checksums equal the loop over bits, whatever computes them, and the published vectors."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.datasets.crc32c import crc32c, masked_crc32c, numba_kernel, plain_crc32c
from locuscope.errors import OptionError
from tests.oracles import tfrecord_oracle

ENGINES = ["auto", "numpy", "numba"]

# RFC 3720, appendix B.4
PUBLISHED = [
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"123456789", 0xE3069283),
    (b"", 0),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("number", range(len(PUBLISHED)))
def test_published_vectors(number, engine):
    data, expected = PUBLISHED[number]
    assert crc32c(data, engine=engine) == expected


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", [1, 7, 8, 9, 127, 128, 129, 255, 256, 257, 4095, 70_001])
def test_every_length_equals_the_loop(size, engine):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data, engine=engine) == plain_crc32c(data)


@pytest.mark.parametrize("size", [3, 200, 1000])
def test_the_loop_equals_the_loop_over_bits(size):
    data = np.random.default_rng(size).bytes(size)
    assert plain_crc32c(data) == tfrecord_oracle.crc32c(data)
    assert masked_crc32c(data) == tfrecord_oracle.masked(data)


@settings(max_examples=60)
@given(st.binary(max_size=600), st.sampled_from(ENGINES))
def test_any_bytes(data, engine):
    assert crc32c(data, engine=engine) == plain_crc32c(data)


@pytest.mark.parametrize("size", [130, 300_000])
def test_views_count_as_bytes(size):
    data = np.random.default_rng(1).bytes(size)
    for other in (bytearray(data), memoryview(data), memoryview(b"x" + data)[1:]):
        assert crc32c(other) == crc32c(data)


@settings(max_examples=30)
@given(st.integers(0, 8 * 300 - 1))
def test_one_bit_changes_the_checksum(bit):
    data = bytearray(np.random.default_rng(2).bytes(300))
    before = crc32c(data)
    data[bit // 8] ^= 1 << bit % 8
    assert crc32c(data) != before


def test_an_unknown_engine():
    with pytest.raises(OptionError, match="engine is 'cuda'; expected one of 'auto', 'numpy'"):
        crc32c(b"x", engine="cuda")


def test_numba_is_here_and_not_imported_for_small_records():
    assert numba_kernel() is not None
    code = (
        "import sys; from locuscope.datasets.crc32c import crc32c; crc32c(bytes(10_000)); "
        "print('numba' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_without_numba_large_records_are_checked_by_numpy(monkeypatch):
    data = np.random.default_rng(3).bytes(300_000)
    expected = crc32c(data)
    numba_kernel.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    try:
        assert numba_kernel() is None
        assert crc32c(data) == expected == crc32c(data, engine="numba")
    finally:
        numba_kernel.cache_clear()

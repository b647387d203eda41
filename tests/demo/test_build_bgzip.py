"""Block gzip and tabix: round trips, and the answers of the usual reader."""

from __future__ import annotations

import gzip
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import build_bgzip


def test_gzip_holds_no_clock_and_no_name():
    assert build_bgzip.gzip_bytes(b"abc") == build_bgzip.gzip_bytes(b"abc")
    assert build_bgzip.gzip_bytes(b"abc")[4:8] == b"\0\0\0\0"
    assert gzip.decompress(build_bgzip.gzip_bytes(b"abc")) == b"abc"


@given(st.binary(max_size=2000), st.integers(0, 3))
def test_bgzip_round_trip(text, copies):
    text *= 1 + 60 * copies
    packed, offsets = build_bgzip.bgzip_bytes(text)
    assert gzip.decompress(packed) == text
    assert packed.endswith(build_bgzip.END_OF_FILE)
    assert len(offsets) == -(-len(text) // build_bgzip.BLOCK_BYTES)


def test_bgzip_blocks_state_their_size():
    packed, offsets = build_bgzip.bgzip_bytes(os.urandom(200_000))
    ends = [*offsets[1:], len(packed) - len(build_bgzip.END_OF_FILE)]
    for start, end in zip(offsets, ends, strict=True):
        assert struct.unpack("<H", packed[start + 16 : start + 18])[0] == end - start - 1


@given(st.integers(0, (1 << 29) - 2), st.integers(1, 1 << 20))
def test_region_bin_is_the_smallest_that_holds_the_region(start, width):
    end = min(start + width, 1 << 29)
    level_first = [0, 1, 9, 73, 585, 4681]
    number = build_bgzip.region_bin(start, end)
    level = max(k for k, first in enumerate(level_first) if first <= number)
    size = 1 << (29 - 3 * level)
    left = (number - level_first[level]) * size
    assert left <= start
    assert end <= left + size
    if level < 5:
        smaller = size >> 3
        assert start // smaller != (end - 1) // smaller


def test_index_answers_as_the_usual_reader(tmp_path):
    pysam = pytest.importorskip("pysam", reason="the usual reader of tabix files is an extra")
    rng = np.random.default_rng(0)
    places = np.sort(rng.integers(0, 3_000_000, 4000))
    header = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n"
    parts, rows, at = [header], [], len(header)
    for k, place in enumerate(places):
        ref = "A" * (1 + k % 40)
        text = f"20\t{place + 1}\tid{k}\t{ref}\tC\n".encode()
        rows.append(build_bgzip.Row("20", int(place), int(place) + len(ref), at, at + len(text)))
        parts.append(text)
        at += len(text)
    packed, offsets = build_bgzip.bgzip_bytes(b"".join(parts))
    (tmp_path / "x.vcf.gz").write_bytes(packed)
    (tmp_path / "x.vcf.gz.tbi").write_bytes(build_bgzip.tabix_bytes(rows, offsets))
    with pysam.TabixFile(str(tmp_path / "x.vcf.gz")) as reader:
        for start in rng.integers(0, 3_000_000, 60):
            end = int(start) + int(rng.integers(1, 60_000))
            found = [line.split("\t")[2] for line in reader.fetch("20", int(start), end)]
            wanted = [f"id{k}" for k, row in enumerate(rows) if row.start < end and row.end > start]
            assert found == wanted

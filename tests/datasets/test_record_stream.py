"""Frames and checksums of record files, in every compression, whole and broken."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from locuscope.datasets.record_stream import count_records, read_records, write_records
from locuscope.errors import FormatError, MissingFileError, OptionError, StoreTargetError
from tests.oracles import tfrecord_oracle as oracle

COMPRESSIONS = ["zlib", "gzip", "none"]
LIMIT = 1 << 20
PAYLOADS = [b"first", b"", np.random.default_rng(0).bytes(700), b"last" * 50]


def read(path, **options):
    return list(read_records(path, max_bytes=LIMIT, **options))


@pytest.fixture(params=COMPRESSIONS)
def packed(request, tmp_path):
    path = tmp_path / f"test-0.{request.param}"
    assert write_records(path, PAYLOADS, compression=request.param) == len(PAYLOADS)
    return path


def test_records_come_back(packed):
    assert read(packed) == PAYLOADS
    assert read(packed, verify_crc=False) == PAYLOADS
    assert count_records(packed, max_bytes=LIMIT) == len(PAYLOADS)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_files_of_another_writer(compression, tmp_path):
    path = tmp_path / "a.tfr"
    path.write_bytes(oracle.pack(PAYLOADS, compression))
    assert read(path) == PAYLOADS


def test_plain_files_are_written_as_described(tmp_path):
    path = tmp_path / "a.tfr"
    write_records(path, PAYLOADS, compression="none")
    assert path.read_bytes() == oracle.pack(PAYLOADS, "none")


def test_skipped_records_are_not_given(packed):
    for skip in range(6):
        assert read(packed, skip=skip) == PAYLOADS[skip:]


def test_a_plain_file_that_begins_like_a_compressed_one(tmp_path):
    """A first record of 0x78 = 120 bytes begins with the byte of a zlib stream."""
    for length in (0x78, 0x9C78, 0x0178, 0x8B1F):
        path = tmp_path / f"{length}.tfr"
        payload = bytes(length)
        path.write_bytes(oracle.pack([payload], "none"))
        assert read(path) == [payload]


def test_several_gzip_members_are_one_stream(tmp_path):
    whole = oracle.pack(PAYLOADS, "none")
    path = tmp_path / "a.tfr"
    path.write_bytes(gzip.compress(whole[:30]) + gzip.compress(whole[30:]))
    assert read(path) == PAYLOADS


@pytest.mark.fault("H1")
def test_every_cut_is_seen(packed):
    """A plain file that ends between two records is whole; all other cuts are not."""
    raw = packed.read_bytes()
    ends = np.cumsum([0, *(len(oracle.frame(payload)) for payload in PAYLOADS)])[1:-1]
    step = max(1, len(raw) // 150)
    for size in range(0, len(raw), step):
        packed.write_bytes(raw[:size])
        if packed.suffix == ".none" and size in ends:
            assert read(packed) == PAYLOADS[: int(np.searchsorted(ends, size)) + 1]
            continue
        with pytest.raises(FormatError, match=re.escape(packed.name)) as caught:
            read(packed)
        assert caught.value.path == packed
        assert 1 <= caught.value.line <= len(PAYLOADS) + 1
    packed.write_bytes(raw)
    assert read(packed) == PAYLOADS


def silent_bytes(path, size):
    """Bytes with bits that say nothing of the content.

    They are the bits that fill the last byte of the deflated blocks, in front of the checksum; and
    in the head of gzip the flag of text, the time, the level and the system.
    """
    return {".zlib": {size - 5}, ".gzip": {3, 4, 5, 6, 7, 8, 9, size - 9}}.get(path.suffix, set())


@pytest.mark.fault("H1")
def test_every_flipped_bit_is_seen(packed):
    raw = packed.read_bytes()
    n_bits, silent = len(raw) * 8, silent_bytes(packed, len(raw))
    bits = {*range(96), *range(96, n_bits, max(1, n_bits // 250)), *range(n_bits - 96, n_bits)}
    unseen, errors = [], []
    for bit in sorted(bits):
        broken = bytearray(raw)
        broken[bit // 8] ^= 1 << bit % 8
        packed.write_bytes(broken)
        try:
            assert read(packed) == PAYLOADS
            unseen.append(bit // 8)
        except FormatError as error:
            errors.append(error)
    assert set(unseen) <= silent
    assert all(error.path == packed for error in errors)
    assert all(f"{packed.name}, record {error.line}: " in str(error) for error in errors)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw[:8] + b"\0" + raw[9:], "record 1: the checksum of its length is 0x"),
        (lambda raw: raw[:12] + b"F" + raw[13:], "record 1: the checksum of its content is 0x"),
        (lambda raw: raw[:-4] + bytes(4), "record 4: the checksum of its content is 0x"),
        (lambda raw: raw[:-2], "record 4: the file ends after 2 of 4 bytes of its checksum"),
        (lambda raw: raw[:-5], "record 4: the file ends after 199 of 200 bytes of its content"),
        (lambda raw: raw + b"abc", "record 5: the file ends after 3 of 12 bytes of its length"),
        (lambda raw: b"", "is empty"),
    ],
)
def test_words_for_broken_plain_files(change, words, tmp_path):
    path = tmp_path / "a.tfr"
    path.write_bytes(change(oracle.pack(PAYLOADS, "none")))
    with pytest.raises(FormatError, match=words):
        read(path)


def test_bytes_behind_the_stream(tmp_path):
    path = tmp_path / "a.tfr"
    path.write_bytes(oracle.pack(PAYLOADS, "zlib") + b"more")
    with pytest.raises(FormatError, match="record 5: bytes follow the end of the compressed"):
        read(path)


def test_a_length_without_a_checksum_takes_no_memory(tmp_path):
    raw = bytearray(oracle.pack(PAYLOADS, "none"))
    raw[7] = 0x40  # 4.6 exabytes
    path = tmp_path / "a.tfr"
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=r"record 1: it says 4,611,.* allows for at most 1,048"):
        read(path, verify_crc=False)


def test_without_checksums_a_flipped_value_is_given(tmp_path):
    raw = bytearray(oracle.pack(PAYLOADS, "none"))
    raw[12] ^= 1
    path = tmp_path / "a.tfr"
    path.write_bytes(raw)
    assert read(path, verify_crc=False)[0] == b"girst"


def test_doors(tmp_path):
    with pytest.raises(MissingFileError, match=r"no file .*test-9"):
        read(tmp_path / "test-9.tfr")
    with pytest.raises(OptionError, match="compression is 'lz4'; expected one of 'zlib'"):
        write_records(tmp_path / "a.tfr", [b""], compression="lz4")
    with pytest.raises(StoreTargetError, match="no folder"):
        write_records(tmp_path / "no" / "a.tfr", [b""])


def test_nothing_is_left_of_a_file_that_fails(tmp_path):
    def payloads():
        yield b"one"
        raise KeyError("stop")

    with pytest.raises(KeyError):
        write_records(tmp_path / "a.tfr", payloads())
    assert list(tmp_path.iterdir()) == []

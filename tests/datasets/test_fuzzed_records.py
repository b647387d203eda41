"""Record files changed at random: what is read is what was written, or the refusal has words."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.datasets.records import TFRecordTestSet, write_tfrecord
from locuscope.errors import FormatError, LocuscopeError

N_CHANGES = 60


def flipped(raw, draws):
    place = int(draws.integers(len(raw)))
    raw[place] ^= int(draws.integers(1, 256))
    return raw


def cut(raw, draws):
    return raw[: int(draws.integers(len(raw)))]


def grown(raw, draws):
    place = int(draws.integers(len(raw)))
    return raw[:place] + draws.bytes(int(draws.integers(1, 40))) + raw[place:]


def swapped(raw, draws):
    first, stop = sorted(int(k) for k in draws.integers(0, len(raw), 2))
    return raw[stop:] + raw[first:stop] + raw[:first]


def repeated(raw, draws):
    first, stop = sorted(int(k) for k in draws.integers(0, len(raw), 2))
    return raw[:stop] + raw[first:]


CHANGES = {change.__name__: change for change in (flipped, cut, grown, swapped, repeated)}


@pytest.fixture(scope="module")
def clean(tmp_path_factory, arrays):
    """compression -> (folder, bytes of its one file)."""
    found = {}
    for compression in ("zlib", "gzip", "none"):
        place = tmp_path_factory.mktemp(compression) / "set"
        folder = write_tfrecord(place, [arrays[:2]], compression=compression, encoding="index")
        found[compression] = folder, (folder / "tfrecords" / "test-0.tfr").read_bytes()
    return found


@pytest.mark.fault("H1")
@pytest.mark.parametrize("compression", ["zlib", "gzip", "none"])
@pytest.mark.parametrize("change", CHANGES)
def test_seed_7(clean, arrays, compression, change):
    folder, raw = clean[compression]
    path = folder / "tfrecords" / "test-0.tfr"
    draws = np.random.default_rng(7)
    n_refused = 0
    for _ in range(N_CHANGES):
        path.write_bytes(CHANGES[change](bytearray(raw), draws))
        try:
            batches = list(iter(TFRecordTestSet(folder, batch_size=3)))
        except FormatError as error:
            n_refused += 1
            message = str(error)
        else:
            np.testing.assert_array_equal(np.concatenate([b.x for b in batches]), arrays.x)
            np.testing.assert_array_equal(np.concatenate([b.y for b in batches]), arrays.y)
            continue
        assert "test-0.tfr" in message or "statistics.json says 7" in message
    assert n_refused > N_CHANGES // 2
    path.write_bytes(raw)
    assert len(list(TFRecordTestSet(folder).examples())) == 7  # the repaired file is read


@pytest.mark.parametrize("change", CHANGES)
def test_without_checksums_nothing_but_words_is_raised(clean, change):
    folder, raw = clean["none"]
    path = folder / "tfrecords" / "test-0.tfr"
    draws = np.random.default_rng(8)
    n_read = n_refused = 0
    for _ in range(N_CHANGES):
        path.write_bytes(CHANGES[change](bytearray(raw), draws))
        try:
            batches = list(iter(TFRecordTestSet(folder, verify_crc=False)))
        except LocuscopeError:
            n_refused += 1
        else:
            n_read += 1
            assert sum(len(batch.x) for batch in batches) == 7
    path.write_bytes(raw)
    assert n_read + n_refused == N_CHANGES

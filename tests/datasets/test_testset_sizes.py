"""Sizes of test sets: what adds up, what is read from and written to `statistics.json`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.datasets.testset_sizes import Sizes, read_sizes
from locuscope.errors import FormatError, MissingFileError, OptionError, WrongTypeError

FACTS = {"seq_length": 80, "target_length": 8, "num_targets": 3, "pool_width": 8, "crop_bp": 8}


def write(folder, facts):
    path = folder / "statistics.json"
    path.write_text(facts if isinstance(facts, str) else json.dumps(facts))
    return folder


def test_what_is_read(tmp_path):
    sizes = read_sizes(write(tmp_path, {**FACTS, "seq_1hot": False, "test_seqs": 5, "more": [1]}))
    assert sizes == Sizes(80, 8, 3, 8, 8, is_one_hot=False, n_sequences={"test": 5})
    plain = read_sizes(write(tmp_path, FACTS))
    assert (plain.is_one_hot, plain.n_sequences) == (None, {})


def test_a_crop_may_be_left_out(tmp_path):
    facts = {**FACTS, "seq_length": 64}
    del facts["crop_bp"]
    assert read_sizes(write(tmp_path, facts)).crop_bp == 0


def test_the_folder_above_counts_and_the_nearer_one_wins(tmp_path):
    inner = tmp_path / "tfrecords"
    inner.mkdir()
    write(tmp_path, FACTS)
    assert read_sizes(inner).num_targets == 3
    write(inner, {**FACTS, "num_targets": 4})
    assert read_sizes(inner).num_targets == 4


@given(
    st.integers(1, 50), st.integers(1, 9), st.integers(1, 16), st.integers(0, 30),
    st.integers(0, 10**6),
)  # fmt: skip
def test_round_trip(n_bins, n_tracks, width, crop, count):
    sizes = Sizes(n_bins * width + 2 * crop, n_bins, n_tracks, width, crop)
    sizes = sizes.with_count("test", count).with_count("valid", 3)
    facts = json.loads(sizes.to_json())
    assert facts["test_seqs"] == count
    assert {name: facts[name] for name in ("target_length", "num_targets", "pool_width")} == {
        "target_length": n_bins,
        "num_targets": n_tracks,
        "pool_width": width,
    }


def test_what_is_written_is_read(tmp_path):
    sizes = Sizes(80, 8, 3, 8, 8, is_one_hot=True).with_count("train", 2)
    assert read_sizes(write(tmp_path, sizes.to_json())) == sizes


def test_bytes_of_a_sequence():
    sizes = Sizes(80, 8, 3, 8, 8)
    assert sizes.row_bytes == 4 * 80 + 4 * 8 * 3
    assert sizes.max_record_bytes > 4 * 80 + 2 * 8 * 3


@pytest.mark.parametrize(
    ("sizes", "given", "expected"),
    [
        (Sizes(64, 8, 3, 8), "auto", 1024),
        (Sizes(131_072, 896, 5_313, 128, 8_192), "auto", 3),
        (Sizes(2**26, 2**20, 100, 64), "auto", 1),
        (Sizes(64, 8, 3, 8), 7, 7),
        (Sizes(64, 8, 3, 8), np.float64(2), 2),
    ],
)
def test_sequences_of_a_batch(sizes, given, expected):
    assert sizes.rows_per_batch(given) == expected


def test_sizes_that_are_none():
    with pytest.raises(OptionError, match=r"8 bins of 8 and crops of 9 make 82 bases; .* is 80"):
        Sizes(80, 8, 3, 8, 9)
    for values, words in (((80, 0, 3, 8), "target_length is 0"), ((80, 8, 3, -8), "pool_width")):
        with pytest.raises(OptionError, match=words):
            Sizes(*values)
    with pytest.raises(WrongTypeError, match=r"num_targets is 1\.5"):
        Sizes(64, 8, 1.5, 8)
    with pytest.raises(OptionError, match="batch_size is -1; expected 'auto' or at least 1"):
        Sizes(64, 8, 3, 8).rows_per_batch(-1)


@pytest.mark.parametrize("name", ["seq_length", "target_length", "num_targets", "pool_width"])
def test_every_size_is_needed(tmp_path, name):
    facts = {key: value for key, value in FACTS.items() if key != name}
    with pytest.raises(FormatError, match=f"says nothing of {name}; it names crop_bp"):
        read_sizes(write(tmp_path, facts))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON"),
        ("{'a': 1}", "is no JSON"),
        ("3", "holds a int"),
        ("{}", "it names nothing"),
        (json.dumps({**FACTS, "num_targets": None}), "num_targets is None"),
        (json.dumps({**FACTS, "seq_1hot": 1}), "seq_1hot is 1; expected true or false"),
        (json.dumps({**FACTS, "valid_seqs": "9"}), "valid_seqs is '9'"),
    ],
)
def test_files_that_are_none(tmp_path, text, words):
    with pytest.raises(FormatError, match=words) as caught:
        read_sizes(write(tmp_path, text))
    assert caught.value.path == tmp_path / "statistics.json"


def test_no_file(tmp_path):
    with pytest.raises(MissingFileError, match="stands beside the records or one folder above"):
        read_sizes(tmp_path / "tfrecords")

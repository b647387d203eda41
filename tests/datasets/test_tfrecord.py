"""TFRecord test sets: what was written is read, in every form; broken sets are refused in words."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from itertools import product

import numpy as np
import pytest
from torch.utils.data import DataLoader

from locuscope.datasets.record_stream import COMPRESSIONS, write_records
from locuscope.datasets.records import TFRecordTestSet, write_tfrecord
from locuscope.datasets.tfrecord_writer import ENCODINGS
from locuscope.errors import (
    EmptySelectionError,
    FormatError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from tests.oracles import tfrecord_oracle as oracle

N, LENGTH, BINS, TRACKS = 7, 64, 8, 3


def every(test_set):
    """All batches by a plain loop; list() would ask for their number first."""
    return list(iter(test_set))


def edit_statistics(folder, **changes):
    path = folder / "statistics.json"
    facts = json.loads(path.read_text())
    facts |= {name: value for name, value in changes.items() if value is not None}
    for name in [name for name, value in changes.items() if value is None]:
        del facts[name]
    path.write_text(json.dumps(facts))


class TestRoundTrip:
    @pytest.mark.parametrize("form", list(product(ENCODINGS, COMPRESSIONS)))
    @pytest.mark.parametrize("genome", [None, 1, [0, 1, 0, 1, 1, 0, 0]])
    def test_every_form(self, arrays, joined, tmp_path, form, genome):
        encoding, compression = form
        options = {"encoding": encoding, "compression": compression, "genome": genome}
        folder = write_tfrecord(tmp_path / "s", [arrays[:2]], per_file=4, **options)
        test_set = TFRecordTestSet(folder, batch_size=3)
        x, y, na = joined(test_set)
        np.testing.assert_array_equal(x, arrays.x)
        np.testing.assert_array_equal(y, arrays.y)
        assert (x.dtype, y.dtype, na) == (np.uint8, np.float32, None)
        expected = np.broadcast_to(-1 if genome is None else genome, N)
        np.testing.assert_array_equal(test_set.genomes(), expected)

    def test_masked_positions_are_nan(self, arrays, joined, tmp_path):
        folder = write_tfrecord(tmp_path / "s", arrays)
        _, y, _ = joined(TFRecordTestSet(folder))
        np.testing.assert_array_equal(np.isnan(y), np.repeat(arrays.na[:, :, None], TRACKS, 2))
        np.testing.assert_array_equal(y[~arrays.na], arrays.y[~arrays.na])

    def test_records_of_another_writer(self, arrays, joined, folder):
        home = folder / "tfrecords"
        sequences = np.where(arrays.x.any(1), arrays.x.argmax(1), 4).astype(np.uint8)
        payloads = [
            oracle.example({"target": y.astype("<f2").tobytes(), "sequence": s.tobytes()})
            for s, y in zip(sequences, arrays.y, strict=True)
        ]
        for path in home.glob("test-*"):
            path.unlink()
        (home / "test-0.tfr").write_bytes(oracle.pack(payloads[:6], "zlib"))
        (home / "test-1.tfr").write_bytes(oracle.pack(payloads[6:], "none"))
        edit_statistics(folder, seq_1hot=None)
        x, y, _ = joined(TFRecordTestSet(folder))
        np.testing.assert_array_equal(x, arrays.x)
        np.testing.assert_array_equal(y, arrays.y)

    def test_texts_and_crops(self, arrays, joined, tmp_path):
        texts = ["ACGTN" * 16] * 2
        y = arrays.y[:2]
        folder = write_tfrecord(tmp_path / "s", (texts, y), crop_bp=8)
        test_set = TFRecordTestSet(folder)
        x, _, _ = joined(test_set)
        assert x[:, :, :5].sum((0, 2)).tolist() == [2, 2, 2, 2]
        assert (test_set.sizes.pool_width, test_set.sizes.crop_bp) == (8, 8)

    def test_infinite_values_and_the_smallest(self, joined, tmp_path, arrays):
        y = arrays.y[:1].copy()
        y[0, 0] = [np.inf, -np.inf, 6e-8]
        folder = write_tfrecord(tmp_path / "s", (arrays.x[:1], y))
        _, found, _ = joined(TFRecordTestSet(folder))
        np.testing.assert_array_equal(found[0, 0], y[0, 0].astype(np.float16).astype(np.float32))


class TestBatches:
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 8, "auto", 3.0])
    def test_the_batch_size_changes_no_number(self, folder, arrays, joined, size):
        test_set = TFRecordTestSet(folder, batch_size=size)
        assert len(test_set) == len(list(test_set)) == -(-N // test_set.batch_size)
        np.testing.assert_array_equal(joined(test_set)[1], arrays.y)
        np.testing.assert_array_equal(joined(test_set)[1], arrays.y)  # from its start again

    def test_batches_by_number_in_any_order(self, folder):
        test_set = TFRecordTestSet(folder, batch_size=2)
        every = list(test_set)
        for number in (0, 1, 3, 2, 2, -1, -4, np.int64(1), 2.0):
            np.testing.assert_array_equal(test_set[number].y, every[int(number)].y)
        for number in (4, -5):
            with pytest.raises(OutOfBoundsError, match=f"batch {number} of 4"):
                _ = test_set[number]

    def test_two_loops_at_once(self, folder):
        test_set = TFRecordTestSet(folder, batch_size=2)
        pairs = [(a.y, b.y) for a, b in zip(test_set, test_set, strict=True)]
        assert all((a == b).all() for a, b in pairs)

    def test_copies_read_for_themselves(self, folder):
        test_set = TFRecordTestSet(folder, batch_size=2)
        first = test_set[0]
        sent = pickle.loads(pickle.dumps(test_set))  # noqa: S301 - as workers get it
        for other in (sent, copy.copy(test_set)):
            np.testing.assert_array_equal(other[1].y, test_set[1].y)
            np.testing.assert_array_equal(other[0].y, first.y)

    @pytest.mark.parametrize("workers", [0, 2])
    def test_a_data_loader(self, folder, arrays, joined, workers):
        test_set = TFRecordTestSet(folder, batch_size=2)
        _ = test_set[0]  # an open file that workers must not share
        found = joined(DataLoader(test_set, batch_size=None, num_workers=workers))
        np.testing.assert_array_equal(found[0], arrays.x)
        np.testing.assert_array_equal(found[1], arrays.y)

    def test_records_one_by_one(self, folder, arrays):
        test_set = TFRecordTestSet(folder)
        for skip in (0, 2, 3, 6, 7):
            found = list(test_set.examples(skip=skip))
            assert len(found) == N - skip
            assert all((a.y == b).all() for a, b in zip(found, arrays.y[skip:], strict=True))
        assert test_set.n_sequences == N
        assert len(list(test_set.examples(skip=4))) == 3  # whole files are passed over now


class TestSources:
    def test_folders_files_and_lists(self, folder, arrays, joined):
        home = folder / "tfrecords"
        files = [home / f"test-{k}.tfr" for k in range(3)]
        for source in (folder, str(folder), home, files, map(str, files)):
            np.testing.assert_array_equal(joined(TFRecordTestSet(source))[1], arrays.y)
        one = TFRecordTestSet(files[1])
        np.testing.assert_array_equal(joined(one)[1], arrays.y[3:6])
        assert (one.n_sequences, one.files) == (3, (files[1],))

    def test_splits(self, folder, arrays, joined):
        np.testing.assert_array_equal(joined(TFRecordTestSet(folder, "valid"))[1], arrays.y[:2])
        with pytest.raises(OptionError, match=r"no records train-\*.tfr; .* test, valid"):
            TFRecordTestSet(folder, "train")

    def test_files_by_their_numbers_as_written(self, arrays, joined, tmp_path):
        folder = write_tfrecord(tmp_path / "s", [arrays[:2]], per_file=1)
        home = folder / "tfrecords"
        for number in (6, 5):
            (home / f"test-{number}.tfr").rename(home / f"test-{number + 5}.tfr")
        assert [path.stem for path in TFRecordTestSet(folder).files][-2:] == ["test-10", "test-11"]
        np.testing.assert_array_equal(joined(TFRecordTestSet(folder))[1], arrays.y)

    def test_the_repr(self, folder):
        assert repr(TFRecordTestSet(folder)) == (
            "TFRecordTestSet('test', 3 files, 64 bases, 8 bins of 8, 3 tracks)"
        )

    def test_nothing_there(self, tmp_path, folder):
        with pytest.raises(MissingFileError, match="no file"):
            TFRecordTestSet(tmp_path / "nowhere")
        with pytest.raises(MissingFileError, match=r"test-9.tfr.* test-"):
            TFRecordTestSet([folder / "tfrecords" / "test-9.tfr"])
        with pytest.raises(EmptySelectionError, match="names no file"):
            TFRecordTestSet([])
        with pytest.raises(WrongTypeError, match="source is a int"):
            TFRecordTestSet(3)
        (folder / "statistics.json").unlink()
        with pytest.raises(MissingFileError, match=r"statistics.json.*one folder above"):
            TFRecordTestSet(folder)


class TestTracks:
    @pytest.mark.parametrize(
        ("tracks", "rows"),
        [
            (["brain", "liver"], [2, 0]),
            ("lung", [1]),
            ([2, 0], [2, 0]),
            ([-1.0], [2]),
            (1, [1]),
            (np.array([True, False, True]), [0, 2]),
            (np.array([1, 2]), [1, 2]),
        ],
    )
    def test_choices(self, folder, arrays, joined, tracks, rows):
        test_set = TFRecordTestSet(folder, tracks=tracks)
        np.testing.assert_array_equal(joined(test_set)[1], arrays.y[..., rows])
        names = ("liver", "lung", "brain")
        assert test_set.targets.ids == tuple(names[k] for k in rows)
        assert test_set.targets.labels[0] == f"the {names[rows[0]]}"
        assert test_set.n_tracks == len(rows)

    def test_refusals(self, folder):
        for tracks, error, words in (
            (["livre"], UnknownNameError, "no track 'livre' .* 'liver'"),
            ([3], OptionError, r"track 3 .* it has 3 \(0 to 2\)"),
            ([0, -3], OptionError, "chosen twice"),
            ([], EmptySelectionError, "tracks is empty"),
            ([True], ShapeError, "mask of 1; the test set has 3"),
            ([False] * 3, EmptySelectionError, "mask of False alone"),
            ([0.5], WrongTypeError, "tracks is 0.5"),
        ):
            with pytest.raises(error, match=words):
                TFRecordTestSet(folder, tracks=tracks)

    def test_without_names(self, folder):
        (folder / "targets.txt").unlink()
        assert TFRecordTestSet(folder).targets.ids == ()
        with pytest.raises(UnknownNameError, match="the set gives no names"):
            TFRecordTestSet(folder, tracks=["liver"])

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("index\tidentifier\n0\ta\n", "1 rows and the columns index, identifier; expected 3"),
            ("index\tname\n0\ta\n1\tb\n2\tc\n", "a column identifier"),
            ("i\tidentifier\n0\ta\n1\n2\tc\n", "targets.txt:3: expected 2 columns"),
            ("", "0 rows and the columns none"),
        ],
    )
    def test_broken_tables_of_names(self, folder, text, words):
        (folder / "targets.txt").write_text(text)
        with pytest.raises(FormatError, match=words):
            TFRecordTestSet(folder)
        (folder / "targets.txt").write_bytes(b"identifier\n\xff\n")
        with pytest.raises(FormatError, match="no UTF-8 text: byte 11"):
            TFRecordTestSet(folder)


class TestBroken:
    @pytest.mark.fault("H1")
    def test_a_flipped_bit_names_file_and_record(self, arrays, tmp_path):
        folder = write_tfrecord(tmp_path / "s", [arrays[:2]], compression="none", per_file=4)
        path = folder / "tfrecords" / "test-1.tfr"
        raw = bytearray(path.read_bytes())
        raw[-10] ^= 16  # in the measured values
        path.write_bytes(raw)
        with pytest.raises(FormatError, match=r"test-1.tfr, record 3: the checksum") as caught:
            every(TFRecordTestSet(folder))
        assert (caught.value.path, caught.value.line) == (path, 3)
        assert len(list(TFRecordTestSet(folder, verify_crc=False).examples())) == N

    @pytest.mark.fault("H2")
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"sequence": bytes(64), "target": bytes(48)}, r"64 bytes; expected 256 \(one_hot\)"),
            ({"sequence": bytes(256), "target": bytes(50)}, "50 bytes; 8 bins of 3 tracks .* 48"),
            ({"sequence": bytes(256)}, r"no bytes 'target' \(it holds sequence\)"),
            ({"target": bytes(48)}, "no bytes 'sequence'"),
            ({"sequence": bytes(255) + b"\2", "target": bytes(48)}, "byte 255 .* is 2; .* most 1"),
            ({"sequence": 3, "target": bytes(48)}, "no bytes 'sequence'"),
            (
                {"sequence": bytes(256), "target": bytes(48), "genome": b"abc"},
                "genome is not one whole number",
            ),
        ],
    )
    def test_values_of_other_sizes(self, folder, values, words):
        path = folder / "tfrecords" / "test-1.tfr"
        write_records(path, [oracle.example(values)])
        with pytest.raises(FormatError, match=f"test-1.tfr, record 1: .*{words}"):
            every(TFRecordTestSet(folder))

    def test_organisms_as_raw_bytes(self, folder):
        values = {"sequence": bytes(256), "target": bytes(48), "genome": b"\1" + bytes(7)}
        path = folder / "tfrecords" / "test-1.tfr"
        write_records(path, [oracle.example(values)] * 2)
        assert TFRecordTestSet(path).genomes().tolist() == [1, 1]

    def test_a_broken_record_is_refused_every_time_it_is_asked_for(self, folder, arrays):
        path = folder / "tfrecords" / "test-1.tfr"
        path.write_bytes(path.read_bytes()[:-30])
        test_set = TFRecordTestSet(folder, batch_size=3)
        np.testing.assert_array_equal(test_set[0].y, arrays.y[:3])
        for number in (1, 1, 2, 1):
            with pytest.raises(FormatError, match=r"test-1\.tfr, record \d: "):
                _ = test_set[number]
        np.testing.assert_array_equal(test_set[0].y, arrays.y[:3])

    def test_indices_beyond_four(self, arrays, tmp_path):
        folder = write_tfrecord(tmp_path / "s", [arrays[:2]], encoding="index")
        path = folder / "tfrecords" / "test-0.tfr"
        write_records(path, [oracle.example({"sequence": b"\5" * 64, "target": bytes(48)})])
        with pytest.raises(FormatError, match="byte 0 of its sequence is 5; expected at most 4"):
            every(TFRecordTestSet(folder))

    def test_a_payload_that_is_no_example(self, folder):
        write_records(folder / "tfrecords" / "test-0.tfr", [b"hello, world"])
        with pytest.raises(FormatError, match=r"test-0\.tfr, record 1: "):
            every(TFRecordTestSet(folder))

    @pytest.mark.fault("H4")
    def test_a_file_that_is_missing(self, folder):
        (folder / "tfrecords" / "test-1.tfr").unlink()
        words = r"holds 4 test sequences in 2 files; statistics.json says 7"
        for work in (every, lambda test_set: list(test_set.examples(skip=5))):
            with pytest.raises(FormatError, match=words):
                work(TFRecordTestSet(folder))
        assert len(list(TFRecordTestSet(sorted((folder / "tfrecords").glob("test-*"))))) == 1

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"seq_length": None}, "says nothing of seq_length; it names "),
            ({"seq_length": 65}, "make 64 bases; seq_length is 65"),
            ({"seq_length": "64"}, "seq_length is '64'; a whole number"),
            ({"num_targets": 0}, "num_targets is 0"),
            ({"crop_bp": -1}, "crop_bp is -1"),
            ({"seq_1hot": "yes"}, "seq_1hot is 'yes'"),
            ({"test_seqs": 1.5}, "test_seqs is 1.5"),
        ],
    )
    def test_statistics_that_contradict(self, folder, changes, words):
        edit_statistics(folder, **changes)
        with pytest.raises(FormatError, match=f"statistics.json.*{words}"):
            TFRecordTestSet(folder)

    @pytest.mark.parametrize(("text", "words"), [("{", "is no JSON"), ("[]", "holds a list")])
    def test_statistics_that_are_none(self, folder, text, words):
        (folder / "statistics.json").write_text(text)
        with pytest.raises(FormatError, match=words):
            TFRecordTestSet(folder)

    def test_options(self, folder):
        for options, words in (
            ({"decode": "text"}, "decode is 'text'"),
            ({"batch_size": 0}, "batch_size is 0"),
        ):
            with pytest.raises(OptionError, match=words):
                TFRecordTestSet(folder, **options)
        with pytest.raises(WrongTypeError, match="verify_crc takes a bool"):
            TFRecordTestSet(folder, verify_crc="no")

    def test_a_forced_decoding_is_not_guessed_around(self, folder):
        with pytest.raises(FormatError, match=r"256 bytes; expected 64 \(index\)"):
            every(TFRecordTestSet(folder, decode="index"))
        assert len(list(TFRecordTestSet(folder, decode="one_hot").examples())) == N


def test_tensorflow_is_not_needed(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert len(list(TFRecordTestSet(folder).examples())) == N
    with pytest.raises(ImportError):
        __import__("tensorflow")

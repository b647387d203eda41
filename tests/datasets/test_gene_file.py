"""Gene files: sequences with their transcription starts come back; broken files are refused."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.datasets.gene_file import GeneFile, write_gene_file
from locuscope.errors import EmptySelectionError, FormatError, InputError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.inference.gene_sites import GeneSeq


@pytest.fixture
def seqs():
    return [
        GeneSeq(Interval("1", 0, 64), [("t1", "g1", 30, "+"), ("t2", "g1", 40, "-")]),
        GeneSeq(Interval("1", 100, 164), []),
        GeneSeq(Interval("2", 50, 114), [("t3", "g2", 51, ".")]),
    ]


@pytest.fixture
def path(seqs, arrays, tmp_path):
    return write_gene_file(tmp_path / "genes.h5", seqs, arrays.x[:3])


def edit(path, name, make):
    with h5py.File(path, "a") as file:
        values = file[name][()]
        del file[name]
        made = make(values)
        if made is not None:
            file[name] = made
    return path


@pytest.mark.parametrize("size", [1, 2, 64])
def test_round_trip(path, seqs, arrays, size):
    genes = GeneFile(path, batch_size=size)
    assert genes.gene_seqs == tuple(seqs)
    found = np.concatenate(list(genes))
    np.testing.assert_array_equal(found, arrays.x[:3])
    assert (found.dtype, len(genes)) == (np.uint8, -(-3 // size))
    assert repr(genes) == "GeneFile(3 sequences of 64 bases, 3 transcription starts)"


def test_strands_may_be_left_out(path):
    edit(path, "tss_strand", lambda v: None)
    starts = [start for seq in GeneFile(path).gene_seqs for start in seq.tss]
    assert [start[3] for start in starts] == [".", ".", "."]


def test_sequences_without_a_start(seqs, arrays, tmp_path):
    path = write_gene_file(tmp_path / "a.h5", [seqs[1]], arrays.x[:1])
    assert GeneFile(path).gene_seqs == (seqs[1],)


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("name", "make", "error", "words"),
    [
        ("seqs_1hot", lambda v: None, FormatError, "no dataset 'seqs_1hot'"),
        ("seqs_1hot", lambda v: v.transpose(0, 2, 1), ShapeError, "looks transposed"),
        ("seq_start", lambda v: v[:2], ShapeError, "'seq_start' .* has 2 rows; expected 3"),
        ("seq_end", lambda v: v + 1, ShapeError, r"sequence 0 lies at 1:0-65, but has 64 bases"),
        ("seq_start", lambda v: v.astype(float), FormatError, "'seq_start' .* holds float64"),
        ("tss_id", lambda v: v[:1], ShapeError, "'tss_id' .* has 1 rows; expected 3"),
        ("tss_seq", lambda v: v + 1, FormatError, "start 1 names the sequence 1 on 1|start 2"),
        ("tss_seq", lambda v: v * 0 - 1, FormatError, "start 0 names the sequence -1 on 1"),
        ("tss_chrom", lambda v: v[::-1], FormatError, "start 0 names the sequence 0 on 2"),
        ("tss_strand", lambda v: np.array([b"x"] * 3), FormatError, "start 0 has the strand 'x'"),
    ],
)
def test_broken_files(path, name, make, error, words):
    edit(path, name, make)
    with pytest.raises(error, match=words):
        GeneFile(path)


def test_bases_that_are_not_one_hot(path):
    edit(path, "seqs_1hot", lambda v: np.ones_like(v))
    with pytest.raises(InputError, match=r"seqs_1hot of .* from row 0"):
        list(GeneFile(path))


def test_writing_refuses(seqs, arrays, tmp_path):
    for error, words, given, bases in (
        (EmptySelectionError, "gene_seqs is empty", [], arrays.x[:0]),
        (ShapeError, r"\(2, 4, 64\); the 3 places are 64 bases wide", seqs, arrays.x[:2]),
        (ShapeError, "the 3 places are 64 bases", seqs, arrays.x[:3, :, :60]),
        (ShapeError, "looks transposed", seqs, arrays.x[:3].transpose(0, 2, 1)),
        (InputError, "not one-hot", seqs, arrays.x[:3] * 3),
    ):
        with pytest.raises(error, match=words):
            write_gene_file(tmp_path / "a.h5", given, bases)
    assert list(tmp_path.iterdir()) == []

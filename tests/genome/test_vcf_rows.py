"""From records to alleles: regrouped exactly, split at commas, judged in bulk as one by one."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.genome.alleles import STATUSES, judge
from locuscope.genome.reference import Genome
from locuscope.genome.vcf_lines import Lines
from locuscope.genome.vcf_rows import SCHEMA, judge_records, read_frames, status_series
from tests.genome.vcf_text import write

CELL = st.sampled_from(
    ["20", "HLA:1", "1", "0", "007", "99999999999999999999", "A", "ac", "AC", "N", ".", "*", "<X>"]
    + ["", "A,C", "C,<X>,", "é", "+1"]
)


def lines_of(rows):
    texts = list(zip(*rows, strict=True)) if rows else [()] * 5
    columns = tuple(pl.Series(column, dtype=pl.String) for column in texts)
    return Lines(np.arange(1, len(rows) + 1), columns, {})


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), max_size=15))
def test_bulk_verdicts_equal_those_one_by_one(rows):
    found = judge_records(lines_of(rows), contigs={"HLA:1"})
    assert found.schema == SCHEMA
    expected = [
        (record, k, len(alts), judge(chrom, pos, ref, alt, {"HLA:1"}).status)
        for record, (chrom, pos, _, ref, alts_text) in enumerate(rows)
        for alts in [alts_text.split(",")]
        for k, alt in enumerate(alts, 1)
    ]
    assert found.select("record", "alt_index", "n_alts", "status").rows() == expected
    is_ok = found["status"] == "ok"
    assert found["reason"].is_null().to_list() == is_ok.to_list()
    assert found.filter(is_ok)["ref"].str.contains("^[ACGT]+$").all()


def test_records_are_numbered_on_from_the_first():
    found = judge_records(
        lines_of([("1", "5", ".", "A", "C,G"), ("1", "6", ".", "A", "C")]), first_record=7
    )
    assert found["record"].to_list() == [7, 7, 8]
    assert found["line"].to_list() == [1, 1, 2]


def test_letters_become_upper_case_and_symbols_stay():
    found = judge_records(lines_of([("1", "5", ".", "ac", "n,<del>,t")]))
    assert found["ref"].to_list() == ["AC"] * 3
    assert found["alt"].to_list() == ["N", "<del>", "T"]


def test_no_records_give_the_columns():
    found = judge_records(lines_of([]))
    assert (len(found), found.schema) == (0, SCHEMA)


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7, 100])
def test_chunks_hold_whole_records_and_no_more_than_asked(tmp_path, chunk_rows):
    rows = [("20", k + 1, ".", "A", "C,G" if k % 2 else "C") for k in range(10)]
    rows[4] = ("20", 5)
    path = write(tmp_path, *rows)
    frames = list(read_frames(path, None, chunk_rows))
    assert [frame["record"].n_unique() for frame in frames] == [
        min(chunk_rows, 10 - first) for first in range(0, 10, chunk_rows)
    ]
    whole = pl.concat(frames)
    assert whole.equals(next(read_frames(path, None, 10**6)))
    assert whole.filter(pl.col("record") == 4)["reason"].to_list() == [
        "line 7, column 3: only 2 columns; a record has at least 5, parted by tabs"
    ]


def test_a_genome_makes_its_own_names_legal(tmp_path):
    path = write(tmp_path, ("HLA:1", 1, ".", "A", "C"), ("HLA:2", 1, ".", "A", "C"))
    genome = Genome.from_sequences({"HLA:1": "ACGT"})
    (frame,) = read_frames(path, genome, 10)
    assert frame["status"].to_list() == ["ok", "malformed"]


def test_status_codes_become_words():
    found = status_series([0, len(STATUSES) - 1, 1])
    assert found.to_list() == [STATUSES[0], STATUSES[-1], STATUSES[1]]
    assert found.dtype == pl.Enum(STATUSES)

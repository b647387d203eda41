"""A table of alleles: rows and notes are cut together, frames are judged like files."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from locuscope.errors import InputError, ShapeError, VariantError, WrongTypeError
from locuscope.genome.alleles import NOTES, STATUSES
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from tests.genome.vcf_text import rows_of, write


@pytest.fixture
def mixed(tmp_path):
    return VariantTable.read(
        write(
            tmp_path,
            ("20", 5, "rs1", "A", "C,<DEL>,A"),
            ("20", 7, ".", "AT", "A"),
            ("<b>", 1, "<i>", "A", "T"),
        )
    )


def test_rows_become_variants_or_say_why_not(mixed):
    assert mixed[0] == Variant("20", 5, "A", "C", "rs1")
    assert mixed[2] == Variant("20", 5, "A", "A", "rs1")
    assert mixed[-2] == Variant("20", 7, "AT", "A")
    with pytest.raises(VariantError, match="line 3, column 5") as caught:
        mixed[1]
    assert (caught.value.status, caught.value.line) == ("symbolic", 3)
    with pytest.raises(IndexError):
        mixed[9]


def test_slices_masks_and_indices_cut_rows_and_notes_together(mixed):
    noted = mixed.with_note(mixed.is_ok, "padded")
    assert noted[1:4].notes == [(), (), ("padded",)]
    assert rows_of(noted[noted.is_ok]) == rows_of(noted[[0, 3]])
    assert noted[[3, 0]].notes == [("padded",), ("padded",)]
    assert len(noted[[]]) == 0


def test_counts_and_repr_follow_the_order_of_statuses(mixed):
    assert mixed.counts() == {"ok": 2, "symbolic": 1, "ref_equals_alt": 1, "malformed": 1}
    assert repr(mixed) == "VariantTable(5 alleles: 2 ok, 1 symbolic, 1 ref_equals_alt, 1 malformed)"
    assert list(mixed.table["status"].dtype.categories) == list(STATUSES)


def test_with_status_changes_good_rows_only(mixed):
    every = np.ones(len(mixed), bool)
    changed = mixed.with_status(every, "too_long", "longer than half the window")
    assert changed.table["status"].to_list()[:2] == ["too_long", "symbolic"]
    assert changed.table["reason"][0] == "longer than half the window"
    assert changed.table["reason"][1] == mixed.table["reason"][1]
    each = [f"row {k}" for k in range(len(mixed))]
    assert mixed.with_status(every, "off_edge", each).table["reason"][3] == "row 3"


def test_notes_use_one_bit_each(mixed):
    every = np.ones(len(mixed), bool)
    for note in NOTES:
        mixed = mixed.with_note(every, note)
    assert mixed.notes == [NOTES] * len(mixed)


def test_html_is_escaped_and_short(mixed):
    text = VariantTable.concat([mixed] * 9)._repr_html_()
    assert "<b>" not in text
    assert "<i>" not in text
    assert "&lt;b&gt;" in text
    assert text.count("<tr>") == 11


def test_iteration_and_variants_are_inverse():
    variants = [Variant("20", 5, "A", "C", "x"), Variant("X", 9, "AT", "A")]
    table = VariantTable.from_variants(variants)
    assert list(table) == variants
    assert table.table["line"].to_list() == [None, None]
    with pytest.raises(WrongTypeError, match="20:5"):
        VariantTable.from_variants(["20:5:A:C"])


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_frames_are_judged_like_files(make):
    frame = make(
        {
            "chrom": ["20", "20", "20"],
            "pos": [5.0, 0.0, 7.0],
            "ref": ["a", "A", "A"],
            "alt": ["C", "T", "C,*"],
        }
    )
    table = VariantTable.from_frame(frame)
    assert table.table["status"].to_list() == ["ok", "malformed", "ok", "star"]
    assert table.table["record"].to_list() == [0, 1, 2, 2]
    assert table.table["reason"][1] == "row 2: POS '0' is outside 1 to 2,147,483,647"
    with pytest.raises(InputError, match=r"\['alt'\]"):
        VariantTable.from_frame(make({"chrom": ["1"], "pos": [1], "ref": ["A"]}))


def test_tables_pickle_and_refuse_other_columns(mixed):
    again = pickle.loads(pickle.dumps(mixed))  # noqa: S301 - our own bytes
    assert again.table.equals(mixed.table)
    with pytest.raises(ShapeError, match="variant table"):
        VariantTable(mixed.table.drop("id"), mixed.note_bits)

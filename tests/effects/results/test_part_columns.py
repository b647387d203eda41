from __future__ import annotations

import polars as pl
import pytest

from locuscope.effects.results.part_columns import PartColumns, conformed
from locuscope.effects.variant_scores import VariantScores
from tests.effects.made_scores import cut, made

BARE = pl.DataFrame(schema={"row": pl.Int64, "gain": pl.Float32})
FULL = pl.DataFrame(
    {"row": [0], "gene": ["g"], "exon": [3], "gain": [0.5]}, schema_overrides={"gain": pl.Float32}
)
UNKNOWN = FULL.with_columns(pl.lit(None, pl.String).alias("exon"))


@pytest.mark.parametrize("tables", [[BARE, FULL], [FULL, BARE], [BARE, UNKNOWN, FULL, BARE]])
def test_all_pieces_together_tell_the_columns(tables):
    frame = PartColumns(tables).frame
    assert frame.schema == FULL.schema
    assert frame.columns == FULL.columns
    assert len(frame) == 0


def test_labels_that_are_missing_everywhere_are_text():
    assert PartColumns([BARE, UNKNOWN]).frame.schema["exon"] == pl.String


def test_numbers_in_one_piece_and_words_in_another_are_text():
    words = FULL.with_columns(pl.lit("third").alias("exon"))
    frame = PartColumns([FULL, words]).frame
    assert conformed(FULL, frame)["exon"].to_list() == ["3"]


def test_what_is_missing_is_empty():
    frame = PartColumns([BARE, FULL]).frame
    found = conformed(BARE.vstack(FULL.select("row", "gain")), frame)
    assert found.columns == FULL.columns
    assert found["gene"].to_list() == [None]
    assert conformed(FULL, frame) is FULL


@pytest.mark.parametrize("suffix", ["parquet", "hdf5"])
def test_no_piece_has_a_part(tmp_path, suffix):
    scores = made(9, statuses=("off_edge",))
    assert scores.parts["genes"].columns == ["row", "gain", "far"]
    whole = VariantScores.concat(cut(scores, 4))
    path = getattr(whole, f"to_{suffix}")(tmp_path / f"x.{suffix}")
    assert len(VariantScores.open(path).parts["genes"]) == 0

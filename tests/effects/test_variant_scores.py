from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.errors import NoTracksError, OptionError, ShapeError, UnknownNameError
from locuscope.genome.variant import Variant
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.metadata import TrackMetadataCatalog
from tests.effects import toy
from tests.effects.scoring.test_part_scores import Counting, letter

TEXT = toy.sequence()
ROWS = [
    {"output_name": "atac", "track_name": "liver", "strand": "+", "biosample_name": "liver"},
    {"output_name": "atac", "track_name": "liver", "strand": "-", "biosample_name": "liver"},
    {"output_name": "atac", "track_name": "<b>lung", "strand": ".", "biosample_name": "lung"},
]  # fmt: skip


def make() -> VariantScores:
    """Five alleles: three good, a mismatch, an equal pair; two scores and one of parts."""
    catalog = TrackMetadataCatalog.from_rows(ROWS)
    head = HeadSpec("atac", (1,), 3, strand_pair=toy.PAIR)
    model = wrap(
        toy.Net(),
        heads=head,
        window_bp=None,
        catalog=catalog,
        name="toy net",
        scores={"gained_g": Counting()},
    )
    variants = [
        Variant("1", pos, letter(pos), "A" if letter(pos) != "A" else "C", f"v{pos}")
        for pos in (100, 102, 105)
    ]
    variants.insert(2, Variant("1", 103, "A" if letter(103) != "A" else "C", letter(103), "<i>x"))
    variants.append(Variant("1", 110, letter(110), letter(110)))
    from locuscope.genome.placement import Placement

    return score_variants(
        model,
        variants,
        toy.genome(),
        scores=["diff", "SAX", "gained_g"],
        placement=Placement(width_bp=40),
        check_assembly=False,
        device="cpu",
    )


@pytest.fixture(scope="module")
def scores() -> VariantScores:
    return make()


def test_rows_ids_labels_and_status(scores):
    assert len(scores) == 5
    assert scores.status == ["ok", "ok", "ref_mismatch", "ok", "ref_equals_alt"]
    assert scores.row_ids[0] == f"1:100:{letter(100)}:{scores.variants.table['alt'][0]}"
    assert scores.labels("diff") == ("liver_0", "liver_1", "<b>lung")
    assert scores.labels("gained_g") == ("gained", "length")
    with pytest.raises(UnknownNameError, match="did you mean 'diff'"):
        scores.labels("dif")


def test_wide_table(scores):
    table = scores.to_polars()
    assert table.columns[:5] == ["chrom", "pos", "id", "ref", "alt"]
    assert table["diff/liver_0"].dtype == pl.Float32
    assert table["diff/liver_0"].is_null().to_list() == [False, False, True, False, True]
    assert table["gained_g/gained"].is_null().to_list() == [False, False, True, True, True]
    np.testing.assert_array_equal(table["SAX/liver_1"][0], scores.scores["SAX"][0, 1])
    assert isinstance(scores.to_dataframe(), pd.DataFrame)
    assert len(scores.to_dataframe()) == 5


def test_long_table_has_tracks_and_parts(scores):
    table = scores.to_polars("long")
    per_track = table.filter(pl.col("score") == "SAX")
    assert len(per_track) == 15
    assert per_track.filter(pl.col("label") == "<b>lung")["biosample_name"].unique().to_list() == [
        "lung"
    ]
    parts = table.filter(pl.col("score") == "gained_g")
    assert len(parts) == 2 * 2 * 2 + 3  # an allele without parts keeps a row
    assert parts.filter(pl.col("label").is_null())["row"].to_list() == [2, 3, 4]
    assert parts["gene"].unique(maintain_order=True).to_list() == ["g0", "g1", None]
    first = parts.filter((pl.col("row") == 0) & (pl.col("label") == "length"))
    assert first["value"].to_list() == [11.0, 11.0]
    with pytest.raises(OptionError, match="'tall'; expected one of 'wide', 'long'"):
        scores.to_polars("tall")


@pytest.mark.parametrize(
    "key",
    [slice(1, 4), [3, 0], np.array([True, False, True, True, False]), slice(None, None, -1), []],
)
def test_rows_are_cut_together(scores, key):
    found = scores[key]
    places = (
        np.arange(5)[key]
        if isinstance(key, slice)
        else np.arange(5)[np.asarray(key, dtype=None if len(key) else int)]
    )
    assert found.row_ids == [scores.row_ids[k] for k in places]
    assert found.status == [scores.status[k] for k in places]
    for name, values in scores.scores.items():
        np.testing.assert_array_equal(found.scores[name], values[places])
    assert found.windows.equals(scores.windows[places])
    ids = scores.parts["gained_g"].filter(pl.col("row").is_in(places.tolist()))
    assert len(found.parts["gained_g"]) == len(ids)
    for row in found.parts["gained_g"].iter_rows(named=True):
        np.testing.assert_array_equal(found.scores["gained_g"][row["row"], 0], row["gained"])


def test_select_and_rows_commute(scores):
    left = scores.select(strand="+")[1:4]
    right = scores[1:4].select(strand="+")
    assert left.labels("diff") == right.labels("diff") == ("liver",)
    np.testing.assert_array_equal(left.scores["diff"], right.scores["diff"])
    np.testing.assert_array_equal(left.scores["diff"][0], scores.scores["diff"][1, :1])
    np.testing.assert_array_equal(left.scores["gained_g"], scores.scores["gained_g"][1:4])
    with pytest.raises(NoTracksError, match="among the scored tracks"):
        scores.select(biosample_name="brain")


def test_summary_and_repr(scores):
    assert scores.summary() == "5 alleles: 3 scored, 1 ref_mismatch, 1 ref_equals_alt"
    assert repr(scores).startswith("VariantScores(5 alleles: 3 scored")


def test_html_shows_text_from_data_as_text(scores):
    page = scores._repr_html_()
    assert "<b>" not in page
    assert "<i>x" not in page
    assert "&lt;b&gt;lung" in page
    assert page.count("<tr>") == 6


def test_misaligned_matrices_are_refused(scores):
    fields = {name: getattr(scores, name) for name in scores.__dataclass_fields__}
    with pytest.raises(ShapeError, match=r"'diff' has shape \(5, 2\), expected \(5, 3\)"):
        VariantScores(**fields | {"scores": {"diff": np.zeros((5, 2), np.float32)}})
    with pytest.raises(ShapeError, match="4 windows for 5 alleles"):
        VariantScores(**fields | {"windows": scores.windows.head(4)})

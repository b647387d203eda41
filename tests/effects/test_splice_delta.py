"""The splice network's own score, through the verb, on the embedded alleles."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope import demo
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from locuscope.models.zoo import load_model

CPU = {"device": "cpu", "check_assembly": False}
STRONG = [
    Variant("20", 2_577_796, "G", "A", "rs572140578"),
    Variant("20", 2_380_385, "G", "A", "rs567956364"),
]


@pytest.fixture(scope="module")
def splice_scores() -> VariantScores:
    letter = demo.genome().fetch("20", 990_999, 991_000)
    far = Variant("20", 991_000, letter, "C" if letter != "C" else "A", "edge")
    between = int(demo.genes(collapsed=True).genes["end"].max()) + 10
    letter = demo.genome().fetch("20", between - 1, between)
    outside = Variant("20", between, letter, "A" if letter != "A" else "C", "outside")
    long = Variant("20", 2_577_796, demo.genome().fetch("20", 2_577_795, 2_577_860), "G", "long")
    return score_variants(
        load_model("cispliceai"),
        [*STRONG, far, outside, long],
        demo.genome(),
        scores="splice_delta",
        score_kwargs=[{"genes": demo.genes(collapsed=True)}],
        **CPU,
    )


def test_the_strong_variants_lose_their_splice_sites(splice_scores):
    table = splice_scores.to_polars()
    assert table["splice_delta/DS_AL"][0] >= 0.95
    assert table["splice_delta/DP_AL"][0] == 1
    assert table["splice_delta/DS_DL"][1] >= 0.95
    assert table["splice_delta/DP_DL"][1] == -1
    assert abs(table["splice_delta/DS_AL"][0] - 0.999) < 2e-3
    assert abs(table["splice_delta/DS_DL"][1] - 0.991) < 2e-3
    parts = splice_scores.parts["splice_delta"]
    assert parts["gene"].to_list() == ["TMC2", "TGM6"]
    assert parts["row"].to_list() == [0, 1]


def test_rows_that_the_splice_score_cannot_take_have_their_status(splice_scores):
    assert splice_scores.status == ["ok", "ok", "off_edge", "outside_regions", "too_long"]
    reasons = splice_scores.variants.table["reason"].to_list()
    assert "slice" in reasons[2]
    assert "no gene holds" in reasons[3]
    assert "removes 64" in reasons[4]
    assert np.isnan(splice_scores.scores["splice_delta"][2:]).all()
    assert len(splice_scores.tracks) == 0


def test_a_row_is_ok_when_one_of_its_scores_is():
    between = int(demo.genes(collapsed=True).genes["end"].max()) + 10
    letter = demo.genome().fetch("20", between - 1, between)
    variant = Variant("20", between, letter, "A" if letter != "A" else "C")
    found = score_variants(
        load_model("cispliceai"),
        [variant],
        demo.genome(),
        scores=["splice_delta", "SAX"],
        score_kwargs=[{"genes": demo.genes(collapsed=True)}, {}],
        placement=Placement(width_bp=10_101),
        **CPU,
    )
    assert found.status == ["ok"]
    assert np.isnan(found.scores["splice_delta"]).all()
    assert np.isfinite(found.scores["SAX"]).all()


def test_sax_on_the_splice_tracks_shows_the_loss():
    found = score_variants(
        load_model("cispliceai"),
        STRONG,
        demo.genome(),
        scores=["SAX"],
        placement=Placement(width_bp=10_401),
        **CPU,
    )
    labels = found.labels("SAX")
    assert found.scores["SAX"][0, labels.index("acceptor:+")] < -0.95
    assert found.scores["SAX"][1, labels.index("donor:+")] < -0.95

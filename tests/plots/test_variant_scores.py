from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

from locuscope.errors import OptionError, UnknownNameError, WrongTypeError
from locuscope.plots.variant_scores import KINDS, plot
from tests.plots.made_scores import many, scores_of, table

NAN = np.nan


def nulls(n: int = 40, **changed: object):
    rng = np.random.default_rng(1)
    base = many(n)
    entries = {"diff": base.scores["diff"], "p_empirical": rng.uniform(0.01, 1, (n, 2))} | changed
    provenance = {"model": "toy", "nulls": {"score": "diff"}}
    return scores_of(base.variants, provenance=provenance, **entries)


def points(figure) -> dict[str, np.ndarray]:
    return figure.drawing.source.data


def boxes(figure):
    return next((r.data_source.data for r in figure.plot.renderers if r.name == "boxes"), None)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_a_score_are_counted_and_not_drawn(kind):
    values = np.array([[0.5], [NAN], [-0.25], [NAN], [0.0]])
    scores = scores_of(
        table(["1"] * 5, [5, 6, 7, 8, 9]),
        diff=values,
        p_empirical=np.full((5, 1), 0.5),
        provenance={"nulls": {"score": "diff"}},
    )
    figure = plot(scores, kind)
    assert figure.title == "diff: 3 alleles, 2 without a score"
    assert figure.plot.title.text.text == figure.title
    assert sorted(points(figure)["value"].tolist()) == [-0.25, 0.0, 0.5]


def test_infinite_scores_are_counted_and_not_drawn():
    scores = scores_of(table(["1"] * 3, [5, 6, 7]), logit=[[np.inf], [1.0], [-np.inf]])
    figure = plot(scores)
    assert figure.title == "logit: 1 allele, 0 without a score, 2 infinite"
    assert len(points(figure)["x"]) == 1


def test_manhattan_places_by_position_on_one_contig():
    scores = scores_of(table(["20"] * 3, [300, 100, 200]), diff=[[0.1], [0.2], [-0.3]])
    figure = plot(scores, "manhattan")
    assert points(figure)["x"].tolist() == [300, 100, 200]
    np.testing.assert_allclose(points(figure)["y"], [0.1, 0.2, -0.3], rtol=1e-6)
    assert figure.plot.xaxis[0].axis_label.text == "position on 20 (bp)"
    assert figure.plot.yaxis[0].axis_label.text == "diff"


def test_manhattan_names_many_contigs_in_genome_order():
    figure = plot(many(400), "manhattan")
    labels = figure.plot.xaxis[0].major_label_overrides
    assert [labels[at].text for at in sorted(labels)] == ["chr1", "chr2", "chr10", "chrX"]
    start, end = figure.plot.x_range.start, figure.plot.x_range.end
    x = points(figure)["x"]
    assert start < x.min() < x.max() < end


def test_ranks_fall_from_the_largest():
    scores = scores_of(table(["1"] * 4, [1, 2, 3, 4]), diff=[[0.1], [-0.4], [0.9], [0.1]])
    figure = plot(scores, "ranks")
    assert points(figure)["x"].tolist() == [2, 4, 1, 3]
    order = np.argsort(points(figure)["x"])
    assert (np.diff(points(figure)["y"][order]) <= 0).all()


def test_volcano_shows_p_of_the_same_column():
    scores = nulls()
    figure = plot(scores, "volcano", track=1)
    np.testing.assert_allclose(points(figure)["x"], scores.scores["diff"][:, 1], rtol=1e-6)
    p = scores.scores["p_empirical"][:, 1].astype(np.float64)
    np.testing.assert_allclose(points(figure)["y"], -np.log10(p), rtol=1e-6)
    assert points(figure)["t_p"][0].startswith("0.")


def test_volcano_of_a_p_that_became_zero_is_finite_and_says_so():
    scores = nulls(p_empirical=np.zeros((40, 2)))
    figure = plot(scores, "volcano")
    assert np.isfinite(points(figure)["y"]).all()
    assert points(figure)["t_p"][0] == "below 1.4e\u221245"


def test_volcano_counts_alleles_without_p():
    p = np.full((40, 2), 0.5)
    p[:3] = NAN
    figure = plot(nulls(p_empirical=p), "volcano")
    assert figure.title == "diff: 37 alleles, 0 without a score, 3 without p_empirical"


def test_volcano_without_nulls_proposes_what_to_do():
    with pytest.raises(OptionError, match="marginalize_variants"):
        plot(many(5), "volcano")


@pytest.mark.parametrize("kind", KINDS)
def test_above_the_limit_the_largest_are_points_and_the_rest_is_counted(kind):
    scores = nulls(3_000, p_empirical=np.full((3_000, 2), 0.5))
    figure = plot(scores, kind, max_points=100)
    drawn = np.abs(points(figure)["value"])
    largest = np.sort(np.abs(scores.scores["diff"]).max(1))[::-1]
    np.testing.assert_allclose(np.sort(drawn)[::-1], largest[:100], rtol=1e-6)
    counted = boxes(figure)
    assert counted is not None
    total = sum(int(text.split()[0].replace(",", "")) for text in counted["said"])
    assert total == 2_900
    assert figure.lines[-1] == (
        "100 of largest magnitude as points, 2,900 more counted in shaded boxes"
    )


def test_below_the_limit_there_are_no_boxes():
    figure = plot(many(100), max_points=100.0)
    assert boxes(figure) is None
    assert len(points(figure)["x"]) == 100


def test_the_second_line_says_what_where_and_by_which_model():
    assert plot(many(10), track=0).lines == ["track 0 \u00b7 toy \u00b7 GRCh38"]
    wide = many(10, n_tracks=12)
    assert plot(wide).lines == ["the largest of 12 tracks \u00b7 toy \u00b7 GRCh38"]


def test_hover_text_has_variant_gene_score_and_status():
    figure = plot(many(10))
    hover = figure.plot.hover[0].tooltips
    for column in ("t_variant", "t_id", "t_gene", "t_score", "t_status", "t_track"):
        assert f"@{{{column}}}" in hover
        assert len(points(figure)[column]) == 10


def test_a_score_name_with_signs_of_the_markup_stays_a_name():
    scores = scores_of(table(["1"], [5]), **{"a@b$<i>": [[0.5]]})
    hover = plot(scores).plot.hover[0].tooltips
    assert "a&#64;b&#36;&lt;i&gt;" in hover


@pytest.mark.parametrize("kind", KINDS)
def test_no_allele_with_a_score_gives_an_empty_picture_that_says_so(kind):
    empty = np.full((2, 1), NAN)
    scores = scores_of(table(["1", "2"], [5, 6]), diff=empty, p_empirical=empty)
    figure = plot(scores, kind)
    assert figure.title.startswith("diff: 0 alleles, 2 without a score")
    assert figure.to_html()


@pytest.mark.parametrize(("n", "said"), [(0, "0 alleles"), (1, "1 allele")])
@pytest.mark.parametrize("kind", ["manhattan", "ranks"])
def test_no_allele_and_one_allele(n, said, kind):
    scores = scores_of(table(["1"] * n, [5] * n), diff=np.full((n, 1), 0.5))
    figure = plot(scores, kind)
    assert figure.title == f"diff: {said}, 0 without a score"
    assert figure.plot.xaxis[0].ticker.min_interval == 1  # no two ticks with one label


def test_options_outside_their_range():
    with pytest.raises(OptionError, match="manhattan"):
        plot(many(5), "manhatten")
    with pytest.raises(OptionError, match="max_points"):
        plot(many(5), max_points=0)
    with pytest.raises(WrongTypeError):
        plot(many(5), max_points=1.5)
    with pytest.raises(UnknownNameError):
        plot(many(5), score="logit")


def test_it_is_the_method_of_the_result():
    scores = many(5)
    assert scores.plot("ranks", track=0).title == plot(scores, "ranks", track=0).title
    assert scores.show().title == plot(scores).title


def test_a_stored_result_draws_the_same(tmp_path):
    scores = many(500, n_unscored=3)
    stored = type(scores).open(scores.to_parquet(tmp_path / "scores.parquet"))
    figure = stored.plot(track=1, max_points=100)
    assert figure.title == "diff: 497 alleles, 3 without a score"
    np.testing.assert_array_equal(
        points(figure)["y"], points(scores.plot(track=1, max_points=100))["y"]
    )


def test_parts_name_the_genes_of_a_splice_score():
    scores = scores_of(
        table(["1"] * 2, [5, 6]),
        splice_delta=[[0.1, -30], [0.7, 12]],
        own_columns={"splice_delta": ("DS_AG", "DP_AG")},
        parts={"splice_delta": pl.DataFrame({"row": [1], "gene": ["TMC2"]})},
    )
    figure = plot(scores)
    np.testing.assert_allclose(points(figure)["y"], [0.1, 0.7], rtol=1e-6)
    assert points(figure)["t_gene"] == ["\u2013", "TMC2"]


def test_fifty_thousand_rows_are_quick_and_small(tmp_path):
    scores = many(50_000, n_unscored=60)
    plot(scores).to_html()  # bokeh is loaded and packed once
    begin = time.thread_time()
    path = plot(scores).save_html(tmp_path / "figure.html")
    assert time.thread_time() - begin < 2
    assert path.stat().st_size < 3_000_000

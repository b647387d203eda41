from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import OptionError
from locuscope.plots.evaluation_charts import (
    calibration_chart,
    curve_chart,
    scatter_chart,
    tracks_chart,
)
from locuscope.plots.evaluation_tracks import shown_tracks
from tests.plots.made_evaluation import many, probabilities, stored


def scatter(found, *, most=1_000, seed=0):
    return scatter_chart(shown_tracks(found, None, "pearsonr", 8), found.points, most, seed)


def test_every_pair_that_counts_is_a_point():
    found = stored()
    chart = scatter(found)
    assert [series.label.split(":")[0] for series in chart.series] == ["liver", "brain"]
    for series, row in zip(chart.series, (0, 1), strict=True):
        assert len(series.x) == found.counts[row]
        np.testing.assert_allclose(
            np.corrcoef(series.x, series.y)[0, 1], found.metrics["pearsonr"][row], rtol=1e-5
        )
    n_points = int(found.counts[:2].sum())
    assert chart.title == f"Measured and predicted: 2 tracks, {n_points} points"
    assert chart.boxes is None
    assert chart.lines == ["Without PearsonR, not drawn: flat"]


@pytest.mark.parametrize("options", [{"log": True}, {"clip": 4.0}, {"log": True, "clip": 2.0}])
def test_points_are_what_was_compared(options):
    found = stored(**options)
    chart = scatter(found)
    for series, row in zip(chart.series, (0, 1), strict=True):
        mse = np.mean((series.x - series.y) ** 2)
        assert mse == pytest.approx(found.metrics["mse"][row], rel=1e-4)
    assert ("log2" in chart.x_label) == ("log" in options)


def test_what_is_not_drawn_is_counted():
    found = stored()
    total = int(found.counts[:2].sum())
    chart = scatter(found, most=30)
    assert sum(len(series.x) for series in chart.series) == 30
    assert int(chart.boxes.count.sum()) == total - 30
    assert chart.title.endswith(f"30 of {total} points drawn")
    assert "shaded boxes" in chart.lines[0]
    again, other = scatter(found, most=30), scatter(found, most=30, seed=1)
    np.testing.assert_array_equal(chart.series[0].x, again.series[0].x)
    assert not np.array_equal(chart.series[0].x, other.series[0].x)


def test_a_sample_is_told():
    found = stored(keep_points=30)
    chart = scatter(found)
    seen = found.points.n_seen
    assert f"a sample of 10 of {seen} positions" in chart.lines[0]


def test_tracks_in_falling_order():
    found = many()
    chart = tracks_chart(shown_tracks(found, None, "pearsonr", None), None)
    (series,) = chart.series
    values = found.to_dataframe()["pearsonr"].dropna()
    np.testing.assert_array_equal(series.y, np.sort(values)[::-1])
    assert series.x.tolist() == list(range(1, 40))
    assert series.texts["track"][0] == f"ENCFF{values.idxmax():03d}ABC"
    assert series.label == ""
    assert chart.lines == ["Without PearsonR, not drawn: ENCFF000ABC"]
    assert chart.title.startswith("PearsonR of 39 tracks, mean 0.")


def test_tracks_are_coloured_by_a_field():
    found = many()
    chart = tracks_chart(shown_tracks(found, None, "mse", None), "assay")
    assert len(chart.series) == 8
    assert sum(len(series.y) for series in chart.series) == 40
    labels = {series.label for series in chart.series}
    assert "(missing) (8)" in labels
    (other,) = [series for series in chart.series if series.label.startswith("other")]
    assert other.token == "ref"
    places = np.sort(np.concatenate([series.x for series in chart.series]))
    assert places.tolist() == list(range(1, 41))
    (missing,) = [series for series in chart.series if series.label.startswith("(missing)")]
    assert set(missing.texts["assay"]) == {"\u2013"}


@pytest.mark.parametrize(("kind", "metric"), [("roc", "auroc"), ("pr", "auprc")])
def test_curves_have_the_area_of_the_table(kind, metric):
    found = probabilities()
    chart = curve_chart(shown_tracks(found, None, metric, 8), found.points, kind)
    table = found.to_dataframe()
    for series, row in zip(chart.series, (0, 1), strict=True):
        x, y = series.x, series.y
        area = np.trapezoid(y, x) if kind == "roc" else (np.diff(x) * y[1:]).sum()
        assert area == pytest.approx(table[metric][row], abs=1e-5)
        assert f"{table[metric][row]:.3f}" in series.label
        assert (series.is_line, series.is_step) == (kind == "roc", kind == "pr")
    assert chart.is_unit


def test_reliability_has_counts():
    found = probabilities(1)
    chart = calibration_chart(shown_tracks(found, None, "", 8), found.points)
    (series,) = chart.series
    assert sum(int(text) for _, text in chart.counts) == 200
    assert series.label == "site 0: 200 pairs"
    assert len(series.x) == len(chart.counts)
    assert np.abs(series.x - series.y).max() < 0.4
    several = probabilities(2)
    chart = calibration_chart(shown_tracks(several, None, "", 8), several.points)
    assert chart.counts == ()
    assert len(chart.series) == 2


def test_a_bound_makes_classes():
    found = stored(metrics=("auroc",), positive_above=2.0)
    chart = curve_chart(shown_tracks(found, ["liver"], "auroc", 8), found.points, "roc")
    (series,) = chart.series
    assert np.trapezoid(series.y, series.x) == pytest.approx(found.metrics["auroc"][0], abs=1e-5)


def test_numbers_are_no_classes():
    found = stored()
    with pytest.raises(OptionError, match="must be 0 or 1"):
        calibration_chart(shown_tracks(found, None, "", 8), found.points)

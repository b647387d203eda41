from __future__ import annotations

import numpy as np
import pytest

from locuscope.errors import OptionError, UnknownNameError
from locuscope.inference.accuracy import accuracy
from locuscope.plots.evaluation_tracks import metric_of, shown_tracks, told


def evaluation(n_tracks=3, **options):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 4, n_tracks))
    y = x + rng.normal(size=x.shape)
    y[..., 1] = 2.0
    return accuracy(x, y, tracks=[f"track {k}" for k in range(n_tracks)], **options)


def test_tracks_without_a_metric_are_listed():
    found = evaluation()
    shown = shown_tracks(found, None, "pearsonr", 8)
    assert shown.rows == [0, 2]
    assert shown.missing == ["track 1"]
    assert shown.lines() == ["Without PearsonR, not drawn: track 1"]
    assert shown_tracks(found, None, "mse", 8).rows == [0, 1, 2]
    assert shown_tracks(found, None, "", 8).rows == [0, 1, 2]


def test_labels_have_the_number_of_the_table():
    found = evaluation()
    shown = shown_tracks(found, ["track 2"], "pearsonr", 8)
    value = found.to_dataframe()["pearsonr"][2]
    assert shown.value(2) == value
    assert shown.label(2) == f"track 2: PearsonR {value:.3f}"
    assert shown_tracks(found, [0], "", 8).label(0) == "track 0"


def test_the_first_few_are_drawn_where_nobody_chose():
    found = evaluation(12)
    shown = shown_tracks(found, None, "mse", 8)
    assert shown.rows == list(range(8))
    assert shown.lines() == ["4 more tracks are not drawn; tracks= chooses"]
    assert shown_tracks(found, None, "mse", None).rows == list(range(12))
    with pytest.raises(OptionError, match="9 tracks are chosen"):
        shown_tracks(found, list(range(9)), "mse", 8)


def test_names_that_are_not_there():
    with pytest.raises(UnknownNameError, match="track 9"):
        shown_tracks(evaluation(), ["track 9"], "mse", 8)


def test_metrics():
    found = evaluation(metrics=("mse", "r2"))
    assert metric_of(found, None) == "mse"
    assert metric_of(found, "r2") == "r2"
    with pytest.raises(OptionError, match="auroc was not computed"):
        metric_of(found, "auroc")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.89, "0.890"), (-0.5, "\u22120.500"), (123.4, "123"), (float("nan"), "\u2013"), (0.0, "0")],
)
def test_numbers(value, text):
    assert told(value) == text

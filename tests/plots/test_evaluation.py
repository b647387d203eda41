from __future__ import annotations

import base64
import gzip
import json
import re

import pytest
from bokeh.models.annotations import Legend

from locuscope.errors import EmptySelectionError, OptionError, UnknownTrackFieldError
from locuscope.plots.evaluation import KINDS
from locuscope.plots.figure import Figure
from tests.plots.made_evaluation import many, probabilities, stored

MADE = {
    "scatter": stored,
    "tracks": many,
    "roc": probabilities,
    "pr": probabilities,
    "calibration": probabilities,
}


def data_of(page):
    found = re.search(r'<script type="text/plain" id="data">([^<]*)</script>', page)
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def legend(figure):
    return [
        item.label.value
        for each in figure.plot.below
        if isinstance(each, Legend)
        for item in each.items
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_a_page_that_asks_nobody(kind, tmp_path):
    figure = MADE[kind]().plot(kind)
    assert isinstance(figure, Figure)
    path = figure.save_html(tmp_path / "one.html")
    page = path.read_text(encoding="utf-8")
    outside = re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.DOTALL)
    assert not re.findall(r"https?://|//cdn|<link|\ssrc=|@import", outside)
    assert "connect-src 'none'" in page
    data = data_of(page)
    tokens = {token for _, _, token in data["paints"]}
    assert tokens <= set(data["themes"]["dark"])
    assert "title" in page


def test_the_numbers_are_those_of_the_table():
    found = stored()
    table = found.to_dataframe()
    assert legend(found.plot()) == [
        f"{name}: PearsonR {table['pearsonr'][row]:.3f}"
        for row, name in enumerate(["liver", "brain"])
    ]
    classes = probabilities()
    areas = classes.to_dataframe()
    assert legend(classes.plot("roc")) == [
        f"site {row}: AUROC {areas['auroc'][row]:.3f}" for row in (0, 1)
    ]
    assert legend(classes.plot("pr", tracks=["site 1"])) == [
        f"site 1: AUPRC {areas['auprc'][1]:.3f}"
    ]


def test_metrics_are_read_and_not_computed_again():
    found = stored()
    found.metrics["pearsonr"][0] = 0.123
    assert legend(found.plot())[0] == "liver: PearsonR 0.123"


def test_without_a_correlation_the_first_metric_stands_beside():
    assert "MAE" in legend(stored(metrics=("mae", "mse")).plot())[0]


def test_tracks_of_another_metric_and_colour():
    figure = many().plot("tracks", metric="r2", color_by="assay", tracks=list(range(20)))
    assert figure.title.startswith("R2 of 20 tracks")
    assert figure.lines == ["coloured by assay"]
    assert len(legend(figure)) == 8


def test_points_of_the_picture():
    figure = stored().plot("scatter", max_points=7, seed=3)
    drawn = [r for r in figure.plot.renderers if r.name != "boxes"]
    assert sum(len(r.data_source.data["x"]) for r in drawn) == 7
    assert "7 of " in figure.title


@pytest.mark.parametrize(
    ("found", "options", "error", "words"),
    [
        (stored(), {"kind": "volcano"}, OptionError, "kind"),
        (stored(by="sequence"), {}, OptionError, "by='sequence'"),
        (stored(keep_points=0), {}, OptionError, "keep_points"),
        (stored(), {"kind": "roc"}, OptionError, "auroc was not computed"),
        (stored(), {"kind": "calibration"}, OptionError, "0 or 1"),
        (stored(), {"max_points": 0}, OptionError, "max_points"),
        (stored(), {"seed": -1}, OptionError, "seed"),
        (stored(), {"metric": "mse"}, OptionError, "kind='tracks'"),
        (stored(), {"kind": "roc", "color_by": "assay"}, OptionError, "kind='tracks'"),
        (many(), {"kind": "tracks", "metric": "mae"}, OptionError, "mae was not computed"),
        (many(), {"kind": "tracks", "color_by": "colour"}, UnknownTrackFieldError, "colour"),
        (many(), {"tracks": {"assay": ["none"]}}, EmptySelectionError, "none"),
        (many(), {"tracks": list(range(12))}, OptionError, "11 tracks are chosen"),
    ],
)
def test_what_cannot_be_drawn_is_refused(found, options, error, words):
    with pytest.raises(error, match=words):
        found.plot(**options)

from __future__ import annotations

import html
import re
import subprocess
import sys

import pytest
from bokeh.models import PlainText

from locuscope.errors import MissingExtraError, StoreTargetError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.plots.figure import Figure, LinkedFigure
from locuscope.plots.variant_scores import plot
from locuscope.widgets.workspace import Region
from tests.plots.made_scores import many, scores_of, table


def test_it_shows_itself_as_a_frame_that_holds_everything():
    figure = plot(many(50))
    data, metadata = figure._repr_mimebundle_()
    assert metadata == {}
    assert data["text/plain"] == "Figure('diff: 50 alleles, 0 without a score')"
    frame = re.fullmatch(
        r'<iframe title="([^"]*)" srcdoc="([^"]*)" style="[^"]*"></iframe>', data["text/html"]
    )
    assert frame
    assert html.unescape(frame[1]) == figure.title
    inside = html.unescape(frame[2])
    assert inside.startswith("<!doctype html>")
    assert '<body class="cell">' in inside


def test_it_is_saved_whole_or_not_at_all(tmp_path):
    figure = plot(many(50))
    path = figure.save_html(tmp_path / "figure.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [file.name for file in tmp_path.iterdir()] == ["figure.html"]
    with pytest.raises(StoreTargetError):
        figure.save_html(tmp_path / "nowhere" / "figure.html")


def test_what_is_changed_on_the_plot_is_in_the_page():
    figure = plot(many(10))
    figure.plot.title.text = PlainText(text="another heading")
    assert figure.plot is figure.drawing.plot
    first, second = figure.to_html(), plot(many(10)).to_html()
    assert first != second


def test_a_figure_may_be_shown_as_often_as_one_likes():
    figure = plot(many(10))
    sizes = {len(figure.to_html()) // 1_000 for _ in range(3)}
    assert len(sizes) == 1


VARIANTS = table(["20", "20", "20"], [1_000, 2_000, 3_000])


def linked(region: Region, **options: object) -> LinkedFigure:
    figure = plot(
        scores_of(VARIANTS, diff=[[0.5], [float("nan")], [-0.9]]), region=region, **options
    )
    assert isinstance(figure, LinkedFigure)
    return figure


def test_a_tap_moves_the_region_to_the_variant():
    region = Region("20", 0, 100)
    figure = linked(region)
    drawing = figure.build()
    figure.follow(drawing)
    assert drawing.source is not None
    # The second point is the third allele: the second has no score.
    drawing.source.selected.indices = [1]
    assert region.interval == Interval("20", 2_949, 3_049)
    assert drawing.status.visible
    assert drawing.status.text.text == "Went to 20:3,000 A>G"
    drawing.source.selected.indices = []
    assert region.interval == Interval("20", 2_949, 3_049)


def test_only_the_largest_can_be_tapped_and_they_stay_themselves():
    region = Region("20", 0, 100)
    figure = linked(region, max_points=1)
    assert len(figure.drawing.source.data["x"]) == 1
    assert figure.variant_of(0).pos == 3_000


def test_a_place_outside_of_what_is_loaded_is_said_in_the_figure():
    region = Region("20", 0, 500)
    region.attach(Interval("20", 0, 1_500), None)
    figure = linked(region)
    drawing = figure.build()
    figure.follow(drawing)
    drawing.source.selected.indices = [1]
    assert region.interval == Interval("20", 0, 500)
    assert "outside the loaded region" in drawing.status.text.text


def test_two_displays_of_one_figure_do_not_share_their_models():
    figure = linked(Region("20", 0, 100))
    assert figure.build().plot.id != figure.build().plot.id


@pytest.mark.parametrize("region", ["20:1-100", Interval("20", 0, 100), 3])
def test_a_region_that_cannot_move_is_refused(region):
    with pytest.raises(WrongTypeError, match="shared_region"):
        plot(many(5), region=region)


def test_without_the_notebook_side_a_region_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyter_bokeh", None)
    with pytest.raises(MissingExtraError, match="pip install jupyter_bokeh"):
        plot(many(5), region=Region("20", 0, 100))
    assert isinstance(plot(many(5)), Figure)


def test_a_display_sends_the_program_and_a_widget_with_a_picture_beside_it(monkeypatch):
    sent = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: sent.append((data, raw)))
    linked(Region("20", 0, 100))._ipython_display_()
    (program, _), (view, is_raw) = sent
    assert is_raw
    assert "Bokeh" in program["application/vnd.bokehjs_load.v0+json"]
    assert len(view["application/vnd.jupyter.widget-view+json"]["model_id"]) == 32
    assert view["text/html"].startswith("<iframe")


def test_the_package_and_the_room_load_no_bokeh():
    code = "import sys, locuscope.plots.variant_scores; sys.exit('bokeh' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from bokeh.embed import json_item
from bokeh.models import HoverTool, PlainText, TapTool
from bokeh.models.annotations import BoxAnnotation, Title

from locuscope.plots.contig_axis import ContigAxis
from locuscope.plots.scatter import FEW, Content, draw
from locuscope.plots.style import SIGN, THEMES
from locuscope.plots.thinning import boxes

TEXTS = ("variant", "id", "gene", "score", "status")


def content(n: int = 5, **changed: object) -> Content:
    y = np.linspace(-1, 1, n)
    plain = Content(
        title="diff: 5 alleles, 1 without a score",
        lines=["track \u00b7 model", "second"],
        x=np.arange(n, dtype=float),
        y=y,
        value=y,
        texts={name: [f"{name} {k}" for k in range(n)] for name in TEXTS},
        boxes=None,
        x_label="x",
        y_label="diff",
        value_axis="y",
        score="diff",
        p_name=None,
        axis=None,
    )
    return replace(plain, **changed)


def hovers(drawing) -> list[HoverTool]:
    return [tool for tool in drawing.plot.tools if isinstance(tool, HoverTool)]


def test_titles_stand_from_the_most_to_the_least_important():
    drawing = draw(content(), can_tap=False)
    above = [model for model in drawing.plot.above if isinstance(model, Title)]
    # The last of the list is drawn on top.
    assert [model.text.text for model in reversed(above)] == [
        "diff: 5 alleles, 1 without a score",
        "track \u00b7 model",
        "second",
        "",
    ]
    assert drawing.status is above[0]
    assert not drawing.status.visible


def test_no_text_of_the_figure_is_read_as_a_formula():
    axis = ContigAxis.of(["$$x$$", "b"], np.array([5, 6]))
    made = content(2, title="$$x^2$$", x_label="$$y$$", axis=axis)
    plot = draw(made, can_tap=False).plot
    for label in (plot.title.text, plot.xaxis[0].axis_label, plot.yaxis[0].axis_label):
        assert isinstance(label, PlainText)
    assert all(isinstance(v, PlainText) for v in plot.xaxis[0].major_label_overrides.values())
    names = {model["name"] for model in _objects(json_item(plot)) if "name" in model}
    assert not names & {"TeX", "MathML", "Ascii"}


def _objects(value: object) -> list[dict]:
    found = []
    if isinstance(value, dict):
        found += [value] if value.get("type") == "object" else []
        found += [one for item in value.values() for one in _objects(item)]
    elif isinstance(value, list):
        found += [one for item in value for one in _objects(item)]
    return found


def test_nothing_in_the_figure_runs_code():
    names = {model["name"] for model in _objects(json_item(draw(content(), can_tap=True).plot))}
    assert not [name for name in names if name.startswith("CustomJS")]


def test_colour_is_the_sign_of_the_value():
    drawing = draw(content(), can_tap=False)
    points = next(r for r in drawing.plot.renderers if r.name == "points")
    mapper = points.glyph.fill_color["transform"]
    assert list(mapper.palette) == [THEMES["light"][token] for token in SIGN]
    assert mapper.low < 0 < mapper.high
    assert points.glyph.fill_color["field"] == "value"
    assert (mapper.id, "palette", list(SIGN)) in drawing.paints


def test_every_colour_that_was_set_can_be_repainted():
    drawing = draw(content(), can_tap=False)
    plot = drawing.plot
    painted = {(model, name) for model, name, _ in drawing.paints}
    for model in (plot.title, *plot.above):
        assert (model.id, "text_color") in painted
    for axis in (*plot.xaxis, *plot.yaxis):
        for name in ("axis_line_color", "major_label_text_color", "axis_label_text_color"):
            assert (axis.id, name) in painted
    for _, _, token in drawing.paints:
        for one in token if isinstance(token, list) else [token]:
            assert one in THEMES["dark"]


def test_few_points_are_larger_than_many():
    def size(n: int) -> float:
        drawing = draw(content(n), can_tap=False)
        return next(r for r in drawing.plot.renderers if r.name == "points").glyph.size

    assert size(FEW) > size(FEW + 1)


def test_boxes_say_how_many_and_where():
    x, y = np.arange(100.0), np.full(100, 0.25)
    made = content(boxes=boxes(x, y, (0.0, 99.0), (-1.0, 1.0)))
    drawing = draw(made, can_tap=False)
    data = next(r for r in drawing.plot.renderers if r.name == "boxes").data_source.data
    assert sum(int(text.split()[0]) for text in data["said"]) == 100
    assert ((data["alpha"] > 0.1) & (data["alpha"] <= 0.61)).all()
    assert data["range"][0].endswith(("0.267", "0.25", "0.3"))
    assert len(hovers(drawing)) == 2


@pytest.mark.parametrize(("axis", "words"), [("y", "rank"), ("x", "p_normal")])
def test_boxes_say_the_other_axis_in_its_own_words(axis, words):
    x = np.linspace(-1, 1, 50)
    found = boxes(x, np.abs(x), (-1.0, 1.0), (0.0, 1.0))
    p_name = "p_normal" if axis == "x" else None
    texts = {name: ["t"] * 5 for name in (*TEXTS, "p")}
    made = content(boxes=found, value_axis=axis, p_name=p_name, texts=texts)
    assert words in hovers(draw(made, can_tap=False))[0].tooltips


def test_a_tap_is_there_only_when_it_does_something():
    def taps(*, can_tap: bool) -> list:
        plot = draw(content(), can_tap=can_tap).plot
        return [tool for tool in plot.tools if isinstance(tool, TapTool)]

    assert taps(can_tap=False) == []
    (tap,) = taps(can_tap=True)
    assert [renderer.name for renderer in tap.renderers] == ["points"]


def test_every_second_contig_has_a_band_below_the_grid():
    axis = ContigAxis.of(["1", "2", "3", "4"], np.array([1, 2, 3, 4]))
    plot = draw(content(4, axis=axis, x=axis.x), can_tap=False).plot
    bands = [model for model in plot.center if isinstance(model, BoxAnnotation)]
    assert [(band.left, band.right) for band in bands] == axis.bands()[1::2]
    assert {band.level for band in bands} == {"image"}


def test_nothing_to_draw_is_a_figure_without_points():
    empty = np.empty(0)
    made = content(0, x=empty, y=empty, value=empty)
    assert json.dumps(json_item(draw(made, can_tap=True).plot))


def test_each_drawing_has_models_of_its_own():
    made = content()
    first, second = draw(made, can_tap=False), draw(made, can_tap=False)
    assert first.plot.id != second.plot.id
    assert {m for m, _, _ in first.paints}.isdisjoint({m for m, _, _ in second.paints})

"""Names from data in figures: they are text, never markup, formulas or controls."""

from __future__ import annotations

import base64
import gzip
import json
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from locuscope.errors import LocuscopeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.inference.accuracy import accuracy
from locuscope.plots import GradPlotter, plot_contributions
from tests.plots.made_contributions import START, made, overlaps

mpl.use("Agg")

HOSTILE = [
    "<img src=x onerror=window.__pwned=1>",
    "</script><script>window.__pwned=1</script>",
    '"><iframe srcdoc="x">',
    "javascript:alert(1)",
    "$\\frac{1}{0}$",
    "$unclosed",
    "100 % of {x} @{y} \\n",
    "&lt;b&gt;",
    "rs1\u202e42\u2066",
    "tab\there\nline",
    "\u0e01\u0e33 \U0001f9ec e\u0301",
    "A" * 10_000,
]
SVG = "{http://www.w3.org/2000/svg}"


def svg_texts(figure):
    root = ET.fromstring(figure.to_svg())
    assert {each.tag.removeprefix(SVG) for each in root.iter() if SVG in str(each.tag)} <= {
        "svg",
        "metadata",
        "defs",
        "style",
        "g",
        "path",
        "text",
        "use",
        "clipPath",
        "rect",
        "tspan",
        "pattern",
    }
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


@pytest.mark.fault("X2")
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
@pytest.mark.parametrize("name", HOSTILE)
def test_names_in_a_figure_of_contributions(name):
    place = [Interval("7", START, START + 60, name=name)]
    one = made(1, provenance={"model": name, "assembly": name}, target=name)
    found = type(one)(
        one.values,
        one.sequences,
        intervals=place,
        target=name,
        method=name,
        provenance={"model": name},
    )
    hits = [{"chr": "7", "start": START + 4, "end": START + 30, "motif_name": name}]
    variants = [Variant("7", START + 40, "A", "C", name)]
    figure = plot_contributions({name: found}, 0, hits=hits, variants=variants)
    assert overlaps(figure) == []
    said = svg_texts(figure)
    assert max(map(len, said)) < 200
    joined = "".join(said)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", joined)
    start = re.sub("[\t\n\u202e\u2066]", "\ufffd", name[:8])
    assert start in joined


@pytest.mark.fault("X1")
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
@pytest.mark.parametrize("name", HOSTILE)
def test_names_in_a_figure_of_gradients(name):
    x = np.arange(6.0).reshape(1, 6)
    ax = Canvas(figsize=(12, 3), layout="constrained").add_subplot()
    GradPlotter({"inputs": {name: x}, "grads": {name: x}}, source=name).plot(0, ax=ax)
    ax.figure.canvas.draw()
    title = ax.get_title("left")
    assert len(title) < 200
    assert not re.search("[\x00-\x1f\u202a-\u202e\u2066-\u2069]", title)


@pytest.mark.fault("X1")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["scatter", "tracks"])
def test_names_in_a_figure_of_accuracy(name, kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(9, 4, 2))
    y = x.copy()
    y[..., 1] = 0
    figure = accuracy(x, y, tracks=[name, name + "2"]).plot(kind)
    page = figure.to_html()
    packed = re.search(r'<script type="text/plain" id="data">([^<]*)</script>', page)
    data = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    outside = re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.DOTALL)
    for markup in ("<img", "<iframe", "onerror=window", "__pwned=1</script>"):
        assert markup not in outside
    texts = json.dumps(data["item"], ensure_ascii=False)
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", texts)
    assert "A" * 200 not in texts


@pytest.mark.fault("N1")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e-44, 0.0])
def test_numbers_at_the_ends_of_their_range(value):
    found = made(1)
    found.values[...] = value
    figure = plot_contributions(found, 0)
    assert overlaps(figure) == []
    figure.savefig("/dev/null", format="png")


@pytest.mark.fault("N1")
@pytest.mark.parametrize("length", [1, 2, 3, 499, 500, 501, 1_200, 1_201])
def test_windows_of_every_width(length):
    found = made(1, length)
    for strand in (".", "-"):
        figure = plot_contributions(made(1, length, strand=strand), 0, width_in=5)
        assert overlaps(figure) == []
    assert GradPlotter(found).get_num_samples() == 1


@pytest.mark.parametrize("given", [None, 3, "text", [None], {"a": 1}, np.zeros(3), object()])
def test_what_is_no_result_is_refused_in_words(given):
    with pytest.raises(LocuscopeError) as caught:
        plot_contributions(given, 0)
    assert len(str(caught.value)) > 20
    with pytest.raises(LocuscopeError):
        GradPlotter(given)

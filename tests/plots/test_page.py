from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re

import pytest
from bokeh.plotting import figure

from locuscope.plots.page import BOOT, figure_page, program_text
from locuscope.plots.style import THEMES, Painter


def page(title: str = "a title", **options: object) -> str:
    plot, painter = figure(title="x"), Painter()
    painter.paint(plot.title, text_color="text")
    return figure_page(plot, painter.paints, title, height_px=300, **options)


def unpacked(text: str, name: str) -> str:
    found = re.search(rf'<script type="text/plain" id="{name}">([^<]*)</script>', text)
    assert found
    return gzip.decompress(base64.b64decode(found[1])).decode()


def test_the_page_holds_the_program_of_the_installed_bokeh():
    assert unpacked(page(), "program") == program_text()
    assert "Licensed" in program_text() or "Copyright" in program_text()


def test_the_page_holds_the_figure_its_colours_and_nothing_more():
    data = json.loads(unpacked(page(), "data"))
    assert sorted(data) == ["item", "paints", "themes", "tooltipStyle"]
    assert data["themes"] == THEMES
    assert data["item"]["doc"]["roots"][0]["name"] == "Figure"
    model, name, token = data["paints"][0]
    assert (name, token) == ("text_color", "text")
    assert model in json.dumps(data["item"])


def test_the_policy_allows_the_one_script_and_no_connection():
    text = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    digest = base64.b64encode(hashlib.sha256(BOOT.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' blob:;" in policy[1]
    for rule in ("default-src 'none'", "connect-src 'none'", "form-action 'none'"):
        assert rule in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert f'<script type="module">{BOOT}</script>' in text


def test_nothing_is_loaded_from_anywhere():
    outside = re.sub(r'<script type="text/plain".*?</script>', "", page(), flags=re.DOTALL)
    assert not re.findall(r"https?://|//cdn|<link|\ssrc=|@import", outside)


@pytest.mark.parametrize("hostile", ["</title><script>x</script>", '"><img src=x onerror=y>'])
def test_titles_are_text(hostile):
    text = page(hostile, lines=[hostile])
    assert hostile not in text
    assert "&lt;" in text
    assert text.count("<script") == 3


def test_a_page_in_a_cell_has_no_margin_of_its_own():
    assert '<body class="cell">' in page(is_cell=True)
    assert "<body>" in page()


def test_the_lines_stand_ready_for_narrow_pages():
    text = page("Title", lines=["first", "second"])
    assert '<div id="lines" hidden><h1>Title</h1><p>first</p><p>second</p></div>' in text
    assert 'role="img" aria-label="Title"' in text

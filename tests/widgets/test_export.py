"""Notebooks and views as single files: executed, offline, and drawn by a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import nbformat
import pytest

from locuscope.errors import FormatError, InputError, JobError, MissingFileError, RunWarning
from locuscope.widgets import page
from locuscope.widgets.export import execute_notebook, export_notebook
from locuscope.widgets.page import STATIC
from locuscope.widgets.view import VIEW_MIME, WIDGET_MIME

BUILT = (
    "track_browser.js",
    "track_browser.css",
    "facet_panel.js",
    "facet_panel.css",
    "standalone.js",
)
IS_BUILT = all((STATIC / name).is_file() for name in BUILT)
CHROMIUM = next(
    (
        found
        for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        if found
    ),
    None,
)
MAKE_BROWSER = """\
import numpy as np, torch
import locuscope.widgets.track_browser as t
if not str(t.TrackBrowser._esm):
    t.TrackBrowser._esm = "export default {}"
from locuscope.genome.interval import Interval
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.track_metadata import TrackMetadata
where = Interval("20", 2_570_000, 2_571_000)
tracks = [TrackMetadata(i, "atac", 0, f"t{i} <b>", {"strand": "+-"[i]}) for i in range(2)]
values = torch.from_numpy(np.random.default_rng(0).random((1, 1000, 2)).astype("float32"))
browser = t.TrackBrowser(NamedTrackTensor(values, tracks, "atac", 1, intervals=(where,)))
browser
"""

MAKE_PANEL = """\
import locuscope.widgets.facet_panel as f
if not str(f.FacetPanel._esm):
    f.FacetPanel._esm = "export default {}"
panel = f.FacetPanel(browser, filters={"strand": ["+"]})
panel
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A page side for tests that do not run it: the built one, else three small files."""
    if not IS_BUILT:
        folder = tmp_path / "static"
        folder.mkdir()
        for name in BUILT:
            (folder / name).write_text("/* not built */")
        monkeypatch.setattr(page, "STATIC", folder)


def notebook(tmp_path, *cells):
    made = [
        nbformat.v4.new_markdown_cell(c[1:]) if c.startswith("#") else nbformat.v4.new_code_cell(c)
        for c in cells
    ]
    path = tmp_path / "book.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("executed")
    source = notebook(
        folder,
        "# A *title* <script>window.__pwned=1</script>",
        MAKE_BROWSER,
        "print('</script>' * 2)",
        MAKE_PANEL,
    )
    return execute_notebook(source, folder / "done.ipynb")


class TestExecute:
    def test_every_browser_saves_its_data(self, executed):
        book = nbformat.read(executed, as_version=4)
        (output,) = book.cells[1].outputs
        assert {VIEW_MIME, WIDGET_MIME, "image/png", "text/plain"} <= set(output["data"])
        assert output["data"][VIEW_MIME]["answers"]
        assert book.cells[2].outputs[0]["text"].startswith("</script>")
        (panel,) = book.cells[3].outputs
        assert {VIEW_MIME, WIDGET_MIME, "text/html", "text/plain"} <= set(panel["data"])
        assert panel["data"][VIEW_MIME]["traits"]["filters"] == {"strand": {"in": ["+"]}}

    def test_a_failing_cell_is_named_with_its_line_and_reason(self, tmp_path):
        source = notebook(
            tmp_path, "# text", "x = 1", "y = x +\\\n  0\nraise KeyError('no such gene')"
        )
        with pytest.raises(
            JobError, match=r"Cell 3 failed \('y = x \+\\\\'\): KeyError: 'no such gene'"
        ) as caught:
            execute_notebook(source, tmp_path / "out.ipynb")
        assert caught.value.region == 3
        assert not (tmp_path / "out.ipynb").exists()

    def test_a_cell_that_takes_too_long_is_named(self, tmp_path):
        source = notebook(tmp_path, "import time", "time.sleep(60)")
        with pytest.raises(JobError, match=r"Cell 2 failed \('time.sleep\(60\)'\)"):
            execute_notebook(source, tmp_path / "out.ipynb", timeout_s=3)

    def test_the_source_is_never_changed(self, tmp_path):
        source = notebook(tmp_path, "1 + 1")
        before = source.read_bytes()
        execute_notebook(source, tmp_path / "out.ipynb")
        assert source.read_bytes() == before


@pytest.mark.usefixtures("program")
class TestExport:
    def test_the_page_has_the_agreed_form(self, executed, tmp_path):
        out = export_notebook(executed, tmp_path / "page.html", execute=False)
        text = out.read_text(encoding="utf-8")
        assert text.count('<div data-lsc-mount="view-1"></div>') == 1
        views = re.findall(
            rf'<script type="{re.escape(VIEW_MIME)}" data-lsc-view="view-\d">(.*?)</script>', text
        )
        browser, panel = map(json.loads, views)
        assert (browser["kind"], panel["kind"]) == ("track_browser", "facet_panel")
        assert browser["traits"]["scope"] == panel["traits"]["scope"]
        for kind in ("track_browser", "facet_panel"):
            assert text.count(f'data-lsc-esm="{kind}"') == 1
            assert text.count(f'data-lsc-css="{kind}"') == 1
        assert "data-lsc-standalone" in text
        assert "vnd.jupyter.widget" not in text
        assert text.rstrip().endswith("</html>")

    def test_nothing_is_loaded_from_a_network(self, executed, tmp_path):
        text = export_notebook(executed, tmp_path / "page.html", execute=False).read_text(
            encoding="utf-8"
        )
        assert not re.search(r"<script[^>]+\bsrc\s*=\s*[\"'](?!data:)", text, re.IGNORECASE)
        assert not re.search(r"<link[^>]+href\s*=\s*[\"'](?:https?:)?//", text, re.IGNORECASE)
        assert not re.search(r"(?:from|import)\s*\(?\s*[\"']https?://", text)
        modules = re.findall(r"<script type=\"module\">(.*?)</script>", text, re.DOTALL)
        assert modules == [page.BOOT]
        assert not re.search(r"url\(\s*[\"']?https?:|cdnjs|unpkg|jsdelivr", text, re.IGNORECASE)
        assert not re.search(r"@import\s+(?:url\()?[\"']?https?:", text)

    def test_a_stub_is_replaced_by_its_picture_with_a_warning(self, tmp_path):
        data = {
            WIDGET_MIME: {"model_id": "x"},
            "image/png": "iVBORw0KGgo=",
            "text/plain": "Slider()",
        }
        book = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_code_cell(
                    "w", outputs=[nbformat.v4.new_output("display_data", data)]
                )
            ]
        )
        path = tmp_path / "other.ipynb"
        nbformat.write(book, path)
        with pytest.warns(RunWarning, match="1 widgets have no saved view"):
            text = export_notebook(path, tmp_path / "o.html", execute=False).read_text(
                encoding="utf-8"
            )
        assert "data:image/png;base64,iVBORw0KGgo=" in text

    @pytest.mark.parametrize(
        ("content", "error"),
        [
            (None, MissingFileError),
            ("", FormatError),
            ("{}", FormatError),
            ("<html>", FormatError),
            ('{"cells": 3}', FormatError),
        ],
    )
    def test_what_is_no_notebook_is_said(self, tmp_path, content, error):
        path = tmp_path / "x.ipynb"
        if content is not None:
            path.write_text(content)
        with pytest.raises(error, match=r"x\.ipynb"):
            export_notebook(path, tmp_path / "x.html", execute=False)
        assert not (tmp_path / "x.html").exists()

    def test_a_page_that_is_too_large_names_its_views(self, executed, tmp_path):
        with pytest.raises(InputError, match=r"allowed are 0.1 MB \(views: view-1"):
            export_notebook(executed, tmp_path / "page.html", execute=False, max_mb=0.1)
        assert not (tmp_path / "page.html").exists()

    def test_save_html_is_one_page_with_the_view(self, browse, toy, tmp_path):
        browser = browse(toy, title="Splicing & <b>more</b>")
        out = browser.save_html(tmp_path / "view.html")
        text = out.read_text(encoding="utf-8")
        assert "<h1>Splicing &amp; &lt;b&gt;more&lt;/b&gt;</h1>" in text
        assert "Content-Security-Policy" in text
        with pytest.raises(InputError, match=r"MB"):
            browser.save_html(tmp_path / "small.html", max_mb=0.001)
        assert not (tmp_path / "small.html").exists()


def dump(path):
    """The page's elements once a headless browser has run it, with every host unreachable."""
    flags = [
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=15000",
        f"--user-data-dir={path.parent / 'profile'}", "--dump-dom",
    ]  # fmt: skip
    done = subprocess.run(
        [CHROMIUM, *flags, path.as_uri()], capture_output=True, text=True, timeout=90, check=True
    )
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
@pytest.mark.skipif(not IS_BUILT, reason="the page side has not been built")
class TestInABrowser:
    def test_the_notebook_page_draws_offline(self, executed, tmp_path):
        text = dump(export_notebook(executed, tmp_path / "page.html", execute=False))
        assert 'data-widgets="ready"' in text
        assert re.search(r'<div data-lsc-mount="view-1"[^>]*>.*?<canvas', text, re.DOTALL)
        assert re.search(
            r'<div data-lsc-mount="view-2"[^>]*>.*?data-testid="lsc-facet-panel"', text, re.DOTALL
        )

    def test_the_view_page_draws_under_its_own_policy(self, browse, toy, tmp_path):
        text = dump(browse(toy).save_html(tmp_path / "view.html"))
        assert 'data-widgets="ready"' in text
        assert "<canvas" in text

    def test_the_page_of_a_panel_draws_under_its_own_policy(self, facet, toy, tmp_path):
        text = dump(facet(toy, query="donor").save_html(tmp_path / "panel.html"))
        assert 'data-widgets="ready"' in text
        assert re.search(r'data-testid="lsc-facet-count"[^>]*>[^<]*2[^<]*12', text)

"""`locuscope demo`: where the tour is found, which browser is taken, and what each failure says."""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from pathlib import Path

import pytest

from locuscope.cli import demo, main
from locuscope.errors import InputError, MissingExtraError, MissingFileError, StoreTargetError

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
BROWSER = """#!{python}
import pathlib, sys
for word in sys.argv[1:]:
    if word.startswith("--screenshot="):
        {picture}
if "--dump-dom" in sys.argv:
    print({dom!r})
sys.exit({code})
"""


@pytest.fixture
def browser(tmp_path):
    """A stand-in program that behaves as the flags of a browser ask."""

    def make(*, dom='<html data-widgets="ready">', picture=True, code=0):
        place = tmp_path / "browser"
        write = f"pathlib.Path(word.partition('=')[2]).write_bytes({PNG!r})" if picture else "pass"
        place.write_text(BROWSER.format(python=sys.executable, picture=write, dom=dom, code=code))
        place.chmod(0o755)
        return str(place)

    return make


@pytest.fixture
def page(tmp_path):
    place = tmp_path / "page.html"
    place.write_text("<html></html>")
    return place


def test_the_tour_of_the_checkout_is_found():
    place = demo.find_notebook("01_tour.ipynb")
    assert json.loads(place.read_text())["nbformat"] == 4


def test_an_installed_tour_is_found_where_the_wheel_puts_it(tmp_path, monkeypatch):
    folder = tmp_path / "share" / "locuscope" / "notebooks"
    folder.mkdir(parents=True)
    (folder / "only_here.ipynb").write_text("{}")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert demo.find_notebook("only_here.ipynb") == folder / "only_here.ipynb"


def test_a_missing_notebook_names_both_places():
    with pytest.raises(MissingFileError, match=r"(?s)99_none\.ipynb.*notebooks.*share"):
        demo.find_notebook("99_none.ipynb")


def test_the_browser_named_by_the_environment_wins(monkeypatch, browser):
    monkeypatch.setenv("CHROMIUM", browser())
    assert demo.find_browser() == os.environ["CHROMIUM"]


def test_a_wrong_browser_in_the_environment_is_said(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    with pytest.raises(InputError, match="CHROMIUM is 'no-such-browser'"):
        demo.find_browser()


def test_no_browser_is_none(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert demo.find_browser() is None


def test_the_first_known_browser_on_the_path_is_taken(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert demo.find_browser() == str(tmp_path / "chromium")


def test_a_picture_is_taken_when_the_widgets_are_ready(browser, page, tmp_path):
    demo.screenshot(browser(), page, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == PNG


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"dom": "<html>"}, "did not paint"),
        ({"picture": False}, "left no picture"),
        ({"code": 3}, "ended with code 3"),
    ],
)
def test_a_browser_that_fails_leaves_no_picture(browser, page, tmp_path, behaviour, words):
    with pytest.raises(InputError, match=words):
        demo.screenshot(browser(**behaviour), page, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_browser_that_cannot_start_is_said(page, tmp_path):
    with pytest.raises(InputError, match="did not run"):
        demo.screenshot(str(tmp_path / "none"), page, tmp_path / "out.png")


def notebook(*bundles: dict[str, str]) -> str:
    outputs = [{"output_type": "display_data", "data": data} for data in bundles]
    return json.dumps({"cells": [{"cell_type": "markdown"}, {"outputs": outputs}]})


def test_the_fallback_is_the_first_picture_of_the_notebook(tmp_path):
    place = tmp_path / "run.ipynb"
    place.write_text(notebook({"text/plain": "x"}, {"image/png": base64.b64encode(PNG).decode()}))
    demo.snapshot(place, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == PNG


def test_a_notebook_without_a_picture_is_said(tmp_path):
    place = tmp_path / "run.ipynb"
    place.write_text(notebook({"text/plain": "x"}))
    with pytest.raises(InputError, match="holds no picture"):
        demo.snapshot(place, tmp_path / "out.png")


def test_ci_without_a_browser_stops_before_the_notebook_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    assert main(["demo", "--headless", "--out", str(tmp_path / "out")]) == 2
    assert "CI needs a browser" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    words = argparse.Namespace(headless=True, out=tmp_path / "file" / "out")
    with pytest.raises(StoreTargetError, match="--out"):
        demo.run(words)


def test_a_copy_is_opened_and_an_edited_copy_is_kept(monkeypatch, tmp_path, capsys):
    opened = []

    class Done:
        returncode = 0

    def start(command, **_):
        opened.append(command)
        return Done()

    monkeypatch.setattr(demo.subprocess, "run", start)
    monkeypatch.setenv("NO_BROWSER", "1")
    tracked = demo.find_notebook("01_tour.ipynb")
    before = tracked.read_bytes()
    assert main(["demo", "--out", str(tmp_path)]) == 0
    copy = tmp_path / "01_tour.ipynb"
    assert copy.read_bytes() == before
    assert opened[0][1:5] == ["-m", "jupyterlab", str(copy), "--no-browser"]
    copy.write_text("edited")
    assert main(["demo", "--out", str(tmp_path)]) == 0
    assert copy.read_text() == "edited"
    assert tracked.read_bytes() == before
    assert str(copy) in capsys.readouterr().out


def test_without_jupyterlab_the_install_line_is_given(monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="pip install jupyterlab"):
        demo.run(argparse.Namespace(headless=False, out=tmp_path))


def test_the_tour_is_short_and_tracked_without_outputs():
    book = json.loads(Path(demo.find_notebook("01_tour.ipynb")).read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert len(book["cells"]) < 15
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    text = "".join("".join(cell["source"]) for cell in book["cells"])
    for phrase in ("read this one", "not for diagnosis", "predicted", "measured", "rs572140578"):
        assert phrase in text

"""The tutorials: numbered, short, without outputs. CI runs their cells with nbmake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
BOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_they_are_numbered_without_gaps():
    assert [book.name[:3] for book in BOOKS] == [f"{k:02d}_" for k in range(1, len(BOOKS) + 1)]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_tutorial_is_short_and_tracked_without_outputs(book):
    found = json.loads(book.read_text(encoding="utf-8"))
    cells = found["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(cells) < 16
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert all(cell["metadata"] == {} for cell in cells)
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert found["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_tutorial_says_what_it_is_not_for(book):
    cells = json.loads(book.read_text(encoding="utf-8"))["cells"]
    assert cells[0]["cell_type"] == "markdown"
    opening = "".join(cells[0]["source"])
    assert opening.startswith("# ")
    assert "for diagnosis" in opening
    assert "o network access is needed" in opening.replace("\n", " ")


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_tutorial_uses_the_public_face_alone(book):
    cells = json.loads(book.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    assert "import locuscope as lsc" in code
    assert "from locuscope" not in code
    assert "lsc._" not in code

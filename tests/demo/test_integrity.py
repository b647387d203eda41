"""The check finds what is broken and never raises."""

from __future__ import annotations

import shutil

import pytest

from locuscope import demo
from locuscope.demo import bundle, integrity


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the bundle that a test may break; caches are emptied before and after."""
    shutil.copytree(bundle.data_folder(), tmp_path / "demo" / "data")
    shutil.copytree(
        bundle.package_folder() / "tracks" / "catalogs", tmp_path / "tracks" / "catalogs"
    )
    monkeypatch.setattr(bundle, "package_folder", lambda: tmp_path)
    bundle.manifest.cache_clear()
    yield tmp_path / "demo" / "data"
    bundle.manifest.cache_clear()


def test_a_changed_byte_is_found(copy):
    place = copy / "chr20_exons.tsv.gz"
    content = bytearray(place.read_bytes())
    content[100] ^= 1
    place.write_bytes(content)
    rows = {row[0]: row for row in integrity._file_rows()}
    assert [name for name, row in rows.items() if not row[1]] == ["file chr20_exons.tsv.gz"]


def test_a_missing_file_is_found(copy):
    (copy / "chr20_measured.parquet").unlink()
    (row,) = [row for row in integrity._file_rows() if not row[1]]
    assert row[0] == "file chr20_measured.parquet"
    assert row[2] == "missing"


def test_a_reader_that_raises_is_a_row_with_its_sentence():
    name, ok, found, expected = integrity._row("x", lambda: demo.path("nothing"), 5)
    assert (name, ok, expected) == ("x", False, "5")
    assert "nothing" in found


def test_a_wrong_count_shows_both_numbers():
    assert integrity._row("x", lambda: 4, 5) == ("x", False, "4", "5")
    assert integrity._row("x", lambda: 5, 5) == ("x", True, "5", "5")

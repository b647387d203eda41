"""Catalogues of both organisms, with the mouse table installed in a folder of the test."""

from __future__ import annotations

import shutil

import pytest

from locuscope.tracks import TrackMetadataCatalog
from tests.tracks.stand_in import SHARED, write_mouse_like


@pytest.fixture
def mouse_installed(monkeypatch, tmp_path):
    """A mouse table is installed: the published one where it is at hand, else one of its size."""
    published = SHARED / "track_metadata_mouse.parquet"
    if published.is_file():
        shutil.copyfile(published, tmp_path / published.name)
    else:
        write_mouse_like(tmp_path / "track_metadata_mouse.csv")
    monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def both_organisms(mouse_installed):
    """The built-in catalogue of human and mouse."""
    return TrackMetadataCatalog.load_builtin()

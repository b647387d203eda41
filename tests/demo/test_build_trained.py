"""Trained files are given: from the cache folder or the package, and only the pinned bytes."""

from __future__ import annotations

import hashlib

import pytest

from locuscope.demo import build_trained
from locuscope.demo.build_sources import Cache
from locuscope.errors import InputError, MissingFileError

FILE = "chromatin_dnase.safetensors"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """An empty cache folder and an empty package; the pin is that of `weights`."""
    for name in ("cache", "data"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(build_trained, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setitem(build_trained.PINS, FILE, hashlib.sha256(b"weights").hexdigest())
    return tmp_path


@pytest.mark.parametrize("folder", ["cache", "data"])
def test_the_pinned_file_is_taken(places, folder):
    (places / folder / FILE).write_bytes(b"weights")
    assert build_trained.trained(Cache(places / "cache"), FILE) == {FILE: b"weights"}


def test_other_bytes_are_refused(places):
    (places / "cache" / FILE).write_bytes(b"others")
    (places / "data" / FILE).write_bytes(b"weights")
    with pytest.raises(InputError, match="the pin is"):
        build_trained.trained(Cache(places / "cache"), FILE)


def test_a_file_that_is_nowhere_is_to_be_trained(places):
    with pytest.raises(MissingFileError, match="train it first"):
        build_trained.trained(Cache(places / "cache"), FILE)


def test_every_pin_is_a_whole_hash():
    for pin in build_trained.PINS.values():
        assert len(pin) == 64
        assert int(pin, 16) > 0

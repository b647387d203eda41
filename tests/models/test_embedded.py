"""Embedded weights are found by the manifest, with the digest that they must have."""

from __future__ import annotations

import hashlib
import json

import pytest

from locuscope.errors import CorruptStoreError
from locuscope.models import embedded


def test_a_listed_file_is_there_and_has_its_digest():
    place, sha256 = embedded.embedded_file("cispliceai_member0.safetensors")
    assert hashlib.sha256(place.read_bytes()).hexdigest() == sha256
    assert place.name in embedded.listed_files()


def test_a_file_that_is_not_listed_is_a_sentence():
    with pytest.raises(CorruptStoreError, match=r"does not list other\.safetensors"):
        embedded.embedded_file("other.safetensors")


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"files": {"a": 1}})])
def test_a_broken_manifest_is_a_sentence(tmp_path, monkeypatch, content):
    folder = tmp_path / "demo" / "data"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(embedded, "files", lambda _: tmp_path)
    with pytest.raises(CorruptStoreError, match="install locuscope again") as caught:
        embedded.embedded_file("a")
    assert caught.value.part == "a"


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}"])
def test_the_list_of_a_broken_or_missing_manifest_is_a_sentence(tmp_path, monkeypatch, content):
    folder = tmp_path / "demo" / "data"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "manifest.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(embedded, "files", lambda _: tmp_path)
    with pytest.raises(CorruptStoreError, match="cannot be read") as caught:
        embedded.listed_files()
    assert caught.value.part == "manifest.json"


def test_every_listed_weight_file_lies_where_it_is_said_to():
    weights = [name for name in embedded.listed_files() if name.endswith(".safetensors")]
    assert len(weights) >= 4
    assert all(embedded.embedded_file(name)[0].is_file() for name in weights)

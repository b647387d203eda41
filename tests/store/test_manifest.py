"""Manifests and their verification."""

from __future__ import annotations

import hashlib

import pytest

from locuscope import store
from locuscope.errors import CorruptStoreError, InputError, MissingFileError, StoreVersionError


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def stored(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "0.bin").write_bytes(b"abc")
    (tmp_path / "é.txt").write_bytes(b"")
    store.write_manifest(tmp_path, ["parts/0.bin", "é.txt"], entries={"verb": "score", "n": 2})
    return tmp_path


def test_manifest_round_trip(stored):
    content = store.read_manifest(stored)
    assert content["verb"] == "score"
    assert content["files"]["parts/0.bin"] == {
        "bytes": 3,
        "sha256": hashlib.sha256(b"abc").hexdigest(),
    }
    before = (stored / "manifest.json").read_bytes()
    store.write_manifest(stored, ["é.txt", "parts/0.bin"], entries={"n": 2, "verb": "score"})
    assert (stored / "manifest.json").read_bytes() == before


@pytest.mark.fault("J9")
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b"abd"), "sha256"),
        (lambda path: path.write_bytes(b"ab"), "2 bytes"),
        (lambda path: path.unlink(), "missing"),
    ],
    ids=["flipped", "cut", "deleted"],
)
def test_damage_is_found(stored, damage, words):
    damage(stored / "parts" / "0.bin")
    with pytest.raises(CorruptStoreError, match=words) as caught:
        store.read_manifest(stored)
    assert caught.value.part == "parts/0.bin"
    assert store.read_manifest(stored, verify=False)["n"] == 2
    (stored / "parts" / "0.bin").write_bytes(b"abc")
    assert store.read_manifest(stored)["n"] == 2


@pytest.mark.fault("J10")
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"files": {}}', '{"files": {"a": 3}, "format_version": 1}', '"x"', "\xff"],
)
def test_a_broken_manifest(tmp_path, text):
    (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorruptStoreError, match="is no manifest"):
        store.read_manifest(tmp_path)


def test_manifests_of_another_time_or_place(tmp_path):
    with pytest.raises(MissingFileError):
        store.read_manifest(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text('{"files": {}, "format_version": 99}')
    with pytest.raises(StoreVersionError) as caught:
        store.read_manifest(tmp_path)
    assert caught.value.written_by == "99"
    path.write_text('{"files": {"../x": {"bytes": 0, "sha256": ""}}, "format_version": 1}')
    with pytest.raises(InputError, match="no name inside"):
        store.read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "", "a\\b"])
def test_manifest_names_stay_inside(tmp_path, name):
    with pytest.raises(InputError, match="no name inside"):
        store.write_manifest(tmp_path, [name])


@pytest.mark.parametrize("entries", [{"x": float("nan")}, {"x": object()}, {"files": 1}])
def test_manifest_entries_are_plain_json(tmp_path, entries):
    with pytest.raises(InputError, match="entries"):
        store.write_manifest(tmp_path, [], entries=entries)
    assert names(tmp_path) == []

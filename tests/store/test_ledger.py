"""The manifest of a job: equal bytes for equal jobs, named differences, damage found."""

from __future__ import annotations

import json

import pytest

from locuscope.errors import (
    CorruptStoreError,
    InputChangedError,
    InputError,
    StoreVersionError,
)
from locuscope.store import read_manifest
from locuscope.store.ledger import MANIFEST, Ledger

FACTS = {"scores": {"diff": {}}, "shifts": (0, 1), "genome": "abc", "eps": None}


def ledger(**facts):
    return Ledger.of("score", {**FACTS, **facts}, 4, {"batch_size": 8}, 10)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts").mkdir()
    found = ledger()
    for i, rows in enumerate(([0, 4], [4, 8], [8, 10])):
        name = f"parts/{i:05d}.txt"
        (tmp_path / name).write_text(f"part {i}")
        found.add(tmp_path, name, rows=rows, counts={"ok": 1, "star": i})
    found.write(tmp_path)
    return tmp_path


def test_what_is_written_is_read(folder):
    found = Ledger.read(folder)
    assert found.is_same(ledger())
    assert (found.verb, found.part_rows, found.rows_total) == ("score", 4, 10)
    assert found.adopted == {"batch_size": 8}
    assert found.parts == ["parts/00000.txt", "parts/00001.txt", "parts/00002.txt"]
    assert (found.rows_done, found.n_parts) == (10, 3)
    assert found.counts == {"ok": 3, "star": 3}
    assert found.lost(folder) == {}
    assert read_manifest(folder)["facts"]["shifts"] == [0, 1]


def test_equal_jobs_give_equal_bytes(folder):
    before = (folder / MANIFEST).read_bytes()
    Ledger.read(folder).write(folder)
    assert (folder / MANIFEST).read_bytes() == before
    reordered = Ledger.of("score", dict(reversed(FACTS.items())), 4, {"batch_size": 8}, 10)
    reordered.files = dict(reversed(Ledger.read(folder).files.items()))
    reordered.write(folder)
    assert (folder / MANIFEST).read_bytes() == before
    assert json.loads(before)["format_version"] == 1


def test_no_time_host_or_path_is_in_it(folder):
    text = (folder / MANIFEST).read_text()
    assert str(folder) not in text
    assert set(json.loads(text)) == {
        "adopted",
        "facts",
        "files",
        "format_version",
        "package",
        "part_rows",
        "rows_total",
        "verb",
    }


def test_no_manifest_is_no_ledger(tmp_path):
    assert Ledger.read(tmp_path) is None
    assert Ledger.read(tmp_path / "nowhere") is None


@pytest.mark.fault("J10")
@pytest.mark.parametrize(
    ("change", "field", "before", "after"),
    [
        ({"genome": "xyz"}, "genome", "abc", "xyz"),
        ({"scores": {"diff": {}, "alt": {}}}, "scores.alt", "(nothing)", {}),
        ({"scores": {"diff": {"rc": 1}}}, "scores.diff", {}, "(nothing)"),
        ({"shifts": (0,)}, "shifts", [0, 1], [0]),
        ({"eps": 0.1}, "eps", None, 0.1),
    ],
)
def test_a_difference_is_named_with_both_values(folder, change, field, before, after):
    with pytest.raises(InputChangedError) as caught:
        Ledger.read(folder).require_same(ledger(**change), folder)
    error = caught.value
    assert (error.field, error.before, error.after) == (field, before, after)
    assert repr(before)[:20] in str(error)
    assert repr(after)[:20] in str(error)
    assert "restart=True" in str(error)


def test_more_differences_are_counted_and_long_values_cut(folder):
    with pytest.raises(InputChangedError) as caught:
        Ledger.read(folder).require_same(ledger(genome="x" * 500, eps=1.0), folder)
    assert "genome differ as well" in str(caught.value)
    assert len(str(caught.value)) < 600
    other = Ledger.of("map", FACTS, 8, {}, None)
    with pytest.raises(InputChangedError, match=r"part_rows was 4, is now 8.*verb differ"):
        Ledger.read(folder).require_same(other, folder)
    assert not Ledger.read(folder).is_same(other)


@pytest.mark.parametrize("facts", [{"x": float("nan")}, {"x": object()}])
def test_facts_are_plain_json(facts):
    with pytest.raises(InputError, match="score job are no JSON"):
        Ledger.of("score", facts, 4, {}, None)


@pytest.mark.fault("J9")
def test_damage_of_every_kind_is_found(folder):
    paths = [folder / name for name in Ledger.read(folder).parts]
    texts = [path.read_bytes() for path in paths]
    for path, text, words in (
        (paths[0], texts[0][:-1] + b"!", "sha256"),
        (paths[1], texts[1][:-1], "bytes"),
        (paths[2], None, "missing"),
    ):
        path.unlink() if text is None else path.write_bytes(text)
        assert words in Ledger.read(folder).lost(folder)[f"parts/{path.name}"]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text)
    assert Ledger.read(folder).lost(folder) == {}
    paths[0].write_bytes(texts[1])
    paths[1].write_bytes(texts[0])
    assert sorted(Ledger.read(folder).lost(folder)) == ["parts/00000.txt", "parts/00001.txt"]


@pytest.mark.parametrize("rows", [[0, 3], [1, 5], [4, 9], None, "0-4", [0, 4, 8]])
def test_a_part_that_holds_other_rows_is_not_trusted(folder, rows):
    found = Ledger.read(folder)
    found.files["parts/00000.txt"]["rows"] = rows
    assert "holds the rows" in found.lost(folder)["parts/00000.txt"]
    found.files["parts/00000.txt"]["rows"] = [0, 4]
    assert found.lost(folder) == {}


@pytest.mark.fault("J10")
@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"files": {}, "format_version": 1}', '{"files": 3, "format_version": 1}'],
)
def test_a_broken_manifest_is_refused_with_a_way_out(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(CorruptStoreError, match="cannot be taken up again") as caught:
        Ledger.read(tmp_path)
    assert caught.value.part == MANIFEST
    assert "restart=True" in caught.value.hint


def test_another_version_of_the_package(folder):
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**content, "package": "0.0"}))
    with pytest.raises(StoreVersionError, match=r"written by locuscope 0\.0, this is") as caught:
        Ledger.read(folder)
    assert caught.value.written_by == "0.0"


def test_rows_that_are_not_counted_yet():
    found = Ledger.of("score", {}, 4, {}, None)
    assert (found.n_parts, found.rows_done, found.counts) == (None, 0, {})
    found.rows_total = 0
    assert found.n_parts == 1

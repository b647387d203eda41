"""What a published file was made from, and when that is no longer known."""

from __future__ import annotations

import json

import pytest

from locuscope.store.ledger import Ledger
from locuscope.store.records import read_record, record_path, write_record


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(b"result")
    write_record(path, Ledger.of("score", {"genome": "abc"}, 4, {"batch_size": 8}, 10))
    return path


def test_a_record_is_hidden_beside_the_file(target):
    assert record_path(target) == target.parent / ".a.vcf.gz.lsc.json"
    found = read_record(target)
    assert (found.verb, found.facts, found.rows_total) == ("score", {"genome": "abc"}, 10)


def test_a_file_without_a_record(tmp_path):
    (tmp_path / "a").touch()
    assert read_record(tmp_path / "a") is None
    assert read_record(tmp_path / "nowhere") is None


@pytest.mark.parametrize("change", [b"resulT", b"resul", None])
def test_a_file_that_is_no_longer_that_one(target, change):
    target.unlink() if change is None else target.write_bytes(change)
    assert read_record(target) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {}}', '{"package": "9.9"}', "\xff"])
def test_a_record_that_says_nothing(target, text):
    record_path(target).write_bytes(text.encode("latin-1"))
    assert read_record(target) is None


def test_a_record_of_another_version_says_nothing(target):
    content = json.loads(record_path(target).read_text())
    record_path(target).write_text(json.dumps({**content, "package": "0.0"}))
    assert read_record(target) is None

"""The build as a whole: manifest, parts, comparison; the full rebuild when a cache is given."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from locuscope.demo import build, build_bgzip, build_sources

CACHE = os.environ.get("LOCUSCOPE_DEMO_CACHE") or None


class Texts(build_sources.Cache):
    """A cache whose every member is one line of text."""

    def __init__(self) -> None:
        super().__init__(Path())

    def read(self, name: str, inside: str) -> bytes:
        return f"licence of {name}".encode()


def test_a_manifest_entry_tells_data_from_compression():
    packed = build_bgzip.gzip_bytes(b"rows")
    entry = build.describe("demo/data/chr20_exons.tsv.gz", packed)
    assert entry["bytes"] == len(packed)
    assert entry["sha256"] == hashlib.sha256(packed).hexdigest()
    assert entry["payload_sha256"] == hashlib.sha256(b"rows").hexdigest()
    assert entry["sources"][0]["name"] == "mmsplice"
    other = gzip.compress(b"rows", 1, mtime=0)
    assert build.compare(
        {"demo/data/chr20_exons.tsv.gz": other}, {"chr20_exons.tsv.gz": entry}
    ) == [("chr20_exons.tsv.gz", "same data, other compression")]


def test_compare_sees_a_new_and_a_changed_file():
    entry = build.describe("demo/data/chr20_slice.fa", b">a\nACGT\n")
    files = {"demo/data/chr20_slice.fa": b">a\nACGA\n", "demo/data/new": b""}
    verdicts = dict(build.compare(files, {"chr20_slice.fa": entry}))
    assert verdicts["new"] == "not in the manifest"
    assert verdicts["chr20_slice.fa"].startswith("sha256")


def test_the_manifest_holds_no_date_and_no_path_of_the_machine(tmp_path):
    text = build.manifest_text({"demo/data/chr20_slice.fa": b"x"}, {})
    assert text == build.manifest_text({"demo/data/chr20_slice.fa": b"x"}, {})
    assert str(Path.cwd()).encode() not in text
    assert json.loads(text)["citations"].keys() == {"GRCh37 chromosome 20"}


def test_a_part_is_rebuilt_alone_and_the_others_stay(monkeypatch, tmp_path, capsys):
    def made(content: bytes):
        return {"chr20_slice.fa": lambda _: {"chr20_slice.fa": content}}["chr20_slice.fa"]

    monkeypatch.setattr(build, "Cache", lambda *_, **__: Texts())
    parts = {"sequence": made(b"1"), "genes": lambda _: {"chr20_exons.tsv.gz": gzip.compress(b"2")}}
    monkeypatch.setattr(build, "PARTS", parts)
    words = ["--cache", "unused", "--out", str(tmp_path)]
    assert build.main([*words, "--only", "genes"]) == 0
    assert build.main([*words, "--only", "sequence"]) == 0
    files = json.loads((tmp_path / "demo/data/manifest.json").read_text())["files"]
    assert files.keys() == {"NOTICE", "chr20_exons.tsv.gz", "chr20_slice.fa"}
    assert "Frankish" in (tmp_path / "demo/data/NOTICE").read_text()
    assert build.main([*words, "--only", "sequence", "--check"]) == 0
    monkeypatch.setitem(parts, "sequence", made(b"other"))
    assert build.main([*words, "--only", "sequence", "--check"]) == 1
    assert (tmp_path / "demo/data/chr20_slice.fa").read_bytes() == b"1"
    assert "sha256" in capsys.readouterr().out


def test_a_refused_package_ends_with_a_sentence_and_writes_nothing(tmp_path, capsys):
    words = ["--cache", str(tmp_path / "none"), "--out", str(tmp_path / "out"), "--only", "genes"]
    assert build.main(words) == 2
    assert "mmsplice" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(CACHE is None, reason="LOCUSCOPE_DEMO_CACHE names no folder of package files")
@pytest.mark.timeout(600)
def test_the_whole_bundle_is_rebuilt_byte_for_byte():
    assert build.main(["--cache", str(CACHE), "--check"]) == 0

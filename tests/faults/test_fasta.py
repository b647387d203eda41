"""Broken, stale and changing FASTA files and indexes."""

from __future__ import annotations

import os
import pickle
import sys
import threading

import pytest

from locuscope.errors import (
    DataWarning,
    FormatError,
    InputChangedError,
    MissingExtraError,
    StaleIndexError,
    StoreTargetError,
)
from locuscope.genome import fasta_file
from locuscope.genome.reference import Genome
from tests.genome.fasta_files import TOY, bgzip, fasta, plain_gzip

OTHER = {"chr1": TOY["chr1"][:-60], "chr2": TOY["chr2"] + TOY["chr1"][-60:], "scaffold_3": "ACGT"}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(params=["plain", "bgzip"])
def kind(request):
    return request.param


def put(folder, records, kind="plain", *, width=60):
    path = folder / ("x.fa" if kind == "plain" else "x.fa.gz")
    text = fasta(records, width=width)
    path.write_bytes(text if kind == "plain" else bgzip(text, block=130))
    return path


def indexes(path):
    found = {
        file.name: file.read_bytes() for file in path.parent.iterdir() if file.name != path.name
    }
    return dict(sorted(found.items()))


def test_a_missing_index_is_built_beside_the_file(tmp_path, kind, cache):
    path = put(tmp_path, TOY, kind)
    Genome(path).fetch("chr1", 0, 9)
    built = indexes(path)
    assert list(built) == ["x.fa.fai"] if kind == "plain" else ["x.fa.gz.fai", "x.fa.gz.gzi"]
    Genome(path, index="check").fetch("chr1", 0, 9)
    assert indexes(path) == built
    assert list(cache.rglob("*.fai")) == []


def test_a_missing_gzi_alone_is_added(tmp_path):
    path = put(tmp_path, TOY, "bgzip")
    Genome(path)
    before = indexes(path)
    (tmp_path / "x.fa.gz.gzi").unlink()
    Genome(path)
    assert indexes(path) == before


@pytest.mark.fault("F3")
@pytest.mark.parametrize("age_s", [-100, 0, 100], ids=["older", "equal", "newer"])
def test_a_stale_index(tmp_path, kind, age_s, cache):
    path = put(tmp_path, OTHER, kind)
    Genome(path)
    stale = indexes(path)
    path = put(tmp_path, TOY, kind)
    changed = path.stat().st_mtime
    for name in stale:
        os.utime(tmp_path / name, (changed + age_s, changed + age_s))
    with pytest.raises(StaleIndexError, match="does not belong") as caught:
        Genome(path, index="check")
    assert caught.value.path == path
    with pytest.warns(DataWarning, match="does not belong to its file") as told:
        genome = Genome(path)
    assert len(told) == 1
    assert genome.fetch("chr2", 0, 120) == TOY["chr2"].upper()
    assert indexes(path) == stale
    assert len(list(cache.rglob("*.fai"))) == 1
    with pytest.warns(DataWarning, match="does not belong"):
        assert Genome(path).fetch("chr1", 400, 503) == TOY["chr1"][400:].upper()
    for name in stale:
        (tmp_path / name).unlink()
    assert Genome(path).fetch("chr1", 400, 503) == TOY["chr1"][400:].upper()


def test_an_index_of_equal_size_but_other_line_width(tmp_path):
    path = put(tmp_path, {"a": "ACGT" * 30}, width=24)
    Genome(path)
    path = put(tmp_path, {"a": "ACGT" * 30}, width=30)
    with pytest.raises(StaleIndexError):
        Genome(path, index="check")


def test_an_older_index_that_fits_is_fine(tmp_path, kind):
    path = put(tmp_path, TOY, kind)
    Genome(path)
    for name in indexes(path):
        os.utime(tmp_path / name, (1, 1))
    assert Genome(path, index="check").fetch("chr2", 0, 9) == TOY["chr2"][:9].upper()


def test_no_home_folder_in_the_words_about_an_index(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = put(tmp_path, TOY)
    path.with_name("x.fa.fai").write_text("garbage")
    with pytest.warns(DataWarning, match="does not belong") as told:
        Genome(path)
    with pytest.raises(StaleIndexError) as caught:
        Genome(path, index="check")
    for words in (str(told[0].message), str(caught.value)):
        assert "~/x.fa.fai does not belong" in words
        assert str(tmp_path) not in words


@pytest.mark.parametrize("text", ["", "garbage", "chr1\t1\t2\n", "\x00\xff"])
def test_a_broken_index(tmp_path, text):
    path = put(tmp_path, TOY)
    index = tmp_path / "x.fa.fai"
    index.write_bytes(text.encode("latin-1"))
    with pytest.raises(StaleIndexError, match="does not belong"):
        Genome(path, index="check")
    with pytest.warns(DataWarning, match="does not belong"):
        assert Genome(path).fetch("chr2", 0, 9) == TOY["chr2"][:9].upper()
    assert index.read_bytes() == text.encode("latin-1")


@pytest.mark.fault("F7")
def test_a_read_only_folder(tmp_path, kind, cache, monkeypatch):
    path = put(tmp_path, TOY, kind)
    publish = fasta_file.publish

    def refuse(target, write):
        if target.parent == tmp_path:
            raise StoreTargetError("cannot write", errno=30)
        return publish(target, write)

    monkeypatch.setattr(fasta_file, "publish", refuse)
    with pytest.warns(DataWarning, match="no index can be written beside"):
        genome = Genome(path)
    assert genome.fetch("chr1", 0, 503) == TOY["chr1"].upper()
    assert indexes(path) == {}
    assert len(list(cache.rglob("*.fai"))) == 1


def test_cache_mode_leaves_the_folder_alone(tmp_path, kind, cache):
    path = put(tmp_path, TOY, kind)
    (tmp_path / f"{path.name}.fai").write_text("someone else's")
    before = indexes(path)
    for _ in range(2):
        assert Genome(path, index="cache").fetch("chr1", 0, 9) == TOY["chr1"][:9].upper()
    assert indexes(path) == before
    built = next(iter(cache.rglob("*.fai")))
    built.write_text("broken")
    assert Genome(path, index="cache").fetch("chr1", 0, 9) == TOY["chr1"][:9].upper()


@pytest.mark.fault("F10")
def test_two_at_once(tmp_path, kind):
    path = put(tmp_path, TOY, kind)
    found, failed = [], []

    def work():
        try:
            found.append(Genome(path).fetch("chr1", 0, 503))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(found) == {TOY["chr1"].upper()}
    assert not [name for name in indexes(path) if name.startswith(".lsc")]


@pytest.mark.fault("F5")
@pytest.mark.parametrize(
    "content", [b"", b"no header\n", b"\x1f\x8b", b"\x89HDF\r\n\x1a\n\x00", b">a\nAC\nACGT\n"]
)
def test_no_fasta(tmp_path, content):
    path = tmp_path / "x.fa"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        Genome(path)
    assert caught.value.path == path
    assert indexes(path) == {}
    path.write_bytes(fasta(TOY))
    assert Genome(path).fetch("chr1", 0, 9) == TOY["chr1"][:9].upper()


@pytest.mark.fault("F6")
def test_compressed_in_another_way(tmp_path):
    gzipped = tmp_path / "x.fa.gz"
    gzipped.write_bytes(plain_gzip(fasta(TOY)))
    with pytest.raises(FormatError, match="recompress with bgzip"):
        Genome(gzipped)
    gzipped.write_bytes(fasta(TOY))
    with pytest.raises(FormatError, match="is plain text; rename it without"):
        Genome(gzipped)
    plain = tmp_path / "x.fa"
    plain.write_bytes(bgzip(fasta(TOY)))
    with pytest.raises(FormatError, match="is bgzip; rename it"):
        Genome(plain)


@pytest.mark.fault("F5")
def test_a_cut_bgzip_file(tmp_path):
    path = put(tmp_path, TOY, "bgzip")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match="ends early"):
        Genome(path)


def test_a_damaged_block(tmp_path):
    path = put(tmp_path, TOY, "bgzip")
    Genome(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8] = b"\x00" * 8
    path.write_bytes(content)
    with pytest.raises(FormatError):
        Genome(path, index="auto").fetch("chr1", 0, 503)


def test_biopython_is_named_when_it_is_missing(tmp_path, monkeypatch):
    path = put(tmp_path, TOY, "bgzip")
    monkeypatch.setitem(sys.modules, "Bio", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'locuscope\[io\]'") as caught:
        Genome(path).fetch("chr1", 0, 9)
    assert caught.value.extra == "io"


@pytest.mark.parametrize("change", ["longer", "touched", "removed"])
def test_a_file_that_changes_after_it_was_opened(tmp_path, kind, change):
    path = put(tmp_path, TOY, kind)
    genome = Genome(path)
    genome.fetch("chr1", 0, 9)
    sent = pickle.dumps(genome)
    if change == "longer":
        put(tmp_path, OTHER | {"more": "A"}, kind)
    elif change == "touched":
        os.utime(path, (5, 5))
    else:
        path.unlink()
    error = FileNotFoundError if change == "removed" else InputChangedError
    with pytest.raises(error):
        genome.fetch("chr1", 0, 9)
    with pytest.raises(error):
        pickle.loads(sent).fetch("chr1", 0, 9)  # noqa: S301


def test_a_pickled_genome_reads_the_same(tmp_path, kind):
    genome = Genome(put(tmp_path, TOY, kind))
    twin = pickle.loads(pickle.dumps(genome))  # noqa: S301
    assert twin.fetch("chr1", 3, 99) == genome.fetch("chr1", 3, 99)
    assert twin.digest == genome.digest
    assert repr(twin) == repr(genome)


def test_a_file_shorter_than_its_index_says(tmp_path, monkeypatch):
    path = put(tmp_path, TOY)
    genome = Genome(path)
    genome.fetch("chr1", 0, 9)
    monkeypatch.setattr(fasta_file, "check_unchanged", lambda *_: None)
    path.write_bytes(path.read_bytes()[:300])
    genome.close()
    with pytest.raises(InputChangedError, match="shorter than its index"):
        genome.fetch("chr1", 0, 500)

"""Publishing whole or not at all, manifests and their verification."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import store
from locuscope.errors import (
    CorruptStoreError,
    InputError,
    MissingFileError,
    OptionError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreTargetError,
    StoreVersionError,
)


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_publish_writes_beside_and_renames(tmp_path):
    seen = []

    def write(path):
        seen.append(path)
        path.write_text("new")

    target = tmp_path / "a.vcf.gz"
    assert store.publish(target, write) == target
    assert target.read_text() == "new"
    assert seen[0].parent == tmp_path
    assert seen[0].suffix == ".gz"
    assert names(tmp_path) == ["a.vcf.gz"]


def test_publish_replaces_and_keeps_the_old_one_when_the_writer_fails(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail(path):
        path.write_text("half")
        raise OptionError("stop: 1")

    with pytest.raises(OptionError):
        store.publish(target, fail)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]
    store.publish(target, lambda path: path.write_text("new"))
    assert target.read_text() == "new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_any_exception_passes_and_leaves_nothing(tmp_path, error):
    def fail(path):
        path.write_text("half")
        raise error

    with pytest.raises(error):
        store.publish(tmp_path / "a", fail)
    with pytest.raises(error):
        store.publish_folder(tmp_path / "b", lambda path: fail(path / "x"))
    assert names(tmp_path) == []


def test_overwrite_false(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "d").mkdir()
    called = []
    with pytest.raises(StoreExistsError, match="a exists"):
        store.publish(tmp_path / "a", called.append, overwrite=False)
    with pytest.raises(FileExistsError):
        store.publish_folder(tmp_path / "d", called.append, overwrite=False)
    assert called == []


def test_a_target_that_appears_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "a"

    def write(path):
        path.write_text("mine")
        target.write_text("theirs")

    with pytest.raises(StoreExistsError):
        store.publish(target, write, overwrite=False)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a"]


@pytest.mark.fault("J5")
def test_targets_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    called = []
    with pytest.raises(StoreTargetError, match="it is a folder"):
        store.publish(tmp_path / "folder", called.append)
    with pytest.raises(StoreTargetError, match="it is a file"):
        store.publish_folder(tmp_path / "file", called.append)
    with pytest.raises(StoreTargetError, match="there is no folder"):
        store.publish(tmp_path / "no" / "a", called.append)
    with pytest.raises(StoreTargetError) as caught:
        store.publish(tmp_path / ("n" * 300), called.append)
    assert caught.value.errno == errno.ENAMETOOLONG
    assert called == []


@pytest.mark.fault("J5")
def test_a_read_only_target(tmp_path):
    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(StoreTargetError, match="Permission denied") as caught:
        store.publish(tmp_path / "a", refuse)
    assert caught.value.errno == errno.EACCES


def test_an_error_about_another_file_is_not_ours(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        store.publish(tmp_path / "a", lambda _: open(tmp_path / "input", "rb"))  # noqa: SIM115, PTH123
    assert type(caught.value) is FileNotFoundError


@pytest.mark.fault("J4")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk(tmp_path, number):
    target = tmp_path / "a"
    target.write_text("old")

    def fill(path):
        path.write_text("half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(StoreFullError) as caught:
        store.publish(target, fill)
    assert caught.value.errno == number
    assert caught.value.free_bytes > 0
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_writer_that_writes_nothing(tmp_path):
    with pytest.raises(StoreError, match="left no file"):
        store.publish(tmp_path / "a", lambda _: None)


def test_publish_folder_swaps_whole(tmp_path):
    target = tmp_path / "d"

    def fill(text):
        def write(folder):
            (folder / "sub").mkdir()
            (folder / "sub" / text).write_text(text)

        return write

    store.publish_folder(target, fill("one"))
    store.publish_folder(target, fill("two"))
    assert names(target / "sub") == ["two"]
    assert names(tmp_path) == ["d"]


def test_publish_folder_puts_the_old_one_back(tmp_path, monkeypatch):
    target = tmp_path / "d"
    target.mkdir()
    (target / "old").write_text("old")
    rename = type(target).rename

    def refuse(self, other):
        if other == target and self.name.startswith(".lsc-") and not (self / "old").exists():
            raise OSError(errno.EIO, "broken", str(other))
        return rename(self, other)

    monkeypatch.setattr(type(target), "rename", refuse)
    with pytest.raises(StoreTargetError, match="broken"):
        store.publish_folder(target, lambda folder: (folder / "new").write_text("new"))
    assert names(target) == ["old"]
    assert names(tmp_path) == ["d"]


@given(st.binary(max_size=300))
def test_digest(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("digest") / "x"
    path.write_bytes(content)
    assert store.digest_file(path) == hashlib.sha256(content).hexdigest()


def test_missing_files_name_their_neighbours(tmp_path):
    (tmp_path / "hg38.fa").write_text("x")
    with pytest.raises(MissingFileError, match=r"in that folder: hg38\.fa"):
        store.digest_file(tmp_path / "hg39.fa")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        store.digest_file(tmp_path / "nowhere" / "x")


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


class TestCheckTarget:
    """The place is tried before the work; nothing stays behind, nothing that is there changes."""

    def test_a_good_place_is_left_as_it_was(self, tmp_path):
        target = tmp_path / "a.vcf.gz"
        store.check_target(target)
        assert names(tmp_path) == []
        target.write_text("old")
        store.check_target(target)
        assert names(tmp_path) == ["a.vcf.gz"]
        assert target.read_text() == "old"

    def test_places_where_no_file_can_be(self, tmp_path):
        (tmp_path / "file").write_text("x")
        for target, words in (
            (tmp_path / "no" / "x.tsv", "there is no folder"),
            (tmp_path / "file" / "x.tsv", "there is no folder"),
            (tmp_path / ("x" * 400), "name too long"),
            (tmp_path, "it is a folder"),
        ):
            with pytest.raises(StoreTargetError, match=f"(?i){words}"):
                store.check_target(target)
        assert names(tmp_path) == ["file"]

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_without_the_right_to_write(self, tmp_path):
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(StoreTargetError, match="Permission denied") as caught:
                store.check_target(tmp_path / "x.tsv")
        finally:
            tmp_path.chmod(0o700)
        assert caught.value.errno == errno.EACCES

    def test_what_the_system_says_about_the_folder(self, tmp_path, monkeypatch):
        for number, error in ((errno.EROFS, StoreTargetError), (errno.ENOSPC, StoreFullError)):

            def refuse(path, *_, number=number, **__):
                raise OSError(number, os.strerror(number), os.fspath(path))

            with monkeypatch.context() as patch:
                patch.setattr("pathlib.Path.touch", refuse)
                with pytest.raises(error, match=os.strerror(number)):
                    store.check_target(tmp_path / "x.tsv")


def test_the_home_folder_is_not_in_messages(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "hg38.fa").touch()
    missing = store.missing_file(tmp_path / "hg83.fa")
    assert str(missing).startswith(f"no file ~{os.sep}hg83.fa;")
    assert missing.path == tmp_path / "hg83.fa"
    with pytest.raises(StoreTargetError) as caught:
        store.check_target(tmp_path / "no" / "x.tsv")
    assert str(tmp_path) not in str(caught.value)

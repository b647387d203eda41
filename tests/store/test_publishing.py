"""Publishing whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import store
from locuscope.errors import (
    MissingFileError,
    OptionError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreTargetError,
)
from locuscope.store import publishing


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


@pytest.mark.fault("J4")
def test_a_full_disk_that_a_library_tells_in_its_own_words(tmp_path):
    def fill(path):
        raise ArithmeticError("underlying IO error: File too large (os error 27)")

    with pytest.raises(StoreFullError) as caught:
        store.publish(tmp_path / "a", fill)
    assert caught.value.errno == errno.EFBIG
    assert isinstance(caught.value.__cause__, ArithmeticError)


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
    monkeypatch.setattr(publishing, "exchange", lambda *_: False)
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


def test_names_are_swapped_in_one_step(tmp_path, monkeypatch):
    target = tmp_path / "d"
    seen = []
    for text in ("one", "two", "three"):
        with monkeypatch.context() as patch:
            if text == "three":  # the file system cannot
                patch.setattr(publishing, "exchange", lambda *_: False)
            store.publish_folder(target, lambda folder, text=text: (folder / text).touch())
        seen.append(names(target))
    assert seen == [["one"], ["two"], ["three"]]
    assert names(tmp_path) == ["d"]


def test_room_is_asked_for_before_the_work(tmp_path):
    store.require_space(tmp_path, 1000)
    free = publishing.shutil.disk_usage(tmp_path).free
    with pytest.raises(StoreFullError, match="bytes free") as caught:
        store.require_space(tmp_path, free)
    assert caught.value.needed_bytes == free + free // 10
    assert caught.value.free_bytes < caught.value.needed_bytes
    assert caught.value.errno == errno.ENOSPC

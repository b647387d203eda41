"""Pinned packages: read as data, refused when they differ."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile

import pytest

from locuscope.demo import build_sources
from locuscope.errors import FormatError, InputError, MissingFileError


def deb(payload: bytes, *, member: str = "data.tar.xz") -> bytes:
    def part(name: str, content: bytes) -> bytes:
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        return header.encode() + content + b"\n" * (len(content) % 2)

    return b"!<arch>\n" + part("debian-binary", b"2.0\n") + part(member, payload)


def tar(name: str, content: bytes, mode: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


@pytest.fixture
def pin(monkeypatch, tmp_path):
    """Put a made-up package into a cache folder and pin it."""

    def make(file: str, content: bytes) -> build_sources.Cache:
        (tmp_path / file).write_bytes(content)
        package = build_sources.Package(
            "toy", "1.0", file, hashlib.sha256(content).hexdigest(), "MIT"
        )
        monkeypatch.setitem(build_sources.PACKAGES, "toy", package)
        return build_sources.Cache(tmp_path)

    return make


def test_reads_a_member_of_a_source_archive_below_its_first_folder(pin):
    cache = pin("toy-1.0.tar.gz", tar("toy-1.0/data/a.txt", b"hello", "w:gz"))
    assert cache.read("toy", "data/a.txt") == b"hello"


def test_reads_a_member_of_a_wheel(pin):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as wheel:
        wheel.writestr("toy/a.txt", "hello")
    assert pin("toy-1.0-py3-none-any.whl", target.getvalue()).read("toy", "toy/a.txt") == b"hello"


def test_reads_a_member_of_a_debian_package_with_an_odd_sized_part_before_it(pin):
    content = deb(tar("./usr/share/a.txt", b"hello", "w:xz"))
    odd = content.replace(b"debian-binary   ", b"control         ").replace(b"2.0\n", b"2.0\n")
    assert pin("toy_1.0_all.deb", odd).read("toy", "usr/share/a.txt") == b"hello"


def test_a_file_with_another_hash_is_refused_and_both_hashes_are_named(pin, tmp_path):
    cache = pin("toy-1.0.tar.gz", tar("toy-1.0/a", b"x", "w:gz"))
    (tmp_path / "toy-1.0.tar.gz").write_bytes(b"something else")
    with pytest.raises(InputError, match="the pin is") as caught:
        cache.read("toy", "a")
    assert hashlib.sha256(b"something else").hexdigest() in str(caught.value)


def test_a_missing_package_says_how_to_get_it(tmp_path):
    with pytest.raises(MissingFileError, match=r"mmsplice 2\.4\.0.*--download"):
        build_sources.Cache(tmp_path).file("mmsplice")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\3\4 not a deb", "not a Debian package"),
        (b"!<arch>\n" + b"x" * 60, "broken member header"),
        (deb(b"abc", member="control.tar.xz"), "no member data.tar"),
    ],
)
def test_a_broken_debian_package_is_a_sentence(tmp_path, content, words):
    place = tmp_path / "broken.deb"
    place.write_bytes(content)
    with pytest.raises(FormatError, match=words):
        build_sources.deb_payload(place)


def test_a_member_that_is_not_there_is_named(pin):
    cache = pin("toy-1.0.tar.gz", tar("toy-1.0/a", b"x", "w:gz"))
    with pytest.raises(FormatError, match=r"toy-1\.0/b"):
        cache.read("toy", "b")


def test_every_pin_is_a_whole_hash_and_the_file_carries_the_version():
    for name, package in build_sources.PACKAGES.items():
        assert name == package.name
        assert len(package.sha256) == 64
        assert int(package.sha256, 16) > 0
        assert package.version in package.file

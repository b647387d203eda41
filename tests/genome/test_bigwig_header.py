"""The first bytes of a bigWig: both byte orders, other kinds of files, and files that were cut."""

from __future__ import annotations

import struct

import pytest

from locuscope.errors import FormatError
from locuscope.genome.bigwig_header import check_header
from locuscope.genome.bigwig_writer import write_bigwig
from tests.genome.bigwig_runs import LENGTHS, RUNS, columns


def header(order="<", *, magic=0x888FFC26, offsets=(70, 75, 80, 85), zooms=(), n_zooms=None):
    """A header with its table of zooms, filled up to 100 bytes and 24 for each zoom."""
    tree, data, index, summary = offsets
    n = len(zooms) if n_zooms is None else n_zooms
    head = struct.pack(
        f"{order}IHHQQQHHQQIQ", magic, 4, n, tree, data, index, 0, 0, 0, summary, 0, 0
    )
    table = b"".join(struct.pack(f"{order}IIQQ", 10, 0, *zoom) for zoom in zooms)
    return (head + table).ljust(100 + 24 * len(zooms), b"\0")


def check(folder, content):
    path = folder / "x.bw"
    path.write_bytes(content)
    check_header(path)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(tmp_path, order):
    check(tmp_path, header(order))
    check(tmp_path, header(order, zooms=[(100, 120)]))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("place", range(4))
def test_a_part_behind_the_end_is_named(tmp_path, order, place):
    offsets = [70, 75, 80, 85]
    offsets[place] = 1_234_567
    with pytest.raises(FormatError, match="has 100 bytes, its header points to byte 1,234,567"):
        check(tmp_path, header(order, offsets=offsets))


def test_a_zoom_behind_the_end_is_named(tmp_path):
    with pytest.raises(FormatError, match="points to byte 9,999"):
        check(tmp_path, header(zooms=[(100, 120), (100, 9_999)]))


def test_fewer_zooms_than_promised(tmp_path):
    with pytest.raises(FormatError, match="ends early"):
        check(tmp_path, header(n_zooms=50))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"abc", "it starts with b'abc'"),
        (b"##gff-version 3", "it starts with b'##gf'"),
        (header(magic=0x8789F2EB), "is a bigBed file"),
        (header(">", magic=0x8789F2EB), "is a bigBed file"),
        (header()[:63], "63 bytes are no bigWig header"),
        (header()[:4], "4 bytes are no bigWig header"),
    ],
)
def test_what_is_no_bigwig(tmp_path, content, words):
    with pytest.raises(FormatError, match=words) as caught:
        check(tmp_path, content)
    assert caught.value.path == tmp_path / "x.bw"


def test_no_beginning_of_a_real_file_passes_up_to_its_index(tmp_path):
    path = write_bigwig(tmp_path / "real.bw", [("1", *columns(RUNS))], LENGTHS)
    check_header(path)
    whole = path.read_bytes()
    index = struct.unpack("<Q", whole[24:32])[0]
    for size in range(0, index, 7):
        with pytest.raises(FormatError):
            check(tmp_path, whole[:size])

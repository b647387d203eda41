"""Interval: bounds, geometry, text form and contig aliases."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import (
    InputError,
    MissingContigError,
    OptionError,
    OutOfBoundsError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval, find_contig, match_contig, whole_number
from locuscope.genome.variant import Variant

CHROMS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=12
)


class Lengths:
    def __init__(self, **lengths):
        self.lengths = lengths


def places(low=-1000, high=10_000):
    return st.builds(
        lambda chrom, start, width, strand: Interval(chrom, start, start + width, strand),
        st.sampled_from(["1", "chr1", "X"]),
        st.integers(low, high),
        st.integers(1, 500),
        st.sampled_from("+-."),
    )


@pytest.mark.parametrize("value", [7, np.int8(7), np.uint64(7), 7.0, np.float32(7), np.int64(7)])
def test_whole_numbers_become_int(value):
    place = Interval("1", value, 10)
    assert type(place.start) is int
    assert place == Interval("1", 7, 10)


@pytest.mark.parametrize("value", [True, np.True_, float("nan"), 1.5, "7", None, float("inf"), [7]])
def test_other_numbers_are_refused(value):
    with pytest.raises(WrongTypeError, match="whole number"):
        Interval("1", value, 10)
    with pytest.raises(TypeError):
        whole_number(value, "x")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (10, 5, "start 10 is not left of end 5"),
        (5, 5, "not left of"),
        (0, 2**31, "range of positions"),
        (-(2**31), 0, "range of positions"),
    ],
)
def test_bounds(start, end, words):
    with pytest.raises(OutOfBoundsError, match=words) as caught:
        Interval("chr1", start, end)
    assert isinstance(caught.value, IndexError)


def test_overhang_is_legal():
    assert Interval("1", -5, 5).width == 10
    assert Interval("1", -(2**31) + 1, 2**31 - 1).width == 2**32 - 2


@pytest.mark.parametrize("chrom", ["", "a b", "a\tb", "a\n", "\x00", "c" * 256, "\x85"])
def test_contig_names(chrom):
    with pytest.raises(InputError):
        Interval(chrom, 0, 1)


def test_fields_of_the_wrong_kind():
    with pytest.raises(OptionError, match="strand"):
        Interval("1", 0, 1, "plus")
    with pytest.raises(WrongTypeError, match="contig name is text"):
        Interval(1, 0, 1)
    with pytest.raises(WrongTypeError, match="name of an interval"):
        Interval("1", 0, 1, name=3)


def test_noun_habits():
    place = Interval("20", 2_569_999, 2_590_000)
    assert repr(place) == "Interval('20', 2_569_999, 2_590_000)"
    assert eval(repr(place.with_name("TMC2").with_strand("-"))) == place.with_name(  # noqa: S307
        "TMC2"
    ).with_strand("-")
    assert pickle.loads(pickle.dumps(place)) == place  # noqa: S301
    assert len({place, Interval("20", 2_569_999, 2_590_000)}) == 1
    assert place.to_dict() == {
        "chrom": "20",
        "start": 2_569_999,
        "end": 2_590_000,
        "strand": ".",
        "name": None,
    }
    with pytest.raises(AttributeError):
        place.start = 3


def test_html_is_escaped_and_shows_text_and_width():
    html = Interval("<b>x</b>", 999, 2000, name="<img src=x>")._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;:1,000-2,000" in html
    assert "1,001 bp" in html
    assert "<img" not in html


@pytest.mark.parametrize(
    ("width", "expected"),
    [(4, (13, 17)), (5, (13, 18)), (10, (10, 20)), (30, (0, 30)), (1, (15, 16))],
)
def test_center(width, expected):
    place = Interval("1", 10, 20, "-", "x").center(width)
    assert (place.start, place.end) == expected
    assert (place.strand, place.name) == ("-", "x")


@given(places(), st.integers(1, 400))
def test_center_keeps_the_midpoint(place, width):
    centred = place.center(width)
    assert centred.width == width
    assert centred.midpoint in (place.midpoint, place.midpoint - width % 2 + 1, place.midpoint)
    assert centred.start == place.midpoint - width // 2


def test_pad_shift_clip():
    place = Interval("1", 10, 20, "+")
    assert place.pad(5) == Interval("1", 5, 25, "+")
    assert place.pad(1, 2) == Interval("1", 9, 22, "+")
    assert place.pad(-4) == Interval("1", 14, 16, "+")
    assert place.shift(-15) == Interval("1", -5, 5, "+")
    assert place.shift(-15).clip(3) == Interval("1", 0, 3, "+")
    with pytest.raises(OutOfBoundsError):
        place.pad(-5)
    with pytest.raises(OutOfBoundsError, match="nothing of 1:11-20"):
        place.clip(10)


@given(places(), places())
def test_relations_equal_sets_of_bases(a, b):
    here, there = set(range(a.start, a.end)), set(range(b.start, b.end))
    same = a.chrom == b.chrom
    assert a.overlaps(b) == (same and bool(here & there))
    assert a.contains(b) == (same and there <= here)
    shared = a.intersect(b)
    assert (set() if shared is None else set(range(shared.start, shared.end))) == (
        here & there if same else set()
    )
    gap = a.distance(b)
    if same:
        between = range(min(a.end, b.end), max(a.start, b.start))
        assert gap == len(between)
    else:
        assert gap is None


def test_relations_take_variants():
    place = Interval("20", 100, 200)
    assert place.overlaps(Variant("20", 101, "A", "C"))
    assert not place.overlaps(Variant("20", 100, "A", "C"))
    assert place.contains(Variant("20", 199, "AC", "A"))
    assert not place.contains(Variant("20", 200, "AC", "A"))
    assert place.distance(Variant("20", 211, "A", "C")) == 10


def test_text_forms():
    place = Interval("chr1", 1000, 2000, "-")
    assert place.text() == "chr1:1,001-2,000"
    assert place.text(commas=False) == "chr1:1001-2000"
    assert str(place) == "chr1:1,001-2,000 (-)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr1:1,001-2,000", ("chr1", 1000, 2000, ".")),
        ("  chr1:1001-2000\n", ("chr1", 1000, 2000, ".")),
        ("chr1:1001..2000", ("chr1", 1000, 2000, ".")),
        ("chr1:1,001\u20132,000", ("chr1", 1000, 2000, ".")),
        ("chr1: 1,001 - 2,000", ("chr1", 1000, 2000, ".")),
        ("chr1:1,001", ("chr1", 1000, 1001, ".")),
        ("chr1:1,001-2,000 (+)", ("chr1", 1000, 2000, "+")),
        ("chr1:1,001-2,000(-)", ("chr1", 1000, 2000, "-")),
        ("chr1:1001-2000:-", ("chr1", 1000, 2000, "-")),
        ("HLA-A*01:01:1-300", ("HLA-A*01:01", 0, 300, ".")),
        ("20:2,570,000-2,590,000", ("20", 2_569_999, 2_590_000, ".")),
    ],
)
def test_parse(text, expected):
    assert Interval.parse(text) == Interval(*expected)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("chr1:0-10", OutOfBoundsError),
        ("chr1:5-3", OutOfBoundsError),
        ("chr1:1,00-2", InputError),
        ("chr1:1,0000", InputError),
        ("chr1:", InputError),
        ("chr1", InputError),
        ("1e3", InputError),
        ("chr1:1e3-2e3", InputError),
        ("chr1:1-2-3", InputError),
        ("chr 1:1-2", InputError),
        (":1-2", InputError),
        ("", InputError),
        ("chr1:-5-3", InputError),
        ("chr1:1.5-3", InputError),
        ("chr1:" + "9" * 5000, InputError),
        ("chr1:1-99999999999", OutOfBoundsError),
        ("chr1:\u0661-\u0662", InputError),
    ],
)
def test_parse_refuses(text, error):
    with pytest.raises(error) as caught:
        Interval.parse(text)
    assert type(caught.value) is error


def test_parse_refuses_with_an_example():
    with pytest.raises(InputError, match=r"'chr1:5' is not|write it like 'chr1:1,001-2,000'"):
        Interval.parse("nonsense")
    with pytest.raises(OutOfBoundsError, match="positions in text start at 1"):
        Interval.parse("chr1:0-10")
    with pytest.raises(WrongTypeError):
        Interval.parse(None)


def test_parse_with_a_genome():
    genome = Lengths(**{"20": 63_025_520, "HLA:1-300": 500})
    assert Interval.parse("20", genome=genome) == Interval("20", 0, 63_025_520)
    assert Interval.parse("chr20", genome=genome) == Interval("chr20", 0, 63_025_520)
    assert Interval.parse("20 (-)", genome=genome) == Interval("20", 0, 63_025_520, "-")
    assert Interval.parse("HLA:1-300", genome=genome) == Interval("HLA:1-300", 0, 500)
    assert Interval.parse("HLA:1-300") == Interval("HLA", 0, 300)
    with pytest.raises(InputError):
        Interval.parse("21", genome=genome)


@given(CHROMS, st.integers(0, 2**31 - 3), st.integers(1, 10**6), st.sampled_from("+-."))
def test_parse_undoes_str(chrom, start, width, strand):
    place = Interval(chrom, start, min(start + width, 2**31 - 1), strand)
    assert Interval.parse(str(place)) == place


@given(st.text(max_size=30))
def test_parse_never_raises_anything_else(text):
    try:
        place = Interval.parse(text)
    except InputError:
        return
    assert place.start >= 0


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("20", ["20", "X"], "20"),
        ("chr20", ["20", "X"], "20"),
        ("20", ["chr20"], "chr20"),
        ("MT", ["chrM"], "chrM"),
        ("chrM", ["MT"], "MT"),
        ("20", ["20", "chr20"], "20"),
        ("chr20", ["20", "chr20"], "chr20"),
        ("Chr20", ["20"], None),
        ("CHR20", ["20"], None),
        ("20.1", ["20"], None),
        ("chr", [""], None),
        ("M", ["MT"], None),
    ],
)
def test_aliases(name, known, expected):
    assert match_contig(name, known) == expected


def test_find_contig_lists_the_closest():
    assert find_contig("chr20", {"20": 1}, "demo") == "20"
    with pytest.raises(
        MissingContigError, match="no contig 'Chr20' in demo; did you mean '20'"
    ) as c:
        find_contig("Chr20", {"20": 1, "X": 1}, "demo")
    assert c.value.name == "Chr20"
    assert c.value.closest == ("20",)
    assert isinstance(c.value, KeyError)


def test_light_imports():
    code = (
        "import sys, locuscope.genome.interval, locuscope.genome.variant;"
        "print(sorted({'numpy','polars','pybigtools','pyfaidx','torch'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

"""Genome: bases of places, edges, slices, aliases, handles."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from locuscope.errors import (
    DataWarning,
    FormatError,
    InputError,
    MissingContigError,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot, reverse_complement
from tests.genome.fasta_files import TOY, bgzip, fasta

LAYOUTS = {
    "plain": (fasta(TOY), "x.fa"),
    "windows": (fasta(TOY, line_break="\r\n"), "x.fa"),
    "one line": (fasta(TOY, width=0), "x.fa"),
    "bgzip": (bgzip(fasta(TOY), block=150), "x.fa.gz"),
    "unicode path": (fasta(TOY), "gen öme.fa"),
}


@pytest.fixture(params=LAYOUTS)
def genome(request, tmp_path):
    content, name = LAYOUTS[request.param]
    path = tmp_path / name
    path.write_bytes(content)
    with Genome(path) as opened:
        yield opened


@pytest.fixture
def toy(tmp_path):
    path = tmp_path / "toy.fa"
    path.write_bytes(fasta(TOY))
    return path


@pytest.fixture
def sliced():
    """Of contig 20 (63,025,520 bases), [100, 110), [110, 115) and [200, 206) are here."""
    return Genome.from_sequences(
        {"a": "ACGTACGTAC", "b": "GGGGG", "c": "TTTTTT"},
        slices={"20": [("c", 200), ("a", 100), ("b", 110)]},
        lengths={"20": 63_025_520},
        name="demo",
    )


@pytest.mark.fault("F8")
@pytest.mark.fault("F11")
def test_fetch_equals_the_text(genome):
    rng = np.random.default_rng(0)
    for name, text in TOY.items():
        places = [(0, len(text)), (0, 1), (len(text) - 1, len(text))]
        places += [sorted(rng.choice(len(text) + 1, 2, replace=False)) for _ in range(60)]
        for start, end in places:
            place = Interval(name, start, end)
            assert genome.fetch(place) == text[start:end].upper()
            assert genome.fetch(name, start, end, keep_case=True) == text[start:end]


def test_properties(genome):
    assert dict(genome.lengths) == {name: len(text) for name, text in TOY.items()}
    assert genome.contigs == tuple(TOY)
    assert genome.whole("chr2") == Interval("chr2", 0, 120)
    assert genome.available("chr2") == (Interval("chr2", 0, 120),)
    assert genome.missing(Interval("chr2", -5, 200)) == ()
    assert "unknown assembly, 3 contigs, 627 b" in repr(genome)
    assert (genome.assembly, genome.organism) == (None, None)
    assert "2" in genome
    assert "X" not in genome
    assert 3 not in genome
    assert "<table>" in genome._repr_html_()


@pytest.mark.fault("F1")
@pytest.mark.parametrize(
    ("start", "end"), [(0, 121), (-1, 5), (200, 300), (-9, -3), (5, 5), (7, 3)]
)
def test_outside_the_contig(genome, start, end):
    with pytest.raises(OutOfBoundsError, match="chr2 has 120 bases") as caught:
        genome.fetch("chr2", start, end)
    assert caught.value.contig_length == 120
    assert isinstance(caught.value, IndexError)


@pytest.mark.fault("F12")
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-3, 4, "NNNACGT"),
        (2, 6, "GTNN"),
        (-2, 6, "NNACGTNN"),
        (10, 13, "NNN"),
        (-5, 0, "NNNNN"),
        (1, 3, "CG"),
    ],
)
def test_padding(genome, start, end, expected):
    assert genome.fetch("scaffold_3", start, end, pad=True) == expected
    place = Interval("scaffold_3", start, end)
    assert np.array_equal(genome.one_hot(place, pad=True), one_hot(expected))
    with pytest.raises(OutOfBoundsError, match="empty or reversed"):
        genome.fetch("scaffold_3", 3, 3, pad=True)


def test_the_strand_is_a_label_unless_asked(genome):
    place = Interval("chr1", 10, 30, "-")
    forward = TOY["chr1"][10:30].upper()
    assert genome.fetch(place) == forward
    assert genome.fetch(place, strand_aware=True) == reverse_complement(forward)
    assert np.array_equal(genome.one_hot(place, strand_aware=True), one_hot(forward)[::-1, ::-1])
    assert genome.fetch(place.with_strand("+"), strand_aware=True) == forward


def test_one_hot_of_several(genome):
    places = [Interval("chr1", 0, 8), Interval("chr2", 3, 11, "-")]
    found = genome.one_hot(places, dtype="float32", strand_aware=True)
    assert found.shape == (2, 4, 8)
    assert np.array_equal(found[1], genome.one_hot(places[1], strand_aware=True))
    assert genome.one_hot([]).shape == (0, 4, 0)
    with pytest.raises(ShapeError, match="interval 1 is 9 bases wide, interval 0 8"):
        genome.one_hot([Interval("chr1", 0, 8), Interval("chr1", 0, 9)])


@pytest.mark.parametrize(
    "args", [("chr1",), ("chr1", 5), (Interval("1", 0, 5), 3), (5, 1, 2), ("chr1", 1, None)]
)
def test_what_is_no_place(genome, args):
    with pytest.raises(WrongTypeError, match="a place is"):
        genome.fetch(*args)


@pytest.mark.fault("F2")
def test_unknown_contigs(genome):
    with pytest.raises(MissingContigError, match="did you mean 'chr1'"):
        genome.fetch("chrl", 0, 5)
    with pytest.raises(KeyError):
        genome.resolve("chr9_random")


def test_aliases_are_told_once_per_call(genome):
    assert genome.resolve("1") == "chr1"
    with pytest.warns(DataWarning, match="1 -> chr1") as told:
        assert genome.fetch("1", 0, 9) == TOY["chr1"][:9].upper()
    assert len(told) == 1
    assert told[0].filename == __file__
    with pytest.warns(DataWarning, match="1 -> chr1, 2 -> chr2") as told:
        genome.one_hot([Interval("1", 0, 9), Interval("2", 0, 9), Interval("1", 4, 13)])
    assert len(told) == 1
    assert genome.whole("2") == Interval("2", 0, 120)
    assert genome.check(Interval("1", 0, 9)) is None


def test_check_returns_what_fetch_raises(genome, sliced):
    assert genome.check(Interval("chr2", 0, 120)) is None
    for where in (Interval("chr2", 0, 121), Interval("zz", 0, 1)):
        error = genome.check(where)
        with pytest.raises(type(error)) as caught:
            genome.fetch(where)
        assert str(caught.value) == str(error)
    assert genome.check(Interval("chr2", -5, 121), pad=True) is None
    assert isinstance(sliced.check(Interval("20", 0, 5), pad=True), OutOfBoundsError)


@pytest.mark.fault("F9")
def test_letters():
    genome = Genome.from_sequences({"1": "ACGTRNryACG*TTU-"})
    with pytest.warns(DataWarning, match="'R' at 1:5"):
        assert genome.fetch("1", 2, 9) == "GTRNRYA"
    assert genome.fetch("1", 2, 9, keep_case=True) == "GTRNryA"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert genome.one_hot(Interval("1", 4, 8)).sum() == 0
    for place, letter in ((11, r"'\*' at 1:12"), (14, "'U' at 1:15"), (15, "'-' at 1:16")):
        with pytest.raises(FormatError, match=letter):
            genome.fetch("1", 8 if place == 11 else place, place + 1)


def test_options_and_paths(tmp_path, toy):
    with pytest.raises(OptionError, match="use one of auto, check, cache"):
        Genome(toy, index="rebuild")
    with pytest.raises(MissingFileError, match=r"in that folder: toy\.fa"):
        Genome(tmp_path / "toi.fa")
    with pytest.raises(InputError, match="is a folder"):
        Genome(tmp_path)
    with pytest.raises(WrongTypeError):
        Genome(None)


def test_lengths_cannot_be_changed(genome):
    with pytest.raises(TypeError):
        genome.lengths["chr1"] = 5


def test_html_is_escaped_and_short(toy):
    genome = Genome.from_sequences({f"<b>{i}</b>": "A" for i in range(30)}, name="<i>")
    html = genome._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert html.count("<tr>") == 11
    assert "and 20 more contigs" in html

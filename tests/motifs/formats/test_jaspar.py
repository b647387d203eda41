"""JASPAR text in and out: both layouts, counts, frequencies, and the line of what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError, InputError, MissingFileError
from locuscope.motifs.formats.jaspar import PSEUDOCOUNT, jaspar_text, read_jaspar, write_jaspar
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet

NEW = """>MA0004.1\tArnt
A  [ 4 19  0  0 ]
C  [16  0 20  0 ]
G  [ 0  1  0 20 ]
T  [ 0  0  0  0 ]
>MA0006.1 Ahr::Arnt
A [3 0]
C [8 0]
G [2 23]
T [11 1]
"""
OLD = """>MA0004.1 Arnt
 4 19  0  0
16  0 20  0
 0  1  0 20
 0  0  0  0

>MA0006.1 Ahr::Arnt
3 0
8 0
2 23
11 1
"""


@pytest.fixture
def read(tmp_path):
    def reader(text: str, **options) -> MotifSet:
        place = tmp_path / "x.jaspar"
        place.write_bytes(text.encode())
        return read_jaspar(place, **options)

    return reader


@pytest.mark.parametrize(
    "text", [NEW, OLD, NEW.replace("\n", "\r\n"), "# head\n\n" + NEW, NEW.replace("A ", "a ")]
)
def test_both_layouts_give_the_same(read, text):
    motifs = read(text)
    assert motifs.names == ("Arnt", "Ahr::Arnt")
    assert motifs.original_names == ("MA0004.1", "MA0006.1")
    assert motifs["Arnt"].consensus == "CACG"
    assert [one.n_sites for one in motifs] == [20, 24]
    assert motifs.source == "ppm"
    assert motifs.origin.endswith("x.jaspar")


def test_counts_become_frequencies_with_a_pseudocount(read):
    ppm = read(NEW)["Arnt"].ppm
    assert ppm[0, 0] == pytest.approx((4 + PSEUDOCOUNT / 4) / (20 + PSEUDOCOUNT))
    assert ppm[3, 0] == pytest.approx(PSEUDOCOUNT / 4 / (20 + PSEUDOCOUNT))
    assert read(NEW, pseudocount=0)["Arnt"].ppm[:, 0].tolist() == [0.2, 0.8, 0, 0]
    assert read(NEW, pseudocount=4)["Arnt"].ppm[3, 0] == pytest.approx(1 / 24)
    for bad in (-1, float("inf"), float("nan")):
        with pytest.raises(InputError, match="pseudocount"):
            read(NEW, pseudocount=bad)


def test_frequencies_stay_as_they_are(read):
    one = read(">M\n0.5 1\n0.5 0\n0 0\n0 0\n")["M"]
    assert one.ppm.tolist() == [[0.5, 1], [0.5, 0], [0, 0], [0, 0]]
    assert one.n_sites is None


def test_a_name_that_does_not_tell_motifs_apart_is_not_used(read):
    rows = "\n1\n2\n3\n4\n"
    text = f">a x{rows}>b x{rows}>c a{rows}>d d{rows}>e two words{rows}"
    assert read(text).names == ("a", "b", "c", "d", "two words")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (">MA0004.1\tArnt\n", "", 1, "begins with '>identifier name'"),
        (">MA0004.1\tArnt", ">", 1, "begins with"),
        (">MA0006.1", ">MA0004.1", 6, "already given in line 1"),
        ("T [11 1]\n", "", 9, "MA0006.1 has 3 rows"),
        ("A [3 0]\nC [8 0]\nG [2 23]\nT [11 1]\n", "", 6, "MA0006.1 has 0 rows"),
        ("C [8 0]", "G [8 0]", 8, "expected the counts of C"),
        ("C [8 0]", "C [8 0", 8, "expected the counts of C"),
        ("C [8 0]", "C 8 0]", 8, "expected the counts of C"),
        ("C [8 0]", "C [8 0 1]", 8, "3 counts; expected 2"),
        ("C [8 0]", "C []", 8, "0 counts; expected 2"),
        ("A [3 0]", "A []", 7, "0 counts; expected 1"),
        ("C [8 0]", "C [8 x]", 8, "'x' is no count"),
        ("C [8 0]", "C [8 -1]", 8, "'-1' is no count"),
        ("C [8 0]", "C [8 nan]", 8, "'nan' is no count"),
        ("C [8 0]", "C [8 1_0]", 8, "'1_0' is no count"),
        ("C [8 0]", "C [inf 0]", 8, "'inf' is no count"),
        ("G [2 23]\nT [11 1]", "G [2 0]\nT [11 0]", 6, "no counts at all"),
        ("T [11 1]\n", "T [11 1]\nT [1 1]\n", 11, "begins with"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_line(read, old, new, line, words):
    assert NEW.count(old) == 1
    with pytest.raises(FormatError, match=words) as caught:
        read(NEW.replace(old, new))
    assert caught.value.line == line
    assert f"x.jaspar:{line}:" in str(caught.value)


def test_files_without_motifs_are_refused(read, tmp_path):
    with pytest.raises(FormatError, match="empty"):
        read("\n\n")
    with pytest.raises(MissingFileError):
        read_jaspar(tmp_path / "none")


COLUMN = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda column: sum(column) > 0.01)
MATRIX = st.lists(COLUMN, min_size=1, max_size=9).map(
    lambda columns: np.array([np.array(column) / sum(column) for column in columns]).T
)


@given(st.dictionaries(st.text("ABCxyz0.:()-", min_size=1, max_size=6), MATRIX, min_size=1))
def test_written_motifs_read_back(tmp_path_factory, given_motifs):
    motifs = MotifSet(
        tuple(
            Motif(name, ppm=ppm, original_name=f"M{k}" if k % 2 else None)
            for k, (name, ppm) in enumerate(given_motifs.items())
        )
    )
    place = tmp_path_factory.mktemp("jaspar") / "x.jaspar"
    assert write_jaspar(motifs, place) == place
    back = read_jaspar(place)
    assert back.names == motifs.names
    assert back.original_names == motifs.original_names
    for one, other in zip(motifs, back, strict=True):
        assert np.abs(one.ppm - other.ppm).max() <= 1e-6
    assert jaspar_text(back) == place.read_text()


def test_each_motif_is_written_once_along_its_forward_strand(tmp_path):
    motifs = MotifSet((Motif("M", ppm=np.eye(4)[:, [0, 1]]),)).with_reverse_complements()
    assert jaspar_text(motifs) == jaspar_text(motifs[:1]) == jaspar_text(motifs[1:])


def test_what_the_layout_cannot_hold_is_refused(tmp_path):
    with pytest.raises(InputError, match="empty"):
        write_jaspar(MotifSet(()), tmp_path / "x")
    with pytest.raises(InputError, match="'two words': a name in a JASPAR file is one word"):
        write_jaspar(MotifSet((Motif("two words", ppm=np.eye(4)),)), tmp_path / "x")
    with pytest.raises(InputError, match="no base frequencies"):
        write_jaspar(MotifSet((Motif("M", np.eye(4)),)), tmp_path / "x")
    assert not list(tmp_path.iterdir())

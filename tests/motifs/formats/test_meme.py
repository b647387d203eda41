"""MEME text in and out: what is kept, and what is refused with its line."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import FormatError, InputError, LocuscopeError, MissingFileError
from locuscope.motifs.formats.meme import meme_text, read_meme, write_meme
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet

TEXT = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.303 C 0.183 G 0.209 T 0.306

MOTIF MA1.1 first
letter-probability matrix: alength= 4 w= 2 nsites= 17 E= 4.1e-009
 0.5  0.25 0.125 0.125
 1.000000 0.000000 0.000000 0.000000

URL http://example.org/MA1.1
MOTIF MA2.1
letter-probability matrix: w=1
0.1 0.2 0.3 0.4
"""


@pytest.fixture
def read(tmp_path):
    def reader(text: str) -> MotifSet:
        place = tmp_path / "x.meme"
        place.write_bytes(text.encode())
        return read_meme(place)

    return reader


def test_names_matrices_sites_background_and_address_are_kept(read):
    motifs = read(TEXT)
    assert motifs.names == ("first", "MA2.1")
    assert motifs.original_names == ("MA1.1", "MA2.1")
    assert motifs.origin.endswith("x.meme")
    assert motifs.background == (0.303, 0.183, 0.209, 0.306)
    first = motifs["MA1.1"]
    assert first.ppm.T.tolist() == [[0.5, 0.25, 0.125, 0.125], [1, 0, 0, 0]]
    assert (first.n_sites, first.url) == (17, "http://example.org/MA1.1")
    assert (motifs["MA2.1"].n_sites, motifs["MA2.1"].url) == (None, None)


def test_the_smallest_file(read):
    text = "MEME version 5.1.1\nMOTIF M\nletter-probability matrix:w= 1\n0 0 0 1\n"
    assert read(text)["M"].consensus == "T"
    assert read(text).background == (0.25, 0.25, 0.25, 0.25)


@pytest.mark.parametrize("text", [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.rstrip()])
def test_line_ends_and_byte_order_marks_do_not_matter(read, text):
    assert read(text).names == ("first", "MA2.1")


def test_a_name_that_does_not_tell_motifs_apart_is_not_used(read):
    matrix = "\nletter-probability matrix: w= 1\n0 0 0 1\n"
    text = f"MEME version 4\nMOTIF a x{matrix}MOTIF b x{matrix}MOTIF c a{matrix}MOTIF d d{matrix}"
    assert read(text).names == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("MEME version 4", "MEME version 3", 1, "MEME version 4"),
        ("MEME version 4", "# motifs", 1, "'# motifs'"),
        ("ACGT", "ACGU", 3, "alphabet"),
        ("strands: + -", "strands: both", 5, "strands"),
        ("C 0.183", "C 0.9", 8, "background sums to 1.718"),
        ("C 0.183", "0.183", 10, "background is"),
        ("C 0.183", "C x", 8, "four numbers"),
        ("MOTIF MA1.1 first", "MOTIF", 10, "identifier"),
        ("MOTIF MA1.1 first", "MOTIF a b c", 10, "identifier"),
        ("MOTIF MA1.1 first", "MOTIFS a", 10, "identifier"),
        ("MOTIF MA1.1 first", "", 11, "not part"),
        ("MOTIF MA2.1", "MOTIF MA1.1", 16, "already given in line 10"),
        ("letter-probability matrix: a", "log-odds matrix: a", 11, "must follow"),
        ("alength= 4", "alength= 20", 11, "alength must be 4"),
        ("w= 2 ", "", 11, "w= must be"),
        ("w= 2 ", "w= two ", 11, "w= must be"),
        ("w= 2 ", "w= 0 ", 11, "w= must be"),
        ("w= 2 ", "w= 99999999999 ", 11, "w= must be"),
        ("w= 2 ", "w= 2 x= ", 11, "must follow"),
        ("nsites= 17", "nsites= -1", 11, "nsites= must be"),
        ("w= 2 ", "w= 3 ", 15, "four numbers"),
        ("w= 2 ", "w= 1 ", 13, "not part"),
        ("0.5  0.25", "0.5  0.26", 12, "sums to 1.01"),
        ("0.5  0.25", "0.75 0", 12, None),
        ("0.5  0.25", "1.5 -0.75", 12, "from 0 to 1"),
        ("0.5  0.25", "nan 0.25", 12, "four numbers"),
        ("0.5  0.25", "0_5 0.25", 12, "four numbers"),
        ("0.5  0.25", "0.5", 12, "four numbers"),
        ("0.1 0.2 0.3 0.4\n", "", 17, "MA2.1 of line 16 has 0 rows"),
        ("0.1 0.2 0.3 0.4\n", "MOTIF c", 18, "four numbers|has 0 rows"),
        ("URL http://example.org/MA1.1", "Time 3 secs", 15, "not part"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_line(read, old, new, line, words):
    assert TEXT.count(old) >= 1
    if words is None:
        assert len(read(TEXT.replace(old, new, 1))) == 2
        return
    with pytest.raises(FormatError, match=words) as caught:
        read(TEXT.replace(old, new, 1))
    assert caught.value.line == line
    assert f"x.meme:{line}:" in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n\n", "MEME version 4\n"])
def test_a_file_without_motifs_is_refused(read, text):
    with pytest.raises(FormatError, match=r"empty|no MOTIF"):
        read(text)


def test_a_missing_file_a_folder_and_bytes_are_told_apart(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_meme(tmp_path / "none.meme")
    with pytest.raises(InputError, match="folder"):
        read_meme(tmp_path)
    (tmp_path / "b").write_bytes(b"\x89HDF\r\n\x1a\n\0\0\0")
    with pytest.raises(LocuscopeError):
        read_meme(tmp_path / "b")


@pytest.mark.parametrize("seed", range(150))
def test_a_damaged_file_reads_or_says_why(read, seed):
    draw = random.Random(seed)
    data = bytearray(TEXT.encode())
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(data))
        kind = draw.randrange(3)
        if kind == 0:
            data[place] = draw.randrange(32, 127)
        elif kind == 1:
            del data[place : place + draw.randint(1, 40)]
        else:
            data[place:place] = bytes(draw.randrange(10, 127) for _ in range(5))
    try:
        motifs = read(data.decode())
    except (FormatError, InputError):
        return
    assert all(np.allclose(motif.ppm.sum(axis=0), 1, atol=1e-5) for motif in motifs)


def test_a_line_of_many_settings_is_refused_at_once(read):
    text = TEXT.replace("w= 2", "x=x= " * 5000)
    with pytest.raises(FormatError, match="must follow"):
        read(text)


NAME = st.text("ABCxyz0.:()-", min_size=1, max_size=8)
MATRIX = st.lists(
    st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4).filter(lambda row: sum(row) > 0.01),
    min_size=1,
    max_size=12,
).map(lambda rows: np.array([np.array(row) / sum(row) for row in rows]).T)


@given(st.lists(st.tuples(NAME, MATRIX, st.none() | st.integers(1, 10**6)), min_size=1, max_size=4))
def test_written_motifs_read_back(tmp_path_factory, given_motifs):
    unique = {name: (matrix, sites) for name, matrix, sites in given_motifs}
    motifs = MotifSet(
        tuple(
            Motif(
                name,
                ppm=matrix,
                original_name=f"M{place}" if sites else None,
                n_sites=sites,
                url="http://x" if sites else None,
            )
            for place, (name, (matrix, sites)) in enumerate(unique.items())
        ),
        (0.3, 0.2, 0.2, 0.3),
    )
    place = tmp_path_factory.mktemp("meme") / "x.meme"
    assert write_meme(motifs, place) == place
    back = read_meme(place)
    assert back.background == motifs.background
    for one, other in zip(motifs, back, strict=True):
        assert (other.name, other.original_name) == (one.name, one.original_name)
        assert (other.n_sites, other.url) == (one.n_sites, one.url)
        assert np.abs(one.ppm - other.ppm).max() <= 1e-6
    assert meme_text(back) == place.read_text()


def test_an_empty_set_is_not_written(tmp_path):
    with pytest.raises(InputError, match="empty"):
        write_meme(MotifSet(()), tmp_path / "x.meme")
    assert not list(tmp_path.iterdir())


def test_contributions_are_made_against_the_background_of_the_file(read):
    one = read(TEXT)["first"]
    assert one.source == "ppm"
    plain = one.against((0.25, 0.25, 0.25, 0.25))
    assert not np.allclose(one.cwm, plain.cwm)
    assert np.allclose(one.cwm, one.against((0.303, 0.183, 0.209, 0.306)).cwm)


def test_the_chance_of_a_motif_is_kept(read):
    motifs = read(TEXT)
    assert motifs["first"].e_value == 4.1e-9
    assert motifs["MA2.1"].e_value is None
    assert "nsites= 17 E= 4.1e-09" in meme_text(motifs)
    assert read(meme_text(motifs))["first"].e_value == 4.1e-9
    for bad in ("x", "-1", "nan", "1_0"):
        with pytest.raises(FormatError, match="E= must be"):
            read(TEXT.replace("4.1e-009", bad))


def test_a_background_without_a_base_is_refused(read):
    with pytest.raises(FormatError, match="above 0"):
        read(TEXT.replace("A 0.303 C 0.183", "A 0.486 C 0"))


def test_each_motif_is_written_once_along_its_forward_strand(read):
    motifs = read(TEXT)
    both = motifs.with_reverse_complements()
    assert meme_text(both) == meme_text(motifs)
    assert meme_text(both[1:2]) == meme_text(motifs[:1])


def test_what_the_format_cannot_hold_is_refused(tmp_path):
    with pytest.raises(InputError, match="'two words': a name in a MEME file is one word"):
        write_meme(MotifSet((Motif("two words", ppm=np.eye(4)),)), tmp_path / "x.meme")
    with pytest.raises(InputError, match="no base frequencies"):
        write_meme(MotifSet((Motif("M", np.eye(4)),)), tmp_path / "x.meme")
    assert not list(tmp_path.iterdir())

"""One-hot, its inverse, the other strand, and the checks at the door."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError, WrongTypeError
from locuscope.genome.sequence import (
    IUPAC,
    check_one_hot,
    count_unknown,
    decode,
    encode_indices,
    first_odd_letter,
    gc_fraction,
    one_hot,
    plain_upper,
    reverse_complement,
)
from tests.oracles import sequence_oracle as oracle

LETTERS = st.text("ACGTNacgtnRYSWKMBDHVryswkmbdhv", max_size=40)


@pytest.mark.parametrize("byte", range(256))
def test_every_byte_equals_the_oracle(byte):
    letter = chr(byte)
    try:
        expected = oracle.one_hot(letter)
    except ValueError:
        for given_ in (bytes([byte]), letter):
            with pytest.raises(InputError, match="at position 0"):
                one_hot(given_)
            with pytest.raises(InputError, match="position 0"):
                encode_indices(given_)
            with pytest.raises(InputError, match="position 0"):
                reverse_complement(given_)
    else:
        assert one_hot(letter).tolist() == expected
        assert one_hot(bytes([byte])).tolist() == expected
        column = [row[0] for row in expected]
        assert encode_indices(letter).tolist() == [column.index(1) if 1 in column else 4]


@pytest.mark.parametrize("dtype", ["uint8", "bool", "float16", "float32"])
@given(sequence=LETTERS)
def test_one_hot_equals_the_oracle(dtype, sequence):
    found = one_hot(sequence, dtype=dtype)
    assert found.dtype == dtype
    assert found.shape == (4, len(sequence))
    assert np.array_equal(found, np.array(oracle.one_hot(sequence)).reshape(4, -1))


def test_one_hot_of_nothing_and_of_several():
    assert one_hot("").shape == (4, 0)
    assert one_hot([]).shape == (0, 4, 0)
    several = one_hot(["ACGT", b"NNAA", "ttgg"], dtype="float32")
    assert several.shape == (3, 4, 4)
    assert np.array_equal(several[2], one_hot("TTGG"))


@pytest.mark.parametrize(
    ("sequence", "error", "words"),
    [
        ("AC-T", InputError, "'-' at position 2 is no base letter"),
        ("AC*T", InputError, r"'\*' at position 2"),
        ("ACU", InputError, "'U' at position 2"),
        ("A C", InputError, "' ' at position 1"),
        ("ACé", InputError, "'é' at position 2"),
        (["AC", "A-"], InputError, "'-' at position 1 of sequence 1"),
        (["AC", "Aé"], InputError, "'é' at position 1 of sequence 1"),
        (["AC", "ACG"], ShapeError, "sequence 1 has 3 bases but sequence 0 has 2"),
        (3, WrongTypeError, "int"),
        (["AC", 3], WrongTypeError, "list"),
        (None, WrongTypeError, "NoneType"),
    ],
)
def test_one_hot_refuses(sequence, error, words):
    with pytest.raises(error, match=words):
        one_hot(sequence)


def test_one_hot_into_an_array():
    out = np.full((2, 4, 3), 9, dtype=np.float32)
    assert one_hot(["ACG", "NNN"], out=out[:2]) is not None
    assert out.sum() == 3
    view = np.zeros((4, 6), dtype=np.uint8)[:, ::2]
    assert np.array_equal(one_hot("ACG", out=view), one_hot("ACG"))
    with pytest.raises(ShapeError, match="out is"):
        one_hot("ACG", out=np.zeros((3, 4)))
    with pytest.raises(ShapeError, match="int32"):
        one_hot("ACG", out=np.zeros((4, 3), np.int32))
    with pytest.raises(OptionError, match="float64"):
        one_hot("ACG", dtype="float64")


@given(st.lists(st.text("ACGTN", min_size=5, max_size=5), min_size=1, max_size=4))
def test_decode_inverts(sequences):
    assert decode(one_hot(sequences)) == sequences
    assert decode(one_hot(sequences[0], dtype="float16")) == sequences[0]
    assert [decode(row) for row in one_hot(sequences)] == sequences


def test_decode_refuses_what_is_not_one_hot():
    with pytest.raises(InputError, match="not one-hot"):
        decode(np.ones((4, 2)))


def test_indices():
    assert encode_indices("ACGTNacgtR").tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert encode_indices("").size == 0
    with pytest.raises(WrongTypeError, match="one sequence"):
        encode_indices(["A", "C"])


def test_unknown_and_gc():
    assert count_unknown(one_hot("ANNC")) == 2
    assert count_unknown(one_hot(["ANNC", "ACGT"])).tolist() == [2, 0]
    assert count_unknown(one_hot("")) == 0
    assert gc_fraction("GCAT") == 0.5
    assert gc_fraction(b"ggn") == 1.0
    assert np.isnan(gc_fraction("NN"))
    assert gc_fraction(one_hot(["GGGA", "AAAA"])).tolist() == [0.75, 0.0]
    with pytest.raises(ShapeError, match="looks transposed"):
        count_unknown(one_hot("AACCG").T)


@given(LETTERS)
def test_reverse_complement_of_text(sequence):
    found = reverse_complement(sequence)
    assert found == oracle.reverse_complement(sequence)
    assert reverse_complement(found) == sequence
    assert reverse_complement(sequence.encode()) == found.encode()


@given(st.text(IUPAC, max_size=30))
def test_text_and_one_hot_agree_on_the_other_strand(sequence):
    here = one_hot(sequence)
    assert np.array_equal(reverse_complement(here), one_hot(reverse_complement(sequence)))


def test_reverse_complement_of_arrays():
    x = one_hot(["ACGGN", "TTTTT"], dtype="float32")
    flipped = reverse_complement(x)
    assert np.shares_memory(flipped, x)
    assert decode(flipped) == ["NCCGT", "AAAAA"]
    assert np.array_equal(reverse_complement(flipped), x)
    tensor = torch.from_numpy(x)
    assert torch.equal(reverse_complement(tensor), torch.from_numpy(flipped.copy()))


@pytest.mark.parametrize("bad", [3, None, np.zeros(4), ["A"]])
def test_reverse_complement_refuses(bad):
    with pytest.raises(InputError):
        reverse_complement(bad)


@pytest.mark.fault("N5")
def test_check_one_hot_accepts():
    for sequence in ("ACGTN", "", "NNNN", "ACGT"):
        for dtype in ("uint8", "bool", "float16", "float32"):
            check_one_hot(one_hot(sequence, dtype=dtype))
    check_one_hot(one_hot(["AC", "GT"]))
    check_one_hot(torch.from_numpy(one_hot("ACGT", dtype="float32")).to(torch.bfloat16))
    check_one_hot(one_hot("ACGT").astype(np.int64))


@pytest.mark.fault("N5")
@pytest.mark.parametrize("place", [(0, 3), (1, 0), (1, 4)])
@pytest.mark.parametrize("column", [[1, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 2, 0], [-1, 0, 0, 0]])
def test_check_one_hot_names_the_first_bad_column(place, column):
    x = one_hot(["ACGTA", "NNNNN"], dtype="float32")
    x[place[0], :, place[1]] = column
    x[1, :, 4] = column
    with pytest.raises(
        InputError, match=rf"contributions is not one-hot at \({place[0]}, {place[1]}\)"
    ):
        check_one_hot(x, where="contributions")
    if place[0] == 0:
        with pytest.raises(InputError, match=f"not one-hot at {place[1]}"):
            check_one_hot(x[0])


@pytest.mark.fault("N5")
@pytest.mark.fault("N7")
@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((5, 4), "looks transposed"),
        ((2, 5, 4), "looks transposed"),
        ((5, 5), "4 rows are ACGT"),
        ((2, 3, 7), "4 rows"),
        ((4,), "looks transposed"),
        ((), "4 rows"),
    ],
)
def test_check_one_hot_refuses_shapes(shape, words):
    with pytest.raises(ShapeError, match=words) as caught:
        check_one_hot(np.zeros(shape))
    assert caught.value.found == shape


@pytest.mark.fault("N1")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_check_one_hot_refuses_nonfinite(value):
    x = one_hot(["ACGT", "ACGT"], dtype="float32")
    x[1, 2, 3] = value
    with pytest.raises(NonFiniteError, match=r"1 columns, first at \(1, 3\)") as caught:
        check_one_hot(x)
    assert (caught.value.count, caught.value.first) == (1, (1, 3))


@pytest.mark.fault("F9")
@pytest.mark.parametrize("before", ["", "ACGTNacgtn" * 600])
@pytest.mark.parametrize("byte", range(256))
def test_plain_letters(before, byte):
    raw = before.encode() + bytes([byte]) + before.encode()
    letter = chr(byte).upper() if byte < 128 else ""
    found = plain_upper(raw)
    if letter and letter in "ACGTN":
        assert found == raw.upper()
    else:
        assert found is None
        assert first_odd_letter(raw) == (len(before), bool(letter) and letter in IUPAC)
        assert first_odd_letter(b"R" + raw + b"!") == (
            (len(before) + 1, False) if letter not in IUPAC or not letter else (len(raw) + 1, False)
        )

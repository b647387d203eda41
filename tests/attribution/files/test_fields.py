from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from locuscope.attribution.files.fields import (
    ROW_ARRAYS,
    check_bases,
    check_columns,
    check_shapes,
    chrom_numbers,
    chunk_rows,
    columns_digest,
    facts_text,
    places_of,
    read_facts,
)
from locuscope.errors import CorruptStoreError, FormatError, NonFiniteError, ShapeError
from locuscope.genome.interval import Interval
from tests.attribution.files.made import full, made

PATH = Path("a.npz")


def test_facts_come_back():
    given = full()
    facts = read_facts(facts_text([given, made(notes=("a note", "another"))]), PATH)
    assert facts["notes"] == ("a note", "another")
    assert {facts[name] == getattr(given, name) for name in ("kind", "method", "target")} == {True}
    assert read_facts(None, PATH, "projected")["kind"] == "projected"
    for text in ("[1]", "{", '{"provenance": 3}', '{"kind": "other"}'):
        with pytest.raises(FormatError, match="facts that do not read"):
            read_facts(text, PATH)


def test_columns_have_a_digest():
    given = full()
    columns = {name: getattr(given, name) for name in ("intervals", *ROW_ARRAYS)}
    text = facts_text([given], columns_digest(columns))
    check_columns(text, columns, PATH)
    check_columns(None, {}, PATH)
    check_columns("{}", {}, PATH)
    for name, value in (
        ("intervals", given.intervals[::-1]),
        ("delta", given.delta + 1e-9),
        ("change", None),
        ("peak_ids", given.peak_ids[::-1]),
    ):
        with pytest.raises(CorruptStoreError, match="not those that were written"):
            check_columns(text, {**columns, name: value}, PATH)


def test_places():
    found = places_of(["1", "2"], [5, 0], 3, names=["a", ""], strands=["-", "."], path=PATH)
    assert found == (Interval("1", 5, 8, "-", "a"), Interval("2", 0, 3))
    assert places_of(["NA", "NA"], [0, 0], 3, path=PATH) is None
    assert places_of([], [], 3, path=PATH) == ()
    with pytest.raises(FormatError, match="4 bases for example 1 of 3"):
        places_of(["1", "1"], [0, 5], 3, ends=[3, 9], path=PATH)
    for chroms, starts in ((["1"], ["x"]), (["1", "2"], [0]), (["1\t"], [0])):
        with pytest.raises(FormatError, match="places that are none"):
            places_of(chroms, starts, 3, path=PATH)


def test_numbers_of_contigs():
    assert chrom_numbers(made()).tolist() == [0, 1, 0]
    assert chrom_numbers(full()).tolist() == [2, 0, 2]


def test_chunks_stay_small():
    assert chunk_rows(40) == 64 and chunk_rows(4 * 2**20) == 1 and chunk_rows(10**9) == 1


@pytest.mark.fault("V4")
def test_arrays_that_do_not_fit():
    check_shapes(PATH, (3, 4, 10), (2, 3, 4, 10))
    for bases, values, words in (
        ((3, 10, 4), (3, 10, 4), "sequences .* swap the last two axes"),
        ((3, 10), (3, 10), r"\(N, 4, L\) is needed\.$"),
        ((3, 4, 10), (3, 10, 4), "the contributions look transposed"),
        ((3, 4, 10), (2, 4, 10), r"do not fit\.$"),
    ):
        with pytest.raises(ShapeError, match=words):
            check_shapes(PATH, bases, values)
    x = np.zeros((1, 4, 3))
    check_bases(PATH, x)
    x[0, :2, 1] = 1
    with pytest.raises(ShapeError, match=r"a\.npz: sequences is not one-hot"):
        check_bases(PATH, x)
    x[0, 0, 1] = np.nan
    with pytest.raises(NonFiniteError):
        check_bases(PATH, x)


def test_starts_are_whole_numbers():
    for starts in ([0.0, 1.5], [np.nan, 0.0], [np.inf, 0.0]):
        with pytest.raises(FormatError, match="places that are none"):
            places_of(["c", "c"], np.array(starts), 10, path=Path("a.npz"))
    assert places_of(["c"], np.array([3.0]), 10, path=Path("a.npz"))[0].start == 3

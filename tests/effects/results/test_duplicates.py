from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results.duplicates import change_keys, has_duplicate_note, marked, repeats
from tests.effects.made_scores import cut, made


def loop_repeats(keys: list[int]) -> list[bool]:
    """The obvious way: a set of what was seen; 0 is no change."""
    seen: set[int] = set()
    found = []
    for key in keys:
        found.append(key != 0 and key in seen)
        seen.add(key)
    return found


keys = st.lists(st.integers(0, 30) | st.integers(0, 2**64 - 1), max_size=120)


@settings(deadline=None, max_examples=60)
@given(keys, st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_repeats_are_those_of_a_set_for_any_pieces(numbers, sizes):
    array = np.array(numbers, np.uint64)
    pieces, first, turn = [], 0, 0
    while first < len(array) or not pieces:
        pieces.append(array[first : first + sizes[turn % len(sizes)]])
        first += sizes[turn % len(sizes)]
        turn += 1
    found = np.concatenate(list(repeats(pieces)))
    assert found.tolist() == loop_repeats(numbers)


def test_pieces_come_back_one_by_one():
    found = repeats(iter([np.array([5, 5], np.uint64), np.array([5, 7], np.uint64)]))
    assert next(found).tolist() == [False, True]
    assert next(found).tolist() == [True, False]


def test_a_million_different_changes_have_different_keys():
    n = 1_000_000
    base = made(1, has_parts=False)
    pos = pl.Series(np.arange(n) // 4 + 1)
    windows = pl.DataFrame(
        {
            "norm_pos": pos,
            "norm_ref": pl.Series(["A"] * n),
            "norm_alt": pl.Series(["C", "G", "T", "AA"] * (n // 4)),
            "window_index": pl.Series(np.zeros(n, np.int32)),
        }
    )

    class Rows:
        variants = replace(
            base.variants,
            table=pl.DataFrame({"chrom": ["chr1"] * n})
            .with_columns(
                pl.lit(None).alias(name) for name in base.variants.table.columns if name != "chrom"
            )
            .select(base.variants.table.columns),
            note_bits=np.zeros(n, np.uint16),
        )

    Rows.windows = windows
    found = change_keys(Rows())
    assert len(np.unique(found)) == n
    assert not np.concatenate(list(repeats(np.array_split(found, 50)))).any()
    twice = np.concatenate([found, found[::-1]])
    mask = np.concatenate(list(repeats(np.array_split(twice, 70))))
    assert not mask[:n].any()
    assert mask[n:].all()


def with_rows(chroms, notes, **windows):
    scores = made(len(chroms), has_parts=False, statuses=("ok",))
    table = scores.variants.table.with_columns(pl.Series("chrom", chroms))
    variants = replace(scores.variants, table=table)
    for note, mask in notes.items():
        variants = variants.with_note(np.array(mask), note)
    columns = [pl.Series(name, cells) for name, cells in windows.items()]
    return replace(scores, variants=variants, windows=scores.windows.with_columns(columns))


@pytest.mark.parametrize(
    ("genome", "alias"), [("chr7", "7"), ("7", "chr7"), ("MT", "chrM"), ("chrM", "MT")]
)
def test_two_spellings_of_a_contig_are_one(genome, alias):
    same = {"norm_pos": [5, 5, 5], "norm_ref": ["A"] * 3, "norm_alt": ["C"] * 3}
    scores = with_rows([genome, alias, alias], {"contig_alias": [False, True, False]}, **same)
    found = change_keys(scores)
    assert found[0] == found[1]
    assert found[2] != found[0]  # a contig of its own: the genome has both names


def test_windows_of_one_allele_are_no_repeats_and_unscored_rows_neither():
    scores = with_rows(
        ["1"] * 5,
        {},
        norm_pos=[5, 5, None, None, 5],
        norm_ref=["A", "A", None, None, "A"],
        norm_alt=["C", "C", None, None, "C"],
    )
    index = pl.Series("window_index", [0, 1, 0, 0, 0], pl.Int32)
    scores = replace(scores, windows=scores.windows.with_columns(index))
    assert np.concatenate(list(repeats([change_keys(scores)]))).tolist() == [0, 0, 0, 0, 1]


@pytest.mark.fault("V8")
def test_marked_notes_what_an_earlier_piece_had():
    scores = made(20, seed=3, statuses=("ok",))
    again = [*cut(scores, 7), scores[[4, 5]]]
    found = list(marked(again))
    assert [has_duplicate_note(piece).any() for piece in found] == [False, False, False, True]
    assert found[-1].notes[0][0] == "duplicate"
    assert "padded" in [word for words in scores.notes for word in words]
    assert found[0].notes == scores[:7].notes

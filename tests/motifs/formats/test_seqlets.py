"""Seqlets: where they lie in the regions, on which strand, and which are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import DataWarning, FormatError, InputError, OptionError
from locuscope.genome.interval import Interval
from locuscope.motifs.formats.modisco import read_modisco
from locuscope.motifs.formats.seqlets import COLUMNS, read_seqlets
from tests.motifs.modisco_files import pattern, two_patterns, write_patterns

LENGTH = 61


def regions(n: int = 2, *, placed: bool = True) -> Contributions:
    sequences = np.zeros((n, 4, LENGTH), np.uint8)
    sequences[:, 0] = 1
    places = tuple(Interval(f"chr{k + 1}", 1000 * k, 1000 * k + LENGTH) for k in range(n))
    return Contributions(
        np.ones((n, 4, LENGTH), np.float32), sequences, intervals=places if placed else None
    )


def test_seqlets_lie_in_the_central_window(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    motifs = read_modisco(path).with_reverse_complements()
    table = read_seqlets(path, regions(), motifs)
    assert tuple(table.columns) == COLUMNS
    assert table.schema["peak_id"] == pl.UInt32
    assert table.schema["start"] == pl.Int64
    assert table.height == 6
    offset = LENGTH // 2 - 40 // 2
    for k, row in enumerate(table.iter_rows(named=True)):
        number = k % 3
        name = motifs.names[2 * (k // 3)]
        strand = "-" if number % 2 else "+"
        place = 2 * (k // 3) + (strand == "-")
        begin = 1000 * (number % 2) + offset + 7 * number
        first, last = motifs[place].core
        assert row == {
            "chr": f"chr{number % 2 + 1}",
            "start": begin + first,
            "end": begin + last,
            "start_untrimmed": begin,
            "end_untrimmed": begin + 10,
            "strand": strand,
            "motif_name": name,
            "peak_id": number % 2,
            "peak_region_start": 1000 * (number % 2),
        }


def test_one_strand_of_the_motifs_is_enough(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    motifs = read_modisco(path)
    both = motifs.with_reverse_complements()
    expected = read_seqlets(path, regions(), both)
    assert read_seqlets(path, regions(), motifs).equals(expected)
    assert read_seqlets(path, regions(), both[1::2]).equals(expected)


def test_renamed_and_chosen_motifs_are_found(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    motifs = read_modisco(path).rename({"neg_patterns.pattern_0": "REP"}).select("REP")
    table = read_seqlets(path, regions(), motifs)
    assert table["motif_name"].unique().to_list() == ["REP"]
    assert table.height == 3
    assert read_seqlets(path, regions(), motifs.select([])).height == 0


def test_seqlets_find_regions_by_number_not_by_row(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    motifs = read_modisco(path)
    straight = read_seqlets(path, regions(), motifs)
    turned = replace(regions()[[1, 0]], peak_ids=np.array([1, 0]))
    assert read_seqlets(path, turned, motifs).equals(straight)


def test_without_places_positions_count_from_the_region(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    table = read_seqlets(path, regions(placed=False), read_modisco(path))
    assert table["chr"].unique().to_list() == ["NA"]
    assert table["peak_region_start"].unique().to_list() == [0]
    assert table["start_untrimmed"].to_list()[:3] == [10, 17, 24]


@pytest.mark.parametrize(
    ("said", "given", "offset"),
    [(40, None, 10), (None, None, 0), (40, 20, 20), (None, 61, 0), (100, None, 0), (41, None, 10)],
)
def test_the_window_is_that_of_the_call_then_of_the_file_then_400(tmp_path, said, given, offset):
    path = write_patterns(
        tmp_path / "m.h5", {"pos_patterns/pattern_0": pattern(0)}, window_size=said
    )
    table = read_seqlets(path, regions(), read_modisco(path), window_bp=given)
    assert table["start_untrimmed"][0] == offset


@pytest.mark.parametrize("window", [0, 62, -1])
def test_a_window_fits_into_the_regions(tmp_path, window):
    path = two_patterns(tmp_path / "m.h5")
    with pytest.raises(OptionError, match=f"window_bp={window}; from 1 to 61"):
        read_seqlets(path, regions(), read_modisco(path), window_bp=window)


def test_seqlets_of_other_regions_are_counted(tmp_path):
    path = two_patterns(tmp_path / "m.h5")
    motifs = read_modisco(path)
    with pytest.warns(DataWarning, match="2 of 6 seqlets .* in regions that are not there"):
        table = read_seqlets(path, regions(1), motifs)
    assert table["peak_id"].unique().to_list() == [0]
    other = replace(regions(), peak_ids=np.array([50, 51]))
    with pytest.raises(InputError, match="none of the 6 seqlets"):
        read_seqlets(path, other, motifs)


@pytest.mark.fault("H2")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seqlets__n_seqlets": np.array([4])}, "one number of seqlets: .*'n_seqlets': 4"),
        ({"seqlets__n_seqlets": np.int64(2)}, "one number of seqlets"),
        ({"seqlets__end": np.arange(2)}, "one number of seqlets"),
        ({"seqlets__is_revcomp": None}, "has no seqlets/is_revcomp"),
    ],
)
def test_seqlets_that_do_not_fit_are_refused(tmp_path, changes, words):
    path = two_patterns(tmp_path / "m.h5", **changes)
    with pytest.raises(FormatError, match=words):
        read_seqlets(path, regions(), read_modisco(path))


def test_the_count_may_be_missing(tmp_path):
    path = two_patterns(tmp_path / "m.h5", seqlets__n_seqlets=None)
    assert read_seqlets(path, regions(), read_modisco(path)).height == 6

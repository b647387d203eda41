from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError, OutOfBoundsError, UnknownNameError, WrongTypeError
from locuscope.genome.variant import Variant
from locuscope.plots.map_data import Box, map_data
from tests.effects.made_maps import REFERENCE, START, cells, example

LISTS = {
    "chr": ["7", "chr7", "8"],
    "pos": [START + 2.0, START + 3, START + 3],
    "id": ["one", None, "elsewhere"],
    "ref": ["C", "G", "G"],
    "alt": ["G", "A", "A"],
}


def assert_equal(one, other) -> None:
    np.testing.assert_array_equal(one.matrix, other.matrix)
    np.testing.assert_array_equal(one.heights, other.heights)
    np.testing.assert_array_equal(one.positions, other.positions)
    assert one.reference == other.reference
    assert sorted(one.boxes, key=repr) == sorted(other.boxes, key=repr)


def test_one_track_of_one_layer_is_shown():
    found = map_data(example(), score="ref", track="kidney_1")
    np.testing.assert_array_equal(found.matrix, cells(1, value=True)[:, :, 1].T)
    assert found.reference == REFERENCE
    assert found.positions.tolist() == list(range(START, START + 12))
    expected = np.abs(cells(1, value=True)[:, :, 1].astype(float)).mean(1)
    expected[REFERENCE.index("N")] = np.nan
    np.testing.assert_allclose(found.heights, expected)
    with pytest.raises(OptionError, match="3 tracks"):
        map_data(example())
    with pytest.raises(UnknownNameError, match="diff"):
        map_data(example(), score="dif", track=0)


def test_variants_frame_their_alt_cell_the_first_and_the_last_base_included():
    found = map_data(example(), track=0)
    key = f"7:{START + 6}:G:C"
    assert found.boxes == (
        Box(0, 1, (3,), "rs_first"),
        Box(5, 6, (1,), key),
        Box(11, 12, (2,), "rs_last"),
    )
    assert map_data(example(), track=0, ignore_stored_annotations=True).boxes == ()


def test_the_other_strand_complements_rows_and_mirrors_columns():
    one, other = map_data(example(), track=0), map_data(example(), track=0, rc_plot=True)
    np.testing.assert_array_equal(other.matrix, one.matrix[::-1, ::-1])
    np.testing.assert_array_equal(other.heights, one.heights[::-1])
    assert other.boxes[0] == Box(11, 12, (0,), "rs_first")


@given(st.integers(0, 11), st.integers(1, 12), st.booleans())
def test_reading_the_other_strand_twice_restores_everything(first, stop, signed):
    if first >= stop:
        return
    options = {"track": 1, "letter_heights": "signed" if signed else "mean_abs"}
    options["annotation_variants"] = LISTS
    one = map_data(example(), limit_region=(first, stop), **options)
    mirrored = (12 - stop, 12 - first)
    twice = example().reverse_complement()
    assert_equal(map_data(twice, limit_region=mirrored, rc_plot=True, **options), one)
    genomic = (START + first, START + stop)
    assert_equal(map_data(example(), limit_region_genomic=genomic, **options), one)
    assert_equal(map_data(twice, limit_region_genomic=genomic, rc_plot=True, **options), one)


def test_limits_cut_columns_and_move_frames():
    found = map_data(example(), track=0, limit_region=[5.0, 12])
    assert found.reference == REFERENCE[5:]
    assert [box.first for box in found.boxes] == [0, 6]
    for limits in ({"limit_region": (3, 13)}, {"limit_region": (-1, 4)}, {"limit_region": (4, 4)}):
        with pytest.raises(OutOfBoundsError, match="columns 0 to 12"):
            map_data(example(), track=0, **limits)
    with pytest.raises(OutOfBoundsError, match="1,000 to 1,012"):
        map_data(example(), track=0, limit_region_genomic=(0, 12))
    with pytest.raises(OptionError, match="both choose"):
        map_data(example(), track=0, limit_region=(0, 4), limit_region_genomic=(START, START + 4))
    for odd in (5, (1, 2, 3), "ab"):
        with pytest.raises(WrongTypeError, match="pair"):
            map_data(example(), track=0, limit_region=odd)


def test_more_variants_come_as_lists_frames_or_objects():
    expected = (Box(1, 2, (2,), "one"), Box(2, 3, (0,), f"7:{START + 3}:G:A"))
    frame = pd.DataFrame(LISTS).rename(columns={"chr": "chrom"})
    objects = [Variant("7", START + 2, "C", "G", "one"), Variant("chr7", START + 3, "G", "A")]
    for given_ in (LISTS, frame, objects):
        found = map_data(
            example(), track=0, ignore_stored_annotations=True, annotation_variants=given_
        )
        assert [box.first for box in found.boxes] == [1, 2]
        assert found.boxes[0] == expected[0]
        assert found.boxes[1].rows == (0,)
    same = map_data(example(), track=0, annotation_variants=list(example().annotations))
    assert len(same.boxes) == 3


def test_a_vcf_adds_what_lies_on_the_map(tmp_path):
    path = tmp_path / "more.vcf"
    rows = [f"7\t{START + 2}\tone\tC\tG,<DEL>", f"8\t{START + 2}\ttwo\tC\tG", "7\t5\tfar\tC\tG"]
    path.write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n" + "\n".join(rows) + "\n")
    options = {"track": 0, "ignore_stored_annotations": True, "annotation_vcf": path}
    assert map_data(example(), **options).boxes == (Box(1, 2, (2,), "one"),)


def test_changes_of_several_bases_and_of_length():
    def boxes(ref, alt, pos=START + 6, **options):
        variant = Variant("7", pos, ref, alt, "v")
        return map_data(example(annotations=[variant]), track=0, **options).boxes

    assert boxes("GAT", "CAG") == (Box(5, 6, (1,), "v"), Box(6, 7, (0,), ""), Box(7, 8, (2,), ""))
    assert boxes("GAT", "G") == (Box(6, 8, (0, 1, 2, 3), "v"),)
    assert boxes("G", "GTT") == (Box(5, 6, (0, 1, 2, 3), "v"),)
    assert boxes("GAT", "G", limit_region=(0, 7)) == (Box(6, 7, (0, 1, 2, 3), "v"),)
    assert boxes("GAT", "G", rc_plot=True) == (Box(4, 6, (0, 1, 2, 3), "v"),)
    assert boxes("A", "C", pos=START - 1) == ()


@pytest.mark.parametrize("change", ["missing", "length"])
def test_lists_that_do_not_fit_are_refused(change):
    lists = dict(LISTS)
    if change == "missing":
        del lists["alt"]
    else:
        lists["alt"] = ["A"]
    with pytest.raises(OptionError, match="alt"):
        map_data(example(), track=0, annotation_variants=lists)

"""Sets of motifs: names, order, arrays, selection, what is changed in one go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import locuscope as lsc
from locuscope.errors import (
    DataWarning,
    InputError,
    OptionError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import LAMBDA, MotifSet
from tests.motifs.test_motif import BASES, motif, spelled


@pytest.fixture
def three() -> MotifSet:
    return MotifSet((motif("A", "AA", "M1"), motif("C", "CCC"), motif("G", "G", "M3")))


def test_a_set_keeps_its_order(three):
    assert three.names == ("A", "C", "G")
    assert three.original_names == ("M1", "C", "M3")
    assert [one.name for one in three] == ["A", "C", "G"]
    assert list(three.ppms) == ["A", "C", "G"]
    assert three.ppms["C"].shape == (4, 3)
    assert repr(three) == "MotifSet(3 motifs: 'A', 'C', 'G')"


def test_a_motif_is_found_by_name_original_name_and_place(three):
    assert three["A"] is three["M1"] is three[0] is three[-3]
    assert three[1:].names == ("C", "G")
    assert "M3" in three
    assert "T" not in three
    assert three[0] in three


def test_select_follows_the_order_asked_for(three):
    assert three.select(["G", "M1"]).names == ("G", "A")
    assert three.select("C").names == ("C",)
    assert three.select([]).names == ()


def test_select_takes_both_strands(three):
    both = three.with_reverse_complements().select(["M3", "C"])
    assert both.names == ("G", "G", "C", "C")
    assert both.strands == ("+", "-", "+", "-")


def test_an_unknown_name_shows_the_closest(three):
    with pytest.raises(UnknownNameError, match="did you mean 'CTCF'"):
        _ = lsc.demo.motifs()["CTFC"]
    with pytest.raises(UnknownNameError, match="set of 3"):
        three.select(["A", "T"])
    with pytest.raises(OutOfBoundsError, match="holds 3"):
        _ = three[3]


@pytest.mark.parametrize(
    "second", [motif("A"), motif("B", original="A"), motif("M1"), motif("B", original="M1")]
)
def test_two_motifs_of_one_name_are_refused(second):
    with pytest.raises(InputError, match="motifs 0 and 1 are both called"):
        MotifSet((motif("A", original="M1"), second))


def test_the_two_strands_of_a_motif_share_its_name_and_three_cannot():
    one = motif("A", "AC", "M1")
    assert len(MotifSet((one, one.reverse_complement()))) == 2
    with pytest.raises(InputError, match="motifs 0 and 2 are both called 'A'"):
        MotifSet((one, one.reverse_complement(), one))


def test_a_set_holds_motifs():
    with pytest.raises(WrongTypeError, match="Motif"):
        MotifSet((BASES,))
    with pytest.raises(WrongTypeError, match="motifs"):
        MotifSet(3)
    with pytest.raises(OptionError, match="kind"):
        MotifSet((), kind="cmw")


def test_arrays_are_of_unit_norm_and_padded_on_the_right():
    motifs = MotifSet.from_arrays({"wide": 5 * spelled("GATTA"), "narrow": 3 * spelled("CC")})
    assert motifs.cwms.shape == (2, 4, 5)
    assert motifs.cwms.dtype == np.float32
    assert np.allclose(np.sqrt((motifs.cwms.astype(float) ** 2).sum(axis=(1, 2))), 1, atol=1e-7)
    assert not motifs.cwms[1, :, 2:].any()
    assert motifs.trim_masks.tolist() == [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
    assert motifs.trim_masks.dtype == np.int8
    assert motifs.widths.tolist() == [5, 2]
    assert motifs.cores.tolist() == [[0, 5], [0, 2]]
    assert [one.scale for one in motifs] == pytest.approx([5 * 5**0.5, 3 * 2**0.5])
    for array in (motifs.cwms, motifs.trim_masks):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_the_norm_is_of_the_window_not_of_the_core():
    matrix = np.zeros((4, 3))
    matrix[0] = [3, 0.5, 4]
    motifs = MotifSet((Motif("M", matrix, core=(2, 3)),))
    assert motifs.cwms[0, 0, 2] == pytest.approx(4 / np.sqrt(25.25))


def test_the_other_strand_is_turned_before_it_is_padded():
    motifs = MotifSet.from_arrays({"w": spelled("AAAA"), "n": spelled("CG") * [[1], [2], [1], [1]]})
    both = motifs.with_reverse_complements()
    assert both.names == ("w", "w", "n", "n")
    assert both.strands == ("+", "-", "+", "-")
    assert np.array_equal(both.cwms[3, :, :2], both.cwms[2, :, 1::-1][::-1])
    assert not both.cwms[3, :, 2:].any()
    assert both.trim_masks[3].tolist() == [1, 1, 0, 0]
    assert both.with_reverse_complements().names == both.names
    assert both.forward().names == ("w", "n")
    assert MotifSet((both[1],)).forward()[0].consensus == "AAAA"
    assert MotifSet((both[1],)).with_reverse_complements().strands == ("-", "+")


def test_arrays_read_from_arrays_do_not_drift():
    rng = np.random.default_rng(3)
    once = MotifSet.from_arrays({str(k): rng.normal(size=(4, 30)) for k in range(40)}).cwms
    again = MotifSet.from_arrays({str(k): cwm for k, cwm in enumerate(once)}).cwms
    assert np.array_equal(once, again)


def test_an_empty_set_has_arrays_too():
    none = MotifSet(())
    assert none.cwms.shape == (0, 4, 0)
    assert none.trim_masks.shape == (0, 0)
    assert none.cores.shape == (0, 2)
    assert none.lambdas().shape == (0,)
    assert none.source == "cwm"
    assert list(none.to_dataframe()) == list(MotifSet((motif("A"),)).to_dataframe())


def test_each_kind_gives_its_matrix():
    ppm = np.array([[0.7, 0.1], [0.1, 0.7], [0.1, 0.1], [0.1, 0.1]])
    hypothetical = np.array([[3.0, 0], [0, 4], [0, 0], [0, 0]])
    one = Motif("M", ppm * 2, hypothetical=hypothetical, ppm=ppm)
    kinds = {kind: MotifSet((one,), kind=kind).cwms[0] for kind in ("cwm", "hcwm", "pfm")}
    assert kinds["hcwm"].max() == pytest.approx(0.8)
    assert np.allclose(kinds["pfm"], kinds["cwm"], atol=1e-7)
    soft = MotifSet((one,), kind="pfm_softmax").cwms[0]
    assert soft.diagonal() == pytest.approx([0.5**0.5] * 2)
    for kind, words in (("hcwm", "hypothetical"), ("pfm", "frequencies")):
        with pytest.raises(InputError, match=f"kind='{kind}' needs .*{words}.*'A'"):
            _ = MotifSet((Motif("A", BASES),), kind=kind).cwms


def test_nothing_to_find_is_said_by_name():
    flat = MotifSet.from_ppms({"flat": np.full((4, 3), 0.25)})
    with pytest.raises(InputError, match="'flat' is all zero"):
        _ = flat.cwms


def test_frequencies_stand_in_for_contributions():
    motifs = MotifSet.from_ppms({"G": spelled("GG")}, (0.3, 0.2, 0.2, 0.3), 0.1)
    assert (motifs.source, motifs.background) == ("ppm", (0.3, 0.2, 0.2, 0.3))
    expected = np.log2((1 + 0.1 * 0.2) / (1.1 * 0.2))
    others = [np.log2(0.1 / 1.1)] * 3
    assert motifs["G"].cwm[2, 0] == pytest.approx(expected - np.mean([expected, *others]))
    with pytest.raises(InputError, match="background"):
        MotifSet.from_ppms({"G": spelled("GG")}, (0.5, 0.5, 0.5, 0.5))
    with pytest.raises(WrongTypeError, match="ppms"):
        MotifSet.from_ppms([BASES])
    with pytest.raises(WrongTypeError, match="arrays"):
        MotifSet.from_arrays([BASES])


def test_ppms_need_frequencies():
    with pytest.raises(InputError, match="'M' has no base frequencies"):
        _ = MotifSet((Motif("M", BASES),)).ppms


def test_lambdas_are_each_motifs_own_or_the_default(three):
    assert three.lambdas().tolist() == [LAMBDA] * 3
    own = three.with_lambdas({"A": 0.5, "M3": 1.2})
    assert own.lambdas(0.6).tolist() == [0.5, 0.6, 1.2]
    assert own.lambdas().dtype == np.float64
    assert three.with_lambdas(0.55).lambdas().tolist() == [0.55] * 3
    both = three.with_reverse_complements().with_lambdas({"C": 0.5})
    assert both.lambdas().tolist() == [0.7, 0.7, 0.5, 0.5, 0.7, 0.7]
    for bad in (0, -1, float("nan"), "0.7"):
        with pytest.raises(InputError, match="threshold"):
            three.with_lambdas({"A": bad})
        with pytest.raises(InputError, match="default"):
            three.lambdas(bad)


def test_renamed_motifs_keep_their_first_name_and_their_settings(three):
    new = three.with_lambdas({"C": 0.5}).rename({"M1": "Alpha", "C": "C two"})
    assert new.names == ("Alpha", "C two", "G")
    assert new.original_names == ("M1", "C", "M3")
    assert new.lambdas().tolist() == [0.7, 0.5, 0.7]
    assert new.rename({"Alpha": "Beta"}).names == ("Beta", "C two", "G")
    assert new.rename({}).names == new.names
    both = three.with_reverse_complements().rename({"A": "Z"})
    assert both.names == ("Z", "Z", "C", "C", "G", "G")


def test_renamed_motifs_with_custom_trims_keep_them():
    """Either name finds the motif, in whichever order it was renamed and trimmed."""
    motifs = MotifSet.from_arrays({"old": spelled("GATTACA"), "other": spelled("CC")})
    renamed = motifs.rename({"old": "new"})
    for name in ("old", "new"):
        assert renamed.with_trim(coords={name: (2, 5)})[0].core == (2, 5)
        assert renamed.with_lambdas({name: 0.3}).lambdas().tolist() == [0.3, 0.7]
    assert motifs.with_trim(coords={"old": (2, 5)}).rename({"old": "new"})[0].core == (2, 5)


def test_new_names_must_tell_motifs_apart(three):
    with pytest.raises(InputError, match="one name to several motifs: 'X'"):
        three.rename({"A": "X", "C": "X"})
    with pytest.raises(InputError, match="one name to several motifs: 'C'"):
        three.rename({"A": "C"})
    with pytest.raises(InputError, match="both called 'M3'"):
        three.rename({"A": "M3"})
    with pytest.raises(InputError, match="name is ''"):
        three.rename({"A": ""})


def test_both_names_with_different_values_are_refused(three):
    assert three.with_lambdas({"A": 0.5, "M1": 0.5}).lambdas()[0] == 0.5
    with pytest.raises(InputError, match=r"lambdas gives 'A' 0.5 and 'M1' 0.6"):
        three.with_lambdas({"A": 0.5, "M1": 0.6})
    with pytest.raises(InputError, match="rename gives"):
        three.rename({"A": "x", "M1": "y"})
    with pytest.raises(InputError, match="trim_coords gives"):
        three.with_trim(coords={"A": (0, 1), "M1": (0, 2)})


@pytest.mark.parametrize(
    "change",
    [
        lambda motifs, key, strict: motifs.with_lambdas({key: 0.5}, strict=strict),
        lambda motifs, key, strict: motifs.rename({key: "new"}, strict=strict),
        lambda motifs, key, strict: motifs.with_trim(coords={key: (0, 1)}, strict=strict),
        lambda motifs, key, strict: motifs.with_trim(thresholds={key: 1}, strict=strict),
    ],
)
def test_a_name_that_matches_no_motif_is_an_error_or_one_warning(change):
    motifs = MotifSet.from_arrays({"GATA1": spelled("GATA"), "SP1": spelled("GGCG")})
    with pytest.raises(UnknownNameError, match=r"'GATA2'.*did you mean 'GATA1'"):
        change(motifs, "GATA2", True)
    with pytest.warns(DataWarning, match="'GATA2'; they are ignored") as caught:
        same = change(motifs, "GATA2", False)
    assert len(caught) == 1
    assert same.names == motifs.names


def test_trims_by_coordinates_then_thresholds_then_the_default():
    matrix = np.zeros((4, 5))
    matrix[0] = [0.2, 0.4, 1.0, 0.6, 0.1]
    motifs = MotifSet.from_arrays({"a": matrix, "b": matrix, "c": matrix})
    cut = motifs.with_trim(0.5, thresholds={"a": 0.15, "b": 0.15}, coords={"a": (4, 5)})
    assert cut.cores.tolist() == [[4, 5], [0, 4], [2, 4]]
    assert cut.with_trim().cores.tolist() == [[1, 4]] * 3
    both = motifs.with_reverse_complements().with_trim(0.5, coords={"a": (0, 2)})
    assert both.cores.tolist() == [[0, 2], [3, 5], [2, 4], [1, 3], [2, 4], [1, 3]]
    for bad in (0, 1.0001, -0.1, float("nan"), "x", True):
        with pytest.raises(OptionError, match="trim_threshold"):
            motifs.with_trim(bad)
    with pytest.raises(InputError, match=r"\[2, 6\)"):
        motifs.with_trim(coords={"a": (2, 6)})


def test_cores_are_chosen_by_projected_contributions_whatever_is_fitted():
    projected = np.zeros((4, 4))
    projected[0] = [0, 1, 1, 0]
    one = Motif("M", projected, hypothetical=np.ones((4, 4)))
    assert MotifSet((one,), kind="hcwm").with_trim().cores.tolist() == [[1, 3]]


def test_sets_are_added_when_their_names_differ():
    one = MotifSet.from_arrays({"a": BASES})
    two = MotifSet((Motif("b", ppm=BASES),), origin="two.meme")
    joined = one + two
    assert joined.names == ("a", "b")
    assert joined.source == "mixed"
    assert joined.origin == "two.meme"
    with pytest.raises(InputError, match=r"MotifSet\(1 motif: 'a'\) and other.h5 both have 'a'"):
        _ = one + MotifSet((Motif("a", BASES),), origin="other.h5")
    with pytest.raises(InputError, match=r"other.h5 and two.meme both have 'b'"):
        _ = MotifSet((Motif("x", BASES, original_name="b"),), origin="other.h5") + two
    with pytest.raises(InputError, match="one kind"):
        _ = one + MotifSet((Motif("c", BASES),), kind="pfm")
    with pytest.raises(TypeError):
        _ = one + [3]


def test_the_table_has_the_columns_of_a_folder_of_hits():
    motifs = MotifSet.from_arrays({"a": 2 * spelled("GA")}).rename({"a": "b"})
    table = motifs.with_reverse_complements().with_lambdas(0.6).to_dataframe()
    assert table.to_dict("list") == {
        "motif_id": [0, 1],
        "motif_name": ["b", "b"],
        "motif_name_orig": ["a", "a"],
        "strand": ["+", "-"],
        "motif_start": [0, 0],
        "motif_end": [2, 2],
        "motif_scale": [pytest.approx(8**0.5)] * 2,
        "lambda": [0.6, 0.6],
    }
    assert MotifSet((Motif("a", BASES),)).to_dataframe(0.4)["lambda"].tolist() == [0.4]


@given(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1), st.data())
def test_selecting_and_reverse_complementing_commute(names, data):
    motifs = MotifSet.from_arrays({n: spelled("ACGT"[: 1 + k % 4]) for k, n in enumerate(names)})
    wanted = data.draw(st.permutations(names)).copy()[: data.draw(st.integers(0, len(names)))]
    one = motifs.select(wanted).with_reverse_complements()
    other = motifs.with_reverse_complements().select(wanted)
    assert one.names == other.names
    assert one.strands == other.strands
    assert np.array_equal(one.cwms, other.cwms)
    assert np.array_equal(one.trim_masks, other.trim_masks)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.windows.allele_windows import WindowOpener, normalized
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import decode
from locuscope.genome.variant import Variant
from locuscope.inference.predict_variant import predict_variant
from locuscope.models.protocol import InputSpec
from tests.effects import toy
from tests.oracles import window_oracle
from tests.oracles.score_oracle import bases

TEXT = toy.sequence()
GENOME = toy.genome()


def other(base: str) -> str:
    return "A" if base != "A" else "C"


def snv(pos: int) -> Variant:
    return Variant("1", pos, TEXT[pos - 1], other(TEXT[pos - 1]))


def opened(variants, placement=None, *, genome=GENOME, width=toy.WIDTH, **options):
    opener = WindowOpener(genome, placement or Placement(), width, **options)
    return list(opener.open(list(enumerate(variants))))


def window_of(variant, placement=None, **options):
    (one,) = opened([variant], placement, **options)
    assert one.window is not None, one.refusal
    return one.window


@pytest.mark.parametrize(
    ("variant", "n_ref"),
    [
        (snv(100), 1),
        (Variant("1", 100, TEXT[99:102], "TCA" if TEXT[99:102] != "TCA" else "ACT"), 3),
        (Variant("1", 100, TEXT[99], TEXT[99] + "GTG"), 1),
        (Variant("1", 100, TEXT[99:104], TEXT[99]), 5),
        (Variant("1", 580, TEXT[579:584], TEXT[579]), 5),
        (Variant("1", 5, TEXT[4], TEXT[4] + "A"), 1),
    ],
)
def test_both_alleles_start_at_the_same_base_and_alt_reads_on(variant, n_ref):
    window = window_of(variant)
    start = variant.pos - 1 - (toy.WIDTH // 2 - 1)
    assert (window.window.start, window.window.width) == (start, toy.WIDTH)
    assert decode(window.reference) == bases(TEXT, start, start + toy.WIDTH)
    tail = bases(TEXT, variant.pos - 1 + n_ref, variant.pos + toy.WIDTH + n_ref)
    spelt = bases(TEXT, start, variant.pos - 1) + variant.alt + tail
    assert decode(window.alternative) == spelt[: toy.WIDTH]


@given(
    st.integers(1, 590),
    st.integers(1, 9),
    st.text("ACGT", min_size=1, max_size=9),
    st.sampled_from(["left", "right", "center"]),
    st.sampled_from([20, 33, 40]),
)
def test_any_allele_from_any_anchor_equals_the_slow_twin(pos, n_ref, alt, anchor, width):
    ref = TEXT[pos - 1 : pos - 1 + n_ref]
    if "N" in ref:
        return
    window = window_of(Variant("1", pos, ref, alt), width=width, indels=IndelRule(anchor=anchor))
    start = window.window.start
    assert start == pos - width // 2
    assert decode(window.reference) == window_oracle.bases(TEXT, start, start + width)
    expected = window_oracle.changed(TEXT, (pos, ref, alt), start, width, anchor)
    assert decode(window.alternative) == expected


def test_compensation_reads_a_change_of_length_from_both_ends():
    deletion = Variant("1", 100, TEXT[99:104], TEXT[99])
    for rule in (IndelRule(compensate="average"), IndelRule(align="stitch")):
        window = window_of(deletion, indels=rule)
        for view, anchor in zip(window.alternatives, ("left", "right"), strict=True):
            expected = window_oracle.changed(
                TEXT, (100, deletion.ref, deletion.alt), window.window.start, toy.WIDTH, anchor
            )
            assert decode(view.one_hot) == expected
        assert window.alternative is window.alternatives[0].one_hot
        assert window.alignment is window.alternatives[0].alignment
        assert len(window_of(snv(100), indels=rule).alternatives) == 1


def test_bases_beyond_the_contig_and_unknown_bases_are_counted_and_noted():
    for pos, n_padded, n_unknown, notes in (
        (5, 15, 0, {"padded"}),
        (598, 18, 0, {"padded"}),
        (310, 0, 4, {"n_in_window"}),
        (100, 0, 0, set()),
    ):
        window = window_of(snv(pos))
        assert (window.n_padded, window.n_unknown, window.notes) == (n_padded, n_unknown, notes)


def test_the_window_takes_the_name_of_the_genome():
    window = window_of(snv(100), genome=Genome.from_sequences({"chr1": TEXT}))
    assert window.window.chrom == "chr1"
    (one,) = opened([Variant("9", 5, "A", "C")])
    assert one.refusal is not None
    assert one.refusal[0] == "contig_missing"


def test_a_slice_refuses_what_it_lacks():
    genome = Genome.from_sequences(
        {"part": TEXT[100:200]}, lengths={"1": 600}, slices={"1": [("part", 100)]}
    )
    lost = Variant("1", 179, TEXT[178:181], TEXT[178])  # only ALT reads past the slice
    found = opened([snv(130), snv(105), lost], genome=genome)
    assert [one.refusal and one.refusal[0] for one in found] == [None, "off_edge", "off_edge"]
    assert [one.row for one in found] == [0, 1, 2]
    reason = found[1].refusal[1]
    assert 'Placement(mode="restricted", regions=genome.available("1")) keeps windows' in reason
    inside = Placement(mode="restricted", regions=genome.available("1"))
    assert [one.refusal for one in opened([snv(105)], genome=genome, placement=inside)] == [None]
    right = opened([lost], genome=genome, indels=IndelRule(anchor="right"))
    assert right[0].window is not None  # read from the right end it needs bases on the left


def test_an_allele_longer_than_half_the_window_is_refused():
    half = toy.WIDTH // 2
    found = opened(
        [
            Variant("1", 100, TEXT[99 : 99 + half], TEXT[99]),
            Variant("1", 100, TEXT[99 : 100 + half], TEXT[99]),
            Variant("1", 100, TEXT[99], TEXT[99] + "A" * half),
        ]
    )
    assert [one.refusal and one.refusal[0] for one in found] == [None, "too_long", "too_long"]


def test_a_ref_that_is_not_there_is_refused_or_forced():
    wrong = Variant("1", 100, other(TEXT[99]), "G" if other(TEXT[99]) != "G" else "T")
    (refused,) = opened([wrong])
    assert refused.refusal is not None
    assert refused.refusal[0] == "ref_mismatch"
    assert TEXT[99] in refused.refusal[1]
    window = window_of(wrong, ref_policy="force")
    at = 99 - window.window.start
    reference, alternative = str(decode(window.reference)), str(decode(window.alternative))
    assert (reference[at], alternative[at]) == (wrong.ref, wrong.alt)
    assert window.notes == {"ref_forced"}
    assert reference[:at] + reference[at + 1 :] == alternative[:at] + alternative[at + 1 :]
    assert window_of(snv(100), ref_policy="force").notes == set()


def test_a_forced_indel_is_replaced_as_it_is_spelt():
    ref = other(TEXT[99]) + TEXT[100:103]
    forced = Variant("1", 100, ref, ref[0] + "GG")
    window = window_of(forced, ref_policy="force")
    start, text = window.window.start, TEXT[:99] + ref + TEXT[103:]
    assert decode(window.reference) == window_oracle.bases(text, start, start + toy.WIDTH)
    expected = window_oracle.changed(text, (100, ref, forced.alt), start, toy.WIDTH)
    assert decode(window.alternative) == expected


def test_alleles_of_one_site_share_the_reference_array():
    sibling = Variant("1", 100, TEXT[99], TEXT[99] + "GG")
    first, second = opened([snv(100), sibling])
    assert first.window is not None
    assert second.window is not None
    assert first.window.reference is second.window.reference


def test_windows_are_read_lazily():
    opener = WindowOpener(GENOME, Placement(), toy.WIDTH)
    windows = opener.open([(k, snv(100 + k)) for k in range(50)])
    assert not opener._read
    next(windows)
    assert len(opener._read) == 1
    assert len(list(windows)) == 49
    assert len(opener._read) <= 32


def test_the_facts_are_what_changes_a_number():
    regions = [Interval("1", 50, 150)]
    place = Placement(mode="restricted", regions=regions, multi="all")
    facts = WindowOpener(GENOME, place, 40, indels=IndelRule(anchor="right")).facts
    assert facts["indels"] == {"anchor": "right", "align": "auto", "compensate": None}
    assert (facts["window"], facts["window_bp"], facts["multi"]) == ("restricted", 40, "all")
    same = WindowOpener(GENOME, Placement(mode="restricted", regions=regions, multi="all"), 40.0)
    assert same.facts["regions"] == facts["regions"]
    assert WindowOpener(GENOME, Placement(), 40).facts["regions"] is None
    assert WindowOpener(GENOME, Placement(), 40).batch_size is None
    with pytest.raises(OptionError, match="ref_policy"):
        WindowOpener(GENOME, Placement(), 40, ref_policy="swap")


TWO_ENDS = (
    InputSpec("left", length_bp=12),
    InputSpec("right", length_bp=10, anchor="end", offset_bp=-10, strand="-"),
)


@pytest.mark.parametrize(("center", "changed"), [(100, "left"), (100 + 29, "right")])
def test_an_allele_changes_every_input_that_holds_its_first_base(center, changed):
    """Places of 40 bases; the inputs read the first 12 and the last 10 of them."""
    place = Interval("1", 94, 134)
    where = Placement(mode="overlap", regions=[place])
    for n_ref, alt in ((1, None), (4, TEXT[center - 1]), (1, TEXT[center - 1] + "GG")):
        ref = TEXT[center - 1 : center - 1 + n_ref]
        variant = Variant("1", center, ref, alt or other(ref))
        window = window_of(variant, where, inputs=TWO_ENDS)
        left, right = (94, 106), (124, 134)
        expected_ref = TEXT[slice(*left)] + complement(TEXT[slice(*right)])
        assert decode(window.reference) == expected_ref
        spelt = {
            name: window_oracle.changed(TEXT, (center, ref, variant.alt), start, end - start)
            if name == changed
            else TEXT[start:end]
            for name, (start, end) in (("left", left), ("right", right))
        }
        assert decode(window.alternative) == spelt["left"] + complement(spelt["right"])
        assert window.window == Interval("1", 94, 134)


def complement(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_an_allele_between_the_inputs_lies_outside_the_regions():
    where = Placement(mode="overlap", regions=[Interval("1", 94, 134)])
    for place, words in ((where, "none of 1 regions"), (Placement(), "no input of the model")):
        (one,) = opened([snv(115)], place, inputs=TWO_ENDS)
        assert one.refusal is not None
        assert one.refusal[0] == "outside_regions"
        assert words in one.refusal[1]


def test_of_several_windows_the_nearest_that_reads_an_allele_is_taken():
    regions = [Interval("1", 80, 120), Interval("1", 90, 130)]
    where = Placement(mode="overlap", regions=regions)
    window = window_of(snv(101), where, inputs=TWO_ENDS)  # in the gap of the first, nearer one
    assert window.window.start == 90


def test_normalized_moves_indels_left_and_trims_blocks():
    repeat = Variant("1", 405, "TT", "T")
    assert normalized(GENOME, repeat).pos == 400
    block = Variant("1", 100, TEXT[99:102], TEXT[99] + other(TEXT[100]) + TEXT[101])
    assert normalized(GENOME, block).pos == 101
    assert normalized(GENOME, snv(100)) == snv(100)
    forced = Variant("1", 405, "TG", "T")
    assert normalized(GENOME, forced) is forced  # its REF is not what the genome has


def test_an_indel_at_the_edge_of_a_slice_keeps_its_spelling():
    genome = Genome.from_sequences(
        {"part": "T" * 50}, lengths={"1": 600}, slices={"1": [("part", 100)]}
    )
    variant = Variant("1", 105, "TT", "T")
    assert normalized(genome, variant) is variant
    assert np.all(genome.one_hot(genome.available("1")[0])[3])


def test_the_windows_of_both_verbs_lie_as_their_words_say():
    model = toy.model()
    for n_ref in range(1, 7):
        allele = Variant("1", 120, TEXT[119 : 119 + n_ref], "C" if TEXT[119] != "C" else "G")
        if TEXT[118 + n_ref] == allele.alt and n_ref > 1:
            allele = Variant("1", 120, allele.ref, "T" if TEXT[119] != "T" else "A")
        assert allele.normalize(GENOME).pos == 120
        start = window_of(allele).window.start
        assert 119 - start == toy.WIDTH // 2 - 1
        place = predict_variant(model, allele, GENOME).interval
        assert place.start - start == n_ref // 2 - 1


def test_a_deletion_that_reads_past_the_contig_is_noted():
    """The window itself lies inside; only ALT holds unknown bases."""
    shorter = Variant("1", 580, TEXT[579:584], TEXT[579])
    window = window_of(shorter)
    assert window.window.end == 600
    assert str(decode(window.alternative)).endswith("NNNN")
    assert (window.n_padded, window.notes) == (4, {"padded"})
    right = window_of(shorter, indels=IndelRule(anchor="right"))
    assert (right.n_padded, right.notes) == (0, set())

from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.allele_windows import normalized, open_window
from locuscope.effects.variants import score_variants
from locuscope.errors import OutOfBoundsError
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import decode
from locuscope.genome.variant import Variant
from locuscope.inference.predict_variant import predict_variant
from tests.effects import toy
from tests.oracles.score_oracle import bases

TEXT = toy.sequence()


def allele(pos: int, n_ref: int, alt: str) -> Variant:
    return Variant("1", pos, TEXT[pos - 1 : pos - 1 + n_ref], alt)


@pytest.mark.parametrize(
    ("variant", "n_ref"),
    [
        (Variant("1", 100, TEXT[99], "A" if TEXT[99] != "A" else "C"), 1),
        (Variant("1", 100, TEXT[99:102], "TCA" if TEXT[99:102] != "TCA" else "ACT"), 3),
        (Variant("1", 100, TEXT[99], TEXT[99] + "GTG"), 1),
        (Variant("1", 100, TEXT[99:104], TEXT[99]), 5),
        (Variant("1", 580, TEXT[579:584], TEXT[579]), 5),
        (Variant("1", 5, TEXT[4], TEXT[4] + "A"), 1),
    ],
)
def test_both_alleles_start_at_the_same_base_and_alt_reads_on(variant, n_ref):
    window = open_window(toy.genome(), variant, Placement(), toy.WIDTH)
    start = variant.pos - 1 - (toy.WIDTH // 2 - 1)
    assert (window.window.start, window.window.width) == (start, toy.WIDTH)
    assert decode(window.reference) == bases(TEXT, start, start + toy.WIDTH)
    tail = bases(TEXT, variant.pos - 1 + n_ref, variant.pos + toy.WIDTH + n_ref)
    spelt = bases(TEXT, start, variant.pos - 1) + variant.alt + tail
    assert decode(window.alternative) == spelt[: toy.WIDTH]


def test_bases_beyond_the_contig_and_unknown_bases_are_counted():
    window = open_window(toy.genome(), allele(5, 1, "A"), Placement(), toy.WIDTH)
    assert (window.n_padded, window.n_unknown) == (15, 0)
    window = open_window(toy.genome(), allele(598, 1, "A"), Placement(), toy.WIDTH)
    assert (window.n_padded, window.n_unknown) == (18, 0)
    window = open_window(toy.genome(), allele(310, 1, "A"), Placement(), toy.WIDTH)
    assert (window.n_padded, window.n_unknown) == (0, 4)


def test_the_window_takes_the_name_of_the_genome():
    genome = Genome.from_sequences({"chr1": TEXT})
    window = open_window(genome, allele(100, 1, "A"), Placement(), toy.WIDTH)
    assert window.window.chrom == "chr1"


def test_a_slice_refuses_what_it_lacks():
    genome = Genome.from_sequences(
        {"part": TEXT[100:200]}, lengths={"1": 600}, slices={"1": [("part", 100)]}
    )
    open_window(genome, allele(130, 1, "A"), Placement(), toy.WIDTH)
    with pytest.raises(OutOfBoundsError):
        open_window(genome, allele(105, 1, "A"), Placement(), toy.WIDTH)
    with pytest.raises(OutOfBoundsError):  # only ALT reads past the slice
        open_window(genome, allele(179, 3, TEXT[178]), Placement(), toy.WIDTH)


def test_normalized_moves_indels_left_and_trims_blocks():
    genome = toy.genome()
    repeat = Variant("1", 405, "TT", "T")
    assert normalized(genome, repeat).pos == 400
    block = Variant(
        "1", 100, TEXT[99:102], TEXT[99] + ("A" if TEXT[100] != "A" else "C") + TEXT[101]
    )
    assert normalized(genome, block).pos == 101
    snv = allele(100, 1, "A")
    assert normalized(genome, snv) is snv


def test_an_indel_at_the_edge_of_a_slice_keeps_its_spelling():
    genome = Genome.from_sequences(
        {"part": "T" * 50}, lengths={"1": 600}, slices={"1": [("part", 100)]}
    )
    variant = Variant("1", 105, "TT", "T")
    assert normalized(genome, variant) is variant
    assert np.all(genome.one_hot(genome.available("1")[0])[3])


def test_the_windows_of_both_verbs_lie_as_their_words_say():
    genome, model = toy.genome(), toy.model()
    for n_ref in range(1, 7):
        allele = Variant("1", 120, TEXT[119 : 119 + n_ref], "C" if TEXT[119] != "C" else "G")
        if TEXT[118 + n_ref] == allele.alt and n_ref > 1:
            allele = Variant("1", 120, allele.ref, "T" if TEXT[119] != "T" else "A")
        assert allele.normalize(genome).pos == 120
        start = score_variants(model, [allele], genome, device="cpu", check_assembly=False).windows[
            "window_start"
        ][0]
        assert 119 - start == toy.WIDTH // 2 - 1
        place = predict_variant(model, allele, genome).interval
        assert place.start - start == n_ref // 2 - 1

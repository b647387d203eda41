from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from locuscope import demo
from locuscope.effects.scores import PreparedScorer, ScoreContext
from locuscope.errors import OptionError, UnknownNameError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.models.splice_scorer import SpliceDeltaScorer
from locuscope.models.zoo import load_model

VARIANTS = json.loads(
    (Path(__file__).parent / "data" / "cispliceai_variant_scores.json").read_text(encoding="utf-8")
)["variants"]
EVENTS = ("AG", "AL", "DG", "DL")


@pytest.fixture(scope="module")
def scorer() -> SpliceDeltaScorer:
    return (
        load_model("cispliceai").scores["splice_delta"].configure(genes=demo.genes(collapsed=True))
    )


def prepare(scorer: SpliceDeltaScorer, variant: Variant):
    start = variant.pos - 1 - scorer.width_bp // 2
    window = Interval(variant.chrom, start, start + scorer.width_bp)
    return window, scorer.prepare(demo.genome().one_hot(window), window, variant)


def score(scorer: SpliceDeltaScorer, variant: Variant) -> dict[str, dict[str, float]]:
    window, pairs = prepare(scorer, variant)
    found = {}
    for pair in pairs:
        with torch.inference_mode():
            ref, alt = (
                scorer.run(torch.from_numpy(side[None]).float())[0].numpy()
                for side in (pair.reference, pair.alternative)
            )
        values = scorer(ref, alt, ScoreContext([variant], [window], part=pair))
        found[pair.labels["gene_id"]] = dict(zip(scorer.columns, values, strict=True))
    return found


@pytest.mark.parametrize("case", VARIANTS, ids=[case["id"] for case in VARIANTS])
def test_golden_scores_with_the_bases_outside_the_gene_set_to_n(scorer, case):
    variant = Variant("20", case["pos"], case["ref"], case["alt"])
    found = score(scorer, variant)[case["gene_id"]]
    golden = case["D50_genes_masked_member0"]
    for event in EVENTS:
        assert abs(found[f"DS_{event}"] - golden[f"DS_{event}"]) < 2e-3
        if golden[f"DS_{event}"] >= 0.01:
            assert found[f"DP_{event}"] == golden[f"DP_{event}"]


def test_golden_scores_with_the_sequence_kept(scorer):
    case = VARIANTS[-1]
    kept = scorer.configure(outside="keep")
    found = score(kept, Variant("20", case["pos"], case["ref"], case["alt"]))[case["gene_id"]]
    golden = case["D50_sequence_kept_member0"]
    assert all(abs(found[f"DS_{event}"] - golden[f"DS_{event}"]) < 2e-3 for event in EVENTS)


def test_the_scorer_is_a_prepared_scorer_with_its_own_width(scorer):
    assert isinstance(scorer, PreparedScorer)
    assert scorer.width_bp == 10_101
    assert scorer.configure(distance=500).width_bp == 11_001
    assert scorer.head.length_out(scorer.width_bp, 1) == 101
    assert scorer.options["outside"] == "N"
    assert "55 genes" in scorer.options["genes"]


def test_pairs_are_spelt_in_the_direction_of_the_gene(scorer):
    minus = Variant("20", 2_473_472, "C", "T")
    window, (pair,) = prepare(scorer, minus)
    assert pair.labels["strand"] == "-"
    plain = demo.genome().one_hot(window)
    np.testing.assert_array_equal(pair.reference, reverse_complement(plain))
    at = scorer.width_bp // 2
    assert decode(pair.reference)[at] == "G"
    assert decode(pair.alternative)[at] == "A"


def test_bases_outside_the_gene_become_n_and_both_ends_stay(scorer):
    gene = demo.genes(collapsed=True).genes.row(0, named=True)
    edge = Variant("20", gene["start"] + 1, "ACGT", "A")
    window = Interval("20", edge.pos - 1 - 5_050, edge.pos - 1 + 5_051)
    letters = one_hot("A" * window.width)
    pairs = scorer.prepare(letters, window, edge)
    pair = next(pair for pair in pairs if pair.labels["gene_id"] == gene["gene_id"])
    known = pair.reference if gene["strand"] == "+" else reverse_complement(pair.reference)
    is_base = known.any(0)
    first, last = np.flatnonzero(is_base)[[0, -1]]
    assert window.start + first == gene["start"]
    assert window.start + last + 1 == min(gene["end"], window.end)
    assert is_base[first : last + 1].all()


@pytest.mark.parametrize(
    ("ref", "alt", "change"), [("G", "GTT", 2), ("GAC", "G", -2), ("G", "A", 0)]
)
def test_alt_is_not_extended_on_the_right(scorer, ref, alt, change):
    _, pairs = prepare(scorer, Variant("20", 2_577_796, ref, alt))
    assert pairs[0].alternative.shape[1] == scorer.width_bp + change
    assert pairs[0].reference.dtype == np.uint8


def test_outside_every_gene_there_is_no_pair_unless_the_sequence_is_kept(scorer):
    spans = demo.genes(collapsed=True).genes
    place = int(spans["end"].max()) + 5
    assert not prepare(scorer, Variant("20", place, "A", "C"))[1]
    kept = prepare(scorer.configure(outside="keep"), Variant("20", place, "A", "C"))[1]
    assert [pair.labels for pair in kept] == [
        {"gene": None, "gene_id": None, "strand": strand} for strand in "+-"
    ]
    assert len(prepare(load_model("cispliceai").scores["splice_delta"], VARIANT)[1]) == 2


VARIANT = Variant("20", 2_577_796, "G", "A")


def test_annotated_sites_of_the_gene_reach_the_mask(scorer):
    _, (pair,) = prepare(scorer, VARIANT)
    assert 2_577_796 in pair.acceptors  # one base behind the allele, 0-based
    masked = scorer.configure(mask=True)
    plain, without = score(scorer, VARIANT), score(masked, VARIANT)
    (gene,) = plain
    assert without[gene]["DS_AL"] == pytest.approx(plain[gene]["DS_AL"])
    assert without[gene]["DS_DL"] <= plain[gene]["DS_DL"]


def test_refusals(scorer):
    assert scorer.refuse(Variant("20", 100, "A" * 51, "A")) is None
    status, reason = scorer.refuse(Variant("20", 100, "A" * 52, "A"))
    assert status == "too_long"
    assert "removes 51" in reason
    assert scorer.refuse(Variant("20", 100, "A" * 60, "C" * 60)) is None
    assert scorer.refuse(Variant("20", 100, "A" * 5_001, "C" * 5_001))[0] == "too_long"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"distance": 0}, OptionError, "from 1 to 5,000; got 0"),
        ({"distance": 5_001}, OptionError, "5001"),
        ({"distance": 50.5}, OptionError, "50.5"),
        ({"distance": True}, OptionError, "True"),
        ({"outside": "n"}, OptionError, "N, keep"),
        ({"mask": True, "genes": None}, OptionError, "mask=True needs genes="),
        ({"outside": "N", "genes": None}, OptionError, "outside='N' needs genes="),
        ({"distanse": 50}, UnknownNameError, "distance"),
        ({"model": None}, UnknownNameError, "'model'"),
    ],
)
def test_options_are_checked(scorer, options, error, words):
    with pytest.raises(error, match=words):
        scorer.configure(**options)


def test_whole_floats_count_as_integers(scorer):
    assert scorer.configure(distance=100.0).distance == 100


def test_calling_it_without_the_pair_says_what_is_missing(scorer):
    with pytest.raises(OptionError, match="needs the allele"):
        scorer(np.zeros((101, 3)), np.zeros((101, 3)))


def test_one_row_takes_each_score_with_its_own_distance():
    parts = [(0.1, 0.9, 0.0, 0.2, 5, 6, 7, 8), (0.3, 0.2, 0.0, 0.4, -5, -6, -7, -8)]
    found = SpliceDeltaScorer.summarize(parts)
    np.testing.assert_allclose(found, [0.3, 0.9, 0.0, 0.4, -5, 6, 7, -8], rtol=1e-6)

"""The simulator: exact truth, the same bytes for a seed, and the floors of recovery."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch

import locuscope as lsc
from locuscope.demo.simulate import motif_recovery, plant_motifs
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    WrongTypeError,
)
from locuscope.genome.position_matrix import consensus, log_odds
from locuscope.genome.sequence import decode, gc_fraction, one_hot, reverse_complement
from locuscope.models.planted import PlantedMotifNet
from tests.oracles.hit_oracle import call_hits
from tests.oracles.shuffle_oracle import dinucleotides

SIX = ("CTCF", "SPI1", "REST", "GATA1::TAL1", "CEBPB", "ZNF143")
PWM_THRESHOLD = 14.0


@pytest.fixture(scope="module")
def ppms():
    return lsc.demo.motifs().select(SIX).ppms


@pytest.fixture(scope="module")
def by_mode(ppms):
    return {mode: plant_motifs(ppms, n=500, mode=mode, seed=0) for mode in ("consensus", "pwm")}


def instance(planted, row) -> str:
    """The planted bases, in the direction of the motif."""
    bases = planted.sequences[row.sequence][row.start : row.end]
    return reverse_complement(bases) if row.strand == "-" else bases


def test_what_comes_back(by_mode):
    planted = by_mode["pwm"]
    assert len(planted) == 500
    assert planted.onehot.shape == (500, 4, 512)
    assert planted.onehot.dtype == np.uint8
    assert decode(planted.onehot) == list(planted.sequences)
    assert list(planted.truth.columns) == ["sequence", "motif", "start", "end", "strand", "score"]
    keys = planted.truth[["sequence", "start"]]
    assert keys.equals(keys.sort_values(["sequence", "start"]))
    assert "synthetic" in repr(planted)
    assert "synthetic" in planted._repr_html_()
    assert planted.provenance["rate"] == 2.0


def test_consensus_mode_plants_the_exact_string(by_mode, ppms):
    planted = by_mode["consensus"]
    for row in planted.truth.itertuples():
        wanted = consensus(ppms[row.motif])
        assert instance(planted, row) == wanted
        assert row.end - row.start == len(wanted)
        assert row.score == log_odds(ppms[row.motif]).max(axis=0).sum()


def test_pwm_mode_plants_sites_of_the_stated_score(by_mode, ppms):
    planted = by_mode["pwm"]
    for row in planted.truth.itertuples():
        bits = log_odds(ppms[row.motif])
        site = instance(planted, row)
        sides = [site, reverse_complement(site)] if row.strand == "." else [site]
        found = [sum(bits["ACGT".index(b), i] for i, b in enumerate(side)) for side in sides]
        assert row.score in found


def test_pwm_mode_draws_the_frequencies_of_the_motif(ppms):
    ppm = {"CTCF": ppms["CTCF"]}
    planted = plant_motifs(ppm, n=1500, length=300, rate=2.0, seed=4)
    sites = [instance(planted, row) for row in planted.truth.itertuples()]
    counts = one_hot(sites).sum(axis=0)
    error = np.sqrt(ppm["CTCF"] * (1 - ppm["CTCF"]) / len(sites))
    assert (np.abs(counts / len(sites) - ppm["CTCF"]) <= 4.5 * error + 1e-6).all()


def test_only_palindromes_have_no_strand(by_mode):
    truth = by_mode["pwm"].truth
    assert set(truth.loc[truth["motif"] == "CEBPB", "strand"]) == {"."}
    strands = Counter(truth.loc[truth["motif"] != "CEBPB", "strand"])
    assert strands.keys() == {"+", "-"}
    n = strands.total()
    assert abs(strands["+"] - n / 2) <= 4 * np.sqrt(n / 4)


def test_counts_are_poisson_within_four_standard_errors(ppms):
    n, rate = 4000, 3.0
    truth = plant_motifs(ppms, n=n, length=600, rate=rate, seed=8).truth
    per_motif = truth.groupby("motif").size()
    assert set(per_motif.index) == set(SIX)
    mean = n * rate / len(SIX)
    assert (np.abs(per_motif - mean) <= 4 * np.sqrt(mean)).all()
    counts = np.bincount(truth["sequence"], minlength=n)
    assert abs(counts.mean() - rate) <= 4 * np.sqrt(rate / n)
    assert abs(counts.var() - rate) <= 4 * np.sqrt((rate + 2 * rate**2) / n)


def test_sites_keep_their_distance_and_lie_inside(ppms):
    truth = plant_motifs(ppms, n=300, length=400, rate=4.0, min_gap=7, seed=3).truth
    assert truth["start"].min() >= 0
    assert truth["end"].max() <= 400
    after = truth.groupby("sequence").shift(-1)
    gaps = (after["start"] - truth["end"]).dropna()
    assert len(gaps) > 300
    assert gaps.min() == 7


def test_sites_lie_anywhere_alike(ppms):
    truth = plant_motifs({"CTCF": ppms["CTCF"]}, n=6000, length=114, rate=0.4, seed=1).truth
    alone = truth[~truth["sequence"].duplicated(keep=False)]
    counts = np.bincount(alone["start"] // 10, minlength=10)
    assert len(counts) == 10
    assert np.abs(counts - len(alone) / 10).max() <= 4 * np.sqrt(len(alone) / 10)


@pytest.mark.parametrize("gc", [0.0, 0.25, 0.41, 1.0])
def test_the_background_has_its_composition(ppms, gc):
    planted = plant_motifs(ppms, n=200, rate=0.0, gc=gc, seed=2)
    assert not len(planted.truth)
    assert list(planted.truth["start"]) == []
    found = gc_fraction("".join(planted.sequences))
    assert abs(found - gc) <= 4 * np.sqrt(gc * (1 - gc) / 102_400)
    bases = Counter("".join(planted.sequences))
    assert abs(bases["G"] - bases["C"]) <= 4 * np.sqrt(bases["G"] + bases["C"])


def test_a_seed_gives_the_same_bytes_for_ever(ppms):
    planted = plant_motifs(ppms, n=50, rate=3.0, seed=12)
    text = "\n".join(planted.sequences) + planted.truth.to_csv(index=False)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "561d6a22f4894357"


def test_sequence_k_does_not_depend_on_their_number(ppms):
    few, many = (plant_motifs(ppms, n=n, seed=5) for n in (7, 20))
    assert many.sequences[:7] == few.sequences
    assert many.truth[many.truth["sequence"] < 7].equals(few.truth)
    assert plant_motifs(ppms, n=7, seed=6).sequences != few.sequences


def test_a_background_keeps_its_dinucleotides(ppms):
    places = [lsc.Interval("20", 2_000_000 + 400 * i, 2_000_400 + 400 * i) for i in range(3)]
    sources = [lsc.demo.genome().fetch(place) for place in places]
    planted = plant_motifs(ppms, n=7, rate=0.0, background=sources, seed=1)
    for number, shuffled in enumerate(planted.sequences):
        assert dinucleotides(shuffled) == dinucleotides(sources[number % 3])
        assert shuffled not in sources
    assert len(set(planted.sequences)) == 7
    assert planted.provenance["gc"] is None
    as_array = plant_motifs(ppms, n=7, rate=0.0, background=one_hot(sources), seed=1)
    assert as_array.sequences == planted.sequences


def test_equal_backgrounds_are_shuffled_apart(ppms):
    source = "ACGATCGATTACGGCATTAGCATCGA" * 8
    planted = plant_motifs(ppms, n=6, rate=0.0, background=[source, source], seed=1)
    assert len(set(planted.sequences)) == 6
    assert (
        plant_motifs(ppms, n=3, rate=0.0, background=[source], seed=1).sequences
        == (planted.sequences[:3])
    )


def test_no_motif_is_planted_over_unknown_bases(ppms):
    source = ("ACGATCGATTACGGCATTAGC" * 2 + "N" * 20) * 4
    planted = plant_motifs(ppms, n=40, background=[source], rate=2.0, min_gap=0, seed=1)
    assert len(planted.truth) > 40
    for row in planted.truth.itertuples():
        assert "N" not in source[row.start : row.end]
    assert all(text.count("N") == 80 for text in planted.sequences)


def test_motifs_that_do_not_fit_name_the_sequence(ppms):
    with pytest.raises(InputError, match=r"sequence \d+: \d+ motifs .* 100 tries") as caught:
        plant_motifs({"REST": ppms["REST"]}, n=50, length=60, rate=6.0, seed=0)
    assert "rate" in str(caught.value)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(InputError, match="did not fit into 0 of 40"):
        plant_motifs({"REST": ppms["REST"]}, n=50, background=["N" * 40], seed=0)


def recovered(planted, ppms, thresholds):
    network = PlantedMotifNet(ppms, 1.0, thresholds)
    contributions = network.exact_contributions(torch.from_numpy(planted.onehot)).numpy()
    filters = {name: log_odds(ppm) for name, ppm in ppms.items()}
    hits = pd.DataFrame(
        call_hits(contributions, planted.onehot, filters),
        columns=["sequence", "motif", "start", "strand", "score"],
    )
    above = planted.truth["score"] > planted.truth["motif"].map(thresholds)
    return motif_recovery(planted.truth[above], hits).set_index("motif")


def test_planted_consensus_is_recovered_from_exact_contributions(by_mode, ppms):
    thresholds = {name: 0.8 * log_odds(ppm).max(axis=0).sum() for name, ppm in ppms.items()}
    pooled = recovered(by_mode["consensus"], ppms, thresholds).loc["pooled"]
    assert pooled["planted"] == len(by_mode["consensus"].truth)
    assert pooled["recall"] >= 0.98
    assert pooled["precision"] >= 0.98


def test_instances_above_threshold_are_recovered_from_exact_contributions(by_mode, ppms):
    pooled = recovered(by_mode["pwm"], ppms, dict.fromkeys(ppms, PWM_THRESHOLD)).loc["pooled"]
    assert pooled["planted"] > 700
    assert pooled["recall"] >= 0.90
    assert pooled["precision"] >= 0.95


def test_the_network_reads_the_truth_off_the_sequences(by_mode, ppms):
    """The score of each planted site is what the network sees at its start."""
    planted = by_mode["consensus"]
    network = PlantedMotifNet(ppms, 1.0, 0.0)
    scores, _ = network.site_scores(torch.from_numpy(planted.onehot[:50]))
    for row in planted.truth[planted.truth["sequence"] < 50].itertuples():
        place = SIX.index(row.motif) + (len(SIX) if row.strand == "-" else 0)
        assert float(scores[row.sequence, place, row.start]) == row.score


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n": 0}, OptionError, "n is 0"),
        ({"n": 2.5}, WrongTypeError, "n "),
        ({"length": 19}, ShapeError, "'SPI1' is 20 bases wide; the sequences have 19"),
        ({"length": 0}, OptionError, "length is 0"),
        ({"rate": -1.0}, OptionError, "rate is -1"),
        ({"rate": 513}, OptionError, "rate is 513"),
        ({"rate": float("nan")}, OptionError, "rate is nan"),
        ({"rate": "2"}, WrongTypeError, "rate takes a number"),
        ({"gc": 1.01}, OptionError, "gc is 1.01"),
        ({"gc": -0.01}, OptionError, "gc is -0.01"),
        ({"gc": True}, WrongTypeError, "gc takes a number"),
        ({"mode": "PWM"}, OptionError, "did you mean 'pwm'"),
        ({"min_gap": -1}, OptionError, "min_gap is -1"),
        ({"seed": -1}, OptionError, "seed is -1"),
        ({"seed": None}, WrongTypeError, "seed"),
        ({"background": ["ACGT" * 10], "gc": 0.5}, OptionError, "beside a background"),
        ({"background": ["ACGT" * 10], "length": 50}, ShapeError, "length is 50"),
        ({"background": ["ACGT" * 10, "ACG"]}, ShapeError, "sequence 1"),
        ({"background": ["AC-T" * 10]}, InputError, "position 2"),
        ({"background": []}, EmptySelectionError, "no list"),
        ({"background": "ACGT" * 10}, WrongTypeError, "background takes"),
        ({"background": np.zeros((40, 4))}, ShapeError, "transposed"),
        ({"background": np.zeros((4, 40))}, EmptySelectionError, "no list"),
    ],
)
def test_options_outside_their_range_are_refused(ppms, options, error, words):
    with pytest.raises(error, match=words):
        plant_motifs(ppms, **{"n": 3, **options})


@pytest.mark.parametrize(
    ("pwms", "error", "words"),
    [
        ({}, EmptySelectionError, "at least one"),
        ({"M": np.full((5, 4), 0.25)}, ShapeError, "transposed"),
        ({"M": np.full((4, 3), 0.3)}, InputError, "sum 1.2"),
        ([np.full((4, 3), 0.25)], WrongTypeError, "motifs.ppms"),
    ],
)
def test_what_holds_no_motifs_is_refused(pwms, error, words):
    with pytest.raises(error, match=words):
        plant_motifs(pwms, n=2)

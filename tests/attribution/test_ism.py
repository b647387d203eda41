from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution import mutant_effects
from locuscope.attribution.contributions import contributions
from locuscope.attribution.epistasis import epistasis
from locuscope.attribution.examples import Sequences
from locuscope.attribution.ism import asked_positions, ism
from locuscope.attribution.ism_matrix import ism_matrix
from locuscope.attribution.occlusion import occlude
from locuscope.effects.variants import score_variants
from locuscope.errors import InputError, ModelError, OptionError, OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.mutants.plan import plan_mutants
from locuscope.inference.predict import predict
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.attribution.reference import network, sequences
from tests.oracles.ism_oracle import slow_centred, slow_effects

CPU = Run(device="cpu")
MODEL = network()
"""One model, so that its plans are made once."""
TARGET = Target(tracks=[1], positions=slice(2, 6))


def number(model):
    def of(one):
        with torch.no_grad():
            x = torch.from_numpy(one[None]).to(next(model.module.parameters()).dtype)
            return float(model.run(x)["atac"][8][0, 2:6, 1].sum())

    return of


def with_unknown():
    x = sequences()[:2].copy()
    x[0, :, [0, 30, 31]] = 0
    return x


@cache
def slow():
    """Effects of the two sequences in float64."""
    return [slow_effects(number(network(double=True)), one) for one in with_unknown()]


@pytest.mark.parametrize("method", ["auto", "incremental", "naive"])
@pytest.mark.parametrize("center", ["alts", "simplex", "none"])
def test_every_position_equals_the_slow_loop(method, center):
    x = with_unknown()
    options = {"target": TARGET, "center": center, "method": method, "device": "cpu"}
    found = ism(MODEL, x, form="hypothetical", **options)
    truth = np.stack([slow_centred(effects, center) for effects in slow()])
    peak = np.nanmax(np.abs(truth))
    np.testing.assert_allclose(found.values, truth, atol=2e-5 * peak, rtol=0)
    flat = ism(MODEL, x, **options)
    assert flat.kind == "projected" and found.kind == "hypothetical"
    np.testing.assert_array_equal(flat.values[0, :, [0, 30, 31]], np.full((3, 4), np.nan))
    known = np.broadcast_to(x.any(1, keepdims=True), x.shape)
    np.testing.assert_array_equal(flat.values[known], (found.project().values)[known])


def test_the_base_that_is_there_has_minus_the_mean_of_the_others():
    x = sequences()[:2]
    raw = ism(MODEL, x, target=TARGET, form="hypothetical", center="none", run=CPU).values
    assert (raw[x == 1] == 0).all()
    mean = raw.sum(1) / 3
    flat = ism(MODEL, x, target=TARGET, run=CPU)
    np.testing.assert_allclose(flat.per_base(), -mean, atol=1e-7 * np.abs(mean).max())
    simplex = ism(MODEL, x, target=TARGET, form="hypothetical", center="simplex", run=CPU)
    np.testing.assert_allclose(simplex.values.sum(1), 0, atol=1e-6 * np.abs(raw).max())


def test_unknown_bases_are_listed():
    x = with_unknown()
    x[1, :, 10:20] = 0
    found = ism(MODEL, x, target=TARGET, run=CPU)
    assert found.unknown.tolist()[:4] == [[0, 0], [0, 30], [0, 31], [1, 10]]
    assert found.n_nonfinite == 4 * 13
    (note,) = found.notes
    assert "1 of example 0, 31 of example 0, 32 of example 0, 11 of example 1" in note
    assert note.endswith("and 8 more.")


@pytest.mark.parametrize(
    "ensemble",
    [
        Ensemble(rc=True),
        Ensemble(shifts=(3, -2)),
        Ensemble(rc=True, shifts=(0, 8), shift_fill="zero"),
    ],
)
def test_views_are_those_of_the_mean_prediction(ensemble):
    pair = (1, 0, 3, 2)
    model, x = network(strand_pair=pair), with_unknown()[:1]
    linear = Target(tracks=[0], positions=slice(1, 5))

    def mean(one):
        return float(linear.values(predict(model, one[None], ensemble=ensemble, run=CPU))[0])

    slow = slow_effects(mean, x[0])
    for method in ("incremental", "naive"):
        found = ism(
            model,
            x,
            target=linear,
            form="hypothetical",
            center="none",
            ensemble=ensemble,
            run=CPU,
            method=method,
            return_var=True,
            return_all=True,
        )
        peak = np.nanmax(np.abs(slow))
        np.testing.assert_allclose(found.values[0], slow, atol=2e-4 * peak)
        assert len(found.members) == len(ensemble.order())
        np.testing.assert_allclose(found.members.mean(0), found.values, atol=1e-6 * peak)
        np.testing.assert_allclose(found.members.var(0, ddof=1), found.var, atol=1e-6 * peak**2)


def test_one_result_per_track():
    x = sequences()[:2]
    found = ism(MODEL, x, target="each", run=CPU)
    assert found.values.shape == (4, 2, 4, 64) and len(found.tracks) == 4
    one = ism(MODEL, x, target=2, run=CPU)
    peak = np.abs(one.values).max()
    np.testing.assert_allclose(found.track(2).values, one.values, atol=1e-6 * peak)
    name = found.tracks[2]
    np.testing.assert_array_equal(found.select(track_name=name).values[0], found.values[2])


def test_scored_variants_make_the_same_matrix():
    text = "".join("ACGT"[i] for i in sequences()[0].argmax(0))
    genome = Genome.from_sequences({"c": text})
    variants = [
        Variant("c", at + 1, text[at], base)
        for at in range(len(text))
        for base in "ACGT"
        if base != text[at]
    ]
    where = Interval("c", 0, 64)
    placement = Placement(mode="overlap", regions=[where])
    table = score_variants(
        MODEL, variants, genome, scores=("diff",), placement=placement, device="cpu"
    )
    one = score_variants(
        MODEL, variants, genome, scores=("diff",), tracks=[3], placement=placement, device="cpu"
    )
    np.testing.assert_array_equal(ism_matrix(one), ism_matrix(one.scores["diff"][:, 0], variants))
    with pytest.raises(OptionError, match=r"holds diff \(4\) columns; choose one"):
        ism_matrix(table)
    with pytest.raises(OptionError, match="bring their own variants"):
        ism_matrix(one, variants)
    target = Target(tracks=[3], reduce="mean")
    for projected in (True, False):
        matrix = ism_matrix(table.scores["diff"][:, 3], table, multiply_by_sequence=projected)
        form = "projected" if projected else "hypothetical"
        found = ism(MODEL, where, genome, target=target, form=form, device="cpu")
        peak = np.abs(matrix).max()
        np.testing.assert_allclose(found.values[0].T, matrix, atol=2e-5 * peak)
        assert found.intervals == (where,)


def test_some_positions_only():
    genome = Genome.from_sequences({"c": "ACGTTGCA" * 40})
    places = [Interval("c", 64, 128), Interval("c", 100, 164)]
    whole = ism(MODEL, places, genome, target=TARGET, run=CPU)
    for positions, wanted in (
        (slice(5, 8), [range(5, 8)] * 2),
        ([3.0, 60], [[3, 60]] * 2),
        (7, [[7]] * 2),
        (Interval("c", 110, 115), [range(46, 51), range(10, 15)]),
        ([Interval("c", 60, 66), Interval("c", 160, 170)], [range(2), range(60, 64)]),
    ):
        found = ism(MODEL, places, genome, target=TARGET, positions=positions, run=CPU)
        for row, there in enumerate(wanted):
            at = list(there)
            rest = np.setdiff1d(np.arange(64), at)
            np.testing.assert_allclose(
                found.values[row][:, at], whole.values[row][:, at], atol=1e-6
            )
            assert np.isnan(found.values[row][:, rest]).all()


def test_places_on_the_other_strand():
    window = Interval("c", 100, 164, "-")
    examples = Sequences(sequences()[:1], (window,))
    asked = asked_positions(Interval("c", 101, 103), examples)
    assert np.flatnonzero(asked[0]).tolist() == [61, 62]
    asked = asked_positions([Interval("c", 90, 101), Interval("c", 160, 170)], examples)
    assert np.flatnonzero(asked[0]).tolist() == [0, 1, 2, 3, 63]


def test_a_target_at_places_of_the_genome():
    genome = Genome.from_sequences({"c": "ACGTTGCAGG" * 40})
    places = [Interval("c", 64, 128), Interval("c", 80, 144)]
    here = Target(tracks=[0], positions=[Interval("c", 96, 104)])
    found = ism(MODEL, places, genome, target=here, run=CPU)
    for row, bins in enumerate(([4], [2])):
        there = Target(tracks=[0], positions=bins)
        one = ism(MODEL, places[row], genome, target=there, run=CPU)
        np.testing.assert_allclose(found.values[row], one.values[0], atol=1e-6)


def test_a_function_as_target():
    x = sequences()[:1]

    def total(outputs):
        return outputs["atac"][8][:, 2:6, 1].sum(1)

    found = ism(MODEL, x, target=total, run=CPU, rc=True, method="incremental")
    same = ism(MODEL, x, target=TARGET, run=CPU, rc=True, method="incremental")
    np.testing.assert_allclose(found.values, same.values, atol=2e-6)
    assert found.target == "total"
    for method, words in (("naive", "of shape"), ("incremental", "one number per sequence")):
        with pytest.raises(ModelError, match=words):
            ism(MODEL, x, target=lambda outputs: outputs["atac"][8], run=CPU, method=method)


def test_few_mutants_are_done_before_a_plan_is_made(monkeypatch):
    made = []

    def counted(*arguments, **options):
        made.append(options["window_bp"])
        return plan_mutants(*arguments, **options)

    monkeypatch.setattr(mutant_effects, "plan_mutants", counted)
    x = sequences()[:2]
    ism(MODEL, x, target=3, positions=range(42), run=CPU)
    assert not made
    ism(MODEL, x, target=3, positions=range(43), run=CPU)
    assert made == [64]


def test_samples_of_dropout_are_the_same_for_every_mutant():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv1d(4, 8, 5, padding=2), nn.ReLU(), nn.Dropout(0.5), nn.Conv1d(8, 1, 1)
    ).eval()
    head = HeadSpec("a", (1,), 1)
    model = wrap(net, heads=head, window_bp=16, output_axes="NTL", name="drop")
    x = one_hot(["ACGTTGCATTGACGTA", "TTTTGACCAGGCATGC"])
    sampled = Ensemble(mc_samples=2)
    found = ism(model, x, ensemble=sampled, seed=3, device="cpu", return_all=True)
    again = ism(model, x, ensemble=sampled, seed=3, run=Run(device="cpu", batch_size=5))
    np.testing.assert_allclose(found.values, again.values, atol=1e-6)
    other = ism(model, x, ensemble=sampled, seed=4, device="cpu")
    assert np.abs(found.values - other.values).max() > 1e-3
    # A change is seen through its window of 5 bases, whatever is dropped elsewhere.
    cut = x.copy()
    cut[:, :, :4] = one_hot(["TTTT", "CCCC"])
    far = ism(model, cut, ensemble=sampled, seed=3, device="cpu", return_all=True)
    np.testing.assert_allclose(far.values[..., 8:], found.values[..., 8:], atol=1e-5)
    with pytest.raises(OptionError, match="need method='naive'"):
        ism(model, x, ensemble=sampled, method="incremental")


def test_the_verb_contributions_gives_the_same():
    x = with_unknown()
    found = contributions(MODEL, x, method="ism", target=TARGET, device="cpu")
    same = ism(MODEL, x, target=TARGET, form="hypothetical", device="cpu")
    np.testing.assert_array_equal(found.values, same.values)
    assert found.kind == "hypothetical" and found.method == "ism"


@pytest.mark.fault("V4")
def test_what_is_refused_in_words():
    x = sequences()[:1]
    for options, words in (
        ({"form": "hypothetcal"}, "did you mean 'hypothetical'"),
        ({"center": "mean"}, "center is 'mean'"),
        ({"method": "fast"}, "method is 'fast'"),
        ({"return_var": True}, "needs at least two views"),
        ({"positions": []}, "leaves nothing to change"),
        ({"positions": slice(70, 80)}, "leaves nothing to change"),
        ({"ensemble": Ensemble(rc=True, rc_merging="max")}, "acts on scores only"),
    ):
        with pytest.raises(OptionError, match=words):
            ism(MODEL, x, target=TARGET, **options)
    with pytest.raises(OutOfBoundsError, match=r"position 64 lies outside .* \(0 to 63\)"):
        ism(MODEL, x, positions=[3, 64])
    with pytest.raises(InputError, match="none on a genome"):
        ism(MODEL, x, positions=Interval("c", 0, 3))
    genome = Genome.from_sequences({"c": "ACGT" * 40})
    with pytest.raises(OutOfBoundsError, match="no example holds a base of c:11-20"):
        ism(MODEL, Interval("c", 64, 128), genome, positions=Interval("c", 10, 20))
    model = network()
    model.module.train()
    model.module.extra = nn.Dropout(0.1)
    with pytest.raises(ModelError, match="training mode"):
        ism(model, x, target=TARGET)


def test_the_other_strand_has_the_turned_values():
    pair = (1, 0, 3, 2)
    model = network(strand_pair=pair)
    x = with_unknown()
    options = {"form": "hypothetical", "rc": True, "run": CPU, "method": "incremental"}
    here = ism(model, x, target=Target(tracks=[0, 1]), **options)
    other = Target(tracks=list(pair[:2]))
    there = ism(model, x[:, ::-1, ::-1].copy(), target=other, **options)
    turned = there.reverse_complement()
    peak = np.nanmax(np.abs(here.values))
    np.testing.assert_allclose(turned.values, here.values, atol=1e-5 * peak)
    np.testing.assert_array_equal(turned.sequences, here.sequences)


def test_pieces_end_to_end_have_no_place_of_their_own():
    """Two ends of an exon are read as one sequence, whose bases are no stretch of the genome."""
    text = "".join(np.random.default_rng(4).choice(list("ACGT"), 5000))
    genome, exon = Genome.from_sequences({"c": text}, name="toy"), Interval("c", 2000, 2100, "+")
    model = load_model("mtsplice")
    asked = {"target": 0, "device": "cpu"}
    found = ism(model, exon, genome, positions=[5], **asked)
    assert found.intervals is None and np.isfinite(found.values).sum() == 4
    hidden = occlude(model, exon, genome, width_bp=400, stride_bp=400, **asked)
    assert hidden.intervals is None and hidden.shape == (1, 4, 800)
    assert epistasis(model, exon, genome, positions=[5, 6], **asked).interval is None
    with pytest.raises(InputError, match="0-based"):
        ism(model, exon, genome, positions=Interval("c", 2000, 2002), **asked)

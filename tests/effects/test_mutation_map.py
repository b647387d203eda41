from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.mutation_map import mutation_map
from locuscope.effects.variants import score_variants
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import (
    OptionError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.effects.golden import DATA, META, small_model
from tests.effects.made_maps import TwoInputModel
from tests.oracles.mutation_map_oracle import interval_map, window_map

MAPS = np.load(DATA / "mutmap.npz", allow_pickle=False)


def toy_map(where, model=None, genome=None, **options):
    return mutation_map(
        toy.model() if model is None else model,
        where,
        toy.genome() if genome is None else genome,
        device="cpu",
        **options,
    )


def golden_map(name: str, number: int, **options) -> MutationMap:
    genome = Genome.from_sequences({"s": META["sequences"][name][number]})
    return mutation_map(
        small_model(name=name), Interval("s", 0, 64), genome, device="cpu", **options
    )


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_maps_equal_the_reference_numbers(name):
    found = golden_map(name, 0)
    np.testing.assert_allclose(
        found.scores, MAPS[f"{name}_diff_0"].transpose(1, 0, 2), atol=2e-6, rtol=0
    )
    np.testing.assert_allclose(
        found.letter_heights(), MAPS[f"{name}_letter_height_0"], atol=2e-6, rtol=0
    )
    for i, letter in enumerate(found.reference):
        assert (found.scores[i, "ACGT".index(letter)] == 0).all()


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_n_is_nan_or_the_four_bases_in_its_place(name):
    expected = MAPS[f"{name}_diff_4"].transpose(1, 0, 2)
    at = META["sequences"][name][4].index("N")
    plain, filled = golden_map(name, 4), golden_map(name, 4, n_policy="fill")
    assert np.isnan(plain.scores[at]).all()
    known = [i for i in range(64) if i != at]
    np.testing.assert_allclose(plain.scores[known], expected[known], atol=2e-6, rtol=0)
    np.testing.assert_allclose(filled.scores, expected, atol=2e-6, rtol=0)
    np.testing.assert_allclose(
        filled.letter_heights(), MAPS[f"{name}_letter_height_4"], atol=2e-6, rtol=0
    )


@pytest.mark.parametrize(
    ("start", "end", "core"),
    [(100, 130, None), (103, 143, None), (100, 201, None), (100, 150, 7), (300, 301, None)],
)
def test_chunks_equal_the_loop(start, end, core):
    found = toy_map(Interval("1", start, end), core_bp=core)
    expected = interval_map(toy.predict, toy.sequence(), start, end, toy.WIDTH, core or 20)
    np.testing.assert_allclose(found.scores, expected, atol=2e-6, rtol=0)
    assert found.reference == toy.sequence()[start:end]


def test_bases_beyond_the_contig_are_context_and_never_filled():
    """The window of the first bases overhangs; its N are no part of the map."""
    found = toy_map(Interval("1", 0, 6), n_policy="fill")
    expected = interval_map(toy.predict, toy.sequence(), 0, 6, toy.WIDTH, 20)
    np.testing.assert_allclose(found.scores, expected, atol=2e-6, rtol=0)
    tiled = toy_map(Interval("1", 590, 600), tiling="kipoi", n_policy="fill")
    assert tiled[0].interval == Interval("1", 590, 630)
    assert np.isnan(tiled[0].scores[10:]).all()
    assert np.isfinite(tiled[0].scores[:10]).all()
    with pytest.raises(OutOfBoundsError, match="600"):
        toy_map(Interval("1", 590, 610))


def test_values_in_reference_cells_are_the_references_own():
    scores = ["diff", "ref", "alt", "logit_ref", "logit_alt", "logit"]
    found = toy_map(Interval("1", 100, 110), scores=scores)
    assert found.kinds == {
        name: "value" if name in ("ref", "alt", "logit_ref", "logit_alt") else "difference"
        for name in scores
    }
    rows = ["ACGT".index(letter) for letter in found.reference]
    own = {name: found.layers[name][np.arange(10), rows] for name in scores}
    assert not own["diff"].any()
    assert not own["logit"].any()
    np.testing.assert_array_equal(own["ref"], own["alt"])
    np.testing.assert_allclose(own["logit_ref"], np.log(own["ref"] / (1 - own["ref"])), rtol=1e-4)
    assert (found.layers["ref"] == own["ref"][0]).all()
    np.testing.assert_allclose(
        found.layers["alt"] - found.layers["ref"], found.layers["diff"], atol=1e-6
    )


@pytest.mark.parametrize("options", [{"reduce": "center"}, {"mask_bp": 5}, {"reduce": "max"}])
def test_masks_move_with_the_changed_base(options):
    found = toy_map(Interval("1", 100, 120), scores=["diff", "ref"], **options)
    left = 110 - toy.WIDTH // 2
    window = toy.sequence()[left : left + toy.WIDTH]
    reference = toy.predict(window)
    for i in (0, 7, 19):
        at = 100 + i - left
        keep = {"center": [at], "max": slice(None)}.get(options.get("reduce"))
        keep = range(at - 2, at + 3) if keep is None else keep
        how = np.max if options.get("reduce") == "max" else np.mean
        for row, base in enumerate("ACGT"):
            mutant = toy.predict(window[:at] + base + window[at + 1 :])
            change = how(mutant[keep], 0) - how(reference[keep], 0)
            np.testing.assert_allclose(found.layers["diff"][i, row], change, atol=2e-6)
            np.testing.assert_allclose(
                found.layers["ref"][i, row], how(reference[keep], 0), atol=2e-6
            )


def test_custom_scores_tell_their_kind_by_the_reference_cells():
    def half(ref, alt):
        return (alt - ref) / 2

    def ratio(ref, alt):
        return alt / ref

    found = toy_map(Interval("1", 100, 104), scores=["diff", half, ratio])
    assert found.kinds == {"diff": "difference", "half": "difference", "ratio": "value"}
    np.testing.assert_allclose(found.layers["half"], found.layers["diff"] / 2, atol=1e-7)
    rows = ["ACGT".index(letter) for letter in found.reference]
    assert (found.layers["ratio"][np.arange(4), rows] == 1).all()


def test_swapping_reference_and_mutant_negates_the_difference():
    text = toy.sequence()
    start, end, at = 100, 120, 107
    one = toy_map(Interval("1", start, end))
    for row, base in enumerate("ACGT"):
        mutant = Genome.from_sequences({"1": text[:at] + base + text[at + 1 :]})
        other = toy_map(Interval("1", start, end), genome=mutant)
        back = other.scores[at - start, "ACGT".index(text[at])]
        np.testing.assert_allclose(back, -one.scores[at - start, row], atol=2e-6)


@pytest.mark.parametrize("options", [{}, {"rc": True}, {"reduce": "center"}])
def test_a_map_equals_the_scores_of_its_changes_in_the_same_window(options):
    names = ["diff", "alt", "logit", "SAX"]
    found = toy_map(Interval("1", 296, 326), scores=names, **options)
    window = Interval("1", 291, 331)
    assert found.window_start == window.start
    changes = found.to_variant_scores()
    scored = score_variants(
        toy.model(),
        changes.variants,
        toy.genome(),
        scores=names,
        placement=Placement(mode="restricted", regions=[window]),
        device="cpu",
        **options,
    )
    assert len(scored) == 3 * 26
    for name in names:
        np.testing.assert_allclose(changes.scores[name], scored.scores[name], atol=2e-6)


class Symmetric(nn.Module):
    """The mean of a network on both strands: the same answer from either."""

    def __init__(self) -> None:
        super().__init__()
        self.net = toy.Net()

    def forward(self, x):
        both = self.net(x) + self.net(x.flip(1, 2)).flip(1)
        return both.mean(2, keepdim=True)


def test_a_symmetric_model_gives_one_map_from_either_strand():
    model = wrap(Symmetric(), heads=HeadSpec("sum", (1,), 1), window_bp=toy.WIDTH, name="sym")
    other = Genome.from_sequences({"1": reverse_complement(toy.sequence())})
    # odd widths in an even window would shift the window by a base on the other strand
    for width in (20, 40):
        one = toy_map(Interval("1", 290, 290 + width), model)
        place = Interval("1", toy.LENGTH - 290 - width, toy.LENGTH - 290)
        mirrored = toy_map(place, model, other).reverse_complement()
        assert mirrored.reference == one.reference
        np.testing.assert_allclose(mirrored.scores, one.scores, atol=2e-6)


def test_both_strands_equal_the_mean_of_their_maps():
    pair = list(toy.PAIR)

    def both(text):
        other = toy.predict(reverse_complement(text))[::-1][:, pair]
        return (toy.predict(text) + other) / 2

    found = toy_map(Interval("1", 100, 110), rc=True)
    expected = interval_map(both, toy.sequence(), 100, 110, toy.WIDTH, 20)
    np.testing.assert_allclose(found.scores, expected, atol=2e-6)
    same = toy_map(Interval("1", 100, 110), ensemble=Ensemble(rc=True))
    np.testing.assert_array_equal(same.scores, found.scores)
    shifted = toy_map(Interval("1", 100, 110), ensemble=Ensemble(shifts=[0.0, 1.0]))
    assert shifted.provenance["shifts"] == [0, 1]
    assert not np.array_equal(shifted.scores, found.scores)


def test_one_reference_and_three_mutants_per_base_are_run():
    model = toy.model()
    before = model.module.sequences
    toy_map(Interval("1", 100, 140), model, scores=["diff", "ref", "SAX"], batch_size=7)
    assert model.module.sequences - before == 1 + 3 * 40
    before = model.module.sequences
    toy_map(Interval("1", 100, 140), model, rc=True)
    assert model.module.sequences - before == 2 * (1 + 3 * 40)


@pytest.mark.parametrize("size", [1, 7, 64, 16.0])
def test_batch_size_does_not_matter(size):
    base = toy_map(Interval("1", 290, 320))
    other = toy_map(Interval("1", 290, 320), run=Run(device="cpu", batch_size=size))
    np.testing.assert_allclose(other.scores, base.scores, atol=1e-5)


def test_published_tiles_change_every_base_of_consecutive_windows():
    found = toy_map([Interval("1", 10, 100), Interval("2", 50, 90, "-", "b")], tiling="kipoi")
    assert isinstance(found, MutationMapSet)
    places = [each.interval for each in found]
    assert [(p.chrom, p.start, p.end) for p in places] == [
        ("1", 10, 50),
        ("1", 50, 90),
        ("1", 90, 130),
        ("2", 50, 90),
    ]
    assert found.rows == (0, 0, 0, 1)
    window = toy.sequence()[50:90]
    np.testing.assert_allclose(found[1].scores, window_map(toy.predict, window, 0, 40), atol=2e-6)
    one = toy_map(Interval("1", 10, 50), tiling="kipoi")
    assert isinstance(one, MutationMapSet)
    np.testing.assert_array_equal(one[0].scores, found[0].scores)


def test_tracks_and_heads_are_chosen_before_anything_is_scored():
    whole = toy_map(Interval("1", 100, 104))
    found = toy_map(Interval("1", 100, 104), tracks=[2.0, 0.0])
    np.testing.assert_array_equal(found.scores, whole.scores[:, :, [2, 0]])
    assert found.labels == ("atac:2", "atac:0")
    with pytest.raises(UnknownNameError, match="rna"):
        toy_map(Interval("1", 100, 104), heads=["rna"])


def test_a_model_of_any_length_takes_its_width_from_the_placement():
    model = toy.model(window_bp=None)
    with pytest.raises(OptionError, match="width_bp"):
        toy_map(Interval("1", 100, 104), model)
    found = toy_map(Interval("1", 100, 104), model, placement=Placement(width_bp=40.0))
    np.testing.assert_allclose(found.scores, toy_map(Interval("1", 100, 104)).scores, atol=1e-7)
    assert found.window_start == 82
    assert found.provenance["window_bp"] == 40


def test_the_result_says_how_it_was_made():
    found = toy_map(Interval("1", 100, 104), scores=["diff", "logit"], rc=True, core_bp=2.0)
    said = found.provenance
    assert said["model"] == "toy"
    assert said["rc"] is True
    assert said["core_bp"] == 2
    assert list(said["scores"]) == ["diff", "logit"]
    assert {"model_digest", "genome_digest", "n_policy", "tiling", "reduce", "mask_bp"} <= set(said)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "incremental"}, "incremental"),
        ({"method": "fast"}, "fast"),
        ({"tiling": "tiles"}, "tiles"),
        ({"n_policy": "zero"}, "zero"),
        ({"core_bp": 41}, "41"),
        ({"core_bp": 0}, "core_bp is 0"),
        ({"core_bp": 5, "tiling": "kipoi"}, "no effect"),
        ({"scores": ()}, "no score"),
        ({"rc": True, "ensemble": Ensemble()}, "differ"),
        ({"placement": Placement(mode="overlap", regions=[Interval("1", 0, 40)])}, "tiling"),
        ({"placement": Placement(center="middle")}, r"placement.center='middle'"),
        ({"placement": Placement(share_bp=5)}, "placement.share_bp=5"),
        ({"out": "map.npz"}, "map.npz"),
        ({"out": ["a.parquet", "map.h5"]}, "first the one file"),
    ],
)
def test_options_that_cannot_work_are_refused_by_name(options, words):
    with pytest.raises(OptionError, match=words):
        toy_map(Interval("1", 100, 104), **options)


def test_scores_that_make_their_own_sequences_are_left_to_score_variants():
    model = load_model("cispliceai")
    small = Placement(width_bp=10_401)
    with pytest.raises(OptionError, match="score_variants"):
        mutation_map(model, Interval("1", 1, 2), toy.genome(), scores="splice_delta")
    with pytest.raises(WrongTypeError, match="Genome"):
        mutation_map(model, Interval("1", 1, 2), "hg38.fa", placement=small)
    with pytest.raises(WrongTypeError, match="genome"):
        mutation_map(model, Interval("1", 1, 2), placement=small)
    with pytest.raises(WrongTypeError, match="SequenceModel"):
        mutation_map(nn.Linear(1, 1), Interval("1", 1, 2), toy.genome())
    with pytest.raises(WrongTypeError, match="load_model"):
        mutation_map("cispliceai", Interval("1", 1, 2), toy.genome())


def test_nan_of_the_network_stays():
    class Broken(toy.Net):
        def forward(self, x):
            y = super().forward(x)
            return torch.where(x[:, :1, 20:21] > 0, torch.nan, y)

    model = wrap(Broken(), heads=HeadSpec("atac", (1,), 3), window_bp=toy.WIDTH, name="nan")
    start = 100
    found = toy_map(Interval("1", start, start + 40), model)
    column = 20
    if found.reference[column] != "A":
        assert np.isnan(found.scores[column, 0]).all()
        assert np.isfinite(found.scores[column, 1:]).all()


def predict_two(model, window: str):
    parts = window[:12] + reverse_complement(window[10:20])
    with torch.inference_mode():
        x = torch.from_numpy(one_hot(parts)[None]).float()
        return model.module(x).double().numpy()


def test_a_model_with_several_inputs_has_a_map_of_each():
    """A base that two inputs share is changed in both."""
    model, text = TwoInputModel(), toy.sequence()
    found = mutation_map(model, Interval("1", 100, 120), toy.genome(), tiling="kipoi")
    assert found.input_names == ("left", "right")
    window = text[100:120]
    expected = window_map(lambda letters: predict_two(model, letters), window, 0, 20)
    for name, first, stop in (("left", 0, 12), ("right", 10, 20)):
        each = found.entry(0, name)
        assert (each.interval.start, each.interval.end) == (100 + first, 100 + stop)
        assert each.reference == window[first:stop]
        assert each.input_name == name
        np.testing.assert_allclose(each.scores, expected[first:stop], atol=2e-6)
    some = mutation_map(model, Interval("1", 108, 112), toy.genome())
    assert isinstance(some, MutationMapSet)
    assert [some.entry(0, name).interval.width for name in ("left", "right")] == [4, 2]


def test_batches_of_a_data_loader_need_no_genome():
    text = toy.sequence()
    places = [Interval("1", 100, 140), Interval("1", 160, 200, "-")]
    bases = np.stack([one_hot(text[100:140]), reverse_complement(one_hot(text[160:200]))])
    loader = Placement(mode="overlap", regions=[ModelBatch(bases, places)])
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    alleles = [Variant("1", p, text[p - 1], other[text[p - 1]]) for p in (170, 120)]
    found = mutation_map(toy.model(), alleles, placement=loader, device="cpu")
    assert [(e.interval.start, e.interval.end) for e in found] == [(160, 200), (100, 140)]
    np.testing.assert_allclose(
        found[1].scores, window_map(toy.predict, text[100:140], 0, 40), atol=2e-6
    )
    turned = window_map(toy.predict, reverse_complement(text[160:200]), 0, 40)
    np.testing.assert_allclose(found[0].scores, turned[::-1, ::-1], atol=2e-6)
    assert found[0].reference == text[160:200]
    assert found.provenance["genome"] is None

"""Maps whose mutants are carried through the network against maps of full passes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from locuscope.effects.maps import map_job, map_parts
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.mutation_map import mutation_map
from locuscope.effects.scoring import plan_worth
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import ModelError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.mutants import MutantPlan
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy
from tests.effects.carried_networks import WIDTH, genome, pooled, residual, sequence
from tests.effects.made_maps import TwoInputModel

PLACE = Interval("1", 100, 112)


def ways(model, where, **options):
    """The same call, carried and in full passes."""
    calls = (
        mutation_map(model, where, genome(), method=method, device="cpu", **options)
        for method in ("incremental", "naive")
    )
    return tuple(calls)


def assert_equal(carried, naive) -> None:
    assert carried.provenance["method"] == "incremental"
    assert naive.provenance["method"] == "naive"
    assert carried.reference == naive.reference
    assert carried.kinds == naive.kinds
    for name, expected in naive.layers.items():
        peak = max(1.0, float(np.nanmax(np.abs(expected))))
        np.testing.assert_allclose(
            carried.layers[name], expected, atol=2e-6 * peak, rtol=0, equal_nan=True
        )


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_carried_maps_equal_those_of_full_passes(data):
    """Edges of the contig, N and overhanging windows are among the places."""
    start = data.draw(st.sampled_from([0, 3, 100, 196, 380]) | st.integers(0, 380))
    rc = data.draw(st.booleans())
    options = {
        "scores": data.draw(
            st.sampled_from([["diff"], ["logit", "alt"], ["diff", "logit_ref", "deepsea_effect"]])
        ),
        "heads": data.draw(st.sampled_from([["profile"], ["counts"], None])),
        "n_policy": data.draw(st.sampled_from(["nan", "fill"])),
        "ensemble": Ensemble(
            rc=rc,
            rc_merging=data.draw(st.sampled_from(["mean", "absmax"] if rc else ["mean"])),
            shifts=data.draw(st.sampled_from([(0,), (0, 3), (-2,)])),
            members=data.draw(st.sampled_from([(), (residual(5),)])),
        ),
        "core_bp": data.draw(st.sampled_from([None, 5])),
    }
    if options["heads"] != ["counts"]:
        options["reduce"] = data.draw(st.sampled_from(["mean", "max", "center"]))
    width = data.draw(st.integers(1, 12))
    where = Interval("1", start, min(start + width, 400))
    assert_equal(*ways(residual(), where, **options))


@pytest.mark.parametrize(
    "options",
    [
        {"tracks": [4, 0]},
        {"rc": True, "tracks": [2]},
        {"scores": "all"},
        {"tiling": "kipoi", "n_policy": "fill"},
    ],
)
def test_pooled_networks_and_chosen_tracks(options):
    where = Interval("1", 190, 210)
    for carried, naive in zip(*map(_maps, ways(pooled(), where, **options)), strict=True):
        assert_equal(carried, naive)


def _maps(found):
    return [found] if isinstance(found, MutationMap) else list(found)


def test_scores_of_positions_and_masks_see_what_full_passes_give():
    scores = ["SAX", "D2", "logSUM", "diff"]
    assert_equal(*ways(residual(), PLACE, scores=scores, heads=["profile"], rc=True, mask_bp=7))
    assert_equal(*ways(residual(), PLACE, tracks={"track_index": 1}))


def test_differences_are_closer_to_the_truth_than_those_of_full_passes():
    """The difference itself is carried; two rounded outputs have lost its last digits."""
    double = wrap(
        type(residual().module)().double().eval(),
        heads=list(residual().heads.values()),
        window_bp=WIDTH,
        name="double",
    )
    options = {"heads": ["counts"]}
    truth = mutation_map(double, PLACE, genome(), method="naive", device="cpu", **options)
    with np.errstate(invalid="ignore"):
        gaps = [
            np.abs(found.scores.astype(float) - truth.scores).max()
            for found in ways(residual(), PLACE, **options)
        ]
    assert gaps[0] <= gaps[1]


def test_a_custom_score_gets_references_and_alternatives():
    def ratio(ref, alt):
        return alt / ref

    assert_equal(*ways(residual(), PLACE, scores=[ratio, "diff"]))


def test_each_piece_of_a_model_with_several_inputs_is_changed():
    """A base that both pieces hold is one edit of two columns."""
    carried, naive = ways(TwoInputModel(), Interval("1", 100, 120), tiling="kipoi")
    for name in ("left", "right"):
        assert_equal(carried.entry(0, name), naive.entry(0, name))


def test_bases_of_a_data_loader_on_the_other_strand():
    text = sequence()
    place = Interval("1", 100, 100 + WIDTH, "-")
    bases = reverse_complement(one_hot(text[100 : 100 + WIDTH]))[None]
    loader = Placement(mode="overlap", regions=[ModelBatch(np.ascontiguousarray(bases), [place])])
    allele = Variant("1", 120, text[119], "A" if text[119] != "A" else "C")
    carried, naive = (
        mutation_map(pooled(), [allele], placement=loader, device="cpu", method=method)[0]
        for method in ("incremental", "naive")
    )
    assert_equal(carried, naive)


def test_a_network_that_cannot_be_followed_is_refused_with_the_reason_of_its_plan():
    with pytest.raises(OptionError, match=r"not possible for toy: .*method='naive'"):
        mutation_map(toy.model(), Interval("1", 100, 104), toy.genome(), method="incremental")


class Eager(nn.Module):
    """Looks at its values, which no captured graph can follow."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        return (y if float(y.detach().sum()) > -1e9 else -y).transpose(1, 2)


@pytest.fixture
def _always(monkeypatch):
    """Small calls are worth a plan too."""
    monkeypatch.setattr(plan_worth, "MIN_PASSES", 1)
    monkeypatch.setattr(plan_worth, "PLAN_S", 0.0)


@pytest.mark.usefixtures("_always")
def test_auto_falls_back_without_a_word(monkeypatch):
    heads = HeadSpec("a", (1,), 2)
    eager = wrap(Eager().eval(), heads=heads, window_bp=WIDTH, name="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mutation_map(eager, PLACE, genome(), device="cpu")
    assert found.provenance["method"] == "naive"
    with pytest.raises(OptionError, match="captured"):
        mutation_map(eager, PLACE, genome(), device="cpu", method="incremental")

    def refuse(*args, **options):
        message = "chance in the network"
        raise ModelError(message, batch=None)

    monkeypatch.setattr(plan_worth, "planned", refuse)
    assert mutation_map(pooled(), PLACE, genome(), device="cpu").provenance["method"] == "naive"
    with pytest.raises(ModelError, match="chance"):
        mutation_map(pooled(), PLACE, genome(), device="cpu", method="incremental")


@pytest.mark.usefixtures("_always")
@pytest.mark.parametrize(("is_faster", "method"), [(True, "incremental"), (False, "naive")])
def test_auto_takes_the_plan_where_it_is_faster(monkeypatch, is_faster, method):
    monkeypatch.setattr(MutantPlan, "is_faster", property(lambda _: is_faster))
    found = mutation_map(pooled(), PLACE, genome(), device="cpu")
    assert found.provenance["method"] == method


def test_small_calls_are_not_worth_a_plan(monkeypatch):
    def fail(*args, **options):
        raise AssertionError

    monkeypatch.setattr(plan_worth, "planned", fail)
    found = mutation_map(pooled(), Interval("1", 100, 150), genome(), device="cpu")
    assert found.provenance["method"] == "naive"
    # many mutants, but of a network so small that full passes are done at once
    found = mutation_map(pooled(), Interval("1", 0, 180), genome(), device="cpu")
    assert found.provenance["method"] == "naive"


class StopError(Exception):
    """What an interrupted call raises here."""


@pytest.mark.fault("J1")
def test_a_resumed_job_keeps_the_method_of_its_first_run(tmp_path, monkeypatch):
    """Byte-equal, also where the second run would have chosen otherwise."""
    for module in (map_parts, map_job):
        monkeypatch.setattr(module, "PART_POSITIONS", 16)
    where = Interval("1", 90, 150)
    whole, torn = tmp_path / "whole.h5", tmp_path / "torn" / "whole.h5"
    torn.parent.mkdir()

    def call(out, method, **options):
        run = Run(device="cpu", batch_size=8, out=out, **options)
        return mutation_map(residual(), where, genome(), run=run, method=method, rc=True)

    def stop(done, total, counts):
        raise StopError

    call(whole, "incremental")
    with pytest.raises(StopError):
        call(torn, "incremental", progress=stop)
    found = call(torn, "auto")
    assert found.provenance["method"] == "incremental"
    assert torn.read_bytes() == whole.read_bytes()
    # a finished file is opened, whatever method would have been chosen
    assert call(torn, "naive").provenance["method"] == "incremental"


def test_two_processes_give_the_bytes_of_one(tmp_path, monkeypatch):
    for module in (map_parts, map_job):
        monkeypatch.setattr(module, "PART_POSITIONS", 16)
    paths = [tmp_path / "one.h5", tmp_path / "two.h5"]
    for workers, path in zip((1, 2), paths, strict=True):
        run = Run(device="cpu", batch_size=8, workers=workers, out=path)
        mutation_map(residual(), Interval("1", 90, 150), genome(), run=run, method="incremental")
    assert paths[0].read_bytes() == paths[1].read_bytes()

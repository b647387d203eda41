from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.attribution.ism import ism
from locuscope.attribution.layer_targets import layer_target_views
from locuscope.attribution.mutant_effects import MutantEffects, ViewTarget
from locuscope.attribution.target_views import target_views
from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import one_hot
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution import networks
from tests.attribution.reference import network, sequences
from tests.oracles.ism_oracle import slow_centred, slow_effects

MODEL = network()
CPU = Run(device="cpu")


def effects(views, x, method="auto"):
    asked = np.ones((len(x), x.shape[2]), np.bool_)
    return MutantEffects(views, x, asked, 0, CPU, method)


def test_each_view_sees_the_changes_that_it_can():
    x = sequences()[:2]
    ensemble = Ensemble(rc=True, shifts=(5, -3))
    views = target_views(MODEL, 0, ensemble=ensemble, width_bp=64)
    for method in ("incremental", "naive"):
        work = effects(views, x, method)
        for view in views.views:
            found = work.of(1, view)
            assert found.shape == (4, 64) and (found[x[1] == 1] == 0).all()
            gone = {5: slice(59, 64), -3: slice(0, 3)}[view.shift]
            np.testing.assert_allclose(found[:, gone], 0, atol=1e-6)
            others = effects(views, x, "naive").of(1, view)
            np.testing.assert_allclose(found, others, atol=2e-6)


def test_bases_of_the_genome_come_in_with_shifts():
    rng = np.random.default_rng(0)
    genome = Genome.from_sequences({"c": "".join(rng.choice([*"ACGT"], 400))})
    ensemble = Ensemble(shifts=(7, -4), shift_fill="genome")
    places = [Interval("c", 50, 114), Interval("c", 200, 264)]
    carried, whole = (
        ism(MODEL, places, genome, target=2, ensemble=ensemble, run=CPU, method=method)
        for method in ("incremental", "naive")
    )
    np.testing.assert_allclose(carried.values, whole.values, atol=2e-6)
    other = Ensemble(shifts=(7, -4))
    uniform = ism(MODEL, places, genome, target=2, ensemble=other, run=CPU)
    assert np.abs(uniform.values - carried.values).max() > 1e-4


def test_members_have_their_own_plans():
    net = network("softplus").module
    twin = wrap(net, heads=MODEL.heads["atac"], window_bp=64, name="twin")
    found = ism(
        MODEL,
        sequences()[:2],
        target=1,
        ensemble=Ensemble(members=(twin,)),
        run=CPU,
        return_all=True,
    )
    for place, model in enumerate((MODEL, twin)):
        alone = ism(model, sequences()[:2], target=1, run=CPU)
        np.testing.assert_allclose(found.members[place], alone.values, atol=2e-6)


def test_equal_targets_find_their_plans_again():
    views = target_views(MODEL, 0, ensemble=Ensemble(), width_bp=64)
    again = target_views(MODEL, 0, ensemble=Ensemble(), width_bp=64)
    view = views.views[0]
    one, two, other = (
        ViewTarget(bound, view, (target, view, bound.ensemble))
        for bound, target in ((views, 0), (again, 0), (views, 1))
    )
    assert one == two and hash(one) == hash(two) and one != other and one != 0
    assert one.heads == ("atac",) and one.resolutions_bp == (8,)


def test_hidden_layers_are_whole_passes():
    x = sequences()[:1]
    views = layer_target_views(MODEL, "stem", 2, ensemble=Ensemble(), width_bp=64, organism=0)
    found = effects(views, x).of(0, views.views[0])
    # The unit is linear in the bases and sees 7 of them.
    weight = MODEL.module.stem.weight.detach().numpy()[2]
    inner = slice(3, 61)
    change = weight.sum(1)[:, None] - (weight.sum(1) @ x[0])[None]
    np.testing.assert_allclose(found[:, inner], change[:, inner], atol=1e-5)
    with pytest.raises(OptionError, match="need method='naive'"):
        effects(views, x, "incremental")


# Where a rule of the engine is off it says so, and does that part on whole mutants.
@pytest.mark.filterwarnings("ignore:.*it is done on whole mutants instead")
@pytest.mark.parametrize("make", networks.ALL)
def test_every_kind_of_network_equals_the_slow_loop(make):
    net = networks.made(make)
    own = networks.one_number(net)
    x = one_hot(["ACGTTGCATTGA", "TTGANCCAGGCA"])

    def of(one):
        with torch.no_grad():
            return float(own(torch.from_numpy(one[None]).double())[0])

    truth = np.stack([slow_centred(slow_effects(of, one), "alts") for one in x])
    width = net(torch.from_numpy(x).double()).shape[1]
    head = HeadSpec("a", (), width, kind="scalar")
    model = wrap(net, heads=head, window_bp=12, output_axes="NT", name="n")
    for method in ("incremental", "naive"):
        found = ism(model, x, target=0, form="hypothetical", method=method, device="cpu")
        peak = np.nanmax(np.abs(truth))
        np.testing.assert_allclose(found.values, truth, atol=1e-6 * peak, rtol=1e-6)
        alone = ism(model, x[1:], target=0, form="hypothetical", method=method, device="cpu")
        np.testing.assert_allclose(alone.values[0], found.values[1], atol=1e-6 * peak)

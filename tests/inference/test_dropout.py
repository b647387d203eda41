"""Monte Carlo dropout: masks belong to examples, other layers stay as they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from locuscope.attribution.contributions import contributions
from locuscope.attribution.layer_gradients import layer_gradients
from locuscope.effects.scores import resolve_scores
from locuscope.errors import DataWarning, ModelError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.inference.dropout import DropoutSampler
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.evaluate import evaluate
from locuscope.inference.predict import predict
from locuscope.inference.predict_variant import predict_variant
from locuscope.inference.tiling import predict_region
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

LENGTH = 24
TEXTS = ["ACGTTGCA" * 3, "TTTTACGA" * 3, "CAGGATCC" * 3, "ACGTTGCA" * 3, "GGGGACTT" * 3]


class Noisy(nn.Module):
    """Every kind of dropout, a module that runs twice, and batch norm that must stay as it is."""

    def __init__(self, functional_p=0.1):
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv1d(4, 6, 5, padding=2)
        self.norm = nn.BatchNorm1d(6)
        self.plain = nn.Dropout(0.3)
        self.channels = nn.Dropout1d(0.3)
        self.alpha = nn.AlphaDropout(0.2)
        self.features = nn.FeatureAlphaDropout(0.2)
        self.last = nn.Conv1d(6, 2, 1)
        self.functional_p = functional_p

    def forward(self, x):
        h = self.plain(self.norm(self.stem(x)).relu())
        h = self.channels(self.plain(h))
        h = self.features(self.alpha(h))
        h = functional.dropout(h, self.functional_p, training=self.training)
        return self.last(h).transpose(1, 2)


def model_of(network, name="noisy", tracks=2):
    return wrap(network, heads=HeadSpec("signal", (1,), tracks), window_bp=LENGTH, name=name)


@pytest.fixture
def noisy():
    return model_of(Noisy())


def one_hot(n, seed=0):
    letters = torch.randint(0, 4, (n, LENGTH), generator=torch.Generator().manual_seed(seed))
    return functional.one_hot(letters, 4).transpose(1, 2).float()


class TestMasks:
    def test_a_row_does_not_depend_on_the_others(self):
        network, x = Noisy().eval(), one_hot(4)
        sampler = DropoutSampler(network, seed=5)
        with torch.inference_mode():
            with sampler.drawn(1, range(4)):
                together = network(x)
            for row in range(4):
                with sampler.drawn(1, [row]):
                    alone = network(x[row : row + 1])
                assert torch.allclose(alone[0], together[row], atol=1e-6)

    def test_every_part_of_the_key_counts(self):
        network, x = nn.Sequential(nn.Dropout(0.5)).eval(), torch.ones(1, 200)

        def mask(seed=0, member=0, sample=0, example=0):
            with DropoutSampler(network, seed=seed, member=member).drawn(sample, [example]):
                return network(x)

        first = mask()
        assert torch.equal(first, mask())
        for other in ({"seed": 1}, {"member": 1}, {"sample": 1}, {"example": 1}):
            assert not torch.equal(first, mask(**other))

    def test_a_module_that_runs_twice_is_drawn_twice(self):
        drop = nn.Dropout(0.5)
        network = nn.Sequential(drop, drop).eval()
        sampler = DropoutSampler(network, seed=0)
        with sampler.drawn(0, [0]):
            twice = network(torch.ones(1, 1000))
        assert sampler.n_drawn == 2
        assert abs(float((twice != 0).float().mean()) - 0.25) < 0.06
        assert set(twice.unique().tolist()) == {0.0, 4.0}

    @pytest.mark.parametrize("p", [0.2, 0.7])
    def test_the_mean_over_samples_is_the_network_without_dropout(self, p):
        network = nn.Sequential(nn.Dropout(p)).eval()
        sampler = DropoutSampler(network, seed=0)
        total = torch.zeros(3, 500)
        for sample in range(40):
            with sampler.drawn(sample, range(3)):
                total += network(torch.ones(3, 500))
        assert abs(float(total.mean()) / 40 - 1) < 0.02

    @pytest.mark.parametrize("kind", [nn.AlphaDropout, nn.FeatureAlphaDropout])
    def test_alpha_dropout_keeps_mean_and_variance(self, kind):
        network = nn.Sequential(kind(0.3)).eval()
        x = torch.randn(2, 3000, 8, generator=torch.Generator().manual_seed(0))
        with DropoutSampler(network, seed=0).drawn(0, range(2)):
            drawn = network(x)
        assert abs(float(drawn.mean())) < 0.03
        assert abs(float(drawn.var()) - 1) < 0.06
        assert not torch.equal(drawn, x)

    @pytest.mark.parametrize(
        ("kind", "shape"),
        [
            (nn.Dropout1d, (2, 50, 7)),
            (nn.Dropout2d, (2, 50, 3, 4)),
            (nn.Dropout3d, (2, 50, 2, 3, 2)),
        ],
    )
    def test_channels_are_dropped_whole(self, kind, shape):
        network = nn.Sequential(kind(0.5)).eval()
        with DropoutSampler(network, seed=0).drawn(0, range(2)):
            drawn = network(torch.ones(shape)).flatten(2)
        assert bool((drawn == drawn[..., :1]).all())
        assert set(drawn.unique().tolist()) == {0.0, 2.0}

    def test_all_or_nothing(self):
        x = torch.ones(2, 5)
        for kind in (nn.Dropout, nn.AlphaDropout):
            network = nn.Sequential(kind(1.0)).eval()
            with DropoutSampler(network, seed=0).drawn(0, range(2)):
                assert not network(x).any()
        network = nn.Sequential(nn.Dropout(0.0)).eval()
        sampler = DropoutSampler(network, seed=0)
        with sampler.drawn(0, range(2)):
            assert torch.equal(network(x), x)
        with pytest.raises(OptionError, match="no dropout that could be drawn"):
            sampler.require_drawn()

    def test_in_place_dropout_changes_its_input(self):
        network = nn.Sequential(nn.Dropout(0.5, inplace=True)).eval()
        x = torch.ones(1, 100)
        with DropoutSampler(network, seed=0).drawn(0, [0]):
            answer = network(x)
        assert answer.data_ptr() == x.data_ptr() and 0.0 in x.tolist()[0]

    def test_the_network_is_left_as_it_was(self):
        network, x = Noisy().eval(), one_hot(2)
        with torch.inference_mode():
            plain = network(x)
            with pytest.raises(RuntimeError), DropoutSampler(network, seed=0).drawn(0, range(2)):
                network(x[:, :3])
            assert torch.equal(network(x), plain)
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
        assert not any(m.training for m in network.modules())


class TestWhatCannotBeKeyed:
    def test_attention_and_recurrent_layers_are_named(self):
        attention = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
        with pytest.raises(ModelError, match=r"'self_attn' \(MultiheadAttention\) draws"):
            DropoutSampler(attention, seed=0)
        recurrent = nn.Sequential(nn.LSTM(4, 3, 2, dropout=0.2))
        with pytest.raises(ModelError, match=r"'0' \(LSTM\).*mc_keyed=False"):
            DropoutSampler(recurrent, seed=0)
        DropoutSampler(nn.Sequential(nn.GRU(4, 3, 1)), seed=0)

    def test_without_keys_they_are_drawn_and_repeat(self):
        network = nn.LSTM(4, 3, 2, dropout=0.5, batch_first=True).eval()
        x = one_hot(2).transpose(1, 2)
        before = torch.get_rng_state()
        with pytest.warns(DataWarning, match="numbers depend on the batch size"):
            sampler = DropoutSampler(network, seed=0, is_keyed=False)

        def draw(sample):
            with torch.inference_mode(), sampler.drawn(sample, range(2)):
                return network(x)[0]

        assert torch.equal(draw(0), draw(0))
        assert not torch.equal(draw(0), draw(1))
        assert not network.training
        assert torch.equal(torch.get_rng_state(), before)
        sampler.require_drawn()

    def test_functions_are_drawn_without_keys_too(self):
        network, x = Noisy().eval(), one_hot(3)
        with pytest.warns(DataWarning):
            sampler = DropoutSampler(network, seed=0, is_keyed=False)
        with torch.inference_mode(), sampler.drawn(0, range(3)):
            drawn = network(x)
        assert sampler.n_drawn == 6
        assert not torch.allclose(drawn, network(x))

    def test_dropout_of_several_rows_per_example_is_named(self):
        class Both(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.Dropout(0.5)

            def forward(self, x):
                forward, reverse = self.inner(torch.cat([x, x.flip(1, 2)])).chunk(2)
                return (forward + reverse).transpose(1, 2)

        model = model_of(Both(), "both", tracks=4)
        with pytest.raises(ModelError, match=r"'inner: dropout' sees .*\(4, 4, 24\) .* 2 examples"):
            predict(model, TEXTS[:2], ensemble=Ensemble(mc_samples=2))
        loose = Ensemble(mc_samples=3, mc_keyed=False)
        with pytest.warns(DataWarning, match="mc_keyed=False"):
            found = predict(model, TEXTS[:2], ensemble=loose, return_var=True)
        assert float(found.var.signal[1].tensor.max()) > 0

    def test_attention_of_a_function_is_named(self):
        class Attends(nn.Module):
            def forward(self, x):
                keys = x.transpose(1, 2)
                return functional.scaled_dot_product_attention(keys, keys, keys, dropout_p=0.2)

        network = Attends().eval()
        x = one_hot(2)
        sampler = DropoutSampler(network, seed=0)
        expected = pytest.raises(ModelError, match=r"scaled_dot_product_attention.* of its own")
        with expected, sampler.drawn(0, range(2)):
            network(x)


class TestVerbs:
    @pytest.mark.parametrize("size", [1, 2, 3, 64])
    def test_the_batch_size_changes_nothing(self, noisy, size):
        views = Ensemble(mc_samples=3, rc=True)
        whole = predict(noisy, TEXTS, ensemble=views, return_var=True, return_all=True, seed=7)
        parts = predict(
            noisy,
            TEXTS,
            ensemble=views,
            return_var=True,
            return_all=True,
            seed=7,
            batch_size=size,
        )
        assert torch.allclose(whole.stacked("signal"), parts.stacked("signal"), atol=2e-6)
        for name in ("mean", "var"):
            one, other = (getattr(found, name).signal[1].tensor for found in (whole, parts))
            assert torch.allclose(one, other, atol=2e-6)

    def test_another_seed_and_another_example_are_other_numbers(self, noisy):
        views = Ensemble(mc_samples=2)
        one = predict(noisy, TEXTS, ensemble=views).signal[1].tensor
        assert torch.equal(one, predict(noisy, TEXTS, ensemble=views, seed=0).signal[1].tensor)
        assert not torch.allclose(
            one, predict(noisy, TEXTS, ensemble=views, seed=1).signal[1].tensor
        )
        assert not torch.allclose(one[0], one[3])  # equal texts, other numbers in the list
        assert torch.allclose(*predict(noisy, [TEXTS[0]] * 2).signal[1].tensor)

    def test_members_are_drawn_apart(self, noisy):
        twin = model_of(Noisy(), "twin")
        views = Ensemble(mc_samples=2, members=[twin])
        found = predict(noisy, TEXTS, ensemble=views, return_all=True).stacked("signal")
        assert found.shape[0] == 4
        assert not torch.allclose(found[0], found[2])

    def test_a_network_without_dropout_is_refused(self, bins):
        with pytest.raises(OptionError, match="bins has no dropout that could be drawn"):
            predict(bins, ["ACGT" * 8], ensemble=Ensemble(mc_samples=2))

    def test_a_variance_needs_two_samples(self, noisy):
        for views in (Ensemble(), Ensemble(mc_samples=1)):
            with pytest.raises(OptionError, match="variance needs at least two members"):
                predict(noisy, TEXTS, ensemble=views, return_var=True)

    @pytest.mark.parametrize("method", ["gradient", "deeplift", "expected_gradients"])
    def test_contributions_are_drawn_by_example(self, method):
        network = nn.Sequential(
            nn.Conv1d(4, 6, 5, padding=2), nn.ReLU(), nn.Dropout(0.3), nn.Conv1d(6, 2, 1)
        )
        model = wrap(
            network,
            heads=HeadSpec("signal", (1,), 2),
            window_bp=LENGTH,
            output_axes="NTL",
            name="small",
        )
        options = {"method": method, "target": 0, "ensemble": Ensemble(mc_samples=3)}
        whole = contributions(model, TEXTS, **options, seed=1, return_var=True)
        parts = contributions(model, TEXTS, **options, seed=1, batch_size=2)
        other = contributions(model, TEXTS, **options, seed=2)
        np.testing.assert_allclose(whole.values, parts.values, atol=2e-6)
        assert abs(whole.values - other.values).max() > 1e-3
        assert whole.var.max() > 0
        assert whole.provenance["ensemble"]["seed"] == 1

    def test_layers_are_drawn_by_example(self):
        network = nn.Sequential(nn.Conv1d(4, 6, 5), nn.Dropout(0.3), nn.Conv1d(6, 2, 1))
        head = HeadSpec("signal", (1,), 2, crop_bp=2)
        model = wrap(network, heads=head, window_bp=LENGTH, output_axes="NTL", name="small")
        options = {"target": 0, "ensemble": Ensemble(mc_samples=2)}
        whole = layer_gradients(model, TEXTS, ["0", "input"], **options)
        parts = layer_gradients(model, TEXTS, ["0", "input"], **options, batch_size=2)
        for name, values in whole.items():
            np.testing.assert_allclose(values, parts[name], atol=2e-6)
        assert 0 in whole["0"]  # a unit that both samples dropped

    def test_gradients_of_the_mean_are_the_mean_of_gradients(self):
        """The masks of a sample are the same in the gradient and in the prediction."""
        network = Noisy().double()
        model = model_of(network, "double")
        views = Ensemble(mc_samples=3, rc=True)
        x = one_hot(2).double()
        step = 1e-5
        found = contributions(model, x, target=0, ensemble=views, gauge="none").values
        network.eval()
        for base, position in ((0, 3), (2, 11)):
            sides = []
            for sign in (1, -1):
                total = 0.0
                moved = x.clone()
                moved[:, base, position] += sign * step
                sampler = DropoutSampler(network, seed=0)
                for _, _, is_reverse, sample in views.order():
                    with torch.inference_mode(), sampler.drawn(sample, range(2)):
                        turned = moved.flip(1, 2) if is_reverse else moved
                        total = total + network(turned)[..., 0].sum(1)
                sides.append(total / views.n_views)
            slope = (sides[0] - sides[1]) / (2 * step)
            np.testing.assert_allclose(found[:, base, position], slope, atol=1e-6)

    def test_accuracy_is_that_of_the_drawn_mean(self, noisy):
        x = one_hot(4).numpy()
        views = Ensemble(mc_samples=2)
        y = predict(noisy, x, ensemble=views).signal[1].numpy()
        for cuts in ([0, 4], [0, 1, 4]):
            batches = [(x[i:j], y[i:j]) for i, j in pairwise(cuts)]
            found = evaluate(noisy, batches, metrics=("mse",), ensemble=views)
            assert float(found.to_dataframe()["mse"].max()) < 1e-12

    def test_regions_are_drawn_by_window(self, noisy, genome):
        views = Ensemble(mc_samples=2)
        place = Interval("1", 100, 160)
        small = predict_region(noisy, place, genome, ensemble=views, batch_size=1)
        assert torch.allclose(
            small.tensor, predict_region(noisy, place, genome, ensemble=views).tensor, atol=2e-6
        )

    def test_verbs_that_compare_alleles_refuse_samples(self, noisy, genome, contig):
        views = Ensemble(mc_samples=2)
        with pytest.raises(OptionError, match="predict_variant draws no dropout"):
            predict_variant(
                noisy,
                Variant("1", 100, contig[99], "ACGT"["ACGT".index(contig[99]) - 1]),
                genome,
                ensemble=views,
            )
        with pytest.raises(OptionError, match="a score draws no dropout"):
            resolve_scores(noisy, ("diff",), ensemble=views)

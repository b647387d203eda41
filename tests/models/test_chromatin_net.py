"""The chromatin network: the same on both strands, equal to its plain twin, motifs as filters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import ShapeError
from locuscope.models.chromatin_net import ChromatinNet, init_filters
from tests.oracles.chromatin_oracle import plain_logits


def windows(n: int, seed: int = 0, unknown: bool = True) -> torch.Tensor:
    """Random one-hot windows with a run of N in each."""
    generator = torch.Generator().manual_seed(seed)
    letters = torch.randint(0, 4, (n, 512), generator=generator)
    x = torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float()
    if unknown:
        for i in range(n):
            x[i, :, 37 * i : 37 * i + 20] = 0
    return x.contiguous()


def random_net(tracks: int = 3, seed: int = 0) -> ChromatinNet:
    """A network whose batch norms have seen something."""
    torch.manual_seed(seed)
    net = ChromatinNet(tracks)
    with torch.no_grad():
        for step in net.steps:
            step.norm.running_mean.normal_(0, 0.2)
            step.norm.running_var.uniform_(0.5, 2)
            step.norm.weight.uniform_(0.5, 1.5)
            step.norm.bias.normal_(0, 0.2)
    return net.eval().requires_grad_(False)


def test_it_is_as_large_as_the_design_says():
    assert 66_000 <= sum(p.numel() for p in ChromatinNet(3).parameters()) <= 70_000
    assert 66_000 <= sum(p.numel() for p in ChromatinNet(8).parameters()) <= 70_000


@pytest.mark.parametrize("tracks", [3, 8])
def test_it_equals_the_plain_network(tracks):
    net, x = random_net(tracks), windows(5)
    wanted = torch.stack([plain_logits(net.state_dict(), one) for one in x])
    assert torch.allclose(net(x), wanted, atol=1e-5)


def test_the_reverse_complement_gives_the_same_numbers_exactly():
    net, x = random_net(), windows(6)
    assert torch.equal(net(x.flip(-1, -2)), net(x))


def test_the_reverse_complement_gives_the_same_loss_in_training():
    net = random_net().train().requires_grad_(True)
    x = windows(8)
    one = net(x).detach().square().mean()
    other = net(x.flip(-1, -2)).detach().square().mean()
    assert float(one) == pytest.approx(float(other), rel=1e-5)


def test_a_batch_of_sixteen_equals_sixteen_of_one():
    net, x = random_net(), windows(16)
    alone = torch.cat([net(one[None]) for one in x])
    assert torch.allclose(net(x), alone, atol=1e-6)


def test_nothing_but_n_is_finite():
    net = random_net()
    answer = net(torch.zeros(2, 4, 512))
    assert torch.isfinite(answer).all()
    assert torch.equal(answer[0], answer[1])


def test_gradients_match_finite_differences():
    net = random_net().double()
    for seed in range(20):
        x = windows(1, seed=seed, unknown=False).double().requires_grad_(True)
        (slope,) = torch.autograd.grad(net(x)[0, 0], x)
        generator = torch.Generator().manual_seed(seed)
        along = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        step = 1e-8
        with torch.no_grad():
            change = (net(x + step * along) - net(x - step * along))[0, 0] / (2 * step)
        assert float((slope * along).sum()) == pytest.approx(float(change), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((2, 4, 511), "511"), ((2, 512, 4), "looks transposed"), ((4, 512), r"\(4, 512\)")],
)
def test_another_shape_is_refused(shape, words):
    with pytest.raises(ShapeError, match=words):
        ChromatinNet(3)(torch.zeros(shape))


def test_a_filter_answers_most_to_its_own_motif():
    rng = np.random.default_rng(0)
    pwms = [rng.dirichlet([0.2] * 4, size=width).T for width in (6, 11, 19, 25)]
    filters = init_filters(pwms)
    assert filters.shape == (4, 4, 19)
    assert torch.allclose(filters.sum(1), torch.zeros(4, 19), atol=1e-5)
    assert torch.allclose(filters.flatten(1).norm(dim=1), torch.ones(4), atol=1e-5)
    for i, width in enumerate((6, 11, 19)):
        start = (19 - width) // 2
        best = filters[i].argmax(0).numpy()[start : start + width]
        assert np.array_equal(best, pwms[i].argmax(0))
        assert not filters[i][:, :start].any()


def test_of_a_wide_motif_the_informative_stretch_is_taken():
    pwm = np.full((4, 30), 0.25)
    pwm[:, 11:30] = np.eye(4)[:, [0, 1, 2, 3] * 4 + [0, 1, 2]]
    assert init_filters([pwm])[0].argmax(0).tolist() == ([0, 1, 2, 3] * 4 + [0, 1, 2])


def test_a_flat_motif_gives_a_silent_filter():
    assert not init_filters([np.full((4, 5), 0.25)]).any()


@pytest.mark.parametrize("shape", [(5, 4), (4,), (4, 0)])
def test_what_is_no_motif_is_refused(shape):
    with pytest.raises(ShapeError, match="motif 0"):
        init_filters([np.zeros(shape)])

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from locuscope import demo
from locuscope.errors import OptionError, ShapeError, WeightsError, WeightsMismatchError
from locuscope.models.spliceai import (
    BLOCKS,
    CROP_BP,
    SpliceMember,
    SpliceNet,
    _graph_names,
    from_graphdef,
    from_safetensors,
)
from locuscope.models.weights import digest_module, save_safetensors
from tests.models import graphdef_writer as writer
from tests.oracles.splice_oracle import plain_logits, plain_probabilities

GOLDEN = json.loads(
    (Path(__file__).parent / "data" / "cispliceai_probabilities.json").read_text(encoding="utf-8")
)


def random_net(members: int = 1, seed: int = 0) -> SpliceNet:
    """A net whose every stored value is random, so that a swapped or dropped one shows."""
    net = SpliceNet(members)
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        noise = torch.randn(tensor.shape, generator=generator)
        scale = (2 / (tensor.shape[1] * tensor.shape[2])) ** 0.5 if tensor.ndim == 3 else 0.1
        shift = 1.0 if name.endswith(("norm1.weight", "norm2.weight", "running_var")) else 0.0
        if ".conv2." in name:
            scale *= 0.3
        values = noise * scale + shift
        tensor.copy_(values.abs() if shift else values)
    return net.requires_grad_(False)


def windows(count: int, length: int, *, n_run: tuple[int, int] | None = None, seed: int = 0):
    letters = torch.randint(0, 4, (count, length), generator=torch.Generator().manual_seed(seed))
    x = torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float()
    if n_run is not None:
        x[:, :, n_run[0] : n_run[1]] = 0
    return x


@pytest.fixture(scope="module")
def embedded() -> SpliceNet:
    return from_safetensors(demo.path("cispliceai_member0.safetensors"))


def test_layout_is_the_published_one():
    member = SpliceMember()
    sizes = [tensor.numel() for tensor in member.state_dict().values()]
    assert sum(sizes) == 698_787
    assert sum(isinstance(part, torch.nn.Conv1d) for part in member.modules()) == 39
    assert sum(dilation * (kernel - 1) for kernel, dilation in BLOCKS) == CROP_BP


@pytest.mark.parametrize(
    ("count", "length", "n_run"),
    [(1, 10_001, None), (2, 10_101, (4_000, 4_700)), (1, 10_500, (0, 5_100)), (5, 10_050, None)],
)
def test_fast_pass_equals_the_plain_loop(embedded, count, length, n_run):
    x = windows(count, length, n_run=n_run, seed=length)
    both = torch.cat([x, x.flip(-1, -2)])
    with torch.inference_mode():
        fast = embedded(both)
        plain = plain_probabilities([dict(embedded.members[0].state_dict())], both)
    assert fast.shape == (2 * count, 3, length - 10_000)
    assert float((fast - plain).abs().max()) < 1e-5


def test_random_weights_give_the_same_logits_three_ways():
    net = random_net(members=2)
    x = windows(1, 10_003, seed=3)
    with torch.inference_mode():
        fast = net.logits(x)
        for k, member in enumerate(net.members):
            module = member(x)
            oracle = plain_logits(dict(member.state_dict()), x[0])
            scale = float(oracle.abs().max())
            assert scale > 0.1
            assert float((module[0] - oracle).abs().max()) < 2e-5 * scale
            assert float((fast[k, 0] - oracle).abs().max()) < 2e-5 * scale


def test_golden_probabilities_of_the_embedded_member(embedded):
    genome = demo.genome()
    for locus in GOLDEN["loci"]:
        x = genome.one_hot(
            demo_interval(locus["input_start0"], locus["input_end0"]), dtype="float32"
        )[None]
        x = torch.from_numpy(x)
        is_minus = locus["strand"] == "-"
        with torch.inference_mode():
            y = embedded(x.flip(-1, -2) if is_minus else x)[0].T
        y = y.flip(0) if is_minus else y
        at = np.array(locus["position0"]) - locus["output_start0"]
        assert np.abs(y.numpy()[at] - np.array(locus["member0"])).max() < 5e-4


@pytest.mark.skipif(
    "LOCUSCOPE_CISPLICEAI_PB" not in os.environ,
    reason="LOCUSCOPE_CISPLICEAI_PB names no CI-SpliceAI.pb: the float32 weights are not embedded",
)
@pytest.mark.parametrize(("members", "key"), [((0,), "member0"), (range(5), "ensemble_mean")])
def test_golden_probabilities_of_the_published_graph(members, key):
    net = from_graphdef(os.environ["LOCUSCOPE_CISPLICEAI_PB"], members)
    for locus in GOLDEN["loci"]:
        place = demo_interval(locus["input_start0"], locus["input_end0"])
        x = torch.from_numpy(demo.genome().one_hot(place, dtype="float32"))[None]
        is_minus = locus["strand"] == "-"
        with torch.inference_mode():
            y = net(x.flip(-1, -2) if is_minus else x)[0].T
        y = y.flip(0) if is_minus else y
        at = np.array(locus["position0"]) - locus["output_start0"]
        assert np.abs(y.numpy()[at] - np.array(locus[key])).max() < 1e-5


def demo_interval(start: int, end: int):
    from locuscope.genome.interval import Interval

    return Interval("20", start, end)


def test_members_are_averaged_after_the_softmax_in_any_order():
    net = random_net(members=3, seed=5)
    x = windows(1, 10_002, seed=4)
    with torch.inference_mode():
        each = net.members_forward(x)
        assert each.shape == (3, 1, 3, 2)
        assert torch.allclose(each.sum(2), torch.ones(3, 1, 2))
        assert torch.allclose(net(x), each.mean(0))
        net.members = torch.nn.ModuleList([net.members[k] for k in (2, 0, 1)])
        assert float((net(x) - each.mean(0)).abs().max()) < 1e-6


def test_batch_size_and_passes_do_not_change_a_value(embedded, monkeypatch):
    x = windows(5, 10_020, seed=8)
    with torch.inference_mode():
        together = embedded(x)
        monkeypatch.setattr("locuscope.models.spliceai.BASES_PER_PASS", 1)
        apart = embedded(x)
        single = torch.cat([embedded(part) for part in x.split(1)])
    assert torch.equal(apart, single)
    assert float((together - apart).abs().max()) < 1e-6


def test_a_window_of_n_is_finite_and_equal_everywhere(embedded):
    with torch.inference_mode():
        y = embedded(torch.zeros(1, 4, 10_010))
    assert bool(torch.isfinite(y).all())
    assert float((y - y[..., :1]).abs().max()) < 1e-6


def test_receptive_field_is_exactly_10_001_bases(embedded):
    x = windows(1, 10_003, seed=9).requires_grad_(True)
    embedded.logits(x)[0, 0, :, 1].sum().backward()
    reached = x.grad[0].abs().sum(0).numpy()
    assert reached[0] == reached[-1] == 0.0
    assert np.count_nonzero(reached) > 9_900
    assert reached[1:4].sum() > 0 < reached[-4:-1].sum()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 4, 10_000), "at least 10,001 bases: 5,000 context on each side; got 10,000"),
        ((1, 10_001, 4), "looks transposed"),
        ((4, 10_001), r"\(N, 4, L\)"),
        ((1, 5, 10_001), r"got \(1, 5, 10001\)"),
    ],
)
def test_wrong_shapes_are_refused(shape, words):
    with pytest.raises(ShapeError, match=words):
        SpliceNet()(torch.zeros(shape))


def test_a_net_needs_a_member():
    with pytest.raises(OptionError, match="at least one member; got 0"):
        SpliceNet(0)


def test_gradients_equal_those_of_the_plain_loop():
    # In float64: in float32 the two layouts put some of the ReLUs on different sides of zero.
    net = random_net(seed=2).double()
    grads = []
    for forward in (
        lambda x: net.logits(x)[0, 0, 1, 0],
        lambda x: plain_logits(dict(net.members[0].state_dict()), x[0])[1, 0],
    ):
        x = windows(1, 10_001, seed=11).double().requires_grad_(True)
        forward(x).backward()
        grads.append(x.grad)
    peak = float(grads[1].abs().max())
    assert peak > 0
    assert float((grads[0] - grads[1]).abs().max()) < 1e-12 * peak


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_gradients_match_finite_differences(seed):
    net = random_net(seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    x = windows(1, 10_001, seed=seed).double().requires_grad_(True)
    net.logits(x)[0, 0, 1, 0].backward()
    direction = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    # The net has a kink at every ReLU, and a longer step crosses some; in a shorter one the
    # rounding of float64 (1e-16 over the step) would show. Here both leave errors of about 1e-5.
    step = 1e-9
    with torch.inference_mode():
        ahead, behind = (
            float(net.logits(x.detach() + sign * step * direction)[0, 0, 1, 0]) for sign in (1, -1)
        )
    slope = float((x.grad * direction).sum())
    assert abs((ahead - behind) / (2 * step) - slope) <= 1e-3 * abs(slope)


def published(net: SpliceNet, members: dict[int, int]) -> dict[str, np.ndarray]:
    """The net's values under the names of the published graph; members: place in net -> number."""
    state = net.state_dict()
    constants = {}
    for place, number in members.items():
        for key, name in _graph_names(number).items():
            array = state[f"members.{place}.{key}"].numpy()
            constants[name] = np.ascontiguousarray(array.T if array.ndim == 3 else array)
    return constants


def test_a_graph_in_the_published_layout_is_read(tmp_path):
    net = random_net(members=2)
    path = tmp_path / "net.pb"
    path.write_bytes(writer.graph(published(net, {0: 0, 1: 3})))
    first = from_graphdef(path)
    both = from_graphdef(path, members=(3, 0))
    assert digest_module(first.members[0], "") == digest_module(net.members[0], "")
    assert digest_module(both.members[0], "") == digest_module(net.members[1], "")
    assert not any(parameter.requires_grad for parameter in both.parameters())
    with pytest.raises(WeightsMismatchError, match="206 names are missing") as caught:
        from_graphdef(path, members=(1,))
    assert "_1/" in caught.value.missing[0]


def test_a_graph_with_another_shape_or_nan_is_refused(tmp_path):
    constants = published(random_net(), {0: 0})
    name = _graph_names(0)["blocks.4.conv1.weight"]
    path = tmp_path / "net.pb"
    path.write_bytes(writer.graph(constants | {name: np.zeros((11, 32, 16), "<f4")}))
    with pytest.raises(
        WeightsMismatchError, match=r"conv1d_12/.*\(11, 32, 16\), expected \(11, 32, 32\)"
    ):
        from_graphdef(path)
    path.write_bytes(writer.graph(constants | {name: np.full((11, 32, 32), np.nan, "<f4")}))
    with pytest.raises(WeightsError, match=r"blocks\.4\.conv1\.weight holds NaN"):
        from_graphdef(path)


def test_published_numbering_of_layers():
    names = _graph_names(4)
    assert names["output.bias"] == "model_1/conv1d_39/BiasAdd_4/ReadVariableOp/resource"
    assert names["skips.4.weight"].startswith("model_1/conv1d_38/conv1d_4/")
    assert names["blocks.15.norm2.bias"].startswith("model_1/batch_normalization_32/batchnorm_4/")
    assert names["blocks.4.conv1.weight"].startswith("model_1/conv1d_12/")
    assert len(set(names.values())) == len(names) == 39 * 2 + 32 * 4


def test_safetensors_round_trip_counts_members(tmp_path):
    net = random_net(members=2)
    path = save_safetensors(net, tmp_path / "net.safetensors", half="kernels")
    found = from_safetensors(path)
    assert len(found.members) == 2
    x = windows(1, 10_001, seed=1)
    with torch.inference_mode():
        assert float((found(x) - net(x)).abs().max()) < 5e-3

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.gradients import grad_input, input_grad, input_gradient
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    ModelError,
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from tests.attribution.reference import (
    ROWS,
    Twice,
    TwoInputs,
    close,
    needs_whole,
    network,
    sequences,
    small,
    whole,
)
from tests.oracles.gradient_oracle import extreme, numeric_gradient

ASKED = {
    "sum": {"filter_idx": (slice(None), 0), "avg_func": "sum"},
    "center_upstream": {"filter_idx": (slice(4, 6), 0), "avg_func": "sum"},
    "center_symmetric": {"filter_idx": (slice(3, 5), 0), "avg_func": "sum"},
    "avg_max": {"avg_func": "max"},
    "avg_min": {"avg_func": "min"},
    "avg_absmax": {"avg_func": "absmax"},
}


def seeded(make, *args, **options):
    torch.manual_seed(3)
    return make(*args, **options).double()


def random_x(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("double", [False, True], ids=["float32", "float64"])
@pytest.mark.parametrize("name", ASKED)
def test_gradients_equal_the_reference_numbers(name, double):
    model = network(double=double)
    found = input_gradient(model, sequences()[ROWS], **ASKED[name])
    assert found.dtype == (np.float64 if double else np.float32)
    close(found, small()[f"sigmoid/grad/input/{name}"], 1e-12 if double else 1e-5)


def test_gradients_of_a_hidden_layer_equal_the_reference_numbers():
    found = input_gradient(network(double=True), sequences()[ROWS], wrt="relu", **ASKED["sum"])
    close(found, small()["sigmoid/grad/stem_act/sum"], 1e-12)


@needs_whole
@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_all_reference_gradients(name):
    expected, model = whole(), network(name, double=True)
    for wrt, key in (("input", "input"), ("relu", "stem_act")):
        for asked, options in ASKED.items():
            wanted = expected.get(f"{name}/grad/{key}/{asked}")
            if wanted is not None:
                close(input_gradient(model, sequences(name), wrt=wrt, **options), wanted, 1e-12)


def test_the_largest_magnitude_keeps_its_sign():
    model, x = network(double=True), sequences()
    layer = model.module.body(torch.relu(model.module.stem(torch.tensor(x).double())))
    units = [extreme(row.flatten().detach().numpy(), "absmax") for row in layer]
    assert units == [135, 145, 147, 166, 155]  # stated with the reference numbers
    found = input_gradient(model, x, layer="body", avg_func="absmax")
    for row, unit in enumerate(units):
        one = input_gradient(model, x[[row]], layer="body", filter_idx=divmod(unit, 64))
        np.testing.assert_allclose(found[row], one[0], atol=1e-14)
        assert np.abs(found[row]).max() > 0
    with torch.no_grad():
        model.module.body.weight.neg_()
        model.module.body.bias.neg_()
    turned = input_gradient(model, x, layer="body", avg_func="absmax")
    np.testing.assert_allclose(turned, -found, atol=1e-14)


@pytest.mark.parametrize("rule", ["max", "min", "absmax", "sum", "mean"])
def test_every_rule_equals_small_steps(rule):
    net, x = seeded(Twice), random_x(3, 4, 6)

    def number(values, row):
        logits = net(torch.tensor(values[None]))[0].detach().numpy()
        if rule in ("sum", "mean"):
            return float(getattr(np, rule)(logits[:2]))
        start = net(torch.tensor(x[[row]]))[0].detach().numpy()
        return float(logits[extreme(start[:2], rule)])

    found = input_gradient(net, x, filter_idx=slice(0, 2), avg_func=rule)
    for row in range(3):
        expected = numeric_gradient(lambda values, row=row: number(values, row), x[row])
        np.testing.assert_allclose(found[row], expected, atol=1e-8)


def test_a_row_does_not_depend_on_its_batch():
    model, x = network(double=True), sequences()
    together = input_gradient(model, x, avg_func="absmax", batch_size=5)
    for size in (1, 2, 3):
        split = input_gradient(model, x, avg_func="absmax", batch_size=size)
        np.testing.assert_allclose(split, together, rtol=0, atol=1e-15)
    alone = input_gradient(model, x[[3]], avg_func="absmax")
    np.testing.assert_allclose(alone[0], together[3], rtol=0, atol=1e-15)


def test_calls_of_one_module_are_told_apart():
    net, x = seeded(Twice), random_x(2, 4, 6)
    options = {"filter_idx": (1, 3)}
    both = input_gradient(net, x, layer="stem", **options)
    assert both.shape == (2, 2, 4, 6)
    for call in (0, 1):
        one = input_gradient(net, x, layer="stem", call_index=call, **options)
        named = input_gradient(net, x, layer=f"stem#{call}", **options)
        np.testing.assert_array_equal(one, both[call])
        np.testing.assert_array_equal(named, one)

    def second(values):
        hidden = torch.relu(net.stem(torch.tensor(values[None])))
        return float(net.stem(hidden)[0, 1, 3].detach())

    np.testing.assert_allclose(both[1, 0], numeric_gradient(second, x[0]), atol=1e-8)
    assert np.abs(both[0] - both[1]).max() > 1e-3


@pytest.mark.parametrize("inplace", [False, True])
def test_changes_in_place_do_not_reach_a_layer(inplace):
    x = random_x(2, 4, 6)
    plain = input_gradient(seeded(Twice), x, layer="stem", call_index=0, avg_func="min")
    found = input_gradient(
        seeded(Twice, inplace=inplace), x, layer="stem", call_index=0, avg_func="min"
    )
    np.testing.assert_array_equal(found, plain)
    assert np.abs(found).max() > 0  # a negative number, which the activation would have hidden


def test_the_source_moves_back_through_activations():
    net, x = seeded(Twice, inplace=True), random_x(2, 4, 6)
    for options in ({"final_layer": True}, {"layer": "softmax"}):
        before = input_gradient(net, x, filter_idx=1, pre_nonlinearity=True, **options)
        expected = input_gradient(net, x, layer="head", filter_idx=1)
        np.testing.assert_allclose(before, expected, atol=1e-14)
    act = input_gradient(net, x, layer="act#0", filter_idx=(0, 2), pre_nonlinearity=True)
    stem = input_gradient(net, x, layer="stem#0", filter_idx=(0, 2))
    np.testing.assert_allclose(act, stem, atol=1e-14)


def test_moves_after_an_activation_are_done_again():
    # The reference network turns its answer round after the sigmoid.
    model, x = network(double=True), sequences()
    found = input_gradient(model, x, filter_idx=(5, 2), pre_nonlinearity=True)
    expected = input_gradient(model, x, layer="head", filter_idx=(2, 5))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_no_activation_is_said():
    with pytest.warns(DataWarning, match="'head' is no activation"):
        found = input_gradient(
            seeded(Twice), random_x(1, 4, 6), layer="head", filter_idx=0, pre_nonlinearity=True
        )
    plain = input_gradient(seeded(Twice), random_x(1, 4, 6), layer="head", filter_idx=0)
    np.testing.assert_array_equal(found, plain)


def test_every_container_keeps_its_form():
    net = seeded(TwoInputs)
    seq, numbers, unread = random_x(2, 4, 8), random_x(2, 5), random_x(2, 1)
    arrays = {"seq": seq, "numbers": numbers, "unread": unread}
    with pytest.warns(DataWarning, match="'unread' has no gradient"):
        named = input_gradient(net, arrays, filter_idx=1)
    assert list(named) == list(arrays)
    assert np.isnan(named["unread"]).all() and named["unread"].shape == (2, 1)
    with pytest.warns(DataWarning):
        loaded = grad_input(net, {"inputs": arrays, "metadata": {"id": ["a", "b"]}}, filter_idx=1)
    for kind in (tuple, list):
        with pytest.warns(DataWarning):
            placed = input_gradient(net, kind(arrays.values()), filter_idx=1)
        assert isinstance(placed, kind)
        for name, array in zip(arrays, placed, strict=True):
            np.testing.assert_array_equal(array, named[name])
            np.testing.assert_array_equal(loaded[name], named[name])

    def number(values):
        x = [torch.tensor(part[:1]) for part in (seq, numbers, unread)]
        x[1] = torch.tensor(values[None])
        return float(net(*x)[0, 1].detach())

    np.testing.assert_allclose(named["numbers"][0], numeric_gradient(number, numbers[0]), atol=1e-8)


def test_whole_numbers_of_eight_bits_are_bases():
    x = sequences()
    expected = input_gradient(network(), x.astype(np.float32), avg_func="sum")
    for kind in (np.uint8, bool):
        np.testing.assert_array_equal(
            input_gradient(network(), x.astype(kind), avg_func="sum"), expected
        )
    np.testing.assert_array_equal(
        input_gradient(network(), torch.tensor(x), avg_func="sum"), expected
    )


def test_the_published_order_of_arguments():
    net, x = seeded(Twice), random_x(2, 4, 6)
    expected = input_gradient(net, x, layer="stem", call_index=1, filter_idx=(0, 1))
    found = input_grad(net, x, (0, 1), None, "stem", None, 1)
    np.testing.assert_array_equal(found, expected)
    assert grad_input is input_grad
    for rule in ("sum", "max", "min", "absmax"):
        before = grad_input(net, x, avg_func=rule, final_layer=True, pre_nonlinearity=True)
        np.testing.assert_allclose(
            before, input_gradient(net, x, layer="head", avg_func=rule), atol=1e-14
        )


def test_nothing_of_the_network_changes():
    net, x = seeded(Twice).train(), random_x(2, 4, 6)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.stem.weight.requires_grad_(False)
    with torch.inference_mode():
        first = input_gradient(net, x, filter_idx=0)
    with torch.no_grad():
        np.testing.assert_array_equal(input_gradient(net, x, filter_idx=0), first)
    assert not torch.is_inference_mode_enabled() and torch.is_grad_enabled()
    assert net.training and net.act.training
    assert not net.stem.weight.requires_grad and net.head.weight.requires_grad
    for module in net.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(parameter.grad is None for parameter in net.parameters())


def test_an_error_inside_leaves_no_hook():
    with pytest.raises(RuntimeError):
        input_gradient(seeded(Twice), random_x(2, 5, 6), filter_idx=0)
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"layer": "stem", "final_layer": True, "filter_idx": 0}, OptionError, "one of the two"),
        ({"final_layer": False, "filter_idx": 0}, OptionError, "one of the two"),
        ({"layer": "sten", "filter_idx": 0}, UnknownNameError, "did you mean 'stem'"),
        ({"wrt": "sten", "filter_idx": 0}, UnknownNameError, "did you mean 'stem'"),
        ({"wrt": "stem", "filter_idx": 0}, OptionError, "runs 2 times"),
        ({"layer": "stem", "call_index": 2, "avg_func": "sum"}, OptionError, "runs 2 times"),
        ({"layer": "stem#0", "call_index": 0, "avg_func": "sum"}, OptionError, "no effect"),
        ({"call_index": 0, "filter_idx": 0}, OptionError, "no effect"),
        ({"layer": 3, "filter_idx": 0}, WrongTypeError, "layer takes a name"),
        ({"layer": "stem"}, OptionError, "both None"),
        ({"layer": "stem", "filter_idx": 0}, ShapeError, "(N, 4, 6)"),
        ({"filter_idx": 0, "pre_nonlinearity": "yes"}, WrongTypeError, "pre_nonlinearity"),
    ],
)
def test_options_that_cannot_be_meant(options, error, words):
    with pytest.raises(error) as caught:
        input_gradient(seeded(Twice), random_x(2, 4, 6), **options)
    assert words in str(caught.value)


@pytest.mark.fault("V4")
def test_layers_and_inputs_that_are_not_there():
    class Silent(nn.Linear):
        def __call__(self, x):
            return self.forward(x)

    silent = nn.Sequential(nn.Linear(4, 4), Silent(4, 2)).double()
    with pytest.raises(ModelError, match="hides its output"):
        input_gradient(silent, random_x(2, 4), layer="1", filter_idx=0)
    with pytest.raises(EmptySelectionError):
        input_gradient(silent, random_x(0, 4), filter_idx=0)
    with pytest.raises(ShapeError, match="different numbers of examples"):
        input_gradient(seeded(TwoInputs), [random_x(2, 4, 8), random_x(3, 5)], filter_idx=0)
    with pytest.raises(WrongTypeError, match="array of numbers"):
        input_gradient(silent, "ACGT", filter_idx=0)


@pytest.mark.filterwarnings("ignore:.torch.jit.trace")
def test_compiled_code_shows_no_activation():
    compiled = torch.jit.trace(seeded(Twice), torch.zeros(1, 4, 6, dtype=torch.float64))
    with pytest.raises(ModelError, match="cannot be seen"):
        input_gradient(compiled, random_x(2, 4, 6), filter_idx=0, pre_nonlinearity=True)

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from locuscope.attribution.function_names import function_name, moves_examples
from locuscope.attribution.network import network_of, only_output
from locuscope.attribution.tape import Tape, before_activation, map_tensors, tensors_of
from locuscope.errors import ModelError, OptionError, WrongTypeError
from tests.attribution.reference import Twice, TwoInputs, network


def test_what_is_kept_is_not_changed_later():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3)

        def forward(self, x):
            h = self.first(x)
            h.relu_()
            h += 1
            return h * 2

    net, x = InPlace(), torch.randn(4, 3)
    tape = Tape(dict(net.named_modules()), kept=["first", "relu"])
    with tape:
        answer = net(x)
    torch.testing.assert_close(tape.outputs("first")[0], net.first(x))
    torch.testing.assert_close(answer, net(x))
    torch.testing.assert_close(answer, (net.first(x).relu() + 1) * 2)


def test_only_the_thread_of_the_pass_is_recorded():
    net, other = Twice(), Twice()
    x = torch.zeros(1, 4, 6)
    tape = Tape(dict(net.named_modules()), kept=["stem"])
    with tape:
        worker = threading.Thread(target=lambda: (net(x), other(x)))
        worker.start()
        worker.join()
        other(x)
        net(x)
    assert len(tape.outputs("stem")) == 2


def test_one_module_under_two_paths():
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, nn.ReLU(), shared)
    parts = network_of(net)
    tape = Tape(parts.modules, kept=["2"])
    with tape:
        net(torch.ones(1, 2))
    assert len(tape.outputs("0")) == len(tape.outputs("2")) == 2


def test_a_walk_back_repeats_the_moves():
    x = torch.randn(2, 3, 4, requires_grad=True)
    tape = Tape({}, keeps_steps=True)
    with tape:
        out = torch.softmax(x * 3, dim=1).transpose(1, 2).flatten(1)
    origin = before_activation(tape, out)
    assert origin.passed == ("softmax",)
    torch.testing.assert_close(origin.tensor, (x * 3).transpose(1, 2).flatten(1))
    assert before_activation(tape, x).tensor is x


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (torch.relu_, "relu"),
        (torch.Tensor.__add__, "add"),
        (torch.Tensor.T.__get__, "T"),
        (nn.functional.max_pool1d, "max_pool1d"),
    ],
)
def test_names_of_functions(func, name):
    assert function_name(func) == name


X = torch.zeros(4, 3, 2)


@pytest.mark.parametrize(
    ("name", "args", "options", "moves"),
    [
        ("cat", ([X, X],), {}, True),
        ("cat", ([X, X], -1), {}, False),
        ("stack", ([X, X],), {"dim": -4}, True),
        ("stack", ([X, X],), {"dim": 1}, False),
        ("transpose", (X, 1, -1), {}, False),
        ("transpose", (X, -3, 1), {}, True),
        ("permute", (X, 0, 2, 1), {}, False),
        ("permute", (X, (1, 0, 2)), {}, True),
        ("flip", (X, [1, 2]), {}, False),
        ("flip", (X, 0), {}, True),
        ("roll", (X, 1), {"dims": 2}, False),
        ("roll", (X, 1), {}, True),
        ("getitem", (X, (slice(None), 1)), {}, False),
        ("getitem", (X, (Ellipsis, 1)), {}, False),
        ("getitem", (X, (Ellipsis, 0, 0, 1)), {}, True),
        ("getitem", (X, slice(0, 2)), {}, True),
        ("getitem", (X, 0), {}, True),
        ("repeat", (X, 1, 2, 1), {}, False),
        ("repeat", (X, 2, 1, 1), {}, True),
        ("chunk", (X, 2), {"dim": 1}, False),
        ("chunk", (X, 2), {}, True),
        ("mT", (X,), {}, False),
        ("T", (X,), {}, True),
        ("linear", (X,), {}, False),
    ],
)
def test_what_moves_the_examples(name, args, options, moves):
    assert moves_examples(name, args, options) is moves


def test_nested_values():
    nested = {"a": (X, [X, 3]), "b": "text"}
    assert len(tensors_of(nested)) == 2
    assert map_tensors(lambda tensor: tensor.shape, nested)["a"][1] == [X.shape, 3]


@pytest.mark.fault("V4")
def test_networks_that_are_none():
    with pytest.raises(WrongTypeError, match="SequenceModel"):
        network_of("dnase")
    with pytest.raises(OptionError, match="gives 2 outputs"):
        only_output(network_of(nn.Identity()), (X, X))
    found = network_of(network())
    assert only_output(found, found.run(torch.zeros(1, 4, 64))).shape == (1, 8, 4)
    assert "conv" in network_of(TwoInputs()).modules
    empty = type("Empty", (), {"name": "empty", "heads": {}, "window_bp": 4})()
    with pytest.raises(ModelError, match="0 networks"):
        network_of(empty).run([X])

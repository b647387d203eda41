from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.layers import list_layers, split_call
from locuscope.errors import InputError, WrongTypeError
from locuscope.models.zoo import load_model
from tests.attribution.reference import Twice, TwoInputs, network, sequences


def test_modules_and_functions_have_names():
    table = list_layers(network())
    assert table["layer"].to_list() == [
        "stem",
        "relu",
        "body",
        "relu_1",
        "add",
        "avg_pool1d",
        "head",
        "sigmoid",
        "transpose",
    ]
    assert table["kind"].to_list()[:3] == ["module", "function", "module"]
    assert table["output_shape"].to_list()[0] == "(8, 64)"
    assert table["parameters"].to_list()[:2] == [8 * 4 * 7 + 8, 0]
    assert table.equals(list_layers(network(), sequences()))


def test_calls_are_counted_and_inner_functions_are_not_named():
    table = list_layers(Twice(), torch.zeros(1, 4, 6))
    calls = dict(table.select("layer", "calls").iter_rows())
    assert calls == {"stem": 2, "act": 2, "mean": 1, "head": 1, "softmax": 1}


def test_a_function_never_takes_the_name_of_a_module():
    class Clash(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.Linear(3, 3)

        def forward(self, x):
            return torch.relu(self.relu(x))

    assert list_layers(Clash(), torch.zeros(1, 3))["layer"].to_list() == ["relu", "relu_1"]


def test_nested_modules_have_paths():
    inner = nn.Sequential(nn.Conv1d(4, 2, 1), nn.GELU())
    table = list_layers(nn.ModuleDict({"a": inner})["a"], np.zeros((1, 4, 5), np.float32))
    assert table["layer"].to_list() == ["0", "1"]
    outer = nn.Sequential(inner, nn.Flatten())
    assert list_layers(outer, torch.zeros(1, 4, 5))["layer"].to_list() == ["0.0", "0.1", "0", "1"]


def test_embedded_models_list_their_layers():
    table = list_layers(load_model("dnase"))
    assert table.height > 5 and table["calls"].min() >= 1


@pytest.mark.fault("V4")
def test_a_bare_module_needs_an_input():
    with pytest.raises(InputError, match="give list_layers"):
        list_layers(TwoInputs())
    with pytest.raises(WrongTypeError, match="SequenceModel"):
        list_layers("dnase")


def test_calls_are_named_by_a_mark():
    assert split_call("a.b#12") == ("a.b", 12)
    assert split_call("a#b") == ("a#b", None)

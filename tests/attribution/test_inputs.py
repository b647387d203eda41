from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest
import torch

from locuscope.attribution.inputs import ModelInputs
from locuscope.errors import EmptySelectionError, ShapeError, WrongTypeError

A, B = np.arange(12.0).reshape(3, 4), np.arange(3, dtype=np.int64)
CPU = torch.device("cpu")


@pytest.mark.parametrize("given", [A, [A, B], (A, B), {"a": A, "b": B}, OrderedDict(a=A, b=B)])
def test_containers_come_back(given):
    found = ModelInputs.read(given)
    assert len(found) == 3 and found.width == 4
    back = found.tensors(slice(1, 3), CPU, torch.float64)
    kind = torch.Tensor if isinstance(given, np.ndarray) else type(given)
    assert isinstance(back, dict if kind is OrderedDict else kind)
    first = back["a"] if isinstance(back, dict) else back if kind is torch.Tensor else back[0]
    np.testing.assert_array_equal(first, A[1:])


def test_batches_of_a_loader():
    for batch in ({"inputs": A, "metadata": {}}, {"inputs": A, "targets": 1, "metadata": {}}):
        np.testing.assert_array_equal(ModelInputs.read(batch).arrays["input"], A)
    named = ModelInputs.read({"inputs": {"x": A}, "metadata": {}})
    assert list(named.arrays) == ["x"]
    assert list(ModelInputs.read({"inputs": A, "other": A}).arrays) == ["inputs", "other"]


def test_number_types():
    kinds = {np.uint8: True, bool: True, np.float16: True, np.int64: False}
    for kind, is_real in kinds.items():
        leaf = ModelInputs.read(A.astype(kind)).leaves(slice(None), CPU, torch.float32)[0]
        assert (leaf.dtype == torch.float32) is is_real
    brain = torch.ones(2, 3, dtype=torch.bfloat16)
    assert ModelInputs.read(brain).arrays["input"].dtype == np.float32


def test_nothing_given_is_changed():
    tensor = torch.ones(2, 3)
    leaf = ModelInputs.read(tensor).leaves(slice(None), CPU, torch.float32)[0]
    leaf += 1
    assert bool((tensor == 1).all())


@pytest.mark.fault("V4")
def test_what_is_no_input():
    for given in ("ACGT", np.array(["A"]), object(), 3.0):
        with pytest.raises(WrongTypeError, match="array of numbers"):
            ModelInputs.read(given)
    with pytest.raises(ShapeError, match="different numbers"):
        ModelInputs.read({"a": A, "b": A[:2]})
    for given in (A[:0], {}, []):
        with pytest.raises((EmptySelectionError, WrongTypeError)):
            ModelInputs.read(given)


def test_arrays_that_run_backwards():
    x = np.arange(24.0).reshape(3, 4, 2)
    given = ModelInputs.read(x[::-1, :, ::-1])
    (leaf,) = given.leaves(slice(0, 2), torch.device("cpu"), torch.float64)
    np.testing.assert_array_equal(leaf, x[::-1, :, ::-1][:2])
    leaf += 1
    assert x[0, 0, 0] == 0

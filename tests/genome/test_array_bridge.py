"""numpy functions that serve torch tensors: types, devices and gradients stay as they should."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from locuscope.genome.array_bridge import through_numpy


def turned(array):
    """A view with negative strides, which torch cannot wrap."""
    return array[::-1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_arrays_keep_their_type(dtype):
    found = through_numpy(np.array([1, 2, 3], dtype), turned)
    assert found.dtype == dtype
    assert found.tolist() == [3, 2, 1]


@pytest.mark.parametrize("values", [[1, 2, 3], (1, 2, 3), np.array([1, 2, 3], np.int64)])
def test_integers_and_lists_become_float32(values):
    found = through_numpy(values, turned)
    assert isinstance(found, np.ndarray)
    assert (found.dtype, found.tolist()) == (np.float32, [3, 2, 1])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_floating_tensors_keep_their_type(dtype):
    found = through_numpy(torch.tensor([1, 2, 3], dtype=dtype), turned)
    assert isinstance(found, torch.Tensor)
    assert (found.dtype, found.tolist()) == (dtype, [3, 2, 1])


def test_integer_tensors_become_float32():
    found = through_numpy(torch.tensor([True, False]), turned)
    assert (found.dtype, found.tolist()) == (torch.float32, [0, 1])


def test_the_function_never_sees_bfloat16_and_gradients_are_cut():
    seen = []

    def look(array):
        seen.append(array.dtype)
        return array * 2

    values = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    found = through_numpy(values, look)
    assert seen == [np.float32]
    assert not found.requires_grad
    assert found.dtype == torch.bfloat16


def test_arrays_are_served_without_loading_torch():
    code = (
        "import sys\n"
        "from locuscope.genome.array_bridge import through_numpy\n"
        "assert through_numpy([1, 2], lambda x: x + 1).tolist() == [2.0, 3.0]\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Products with a matrix that stays: the plain product, however it is laid out."""

from __future__ import annotations

import pytest
import torch

from locuscope.inference.mutants.products import product


@pytest.mark.parametrize("sizes", [(1, 1), (4, 84), (64, 192), (300, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equals_the_plain_product(sizes, dtype) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(*sizes, dtype=dtype)
    multiply = product(matrix)
    for n in (1, 3, 8, 65):
        rows = torch.randn(n, sizes[0], dtype=dtype)
        want = (rows.double() @ matrix.double()).to(dtype)
        torch.testing.assert_close(multiply(rows), want, rtol=0, atol=2e-5)


def test_a_transposed_matrix_and_strided_rows() -> None:
    matrix = torch.randn(5, 6).t()
    rows = torch.randn(6, 4).t()
    torch.testing.assert_close(product(matrix)(rows), rows @ matrix)


def test_odd_numbers_pass_through() -> None:
    matrix = torch.full((2, 2), float("nan"))
    assert product(matrix)(torch.ones(3, 2)).isnan().all()

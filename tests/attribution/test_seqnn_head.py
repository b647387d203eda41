"""What all published calls share: the choice of a head, blocks, batches held at once."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.attribution.seqnn_head import OneHeadModel, listed, plain
from locuscope.errors import OptionError, UnknownNameError, WrongTypeError
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.seqnn_cases import arrays, model
from tests.inference.conftest import Bins

X = arrays().x


def two_heads():
    heads = {"cov": HeadSpec("cov", (1, 4), 2), "total": HeadSpec("total", (), 2, kind="scalar")}
    return wrap(Bins(), heads=heads, window_bp=32, name="bins")


def test_the_only_head_and_the_finest_bins():
    own = OneHeadModel(model())
    assert (own._head.spec.name, own._head.resolution_bp) == ("signal", 8)
    own = OneHeadModel(two_heads(), head="cov")
    assert own._head.resolution_bp == 1
    assert OneHeadModel(two_heads(), head="cov", resolution_bp=4.0)._head.resolution_bp == 4


def test_heads_that_are_not_there():
    with pytest.raises(OptionError, match="bins has the heads cov, total; name one"):
        OneHeadModel(two_heads())
    with pytest.raises(UnknownNameError, match="cov"):
        OneHeadModel(two_heads(), head="cvo")
    with pytest.raises(OptionError, match="resolution"):
        OneHeadModel(two_heads(), head="cov", resolution_bp=8)
    with pytest.raises(WrongTypeError, match="model"):
        OneHeadModel("dnase")


def test_blocks_of_the_pass_or_of_the_caller():
    own = OneHeadModel(model())
    assert own.block_names(X) == ("relu", "relu_1", "softplus")
    assert OneHeadModel(model(), blocks=["stem", "body"]).block_names(X) == ("stem", "body")
    for wrong in ("stem", [1]):
        with pytest.raises(WrongTypeError, match=r"blocks is .*; expected names"):
            OneHeadModel(model(), blocks=wrong)


@pytest.mark.parametrize(
    ("size", "expected"), [(1, [2, 2, 1]), (2.0, [4, 1]), (9, [5]), (None, [5])]
)
def test_batches_held_at_once(size, expected):
    batches = [X[:2], X[2:4], X[4:]]
    groups = list(OneHeadModel(model())._groups(batches, size))
    assert [len(group.x) for group in groups] == expected
    np.testing.assert_array_equal(np.concatenate([group.x for group in groups]), X)


def test_small_parts():
    assert listed(None) is None
    assert listed([1.0, np.int64(2)]) == [1, 2]
    assert listed(3) == [3]
    one, other = np.zeros(1), np.ones(1)
    assert plain([one]) is one
    assert plain([one, other]) == (one, other)
    with pytest.raises(OptionError, match="test_batches_per is 0"):
        list(OneHeadModel(model())._groups([X], 0))

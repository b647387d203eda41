"""One head as arrays: the numbers are those of `predict`; the lists of views mean ensembles."""

from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from locuscope.attribution.seqnn_predictions import Asked, OneHead, listed_views, views_of
from locuscope.errors import NonFiniteError, OptionError, WrongTypeError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.predict import predict
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.seqnn_cases import arrays, model

X = arrays().x
VIEWS = Ensemble(rc=True, shifts=(0, 1, -8))


class Large(nn.Module):
    """Values far above one."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) + 1e6


@pytest.fixture
def head():
    made = model()
    return OneHead(made, made.heads["signal"], 8, 0, None)


def test_the_mean_is_that_of_predict(head):
    expected = predict(head.model, X, ensemble=VIEWS).signal[8].tensor.numpy()
    (found,) = head.predict(X, VIEWS, Asked())
    np.testing.assert_array_equal(found, expected)


def test_variance_and_views_on_the_last_axis(head):
    whole = predict(head.model, X, ensemble=VIEWS, return_var=True, return_all=True)
    mean, var, every = head.predict(X, VIEWS, Asked(return_var=True, return_all=True))
    np.testing.assert_array_equal(mean, whole.mean.signal[8].tensor.numpy())
    np.testing.assert_array_equal(var, whole.var.signal[8].tensor.numpy())
    assert every.shape == (5, 8, 4, 6)
    for k, member in enumerate(whole.members):
        np.testing.assert_array_equal(every[..., k], member.signal[8].tensor.numpy())


@pytest.mark.parametrize(
    ("asked", "pick"),
    [
        (Asked(down_sample=3), (slice(None), slice(0, None, 3))),
        (Asked(sample=0.5), (slice(None), [0, 2, 4, 7])),
        (Asked(tracks=[2, 0]), (slice(None), slice(None), [2, 0])),
    ],
)
def test_bins_and_tracks(head, asked, pick):
    (whole,) = head.predict(X, Ensemble(), Asked())
    (found,) = head.predict(X, Ensemble(), asked)
    np.testing.assert_allclose(found, whole[pick], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", np.float16, np.dtype("f4")])
def test_number_types(head, dtype):
    (found,) = head.predict(X, Ensemble(), Asked(dtype=dtype))
    (plain,) = head.predict(X, Ensemble(), Asked())
    assert found.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(found, plain.astype(dtype))


@pytest.mark.fault("N4")
def test_values_beyond_float16():
    made = model()
    large = wrap(Large(made.module), heads=HeadSpec("signal", (8,), 4), window_bp=64)
    head = OneHead(large, large.heads["signal"], 8, 0, None)
    with pytest.raises(NonFiniteError, match=r"160 values of 'signal' are beyond float16; use"):
        head.predict(X, Ensemble(), Asked(dtype="float16"))


def test_embeddings(head):
    (found,) = head.predict(X, VIEWS, Asked(is_embedding=True))
    assert found.shape == (5, 8, 8)
    assert head.embedding(64).spec.name == "penultimate"


def test_lists_of_views():
    for strands, shifts, expected in (
        ([True], [0], Ensemble()),
        ([True, False], [0, 0], Ensemble(rc=True)),
        ([True, True], [1, -1], Ensemble(shifts=(1, -1))),
        ([1, 0, 1, 0], [0, 0, 2, 2], Ensemble(rc=True, shifts=(0, 2))),
        ([False, True], (3, 3), Ensemble(rc=True, shifts=(3,))),
    ):
        assert listed_views(strands, shifts, 0) == expected
    assert listed_views([True], [0], 4).mc_samples == 4


@pytest.mark.parametrize(
    ("strands", "shifts"),
    [([False], [0]), ([True, False], [0, 1]), ([True], [0, 1]), ([True, True], [0, 0])],
)
def test_lists_that_are_no_ensemble(strands, shifts):
    with pytest.raises(OptionError, match="every shift once for each strand"):
        listed_views(strands, shifts, 0)


def test_options_of_views():
    assert views_of(1, [0, 1.0, -1], 0) == Ensemble(rc=True, shifts=(0, 1, -1))
    assert views_of(np.bool_(0), 2, np.int64(0)) == Ensemble(shifts=(2,))
    with pytest.raises(WrongTypeError, match="rc is 'yes'"):
        views_of("yes", [0], 0)
    with pytest.raises(OptionError, match="mc_samples is -1"):
        views_of(False, [0], -1)


def test_doors():
    with pytest.raises(OptionError, match="dtype is 'int8'; expected one of 'float16'"):
        Asked(dtype="int8")
    with pytest.raises(OptionError, match="an embedding has units, no tracks"):
        Asked(tracks=[0], is_embedding=True)

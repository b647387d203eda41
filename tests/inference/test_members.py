"""Models may be averaged when their heads and tracks are the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import TrackMismatchError
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.members import members_of
from locuscope.inference.predict import predict
from locuscope.inference.selection import choose
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.tracks.metadata import TrackMetadataCatalog

X = np.eye(4, dtype=np.uint8)[np.random.default_rng(0).integers(0, 4, (3, 64))].transpose(0, 2, 1)


def model(seed=0, *, window_bp=64, names=("a", "b"), **head):
    torch.manual_seed(seed)
    options = {"name": "cov", "resolutions_bp": (1,), "num_tracks": 2} | head
    network = nn.Conv1d(4, 2, 5, padding=2)
    catalog = TrackMetadataCatalog.from_rows(
        {"output_name": options["name"], "track_index": i, "track_name": name, "strand": "."}
        for i, name in enumerate(names)
    )
    return wrap(
        network,
        heads=HeadSpec(**options),
        window_bp=window_bp,
        output_axes="NTL",
        catalog=catalog,
        name=f"net{seed}",
    )


def test_the_mean_over_networks_is_the_mean_of_their_means():
    networks = [model(seed) for seed in range(3)]
    views = Ensemble(rc=True, shifts=(0, 2), members=networks[1:])
    found = predict(networks[0], X, ensemble=views).cov[1].tensor
    alone = Ensemble(rc=True, shifts=(0, 2))
    each = [predict(one, X, ensemble=alone).cov[1].tensor for one in networks]
    assert (found - sum(each) / 3).abs().max() < 1e-6
    assert (each[0] - each[1]).abs().max() > 1e-3


def test_the_batch_size_does_not_change_the_mean():
    views = Ensemble(shifts=(0, -1), members=[model(1)])
    one = predict(model(0), X, ensemble=views, batch_size=1).cov[1].tensor
    many = predict(model(0), X, ensemble=views, batch_size=8).cov[1].tensor
    assert (one - many).abs().max() < 1e-6


def test_networks_run_one_after_another():
    """All batches of one network come before those of the next."""
    order = []

    class Noting(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.name = name
            self.conv = nn.Conv1d(4, 2, 1)

        def forward(self, x):
            order.append(self.name)
            return self.conv(x)

    heads = HeadSpec("cov", (1,), 2)
    one, two = (
        wrap(Noting(name), heads=heads, window_bp=64, output_axes="NTL", name=name)
        for name in ("first", "second")
    )
    order.clear()
    predict(one, X, ensemble=Ensemble(members=[two]), batch_size=1)
    assert order == ["first"] * 3 + ["second"] * 3


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"window_bp": None}, "window_bp is None in the one and 64 in the other"),
        ({"name": "atac"}, r"heads is \['atac'\]"),
        ({"strand_pair": (1, 0)}, r"strand_pair of head 'cov' is \(1, 0\)"),
        ({"value_range": "nonnegative"}, "value_range of head 'cov' is 'nonnegative'"),
        ({"bin_reduction": "sum"}, "bin_reduction of head 'cov' is 'sum'"),
        ({"names": ("a", "c")}, r"track 1 of head 'cov' is \('c', '\.'\)"),
    ],
)
def test_members_that_differ_are_refused_by_what_differs(other, words):
    with pytest.raises(TrackMismatchError, match=words) as caught:
        predict(model(0), X, ensemble=Ensemble(members=[model(1, **other)]))
    assert "net1 cannot be averaged with net0" in str(caught.value)


def test_heads_that_are_not_asked_for_may_differ():
    class Two(nn.Module):
        def forward(self, x):
            return x[:, :2], x[:, :3]

    plain, wider = (
        wrap(
            Two(),
            heads=[HeadSpec("cov", (1,), 2), HeadSpec("extra", (1,), 3, value_range=values)],
            window_bp=64,
            output_axes="NTL",
        )
        for values in ("real", "nonnegative")
    )
    views = Ensemble(members=[wider])
    assert members_of(plain, views, choose(plain, heads=["cov"])) == (plain, wider)
    with pytest.raises(TrackMismatchError, match="value_range of head 'extra'"):
        members_of(plain, views, choose(plain))


def test_without_members_there_is_the_model_alone():
    one = model(0)
    assert members_of(one, Ensemble(rc=True), choose(one)) == (one,)
    assert replace(Ensemble(members=[one]), members=()).models(one) == (one,)

"""Whole windows: every bin of each, in any chunks; what cannot be read is refused before."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import OutOfBoundsError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from locuscope.inference.window_passes import WindowPasses
from tests.oracles import predict_oracle as oracle


@pytest.fixture
def passes(bases, genome):
    return WindowPasses(bases, genome, choose(bases), 0, Ensemble(), Run(batch_size=2))


def raw(model, contig, window):
    model.module.eval()
    x = torch.from_numpy(oracle.one_hot(oracle.window_text(contig, window.start, window.end)))
    with torch.inference_mode():
        return model.module(x[None])[0]


def test_every_bin_of_every_window_in_their_places(passes, bases, contig):
    widths = (30, 40, 30, 40, 30, 30, 30)
    windows = [Interval("1", 50 * k - 5, 50 * k - 5 + width) for k, width in enumerate(widths)]
    found = {}
    for places, values in passes.chunks(windows):
        assert len(places) <= 4
        for row, place in enumerate(places):
            found[place] = values["signal"][1][row]
    assert sorted(found) == list(range(7))
    for place, window in enumerate(windows):
        assert torch.allclose(found[place], raw(bases, contig, window), atol=2e-6)


def test_chosen_bins_only(passes, bases, contig):
    window = Interval("1", 100, 140)
    found = passes.values([window], cut=lambda *_: slice(3, 9))["signal"][1]
    assert torch.allclose(found[0], raw(bases, contig, window)[3:9], atol=2e-6)


@pytest.mark.fault("F1")
def test_windows_that_cannot_be_read(passes, published, genome):
    passes.check([Interval("1", -5, 40), Interval("1", 570, 640)])
    with pytest.raises(OutOfBoundsError):
        passes.check([Interval("1", 700, 740)])
    model, _ = published["sigmoid"]
    fixed = WindowPasses(model, genome, choose(model), 0, Ensemble(), Run())
    with pytest.raises(ShapeError, match="64"):
        fixed.check([Interval("1", 0, 60)])

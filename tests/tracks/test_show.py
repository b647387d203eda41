"""`.show()` of every named object opens the track browser on its tracks."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import InputError
from locuscope.genome.interval import Interval
from locuscope.tracks import NamedOutputs, TrackMetadataCatalog
from locuscope.widgets.track_browser import TrackBrowser

PLACE = Interval("7", 10_000, 10_256)
ROWS = [
    {"output_type": output, "track_name": f"{output} {tissue}", "biosample_name": tissue}
    for output in ("atac", "cage")
    for tissue in ("liver", "lung", "brain")
]


def outputs(intervals=(PLACE,)):
    raw = {
        "atac": {1: torch.rand(1, 256, 4), 128: torch.rand(1, 2, 4)},
        "cage": {128: torch.rand(1, 2, 4)},
    }
    return NamedOutputs.from_raw(
        raw, catalog=TrackMetadataCatalog.from_rows(ROWS), intervals=intervals
    )


@pytest.fixture
def show():
    """Open browsers that are closed when the test ends."""
    opened = []

    def open_browser(thing):
        browser = thing.show()
        assert isinstance(browser, TrackBrowser)
        opened.append(browser)
        return browser

    yield open_browser
    for browser in opened:
        browser.close()


@pytest.mark.parametrize(
    ("take", "n_lanes"),
    [
        (lambda out: out, 9),
        (lambda out: out.atac, 6),
        (lambda out: out.atac[128], 3),
        (lambda out: out.atac.select(biosample_name="liver"), 2),
        (lambda out: out.atac[1][[2, 0]] - 1, 2),
        (lambda out: out.select(biosample_name=["liver", "lung"]), 6),
        (lambda out: out.select(biosample_name="lung").to_named_outputs(), 3),
    ],
)
def test_the_tracks_become_lanes_at_their_place(show, take, n_lanes):
    browser = show(take(outputs()))
    frame = browser.visible_tracks
    assert len(frame) == n_lanes
    assert browser.bounds == {"chrom": "7", "start": 10_000, "end": 10_256}


def test_without_a_place_there_is_nothing_to_draw():
    with pytest.raises(InputError, match="needs interval="):
        outputs(intervals=None).select(biosample_name="liver").show()

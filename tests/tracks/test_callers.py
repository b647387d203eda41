"""Warnings point at the line that asked, not into the package."""

from __future__ import annotations

import warnings

from locuscope.errors import DataWarning
from locuscope.tracks.callers import warn_at_caller
from locuscope.tracks.metadata import TrackMetadataCatalog


def test_the_line_of_the_caller_is_named():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_at_caller("from here", DataWarning)
        TrackMetadataCatalog.from_rows([{"Strand": "+", "output_type": "atac"}])
    assert [warning.filename for warning in caught] == [__file__, __file__]
    assert {warning.category for warning in caught} == {DataWarning}

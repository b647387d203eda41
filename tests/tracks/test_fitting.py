"""Rows of a catalogue against the channels of a tensor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import TrackMismatchError, TrackQueryWarning
from locuscope.tracks.fitting import fit_rows
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable


def table_of(*names):
    return TrackTable.from_tracks([TrackMetadata(i, "atac", 0, n) for i, n in enumerate(names)])


def test_the_same_number_is_the_same_table():
    table = table_of("a", "b")
    assert fit_rows(table, "atac", 0, 2, strict=True) is table
    assert fit_rows(table, "atac", 0, None, strict=True) is table


@given(st.integers(0, 5), st.integers(0, 9))
def test_every_row_keeps_its_channel(n_rows, n_channels):
    table = table_of(*(f"t{i}" for i in range(n_rows)))
    if n_channels < n_rows:
        with pytest.warns(TrackQueryWarning, match=f"{n_rows - n_channels} real tracks"):
            fitted = fit_rows(table, "atac", 0, n_channels, strict=False)
    else:
        fitted = fit_rows(table, "atac", 0, n_channels, strict=False)
    assert len(fitted) == n_channels
    assert fitted.source_index.tolist() == list(range(n_channels))
    kept = [f"t{i}" for i in range(min(n_rows, n_channels))]
    assert fitted.cells("track_name") == kept + ["Padding"] * (n_channels - len(kept))
    assert fitted.cells("output_name") == ["atac"] * n_channels


def test_lost_padding_is_not_worth_a_warning():
    fitted = fit_rows(table_of("a", "padding", "Padding"), "atac", 0, 1, strict=False)
    assert fitted.cells("track_name") == ["a"]


@pytest.mark.parametrize("n_channels", [1, 3])
def test_strict_refuses_other_numbers(n_channels):
    words = f"'atac' has 2 tracks, but tensor has {n_channels}"
    with pytest.raises(TrackMismatchError, match=words) as caught:
        fit_rows(table_of("a", "b"), "atac", 0, n_channels, strict=True)
    assert (caught.value.left, caught.value.right) == (2, n_channels)


def test_the_warning_points_at_the_caller():
    with pytest.warns(TrackQueryWarning) as caught:
        fit_rows(table_of("a", "b"), "atac", 0, 1, strict=False)
    assert caught[0].filename == __file__

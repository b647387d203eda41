"""The numpy painter: the pixels of the page, to the last bit, and the laws of the picture."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import OptionError
from locuscope.widgets.painter import (
    Columns,
    Ink,
    LaneColours,
    PaintView,
    SignalLane,
    YScale,
    fnv1a,
    paint_lanes,
    spans,
)

GOLDEN = sorted((Path(__file__).parents[1] / "wire").glob("painter_*.json"))
COLOURS = LaneColours(Ink(1, 2, 3), Ink(4, 5, 6), 7, 8)
HATCH = 9


def floats(text):
    return None if text is None else np.frombuffer(base64.b64decode(text), "<f4")


def columns_of(entry):
    if entry is None:
        return None
    bins = (floats(entry[name]) for name in ("max", "mean", "min"))
    return Columns(entry["start"], entry["bin"], *bins)


def lane_of(entry):
    inks = (Ink(**entry["colours"][side]) for side in ("up", "down"))
    table = entry["table"]
    return SignalLane(
        entry["top"],
        entry["height"],
        entry["kind"],
        columns_of(entry["columns"]),
        YScale(**entry["scale"]),
        LaneColours(*inks, entry["colours"]["over"], entry["colours"]["zero"]),
        columns_of(entry["overlay"]),
        None if table is None else np.frombuffer(base64.b64decode(table), "<u4"),
    )


def test_there_are_goldens():
    assert len(GOLDEN) >= 4


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_page_paints_the_same_pixels(path):
    golden = json.loads(path.read_text(encoding="utf-8"))
    size = golden["view"]
    view = PaintView(
        size["width"], size["height"], size["x0"], size["bpPerPx"], size["dpr"], size["hatch"]
    )
    pixels = np.zeros((view.height, view.width), dtype=np.uint32)
    paint_lanes(pixels, view, [lane_of(entry) for entry in golden["lanes"]])
    assert fnv1a(pixels) == golden["hash"]


def paint(values, *, width=8, rows=11, kind="area", low=None, over=None, bp=1.0, scale=None, dpr=1):
    """One lane from position 0 on bins of one base."""
    values = np.asarray(values, dtype=np.float32)
    columns = Columns(
        0, 1, values, values, None if low is None else np.asarray(low, dtype=np.float32)
    )
    overlay = None if over is None else Columns(0, 1, *[np.asarray(over, dtype=np.float32)] * 2)
    view = PaintView(width, rows, 0, bp, dpr, HATCH)
    pixels = np.zeros((rows, width), dtype=np.uint32)
    y = scale or YScale(0, 1)
    paint_lanes(pixels, view, [SignalLane(0, rows, kind, columns, y, COLOURS, overlay)])
    return pixels


def slow_spans(view, columns):
    """Rule 1, one column at a time."""
    found = []
    for x in range(view.width):
        first = int(np.floor((view.x0 + x * view.bp_per_px - columns.start) / columns.bin_bp))
        last = int(np.floor((view.x0 + (x + 1) * view.bp_per_px - columns.start) / columns.bin_bp))
        last = max(first + 1, last)
        n = len(columns.top)
        found.append((min(n, max(0, first)), min(n, max(0, last))))
    return found


@given(
    st.floats(0, 200),
    st.floats(0.01, 40),
    st.floats(0, 200),
    st.sampled_from([1, 4, 32]),
    st.integers(0, 60),
)
def test_spans_equal_the_rule(x0, bp, start, size, n):
    columns = Columns(start, size, *[np.zeros(n, dtype=np.float32)] * 2)
    view = PaintView(50, 1, x0, bp, 1, HATCH)
    assert list(zip(*(side.tolist() for side in spans(view, columns)), strict=True)) == slow_spans(
        view, columns
    )


def test_a_peak_of_one_base_is_visible_at_every_zoom():
    values = np.zeros(10_000)
    values[6_543] = 1
    for bp in (1.0, 7.3, 100.0, 1_250.0):
        pixels = paint(values, width=int(10_000 / bp), bp=bp)
        assert (pixels[0] == 3).any()


def test_missing_is_hatched_and_zero_is_not():
    pixels = paint([0, np.nan, 0, np.nan, 0, 0, 0, 0])
    assert (pixels[-1, [0, 2, 4]] == 8).all()
    assert set(pixels[:, 1].tolist()) == {0, HATCH}
    rows = np.flatnonzero(pixels[:, 1] == HATCH)
    assert rows.tolist() == [3, 7]


def test_body_pale_and_edge():
    columns = Columns(0, 4, np.float32([1.0]), np.float32([0.5]))
    pixels = np.zeros((11, 4), dtype=np.uint32)
    view = PaintView(4, 11, 0, 1.0, 1, HATCH)
    paint_lanes(pixels, view, [SignalLane(0, 11, "area", columns, YScale(0, 1), COLOURS)])
    assert pixels[:, 1].tolist() == [3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 8]


def test_negative_values_go_down_from_the_zero_line():
    values = [-1, -1, -1, 1, 1, 1]
    pixels = paint(values, width=6, low=values, scale=YScale(-1, 1))
    assert (pixels[5] == 8).all()
    assert pixels[6:, 1].tolist() == [4, 4, 4, 4, 6]
    assert (pixels[:5, :3] == 0).all()
    assert pixels[:5, 4].tolist() == [3, 1, 1, 1, 1]
    # Beside a lower neighbour the edge runs down to it.
    assert pixels[6:, 2].tolist() == [6] * 5


def test_an_overlay_adds_only_its_outline():
    alone, both = paint([1, 1, 1]), paint([1, 1, 1], over=[0.5, 0.5, 0.5])
    changed = alone != both
    assert set(both[changed].tolist()) == {7}
    assert changed.sum() == 3


def test_stems_are_bars_of_several_px_centred_on_their_base():
    values = np.zeros(400)
    values[200] = 1
    pixels = paint(values, width=40, bp=10.0, kind="stems")
    assert np.flatnonzero(pixels[0]).tolist() == [18, 19, 20, 21, 22]
    wide = paint(values, width=40, bp=10.0, kind="stems", dpr=2)
    assert (wide[0] != 0).sum() == 10


def test_a_lost_stem_is_an_empty_outline_around_nothing():
    values, lost = np.zeros(400), np.zeros(400)
    values[200] = 1
    pixels = paint(values, width=40, bp=10.0, kind="stems", over=lost)
    bar = pixels[3]
    assert bar[17:24].tolist() == [3, 2, 2, 2, 2, 2, 3]
    assert not (pixels == 7).any()


def test_strips_show_the_value_farthest_from_zero():
    table = np.arange(256, dtype=np.uint32) + 1_000
    columns = Columns(
        0, 1, np.float32([0.2, np.nan, 0.5]), np.float32([0, 0, 0]), np.float32([-1, 0, 0.1])
    )
    pixels = np.zeros((4, 3), dtype=np.uint32)
    lane = SignalLane(0, 4, "strip", columns, YScale(-1, 1), COLOURS, None, table)
    paint_lanes(pixels, PaintView(3, 4, 0, 1.0, 1, HATCH), [lane])
    assert (pixels[:, 0] == 1_000).all()
    assert set(pixels[:, 1].tolist()) == {0, HATCH}
    assert (pixels[:, 2] == 1_191).all()
    with pytest.raises(OptionError, match="256 colours"):
        paint([1.0], kind="strip")


def test_an_empty_range_draws_a_zero_line_only():
    pixels = paint([0.5, 0.7], width=2, scale=YScale(0, 0))
    assert pixels[-1].tolist() == [8, 8]
    assert not pixels[:-1].any()


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_values_reach_the_border(value):
    pixels = paint([value], width=1, low=[value], scale=YScale(-1, 1))
    assert pixels[0 if value > 0 else -1, 0] in {3, 6}


def test_lanes_keep_to_their_rows():
    values = np.ones(4, dtype=np.float32)
    columns = Columns(0, 1, values, values)
    pixels = np.full((30, 4), 77, dtype=np.uint32)
    lanes = [SignalLane(10, 10, "area", columns, YScale(0, 1), COLOURS)]
    paint_lanes(pixels, PaintView(4, 30, 0, 1.0, 1, HATCH), lanes)
    assert (pixels[:10] == 77).all()
    assert (pixels[20:] == 77).all()

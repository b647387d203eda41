"""The pixel painter: dense lanes as one uint32 buffer (0xAABBGGRR), the twin of the page's.

The rule stands at the top of `src/marks/signal.ts`; the hashes in `tests/wire/painter_*.json` are
equal on both sides. All arithmetic is float64, floor rounds towards minus infinity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Heights = NDArray[np.int64]
    Pixels = NDArray[np.uint32]

MISSING: Final = -1
ScaleKind = Literal["linear", "log1p", "symlog"]


@dataclass(frozen=True, eq=False)
class Columns:
    """Bins of one track: bin i begins at start + i bin_bp; NaN is missing, `low` may be None."""

    start: float
    bin_bp: float
    top: NDArray[np.float32]
    mean: NDArray[np.float32]
    low: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class YScale:
    """A lane's y axis: `lo` at its lower border, `hi` at its upper one."""

    lo: float
    hi: float
    kind: ScaleKind = "linear"

    def transform(self, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """log1p below zero is mirrored, so that a signed lane never meets NaN."""
        numbers = np.asarray(value, dtype=np.float64)
        if self.kind == "linear":
            return numbers
        return np.copysign(np.log1p(np.abs(numbers)), numbers)

    def heights(self, values: NDArray[np.float64] | float, rows: int) -> Heights:
        """floor(clamp((t(v) - t(lo)) / (t(hi) - t(lo)), 0, 1) (rows - 1) + 0.5)."""
        share = self.share(values)
        if share is None:
            return np.zeros(np.shape(values), dtype=np.int64)
        heights = np.floor(share * (rows - 1) + 0.5)
        return np.nan_to_num(heights, nan=0.0).astype(np.int64)

    def share(self, values: NDArray[np.float64] | float) -> NDArray[np.float64] | None:
        """Height as a share of the lane, 0 to 1; None for an empty range."""
        lo = self.transform(self.lo)
        span = self.transform(self.hi) - lo
        if not span > 0:
            return None
        return np.clip((self.transform(values) - lo) / span, 0.0, 1.0)


@dataclass(frozen=True)
class Ink:
    """Colours of one direction: mean body, pale maximum, edge."""

    body: int
    pale: int
    edge: int


@dataclass(frozen=True)
class LaneColours:
    """Colours of a lane: upwards, downwards, the overlay, the zero line."""

    up: Ink
    down: Ink
    over: int
    zero: int


@dataclass(frozen=True)
class PaintView:
    """Device px of one buffer; column x begins at genome position x0 + x bp_per_px."""

    width: int
    height: int
    x0: float
    bp_per_px: float
    dpr: int
    hatch: int


@dataclass(frozen=True, eq=False)
class SignalLane:
    """One lane in the buffer: `top` and `height` in device px; `table` (256,) for strips."""

    top: int
    height: int
    kind: Literal["area", "stems", "strip"]
    columns: Columns
    scale: YScale
    colours: LaneColours
    overlay: Columns | None = None
    table: Pixels | None = None


@dataclass(frozen=True, eq=False)
class _Reach:
    """Pixel heights per column, MISSING where no bin has a value."""

    top: Heights
    mean: Heights
    low: Heights


def paint_lanes(pixels: Pixels, view: PaintView, lanes: Sequence[SignalLane]) -> None:
    """Paint every lane into `pixels` (height, width); pixels nobody paints keep their value."""
    for lane in lanes:
        _paint_lane(pixels[lane.top : lane.top + lane.height], view, lane)


def fnv1a(pixels: Pixels) -> str:
    """32-bit FNV-1a over the bytes in memory order, as eight hex digits.

    >>> fnv1a(np.array([0xFF0000FF], dtype=np.uint32))
    'c68e2893'
    """
    value = 0x811C9DC5
    for byte in np.ascontiguousarray(pixels, dtype="<u4").tobytes():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:08x}"


def spans(view: PaintView, columns: Columns) -> tuple[Heights, Heights]:
    """Bins [first, last) that every pixel column covers, cut to those there are."""
    x = np.arange(view.width, dtype=np.float64)
    n = len(columns.top)
    first = np.floor((view.x0 + x * view.bp_per_px - columns.start) / columns.bin_bp)
    last = np.floor((view.x0 + (x + 1) * view.bp_per_px - columns.start) / columns.bin_bp)
    last = np.maximum(first + 1, last)
    return np.clip(first, 0, n).astype(np.int64), np.clip(last, 0, n).astype(np.int64)


def _paint_lane(block: Pixels, view: PaintView, lane: SignalLane) -> None:
    zero = int(lane.scale.heights(0.0, lane.height))
    if lane.kind == "strip":
        _paint_strip(block, view, lane)
        return
    reach = _reach(lane.columns, view, lane.scale, lane.height)
    _paint_ground(block, reach.top == MISSING, view.hatch, lane.colours.zero, zero)
    if lane.kind == "area":
        up, down = _beyond(reach, zero)
        _paint_body(block, up, reach.mean, lane.colours.up, zero, 1)
        _paint_body(block, down, reach.mean, lane.colours.down, zero, -1)
        if lane.overlay is not None:
            over = _reach(lane.overlay, view, lane.scale, lane.height)
            up, down = _beyond(over, zero)
            _paint_edge(block, up, lane.colours.over, zero, 1)
            _paint_edge(block, down, lane.colours.over, zero, -1)
        return
    _paint_stems(block, view, lane, reach, zero)


def _paint_stems(
    block: Pixels, view: PaintView, lane: SignalLane, reach: _Reach, zero: int
) -> None:
    has_overlay = lane.overlay is not None
    px = (7 if has_overlay else 5) * view.dpr
    up, down = _bars(lane.columns, reach, view, lane, zero, px=px, share=0.75)
    ground = np.full(view.width, zero, dtype=np.int64)
    _paint_body(block, up, ground if has_overlay else up, lane.colours.up, zero, 1)
    _paint_body(block, down, ground if has_overlay else down, lane.colours.down, zero, -1)
    if lane.overlay is not None:
        over = _reach(lane.overlay, view, lane.scale, lane.height)
        up, down = _bars(lane.overlay, over, view, lane, zero, px=3 * view.dpr, share=0.35)
        solid = Ink(lane.colours.over, lane.colours.over, lane.colours.over)
        _paint_body(block, up, up, solid, zero, 1)
        _paint_body(block, down, down, solid, zero, -1)


def _reach(columns: Columns, view: PaintView, scale: YScale, rows: int) -> _Reach:
    """Maximum, average of means and minimum per column; the sum runs from left to right."""
    top, mean, low, count = _column_values(columns, view)
    is_missing = count == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        average = mean / count
    low = np.where(np.isposinf(low), top, low)
    heights = (scale.heights(values, rows) for values in (top, average, low))
    return _Reach(*(np.where(is_missing, MISSING, height) for height in heights))


def _column_values(columns: Columns, view: PaintView) -> tuple[NDArray[np.float64], ...]:
    """Per pixel column: top, sum of means, low, number of bins with a value."""
    first, last = spans(view, columns)
    top = np.full(view.width, -np.inf)
    low = np.full(view.width, np.inf)
    total = np.zeros(view.width)
    count = np.zeros(view.width)
    for step in range(int((last - first).max(initial=0))):
        bins = np.minimum(first + step, len(columns.top) - 1)
        values = columns.top[bins].astype(np.float64)
        is_used = (first + step < last) & ~np.isnan(values)
        top = np.where(is_used & (values > top), values, top)
        total = np.where(is_used, total + columns.mean[bins].astype(np.float64), total)
        count += is_used
        if columns.low is not None:
            lows = columns.low[bins].astype(np.float64)
            low = np.where(is_used & (lows < low), lows, low)
    return top, total, low, count


def _beyond(reach: _Reach, zero: int) -> tuple[Heights, Heights]:
    """The silhouettes above and below zero."""
    is_missing = reach.top == MISSING
    up = np.where(is_missing, MISSING, np.maximum(reach.top, zero))
    return up, np.where(is_missing, MISSING, np.minimum(reach.low, zero))


def _bars(
    columns: Columns,
    reach: _Reach,
    view: PaintView,
    lane: SignalLane,
    zero: int,
    *,
    px: int,
    share: float,
) -> tuple[Heights, Heights]:
    """Silhouettes of bars: one per column where bins are narrow, else one per bin."""
    up = np.full(view.width, zero, dtype=np.int64)
    down = up.copy()
    if columns.bin_bp <= view.bp_per_px:
        places = np.flatnonzero(reach.top != MISSING)
        lefts = places - ((px - 1) >> 1)
        tops, lows = reach.top[places], reach.low[places]
    else:
        px = max(px, int(np.floor(share * columns.bin_bp / view.bp_per_px)))
        lefts, tops, lows = _bin_bars(columns, view, lane, px)
    for offset in range(px):
        at = lefts + offset
        is_inside = (at >= 0) & (at < view.width)
        np.maximum.at(up, at[is_inside], tops[is_inside])
        np.minimum.at(down, at[is_inside], lows[is_inside])
    return up, down


def _bin_bars(
    columns: Columns, view: PaintView, lane: SignalLane, px: int
) -> tuple[Heights, Heights, Heights]:
    """Left border, upper and lower height of the bar of every bin near the view."""
    reach_bp = px * view.bp_per_px
    end = view.x0 + view.width * view.bp_per_px
    first = max(0, int(np.floor((view.x0 - reach_bp - columns.start) / columns.bin_bp)))
    last = min(len(columns.top), int(np.ceil((end + reach_bp - columns.start) / columns.bin_bp)))
    bins = np.arange(first, max(first, last))
    bins = bins[~np.isnan(columns.top[bins])]
    centre = (columns.start + (bins + 0.5) * columns.bin_bp - view.x0) / view.bp_per_px
    lefts = np.floor(centre - px / 2 + 0.5).astype(np.int64)
    tops = lane.scale.heights(columns.top[bins].astype(np.float64), lane.height)
    below = columns.top if columns.low is None else columns.low
    return lefts, tops, lane.scale.heights(below[bins].astype(np.float64), lane.height)


def _paint_ground(
    block: Pixels, is_missing: NDArray[np.bool_], hatch: int, colour: int, zero: int
) -> None:
    """Hatch where nothing is known, the zero line everywhere else."""
    rows, width = block.shape
    row, x = np.ogrid[:rows, :width]
    block[is_missing[None, :] & ((x + row) % 4 == 0)] = hatch
    block[rows - 1 - zero, ~is_missing] = colour


def _paint_body(  # noqa: PLR0917 - the words of the rule, in its order
    block: Pixels, reach: Heights, mean: Heights, ink: Ink, zero: int, sign: int
) -> None:
    """Heights beyond zero up to `reach`: body to the mean, pale beyond it, edges last."""
    rows = block.shape[0]
    # Steps away from zero of every row: 1 is the first pixel beyond the zero line.
    step = ((rows - 1 - np.arange(rows) - zero) * sign)[:, None]
    far = np.where(reach == MISSING, 0, (reach - zero) * sign)[None, :]
    solid = ((mean - zero) * sign)[None, :]
    is_body = (step >= 1) & (step <= far)
    block[is_body & (step <= solid)] = ink.body
    block[is_body & (step > solid)] = ink.pale
    _paint_edge(block, reach, ink.edge, zero, sign)


def _paint_edge(block: Pixels, reach: Heights, colour: int, zero: int, sign: int) -> None:
    """The outermost pixel of every column, and upright runs down to lower neighbours."""
    rows = block.shape[0]
    steps = (reach - zero) * sign
    is_drawn = (reach != MISSING) & (steps > 0)
    known = np.concatenate([[MISSING], reach, [MISSING]])
    left, right = (
        np.where(side == MISSING, steps, (side - zero) * sign) for side in (known[:-2], known[2:])
    )
    start = np.maximum(1, np.minimum(np.minimum(left, right), steps - 1) + 1)
    step = ((rows - 1 - np.arange(rows) - zero) * sign)[:, None]
    block[is_drawn[None, :] & (step >= start[None, :]) & (step <= steps[None, :])] = colour


def _paint_strip(block: Pixels, view: PaintView, lane: SignalLane) -> None:
    """Whole columns in the colour of the value that is farthest from zero."""
    if lane.table is None:
        raise OptionError("A strip needs a table of 256 colours.", option="table", value=None)
    columns = lane.columns
    if columns.low is None:
        columns = Columns(columns.start, columns.bin_bp, columns.top, columns.mean, columns.top)
    top, _, low, count = _column_values(columns, view)
    is_missing = count == 0
    value = np.where(-low > top, low, top)
    share = lane.scale.share(np.where(is_missing, 0.0, value))
    place = np.zeros(view.width) if share is None else share
    colours = lane.table[np.floor(place * 255 + 0.5).astype(np.int64)]
    rows, width = block.shape
    row, x = np.ogrid[:rows, :width]
    block[:, ~is_missing] = colours[~is_missing]
    block[is_missing[None, :] & ((x + row) % 4 == 0)] = view.hatch

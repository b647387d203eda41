"""Contributions of made-up numbers on a made-up place, for figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from locuscope.attribution.contribution_values import Contributions
from locuscope.genome.interval import Interval

START = 1_000
LENGTH = 60


def made(n=2, length=LENGTH, *, seed=0, places=True, strand=".", tracks=None, **more):
    """Contributions of `n` examples; example k starts at base START + 100 k of contig 7."""
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, 4, (n, length))
    sequences = np.eye(4, dtype=np.uint8)[bases].transpose(0, 2, 1)
    shape = (n, 4, length) if tracks is None else (len(tracks), n, 4, length)
    where = [START + 100 * k for k in range(n)]
    intervals = [Interval("7", at, at + length, strand) for at in where] if places else None
    more = {"method": "deeplift", "target": "0", "provenance": {"model": "tiny"}} | more
    return Contributions(
        rng.normal(size=shape), sequences, intervals=intervals, tracks=tracks, **more
    )


def unknown(found, columns):
    """The same with unknown bases in some columns."""
    sequences = found.sequences.copy()
    sequences[:, :, columns] = 0
    return replace(found, sequences=sequences)


def texts(figure):
    """All texts of a figure that hold something, with their boxes in pixels."""
    figure.canvas.draw()
    artists = [*figure.texts]
    for ax in figure.axes:
        artists += [*ax.texts, *_labels(ax.xaxis), *_labels(ax.yaxis), ax.title]
        artists += [ax.xaxis.label, ax.yaxis.label]
    seen = [each for each in artists if each.get_text() and each.get_visible()]
    return [(each.get_text(), each.get_window_extent()) for each in seen]


def _labels(axis):
    """Labels of ticks that lie on the axis."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-6 * (high - low)
    ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
    return [label for at, label in ticks if low - slack <= at <= high + slack]


def overlaps(figure):
    """Pairs of texts that touch, and texts that leave the page."""
    found = texts(figure)
    page = figure.bbox
    outside = [
        text
        for text, box in found
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1
    ]
    touching = [
        (one, other)
        for k, (one, box) in enumerate(found)
        for other, second in found[k + 1 :]
        if box.x0 < second.x1 and second.x0 < box.x1 and box.y0 < second.y1 and second.y0 < box.y1
    ]
    return outside + touching

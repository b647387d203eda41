"""Runs of a small signal, and their columns."""

from __future__ import annotations

import numpy as np

RUNS = [(2, 5, 1.5), (5, 6, -2.0), (10, 20, 0.0), (30, 31, 8.0), (90, 100, 0.25)]


LENGTHS = {"1": 100, "2": 50}


def columns(runs):
    starts, ends, values = zip(*runs, strict=True)
    return np.array(starts), np.array(ends), np.array(values)

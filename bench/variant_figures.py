"""Seconds and megabytes of a figure of 50,000 alleles, from scores to a finished HTML file.

Every kind is made in turns in this process, single-thread CPU time; the program that draws is
loaded and packed before, once, and timed apart. Exit 1 above 2 s or 3 MB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from locuscope.plots.variant_scores import KINDS, plot
from tests.plots.made_scores import many, scores_of

ROWS, TRACKS, REPEATS = 50_000, 54, 5
LIMIT_S, LIMIT_MB = 2.0, 3.0


def main() -> int:
    base = many(ROWS, n_tracks=TRACKS, n_unscored=600)
    p = np.random.default_rng(1).uniform(1e-3, 1, (ROWS, TRACKS))
    scores = scores_of(
        base.variants,
        diff=base.scores["diff"],
        p_empirical=p,
        provenance={"model": "made", "nulls": {"score": "diff"}},
    )
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "figure.html")
        begin = time.thread_time()
        plot(many(10)).save_html(path)
        first = time.thread_time() - begin
        print(f"first figure of a process: {first:.2f} s, of which most loads and packs bokeh")
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        sizes: dict[str, float] = {}
        for _ in range(REPEATS):
            for kind in KINDS:
                begin = time.thread_time()
                plot(scores, kind).save_html(path)
                seconds[kind].append(time.thread_time() - begin)
                sizes[kind] = path.stat().st_size / 1e6
    for kind in KINDS:
        median = statistics.median(seconds[kind])
        print(
            f"{kind:10} {median:.2f} s (limit {LIMIT_S}), {sizes[kind]:.2f} MB (limit {LIMIT_MB})"
        )
        if median + first > LIMIT_S or sizes[kind] > LIMIT_MB:
            failed.append(kind)
    if failed:
        print(f"too slow or too large: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""A small dictionary and regions in which its motifs stand, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.motifs.modisco_files import pattern, write_patterns

GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden" / "hits" / "cli"
N, LENGTH = 4, 40
STARTS = (3, 12, 20, 27)
"""Where the motif of each region stands."""


def write_inputs(folder: Path) -> None:
    """Write modisco.h5, ohe.npz, attr.npz and peaks.narrowPeak."""
    patterns = {f"pos_patterns/pattern_{k}": pattern(k) for k in range(2)}
    write_patterns(folder / "modisco.h5", patterns)
    rng = np.random.default_rng(0)
    sequences = np.eye(4, dtype=np.int8)[rng.integers(0, 4, (N, LENGTH))].transpose(0, 2, 1)
    scores = rng.normal(scale=0.01, size=sequences.shape).astype(np.float32)
    for row, start in enumerate(STARTS):
        cwm = patterns[f"pos_patterns/pattern_{row % 2}"]["contrib_scores"].T
        best = np.eye(4, dtype=np.int8)[np.abs(cwm).argmax(0)].T
        sequences[row, :, start : start + cwm.shape[1]] = best
        scores[row, :, start : start + cwm.shape[1]] += 3 * cwm / np.abs(cwm).max()
    np.savez(folder / "ohe.npz", sequences)
    np.savez(folder / "attr.npz", scores)
    lines = [f"1\t{100 * k}\t{100 * k + 60}\tp{k}\t0\t.\t0\t0\t0\t30\n" for k in range(1, N + 1)]
    (folder / "peaks.narrowPeak").write_text("".join(lines))

"""Windows of the DNase network: sites of human chromosome 20 and matched closed chromatin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locuscope.genome.sequence import encode_indices

from .build_dnase import decode_sites, parse_sites
from .build_measured import PEAK_FILES, read_peak_spans
from .build_sequence import CHROM_LENGTH, read_sequence
from .train_windows import HALF_BP, Windows, distance_to, part_of, with_background

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .build_sources import Cache

PACKAGES = ("polars_bio", "bedops-doc", "bedops")
ASSEMBLY = "GRCh37"
CHROM = "20"
MB = 1_000_000
BLOCKS = (
    (0, MB, "train"),
    (MB, 6 * MB, "test"),
    (6 * MB, 9 * MB, "validation"),
    (9 * MB, CHROM_LENGTH, "train"),
)
EMBEDDED = (MB, 4 * MB)
TRACKS = ("any_site", "broad_site", "fetal_brain")
BROAD_CELL_TYPES = 20
PEAK_REACH_BP = 75
AWAY_BP = 400
GRID_BP = 128


def dnase_windows(cache: Cache) -> Windows:
    """Read sites, peaks and sequence; give positives with one matched background each."""
    bases = encode_indices(read_sequence(cache).chromosome)
    sites = np.array(
        [
            ((start + end) // 2, breadth)
            for start, end, breadth, _ in parse_sites(decode_sites(cache), 0, CHROM_LENGTH)
        ],
        dtype=np.int64,
    )
    peaks = read_peak_spans(cache.read("polars_bio", name) for name in PEAK_FILES)
    return label_sites(bases, sites, peaks)


def label_sites(
    bases: NDArray[np.uint8],
    sites: NDArray[np.int64],
    peaks: Sequence[tuple[int, int]],
    blocks: Sequence[tuple[int, int, str]] = BLOCKS,
) -> Windows:
    """Label sites and add backgrounds.

    Args:
        bases: the chromosome as codes.
        sites: (n, 2) centre and number of cell types of each site.
        peaks: fetal-brain peaks in order, 0-based half-open.
        blocks: the split.
    """
    sites = sites[np.argsort(sites[:, 0], kind="stable")]
    centers = sites[:, 0]
    part = part_of(centers, blocks)
    inside = part >= 0
    labels = np.stack(
        [
            np.ones(len(sites), dtype=bool),
            sites[:, 1] >= BROAD_CELL_TYPES,
            near_spans(centers, peaks, PEAK_REACH_BP),
        ],
        axis=1,
    ).astype(np.uint8)
    positives = Windows(bases, centers, labels, np.ones(len(sites), dtype=bool), part, TRACKS).take(
        inside
    )
    grid = np.arange(HALF_BP, len(bases) - HALF_BP, GRID_BP, dtype=np.int64)
    candidates = grid[distance_to(grid, centers) >= AWAY_BP]
    return with_background(positives, candidates, blocks, per_positive=1)


def near_spans(
    places: NDArray[np.int64], spans: Sequence[tuple[int, int]], reach_bp: int
) -> NDArray[np.bool_]:
    """Whether a span lies within `reach_bp` of each place.

    >>> near_spans(np.array([4, 12, 40]), [(10, 20), (15, 18)], 5).tolist()
    [False, True, False]
    """
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    # Spans may overlap: the furthest end of all spans that start before a place decides.
    furthest = np.maximum.accumulate(np.array([end for _, end in spans], dtype=np.int64))
    last = np.searchsorted(starts, places + reach_bp, side="right") - 1
    return (last >= 0) & (furthest[np.maximum(last, 0)] > places - reach_bp)

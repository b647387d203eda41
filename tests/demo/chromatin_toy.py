"""A small chromosome with one planted motif, for the training tests: what is bound is known."""

from __future__ import annotations

import numpy as np

from locuscope.demo.train_insulators import TRACKS
from locuscope.demo.train_windows import Windows

MOTIF = "GCCACCAGGGGGCGC"
BLOCKS = ((0, 300_000, "train"), (300_000, 400_000, "validation"), (400_000, 500_000, "test"))
LENGTH_BP = 500_000


def toy_bases(seed: int = 0) -> np.ndarray:
    """Random bases."""
    return np.random.default_rng(seed).integers(0, 4, LENGTH_BP).astype(np.uint8)


def toy_windows(
    n: int = 512, tracks: tuple[str, ...] = ("any_site", "broad_site", "fetal_brain")
) -> Windows:
    """Half of the windows hold the motif and carry every label; a third each part."""
    bases = toy_bases()
    step = (LENGTH_BP - 1_024) // n
    centers = 512 + step * np.arange(n, dtype=np.int64)
    positive = np.arange(n) % 2 == 0
    codes = np.array(["ACGT".index(letter) for letter in MOTIF], dtype=np.uint8)
    for center in centers[positive]:
        bases[center - 7 : center - 7 + len(codes)] = codes
    labels = np.repeat(positive[:, None], len(tracks), axis=1).astype(np.uint8)
    part = (np.arange(n) // 2 % 3).astype(np.int8)
    return Windows(bases, centers, labels, positive, part, tracks)


def toy_insulators(n: int = 512) -> Windows:
    """The same with the eight tracks of the insulator network."""
    return toy_windows(n, TRACKS)


def motif_pwm() -> np.ndarray:
    """The planted motif as base frequencies."""
    pwm = np.full((4, len(MOTIF)), 0.01)
    pwm[["ACGT".index(letter) for letter in MOTIF], range(len(MOTIF))] = 0.97
    return pwm

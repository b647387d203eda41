"""What a network has to beat: composition alone, and the best single motif."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from locuscope.genome.position_matrix import log_odds

from .train_metrics import auroc, fit_logistic
from .train_windows import gc_and_cpg, to_one_hot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .train_windows import Windows

BATCH = 512


@dataclass(frozen=True)
class Baselines:
    """Scores of the test windows that know no network, and their AUROC.

    Attributes:
        by_track: track -> baseline -> AUROC on the given windows.
        motif: track -> the motif that was best on the validation block.
        matching: AUROC of positives against backgrounds, whatever their labels: "gc", "gc_cpg".
    """

    by_track: Mapping[str, Mapping[str, float]]
    motif: Mapping[str, str]
    matching: Mapping[str, float]

    def best(self, track: str) -> float:
        """AUROC of the best baseline of a track."""
        return max(self.by_track[track].values())

    def best_composition(self, track: str) -> float:
        """AUROC of the better composition baseline of a track."""
        return max(self.by_track[track]["gc"], self.by_track[track]["gc_cpg"])


def measure_baselines(
    windows: Windows, pwms: Mapping[str, NDArray[np.floating[Any]]], part: str = "test"
) -> Baselines:
    """Fit the baselines on the training block, choose motifs on the validation block, and measure.

    Args:
        windows: all parts.
        pwms: base frequencies (4, W) by name.
        part: the block that is measured.
    """
    train, validation, given = windows.of("train"), windows.of("validation"), windows.of(part)
    features = {one: _composition(one_of) for one, one_of in (("train", train), ("given", given))}
    columns = {"gc": slice(0, 1), "gc_cpg": slice(0, 2)}

    def composed(fitted: NDArray[np.bool_], truth: NDArray[np.bool_]) -> dict[str, float]:
        found = {}
        for name, kept in columns.items():
            predict = fit_logistic(features["train"][:, kept], fitted)
            found[name] = auroc(predict(features["given"][:, kept]), truth)
        return found

    names = list(pwms)
    chosen_on = best_matches(validation.codes(), list(pwms.values()))
    scores = best_matches(given.codes(), list(pwms.values()))
    by_track, motif = {}, {}
    for track, name in enumerate(windows.track_names):
        truth = given.labels[:, track] == 1
        picked = [auroc(column, validation.labels[:, track] == 1) for column in chosen_on.T]
        best = int(np.argmax(picked))
        motif[name] = names[best]
        by_track[name] = {
            **composed(train.labels[:, track] == 1, truth),
            "pwm_max": auroc(scores[:, best], truth),
        }
    return Baselines(by_track, motif, composed(train.positive, given.positive))


def best_matches(
    codes: NDArray[np.uint8], pwms: list[NDArray[np.floating[Any]]]
) -> NDArray[np.float32]:
    """Best log-odds of each motif anywhere in each window, on either strand, (n, M).

    A match lies inside the window; a base that is not ACGT counts 0.
    """
    width = max(pwm.shape[1] for pwm in pwms)
    filters = np.full((2 * len(pwms), 4, width), 0.0, dtype=np.float32)
    for i, pwm in enumerate(pwms):
        odds = log_odds(np.asarray(pwm, dtype=np.float64))
        filters[i, :, : pwm.shape[1]] = odds
        filters[len(pwms) + i, :, : pwm.shape[1]] = odds[::-1, ::-1]
    kernel = torch.from_numpy(filters)
    widths = np.array([pwm.shape[1] for pwm in pwms] * 2)
    found = []
    with torch.inference_mode():
        for at in range(0, len(codes), BATCH):
            x = F.pad(to_one_hot(codes[at : at + BATCH]), (0, width - 1))
            hits = F.conv1d(x, kernel).numpy()
            # Places where a narrow motif would stand on the padding are no matches.
            ends = np.arange(hits.shape[2]) + widths[:, None] <= codes.shape[1]
            found.append(np.where(ends, hits, -np.inf).max(axis=2))
    both = np.concatenate(found)
    best: NDArray[np.float32] = np.maximum(both[:, : len(pwms)], both[:, len(pwms) :])
    return best


def _composition(windows: Windows) -> NDArray[np.float64]:
    gc, cpg = gc_and_cpg(windows.codes())
    return np.column_stack([gc, cpg])

"""Do the contributions of the insulator network stand where the motif stands?

A stand-in for calling hits on them: gradient times input is summed over the width of the motif, and
the highest place is compared with the best match of the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from locuscope.genome.position_matrix import log_odds

from .train_gates import logits
from .train_windows import to_one_hot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.models.chromatin import ChromatinModel

    from .train_windows import Windows

TOP = 200
NEAR_BP = 5
BACKGROUND_PERCENTILE = 99.9


@dataclass(frozen=True)
class Recovery:
    """How often the contributions point at the motif.

    Attributes:
        windows: the highest predicted ones.
        with_match: those whose best match lies above the 99.9th percentile of the background.
        recovered: those whose contributions peak within 5 bases of that match.
    """

    windows: int
    with_match: int
    recovered: int

    def row(self) -> dict[str, Any]:
        """Values for the model card."""
        share = round(self.recovered / self.with_match, 4) if self.with_match else None
        return {
            "windows": self.windows,
            "with_match": self.with_match,
            "recovered": self.recovered,
            "share": share,
        }


def measure_recovery(
    model: ChromatinModel, windows: Windows, pwm: NDArray[np.floating[Any]], track: str
) -> Recovery:
    """Compare contributions and matches on the highest predicted windows.

    Args:
        model: the network.
        windows: of the test block.
        pwm: base frequencies (4, W) of the motif.
        track: the track that is explained.
    """
    own, width = model.track_names.index(track), pwm.shape[1]
    codes = windows.codes()
    floor = np.percentile(match_scores(codes[~windows.positive], pwm), BACKGROUND_PERCENTILE)
    rows = np.argsort(-logits(model, codes)[:, own], kind="stable")[:TOP]
    matches = match_scores(codes[rows], pwm)
    summed = np.lib.stride_tricks.sliding_window_view(
        contributions(model, codes[rows], own), width, axis=1
    ).sum(axis=2)
    found = matches.max(axis=1) > floor
    near = np.abs(matches.argmax(axis=1) - summed.argmax(axis=1)) <= NEAR_BP
    return Recovery(len(rows), int(found.sum()), int((found & near).sum()))


def match_scores(codes: NDArray[np.uint8], pwm: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Log-odds of a motif at every place, the better strand, (n, L - W + 1)."""
    odds = torch.from_numpy(log_odds(np.asarray(pwm, dtype=np.float64)).astype(np.float32))
    filters = torch.stack([odds, odds.flip(0, 1)])
    with torch.inference_mode():
        both = F.conv1d(to_one_hot(codes), filters).numpy()
    best: NDArray[np.float32] = both.max(axis=1)
    return best


def contributions(
    model: ChromatinModel, codes: NDArray[np.uint8], track: int
) -> NDArray[np.float32]:
    """Gradient of one logit times the input, (n, L)."""
    x = to_one_hot(codes).requires_grad_(True)
    (slope,) = torch.autograd.grad(model.logits(x)[:, track].sum(), x)
    found: NDArray[np.float32] = (slope * x).sum(1).detach().numpy()
    return found

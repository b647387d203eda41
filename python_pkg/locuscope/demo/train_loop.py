"""Fit a chromatin network: the loop, its recipe, and the same bytes from the same seed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name everybody uses)

from locuscope.genome.shuffle import shuffled_indices
from locuscope.models.chromatin import ChromatinModel
from locuscope.models.chromatin_net import ChromatinNet, init_filters

from .train_gates import logits
from .train_metrics import auroc
from .train_windows import to_one_hot, window_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from .train_windows import Windows


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; every field goes into the model card.

    Attributes:
        rate: learning rate at the start.
        top_rate: learning rate at the top of the one cycle.
        weight_decay: of AdamW.
        batch: windows per step.
        epochs: passes over the training windows, at most.
        patience: epochs without a better validation AUROC after which training ends.
        shift_bp: windows are moved at random by up to this many bases.
        filter_bias: bias of the filters that start as motifs; below 0 they answer to good matches
            only.
        filter_scale: norm of those filters.
        most_weight: largest weight of a positive label.
        shuffled_share: windows at sites whose letters are shuffled, dinucleotides kept, and that
            join each step as background; a share of the batch. They teach order, not content.
    """

    rate: float = 2e-3
    top_rate: float = 4e-3
    weight_decay: float = 1e-3
    batch: int = 256
    epochs: int = 12
    patience: int = 4
    shift_bp: int = 20
    filter_bias: float = 0.0
    filter_scale: float = 1.0
    most_weight: float = 1e6
    shuffled_share: float = 0.0

    def row(self) -> dict[str, Any]:
        """Values for the model card."""
        return asdict(self)


@dataclass
class Fit:
    """What a training run gave.

    Attributes:
        network: the weights of the best epoch.
        history: one row per epoch: loss, validation AUROC per track, seconds.
        best_epoch: counted from 1; 0 when no epoch was finished.
    """

    network: ChromatinNet
    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0


def fit(
    windows: Windows,
    model_name: str,
    recipe: Recipe,
    pwms: Sequence[NDArray[np.floating[Any]]],
    *,
    seed: int = 0,
    threads: int = 2,
    max_steps: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Fit:
    """Train on the training windows and keep the epoch with the best mean validation AUROC.

    The same seed, thread count and machine give the same bytes.

    Args:
        windows: all parts; the test part is not looked at.
        model_name: "dnase" or "insulators".
        recipe: see `Recipe`.
        pwms: motifs that the first filters start as.
        seed: of the weights, the order of the windows and their shifts.
        threads: of torch.
        max_steps: end after so many steps, for tests.
        tell: is given one line per epoch.
    """
    with deterministic(threads):
        torch.manual_seed(seed)
        train, validation = windows.of("train"), windows.of("validation")
        run = _Run(train, start_network(len(windows.track_names), pwms, recipe), recipe, seed)
        done = Fit(run.network)
        best, state = -np.inf, run.network.state_dict()
        for epoch in range(1, recipe.epochs + 1):
            began = time.perf_counter()
            loss = run.epoch(max_steps)
            if run.steps == max_steps:
                break
            values = validation_auroc(ChromatinModel(run.network, model_name), validation)
            done.history.append(
                {
                    "loss": round(loss, 5),
                    "validation_auroc": [round(value, 4) for value in values],
                    "seconds": round(time.perf_counter() - began, 1),
                }
            )
            tell(f"epoch {epoch:2}  {done.history[-1]}")
            if np.mean(values) > best:
                best, done.best_epoch = float(np.mean(values)), epoch
                state = {key: value.clone() for key, value in run.network.state_dict().items()}
            elif epoch - done.best_epoch >= recipe.patience:
                break
        run.network.load_state_dict(state)
        run.network.eval().requires_grad_(False)
        return done


class _Run:
    """A network on its way: optimiser, learning rate and the order of the windows."""

    def __init__(self, train: Windows, network: ChromatinNet, recipe: Recipe, seed: int) -> None:
        self.train, self.network, self.recipe = train, network, recipe
        self.rng = np.random.default_rng(seed)
        self.weights = positive_weights(train.labels, recipe.most_weight)
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
        )
        self.n_batches = -(-len(train) // recipe.batch)
        self.cycle = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser,
            max_lr=recipe.top_rate,
            total_steps=self.n_batches * recipe.epochs,
            div_factor=recipe.top_rate / recipe.rate,
        )
        self.steps = 0

    def epoch(self, max_steps: int | None) -> float:
        """See every window once, or stop at `max_steps`; gives the mean loss."""
        losses = []
        self.network.train()
        reach = self.recipe.shift_bp
        for rows in np.array_split(self.rng.permutation(len(self.train)), self.n_batches):
            shift = self.rng.integers(-reach, reach + 1, size=len(rows))
            x, y = batch_of(self.train, rows, shift)
            n_shuffled = round(self.recipe.shuffled_share * len(rows))
            if n_shuffled:
                x, y = with_shuffled(x, y, n_shuffled, int(self.rng.integers(2**31)))
            self.optimiser.zero_grad(set_to_none=True)
            loss = F.binary_cross_entropy_with_logits(self.network(x), y, pos_weight=self.weights)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.cycle.step()
            losses.append(loss.item())
            self.steps += 1
            if self.steps == max_steps:
                break
        self.network.eval()
        return float(np.mean(losses))


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Hold torch to deterministic kernels and a number of threads; afterwards all is as before."""
    before = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    random = torch.get_rng_state()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.set_num_threads(before[1])
        torch.set_rng_state(random)


def start_network(
    n_tracks: int, pwms: Sequence[NDArray[np.floating[Any]]], recipe: Recipe
) -> ChromatinNet:
    """Make a network whose first filters are motifs and whose others are random."""
    network = ChromatinNet(n_tracks)
    if pwms:
        filters = init_filters(pwms) * recipe.filter_scale
        with torch.no_grad():
            network.stem.weight[: len(filters)] = filters
            network.stem.get_parameter("bias")[: len(filters)] = recipe.filter_bias
    return network


def positive_weights(labels: NDArray[np.uint8], most: float) -> Tensor:
    """Negatives per positive of each track, (T,), at most `most`; 1 for a track without any."""
    positives = labels.sum(axis=0)
    weights = np.where(positives > 0, (len(labels) - positives) / np.maximum(positives, 1), 1.0)
    return torch.from_numpy(np.minimum(weights, most).astype(np.float32))


def batch_of(
    windows: Windows, rows: NDArray[np.int64], shift: NDArray[np.int64]
) -> tuple[Tensor, Tensor]:
    """One-hot (n, 4, 512) of shifted windows and their labels (n, T)."""
    last = len(windows.bases) - 256
    centers = np.clip(windows.centers[rows] + shift, 256, last)
    codes = window_codes(windows.bases, centers)
    return to_one_hot(codes), torch.from_numpy(windows.labels[rows].astype(np.float32))


def with_shuffled(x: Tensor, y: Tensor, n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Add shuffles of the first `n` labelled windows of a batch, all labels 0.

    Letters keep their dinucleotide counts; an unknown base stays where it is.
    """
    chosen = x[y.any(1)][:n]
    codes = torch.where(chosen.any(1), chosen.argmax(1), 4).numpy().astype(np.uint8)
    shuffled = [shuffled_indices(row, 1, seed + i)[0] for i, row in enumerate(codes)]
    if not shuffled:
        return x, y
    added = to_one_hot(np.stack(shuffled))
    return torch.cat([x, added]), torch.cat([y, torch.zeros(len(added), y.shape[1])])


def validation_auroc(model: ChromatinModel, windows: Windows) -> list[float]:
    """AUROC per track, without shifts; NaN where a track has one kind of window only."""
    scores = logits(model, windows.codes())
    return [
        auroc(scores[:, track], windows.labels[:, track] == 1) for track in range(scores.shape[1])
    ]

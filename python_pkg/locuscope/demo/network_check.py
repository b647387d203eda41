"""Do the embedded chromatin networks do what their cards say? Measured on embedded windows."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import LocuscopeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import encode_indices
from locuscope.models.chromatin import DESIGNS, load_chromatin

from .bundle import manifest
from .fly import CELLS, PROTEINS, insulators, windows
from .motif_sets import motifs
from .places import CHROM, genome
from .train_gates import logits, run_gates
from .train_metrics import auroc
from .train_windows import HALF_BP, distance_to, scatter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from locuscope.models.chromatin import ChromatinModel

LABEL_REACH_BP = 250
METRIC_TOLERANCE = 0.005
LIMIT_MS = 5.0
GATE_TOLERANCE = {"dnase": 1, "insulators": 0}
SPECIES = {"dnase": "human", "insulators": "fly"}


@dataclass(frozen=True)
class Sample:
    """Embedded windows of a test block.

    Attributes:
        codes: (n, 512), 0-3 for ACGT.
        centers: (n,) the base behind the middle of each window.
        labels: (n, T) 0 or 1.
    """

    codes: NDArray[np.uint8]
    centers: NDArray[np.int64]
    labels: NDArray[np.uint8]


def check_networks() -> pd.DataFrame:
    """Measure the embedded chromatin networks on embedded windows and compare with their cards.

    Returns:
        One row per check with `check`, `ok`, `found` and `expected`: AUROC of each track within
        0.005 of the card, the motif gates within one factor, 5 ms or less per window. A
        network that cannot be read makes a row that is not ok; nothing is raised.
    """
    import pandas as pd

    rows: list[tuple[str, bool, str, str]] = []
    for name, design in DESIGNS.items():
        if design.file not in manifest()["files"]:
            continue
        try:
            rows += _network_rows(load_chromatin(name))
        except LocuscopeError as error:
            rows.append((f"network {name}", False, str(error), "readable"))
    return pd.DataFrame(rows, columns=["check", "ok", "found", "expected"])


def sample_of(model: ChromatinModel) -> Sample:
    """Give the embedded windows of the network's test block with their labels."""
    if model.name == "insulators":
        places = windows()
        centers = np.array([where.start + where.width // 2 for where in places], dtype=np.int64)
        return Sample(_codes("fly", places), centers, insulator_labels(centers))

    centers, labels = window_table(model.card["embedded"]["windows"], len(model.track_names))
    places = [Interval(CHROM, int(at) - HALF_BP, int(at) + HALF_BP) for at in centers]
    return Sample(_codes("human", places), centers, labels)


def window_table(
    text: Mapping[str, str], n_tracks: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Read the centres (n,) and labels (n, T) that a card holds as text.

    >>> window_table({"center_steps": "AQAAAAIAAAA=", "labels": "20"}, 2)
    (array([1, 3]), array([[0, 1],
           [0, 0]], dtype=uint8))
    """
    steps = np.frombuffer(base64.b64decode(text["center_steps"]), dtype="<i4")
    bits = np.array([int(digit, 16) for digit in text["labels"]], dtype=np.int64)
    labels = (bits[:, None] >> np.arange(n_tracks)) & 1
    return np.cumsum(steps, dtype=np.int64), labels.astype(np.uint8)


def insulator_labels(centers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(n, 8): 1 where the middle of a peak of that track lies within 250 bases of the centre."""
    columns = []
    for protein in PROTEINS:
        for cell in CELLS:
            middles = np.sort(insulators(protein, cell).centers())
            columns.append(distance_to(centers, middles) <= LABEL_REACH_BP)
    return np.stack(columns, axis=1).astype(np.uint8)


def _network_rows(model: ChromatinModel) -> Iterator[tuple[str, bool, str, str]]:
    card: Mapping[str, Any] = model.card["embedded"]
    sample = sample_of(model)
    # Time of the processor, not of the clock: the limit is that of one core, whoever else is busy.
    began = time.process_time()
    scores = logits(model, sample.codes)
    spent_ms = (time.process_time() - began) * 1e3 / len(scores)
    yield (
        f"network {model.name}: windows",
        len(scores) == card["metrics"]["windows"],
        str(len(scores)),
        str(card["metrics"]["windows"]),
    )
    for track, name in enumerate(model.track_names):
        found = auroc(scores[:, track], sample.labels[:, track] == 1)
        wanted = card["metrics"]["tracks"][name]["auroc"]
        near = abs(found - wanted) <= METRIC_TOLERANCE
        yield f"network {model.name}: AUROC {name}", near, f"{found:.4f}", f"{wanted:.4f}"
    yield from _gate_rows(model, sample, card["gates"])
    fast = spent_ms <= LIMIT_MS
    yield f"network {model.name}: ms per window", fast, f"{spent_ms:.2f}", f"{LIMIT_MS} or less"


def _gate_rows(
    model: ChromatinModel, sample: Sample, card: Mapping[str, Any]
) -> Iterator[tuple[str, bool, str, str]]:
    unbound = np.flatnonzero(~sample.labels.any(axis=1))
    order = unbound[np.argsort(scatter(sample.centers[unbound], 2), kind="stable")]
    letters = {motif.name: motif.consensus for motif in motifs(SPECIES[model.name])}
    gates = run_gates(model, sample.codes[order], letters)
    found = [gate.factor for gate in gates if gate.passed]
    wanted = [factor for factor, row in card["factors"].items() if row["passed"]]
    off = abs(len(found) - len(wanted))
    yield (
        f"network {model.name}: motif gates",
        off <= GATE_TOLERANCE[model.name],
        f"{len(found)} of {len(gates)} ({', '.join(found)})",
        f"{len(wanted)} of {len(card['factors'])} ({', '.join(wanted)})",
    )


def _codes(name: str, places: Sequence[Interval]) -> NDArray[np.uint8]:
    source = genome(name)
    return np.stack([encode_indices(source.fetch(where)) for where in places])

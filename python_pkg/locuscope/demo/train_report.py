"""Measure a network on the test block: metrics with intervals and baselines, gates, as text too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .train_baselines import measure_baselines
from .train_gates import logits, run_gates, verdict
from .train_metrics import (
    auroc,
    average_precision,
    block_interval,
    weighted_auroc,
    weighted_precision,
)
from .train_windows import scatter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from locuscope.models.chromatin import ChromatinModel
    from locuscope.motifs.motif_set import MotifSet

    from .train_baselines import Baselines
    from .train_gates import Gate
    from .train_windows import Windows

DIGITS = 4
MATCHING_MOST = 0.56
OVER_BASELINE = 0.05
SUHW_LEAST = 0.85
SUHW_UNDER_MOTIF = 0.02


def measure_tracks(
    scores: NDArray[np.float64],
    labels: NDArray[np.uint8],
    centers: NDArray[np.int64],
    names: tuple[str, ...],
) -> dict[str, dict[str, Any]]:
    """Metrics of each track with 95 % intervals over blocks of 100 kb.

    Args:
        scores: (n, T) logits.
        labels: (n, T) 0 or 1.
        centers: (n,) places of the windows.
        names: of the tracks.
    """
    found = {}
    for track, name in enumerate(names):
        score, truth = scores[:, track], labels[:, track] == 1
        found[name] = {
            "positives": int(truth.sum()),
            "auroc": _round(auroc(score, truth)),
            "auroc_interval": _both(block_interval(weighted_auroc, score, truth, centers)),
            "auprc": _round(average_precision(score, truth)),
            "auprc_interval": _both(block_interval(weighted_precision, score, truth, centers)),
        }
    return found


def measure(model: ChromatinModel, windows: Windows, motifs: MotifSet, part: str) -> dict[str, Any]:
    """Metrics and baselines of one block.

    Args:
        model: the network.
        windows: all blocks; the baselines are fitted on the others.
        motifs: of the species.
        part: "test" or "validation".
    """
    given = windows.of(part)
    baselines = measure_baselines(windows, motifs.ppms, part)
    tracks = measure_tracks(
        logits(model, given.codes()), given.labels, given.centers, windows.track_names
    )
    for name, row in tracks.items():
        row["baselines"] = {key: _round(value) for key, value in baselines.by_track[name].items()}
        row["best_motif"] = baselines.motif[name]
        row["best_baseline"] = _round(baselines.best(name))
        row["floor_met"] = floor_met(model.name, name, row["auroc"], baselines)
    return {
        "windows": len(given),
        "positives": int(given.positive.sum()),
        "matching": {key: _round(value) for key, value in baselines.matching.items()},
        "matching_met": max(baselines.matching.values()) <= MATCHING_MOST,
        "tracks": tracks,
    }


def floor_met(model_name: str, track: str, value: float, baselines: Baselines) -> bool:
    """Whether a track is good enough to be shipped as such.

    The DNase tracks must beat their best baseline by 0.05, the insulator tracks the composition
    baselines; su(Hw) must also reach 0.85 and come within 0.02 of its motif.
    """
    if model_name == "dnase":
        return value >= baselines.best(track) + OVER_BASELINE
    fine = value >= baselines.best_composition(track) + OVER_BASELINE
    if track.startswith("suHw"):
        motif = baselines.by_track[track]["pwm_max"]
        fine = fine and value >= max(SUHW_LEAST, motif - SUHW_UNDER_MOTIF)
    return fine


def measure_gates(model: ChromatinModel, windows: Windows, motifs: MotifSet) -> list[Gate]:
    """Run the motif gates on unbound windows, in a fixed order of place."""
    unbound = windows.take(np.flatnonzero(~windows.labels.any(axis=1)))
    order = np.argsort(scatter(unbound.centers, 2), kind="stable")
    return run_gates(model, unbound.take(order).codes(), consensus_of(motifs))


def consensus_of(motifs: MotifSet) -> dict[str, str]:
    """Consensus letters by factor."""
    return {motif.name: motif.consensus for motif in motifs}


def gate_rows(model_name: str, gates: list[Gate]) -> dict[str, Any]:
    """Gates as values for the model card."""
    return {
        "verdict": verdict(model_name, gates),
        "factors": {gate.factor: gate.row() for gate in gates},
    }


def report_lines(metrics: Mapping[str, Any], gates: Mapping[str, Any]) -> list[str]:
    """Lay out metrics and gates for people."""
    lines = [f"{metrics['windows']:,} windows, {metrics['positives']:,} of them at sites"]
    if "matching" in metrics:
        said = ", ".join(f"{key} {value:.3f}" for key, value in metrics["matching"].items())
        lines.append(f"sites against background by composition alone (<= {MATCHING_MOST}): {said}")
    head = f"{'track':12} {'n+':>6}  AUROC [95 % interval]     AUPRC [95 % interval]"
    has_baselines = any("baselines" in row for row in metrics["tracks"].values())
    lines.append(f"{head}     GC  GC+CpG  PWM-max  floor" if has_baselines else head)
    for name, row in metrics["tracks"].items():
        (low, high), (below, above) = row["auroc_interval"], row["auprc_interval"]
        line = (
            f"{name:12} {row['positives']:6,}  {row['auroc']:.3f} [{low:.3f}, {high:.3f}]  "
            f"    {row['auprc']:.3f} [{below:.3f}, {above:.3f}]"
        )
        if "baselines" in row:
            base = row["baselines"]
            line += (
                f"  {base['gc']:.3f}  {base['gc_cpg']:.3f}  {base['pwm_max']:.3f} "
                f"({row['best_motif']})  {'met' if row['floor_met'] else 'NOT MET'}"
            )
        lines.append(line)
    lines.append(f"motif gates {gates['verdict']}")
    for factor, row in gates["factors"].items():
        others = ", ".join(f"{name} {value:+.2f}" for name, value in row["others"].items())
        lines.append(
            f"  {factor:12} {row['track']:9} {row['effect']:+.3f}, best shuffle "
            f"{row['best_shuffle']:+.3f} ({row['shuffles']})"
            f"{', others ' + others if others else ''}  {'passed' if row['passed'] else 'FAILED'}"
        )
    return lines


def _round(value: float) -> float:
    return round(float(value), DIGITS)


def _both(pair: tuple[float, float]) -> list[float]:
    return [_round(value) for value in pair]

"""The model card of a chromatin network and the file that carries it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope._version import __version__
from locuscope.models.chromatin import DESIGNS
from locuscope.models.weights import save_safetensors

from . import train_dnase, train_insulators
from .build_notice import sources_of
from .build_sources import PACKAGES
from .train_gates import INSULATOR_FACTORS, logits
from .train_recovery import measure_recovery
from .train_report import gate_rows, measure, measure_gates, measure_tracks
from .train_windows import HALF_BP, PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from locuscope.models.chromatin import ChromatinModel
    from locuscope.motifs.motif_set import MotifSet

    from .train_loop import Fit
    from .train_recipes import Plan
    from .train_windows import Windows

PREPARED = {"dnase": train_dnase, "insulators": train_insulators}
INTENDED_USE = "teaching and exploration of motif grammar; not for diagnosis"
RECOVERED = "su(Hw)"
FAILURES = {
    "dnase": [
        "does not model distal enhancers: it sees 512 bases",
        "saw one chromosome, measured on one test block of it",
        "knows sites pooled over cell types, not a cell type, except fetal brain",
        "CpG-rich sites without a matched background were left out",
    ],
    "insulators": [
        "saw one chromosome arm of one species, measured on one test block of it",
        "two cell lines; the tracks of one protein differ little between them",
        "CP190 has no motif of its own: its tracks follow the other proteins",
    ],
}


def measure_all(
    model: ChromatinModel, windows: Windows, motifs: MotifSet
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metrics and gates of the test block, as they stand in the card and are printed."""
    metrics = measure(model, windows, motifs, "test")
    gates = gate_rows(model.name, measure_gates(model, windows.of("test"), motifs))
    return metrics, gates


def measure_embedded(model: ChromatinModel, windows: Windows, motifs: MotifSet) -> dict[str, Any]:
    """Metrics and gates of the part of the test block that is in the package, and which it is."""
    chosen = windows.take(embedded_rows(model.name, windows))
    tracks = measure_tracks(
        logits(model, chosen.codes()), chosen.labels, chosen.centers, chosen.track_names
    )
    return {
        "metrics": {
            "windows": len(chosen),
            "positives": int(chosen.positive.sum()),
            "tracks": tracks,
        },
        "gates": gate_rows(model.name, measure_gates(model, chosen, motifs)),
        **({"windows": window_text(chosen)} if model.name == "dnase" else {}),
    }


def recovery(model: ChromatinModel, windows: Windows, motifs: MotifSet) -> dict[str, Any] | None:
    """Where the contributions of su(Hw) stand on the test block; null for the other network."""
    if model.name != "insulators":
        return None
    pwm = motifs.ppms[RECOVERED]
    return measure_recovery(model, windows.of("test"), pwm, INSULATOR_FACTORS[RECOVERED]).row()


def embedded_rows(model_name: str, windows: Windows) -> Any:
    """Rows of the test windows whose sequence is in the package."""
    if model_name == "insulators":
        return train_insulators.embedded_rows(windows)
    start, end = train_dnase.EMBEDDED
    inside = (windows.centers - HALF_BP >= start) & (windows.centers + HALF_BP <= end)
    return np.flatnonzero(inside & (windows.part == PARTS.index("test")))


def window_text(windows: Windows) -> dict[str, str]:
    """Places and labels as short text: base64 of int32 steps from centre to centre, and bits.

    The bits of a window are its labels, track 0 lowest; background windows have none.
    """
    steps = np.diff(windows.centers, prepend=0).astype("<i4")
    bits = (windows.labels.astype(np.int64) << np.arange(windows.labels.shape[1])).sum(axis=1)
    return {
        "center_steps": base64.b64encode(steps.tobytes()).decode("ascii"),
        "labels": "".join(f"{value:x}" for value in bits),
    }


def make_card(
    model: ChromatinModel,
    windows: Windows,
    motifs: MotifSet,
    plan: Plan,
    done: Fit,
    *,
    seed: int,
    threads: int,
    wall_s: float,
    cpu_s: float,
) -> dict[str, Any]:
    """Measure the network and write down all that is known of it.

    Of two runs with one seed, only `wall_seconds` and `cpu_seconds` may differ.
    """
    source = PREPARED[model.name]
    origin = sources_of(DESIGNS[model.name].file)[0]
    metrics, gates = measure_all(model, windows, motifs)
    recipe = plan.recipe.row()
    content = json.dumps([recipe, plan.n_motifs, plan.species], sort_keys=True)
    return {
        "name": model.name,
        "version": __version__,
        "licence": origin.licence,
        "citation": list(origin.citations),
        "training_data": [
            {"file": PACKAGES[name].file, "sha256": PACKAGES[name].sha256}
            for name in (*source.PACKAGES, "pyjaspar")
        ],
        "assembly": source.ASSEMBLY,
        "split": [f"{source.CHROM}:{a + 1:,}-{b:,} {part}" for a, b, part in source.BLOCKS],
        "windows": {
            part: {
                "total": len(windows.of(part)),
                "at_sites": int(windows.of(part).positive.sum()),
                "sites_without_match": windows.left_out[i],
            }
            for i, part in enumerate(PARTS)
        },
        "recipe": recipe,
        "recipe_sha256": hashlib.sha256(content.encode()).hexdigest(),
        "seed": seed,
        "best_epoch": done.best_epoch,
        "history": [
            {key: value for key, value in row.items() if key != "seconds"} for row in done.history
        ],
        "tried": [tried.row() for tried in plan.tried],
        "metrics": metrics,
        "gates": gates,
        "motif_gate": gates["verdict"],
        "hit_recovery": None,
        "contribution_recovery": recovery(model, windows, motifs),
        "embedded": measure_embedded(model, windows, motifs),
        "wall_seconds": round(wall_s),
        "cpu_seconds": round(cpu_s),
        "threads": threads,
        "known_failures": FAILURES[model.name],
        "intended_use": INTENDED_USE,
    }


def write_network(model: ChromatinModel, card: Mapping[str, Any], out: Path) -> Path:
    """Write weights, kernels in half precision, and card; whole or not at all."""
    metadata = {"card": json.dumps(card)}
    return save_safetensors(model.network, out, metadata=metadata, half="kernels")


def as_shipped(model: ChromatinModel) -> ChromatinModel:
    """Round the kernels to half precision in place, so that what is measured is what is written."""
    state = model.network.state_dict()
    model.network.load_state_dict(
        {name: t.half().float() if t.ndim > 1 else t for name, t in state.items()}
    )
    return model

"""Build the embedded splice network: member 0 of the ensemble, kernels in half precision."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from .build_notice import sources_of
from .build_sources import PACKAGES, Cache

FILE = "cispliceai_member0.safetensors"


def model_card() -> dict[str, object]:
    """Describe the network; a field without a measured value is null, never invented."""
    package = PACKAGES["cispliceai"]
    source = sources_of(FILE)[0]
    return {
        "name": "cispliceai",
        "version": package.version,
        "licence": source.licence,
        "citation": list(source.citations),
        "changed": source.changed,
        "source": {"file": package.file, "sha256": package.sha256, "inside": source.origin[0][1]},
        "assembly": None,
        "training_data": "splice junctions of collapsed isoforms; see the publication",
        "metrics": None,
        "intended_use": "teaching and exploration; not for diagnosis",
        "known_failures": [
            "knows no tissue: one probability per base and strand",
            "sees 5,000 bases on each side and nothing further",
        ],
    }


def build_weights(cache: Cache) -> dict[str, bytes]:
    """Make `cispliceai_member0.safetensors` from the published frozen graph."""
    from locuscope.models.spliceai import from_graphdef
    from locuscope.models.weights import save_safetensors

    graph = cache.read("cispliceai", "cispliceai/data/CI-SpliceAI.pb")
    with tempfile.TemporaryDirectory() as folder:
        place, target = Path(folder) / "CI-SpliceAI.pb", Path(folder) / FILE
        place.write_bytes(graph)
        network = from_graphdef(place, members=(0,))
        save_safetensors(
            network,
            target,
            metadata={"card": json.dumps(model_card(), sort_keys=True)},
            half="kernels",
        )
        return {FILE: target.read_bytes()}

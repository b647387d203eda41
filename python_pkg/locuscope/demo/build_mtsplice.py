"""Build the embedded tissue network: member 0 of deep MTSplice, kernels in half precision."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from .build_notice import sources_of
from .build_sources import PACKAGES, Cache

FILE = "mtsplice_deep0.safetensors"
INSIDE = "mmsplice/models/mtsplice_deep0.h5"


def model_card() -> dict[str, object]:
    """Describe the network; a field without a measured value is null, never invented."""
    package = PACKAGES["mmsplice"]
    source = sources_of(FILE)[0]
    return {
        "name": "mtsplice",
        "version": package.version,
        "licence": source.licence.partition(" (")[0],
        "citation": list(source.citations),
        "changed": source.changed,
        "source": {"file": package.file, "sha256": package.sha256, "inside": INSIDE},
        "assembly": None,
        "training_data": "exon inclusion of GTEx and eye tissues; see the publication",
        "metrics": None,
        "intended_use": "teaching and exploration; not for diagnosis",
        "known_failures": [
            "knows no creation of splice sites: it reads the exon as it is annotated",
            "gives differences between tissues, not the inclusion itself",
            "saw internal exons; first and last exons have no intron on one side",
        ],
    }


def build_mtsplice(cache: Cache) -> dict[str, bytes]:
    """Make `mtsplice_deep0.safetensors` from the published Keras file."""
    from locuscope.models.mtsplice_weights import from_keras_h5
    from locuscope.models.weights import save_safetensors

    content = cache.read("mmsplice", INSIDE)
    with tempfile.TemporaryDirectory() as folder:
        place, target = Path(folder) / "mtsplice_deep0.h5", Path(folder) / FILE
        place.write_bytes(content)
        save_safetensors(
            from_keras_h5([place]),
            target,
            metadata={"card": json.dumps(model_card(), sort_keys=True)},
            half="kernels",
        )
        return {FILE: target.read_bytes()}

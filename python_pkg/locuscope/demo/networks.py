"""The embedded networks and the built-in track catalogues, under the names that the demo uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bundle import manifest, unknown

if TYPE_CHECKING:
    from locuscope.models.protocol import SequenceModel
    from locuscope.tracks.metadata import TrackMetadataCatalog

WEIGHTS = {
    "cispliceai": "cispliceai_member0.safetensors",
    "mtsplice": "mtsplice_deep0.safetensors",
    "dnase": "chromatin_dnase.safetensors",
    "insulators": "chromatin_insulator.safetensors",
}
CATALOGS = ("human", "borzoi")


def model(name: str = "cispliceai") -> SequenceModel:
    """Give an embedded network; the same as `locuscope.load_model(name)`. Imports torch.

    Raises:
        UnknownNameError: no weights of that name are embedded.
    """
    embedded = [known for known, file in WEIGHTS.items() if file in manifest()["files"]]
    if name not in embedded:
        raise unknown("embedded network", name, embedded)
    from locuscope.models.zoo import load_model

    return load_model(name)


def catalog(name: str = "human") -> TrackMetadataCatalog:
    """Give a built-in catalogue; the same as `TrackMetadataCatalog.load_builtin(name)`.

    Its rows describe published tracks. They are no predictions of the embedded networks.

    Raises:
        UnknownNameError: a name other than `"human"` and `"borzoi"`.
    """
    if name not in CATALOGS:
        raise unknown("embedded catalogue", name, CATALOGS)
    from locuscope.tracks.metadata import TrackMetadataCatalog

    return TrackMetadataCatalog.load_builtin(name)

"""Networks: the protocol that verbs speak, models by name, and the door for your own `nn.Module`.

Names resolve lazily, so importing this room does not load torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.models.adapter import wrap
    from locuscope.models.planted import PlantedMotifNet
    from locuscope.models.protocol import HeadSpec, InputSpec, SequenceModel
    from locuscope.models.zoo import load_model

__all__ = ["HeadSpec", "InputSpec", "PlantedMotifNet", "SequenceModel", "load_model", "wrap"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "HeadSpec": ".protocol",
        "InputSpec": ".protocol",
        "PlantedMotifNet": ".planted",
        "SequenceModel": ".protocol",
        "load_model": ".zoo",
        "wrap": ".adapter",
    },
)

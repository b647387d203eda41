"""Why a model says so: gradients, hidden layers and contributions of every base.

The verbs `activations` and `contributions` are reached as `locuscope.activations` and
`locuscope.contributions` or from their files: here these attributes are modules, because the files
have the verbs' names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.attribution.activations import predict_activation_on_batch
    from locuscope.attribution.contribution_values import Contributions
    from locuscope.attribution.gauge import input_gate
    from locuscope.attribution.gradients import grad_input, input_grad, input_gradient
    from locuscope.attribution.layers import list_layers
    from locuscope.attribution.target_views import unaugment_gradient

__all__ = [
    "Contributions",
    "grad_input",
    "input_gate",
    "input_grad",
    "input_gradient",
    "list_layers",
    "predict_activation_on_batch",
    "unaugment_gradient",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Contributions": ".contribution_values",
        "grad_input": ".gradients",
        "input_gate": ".gauge",
        "input_grad": ".gradients",
        "input_gradient": ".gradients",
        "list_layers": ".layers",
        "predict_activation_on_batch": ".activations",
        "unaugment_gradient": ".target_views",
    },
)

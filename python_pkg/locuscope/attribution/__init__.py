"""Why a model says so: gradients, hidden layers and contributions of every base.

The verbs `activations` and `contributions` are reached as `locuscope.activations` and
`locuscope.contributions` or from their files, like `ism`, `ism_matrix`, `epistasis` and
`layer_gradients`: here these attributes are modules, because the files have the verbs' names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach

if TYPE_CHECKING:
    from locuscope.attribution.activations import predict_activation_on_batch
    from locuscope.attribution.contribution_values import Contributions
    from locuscope.attribution.epistasis import Epistasis
    from locuscope.attribution.gauge import input_gate
    from locuscope.attribution.gradients import grad_input, input_grad, input_gradient
    from locuscope.attribution.layers import list_layers
    from locuscope.attribution.occlusion import occlude
    from locuscope.attribution.seqnn import SeqNNModel
    from locuscope.attribution.seqnn_accuracy import Accuracy
    from locuscope.attribution.target_views import unaugment_gradient

__all__ = [
    "Accuracy",
    "Contributions",
    "Epistasis",
    "SeqNNModel",
    "grad_input",
    "input_gate",
    "input_grad",
    "input_gradient",
    "list_layers",
    "occlude",
    "predict_activation_on_batch",
    "unaugment_gradient",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Accuracy": ".seqnn_accuracy",
        "Contributions": ".contribution_values",
        "Epistasis": ".epistasis",
        "SeqNNModel": ".seqnn",
        "grad_input": ".gradients",
        "input_gate": ".gauge",
        "input_grad": ".gradients",
        "input_gradient": ".gradients",
        "list_layers": ".layers",
        "occlude": ".occlusion",
        "predict_activation_on_batch": ".activations",
        "unaugment_gradient": ".target_views",
    },
)

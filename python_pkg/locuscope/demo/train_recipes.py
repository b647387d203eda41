"""The recipe of each shipped network, and every other one that was tried on the validation block.

The test block was not looked at to choose between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .train_loop import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Tried:
    """A recipe that was tried and what it gave on the validation block.

    Attributes:
        recipe: its settings.
        seed: of the run.
        validation_auroc: per track, best epoch.
        gates: how many factors passed on unbound windows of the validation block.
        shipped: whether the embedded weights were trained so.
    """

    recipe: Recipe
    seed: int
    validation_auroc: tuple[float, ...]
    gates: str
    shipped: bool = False

    def row(self) -> dict[str, Any]:
        """Values for the model card."""
        return {
            "recipe": self.recipe.row(),
            "seed": self.seed,
            "validation_auroc": list(self.validation_auroc),
            "validation_gates": self.gates,
            "shipped": self.shipped,
        }


@dataclass(frozen=True)
class Plan:
    """How a network is trained and what is known of the alternatives."""

    species: str
    n_motifs: int
    recipe: Recipe
    tried: tuple[Tried, ...] = field(default=())


DNASE = Recipe(rate=1e-3, top_rate=2e-3, epochs=4, filter_bias=-1.5)
INSULATORS = Recipe(epochs=6, filter_bias=-1.5)

PLANS: Mapping[str, Plan] = {
    "insulators": Plan(
        "fly",
        8,
        INSULATORS,
        (
            Tried(
                Recipe(),
                0,
                (0.947, 0.930, 0.849, 0.853, 0.826, 0.828, 0.811, 0.807),
                "passed: 3 of 3 factors",
            ),
            Tried(
                Recipe(filter_bias=-1.0),
                0,
                (0.948, 0.938, 0.880, 0.863, 0.841, 0.852, 0.855, 0.860),
                "not run: stopped after epoch 8, best epoch 5",
            ),
            Tried(
                Recipe(epochs=6, filter_bias=-1.0),
                0,
                (0.936, 0.922, 0.874, 0.862, 0.853, 0.867, 0.870, 0.863),
                "not run",
            ),
            Tried(
                INSULATORS,
                0,
                (0.944, 0.928, 0.882, 0.871, 0.863, 0.868, 0.880, 0.872),
                "passed: 3 of 3 factors",
                shipped=True,
            ),
        ),
    ),
    "dnase": Plan(
        "human",
        40,
        DNASE,
        (
            Tried(Recipe(epochs=6), 0, (0.728, 0.781, 0.822), "not run: stopped after epoch 1"),
            Tried(
                Recipe(epochs=6, filter_bias=-1.0),
                0,
                (0.786, 0.873, 0.867),
                "failed: 5 of 10 factors",
            ),
            Tried(
                Recipe(epochs=6, filter_bias=-1.5),
                0,
                (0.785, 0.868, 0.870),
                "not run: stopped after epoch 2",
            ),
            Tried(
                Recipe(epochs=3, filter_bias=-1.5),
                0,
                (0.792, 0.878, 0.878),
                "failed: 5 of 10 factors",
            ),
            Tried(
                Recipe(epochs=3, filter_bias=-2.0),
                0,
                (0.770, 0.841, 0.851),
                "not run: stopped after epoch 2",
            ),
            Tried(
                Recipe(epochs=3, filter_bias=-1.5, shuffled_share=0.25),
                0,
                (0.760, 0.858, 0.864),
                "failed: 6 of 10 factors",
            ),
            Tried(DNASE, 0, (0.801, 0.888, 0.867), "passed: 8 of 10 factors", shipped=True),
        ),
    ),
}

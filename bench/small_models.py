"""Milliseconds per window of each small network, in batches on one core.

Every embedded network with a fixed window takes part; a network that is built by hand is added to
`made_by_hand`. Exits 1 when one takes more than 5 ms per window, or when MTSplice's fast pass is
not faster than the plain layout.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope.models import zoo
from tests.oracles.mtsplice_oracle import plain_spline, plain_tissues

if TYPE_CHECKING:
    from collections.abc import Callable

    from locuscope.models.protocol import SequenceModel

BATCH = 16
PAIRS = 7
CEILING_MS = 5.0
RATIO_FLOOR = 1.2


def made_by_hand() -> dict[str, SequenceModel]:
    """Networks without a name in the zoo."""
    return {}


def networks() -> dict[str, SequenceModel]:
    """Networks with a fixed window, whose weights are there."""
    named = [name for name in zoo.known_models() if zoo.EMBEDDED[name] is not None]
    models = {name: zoo.load_model(name) for name in named} | made_by_hand()
    return {name: model for name, model in models.items() if model.window_bp is not None}


def random_windows(count: int, length: int) -> torch.Tensor:
    letters = torch.randint(0, 4, (count, length), generator=torch.Generator().manual_seed(length))
    return torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float()


def seconds(call: Callable[[], object]) -> float:
    """Time of the one core that a call uses, whatever else the machine does meanwhile."""
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> int:
    torch.set_num_threads(1)
    failed = []
    with torch.inference_mode():
        models = networks()
        runs: dict[str, list[float]] = {name: [] for name in models}
        inputs = {name: random_windows(BATCH, model.window_bp) for name, model in models.items()}
        for name, model in models.items():
            model.run(inputs[name])
        for _ in range(PAIRS):  # interleaved: a busy moment hits every network
            for name, model in models.items():
                runs[name].append(seconds(lambda m=model, n=name: m.run(inputs[n])))
        for name, measured in runs.items():
            each = 1_000 * statistics.median(measured) / BATCH
            print(f"{name}: {each:.2f} ms per window of {models[name].window_bp} bp")
            if each > CEILING_MS:
                failed.append(name)
        net = models["mtsplice"].network
        state, basis = dict(net.members[0].state_dict()), torch.tensor(plain_spline(400))
        x = inputs["mtsplice"]
        plain = torch.stack([plain_tissues(state, row, basis) for row in x])
        gap = float((net(x) - plain).abs().max())
        ratios = []
        for _ in range(PAIRS):
            slow = seconds(lambda: [plain_tissues(state, row, basis) for row in x])
            ratios.append(slow / seconds(lambda: net(x)))
        ratio = statistics.median(ratios)
        print(f"mtsplice: {ratio:.2f}x the plain layout, largest difference {gap:.1e}")
        if ratio < RATIO_FLOOR or gap > 1e-5:
            failed.append("mtsplice against the plain layout")
    print(
        f"one thread, batches of {BATCH}, medians of {PAIRS} interleaved runs; ceiling "
        f"{CEILING_MS} ms, floor {RATIO_FLOOR}x"
    )
    if failed:
        print(f"beyond the bound: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

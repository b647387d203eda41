"""Write `tests/attribution/data/deeplift_peers.npz`: tangermeme's numbers on small networks.

Run in `.venv-peers`. The weights are stored as well, so that no other version of torch, with other
random numbers, changes what the numbers belong to.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from tangermeme.deep_lift_shap import deep_lift_shap
from tangermeme.ersatz import dinucleotide_shuffle

from bench.peers.module_networks import BUILT, WIDTH

TARGET = Path(__file__).resolve().parents[2] / "tests/attribution/data/deeplift_peers.npz"
N_EXAMPLES, N_REFERENCES = 3, 4


def main() -> int:
    """Write the file."""
    torch.manual_seed(0)
    letters = torch.randint(0, 4, (N_EXAMPLES, WIDTH))
    x = torch.nn.functional.one_hot(letters, 4).movedim(-1, 1).float()
    references = dinucleotide_shuffle(x, n=N_REFERENCES, random_state=0).float()
    found = {
        "peer": np.array(f"tangermeme {version('tangermeme')}"),
        "x": x.numpy().astype(np.uint8),
        "references": references.numpy().astype(np.uint8),
    }
    for name, make in BUILT.items():
        net = make().eval()
        for part, tensor in net.state_dict().items():
            found[f"{name}/weights/{part}"] = tensor.numpy()
        for output in (0, 1):
            values = deep_lift_shap(
                net,
                x,
                target=output,
                references=references,
                hypothetical=True,
                device="cpu",
            )
            found[f"{name}/{output}"] = values.detach().numpy()
    np.savez_compressed(TARGET, **found)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`score_variants` against the loop a person would write: each allele alone, the plain network.

Both score the same embedded alleles with `SAX` on both strands, windows of 10,401 bases. Prints the
medians of paired runs and their ratio, exits 1 below the floor of 2.0x or when the scores differ.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope import demo
from locuscope.effects.variants import score_variants
from locuscope.genome.placement import Placement
from locuscope.models.zoo import load_model
from tests.oracles.score_oracle import score as score_alone
from tests.oracles.splice_oracle import plain_probabilities

if TYPE_CHECKING:
    from locuscope.genome.variant import Variant

THREADS = 2
PAIRS = 3
ALLELES = 12
WIDTH_BP = 10_401
CROP_BP = 5_000
FLOOR = 2.0


def main() -> int:
    torch.set_num_threads(THREADS)
    model, genome = load_model("cispliceai"), demo.genome()
    table = demo.variants(near_sites_bp=3)
    alleles = [table[row] for row in range(ALLELES)]
    states = [dict(member.state_dict()) for member in model.network.members]
    offset = genome.available("20")[0].start
    text = genome.fetch(genome.available("20")[0])

    def plain() -> np.ndarray:
        return np.stack([loop(allele.normalize(genome)) for allele in alleles])

    def loop(allele: Variant) -> np.ndarray:
        def predict(letters: str) -> np.ndarray:
            x = torch.from_numpy(one_hot(letters))[None]
            sides = [plain_probabilities(states, side)[0, 1:].T for side in (x, x.flip(-1, -2))]
            both = torch.cat([sides[0], sides[1].flip(0)], 1).double().numpy()
            return np.pad(both, ((CROP_BP, CROP_BP), (0, 0)))

        start = allele.pos - 1 - offset - WIDTH_BP
        window = text[start : start + 3 * WIDTH_BP]
        return score_alone(predict, window, WIDTH_BP + 1, allele.ref, allele.alt, WIDTH_BP)["SAX"]

    def fast() -> np.ndarray:
        return score_variants(
            model,
            alleles,
            genome,
            scores="SAX",
            placement=Placement(width_bp=WIDTH_BP),
            device="cpu",
        ).scores["SAX"]

    with torch.inference_mode():
        gap = float(np.abs(fast() - plain()).max())
        seconds = []
        for _ in range(PAIRS):
            a = time.perf_counter()
            plain()
            b = time.perf_counter()
            fast()
            seconds.append((b - a, time.perf_counter() - b))
    ratio = statistics.median(slow / quick for slow, quick in seconds)
    slow, quick = (statistics.median(pair[k] for pair in seconds) for k in (0, 1))
    print(
        f"{ALLELES} alleles, both strands: loop {slow:.2f} s, score_variants {quick:.2f} s "
        f"({quick / ALLELES:.3f} s per allele), {ratio:.2f}x, largest difference {gap:.1e}; "
        f"{THREADS} threads, medians of {PAIRS} pairs, floor {FLOOR}x"
    )
    return 0 if ratio >= FLOOR and gap < 1e-5 else 1


def one_hot(letters: str) -> np.ndarray:
    codes = np.frombuffer(letters.encode(), np.uint8)
    return np.stack([codes == ord(base) for base in "ACGT"]).astype(np.float32)


if __name__ == "__main__":
    sys.exit(main())

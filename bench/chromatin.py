"""Milliseconds per window of the chromatin networks, on one core.

Batches of 64 windows of 512 bases; the peer is the plain layout of `tests/oracles/`, one window at
a time, run in turns in this process. Exit 1 above 5 ms per window or below twice the speed of the
peer.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from locuscope.models.chromatin_net import ChromatinNet
from tests.oracles.chromatin_oracle import plain_logits

BATCH, PAIRS, PLAIN = 64, 15, 8
LIMIT_MS = 5.0
FLOOR = 2.0


def main() -> int:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    letters = torch.randint(0, 4, (BATCH, 512))
    x = torch.nn.functional.one_hot(letters, 4).transpose(1, 2).float().contiguous()
    failed = []
    with torch.inference_mode():
        for tracks in (3, 8):
            net = ChromatinNet(tracks).eval()
            net(x)
            fast_ms, ratios = [], []
            for _ in range(PAIRS):
                start = time.perf_counter()
                net(x)
                middle = time.perf_counter()
                for window in x[:PLAIN]:
                    plain_logits(net.state_dict(), window)
                end = time.perf_counter()
                fast_ms.append((middle - start) * 1e3 / BATCH)
                ratios.append((end - middle) / PLAIN / ((middle - start) / BATCH))
            milliseconds, ratio = statistics.median(fast_ms), statistics.median(ratios)
            print(
                f"{tracks} tracks: {milliseconds:.2f} ms per window, {ratio:.1f}x the plain layout"
            )
            if milliseconds > LIMIT_MS or ratio < FLOOR:
                failed.append(f"{tracks} tracks")
    print(f"one thread, medians of {PAIRS} pairs; limit {LIMIT_MS} ms, floor {FLOOR}x")
    if failed:
        print(f"missed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`contributions` against hand-written loops and peers; what a call holds.

One thread, CPU time, best of interleaved rounds in one process. A plain loop of autograd on the
same batches is what gradient x input is measured with; eight calls of one track what
`target="each"` is; tangermeme 1.6.0 (MIT) and captum 0.9.0 (BSD-3), in a process of their own and
the same rounds, what deeplift is, with the same references; whole passes of every mutant what
in-silico mutagenesis is. Prints every ratio and how far the peers' values are from ours; exits 1
below a floor. Without `.venv-peers` it says so and the rows of the peers are left out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.networks import dense, dilated
from bench.peers.client import open_peer
from bench.peers.module_networks import CountsOfDilated
from locuscope.attribution.contributions import contributions
from locuscope.genome.sequence import one_hot
from locuscope.genome.shuffle import dinucleotide_shuffle
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.peers.client import Peer
    from locuscope.models.protocol import SequenceModel

ROUNDS = 5
N_EXAMPLES = 16
MANY_EXAMPLES = 64
N_REFERENCES = 20
MANY_REFERENCES = (80, 320)
N_TRACKS = 8
MAX_OVERHEAD = 0.05
EACH_FLOOR = 1.4
PEER_FLOOR = 1.0
ISM_FLOOR = 9.0
MEMORY_CEILING = 1.25
AGREEMENT = 1e-4
# Of a cell of a max pool that has one value in example and reference the peers take the plain
# derivative, which says something about bases that are not there; ours is 0. Sums are the same.
SAME = ("counts",)


def texts(length: int, n: int) -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(n)]


def fastest(jobs: dict[str, Callable[[], object]]) -> tuple[dict[str, float], dict[str, object]]:
    """Least CPU seconds of each job over interleaved rounds, and what each gave."""
    best, found = dict.fromkeys(jobs, float("inf")), {}
    for _ in range(ROUNDS):
        for name, job in jobs.items():
            start = time.process_time()
            found[name] = job()
            best[name] = min(best[name], time.process_time() - start)
    return best, found


def run(batch: int | str = "auto") -> Run:
    return Run(device="cpu", batch_size=batch)


def gradient() -> bool:
    """Gradient x input and the loop that one would write, judged at the batch that suits it."""
    is_fine = True
    for model, head in ((dilated(), "counts"), (dense(), "dnase")):
        some = texts(model.window_bp, MANY_EXAMPLES)
        x = torch.from_numpy(np.stack([one_hot(text) for text in some])).float()
        overs = {}
        for batch in (4, 16):

            def loop(model=model, x=x, batch=batch, head=head):
                rows = []
                for part in x.split(batch):
                    leaf = part.clone().requires_grad_()
                    value = model.run(leaf, heads=[head])[head][0][:, 0, 0].sum()
                    rows += torch.autograd.grad(value, leaf)
                gradients = torch.cat(rows)
                return (gradients - gradients.mean(1, keepdim=True)).numpy()

            def ours(model=model, some=some, batch=batch, head=head):
                target = Target(head=head, tracks=[0])
                return contributions(model, some, target=target, run=run(batch)).values

            best, found = fastest({"loop": loop, "ours": ours})
            over = best["ours"] / best["loop"] - 1
            overs[best["loop"]] = over
            gap = float(np.abs(found["loop"] - found["ours"]).max() / np.abs(found["loop"]).max())
            print(
                f"gradient, {model.name}, batches of {batch}: {over:+.1%} beside the plain loop "
                f"(at most {MAX_OVERHEAD:.0%}); difference {gap:.1e} of the peak"
            )
            is_fine &= gap <= AGREEMENT
        is_fine &= overs[min(overs)] <= MAX_OVERHEAD
    return is_fine


def each() -> bool:
    """All tracks of one forward pass against one call per track."""
    model = dense()
    some = texts(model.window_bp, N_EXAMPLES)
    layers = [*model.module][:-2]
    narrow = wrap(
        nn.Sequential(*layers, nn.Linear(1_000, N_TRACKS), nn.Unflatten(1, (1, N_TRACKS))),
        heads=HeadSpec("a", (), N_TRACKS),
        window_bp=model.window_bp,
        name="eight tracks",
    )
    best, found = fastest(
        {
            "each": lambda: contributions(narrow, some, target="each", run=run()).values,
            "calls": lambda: np.stack(
                [contributions(narrow, some, target=t, run=run()).values for t in range(N_TRACKS)]
            ),
        }
    )
    ratio = best["calls"] / best["each"]
    gap = _gap(found["calls"], found["each"])
    print(f"target='each' of {N_TRACKS} tracks: {ratio:.2f}x (floor {EACH_FLOOR}x), {gap}")
    return ratio >= EACH_FLOOR


def _gap(calls, each) -> str:
    orders = [each, np.moveaxis(each, 1, 0), np.moveaxis(each, -1, 0)]
    fitting = [order for order in orders if order.shape == calls.shape]
    return f"difference {min(float(np.abs(calls - order).max()) for order in fitting):.1e}"


def counting() -> SequenceModel:
    torch.manual_seed(0)
    net = nn.Sequential(CountsOfDilated(), nn.Unflatten(1, (1, 1)))
    return wrap(net.eval(), heads=HeadSpec("counts", (), 1), window_bp=2_114, name="counts")


def deeplift(peer: Peer | None) -> bool:
    """The same references on both sides."""
    is_fine = True
    for model, name, n in ((counting(), "counts", 2), (dense(), "dense", 4)):
        some = texts(model.window_bp, n)
        x = np.stack([one_hot(text) for text in some])
        references = dinucleotide_shuffle(x, N_REFERENCES, 0)

        def ours(model=model, some=some, references=references):
            found = contributions(
                model, some, method="deeplift", references=references, target=0, run=run()
            )
            return found.values

        mine = fastest({"ours": ours})[0]["ours"]
        print(f"deeplift, {name}: {1e3 * mine / n:.0f} ms per example, {N_REFERENCES} references")
        if peer:
            is_fine &= beside(peer, name, ours, (x, references), mine)
    return is_fine


def beside(peer: Peer, name: str, ours, given: tuple[np.ndarray, np.ndarray], mine: float) -> bool:
    """Ratios to the peers, in rounds with ours, and how far their values are."""
    with tempfile.TemporaryDirectory() as folder:
        path, saved = str(Path(folder) / "given.npz"), str(Path(folder) / "found.npz")
        np.savez(path, x=given[0], references=given[1])
        peer.ask(do="begin", name=name, path=path)
        ways = {("tangermeme", 20): 0.0, ("tangermeme", 40): 0.0, ("captum", 20): 0.0}
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(ROUNDS):
            start = time.process_time()
            values = ours()
            mine = min(mine, time.process_time() - start)
            for way, least in best.items():
                took = peer.ask(do="run", peer=way[0], batch=way[1])["seconds"]
                best[way] = min(least, took)
        peer.ask(do="run", peer="tangermeme", save=saved)
        with np.load(saved) as held:
            theirs = held["values"]
    gap = float(np.abs(values - theirs).max() / np.abs(theirs).max())
    fastest_of = {
        kind: min(s for (own, _), s in best.items() if own == kind)
        for kind in ("tangermeme", "captum")
    }
    ratios = {kind: seconds / mine for kind, seconds in fastest_of.items()}
    said = ", ".join(f"{ratio:.2f}x {kind}" for kind, ratio in ratios.items())
    print(
        f"deeplift, {name}: {said} (floor {PEER_FLOOR}x tangermeme); difference {gap:.1e} of peak"
    )
    return ratios["tangermeme"] >= PEER_FLOOR and gap <= AGREEMENT


def mutagenesis() -> bool:
    """Contributions by mutagenesis against whole passes of every mutant, 3L + 1."""
    model = dense()
    (text,) = texts(model.window_bp, 1)
    x = torch.from_numpy(one_hot(text)).float()[None].expand(32, -1, -1).contiguous()
    n = 3 * len(text) + 1

    def passes():
        with torch.inference_mode():
            return model.run(x)

    def ours():
        return contributions(model, [text], method="ism", target=0, run=run())

    ours()  # the plan is made once
    best, _ = fastest({"passes": passes, "ours": ours})
    ratio = n * best["passes"] / len(x) / best["ours"]
    print(f"mutagenesis, {model.name}: {ratio:.1f}x of {n:,} whole passes (floor {ISM_FLOOR:g}x)")
    return ratio >= ISM_FLOOR


def memory() -> bool:
    """Peak of a process that explains one example with 80 and with 320 references.

    Both are more than go through at once, so that the second holds no more than the first.
    """
    if not Path("/proc/self/status").exists():
        print("memory of deeplift: this system does not tell the peak of a process; left out")
        return True
    peaks = {
        count: int(
            subprocess.run(
                [sys.executable, __file__, "--peak", str(count)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for count in (0, *MANY_REFERENCES)
    }
    few, many = (peaks[k] - peaks[0] for k in MANY_REFERENCES)
    print(
        f"memory of deeplift: {few / 1024:.0f} MiB with {MANY_REFERENCES[0]} references, "
        f"{many / 1024:.0f} MiB with {MANY_REFERENCES[1]}: {many / few:.2f}x (at most "
        f"{MEMORY_CEILING}x)"
    )
    return many <= MEMORY_CEILING * few


def peak(n_references: int) -> int:
    """Peak memory in KiB of one call in this process; 0 references: of the plain gradient."""
    model = counting()
    options = {"method": "deeplift", "n_references": n_references} if n_references else {}
    contributions(model, texts(model.window_bp, 1), target=0, run=run(), **options)
    # Of this program alone; what getrusage tells counts the process that started it as well.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Measure every row."""
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--peak"]:
        print(peak(int(sys.argv[2])))
        return 0
    peer = open_peer("deeplift_peers")
    fine = [gradient(), each(), deeplift(peer), mutagenesis(), memory()]
    if peer:
        print(f"peers: {peer.name}")
        peer.close()
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())

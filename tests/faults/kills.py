"""Real processes, really killed: `python -m tests.faults.kills [--times 20] [VERB ...]`.

A verb with `out=` runs in a child process that is stopped at random moments, again and again, until
it has been stopped as often as asked. After each stop nothing half-written may carry a final name
and every listed part must be whole; what the last run publishes must equal, byte for byte, what an
undisturbed run publishes; and no stop may cost more than one part.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
PART_ROWS = 48
STEP_S = 0.4
DEADLINE_S = 60.0


def score(folder: Path, log: Path) -> None:
    """`score_variants` of all changes of a toy genome, into two files."""
    from locuscope.effects.jobs import score_call, score_workers
    from locuscope.effects.variants import score_variants
    from tests.effects import toy

    source = folder / "in.vcf"
    if not source.exists():
        sequence = toy.sequence()
        rows = [
            f"1\t{k + 1}\t.\t{sequence[k]}\t{alt}\t.\t.\t."
            for k in range(50, 550)
            for alt in "ACGT"
            if alt != sequence[k] != "N"
        ]
        head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        source.write_text(head + "\n".join(rows) + "\n")
    score_call.run_score_job = partial(score_call.run_score_job, part_rows=PART_ROWS)
    score_part = score_workers.score_part
    score_workers.score_part = lambda *given: logged(log, score_part(*given))
    out = [folder / "scores.parquet", folder / "scores.vcf"]
    score_variants(
        toy.model(), source, toy.genome(), scores=["diff", "alt"], out=out, rc=True, device="cpu"
    )


def draw_map(folder: Path, log: Path) -> None:
    """`mutation_map` of a toy interval."""
    from locuscope.effects.maps import map_job, map_parts
    from locuscope.effects.mutation_map import mutation_map
    from locuscope.genome.interval import Interval
    from tests.effects import toy

    map_job.PART_POSITIONS = map_parts.PART_POSITIONS = 16
    kept = map_parts.MapWork.score
    map_parts.MapWork.score = lambda *given: logged(log, kept(*given))
    where = Interval("1", 60, 540)
    mutation_map(toy.model(), where, toy.genome(), out=folder / "map.h5", rc=True, device="cpu")


VERBS = {
    "mutation_map": (draw_map, ("map.h5",)),
    "score_variants": (score, ("scores.parquet", "scores.vcf")),
}


def logged(log: Path, found: object) -> object:
    """Note that a part was computed, and pass it on."""
    with log.open("ab") as file:
        file.write(b".")
    return found


@dataclass
class Outcome:
    """What the stops of one verb did.

    Args:
        stops: how often it was stopped.
        runs: how often it ran.
        slowest_s: the longest time from an interrupt to its end.
        computed: parts that were computed, and those of an undisturbed run.
        faults: what should not have been; empty when all is well.
    """

    verb: str
    kind: str
    stops: int = 0
    runs: int = 0
    slowest_s: float = 0.0
    computed: tuple[int, int] = (0, 0)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        state = "ok" if not self.faults else "; ".join(self.faults)
        slowest = f", slowest {self.slowest_s:.2f} s" if self.kind == "SIGINT" else ""
        return (
            f"{self.verb} {self.kind}: {self.stops} stops in {self.runs} runs{slowest}, "
            f"{self.computed[0]} parts computed for {self.computed[1]}: {state}"
        )


def stop_often(
    verb: str,
    kind: signal.Signals,
    times: int,
    seed: int,
    whole: tuple[dict[str, str], int] | None = None,
) -> Outcome:
    """Run a verb until it was stopped `times` times and came to its end each time.

    Args:
        verb: one of `VERBS`.
        kind: how it is stopped.
        times: how often.
        seed: of the moments.
        whole: what `undisturbed` gave; None = it is run first.
    """
    outcome = Outcome(verb, kind.name)
    draw = random.Random(seed)
    with TemporaryDirectory() as place:
        expected, n_parts = whole or undisturbed(verb, Path(place, "whole"))
        rounds = 0
        while outcome.stops < times and not outcome.faults:
            folder = Path(place, f"round {rounds}")
            folder.mkdir()
            before = outcome.stops
            while not one_run(outcome, folder, kind, times, draw):
                pass
            rounds += 1
            computed = len((folder / "log").read_bytes())
            outcome.computed = (
                outcome.computed[0] + computed,
                outcome.computed[1] + n_parts,
            )
            if computed > n_parts + outcome.stops - before:
                outcome.faults.append(f"{computed} parts computed for {n_parts}")
            if digests(verb, folder) != expected:
                outcome.faults.append("another result than without a stop")
            left = [path.name for path in folder.iterdir() if ".lsc-" in path.name]
            if left or any(path.name.endswith(".job") for path in folder.iterdir()):
                outcome.faults.append(f"left behind: {left}")
    return outcome


def undisturbed(verb: str, folder: Path) -> tuple[dict[str, str], int]:
    """The result without a stop, and how many parts it has."""
    folder.mkdir()
    with start(verb, folder) as child:
        child.communicate(b"go\n", timeout=DEADLINE_S)
    return digests(verb, folder), len((folder / "log").read_bytes())


def one_run(
    outcome: Outcome, folder: Path, kind: signal.Signals, times: int, draw: random.Random
) -> bool:
    """One run that is stopped unless it was often enough; True when it came to its end."""
    outcome.runs += 1
    with start(outcome.verb, folder) as child:
        child.stdin.write(b"go\n")
        child.stdin.flush()
        if outcome.stops < times:
            try:
                child.wait(draw.uniform(0, STEP_S))
            except subprocess.TimeoutExpired:
                begin = time.monotonic()
                child.send_signal(kind)
                said = child.stdout.readline()
                if said == b"stopped\n":
                    outcome.slowest_s = max(outcome.slowest_s, time.monotonic() - begin)
        code = child.wait(DEADLINE_S)
    if code == 0:
        return True
    outcome.stops += 1
    outcome.faults += after_stop(outcome.verb, folder, kind, code)
    return bool(outcome.faults)


def after_stop(verb: str, folder: Path, kind: signal.Signals, code: int) -> list[str]:
    """What should not be after a stop."""
    from locuscope.errors import CorruptStoreError
    from locuscope.store import read_manifest

    faults = []
    # An interrupt that comes when the verb is back ends the interpreter by the signal itself.
    if code not in ((130, -kind) if kind == signal.SIGINT else (-kind,)):
        faults.append(f"exit code {code}")
    first = VERBS[verb][1][0]
    job = folder / f"{first}.job"
    if (job / "manifest.json").exists():
        try:
            read_manifest(job)
        except CorruptStoreError as error:
            faults.append(str(error))
    if kind == signal.SIGINT and (job / "lock").exists():
        faults.append("the lock is still there")
    for name in VERBS[verb][1]:
        if (folder / name).exists() and not (job / "manifest.json").exists():
            whole = (folder / f".{name}.lsc.json").exists()
            faults += [] if whole else [f"{name} without a record"]
    return faults


def digests(verb: str, folder: Path) -> dict[str, str]:
    """What was published, by name."""
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in VERBS[verb][1]
        if (folder / name).exists()
    }


def start(verb: str, folder: Path) -> subprocess.Popen[bytes]:
    """A child that has imported everything and waits for a line."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.faults.kills", "--child", verb, str(folder)]
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if child.stdout.readline() != b"ready\n":
        child.kill()
        raise RuntimeError(f"the child of {verb} did not start")
    return child


def run_child(verb: str, folder: Path) -> int:
    """Run a verb to its end or until an interrupt; 130 then."""
    import torch

    import locuscope.effects.maps.map_job
    import locuscope.effects.variants  # noqa: F401
    from tests.effects import toy  # noqa: F401

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored
    print("ready", flush=True)  # noqa: T201
    try:
        sys.stdin.readline()
        VERBS[verb][0](folder, folder / "log")
    except KeyboardInterrupt:
        print("stopped", flush=True)  # noqa: T201
        return 130
    return 0


def main() -> int:
    """Stop every verb that many times by each signal and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verbs", nargs="*", default=sorted(VERBS), help="which verbs")
    parser.add_argument("--times", type=int, default=20, help="stops of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--child", nargs=2, metavar=("VERB", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return run_child(options.child[0], Path(options.child[1]))
    outcomes = [
        stop_often(verb, kind, options.times, options.seed)
        for verb in options.verbs
        for kind in (signal.SIGINT, signal.SIGKILL)
    ]
    print(*outcomes, sep="\n")  # noqa: T201
    return 1 if any(outcome.faults for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())

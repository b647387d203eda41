"""Train the two chromatin networks (maintainers and the curious).

    python -m locuscope.demo.train dnase|insulators --out FILE [--seed 0] [--cache DIR]
    python -m locuscope.demo.train dnase|insulators --evaluate FILE [--cache DIR]

The first form trains on the pinned public data in the cache folder and writes weights with their
model card; the second prints the test-block metrics of a weight file, with baselines and gates. The
same seed, machine and number of threads give the same bytes. Nothing in the package imports this
file.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import LocuscopeError
from locuscope.models.chromatin import ChromatinModel, load_chromatin

from .build_sources import Cache
from .motif_sets import motifs
from .train_cards import PREPARED, as_shipped, make_card, measure_all, write_network
from .train_dnase import dnase_windows
from .train_insulators import insulator_windows
from .train_loop import fit
from .train_recipes import PLANS
from .train_report import report_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .train_windows import Windows

BUDGET_S = 30 * 60
CACHE_VARIABLE = "LOCUSCOPE_DEMO_CACHE"


def prepare(model_name: str, cache: Cache) -> Windows:
    """Read the pinned packages and make the windows of one network."""
    return dnase_windows(cache) if model_name == "dnase" else insulator_windows(cache)


def train(model_name: str, cache: Cache, out: Path, *, seed: int, threads: int) -> bool:
    """Train, measure and write; gives whether the run kept to its time budget.

    A run that is stopped leaves no file; the next one starts from the beginning.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    plan = PLANS[model_name]
    windows = prepare(model_name, cache)
    species = motifs(plan.species)
    best = sorted(species, key=lambda motif: -motif.information)[: plan.n_motifs]
    done = fit(
        windows,
        model_name,
        plan.recipe,
        [species.ppms[motif.name] for motif in best],
        seed=seed,
        threads=threads,
        tell=_say,
    )
    model = as_shipped(ChromatinModel(done.network, model_name))
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    card = make_card(
        model,
        windows,
        species,
        plan,
        done,
        seed=seed,
        threads=threads,
        wall_s=wall_s,
        cpu_s=cpu_s,
    )
    place = write_network(model, card, out)
    for line in report_lines(card["metrics"], card["gates"]):
        _say(line)
    in_time = wall_s <= BUDGET_S
    _say(
        f"{place}: {place.stat().st_size:,} bytes; trained in {wall_s:,.0f} s with {threads} "
        f"threads, {cpu_s:,.0f} s of CPU; budget {BUDGET_S:,} s "
        f"{'kept' if in_time else 'EXCEEDED'}"
    )
    return in_time


def evaluate(model_name: str, cache: Cache, weights: Path) -> None:
    """Print the test-block metrics, baselines and gates of a weight file."""
    model = load_chromatin(model_name, weights)
    metrics, gates = measure_all(
        model, prepare(model_name, cache), motifs(PLANS[model_name].species)
    )
    for line in report_lines(metrics, gates):
        _say(line)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the two forms; exit code 1 over the time budget, 2 for a refused input."""
    args = _parser().parse_args(argv)
    if args.cache is None:
        sys.stderr.write(f"train: give --cache, the folder of package files, or {CACHE_VARIABLE}\n")
        return 2
    try:
        cache = Cache(args.cache)
        if args.evaluate is not None:
            evaluate(args.model, cache, args.evaluate)
        elif not train(args.model, cache, args.out, seed=args.seed, threads=args.threads):
            return 1
    except LocuscopeError as error:
        sys.stderr.write(f"train: {error}\n")
        return 2
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m locuscope.demo.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", choices=list(PREPARED), help="which network")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--out", type=Path, help="weight file to write")
    action.add_argument("--evaluate", type=Path, metavar="FILE", help="weight file to measure")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and shifts")
    parser.add_argument("--threads", type=int, default=2, help="of torch (default 2)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=os.environ.get(CACHE_VARIABLE),
        help=f"folder of package files (default: {CACHE_VARIABLE})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

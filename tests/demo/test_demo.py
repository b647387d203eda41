"""Importing the room is free; accessors keep within their budgets on first and later calls."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from locuscope import demo

BUDGET_MS = {"genome()": 50, "variants()": 1000, "genes()": 150}
# Budgets hold on one quiet core; a shared machine may be several times slower.
SLACK = 4


def run(script: str) -> object:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_importing_opens_no_file_and_loads_nothing_heavy():
    script = """
import sys, json
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import locuscope.demo
heavy = [n for n in ("torch", "h5py", "polars", "numpy", "pandas", "pyfaidx") if n in sys.modules]
print(json.dumps([heavy, [name for name in opened if "demo/data" in name.replace("\\\\", "/")]]))
"""
    assert run(script) == [[], []]


@pytest.mark.parametrize("call", BUDGET_MS)
def test_accessors_keep_their_budget(call):
    """Libraries are loaded before the clock starts: the budget is that of the data."""
    script = f"""
import json, time
import numpy, polars, pyfaidx
from locuscope import demo
from locuscope.genome import bigwig, genes, reference, variant_table
from locuscope.demo import people, places
times = []
for _ in range(3):
    start = time.perf_counter(); demo.{call}; times.append(1000 * (time.perf_counter() - start))
print(json.dumps(times))
"""
    first, *later = run(script)
    assert first <= SLACK * BUDGET_MS[call]
    assert min(later) <= 1


def test_every_name_resolves_and_is_documented():
    for name in demo.__all__:
        value = getattr(demo, name)
        assert value.__doc__, name
    assert sorted(demo.__all__) == demo.__all__
    assert set(demo.__all__) <= set(dir(demo))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="motif_logos"):
        demo.motif_logos


def test_torch_is_loaded_by_model_and_measured_only():
    script = """
import sys, json
from locuscope import demo
demo.genome(); demo.genes(); demo.variants(); demo.dnase(); demo.notice(); demo.citation()
demo.locus(); demo.catalog(); demo.showcase(); demo.path("NOTICE")
demo.plant_motifs(demo.motifs("fly").ppms, n=2)
print(json.dumps("torch" in sys.modules))
"""
    assert run(script) is False

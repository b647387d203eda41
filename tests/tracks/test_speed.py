"""Selecting is many times faster than a loop over tracks; half of each floor of the benchmark.

Ratios of the quickest of several turns, taken in alternation, hold on a busy machine too.
`bench/named_outputs.py` prints the medians and holds the whole floors.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from locuscope.tracks import NamedOutputs, NamedTrackTensor, TrackMetadataCatalog
from locuscope.tracks.query import DEFAULT_FACETS, Query, facet_counts
from tests.oracles import track_loop as loop
from tests.oracles import track_oracle
from tests.tracks.stand_in import raw_outputs

CRITERIA = {"biosample_type": "tissue", "strand": "+"}
FILTERS = {
    "strand": ("+", "-"),
    "data_source": ("encode",),
    "biosample_life_stage": ("adult", None),
}


def ratio(ours, theirs, turns=15):
    """How many times longer theirs takes, quickest turns compared."""
    best = [float("inf"), float("inf")]
    for _ in range(turns):
        for place, subject in enumerate((ours, theirs)):
            started = time.perf_counter()
            subject()
            best[place] = min(best[place], time.perf_counter() - started)
    return best[1] / best[0]


@pytest.fixture(scope="module")
def human():
    return TrackMetadataCatalog.load_builtin("human")


@pytest.fixture(scope="module")
def table(human):
    whole = human.table()
    return whole.take(np.resize(np.flatnonzero(~whole.is_padding), 6_000))


@pytest.fixture(scope="module")
def named(table):
    return NamedTrackTensor(torch.rand(1, 2, len(table)), table, "all", 128)


@pytest.fixture(scope="module")
def tracks(table):
    return loop.loop_tracks(table.rows())


def test_mask(named, tracks):
    assert torch.equal(named.mask(**CRITERIA), loop.loop_mask(tracks, CRITERIA))
    faster = ratio(lambda: named.mask(**CRITERIA), lambda: loop.loop_mask(tracks, CRITERIA))
    assert faster >= 25


def test_indices(named, tracks):
    assert named.indices(**CRITERIA) == loop.loop_indices(tracks, CRITERIA)
    faster = ratio(lambda: named.indices(**CRITERIA), lambda: loop.loop_indices(tracks, CRITERIA))
    assert faster >= 25


def test_select_without_and_with_the_objects_of_the_tracks(named, tracks):
    def by_hand():
        return loop.loop_select(named.tensor, tracks, CRITERIA)

    values, chosen = by_hand()
    ours = named.select(**CRITERIA)
    assert torch.equal(ours.tensor, values)
    assert [t.track_name for t in ours.tracks] == [t.track_name for t in chosen]
    assert ratio(lambda: named.select(**CRITERIA), by_hand) >= 25
    assert ratio(lambda: named.select(**CRITERIA).tracks, by_hand) >= 1


def test_select_across_heads(human):
    raw = raw_outputs(1, 2048, torch.Generator().manual_seed(0))
    narrow = {
        name: {key: _narrow(value) for key, value in entry.items()}
        if isinstance(entry, dict)
        else entry
        for name, entry in raw.items()
    }
    out = NamedOutputs.from_raw(narrow, catalog=human)
    tensors = [
        (tensor.tensor, loop.loop_tracks(tensor.table.rows()))
        for _, head in out.named_items()
        for _, tensor in head.items()
    ]
    criteria = {"biosample_type": "tissue"}

    def by_hand():
        found = [loop.loop_select(values, tracks, criteria) for values, tracks in tensors]
        return [values for values, tracks in found if tracks]

    ours = [tensor.tensor for tensor in out.select(**criteria).values()]
    assert all(torch.equal(a, b) for a, b in zip(ours, by_hand(), strict=True))
    assert ratio(lambda: out.select(**criteria), by_hand, turns=10) >= 15


def _narrow(value):
    """Two bins of every tensor along the sequence."""
    return value[:, :2].contiguous()


def test_facet_counts(table):
    rows = table.rows()
    query = Query(FILTERS)

    def by_hand():
        return track_oracle.facet_counts(rows, FILTERS, "", DEFAULT_FACETS)

    assert ratio(lambda: facet_counts(table, query), by_hand, turns=4) >= 10


def quickest_child_ms(program):
    """The shortest processor time of five fresh processes."""
    found = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    return min(float(done.stdout) for done in found) * 1e3


def test_the_first_load_of_the_human_table():
    program = (
        "import time, numpy, polars; from locuscope.tracks.metadata import TrackMetadataCatalog;"
        "t = time.process_time(); TrackMetadataCatalog.load_builtin('human');"
        "print(time.process_time() - t)"
    )
    assert quickest_child_ms(program) <= 100


def test_the_import_of_the_query_on_top_of_numpy():
    program = (
        "import time, numpy; t = time.process_time(); import locuscope.tracks.query;"
        "print(time.process_time() - t)"
    )
    assert quickest_child_ms(program) <= 40

"""Selecting tracks against a plain loop over one object per track: one process, interleaved.

    python bench/named_outputs.py

Each line is the median of paired turns: ten calls of ours, then the loop once. The loop asks every
track for every criterion with `track.get`, copies the matching values and renumbers the matching
tracks, as one writes it by hand (tests/oracles/track_loop.py). Cross-head selection loops over each
head and resolution. Facet counts run against the loop and against polars. The catalogue and the
import are timed in processes of their own, and a million tracks are read, selected and filtered,
all in processor time, so that other programs do not count (the import in that of its own thread:
the linear algebra library of numpy spins in others while it starts). Fails below a floor.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import torch

from locuscope.tracks import NamedOutputs, NamedTrackTensor, TrackMetadataCatalog
from locuscope.tracks.catalogs import RAW_CHANNELS
from locuscope.tracks.query import DEFAULT_FACETS, Query, facet_counts

ROUNDS = 21
CALLS = 10
N_TRACKS = 6_000
N_FACET_TRACKS = 7_000
N_MILLION = 1_000_000
CRITERIA = {"biosample_type": "tissue", "strand": "+"}
FILTERS = {
    "strand": ("+", "-"),
    "data_source": ("encode",),
    "biosample_life_stage": ("adult", None),
}

LOAD = """
import time, numpy, polars
from locuscope.tracks.metadata import TrackMetadataCatalog
started = time.process_time()
TrackMetadataCatalog.load_builtin("human")
print((time.process_time() - started) * 1e3)
"""
IMPORT = """
import time, numpy
started = time.thread_time()
import locuscope.tracks.query
print((time.thread_time() - started) * 1e3)
"""
MILLION = r"""
import json, resource, sys, time, numpy, polars, pyarrow
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import Query, match

def rss_mb():
    try:
        with open("/proc/self/status") as stream:
            return next(int(row.split()[1]) for row in stream if row.startswith("VmHWM")) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3

before = rss_mb()
started = time.process_time()
catalog = TrackMetadataCatalog.from_file(sys.argv[1])
seconds = time.process_time() - started
questions = {"strand": "+", "biosample_name": "sample kind 5", "track_name": "track number 999999"}
times = []
for field, value in questions.items():
    started = time.process_time()
    assert len(catalog.select(**{field: value}).whole_table()) > 0
    times.append((time.process_time() - started) * 1e3)
table = catalog.table()
started = time.process_time()
match(table, Query({"strand": ("+", None), "biosample_name": ("sample kind 5",)}))
times.append((time.process_time() - started) * 1e3)
print(json.dumps([seconds, rss_mb() - before, max(times)]))
"""


def load_oracle(name):
    path = Path(__file__).parents[1] / "tests" / "oracles" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def paired(ours, theirs, rounds=ROUNDS, calls_of_ours=CALLS):
    """Median milliseconds of one call of both, in turns."""
    times = ([], [])
    for _ in range(rounds):
        for subject, calls, found in ((ours, calls_of_ours, times[0]), (theirs, 1, times[1])):
            started = time.perf_counter()
            for _ in range(calls):
                subject()
            found.append((time.perf_counter() - started) * 1e3 / calls)
    return statistics.median(times[0]), statistics.median(times[1])


def single(report, ours, theirs):
    """The same with one call of ours right after each loop, which leaves the caches cold."""
    report.ratio("    one call at a time", *paired(ours, theirs, calls_of_ours=1), floor=None)


def in_child(program, *words):
    """What a fresh process prints."""
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def wide_table(n_rows):
    """The human tracks, repeated up to a number of rows."""
    table = TrackMetadataCatalog.load_builtin("human").table()
    real = np.flatnonzero(~table.is_padding)
    return table.take(np.resize(real, n_rows))


def narrow_outputs(catalog):
    """All eleven outputs of the published network on two bins."""
    odd = {"splice_sites": "probs", "splice_site_usage": "predictions"}
    raw = {}
    for name, n_channels in RAW_CHANNELS.items():
        values = torch.rand(1, 2, n_channels)
        if name in odd:
            raw[name] = {odd[name]: values}
        elif name == "contact_maps":
            raw[name] = torch.rand(1, 1, 1, n_channels)
        elif name == "splice_junctions":
            raw[name] = {"pred_counts": torch.rand(1, 2, 2, 2 * n_channels)}
        elif name in {"chip_tf", "chip_histone"}:
            raw[name] = {128: values}
        else:
            raw[name] = {1: values, 128: values.clone()}
    return NamedOutputs.from_raw(raw, catalog=catalog)


def polars_counts(frame, filters):
    """One filter and one group_by per field, as one writes it by hand."""
    counted = {}
    for field in DEFAULT_FACETS:
        conditions = [
            pl.col(name).is_in([v for v in values if v is not None])
            | (pl.col(name).is_null() if None in values else pl.lit(value=False))
            for name, values in filters.items()
            if name != field
        ]
        passed = frame.filter(*conditions) if conditions else frame
        counted[field] = dict(passed.group_by(field).len().iter_rows())
    return counted


def selecting(report, oracle):
    table = wide_table(N_TRACKS)
    values = torch.rand(1, 2, N_TRACKS)
    named = NamedTrackTensor(values, table, "all", 128)
    tracks = oracle.loop_tracks(table.rows())
    chosen, loop_chosen = named.select(**CRITERIA), oracle.loop_select(values, tracks, CRITERIA)
    assert torch.equal(chosen.tensor, loop_chosen[0])
    assert [t.to_dict() for t in chosen.tracks] == [
        {"track_index": t.track_index, "output_name": t.output_name, "organism": t.organism}
        | {"track_name": t.track_name, **t.extras}
        for t in loop_chosen[1]
    ]
    assert torch.equal(named.mask(**CRITERIA), oracle.loop_mask(tracks, CRITERIA))
    times = paired(lambda: named.mask(**CRITERIA), lambda: oracle.loop_mask(tracks, CRITERIA))
    report.ratio(f"mask, 2 criteria, {N_TRACKS:,} tracks", *times, floor=50)
    times = paired(lambda: named.indices(**CRITERIA), lambda: oracle.loop_indices(tracks, CRITERIA))
    report.ratio(f"indices, 2 criteria, {len(chosen)} matches", *times, floor=50)

    def loop_select():
        return oracle.loop_select(values, tracks, CRITERIA)

    times = paired(lambda: named.select(**CRITERIA), loop_select)
    report.ratio(f"select (1, 2, {N_TRACKS}), {len(chosen)} matches", *times, floor=50)
    single(report, lambda: named.select(**CRITERIA), loop_select)
    times = paired(lambda: named.select(**CRITERIA).tracks, loop_select)
    report.ratio("the same, one object per matching track", *times, floor=2)


def across_heads(report, oracle):
    out = narrow_outputs(TrackMetadataCatalog.load_builtin("human"))
    tensors = [
        (tensor.tensor, oracle.loop_tracks(tensor.table.rows()))
        for _, head in out.named_items()
        for _, tensor in head.items()
    ]
    criteria = {"biosample_type": "tissue"}

    def by_hand():
        found = [oracle.loop_select(values, tracks, criteria) for values, tracks in tensors]
        return [values for values, tracks in found if tracks]

    ours = [tensor.tensor for tensor in out.select(**criteria).values()]
    assert all(torch.equal(a, b) for a, b in zip(ours, by_hand(), strict=True))
    times = paired(lambda: out.select(**criteria), by_hand)
    report.ratio(f"across {len(out.heads())} heads, {len(tensors)} tensors", *times, floor=30)
    single(report, lambda: out.select(**criteria), by_hand)


def facets(report, oracle):
    table = wide_table(N_FACET_TRACKS)
    frame = pl.DataFrame({name: table.cells(name) for name in DEFAULT_FACETS})
    rows = table.rows()
    query = Query(FILTERS)

    def ours():
        return facet_counts(table, query)

    def by_polars():
        return polars_counts(frame, FILTERS)

    def by_hand():
        return oracle.facet_counts(rows, FILTERS, "", DEFAULT_FACETS)

    counted = {
        name: {v.value: v.count for v in field.values if v.count} for name, field in ours().items()
    }
    loop, frames = by_hand(), by_polars()
    for name in DEFAULT_FACETS:
        plain = {value: count for value, (count, _) in loop[name].items() if count}
        assert counted[name] == frames[name] == plain, name
    ours_ms, polars_ms = paired(ours, by_polars)
    report.ratio("facet counts against polars", ours_ms, polars_ms, floor=2)
    report.ratio("facet counts against the loop", *paired(ours, by_hand, 3), floor=20)
    report.most(f"facet counts, {N_FACET_TRACKS:,} tracks x {len(DEFAULT_FACETS)}", ours_ms, 5)


def fresh_processes(report):
    loads = [in_child(LOAD) for _ in range(9)]
    report.most("load_builtin('human'), first call", statistics.median(loads), 50)
    imports = [in_child(IMPORT) for _ in range(9)]
    report.most("import locuscope.tracks.query on top of numpy", statistics.median(imports), 20)


def million_frame():
    """A million tracks: names and means all different, other columns with few values."""
    rng = np.random.default_rng(0)

    def kinds(word, n_kinds):
        names = pl.Series([f"{word} {k}" for k in range(n_kinds)])
        return names.gather(rng.integers(0, n_kinds, N_MILLION))

    return pl.DataFrame(
        {
            "track_index": np.arange(N_MILLION),
            "output_type": np.full(N_MILLION, "atac"),
            "track_name": [f"track number {k}" for k in range(N_MILLION)],
            "strand": pl.Series(["+", "-", "."]).gather(rng.integers(0, 3, N_MILLION)),
            "ontology_curie": kinds("CL", 3000),
            "biosample_name": kinds("sample kind", 1000),
            "biosample_type": kinds("type", 5),
            "biosample_life_stage": kinds("stage", 4),
            "assay_title": kinds("assay", 12),
            "data_source": kinds("source", 4),
            "gtex_tissue": kinds("tissue", 50),
            "histone_mark": kinds("mark", 40),
            "transcription_factor": kinds("factor", 700),
            "endedness": kinds("end", 2),
            "genetically_modified": rng.random(N_MILLION) < 0.3,
            "nonzero_mean": rng.random(N_MILLION),
        }
    )


def million(report):
    with tempfile.TemporaryDirectory() as folder:
        frame = million_frame()
        for suffix in ("parquet", "csv"):
            path = Path(folder) / f"million.{suffix}"
            frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
            seconds, memory_mb, question_ms = in_child(MILLION, str(path))
            report.most(f"a million tracks, {suffix}: load", seconds * 1e3, 5_000)
            report.most(f"a million tracks, {suffix}: memory", memory_mb, 1_000, unit="MB")
            report.most(f"a million tracks, {suffix}: slowest question", question_ms, 50)


class Report:
    """Figures beside their floors and ceilings, and what was missed."""

    def __init__(self):
        self.missed = []

    def ratio(self, name, ours_ms, theirs_ms, floor):
        """Print how many times faster ours is; a floor of None only informs."""
        found = theirs_ms / ours_ms
        shown = "" if floor is None else f"   floor {floor}x"
        print(f"{name:52} {ours_ms:9.3f} ms {found:8.1f}x{shown}")
        if floor is not None and found < floor:
            self.missed.append(name)

    def most(self, name, found, ceiling, unit="ms"):
        """Print a figure that has a ceiling."""
        print(f"{name:52} {found:9.3f} {unit}             most {ceiling} {unit}")
        if found > ceiling:
            self.missed.append(name)


def main() -> int:
    torch.set_num_threads(1)
    report = Report()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    selecting(report, load_oracle("track_loop"))
    across_heads(report, load_oracle("track_loop"))
    facets(report, load_oracle("track_oracle"))
    fresh_processes(report)
    million(report)
    for name in report.missed:
        print(f"missed: {name}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())

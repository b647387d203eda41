"""Maps as jobs: parts on disk, resuming, and the files that are made of them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from locuscope.effects.maps import map_parts
from locuscope.effects.maps.map_parts import PART_POSITIONS, read_rows, write_part
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.mutation_map import mutation_map
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    InputChangedError,
    OutOfBoundsError,
    StoreTargetError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from tests.effects import toy
from tests.effects.made_maps import assert_same

PLACES = [Interval("1", 100, 190, "+", "a"), Interval("2", 30, 42), Interval("1", 280, 320)]


class StopError(Exception):
    """What an interrupted call raises here."""


def call(out=None, *, model=None, places=PLACES, run=None, **options):
    run = run or Run(device="cpu", batch_size=16, out=out)
    options = {"scores": ["diff", "ref"], **options}
    return mutation_map(model or toy.model(), places, toy.genome(), run=run, **options)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Parts of 16 positions, so that a small call has several."""
    monkeypatch.setattr(map_parts, "PART_POSITIONS", 16)
    monkeypatch.setattr("locuscope.effects.maps.map_job.PART_POSITIONS", 16)


def interrupted(out, after: int, **options) -> None:
    """Run the call and stop it once so many parts are there."""
    done = []

    def count(n, total, counts):
        done.append(n)
        if len(done) == after:
            raise StopError

    with pytest.raises(StopError):
        call(run=Run(device="cpu", batch_size=16, out=out, progress=count), **options)


def assert_equal_sets(one: MutationMapSet, other: MutationMapSet) -> None:
    assert one.rows == other.rows
    assert one.refused == other.refused
    for each, same in zip(one, other, strict=True):
        assert_same(each, same)


def test_a_file_holds_what_memory_would(tmp_path):
    out = tmp_path / "maps.h5"
    found, known = call(out), call()
    assert isinstance(found, MutationMapSet)
    assert_equal_sets(found, known)
    assert_equal_sets(MutationMapSet.open(out), known)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".job")] == []


def test_one_interval_opens_as_one_map(tmp_path):
    found = call(tmp_path / "map.hdf5", places=PLACES[0])
    assert isinstance(found, MutationMap)
    assert_same(found, call(places=PLACES[0]))


@pytest.mark.fault("J1")
@pytest.mark.parametrize("after", [1, 4, 9])
def test_an_interrupted_call_resumes_and_ends_byte_equal(tmp_path, after):
    whole, torn = tmp_path / "whole.h5", tmp_path / "torn" / "whole.h5"
    torn.parent.mkdir()
    call(whole)
    interrupted(torn, after)
    assert not torn.exists()
    model = toy.model()
    before = model.module.sequences
    call(torn, model=model)
    positions = 90 + 12 + 40
    left = positions - 16 * after
    assert model.module.sequences - before <= 3 * left + 8
    assert torn.read_bytes() == whole.read_bytes()


def test_a_finished_call_runs_no_model_again(tmp_path):
    out = tmp_path / "maps.h5"
    call(out)
    stamp = out.stat().st_mtime_ns
    model = toy.model()
    before = model.module.sequences
    assert len(call(out, model=model)) == 3
    assert model.module.sequences == before
    assert out.stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"scores": ["diff"]}, "scores"),
        ({"n_policy": "fill"}, "n_policy"),
        ({"places": PLACES[:2]}, "places"),
        ({"rc": True}, "rc"),
        ({"tracks": [0]}, "tracks"),
        ({"annotate": [Variant("1", 101, *"AC")]}, "places"),
    ],
)
def test_another_call_under_the_same_name_is_refused(tmp_path, options, field):
    out = tmp_path / "maps.h5"
    interrupted(out, 2)
    if field == "places" and "annotate" in options:
        text = toy.sequence()[100]
        options = {"annotate": [Variant("1", 101, text, "ACGT"["ACGT".index(text) - 1])]}
    with pytest.raises(InputChangedError) as refused:
        call(out, **options)
    assert field in str(refused.value)


def times(factor):
    def score(ref, alt):
        return (alt - ref) * factor

    return score


def test_a_callable_of_the_same_name_that_computes_something_else_is_refused(tmp_path):
    call(tmp_path / "m.h5", scores=[times(1)])
    with pytest.raises(InputChangedError, match=r"code\.score score was"):
        call(tmp_path / "m.h5", scores=[times(2)])
    call(tmp_path / "m.h5", scores=[times(1)])


def test_another_batch_size_is_no_change(tmp_path):
    whole, out = tmp_path / "whole.h5", tmp_path / "maps" / "whole.h5"
    out.parent.mkdir()
    call(whole)
    interrupted(out, 3)
    call(run=Run(device="cpu", batch_size=3, out=out))
    assert out.read_bytes() == whole.read_bytes()


def test_restart_begins_anew(tmp_path):
    out = tmp_path / "maps.h5"
    call(out, n_policy="fill")
    again = Run(device="cpu", batch_size=16, out=out, restart=True)
    assert_equal_sets(call(run=again), call())


def test_files_beside_the_map_are_made_of_it(tmp_path):
    paths = [tmp_path / name for name in ("maps.h5", "cells.parquet", "changes.vcf")]
    found = call(paths, places=[PLACES[1], PLACES[0]])
    assert pl.read_parquet(paths[1]).equals(found.to_polars())
    back = VariantScores.open(paths[2])
    assert len(back) == 3 * (90 + 12)


def test_faults_are_found_before_the_model_runs(tmp_path):
    model = toy.model()
    before = model.module.sequences
    with pytest.raises(StoreTargetError):
        call(tmp_path / "missing" / "maps.h5", model=model)
    whole = toy.sequence()
    cut = Genome.from_sequences(
        {"part": whole[200:400]}, slices={"1": [("part", 200)]}, lengths={"1": 600}
    )
    with pytest.raises(OutOfBoundsError, match="1:187-226"):
        mutation_map(model, [Interval("1", 300, 310), Interval("1", 205, 208)], cut)
    assert model.module.sequences == before


def test_parts_do_not_depend_on_each_other(tmp_path):
    rng = np.random.default_rng(3)
    rows = {name: rng.normal(size=(40, 4, 2)).astype(np.float32) for name in ("a/b", "file")}
    paths = []
    for i, first in enumerate(range(0, 40, 16)):
        paths.append(tmp_path / f"{i}.npz")
        part = {name: values[first : first + 16] for name, values in rows.items()}
        write_part(paths[-1], part)
        again = tmp_path / "again.npz"
        write_part(again, part)
        assert again.read_bytes() == paths[-1].read_bytes()
    for first, stop in ((0, 40), (5, 9), (15, 17), (16, 32), (31, 40)):
        found = read_rows(paths, list(rows), first, stop)
        for name, values in rows.items():
            np.testing.assert_array_equal(found[name], values[first:stop])


def alleles() -> list[Variant]:
    text = toy.sequence()
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    return [Variant("1", p, text[p - 1], other[text[p - 1]], f"rs{p}") for p in (150, 3, 400)]


def test_a_window_round_each_variant_in_input_order():
    found = call(places=alleles())
    assert [each.annotations[0].id for each in found] == ["rs150", "rs3", "rs400"]
    # 40 bases, the variant at index 19
    assert [each.interval.start for each in found] == [130, -17, 380]
    assert [each.interval.name for each in found] == ["rs150", "rs3", "rs400"]
    assert np.isnan(found[1].scores[:17]).all()
    small = call(places=alleles(), core_bp=6.0)
    assert [(e.interval.start, e.interval.end) for e in small] == [(147, 153), (0, 6), (397, 403)]
    np.testing.assert_allclose(small[0].scores, found[0].scores[17:23], atol=1e-6)
    middle = call(places=alleles(), placement=Placement(center="middle", width_bp=40))
    assert [each.interval.start for each in middle] == [130, -17, 380]


def test_variants_without_a_map_are_told_and_keep_their_row():
    good = alleles()
    text = toy.sequence()[199]
    wrong = Variant("1", 200, "ACGT"["ACGT".index(text) - 1], text)
    many = [good[0], wrong, *[good[2]] * 4]
    with pytest.warns(DataWarning, match="5 mutation maps, 1 ref_mismatch"):
        found = call(places=many)
    assert found.rows == (0, 2, 3, 4, 5)
    assert found.refused[0].row == 1
    assert found.refused[0].place == wrong.key
    with pytest.raises(EmptySelectionError, match="no place"):
        call(places=[wrong])


def test_variants_of_the_call_are_drawn_where_they_lie():
    first, last, outside = alleles()[0], Variant("1", 189, *"AC"), alleles()[2]
    found = call(annotate=[first, last, outside])
    assert [v.pos for v in found[0].annotations] == [150, 189]
    assert not found[1].annotations


def test_kills_leave_what_was_done(tmp_path):
    """A real SIGKILL in the middle; the same call then ends byte-equal."""
    out, whole = tmp_path / "torn" / "maps.h5", tmp_path / "maps.h5"
    out.parent.mkdir()
    program = (
        "import os, signal, sys\n"
        "from locuscope.effects.maps import map_parts, map_job\n"
        "map_parts.PART_POSITIONS = map_job.PART_POSITIONS = 16\n"
        "from tests.effects.maps.test_map_job import call, Run\n"
        "stop = lambda n, total, counts: n >= 48 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "call(run=Run(device='cpu', batch_size=16, out=sys.argv[1], progress=stop))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(out)], check=False)
    assert done.returncode == -9
    assert not out.exists()
    call(out)
    call(whole)
    assert out.read_bytes() == whole.read_bytes()


def test_parts_are_of_a_fixed_size():
    assert PART_POSITIONS == 512

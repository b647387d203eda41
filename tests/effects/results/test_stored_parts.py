from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results import stored_parts
from locuscope.effects.results.score_card import FORMAT
from locuscope.effects.results.stored_parts import assemble, read_part, write_part
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import CorruptStoreError, InputChangedError, OptionError, StoreTargetError
from tests.effects.made_scores import cut, made, same, vcf_of

SUFFIXES = (".parquet", ".tsv", ".tsv.gz", ".vcf", ".vcf.gz", ".h5")


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 9), st.integers(0, 4), st.booleans(), st.booleans())
def test_a_part_comes_back_exactly(tmp_path_factory, n, n_tracks, has_parts, has_spread):
    path = tmp_path_factory.mktemp("part") / "00000.parquet"
    scores = made(
        n, n_tracks=n_tracks, seed=n, has_parts=has_parts, has_spread=has_spread and n_tracks > 0
    )
    write_part(path, scores)
    found = read_part(path)
    assert same(found, scores)
    for name, values in scores.scores.items():
        np.testing.assert_array_equal(found.scores[name].view("u4"), values.view("u4"))
    assert found.scores["diff"].dtype == np.float32
    again = path.with_name("b.parquet")
    write_part(again, found)
    assert again.read_bytes() == path.read_bytes()


def test_thousands_of_tracks_are_one_column(tmp_path):
    scores = made(5, n_tracks=3_000, has_parts=False, has_spread=False)
    write_part(tmp_path / "p.parquet", scores)
    assert len(pl.read_parquet_schema(tmp_path / "p.parquet")) < 25
    assert same(read_part(tmp_path / "p.parquet"), scores)


@pytest.mark.fault("H1")
@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flip", "foreign", "no rows"])
def test_a_damaged_part_is_named(tmp_path, damage):
    path = tmp_path / "00003.parquet"
    write_part(path, made(50))
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[-40] ^= 0xFF
    content = {"cut": data[: len(data) // 2], "empty": b"", "text": b"hello", "flip": data}
    path.write_bytes(bytes(content.get(damage, data)))
    if damage == "foreign":
        pl.DataFrame({"a": [1]}).write_parquet(path)
    if damage == "no rows":
        card = pl.read_parquet_metadata(path)[FORMAT]
        pl.DataFrame({"a": [1]}).write_parquet(path, metadata={FORMAT: card})
    with pytest.raises(CorruptStoreError) as caught:
        read_part(path)
    assert caught.value.part == "00003.parquet"


def test_every_target_of_one_pass_equals_the_result(tmp_path):
    scores = made(40, seed=4)
    pieces = cut(scores, 7)
    passes = []

    def chunks():
        passes.append(1)
        return iter(pieces)

    targets = [tmp_path / f"x{suffix}" for suffix in SUFFIXES]
    source = vcf_of(scores, tmp_path / "in.vcf")
    assemble(targets, chunks, source=source)
    assert len(passes) <= 3  # the first piece, the look through, the pass that writes
    whole = VariantScores.concat(pieces)
    for target in targets:
        found = VariantScores.open(target)
        assert len(found) == 40
        assert found.status == scores.status
        assert found.summary().startswith(whole.summary())
        if target.suffix in (".parquet", ".h5"):
            assert same(found[:], whole)
        elif ".tsv" in target.name:
            assert found.to_polars().equals(whole.to_polars())
        else:
            for name, values in scores.scores.items():
                np.testing.assert_allclose(found.scores[name], values, rtol=2e-5)


@pytest.mark.parametrize(
    ("suffix", "layout"),
    [
        (suffix, layout)
        for suffix in SUFFIXES
        for layout in ("wide", "long")
        if suffix != ".h5" and not (layout == "long" and "vcf" in suffix)
    ],
)
def test_bytes_do_not_depend_on_the_pieces(tmp_path, suffix, layout, monkeypatch):
    monkeypatch.setattr("locuscope.effects.results.score_files.GROUP_ROWS", 1_024)
    scores = made(60, seed=5)
    found = set()
    for size in (7, 13, 60):
        target = tmp_path / f"x{suffix}"
        assemble([target], lambda size=size: iter(cut(scores, size)), layout=layout)
        found.add(target.read_bytes())
    assert len(found) == 1


def test_the_same_pieces_give_the_same_hdf5(tmp_path):
    pieces = cut(made(60, seed=5), 7)
    for name in ("a.h5", "b.h5"):
        assemble([tmp_path / name], lambda: iter(pieces))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_methods_write_what_assemble_writes(tmp_path):
    scores = made(30)
    for suffix, write in (
        (".parquet", scores.to_parquet),
        (".tsv", scores.to_tsv),
        (".vcf.gz", scores.to_vcf),
        (".h5", scores.to_hdf5),
    ):
        write(tmp_path / f"a{suffix}")
        assemble([tmp_path / f"b{suffix}"], lambda: iter([scores]), mark_duplicates=False)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_long_tables_come_back(tmp_path):
    scores = VariantScores.concat([made(40, seed=6)])
    targets = [tmp_path / "l.parquet", tmp_path / "l.tsv.gz"]
    assemble(targets, lambda: iter(cut(scores, 9)), layout="long")
    assert same(VariantScores.open(targets[0])[:], scores)
    assert VariantScores.open(targets[1]).to_polars().equals(scores.to_polars())
    table = pl.read_parquet(targets[0])
    one = table.filter((pl.col("row") == 17) & (pl.col("score") == "diff"))
    assert one["label"].to_list() == list(scores.labels("diff"))
    assert one["strand"].to_list() == ["+", "-", "."]
    assert set(table["row"].to_list()) == set(range(40))


def test_long_tables_keep_alleles_without_any_score(tmp_path):
    scores = made(5, has_parts=False, has_spread=False)
    bare = replace(scores, scores={})
    found = VariantScores.open(bare.to_parquet(tmp_path / "l.parquet", layout="long"))
    assert found.row_ids == scores.row_ids
    assert found.status == scores.status


@pytest.mark.fault("V8")
def test_repeats_are_noted_over_all_parts(tmp_path):
    scores = made(30, seed=7, statuses=("ok",))
    pieces = [*cut(scores, 8), scores[[3, 29]]]
    assemble([tmp_path / "x.parquet"], lambda: iter(pieces))
    notes = VariantScores.open(tmp_path / "x.parquet").notes
    assert ["duplicate" in words for words in notes] == [False] * 30 + [True] * 2
    assemble([tmp_path / "y.parquet"], lambda: iter(pieces), mark_duplicates=False)
    assert not any("duplicate" in w for w in VariantScores.open(tmp_path / "y.parquet").notes)


def test_a_failure_publishes_nothing_and_leaves_nothing(tmp_path):
    scores = made(20)
    source = vcf_of(scores[:10], tmp_path / "in.vcf")
    old = tmp_path / "x.parquet"
    old.write_bytes(b"old")
    before = sorted(tmp_path.iterdir())
    targets = [old, tmp_path / "x.vcf.gz", tmp_path / "x.h5", tmp_path / "x.tsv"]
    with pytest.raises(InputChangedError, match=r"record 11 .* now has nothing"):
        assemble(targets, lambda: iter(cut(scores, 6)), source=source)
    assert sorted(tmp_path.iterdir()) == before
    assert old.read_bytes() == b"old"
    assemble(targets, lambda: iter(cut(scores, 6)), source=vcf_of(scores, source))
    assert all(target.is_file() for target in targets)


@pytest.mark.fault("J9")
def test_a_damaged_part_stops_the_pass(tmp_path):
    paths = [tmp_path / f"{k}.parquet" for k in range(3)]
    for path, piece in zip(paths, cut(made(20), 7), strict=True):
        write_part(path, piece)
    paths[1].write_bytes(paths[1].read_bytes()[:-30])
    with pytest.raises(CorruptStoreError) as caught:
        assemble([tmp_path / "x.tsv"], lambda: (read_part(path) for path in paths))
    assert caught.value.part == "1.parquet"
    assert not (tmp_path / "x.tsv").exists()


@pytest.mark.parametrize(
    ("targets", "options", "words"),
    [
        (["x.vcf"], {"layout": "long"}, "layout='long' has no effect on vcf"),
        (["x.tsv"], {"layout": "alleles"}, "layout='alleles' has no effect on tsv"),
        (["x.tsv"], {"layout": "tall"}, "layout is 'tall'"),
        (["x.tsv"], {"compat": "kipoi"}, "compat='kipoi' has no effect on tsv"),
        (["x.vcf"], {"compat": "calico"}, "compat='calico' has no effect on vcf"),
        (["x.vcf"], {"compat": "kip"}, "compat is 'kip'"),
        (["x.vcf"], {"id": "vcf"}, "id='vcf' has no effect on vcf"),
        (["x.vcf"], {"id": "rs"}, "id is 'rs'"),
        (["x.vcf"], {"compat": "kipoi", "layout": "alleles"}, "has its own keys"),
        (["x.h5"], {"compat": "calico"}, "'genes' has columns of its own"),
    ],
)
def test_options_without_effect_are_refused(tmp_path, targets, options, words):
    with pytest.raises(OptionError, match=words):
        assemble([tmp_path / name for name in targets], lambda: iter([made(5)]), **options)
    assert not any((tmp_path / name).exists() for name in targets)


def test_a_folder_without_parts_is_no_target(tmp_path):
    with pytest.raises(StoreTargetError, match="is written by score_variants"):
        assemble([tmp_path / "folder"], lambda: iter([made(5)]))


def test_memory_of_a_pass_does_not_grow_with_the_rows(tmp_path):
    """300,000 rows of three tracks, every kind of file at once, from parts on disk."""
    n, size = 300_000, 2_048 * 8
    whole = made(size, has_parts=False, has_spread=False, statuses=("ok",))
    path = tmp_path / "part.parquet"
    write_part(path, whole)
    peak = [0.0]
    done = threading.Event()

    def watch():
        while not done.wait(0.01):
            peak[0] = max(peak[0], resident())

    def chunks():
        for k in range(n // size):
            part = read_part(path)
            moved = part.windows.with_columns(pl.col("norm_pos") + 100_000 * k)
            yield replace(part, windows=moved)

    targets = [tmp_path / f"warm{suffix}" for suffix in SUFFIXES]
    assemble(targets, lambda: iter([next(chunks())]))
    before = resident()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assemble([tmp_path / f"x{suffix}" for suffix in (".parquet", ".h5")], chunks)
    finally:
        done.set()
        watcher.join()
    assert peak[0] - before < 150
    assert len(VariantScores.open(tmp_path / "x.parquet")) == n // size * size


def resident() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def test_the_names_for_jobs_are_here():
    assert set(stored_parts.__all__) >= {"assemble", "read_part", "write_part", "check_targets"}


def test_gz_text_has_no_time_and_no_name(tmp_path):
    scores = made(9)
    data = scores.to_tsv(tmp_path / "x.tsv.gz").read_bytes()
    assert data[3] == 0
    assert data[4:8] == b"\0\0\0\0"
    plain = scores.to_tsv(tmp_path / "x.tsv").read_bytes()
    assert gzip.decompress(data) == plain
    with h5py.File(scores.to_hdf5(tmp_path / "x.h5"), "r") as file:
        assert sorted(file) == [
            "card",
            "parts",
            "scores",
            "spread",
            "tracks",
            "variants",
            "windows",
        ]

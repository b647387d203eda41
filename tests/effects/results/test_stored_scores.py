from __future__ import annotations

import dataclasses
import gzip
import json
import os
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.effects.results.stored_parts import assemble, write_part
from locuscope.effects.results.stored_scores import kind_of
from locuscope.effects.variant_scores import StoredScores, VariantScores
from locuscope.errors import (
    FormatError,
    InputChangedError,
    LocuscopeError,
    MissingFileError,
    NoTracksError,
    StoreError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.store import Job
from tests.effects.made_scores import cut, made, same

N = 40


@pytest.fixture(scope="module")
def whole():
    return VariantScores.concat(cut(made(N, n_tracks=5, seed=2), 9))


@pytest.fixture(scope="module")
def places(whole, tmp_path_factory):
    """The result as parquet in small row groups, HDF5, and the folder of a job."""
    folder = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("locuscope.effects.results.score_files._GROUP_CELLS", 1)
        whole.to_parquet(folder / "x.parquet")
    whole.to_hdf5(folder / "x.h5")
    job_folder(folder / "job", cut(whole, 9))
    return {kind: folder / name for kind, name in KINDS.items()}


KINDS = {"parquet": "x.parquet", "h5": "x.h5", "folder": "job"}
kinds = pytest.mark.parametrize("kind", list(KINDS))


def job_folder(folder, pieces, *, is_finished=True):
    rows = 0
    with Job.open(
        folder, verb="score_variants", facts={}, part_rows=9, rows_total=sum(map(len, pieces))
    ) as job:
        for k, piece in enumerate(pieces):
            job.write(
                k,
                (rows, rows + len(piece)),
                lambda path, piece=piece: write_part(path, piece),
                counts=piece.variants.counts(),
            )
            rows += len(piece)
        if is_finished:
            job.finish(
                rows, publish_files=lambda place: assemble([place], lambda: iter(pieces)) and None
            )
    return folder


@kinds
def test_nothing_is_read_before_it_is_asked_for(places, whole, kind):
    found = VariantScores.open(places[kind])
    assert isinstance(found, StoredScores)
    assert len(found) == N
    assert found.summary() == whole.summary()
    assert repr(found) == repr(whole)
    assert list(found.scores) == list(whole.scores)
    assert "diff" in found.scores
    assert "variants" not in vars(found)
    assert found.scores._found == {}
    np.testing.assert_array_equal(found.column("diff", 2), whole.scores["diff"][:, 2])
    assert found.scores._found == {}
    np.testing.assert_array_equal(found.scores["SAX"], whole.scores["SAX"])
    assert set(found.scores._found) == {"SAX"}
    assert "variants" not in vars(found)


@kinds
def test_everything_comes_back(places, whole, kind):
    found = VariantScores.open(places[kind])
    assert same(found, whole)
    assert same(found[:], whole)
    assert found.to_polars("long").equals(whole.to_polars("long"))
    assert found._repr_html_() == whole._repr_html_()
    assert found.notes == whole.notes
    assert found.windows.equals(whole.windows)
    with pytest.raises(KeyError):
        found.scores["none"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = found.nothing


@kinds
@settings(deadline=None, max_examples=15)
@given(
    rows=st.one_of(
        st.slices(N),
        st.lists(st.integers(-N, N - 1), max_size=8),
        st.lists(st.booleans(), min_size=N, max_size=N),
    ),
    strand=st.sampled_from("+-."),
)
def test_select_and_rows_commute_on_disk_too(places, whole, kind, rows, strand):
    found = VariantScores.open(places[kind])
    expected = whole[rows].select(strand=strand)
    assert same(whole.select(strand=strand)[rows], expected)
    for one in (found.select(strand=strand)[rows], found[rows].select(strand=strand)):
        assert type(one) is VariantScores
        assert same(one, expected)


@kinds
def test_a_selection_stays_on_disk(places, whole, kind):
    expected = whole.select(strand="+")
    chosen = VariantScores.open(places[kind]).select(strand="+")
    assert isinstance(chosen, StoredScores)
    assert chosen.labels("diff") == expected.labels("diff")
    np.testing.assert_array_equal(chosen.scores["diff"], expected.scores["diff"])
    np.testing.assert_array_equal(chosen.spread["diff"], expected.spread["diff"])
    np.testing.assert_array_equal(chosen.column("diff", -1), expected.scores["diff"][:, -1])
    np.testing.assert_array_equal(chosen.scores["genes"], whole.scores["genes"])
    assert same(VariantScores.concat(list(chosen.chunks())), expected)
    with pytest.raises(NoTracksError):
        chosen.select(strand="-")


@kinds
def test_pieces_are_the_whole(places, whole, kind):
    pieces = list(VariantScores.open(places[kind]).chunks())
    assert same(VariantScores.concat(pieces), whole)
    assert len(pieces) > (1 if kind == "folder" else 0)


@kinds
def test_files_are_written_piece_by_piece(places, whole, kind, tmp_path):
    found = VariantScores.open(places[kind])
    for suffix in (".parquet", ".tsv", ".vcf"):
        name = f"to_{suffix[1:]}"
        one = getattr(found, name)(tmp_path / f"a{suffix}")
        other = getattr(whole, name)(tmp_path / f"b{suffix}")
        assert one.read_bytes() == other.read_bytes()
    assert "variants" not in vars(found)


@kinds
def test_copies(places, whole, kind):
    found = VariantScores.open(places[kind]).select(strand="+")
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 (a copy for a worker process)
    assert isinstance(again, StoredScores)
    assert same(again[:], whole.select(strand="+"))
    changed = dataclasses.replace(found, source="in.vcf")
    assert type(changed) is VariantScores
    assert changed.source == "in.vcf"
    assert same(changed, whole.select(strand="+"))


@kinds
def test_rows_left_out_are_counted_once(whole, tmp_path, kind, monkeypatch):
    monkeypatch.setattr("locuscope.effects.results.score_files._GROUP_CELLS", 1)
    monkeypatch.setattr("locuscope.effects.results.score_sources._BLOCK_ROWS", 10)
    # the smallest row group of a parquet file has 1,024 rows
    many = VariantScores.concat([whole[:30]] * (50 if kind == "parquet" else 1))
    some = dataclasses.replace(many, provenance={"model": "m", "skipped": {"star": 3}})
    path = tmp_path / KINDS[kind]
    if kind == "folder":
        bare = dataclasses.replace(some, provenance={"model": "m"})
        job_folder(path, [*cut(some, 9)[:1], *cut(bare, 9)[1:]])
    else:
        getattr(some, "to_hdf5" if kind == "h5" else f"to_{kind}")(path)
    found = VariantScores.open(path)
    assert len(found._fields.blocks) > 1
    assert found.provenance["skipped"] == {"star": 3}
    assert found[3:].provenance["skipped"] == {"star": 3}
    assert VariantScores.concat(list(found.chunks())).provenance["skipped"] == {"star": 3}
    again = VariantScores.open(found.to_parquet(tmp_path / "again.parquet"))
    assert again.summary() == some.summary()


def test_a_column_that_is_not_there(places):
    found = VariantScores.open(places["h5"])
    with pytest.raises(UnknownNameError, match="did you mean 'liver_0'"):
        found.column("diff", "liver0")
    with pytest.raises(UnknownNameError, match="5 columns; there is no column 5"):
        found.column("diff", 5)
    np.testing.assert_array_equal(found.column("diff", 1.0), found.column("diff", "liver_1"))


@pytest.mark.fault("H1")
@pytest.mark.parametrize("kind", ["parquet", "h5", "tsv", "tsv.gz", "vcf.gz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_ends_in_a_sentence(whole, tmp_path, kind, share):
    path = tmp_path / f"x.{kind}"
    suffix = kind.split(".")[0]
    getattr(whole, "to_hdf5" if suffix == "h5" else f"to_{suffix}")(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(FormatError, match=r"x\."):
        read_all(path)


@pytest.mark.fault("H1")
@pytest.mark.parametrize("kind", ["parquet", "h5"])
def test_flipped_bytes_end_in_a_sentence_or_change_nothing_else(whole, tmp_path, kind):
    path = tmp_path / f"x.{kind}"
    getattr(whole, "to_hdf5" if kind == "h5" else f"to_{kind}")(path)
    data = path.read_bytes()
    rng = np.random.default_rng(8)
    for place in rng.integers(0, len(data), 40).tolist():
        broken = bytearray(data)
        broken[place] ^= 0xFF
        path.write_bytes(bytes(broken))
        try:
            read_all(path)
        except LocuscopeError:
            continue


def read_all(path):
    found = VariantScores.open(path)
    return found[:].to_polars(), found.summary(), found.to_polars()


@pytest.mark.fault("H2")
def test_a_missing_or_odd_dataset(whole, tmp_path):
    import h5py

    path = whole.to_hdf5(tmp_path / "x.h5")
    with h5py.File(path, "a") as file:
        del file["scores/SAX"]
    with pytest.raises(FormatError, match="SAX"):
        read_all(path)
    with h5py.File(path, "a") as file:
        file["scores/SAX"] = np.zeros((3, 2), np.float32)
    with pytest.raises(FormatError, match=r"scores/SAX has shape \(3, 2\), expected \(40, 5\)"):
        read_all(path)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = [1]
    with pytest.raises(FormatError, match="not of variant scores; it holds a"):
        VariantScores.open(tmp_path / "other.h5")


def test_a_file_that_changed_after_it_was_opened(whole, tmp_path):
    for path in (whole.to_parquet(tmp_path / "x.parquet"), whole.to_hdf5(tmp_path / "x.h5")):
        found = VariantScores.open(path)
        os.utime(path, ns=(1, 1))
        with pytest.raises(InputChangedError, match="open it again"):
            _ = found.variants


def test_large_text_is_opened_by_its_head_and_counted(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("locuscope.effects.variant_scores._EAGER_BYTES", 0)
    for name in ("x.tsv", "x.tsv.gz", "x.vcf", "x.vcf.gz"):
        write = whole.to_vcf if "vcf" in name else whole.to_tsv
        found = VariantScores.open(write(tmp_path / name))
        assert isinstance(found, StoredScores)
        assert len(found) == N
        assert found.summary().startswith(whole.summary())
        assert "_fields" not in vars(found._fields.source)
        assert found[3:5].status == whole.status[3:5]
        assert "_fields" in vars(found._fields.source)
        assert len(next(found.chunks())) == N


@pytest.mark.parametrize("name", ["l.parquet", "l.tsv", "l.tsv.gz"])
def test_long_tables_are_counted_and_named_without_their_rows(whole, tmp_path, name):
    path = tmp_path / name
    (whole.to_parquet if "parquet" in name else whole.to_tsv)(path, layout="long")
    found = VariantScores.open_lazily(path)
    assert isinstance(found, StoredScores)
    assert len(found) == N
    assert found.summary() == whole.summary()
    assert list(found.scores) == list(whole.scores)
    assert list(found.spread) == list(whole.spread)
    card = found._fields.source.card
    assert "_fields" not in vars(found._fields.source)
    read = VariantScores.open(path)
    assert card.labels == {score: read.labels(score) for score in read.scores}
    assert found.counts() == read.counts()
    assert found[3:9].row_ids == whole[3:9].row_ids


def test_long_tables_are_read_whole(whole, tmp_path):
    found = VariantScores.open(whole.to_parquet(tmp_path / "l.parquet", layout="long"))
    assert len(found) == N
    assert same(found[5:9], whole[5:9])
    assert found.summary() == whole.summary()


@pytest.mark.parametrize("n_finished", [0, 2])
def test_an_unfinished_job_says_how_far_it_is(whole, tmp_path, n_finished):
    pieces = cut(whole, 9)
    folder = job_folder(tmp_path / "job", pieces[:n_finished], is_finished=False)
    with pytest.raises(StoreError, match=f"unfinished, {n_finished}"):
        VariantScores.open(folder)


@pytest.mark.fault("J9")
def test_a_damaged_part_of_a_finished_job(whole, tmp_path):
    folder = job_folder(tmp_path / "job", cut(whole, 9))
    part = folder / "parts" / "00002.parquet"
    part.write_bytes(part.read_bytes()[:-50])
    found = VariantScores.open(folder)
    assert same(found[:9], whole[:9])
    with pytest.raises(StoreError, match=r"00002\.parquet"):
        _ = found[18:20].scores
    part.unlink()
    with pytest.raises(StoreError, match="is missing"):
        VariantScores.open(folder)


def test_notes_of_a_folder_are_those_of_all_parts(tmp_path):
    scores = made(20, seed=3, statuses=("ok",))
    folder = job_folder(tmp_path / "job", cut(scores[[*range(20), 4, 5]], 9))
    found = VariantScores.open(folder)
    is_repeat = ["duplicate" in words for words in found.notes]
    assert is_repeat == [False] * 20 + [True] * 2
    assert ["duplicate" in words for words in found[19:].notes] == [False, True, True]
    tracks = pl.read_parquet(folder / "tracks.parquet")
    assert tracks["strand"].to_list() == ["+", "-", "."]
    listed = json.loads((folder / "manifest.json").read_bytes())["files"]
    assert {"tracks.parquet", "duplicates.parquet"} <= set(listed)


def test_kinds_are_told_by_content(whole, places, tmp_path):
    assert {kind_of(place) for place in places.values()} == set(KINDS)
    assert kind_of(whole.to_tsv(tmp_path / "a.bin")) == "tsv"
    assert kind_of(whole.to_vcf(tmp_path / "b.bin")) == "vcf"
    (tmp_path / "c.bin").write_bytes(gzip.compress(b"\xef\xbb\xbf##fileformat=VCFv4.2\n"))
    assert kind_of(tmp_path / "c.bin") == "vcf"
    (tmp_path / "d.bin").write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(FormatError, match=r"d\.bin"):
        kind_of(tmp_path / "d.bin")
    with pytest.raises(MissingFileError, match=r"a\.bin"):
        VariantScores.open(tmp_path / "aa.bin")
    with pytest.raises(WrongTypeError, match="got 3"):
        VariantScores.open(3)
    with pytest.raises(StoreError, match="no folder of a job"):
        VariantScores.open(tmp_path)

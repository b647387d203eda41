"""Laws that hold for every format that can be read again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.attribution.contribution_files import save_parts
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import CorruptStoreError, InputError, StoreTargetError
from locuscope.genome.interval import Interval
from tests.attribution.files.made import assert_same, full, made

WHOLE = ["a.npz", "a.h5", "a.zarr"]
COMPATS = ["kipoi", "chrombpnet", "bpnet"]
NAMES = st.none() | st.text("abcXYZ_-. äß", min_size=1, max_size=6).filter(str.strip)


@st.composite
def any_contributions(draw):
    n, length = draw(st.integers(0, 4)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    letters = rng.integers(0, 5, (n, length))
    x = np.stack([letters == base for base in range(4)], axis=1).astype(np.uint8)
    values = rng.normal(size=x.shape) * 10.0 ** rng.integers(-8, 8, x.shape)
    for odd in draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, -0.0]), max_size=3)):
        if values.size:
            values.ravel()[rng.integers(values.size)] = odd
    places = None
    if draw(st.booleans()):
        places = [
            Interval(f"chr{rng.integers(3)}", start, start + length, "+-."[row % 3], draw(NAMES))
            for row, start in enumerate(rng.integers(0, 2**30, n).tolist())
        ]
    fields = {"delta": np.ones((n, 3)), "change": rng.normal(size=(n, 3))}
    fields |= {"var": rng.random(x.shape), "members": rng.normal(size=(2, *x.shape))}
    chosen = draw(st.sets(st.sampled_from(sorted(fields))))
    notes = tuple(
        draw(st.lists(st.text(max_size=5).filter(str.isprintable), max_size=2, unique=True))
    )
    found = Contributions(
        values, x, intervals=places, notes=notes, **{name: fields[name] for name in chosen}
    )
    return found.project() if draw(st.booleans()) else found


NUMBERED = ("peak_ids", "chrom_ids")
LAWS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@LAWS
@given(any_contributions(), st.sampled_from(WHOLE))
def test_what_is_saved_comes_back(given_, name):
    with tempfile.TemporaryDirectory() as folder:
        path = given_.save(Path(folder, name))
        found = Contributions.open(path)
        assert len(found) == len(given_) and found.shape == given_.shape
        assert_same(found, given_, apart=NUMBERED)


@LAWS
@given(any_contributions(), st.sampled_from(COMPATS))
def test_layouts_of_other_tools_come_back(given_, compat):
    if given_.kind == "projected" and compat != "kipoi":
        return
    with tempfile.TemporaryDirectory() as folder:
        path = given_.save(Path(folder, "a.h5"), compat=compat)
        assert_same(Contributions.open(path), given_)


@LAWS
@given(any_contributions(), st.sampled_from(WHOLE), st.data())
def test_choosing_and_saving_commute(given_, name, data):
    if not len(given_):
        return
    rows = data.draw(st.lists(st.integers(0, len(given_) - 1), min_size=1, max_size=4))
    with tempfile.TemporaryDirectory() as folder:
        found = Contributions.open(given_.save(Path(folder, name)))[rows]
        assert_same(found, given_[rows], apart=NUMBERED)


@LAWS
@given(any_contributions(), st.sampled_from([*WHOLE, "a.tsv"]), st.integers(1, 3))
def test_parts_are_the_whole(given_, name, size):
    if not len(given_):
        return
    parts = [given_[first : first + size] for first in range(0, len(given_), size)]
    with tempfile.TemporaryDirectory() as folder:
        whole = given_.save(Path(folder, name))
        joined = save_parts(iter(parts), Path(folder, f"parts-{name}"))
        if name == "a.tsv":
            assert whole.read_bytes() == joined.read_bytes()
        else:
            found = Contributions.open(joined)
            assert_same(found, Contributions.open(whole))


@pytest.mark.parametrize("name", [*WHOLE, "a.tsv", "a.bedgraph", "a.bed", "b.hdf5", "b.tsv.gz"])
def test_the_same_values_give_the_same_bytes(tmp_path, name):
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        paths.append(made().save(tmp_path / folder / name))
    files = [sorted(p for p in path.rglob("*") if p.is_file()) or [path] for path in paths]
    for one, two in zip(*files, strict=True):
        assert one.read_bytes() == two.read_bytes()


def read_whole(path, more):
    found = Contributions.open(path, **more)
    return found.values, found.sequences, found.var, found.members


@pytest.mark.fault("J1")
@pytest.mark.parametrize("name", [*WHOLE, "a.tsv.gz"])
def test_files_that_end_early_are_never_read(tmp_path, name):
    given_ = made() if name == "a.tsv.gz" else full()
    more = {"sequences": given_.sequences} if name == "a.tsv.gz" else {}
    path = given_.save(tmp_path / name)
    files = [p for p in path.rglob("*") if p.is_file()] or [path]
    for file in files:
        raw = file.read_bytes()
        for size in sorted({0, 1, len(raw) // 3, len(raw) // 2, len(raw) - 1}):
            file.write_bytes(raw[:size])
            with pytest.raises((InputError, CorruptStoreError)):
                read_whole(path, more)
        file.write_bytes(raw)
    np.testing.assert_array_equal(Contributions.open(path, **more).values, given_.values)


@pytest.mark.fault("J1")
@pytest.mark.parametrize("name", [*WHOLE, "a.tsv", "a.bedgraph", "a.bw", "a.bed"])
def test_an_old_file_stays_where_a_new_one_fails(tmp_path, name, monkeypatch):
    more = {"lengths": {"chr1": 500, "chr2": 500}} if name == "a.bw" else {}
    path = made().save(tmp_path / name, **more)
    before = {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()}

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("locuscope.store.publishing.sync_file", fails)
    with pytest.raises(OSError, match=r"[Nn]o space|full"):
        made(seed=1).save(path, **more)
    assert before == {p: p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()}
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", [*WHOLE, "a.tsv", "a.bedgraph", "a.bed"])
def test_a_folder_that_is_not_there(tmp_path, name):
    with pytest.raises(StoreTargetError):
        made().save(tmp_path / "nowhere" / name)

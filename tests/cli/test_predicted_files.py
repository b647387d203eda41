"""Files of predictions: bins and their places, contact maps, values per window, what is refused."""

from __future__ import annotations

import h5py
import numpy as np
import polars as pl
import pytest
import torch

from locuscope.cli.predicted_files import Answer, located, write_outputs
from locuscope.errors import InputError
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.inference.bin_choice import BinChoice
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.track_table import TrackTable

PLACES = [Interval("1", 40, 64, "-", "x"), Interval("1", 100, 124)]
LENGTHS = {"1": 200}


def outputs(shape=(2, 6, 2), *, name="atac", resolution=4, where=PLACES, seed=0):
    """One head of random numbers with the places of its bins."""
    values = torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))
    table = TrackTable.placeholders(name, 0, shape[-1])
    tensor = NamedTrackTensor(values, table, name, resolution, intervals=where)
    head = NamedOutputHead(name, {resolution: tensor}, intervals=where)
    return NamedOutputs({name: head}, intervals=where)


def values_of(found, name="atac", resolution=4):
    return found.head(name)[resolution].numpy()


def test_a_table_in_the_order_of_the_input(tmp_path):
    first = outputs((1, 6, 2), where=PLACES[:1])
    second = outputs((1, 3, 2), where=[Interval("1", 100, 112)], seed=1)
    write_outputs(tmp_path / "a.tsv", [Answer([1], first), Answer([0], second)], LENGTHS)
    frame = pl.read_csv(tmp_path / "a.tsv", separator="\t")
    assert frame["region"].to_list() == [0] * 6 + [1] * 12
    assert frame.filter(region=0)["start"].to_list() == [100, 100, 104, 104, 108, 108]
    found = frame.filter(region=1)["value"].to_numpy().reshape(6, 2)
    np.testing.assert_allclose(found, values_of(first)[0], rtol=1e-6)


def test_every_other_bin_keeps_its_place(tmp_path):
    found = outputs((2, 6, 1))
    answer = Answer([0, 1], found, bins=BinChoice(2))
    write_outputs(tmp_path / "a.bed", [answer], LENGTHS)
    rows = [line.split("\t") for line in (tmp_path / "a.bed").read_text().splitlines()[1:]]
    starts = [(row[0], int(row[1]), int(row[2])) for row in rows]
    assert starts == [("1", p.start + k, p.start + k + 4) for p in PLACES for k in (0, 8, 16)]
    assert [row[3:6] for row in rows[::3]] == [["x", "0", "-"], ["1", "0", "."]]
    np.testing.assert_allclose(
        [float(row[6]) for row in rows], values_of(found)[:, ::2, 0].ravel(), rtol=1e-6
    )
    write_outputs(tmp_path / "a.bw", [answer], LENGTHS)
    with BigWig(tmp_path / "a.bw") as file:
        track = file.values(PLACES[1])
    np.testing.assert_allclose(track[::8], values_of(found)[1, ::2, 0])
    assert np.isnan(track[4:8]).all()


def test_contact_maps_are_thinned_on_both_axes_and_go_into_arrays(tmp_path):
    found = outputs((2, 6, 6, 1))
    answer = Answer([0, 1], found, bins=BinChoice(3))
    write_outputs(tmp_path / "a.h5", [answer], LENGTHS)
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["mean/atac/4"][()], values_of(found)[:, ::3][:, :, ::3])
    for suffix in ("tsv", "bed"):
        with pytest.raises(InputError, match=r"no row of bins; write it as \.npz or \.h5"):
            write_outputs(tmp_path / f"a.{suffix}", [answer], LENGTHS)


def test_one_value_per_window_covers_the_place(tmp_path):
    found = outputs((2, 1, 2), resolution=0)
    answer = Answer([0, 1], found, bins=BinChoice(2))
    write_outputs(tmp_path / "a.tsv", [answer], LENGTHS)
    frame = pl.read_csv(tmp_path / "a.tsv", separator="\t")
    assert frame.select("start", "end").unique(maintain_order=True).rows() == [(40, 64), (100, 124)]
    assert frame.height == 4


def test_variance_and_members_stand_beside_the_mean(tmp_path):
    mean, var, one = outputs(), outputs(seed=1), outputs(seed=2)
    answer = Answer([0, 1], mean, var, [one])
    write_outputs(tmp_path / "a.parquet", [answer], LENGTHS)
    frame = pl.read_parquet(tmp_path / "a.parquet")
    assert frame.columns[-3:] == ["value", "var", "member_0"]
    for column, found in (("value", mean), ("var", var), ("member_0", one)):
        np.testing.assert_array_equal(frame[column], values_of(found).ravel())


def test_bins_of_records_lie_behind_the_crop():
    bare = outputs(where=None)
    records = [Interval("r1", 0, 40), Interval("r2", 0, 40)]
    found = located(bare, records, {"atac": 8})
    assert found.atac[4].intervals == (Interval("r1", 8, 32), Interval("r2", 8, 32))
    assert found.intervals == tuple(records)
    np.testing.assert_array_equal(values_of(found), values_of(bare))
    windows = located(outputs((2, 1, 2), resolution=0, where=None), records, {"atac": 8})
    assert windows.atac[0].intervals == tuple(records)


def test_what_a_file_cannot_hold(tmp_path):
    two_widths = [
        Answer([0], outputs((1, 6, 2), where=PLACES[:1])),
        Answer([1], outputs((1, 3, 2), where=[Interval("1", 100, 112)])),
    ]
    two_heads = NamedOutputs(
        {name: outputs(name=name).head(name) for name in ("atac", "cage")}, intervals=PLACES
    )
    for name, answers, said in [
        ("a.npz", two_widths, r"the places have 2 widths \(12, 24\)"),
        ("a.zarr", two_widths, r"Use \.parquet or \.tsv"),
        ("a.bed", [Answer([0, 1], two_heads)], "one output; 2 are chosen .atac at 4 bp, cage"),
        ("a.bw", [Answer([0, 1], outputs())], "one track; 2 are chosen"),
        ("a.bw", [Answer([0, 1], outputs((2, 6, 1)), outputs((2, 6, 1)))], "no --var and no"),
    ]:
        with pytest.raises(InputError, match=said):
            write_outputs(tmp_path / name, answers, LENGTHS)
    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.mutation_map_file import FORMAT, open_maps
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.effects.maps.stored_maps import Refusal
from locuscope.errors import (
    CorruptStoreError,
    FormatError,
    MissingFileError,
    OutOfBoundsError,
    StoreTargetError,
    StoreVersionError,
    UnknownNameError,
)
from locuscope.genome.interval import Interval
from tests.effects.made_maps import START, assert_same, cells, example, tracks


def test_a_map_comes_back_number_by_number(tmp_path):
    path = example().to_hdf5(tmp_path / "map.h5")
    assert_same(MutationMap.open(path), example())
    other = example(score="ref").reverse_complement()
    assert_same(MutationMap.open(other.to_hdf5(tmp_path / "other.hdf5")), other)


def test_a_set_comes_back_with_rows_inputs_and_refusals(tmp_path):
    maps = [example(seed) for seed in range(3)]
    second = example(7, input_name="a/b %2F", interval=Interval("7", START, START + 12))
    entries = [{"sequence": maps[0], second.input_name: second}, {"sequence": maps[1]}]
    refused = (Refusal(1, "7:5:N:A", "non_acgtn", "N is no base"),)
    stored = MutationMapSet(entries, [0, 2.0], refused, {"model": "toy"})
    found = MutationMapSet.open(stored.to_hdf5(tmp_path / "maps.h5"))
    assert found.rows == (0, 2)
    assert found.refused == refused
    assert found.provenance == {"model": "toy"}
    assert found.input_names == ("sequence", "a/b %2F")
    assert_same(found.entry(0, "sequence"), _with_provenance(maps[0], found))
    assert_same(found.entry(0, "a/b %2F"), _with_provenance(second, found))
    with pytest.raises(OutOfBoundsError, match="entry 2"):
        found.entry(2)
    with pytest.raises(UnknownNameError, match="sequenze"):
        found.entry(1, "sequenze")


def _with_provenance(each, found):
    fields = {name: getattr(each, name) for name in ("layers", "interval", "reference")}
    return MutationMap(
        **fields,
        tracks=each.tracks,
        annotations=each.annotations,
        input_name=each.input_name,
        window_start=each.window_start,
        provenance=found.provenance,
    )


def test_the_layout_is_the_documented_one(tmp_path):
    path = MutationMapSet.of([example(0), example(4)]).to_hdf5(tmp_path / "map.h5")
    with h5py.File(path) as file:
        assert dict(file.attrs)["format"] == FORMAT == "locuscope.mutation_map"
        assert file.attrs["version"] == 1
        assert file.attrs["model"] == "toy"
        assert file.attrs["weights_digest"] == "abc"
        assert file.attrs["genome"] == "g"
        assert '"rc": false' in file.attrs["provenance"]
        assert list(file["tracks/track_name"].asstr()) == ["liver", "kidney", "kidney"]
        assert list(file["entries"]) == ["00000", "00001"]
        entry = file["entries/00001"]
        said = {name: entry.attrs[name] for name in ("chrom", "start", "end", "strand", "name")}
        assert said == {
            "chrom": "7",
            "start": START,
            "end": START + 12,
            "strand": "+",
            "name": "site",
        }
        assert entry.attrs["window_start"] == START - 20
        codes = entry["sequence/reference"]
        assert codes.dtype == np.uint8
        assert codes[:].tolist() == [0, 1, 2, 3, 4, 2, 0, 3, 3, 0, 1, 0]
        scores = entry["sequence/scores/diff"]
        np.testing.assert_array_equal(scores[:], cells(4))
        assert scores.dtype == np.float32
        assert scores.chunks == (12, 4, 3)
        assert (scores.compression, scores.compression_opts, scores.shuffle) == ("gzip", 4, True)
        assert scores.attrs["kind"] == "difference"
        assert entry["sequence/scores/ref"].attrs["kind"] == "value"
        drawn = entry["sequence/annotations"]
        assert drawn["index"][:].tolist() == [0, 5, 11]
        assert drawn["pos"][:].tolist() == [START + 1, START + 6, START + 12]
        assert list(drawn["id"].asstr()) == ["rs_first", ".", "rs_last"]


def test_equal_maps_give_equal_bytes(tmp_path):
    one, other = (example().to_hdf5(tmp_path / name) for name in ("a.h5", "b.h5"))
    assert one.read_bytes() == other.read_bytes()


@given(st.integers(0, 11), st.integers(1, 12), st.booleans())
def test_what_is_read_lazily_is_cut_and_chosen_as_in_memory(tmp_path_factory, first, stop, flip):
    if first >= stop:
        return
    path = tmp_path_factory.getbasetemp() / "lazy.h5"
    if not path.exists():
        example().to_hdf5(path)
    found, known = MutationMap.open(path), example()
    if flip:
        found, known = found.reverse_complement(), known.reverse_complement()
    assert_same(found[first:stop].select(strand="-"), known[first:stop].select(strand="-"))
    rows = found.select(track_name=["kidney", "liver"])
    np.testing.assert_array_equal(rows.layers["ref"], known.layers["ref"])


def test_values_are_read_when_they_are_used(tmp_path):
    path = example().to_hdf5(tmp_path / "map.h5")
    found = MutationMap.open(path)
    assert found.shape == (12, 4, 3)
    path.unlink()
    assert found.reference == example().reference
    with pytest.raises(MissingFileError, match=r"map\.h5"):
        _ = found.scores


def test_tracks_of_every_kind_come_back(tmp_path):
    known = tracks()
    odd = known.with_column("mixed", [1, "a", None]).with_column("is_new", [True, None, False])
    found = MutationMap.open(example(tracks=odd).to_hdf5(tmp_path / "map.h5"))
    assert found.tracks == odd
    assert [type(cell) for cell in found.tracks.cells("mixed")] == [int, str, type(None)]
    assert found.tracks.cells("is_new") == [True, None, False]


def test_other_files_are_told_apart(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.h5"):
        open_maps(tmp_path / "none.h5")
    text = tmp_path / "map.h5"
    text.write_text("chrom\tpos\n")
    with pytest.raises(FormatError, match="no HDF5 file"):
        open_maps(text)
    plain = tmp_path / "other.h5"
    with h5py.File(plain, "w") as file:
        file["x"] = [1]
    with pytest.raises(FormatError, match=r"no mutation map.*x"):
        open_maps(plain)
    newer = example().to_hdf5(tmp_path / "newer.h5")
    with h5py.File(newer, "a") as file:
        file.attrs["version"] = 2
    with pytest.raises(StoreVersionError, match="version 2"):
        open_maps(newer)
    with pytest.raises(StoreTargetError, match="no folder"):
        example().to_hdf5(tmp_path / "missing" / "map.h5")


@pytest.mark.parametrize("damage", ["cut", "letters", "shape", "member"])
def test_damage_is_said(tmp_path, damage):
    path = example().to_hdf5(tmp_path / "map.h5")
    if damage == "cut":
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    else:
        with h5py.File(path, "a") as file:
            entry = file["entries/00000/sequence"]
            if damage == "letters":
                entry["reference"][0] = 9
            elif damage == "shape":
                del entry["scores/diff"]
                entry["scores/diff"] = np.zeros((12, 3))
            else:
                del entry["annotations"]
    with pytest.raises(CorruptStoreError, match=r"map\.h5"):
        MutationMap.open(path)


def test_an_empty_set_is_a_file_too(tmp_path):
    refused = (Refusal(0, "7:5:N:A", "non_acgtn", "N is no base"),)
    path = MutationMapSet([], [], refused, {}).to_hdf5(tmp_path / "none.h5")
    found = MutationMapSet.open(path)
    assert len(found) == 0
    assert found.refused == refused
    assert found.summary() == "0 mutation maps, 1 non_acgtn"

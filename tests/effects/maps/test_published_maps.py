"""A file in the layout of the published tools, made by hand."""

from __future__ import annotations

import pickle

import h5py
import numpy as np
import pytest

from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.mutation_maps import MutationMap
from locuscope.errors import CorruptStoreError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant

REFERENCE = "ACGTNACG"
SCORES = ("diff", "logit_ref")
TASKS = ("CTCF", "MAFF")


def matrix(entry: int, score: int, task: int) -> np.ndarray:
    return np.random.default_rng(100 * entry + 10 * score + task).normal(size=(4, 8))


def write(path, *, n=11, as_lists=False):
    """Entries 0..n-1; members as datasets, or as groups of numbered items with attributes."""
    with h5py.File(path, "w") as file:
        for entry in range(n):
            for i, score in enumerate(SCORES):
                for j, task in enumerate(TASKS):
                    group = file.create_group(f"_list_{entry}/seq/{score}/{task}")
                    group["mutation_map"] = matrix(entry, i, j)
                    members(group, entry, as_lists=as_lists)
    return path


def members(group, entry: int, *, as_lists: bool) -> None:
    start = 100 + 10 * entry
    region = group.create_group("metadata_region")
    region.attrs["TITLE"] = "dict:4"
    values = {"chr": "chr1", "start": start, "end": start + 8, "strand": "*"}
    variants = {
        "chr": ["chr1", "chr1"],
        "pos": [start + 1, start + 8],
        "ref": ["A", "G"],
        "alt": [["T"], ["<DEL>"]],
        "id": ["rs1", "."],
        "varpos_rel": [0, 7],
    }
    drawn = group.create_group("ovlp_var")
    if as_lists:
        group.attrs["ref_seq"] = REFERENCE.lower()
        for name, value in values.items():
            region.attrs[name] = value
        for name, listed in variants.items():
            column = drawn.create_group(name)
            column.attrs["TITLE"] = "list:2"
            for i, item in enumerate(listed):
                if isinstance(item, list):
                    column.create_group(f"i{i}").attrs["i0"] = item[0]
                else:
                    column.attrs[f"i{i}"] = item
        return
    group["ref_seq"] = REFERENCE
    for name, value in values.items():
        region[name] = value
    for name, listed in variants.items():
        drawn[name] = [item[0] if isinstance(item, list) else item for item in listed]


@pytest.mark.parametrize("as_lists", [False, True])
def test_a_hand_made_file_opens(tmp_path, as_lists):
    found = MutationMapSet.open(write(tmp_path / "kipoi.hdf5", as_lists=as_lists))
    assert len(found) == 11
    assert found.input_names == ("seq",)
    for entry in (0, 2, 10):
        each = found.entry(entry, "seq")
        start = 100 + 10 * entry
        assert each.interval == Interval("chr1", start, start + 8)
        assert each.reference == REFERENCE
        assert list(each.layers) == list(SCORES)
        assert each.labels == TASKS
        assert each.kinds == {"diff": "difference", "logit_ref": "value"}
        for i, score in enumerate(SCORES):
            expected = np.stack([matrix(entry, i, j).T for j in range(2)], axis=-1)
            np.testing.assert_array_equal(each.layers[score], expected.astype(np.float32))
        # the symbolic allele has no cell to frame
        assert each.annotations == (Variant("chr1", start + 1, "A", "T", "rs1"),)
    assert found.provenance["layout"] == "kipoi"


def test_one_entry_opens_lazily_and_can_be_cut_and_written(tmp_path):
    path = write(tmp_path / "kipoi.h5")
    each = MutationMap.open(path, entry=3)
    cut = each[2:6].one_track("MAFF")
    np.testing.assert_array_equal(cut.scores[:, :, 0], matrix(3, 0, 1).T[2:6].astype(np.float32))
    ours = MutationMap.open(each.to_hdf5(tmp_path / "ours.h5"))
    np.testing.assert_array_equal(ours.scores, each.scores)
    assert ours.annotations == each.annotations


def test_pickled_members_are_refused(tmp_path):
    path = write(tmp_path / "kipoi.h5", n=1)
    task = "_list_0/seq/diff/CTCF"
    with h5py.File(path, "a") as file:
        del file[f"{task}/ovlp_var"]
        code = np.frombuffer(pickle.dumps({"pos": [1]}), np.uint8)
        member = file[task].create_dataset("ovlp_var", data=code)
        member.attrs["PSEUDOATOM"] = "object"
    with pytest.raises(CorruptStoreError, match="pickled") as refused:
        MutationMapSet.open(path)
    assert refused.value.part == f"/{task}/ovlp_var"


@pytest.mark.parametrize("kind", ["attribute", "vlen"])
def test_pickles_in_disguise_are_refused(tmp_path, kind):
    path = write(tmp_path / "kipoi.h5", n=1)
    with h5py.File(path, "a") as file:
        task = file["_list_0/seq/diff/CTCF"]
        del task["ref_seq"]
        code = pickle.dumps("ACGT")
        if kind == "attribute":
            task.attrs["ref_seq"] = np.void(code)
        else:
            task.create_dataset("ref_seq", (1,), h5py.vlen_dtype(np.uint8))
            task["ref_seq"][0] = np.frombuffer(code, np.uint8)
    with pytest.raises(CorruptStoreError, match="pickled"):
        MutationMapSet.open(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("shape", r"expected \(4, L\)"),
        ("tasks", "tasks"),
        ("lengths", "one length"),
        ("map", "no matrix"),
        ("region", "metadata_region"),
        ("letters", "3 letters and 8 columns"),
    ],
)
def test_broken_members_are_named(tmp_path, change, words):
    path = write(tmp_path / "kipoi.h5", n=1)
    with h5py.File(path, "a") as file:
        entry = file["_list_0/seq"]
        if change == "shape":
            del entry["diff/MAFF/mutation_map"]
            entry["diff/MAFF/mutation_map"] = np.zeros((8, 4))
        elif change == "lengths":
            del entry["diff/MAFF/mutation_map"]
            entry["diff/MAFF/mutation_map"] = np.zeros((4, 9))
        elif change == "tasks":
            del entry["logit_ref/MAFF"]
        elif change == "letters":
            del entry["diff/CTCF/ref_seq"]
            entry["diff/CTCF/ref_seq"] = "ACG"
        elif change == "map":
            del entry["diff/MAFF/mutation_map"]
        else:
            del entry["diff/CTCF/metadata_region"]
    with pytest.raises(CorruptStoreError, match=words):
        MutationMapSet.open(path)

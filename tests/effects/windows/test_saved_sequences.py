"""Sequences on disk: what the model sees of every allele, in both layouts, and back again."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.effects.windows import saved_sequences
from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.effects.windows.saved_sequences import write_sequences
from locuscope.effects.windows.stored_sequences import read_sequences
from locuscope.errors import OptionError
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.models.protocol import InputSpec
from tests.effects import toy

TEXT = toy.sequence()
GENOME = toy.genome()
ONE = (InputSpec("sequence"),)
DELETION = Variant("1", 100, TEXT[99:104], TEXT[99], "rs1")


def snv(pos: int, name: str | None = None) -> Variant:
    base = TEXT[pos - 1]
    return Variant("1", pos, base, "A" if base != "A" else "C", name)


def table_of(variants) -> VariantTable:
    return VariantTable.from_variants(variants).check(GENOME)


def opened(opener, table):
    rows = np.flatnonzero(table.is_ok).tolist()
    return table, opener.open([(row, table[row]) for row in rows])


def write(path, variants, *, indels=None, placement=None, inputs=ONE, parts=1, **options):
    opener = WindowOpener(GENOME, placement or Placement(), toy.WIDTH, indels=indels, inputs=inputs)
    size = -(-len(variants) // parts)
    tables = [table_of(variants[first : first + size]) for first in range(0, len(variants), size)]
    some = (opened(opener, table) for table in tables)
    write_sequences(path, some, inputs=inputs, width_bp=toy.WIDTH, **options)
    return opener


MIXED = [snv(100, "x"), snv(310), Variant("1", 50, "A", "A"), DELETION, snv(5), snv(200)]


@pytest.mark.parametrize("layout", ["NAL", "NLA"])
@pytest.mark.parametrize("parts", [1, 3])
def test_every_row_is_there_with_what_the_model_sees(tmp_path, layout, parts):
    path = tmp_path / "seqs.h5"
    opener = write(path, MIXED, parts=parts, rc=True, layout=layout)
    with h5py.File(path) as file:
        assert file.attrs["format"] == "locuscope.sequences"
        shape = (6, 4, toy.WIDTH) if layout == "NAL" else (6, toy.WIDTH, 4)
        for name in ("ref", "alt", "ref_rc", "alt_rc"):
            assert file[name].shape == shape
            assert file[name].dtype == np.uint8
            assert file[name].maxshape[0] is None
            assert file[name].compression == "gzip"
    saved = read_sequences(path)
    assert len(saved) == 6
    for row, variant in enumerate(MIXED):
        ref, alt = (saved.sequences[view]["sequence"][row] for view in ("ref", "alt"))
        (one,) = opener.open([(0, variant)])
        if variant.ref == variant.alt:
            assert not ref.any()
            assert not alt.any()
            continue
        np.testing.assert_array_equal(ref, one.window.reference)
        np.testing.assert_array_equal(alt, one.window.alternative)
        for view, forward in (("ref_rc", ref), ("alt_rc", alt)):
            turned = saved.sequences[view]["sequence"][row]
            np.testing.assert_array_equal(turned, reverse_complement(forward))
    statuses = ["ok", "ok", "ref_equals_alt", "ok", "ok", "ok"]
    assert saved.variants.table["status"].cast(str).to_list() == statuses
    assert saved.variants.table["id"].to_list()[3] == "rs1"
    assert saved.variants.notes[1] == ("n_in_window",)
    assert saved.variants.notes[4] == ("padded",)
    assert saved.windows["window_start"].to_list() == [80, 290, None, 80, -15, 180]
    assert saved.windows["n_padded"].to_list() == [0, 0, None, 0, 15, 0]
    assert saved.windows["norm_ref"].to_list()[3] == DELETION.ref


def test_blocks_do_not_change_the_file(tmp_path, monkeypatch):
    write(tmp_path / "one.h5", MIXED)
    monkeypatch.setattr(saved_sequences, "BLOCK_BYTES", 1)
    write(tmp_path / "many.h5", MIXED)
    one, many = read_sequences(tmp_path / "one.h5"), read_sequences(tmp_path / "many.h5")
    for view, by_name in one.sequences.items():
        np.testing.assert_array_equal(by_name["sequence"], many.sequences[view]["sequence"])
    assert one.variants.table.equals(many.variants.table)
    assert one.windows.equals(many.windows)


@pytest.mark.parametrize("rc", [False, True])
def test_an_allele_read_from_both_ends_has_a_second_sequence(tmp_path, rc, monkeypatch):
    monkeypatch.setattr(saved_sequences, "BLOCK_BYTES", 1)
    rule = IndelRule(compensate="average")
    opener = write(tmp_path / "seqs.h5", [snv(90), DELETION, snv(95)], indels=rule, rc=rc)
    saved = read_sequences(tmp_path / "seqs.h5")
    assert ("alt_right_rc" in saved.sequences) == rc
    (one,) = opener.open([(0, DELETION)])
    left, right = (view.one_hot for view in one.window.alternatives)
    alt, second = (saved.sequences[view]["sequence"] for view in ("alt", "alt_right"))
    np.testing.assert_array_equal(alt[1], left)
    np.testing.assert_array_equal(second[1], right)
    np.testing.assert_array_equal(alt[[0, 2]], second[[0, 2]])


def test_several_windows_of_an_allele_are_several_rows(tmp_path):
    regions = [Interval("1", 70, 110), Interval("1", 90, 130)]
    place = Placement(mode="overlap", regions=regions, multi="all")
    write(tmp_path / "seqs.h5", [snv(100), snv(300), snv(75)], placement=place)
    saved = read_sequences(tmp_path / "seqs.h5")
    assert saved.variants.table["pos"].to_list() == [100, 100, 300, 75]
    assert saved.variants.table["status"].cast(str).to_list() == [
        "ok",
        "ok",
        "outside_regions",
        "ok",
    ]
    assert "none of 2 regions" in saved.variants.table["reason"][2]
    assert saved.windows["window_start"].to_list() == [70, 90, None, 70]
    assert saved.windows["window_index"].to_list() == [0, 1, 0, 0]
    assert not saved.sequences["ref"]["sequence"][2].any()


def test_several_inputs_are_groups_and_arrays_stand_beside_them(tmp_path):
    inputs = (
        InputSpec("left", length_bp=12),
        InputSpec("right", length_bp=10, anchor="end", offset_bp=-10),
        InputSpec("cells", kind="array"),
    )
    places = [Interval("1", 81, 121), Interval("1", 200, 240)]
    batch = ModelBatch(
        {
            "left": np.stack([one_hot(TEXT[p.start : p.start + 12]) for p in places]),
            "right": np.stack([one_hot(TEXT[p.end - 10 : p.end]) for p in places]),
            "cells": np.array([[1.5, 2.0], [3.0, 4.0]], np.float32),
        },
        places,
    )
    place = Placement(mode="overlap", regions=[batch])
    variants = [snv(400), snv(85), snv(235)]
    write(tmp_path / "seqs.h5", variants, placement=place, inputs=inputs)
    saved = read_sequences(tmp_path / "seqs.h5")
    with h5py.File(tmp_path / "seqs.h5") as file:
        assert sorted(file["alt"]) == ["left", "right"]
    assert saved.arrays["cells"].tolist() == [[0, 0], [1.5, 2.0], [3.0, 4.0]]
    assert decode(saved.sequences["ref"]["left"][1]) == TEXT[81:93]
    assert decode(saved.sequences["ref"]["right"][2]) == TEXT[230:240]
    changed = str(decode(saved.sequences["alt"]["right"][2]))
    assert [k for k in range(10) if changed[k] != TEXT[230 + k]] == [4]


def test_an_unknown_layout_is_refused(tmp_path):
    with pytest.raises(OptionError, match="layout"):
        write(tmp_path / "new.h5", MIXED, layout="LAN")


def test_a_failure_leaves_no_file(tmp_path):
    def broken():
        yield opened(WindowOpener(GENOME, Placement(), toy.WIDTH), table_of(MIXED))
        message = "the source broke"
        raise ValueError(message)

    with pytest.raises(ValueError, match="the source broke"):
        write_sequences(tmp_path / "seqs.h5", broken(), inputs=ONE, width_bp=toy.WIDTH)
    assert list(tmp_path.iterdir()) == []

"""Saved sequences read back: slices of rows, and files that are none."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.saved_sequences import write_sequences
from locuscope.effects.windows.stored_sequences import read_sequences
from locuscope.errors import FormatError, MissingFileError, StoreVersionError
from locuscope.genome.placement import Placement
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.models.protocol import InputSpec
from tests.effects import toy

TEXT = toy.sequence()
INPUTS = (InputSpec("sequence"),)


def write(path, *, layout="NAL"):
    """Four SNVs, the second of them with a REF that is not there."""
    positions = (100, 120, 5, 200)
    alleles = [Variant("1", p, TEXT[p - 1], "A" if TEXT[p - 1] != "A" else "C") for p in positions]
    wrong = "G" if TEXT[119] != "G" else "T"
    alleles[1] = Variant("1", 120, wrong, "A" if wrong != "A" else "C", "odd")
    table = VariantTable.from_variants(alleles)
    opener = WindowOpener(toy.genome(), Placement(), toy.WIDTH)
    opened = opener.open([(row, table[row]) for row in range(4)])
    write_sequences(path, [(table, opened)], inputs=INPUTS, width_bp=toy.WIDTH, layout=layout)


@pytest.mark.parametrize("layout", ["NAL", "NLA"])
@pytest.mark.parametrize(("first", "stop"), [(0, 2), (1, 3), (3, None), (4, 4), (0, 99)])
def test_rows_may_be_read_in_pieces(tmp_path, layout, first, stop):
    path = tmp_path / "seqs.h5"
    write(path, layout=layout)
    whole, part = read_sequences(path), read_sequences(path, first=first, stop=stop)
    assert len(whole) == 4
    assert len(part) == len(range(4)[first:stop])
    for view in ("ref", "alt"):
        found = part.sequences[view]["sequence"]
        assert found.shape[1:] == (4, toy.WIDTH)
        np.testing.assert_array_equal(found, whole.sequences[view]["sequence"][first:stop])
    assert part.variants.table.equals(whole.variants.table[first:stop])
    assert part.windows.equals(whole.windows[first:stop])


def test_a_row_that_the_opener_refused_says_why(tmp_path):
    write(tmp_path / "seqs.h5")
    saved = read_sequences(tmp_path / "seqs.h5")
    statuses = saved.variants.table["status"].cast(str).to_list()
    assert statuses == ["ok", "ref_mismatch", "ok", "ok"]
    assert TEXT[119] in saved.variants.table["reason"][1]
    assert saved.variants.table["reason"][0] is None
    assert saved.variants.table["id"].to_list()[1] == "odd"
    assert saved.windows["strand"].to_list() == [".", None, ".", "."]
    assert set(saved.sequences) == {"ref", "alt"}
    assert dict(saved.arrays) == {}


def test_what_is_no_such_file_is_refused(tmp_path):
    with pytest.raises(MissingFileError):
        read_sequences(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("no file of this kind", encoding="utf-8")
    with pytest.raises(FormatError, match="no readable file"):
        read_sequences(tmp_path / "text.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_group("scores")
    with pytest.raises(FormatError, match="'scores'"):
        read_sequences(tmp_path / "other.h5")
    write(tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5", "a") as file:
        file.attrs["version"] = 9
    with pytest.raises(StoreVersionError, match="version 9"):
        read_sequences(tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5", "a") as file:
        file.attrs["version"] = 1
        del file["variants/pos"]
    with pytest.raises(FormatError, match="no readable file"):
        read_sequences(tmp_path / "new.h5")

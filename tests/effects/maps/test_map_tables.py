from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope.effects.maps.map_tables import FORMAT
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.variant_scores import VariantScores
from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from tests.effects.made_maps import REFERENCE, START, cells, example

COLUMNS = ["chrom", "pos", "ref", "alt", "score", "track", "value"]
SHIFTED = Interval("7", START + 100, START + 112)


def test_a_row_per_cell_layer_and_track():
    table = example().to_dataframe()
    assert list(table.columns) == COLUMNS
    assert len(table) == 12 * 4 * 2 * 3
    for at, row, base, track in ((0, 3, "T", 0), (7, 1, "C", 2), (11, 0, "A", 1)):
        label = example().labels[track]
        kept = (table.pos == START + 1 + at) & (table.alt == base) & (table.track == label)
        found = table[kept & (table.score == "diff")]
        assert found.ref.tolist() == [REFERENCE[at]]
        assert found.chrom.tolist() == ["7"]
        assert found.value.tolist() == [pytest.approx(cells(0)[at, row, track])]


def test_cells_beside_an_unknown_reference_are_null_and_nan_elsewhere_stays():
    odd = cells(0)
    odd[0, 1, 0] = np.nan
    table = example(layers={"diff": odd}).to_polars()
    assert table["value"].null_count() == 4 * 3
    assert table.filter(pl.col("value").is_null())["ref"].unique().to_list() == ["N"]
    assert table["value"].is_nan().sum() == 1


def test_the_other_strand_gives_the_same_table():
    one, other = example().to_polars(), example().reverse_complement().to_polars()
    assert one.equals(other)


def test_parquet_holds_the_table_and_how_it_was_made(tmp_path):
    path = example().to_parquet(tmp_path / "map.parquet")
    assert pl.read_parquet(path).equals(example().to_polars())
    card = json.loads(pl.read_parquet_metadata(path)[FORMAT])
    assert card == dict(example().provenance)


def test_a_set_has_entry_and_input_in_front():
    found = MutationMapSet.of([example(0), example(3, interval=SHIFTED, annotations=())])
    table = found.to_polars()
    assert table.columns == ["entry", "input", *COLUMNS]
    assert table["entry"].unique().sort().to_list() == [0, 1]
    second = table.filter(pl.col("entry") == 1).drop("entry", "input")
    assert second.equals(found[1].to_polars())
    assert found.to_dataframe().shape == table.shape
    assert MutationMapSet([], []).to_polars().is_empty()


def test_changes_as_variant_scores():
    found = example().to_variant_scores()
    assert isinstance(found, VariantScores)
    assert len(found) == 11 * 3
    assert found.row_ids[:4] == ["7:1001:A:C", "7:1001:A:G", "7:1001:A:T", "7:1002:C:A"]
    np.testing.assert_array_equal(found.scores["diff"][0], cells(0)[0, 1])
    np.testing.assert_array_equal(found.scores["ref"][3], cells(1, value=True)[1, 0])
    assert set(found.status) == {"ok"}
    assert found.labels("diff") == example().labels


def test_nan_beside_a_known_base_is_a_status():
    odd = cells(0)
    odd[0, 1, 0] = np.nan
    found = example(layers={"diff": odd}).to_variant_scores()
    assert found.status[:2] == ["nonfinite", "ok"]


def test_a_map_without_a_known_base_has_no_changes():
    only = example()[4:5]
    with pytest.raises(OptionError, match="no known base"):
        only.to_variant_scores()
    mixed = MutationMapSet.of([example(), example().select(strand="+")])
    with pytest.raises(OptionError, match="other scores or tracks"):
        mixed.to_variant_scores()


def test_a_vcf_has_one_record_per_change(tmp_path):
    path = example().to_vcf(tmp_path / "map.vcf")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 33
    assert lines[0].split("\t")[:5] == ["7", "1001", ".", "A", "C"]
    back = VariantScores.open(path)
    np.testing.assert_allclose(
        back.scores["diff"], example().to_variant_scores().scores["diff"], rtol=1e-5
    )
    both = MutationMapSet.of([example(0), example(3, interval=SHIFTED, annotations=())])
    assert len(VariantScores.open(both.to_vcf(tmp_path / "maps.vcf"))) == 66

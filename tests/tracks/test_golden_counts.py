"""Rows, padding, strands, facets and hashes of the catalogues equal the recorded ones."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from locuscope.tracks import Query, TrackMetadataCatalog, facet_counts
from locuscope.tracks.catalogs import RAW_CHANNELS
from tests.tracks.stand_in import MOUSE_TRACKS, SHARED, needs_shared, write_mouse_like

DATA = Path(__file__).parent / "data"
ORGANISMS = {"human": 0, "mouse": 1}


def read_tsv(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def real_part(table):
    return table.take((~table.is_padding).nonzero()[0])


def assert_row_counts(catalog, organism):
    recorded = [r for r in read_tsv(DATA / "row_counts.tsv") if r["organism"] == organism]
    assert sorted(row["output_type"] for row in recorded) == catalog.outputs(ORGANISMS[organism])
    for row in recorded:
        table = catalog.table(row["output_type"], organism=ORGANISMS[organism])
        real = real_part(table)
        found = {
            "rows": len(table),
            "real": len(real),
            "padding": len(table) - len(real),
            "n_ontology": len(set(real.cells("ontology_curie")) - {None}),
            "n_biosample": len(set(real.cells("biosample_name")) - {None}),
        }
        assert found == {name: int(row[name]) for name in found}, row["output_type"]
        assert dict(Counter(real.cells("strand"))) == ast.literal_eval(row["strand"])


def assert_facets(catalog, path, organism):
    """Every recorded (output, facet, value) has its count, and no other value occurs."""
    recorded = {}
    for row in read_tsv(path):
        if row["organism"] == organism:
            values = recorded.setdefault((row["output_type"], row["facet"]), {})
            values[row["value"]] = int(row["n_tracks"])
    assert recorded
    for (output, facet), expected in recorded.items():
        real = real_part(catalog.table(output, organism=ORGANISMS[organism]))
        if real.has_field(facet):
            values = facet_counts(real, Query(), [facet])[facet].values
            found = {"<null>" if v.value is None else str(v.value): v.count for v in values}
        else:
            found = {"<null>": len(real)}
        assert found == expected, (output, facet)


def assert_hashes(catalog, organism):
    known = json.loads((SHARED / "catalogue_hashes.json").read_text("utf-8"))
    expected = known["tables"][organism]
    assert len(expected) == 11
    for output, recorded in expected.items():
        table = catalog.table(output, organism=ORGANISMS[organism])
        columns = [table.cells(field) for field in known["columns"]]
        lines = [
            "\t".join("" if cell is None else str(cell) for cell in row)
            for row in zip(*columns, strict=True)
        ]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        assert digest == recorded["sha256"], output
        means = [mean for mean in table.cells("nonzero_mean") if mean is not None]
        assert len(means) == recorded["nonzero_mean_n"]
        assert sum(means) == pytest.approx(recorded["nonzero_mean_sum"])


class TestHuman:
    def test_rows(self):
        assert_row_counts(TrackMetadataCatalog.load_builtin("human"), "human")

    def test_facets(self):
        catalog = TrackMetadataCatalog.load_builtin("human")
        assert_facets(catalog, DATA / "facet_counts_human.tsv", "human")

    @needs_shared
    def test_all_recorded_facets(self):
        catalog = TrackMetadataCatalog.load_builtin("human")
        assert_facets(catalog, SHARED / "facet_counts.tsv", "human")

    @needs_shared
    def test_hashes(self):
        assert_hashes(TrackMetadataCatalog.load_builtin("human"), "human")


@needs_shared
class TestMouse:
    def test_rows(self, both_organisms):
        assert_row_counts(both_organisms, "mouse")

    def test_all_recorded_facets(self, both_organisms):
        assert_facets(both_organisms, SHARED / "facet_counts.tsv", "mouse")

    def test_hashes(self, both_organisms):
        assert_hashes(both_organisms, "mouse")


def test_a_table_of_the_size_of_the_mouse_is_padded_to_the_channels(tmp_path, monkeypatch):
    write_mouse_like(tmp_path / "track_metadata_mouse.csv")
    monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(tmp_path))
    catalog = TrackMetadataCatalog.load_builtin("mouse")
    named = {name: n for name, n in MOUSE_TRACKS.items() if n}
    assert catalog.organisms == [1]
    assert catalog.outputs(organism="mouse") == sorted(named)
    for name, n_real in named.items():
        table = catalog.table(name, organism=1)
        assert (len(table), len(real_part(table))) == (RAW_CHANNELS[name], n_real)


def test_borzoi():
    expected = json.loads((DATA / "borzoi_counts.json").read_text("utf-8"))
    table = TrackMetadataCatalog.load_builtin("borzoi").table("borzoi")
    assert (len(table), set(table.cells("organism"))) == (expected["rows"], {0})
    for field in ("assay_title", "strand", "data_source", "histone_mark"):
        assert dict(Counter(table.cells(field)) - Counter({None: len(table)})) == expected[field]
    factors = [cell for cell in table.cells("transcription_factor") if cell is not None]
    assert len(factors) == expected["n_rows_transcription_factor"]
    assert len(set(factors)) == expected["n_transcription_factor"]
    assert sum(table.cells("strand_pair")) == expected["strand_pair_sum"]
    tissues = [cell for cell in table.cells("gtex_tissue") if cell is not None]
    assert (len(tissues), len(set(tissues))) == (expected["gtex_rows"], expected["n_gtex_tissue"])
    samples = table.cells("biosample_name")
    assert len(set(samples)) == expected["n_biosample_name"]
    found = hashlib.sha256("\n".join(samples).encode()).hexdigest()
    assert found == expected["biosample_sha256"]

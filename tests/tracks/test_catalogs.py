"""The built-in tables are those of the published models, and can be made again byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import polars as pl
import pytest

from locuscope.errors import (
    CatalogError,
    CatalogNotFoundError,
    FormatError,
    InputError,
    MissingFileError,
    UnknownNameError,
)
from locuscope.tracks import catalogs
from locuscope.tracks.catalogs import build
from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
from locuscope.tracks.query import Query, facet_counts

DATA = Path(__file__).parent / "data"
CACHE = Path(os.environ.get("LOCUSCOPE_DEMO_CACHE", "/nonexistent"))


@pytest.fixture
def no_mouse(monkeypatch, tmp_path):
    monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_human_rows_equal_the_networks_own_table():
    """sha256 of the 13 text columns of each output, from the published network's metadata."""
    known = json.loads((DATA / "catalogue_hashes.json").read_text("utf-8"))
    catalog = TrackMetadataCatalog.load_builtin("human")
    assert catalog.outputs() == sorted(known["tables"])
    for output, expected in known["tables"].items():
        table = catalog.table(output)
        columns = [table.cells(field) for field in known["columns"]]
        lines = [
            "\t".join("" if v is None else str(v) for v in row)
            for row in zip(*columns, strict=True)
        ]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        assert digest == expected["sha256"], output
        means = [mean for mean in table.cells("nonzero_mean") if mean is not None]
        assert len(means) == expected["nonzero_mean_n"]
        assert sum(means) == pytest.approx(expected["nonzero_mean_sum"])
        assert (len(table), int((~table.is_padding).sum())) == (expected["rows"], expected["real"])


def test_human_channels_fill_the_tensors():
    catalog = TrackMetadataCatalog.load_builtin(0)
    for output, n_channels in catalogs.RAW_CHANNELS.items():
        assert len(catalog.table(output)) == n_channels
    assert list(catalogs.RAW_CHANNELS) == list(dict.fromkeys(catalog.table().cells("output_name")))
    fifth = catalog.get_tracks("splice_sites")[4]
    assert (fifth.track_name, fifth.strand, fifth.is_padding) == ("padding", ".", True)


def test_borzoi_counts():
    expected = json.loads((DATA / "borzoi_counts.json").read_text("utf-8"))
    table = TrackMetadataCatalog.load_builtin("borzoi").table("borzoi")
    fields = ("assay_title", "strand", "data_source", "histone_mark")
    counted = facet_counts(table, Query(), fields)
    for field in fields:
        found = {v.value: v.count for v in counted[field].values if v.value is not None}
        assert found == expected[field]
    assert len(table) == expected["rows"]
    assert (
        len(set(table.cells("transcription_factor")) - {None}) == expected["n_transcription_factor"]
    )
    assert len(set(table.cells("biosample_name"))) == expected["n_biosample_name"]
    tissues = [tissue for tissue in table.cells("gtex_tissue") if tissue is not None]
    assert (len(tissues), len(set(tissues))) == (expected["gtex_rows"], expected["n_gtex_tissue"])


def test_borzoi_strand_pairs_are_an_involution():
    table = TrackMetadataCatalog.load_builtin("borzoi").table("borzoi")
    pairs = table.cells("strand_pair")
    assert all(pairs[pairs[row]] == row for row in range(len(pairs)))
    assert all((pairs[row] == row) == (s == ".") for row, s in enumerate(table.cells("strand")))


def test_no_path_of_the_makers_machine_is_kept():
    assert "file" not in TrackMetadataCatalog.load_builtin("borzoi").table("borzoi").fields


def test_changing_a_loaded_catalogue_leaves_the_next_one_alone():
    first = TrackMetadataCatalog.load_builtin("human")
    first.add_tracks("atac", [TrackMetadata(0, "atac", 0, "mine")])
    assert len(TrackMetadataCatalog.load_builtin("human").table("atac")) == 256


def test_the_source_is_named():
    catalog = TrackMetadataCatalog.load_builtin("human")
    assert (catalog.source.licence, catalog.source.version) == ("CC BY 4.0", "0.10.0")
    assert "Google DeepMind" in repr(catalog)
    assert "Apache-2.0" in repr(TrackMetadataCatalog.load_builtin("borzoi"))


@pytest.mark.parametrize("name", ["zebrafish", 7, "humans"])
def test_unknown_names_are_refused(name):
    with pytest.raises(InputError, match=f"Unknown organism {name!r}"):
        TrackMetadataCatalog.load_builtin(name)


def test_without_a_mouse_table_the_error_names_the_places(no_mouse, monkeypatch):
    assert TrackMetadataCatalog.load_builtin().organisms == [0]
    monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(no_mouse / "mine"))
    with pytest.raises(CatalogNotFoundError, match="not installed") as caught:
        TrackMetadataCatalog.load_builtin("mouse")
    assert str(no_mouse / "mine") in str(caught.value)
    assert str(no_mouse / "data" / "locuscope" / "catalogs") in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(CatalogNotFoundError):
        TrackMetadataCatalog.load_builtin().get_tracks("atac", organism="mouse")


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv"])
def test_an_installed_mouse_table_is_padded_and_joined(no_mouse, suffix):
    folder = no_mouse / "data" / "locuscope" / "catalogs"
    folder.mkdir(parents=True)
    frame = pl.DataFrame({"output_type": ["atac", "atac"], "track_name": ["m0", "m1"]})
    path = folder / f"track_metadata_mouse.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="," if suffix == "csv" else "\t")
    both = TrackMetadataCatalog.load_builtin()
    assert both.organisms == [0, 1]
    tracks = both.get_tracks("atac", organism=1)
    assert (len(tracks), tracks[1].track_name, tracks[2].is_padding) == (256, "m1", True)
    with pytest.raises(UnknownNameError):
        TrackMetadataCatalog.load_builtin("mouse").table("dnase", organism=1)


def test_a_mouse_table_with_too_many_rows_is_refused(no_mouse, monkeypatch):
    monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(no_mouse))
    rows = ["output_type"] + ["contact_maps"] * 29
    (no_mouse / "track_metadata_mouse.csv").write_text("\n".join(rows))
    with pytest.raises(CatalogError, match="'contact_maps' has 29 rows; the tensor has 28"):
        TrackMetadataCatalog.load_builtin("mouse")


class TestBuild:
    def test_literals_are_parsed_and_never_run(self):
        text = """data: [[{'v': 1.5e1, 'f': "a"}, "x\\"],[", NaN, null, true, -3,], [],]; more"""
        assert build.parse_rows(text, len("data:")) == [[15.0, 'x"],[', None, None, True, -3], []]

    @pytest.mark.parametrize("text", ["[alert(1)]", "[1, [2", '["open]', "{'v': 1}", "]"])
    def test_anything_else_is_a_format_error(self, text):
        with pytest.raises(FormatError):
            build.parse_rows(text, 0)

    def test_another_package_is_refused(self, tmp_path):
        with pytest.raises(MissingFileError, match=build.ALPHAGENOME_FILE):
            build.build(tmp_path)
        (tmp_path / build.ALPHAGENOME_FILE).write_bytes(b"other")
        with pytest.raises(FormatError, match=r"sha256 of alphagenome-0\.10\.0\.tar\.gz is"):
            build.build(tmp_path)

    @pytest.mark.skipif(
        not (CACHE / build.BORZOI_FILE).is_file(),
        reason="LOCUSCOPE_DEMO_CACHE names no folder with the source distributions",
    )
    def test_the_tables_are_made_again_byte_for_byte(self, tmp_path):
        for made in build.build(CACHE, tmp_path):
            assert made.read_bytes() == (catalogs.FOLDER / made.name).read_bytes()

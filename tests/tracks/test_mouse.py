"""The mouse table of a user: where it is looked for, how it is installed, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from locuscope.errors import (
    CatalogError,
    CatalogNotFoundError,
    FormatError,
    MissingFileError,
    OptionError,
    StoreTargetError,
)
from locuscope.tracks import NamedOutputs, TrackMetadataCatalog
from locuscope.tracks.catalogs import RAW_CHANNELS, install_table, mouse_file
from locuscope.tracks.catalogs.mouse import mouse_folders
from tests.tracks.stand_in import MOUSE_TRACKS, SHARED, needs_shared, raw_outputs, write_mouse_like

SUFFIXES = ("parquet", "csv", "tsv")


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A person without any mouse table."""
    monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def table(tmp_path):
    """A table with the real counts of the mouse."""
    path = tmp_path / "mine.csv"
    write_mouse_like(path)
    return path


def counts(catalog):
    found = {}
    for name in catalog.outputs(1):
        rows = catalog.table(name, organism=1)
        found[name] = int((~rows.is_padding).sum())
        assert len(rows) == RAW_CHANNELS[name]
    return found


class TestPlaces:
    def test_the_named_folder_comes_before_the_user_data_folder(self, home, monkeypatch):
        data = home / "data" / "locuscope" / "catalogs"
        assert mouse_folders() == (data,)
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(home / "named"))
        assert mouse_folders() == (home / "named", data)
        for folder in reversed(mouse_folders()):
            folder.mkdir(parents=True)
            (folder / "track_metadata_mouse.tsv").write_text("output_type\natac\n")
            assert mouse_file().parent == folder

    @pytest.mark.parametrize("value", ["", "relative/folder"])
    def test_without_a_usable_xdg_folder_it_is_the_usual_one(self, monkeypatch, value):
        monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", value)
        usual = Path("~/.local/share/locuscope/catalogs").expanduser()
        assert mouse_folders() == (usual,)

    def test_the_error_names_both_places_the_columns_and_the_command(self, home, monkeypatch):
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(home / "named"))
        with pytest.raises(CatalogNotFoundError) as caught:
            TrackMetadataCatalog.load_builtin("mouse")
        said = str(caught.value)
        for words in (
            str(home / "named"),
            str(home / "data" / "locuscope" / "catalogs"),
            "track_metadata_mouse.parquet",
            "output_type",
            "track_name",
            "published PyTorch port",
            "official output_metadata",
            "locuscope tracks install FILE --organism mouse",
        ):
            assert words in said
        assert isinstance(caught.value, FileNotFoundError)
        assert caught.value.code == "missing_file"

    def test_the_home_folder_is_not_shown(self, monkeypatch):
        monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
        if mouse_file() is not None:
            pytest.skip("a mouse table is installed here")
        with pytest.raises(CatalogNotFoundError, match=r"~/\.local/share/locuscope/catalogs"):
            TrackMetadataCatalog.load_builtin("mouse")


class TestWithout:
    def test_loading_the_default_is_no_error_and_using_the_mouse_is(self, home):
        catalog = TrackMetadataCatalog.load_builtin()
        assert catalog.organisms == [0]
        with pytest.raises(CatalogNotFoundError) as expected:
            TrackMetadataCatalog.load_builtin("mouse")
        raw = raw_outputs(1, 2048, None)
        for use in (
            lambda: catalog.get_tracks("atac", organism=1),
            lambda: catalog.table(organism="mouse"),
            lambda: catalog.select(organism=1, strand="+"),
            lambda: catalog.facets(organism=1),
            lambda: NamedOutputs.from_raw(raw, organism=1, catalog=catalog),
        ):
            with pytest.raises(CatalogNotFoundError) as caught:
                use()
            assert str(caught.value) == str(expected.value)


class TestInstall:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_an_installed_table_is_found_whole(self, home, table, suffix):
        source = home / f"given.{suffix}"
        frame = pl.read_csv(table)
        if suffix == "parquet":
            frame.write_parquet(source)
        else:
            frame.write_csv(source, separator="," if suffix == "csv" else "\t")
        done = install_table(source)
        assert done.path == mouse_folders()[0] / f"track_metadata_mouse.{suffix}"
        assert done.path.read_bytes() == source.read_bytes()
        assert dict(done.tracks) == {k: v for k, v in sorted(MOUSE_TRACKS.items()) if v}
        catalog = TrackMetadataCatalog.load_builtin("mouse")
        assert catalog.organisms == [1]
        assert counts(catalog) == dict(done.tracks)
        assert TrackMetadataCatalog.load_builtin().organisms == [0, 1]
        assert str(done).startswith(f"{done.path}: 1,038 mouse tracks (atac 18, cage 188,")

    def test_into_the_named_folder_when_there_is_one(self, home, table, monkeypatch):
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(home / "named"))
        assert install_table(table).path.parent == home / "named"

    def test_again_in_another_format_replaces_the_first(self, home, table):
        first = install_table(table).path
        smaller = home / "smaller.parquet"
        pl.read_csv(table).filter(pl.col("output_type") == "atac").write_parquet(smaller)
        done = install_table(smaller)
        assert done.replaced == (first,)
        assert [path.name for path in done.path.parent.iterdir()] == [done.path.name]
        assert counts(TrackMetadataCatalog.load_builtin("mouse")) == {"atac": 18}
        assert "replaced" in str(done)

    def test_a_text_table_is_installed_as_tsv(self, home):
        (home / "t.TXT").write_text("output_type\ttrack_name\natac\tm\n")
        assert install_table(home / "t.TXT").path.name == "track_metadata_mouse.tsv"
        assert TrackMetadataCatalog.load_builtin("mouse").get_tracks("atac", organism=1)[0]

    @pytest.mark.parametrize(
        ("content", "error", "words"),
        [
            ("track_name\nm\n", CatalogError, "missing output type"),
            ("output_type,track_name\n", CatalogError, "has no mouse tracks"),
            ("output_type,track_name\natac,Padding\n", CatalogError, "has no mouse tracks"),
            ("output_type\n" + "contact_maps\n" * 29, CatalogError, "29 rows; the tensor has 28"),
            ("output_type,strand\natac,plus\n", CatalogError, "row 1: strand is 'plus'"),
            (
                "output_type,organism\natac,1\natac,human\n",
                CatalogError,
                "row 2: organism is 'human'",
            ),
            ("output_type,a\natac\n", CatalogError, "row 1 has 1 cells"),
            ("", FormatError, "empty file"),
        ],
    )
    def test_a_broken_table_is_refused_and_nothing_is_installed(
        self, home, content, error, words, table
    ):
        source = home / "broken.csv"
        source.write_text(content)
        with pytest.raises(error, match=words):
            install_table(source)
        assert mouse_file() is None
        # The table installed before stays as it was.
        kept = install_table(table).path.read_bytes()
        with pytest.raises(error):
            install_table(source)
        assert mouse_file().read_bytes() == kept

    def test_other_organisms_and_absent_files(self, home, table):
        with pytest.raises(OptionError, match="human comes built in"):
            install_table(table, organism="human")
        with pytest.raises(MissingFileError, match=r"not found: .*mime\.csv"):
            install_table(home / "mime.csv")
        assert mouse_file() is None

    def test_a_folder_that_cannot_be_made(self, home, table, monkeypatch):
        (home / "file").write_text("")
        monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(home / "file" / "below"))
        with pytest.raises(StoreTargetError, match="cannot be made"):
            install_table(table)


def test_a_table_that_changes_is_read_again(home, table):
    install_table(table)
    assert counts(TrackMetadataCatalog.load_builtin("mouse"))["atac"] == 18
    table.write_text("output_type,track_name\natac,only one\n")
    install_table(table)
    assert counts(TrackMetadataCatalog.load_builtin("mouse")) == {"atac": 1}


def test_the_organism_of_the_rows_is_the_mouse(home):
    (home / "t.csv").write_text("output_type,track_name,organism\natac,a,\natac,b,Mus_musculus\n")
    install_table(home / "t.csv")
    catalog = TrackMetadataCatalog.load_builtin("mouse")
    assert [track.organism for track in catalog.get_tracks("atac", organism=1)] == [1] * 256


def test_the_source_says_that_the_user_installed_it(home, table):
    install_table(table)
    catalog = TrackMetadataCatalog.load_builtin("mouse")
    assert "as installed by the user" in repr(catalog)


@needs_shared
def test_the_published_table_has_the_published_counts(home):
    done = install_table(SHARED / "track_metadata_mouse.parquet")
    catalog = TrackMetadataCatalog.load_builtin("mouse")
    assert counts(catalog) == MOUSE_TRACKS == dict(done.tracks)
    assert json.dumps(catalog.to_rows()[0])

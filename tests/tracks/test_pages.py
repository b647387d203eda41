"""The pages about named outputs run as they stand, and say what is true."""

from __future__ import annotations

import re

import pytest

import locuscope as lsc
from locuscope import cli
from locuscope.errors import UnknownNameError
from locuscope.tracks import TrackMetadataCatalog
from tests.tracks.page_blocks import DOCS, Page
from tests.tracks.stand_in import write_mouse_like


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder without a mouse table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


class TestGuide:
    def test_every_block_runs_and_every_value_holds(self, folder, capsys):
        assert Page("named_outputs.md").run({}) >= 30
        printed = capsys.readouterr().out
        assert "assay_title is never 'RNA-seq' here; values that occur: 'total RNA-seq'" in printed
        assert "4 against 4 tracks of rna_seq@128bp; track 0 is 'CL:" in printed
        assert "atac@128bp: 14 tracks" in printed

    def test_every_command_runs(self, folder, capsys):
        commands = Page("named_outputs.md").commands
        assert {words[1] for words in commands} == {"list", "counts", "export", "install"}
        write_mouse_like(folder / "my_mouse.csv")
        for words in commands:
            assert cli.main(words) == 0, words
        assert len(TrackMetadataCatalog.from_file("ctcf.tsv").select().table()) == 153
        assert "883" in capsys.readouterr().out
        assert TrackMetadataCatalog.load_builtin().organisms == [0, 1]

    def test_the_numbers_of_the_catalogues(self):
        text = Page("named_outputs.md").text
        for name, said in re.findall(r'`load_builtin\("(\w+)"\)` \| \w+, ([\d,]+) rows', text):
            catalog = TrackMetadataCatalog.load_builtin(name)
            assert len(catalog.select().whole_table()) == int(said.replace(",", ""))

    def test_its_links_lead_somewhere(self):
        for name in ("named_outputs.md", "from_official_client.md"):
            for target in re.findall(r"\]\(([^)#]+)\)", Page(name).text):
                assert (DOCS / target).exists(), target


class TestOfficialClient:
    def test_every_block_runs_and_every_value_holds(self, folder):
        assert Page("from_official_client.md").run({}) >= 25

    def test_every_call_of_the_table_is_run_below(self):
        """Each method on the right-hand side stands in a block of the page, too."""
        page = Page("from_official_client.md")
        rows = [line.split(" | ") for line in page.text.splitlines() if line.startswith("| ")]
        words = {word for row in rows for word in re.findall(r"\.?(\w+)\(", row[-1])}
        code = "\n".join(page.blocks)
        assert words >= {"predict", "select", "to_dataframe", "indices", "mask", "padding_mask"}
        assert {word for word in words if f"{word}(" not in code} == set()

    def test_what_comes_later_is_not_here_yet(self):
        """When the network can be loaded, the page has to say so."""
        with pytest.raises(UnknownNameError):
            lsc.load_model("alphagenome")
        text = Page("from_official_client.md").text
        assert 'comes with the AlphaGenome model: `load_model("alphagenome", weights=path)`' in text

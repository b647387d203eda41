"""Text of the command line as genome, model, variants and criteria."""

from __future__ import annotations

from pathlib import Path

import pytest

from locuscope import demo
from locuscope.cli.inputs import open_genome, open_model, open_variants, parse_criteria
from locuscope.errors import InputError, MissingFileError, UnknownNameError, VariantError

NET = """
import torch
import locuscope as lsc

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv1d(4, 2, 3, padding=1)

    def forward(self, x):
        return self.conv(x).transpose(1, 2)

HEAD = lsc.HeadSpec("toy", (1,), 2)

def make():
    return lsc.wrap(Net().eval(), heads=HEAD, window_bp=64)

made = make()
number = 5

def fails():
    raise RuntimeError("out of luck")
"""


@pytest.fixture
def net(tmp_path):
    place = tmp_path / "net.py"
    place.write_text(NET)
    return place


def test_demo_is_the_embedded_genome():
    assert open_genome("demo") is demo.genome()
    assert open_genome("demo:fly") is demo.genome("fly")


def test_a_fasta_is_opened(tmp_path):
    place = tmp_path / "a.fa"
    place.write_text(">x\nACGT\n")
    assert open_genome(str(place)).lengths == {"x": 4}


def test_a_missing_genome_names_similar_files(tmp_path):
    (tmp_path / "hg38.fa").write_text(">x\nA\n")
    with pytest.raises(MissingFileError, match=r"hg39\.fa.*genome.*Similar: hg38\.fa"):
        open_genome(str(tmp_path / "hg39.fa"))


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        open_genome(str(tmp_path / "nowhere" / "hg38.fa"))


@pytest.mark.parametrize("name", ["make", "made"])
def test_a_model_comes_from_a_python_file(net, name):
    model = open_model(f"{net}::{name}")
    assert model.window_bp == 64
    assert list(model.heads) == ["toy"]


def test_a_named_model_is_loaded():
    assert open_model("cispliceai").name == "cispliceai"


def test_an_unknown_model_lists_the_closest():
    with pytest.raises(UnknownNameError, match="cispliceai"):
        open_model("cisplicai")


def test_a_name_that_the_file_lacks_lists_the_closest(net):
    with pytest.raises(UnknownNameError, match="did you mean 'make'"):
        open_model(f"{net}::mak")


def test_a_bare_module_is_told_about_wrap(net):
    with pytest.raises(InputError, match=r"not a SequenceModel.*locuscope\.wrap"):
        open_model(f"{net}::Net")


def test_a_value_that_is_no_model_is_named(net):
    with pytest.raises(InputError, match="is an int"):
        open_model(f"{net}::number")


def test_a_file_that_fails_keeps_its_cause(tmp_path):
    place = tmp_path / "broken.py"
    place.write_text("1 / 0\n")
    with pytest.raises(InputError, match="ZeroDivisionError") as caught:
        open_model(f"{place}::net")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_file_that_is_not_python_is_said(tmp_path):
    place = tmp_path / "net.txt"
    place.write_text("hello")
    with pytest.raises(InputError, match="not a Python file"):
        open_model(f"{place}::net")


def test_a_missing_model_file(tmp_path):
    with pytest.raises(MissingFileError, match="model"):
        open_model(f"{tmp_path / 'none.py'}::net")


def test_weights_of_a_python_file_are_refused(net):
    with pytest.raises(InputError, match=r"leave out --weights w\.pt"):
        open_model(f"{net}::make", weights="w.pt")


def test_weights_go_to_a_function_that_takes_them(net, tmp_path):
    net.write_text(
        f"{NET}\nseen = []\ndef load(weights=None):\n    seen.append(weights)\n    return made\n"
    )
    weights = tmp_path / "w.pt"
    with pytest.raises(MissingFileError, match="for the weights"):
        open_model(f"{net}::load", weights=str(weights))
    weights.touch()
    assert open_model(f"{net}::load", weights=str(weights)).window_bp == 64
    assert open_model(f"{net}::load").window_bp == 64


def test_a_folder_with_a_model(net, tmp_path):
    net.rename(tmp_path / "model.py")
    with pytest.raises(UnknownNameError, match="the file has no 'model'"):
        open_model(str(tmp_path), source="dir")
    (tmp_path / "model.py").write_text(f"{NET}\nmodel = made\n")
    assert open_model(str(tmp_path), source="dir").window_bp == 64
    with pytest.raises(MissingFileError, match=r"has no model\.py"):
        open_model(str(tmp_path / "other"), source="dir")
    assert open_model("cispliceai", source="kipoi").name == "cispliceai"


def test_standard_input():
    assert open_variants("-") == "-"


def test_variants_of_the_demo():
    assert open_variants("demo") == demo.path("chr20_variants.vcf.gz")
    assert len(open_variants("demo:junctions")) == 39


def test_one_variant_from_text():
    (variant,) = open_variants("20:2577796:G:A")
    assert (variant.chrom, variant.pos, variant.ref, variant.alt) == ("20", 2_577_796, "G", "A")


def test_a_broken_variant_is_refused():
    with pytest.raises(VariantError):
        open_variants("20:2577796:G:X")


def test_a_vcf_file_is_given_back(tmp_path):
    place = tmp_path / "a.vcf"
    place.write_text("##fileformat=VCFv4.2\n")
    assert open_variants(str(place)) == place


def test_a_missing_vcf_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="variants"):
        open_variants(str(tmp_path / "none.vcf"))


def test_criteria():
    words = ["biosample_name=a=b", "strand=+", "strand=-", "gtex_tissue=", "track_index=3"]
    assert parse_criteria(words) == {
        "biosample_name": ["a=b"],
        "strand": ["+", "-"],
        "gtex_tissue": [None],
        "track_index": [3],
    }
    assert parse_criteria([]) == {}


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("0", False), ("", None)])
def test_a_yes_no_field_is_typed(text, value):
    assert parse_criteria([f"genetically_modified={text}"]) == {"genetically_modified": [value]}


@pytest.mark.parametrize("word", ["strand", "=+", " =x", "genetically_modified=perhaps"])
def test_a_word_that_is_no_criterion_is_shown(word):
    with pytest.raises(InputError, match=r"(FIELD=VALUE|perhaps)"):
        parse_criteria([word])


def test_a_file_in_the_folder_wins_over_the_form_of_a_variant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("20:5:A:C").write_text("##fileformat=VCFv4.2\n")
    assert open_variants("20:5:A:C") == Path("20:5:A:C")

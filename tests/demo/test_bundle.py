"""Files, notice and citations of the bundle."""

from __future__ import annotations

import pytest

from locuscope import demo
from locuscope.demo import bundle
from locuscope.errors import CorruptStoreError, UnknownNameError


def test_every_listed_file_has_a_place():
    for name in bundle.manifest()["files"]:
        assert demo.path(name).is_file()


def test_an_unlisted_file_is_unknown_even_when_it_lies_there():
    assert (bundle.data_folder() / "manifest.json").is_file()
    with pytest.raises(UnknownNameError, match=r"manifest\.json"):
        demo.path("manifest.json")


def test_a_misspelt_file_gives_the_closest():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'chr20_slice\.fa'") as caught:
        demo.path("chr20_slcie.fa")
    assert caught.value.closest[0] == "chr20_slice.fa"


def test_the_notice_holds_the_texts_that_the_licences_ask_for():
    text = demo.notice()
    for words in (
        "Copyright (c) 2018, Jun Cheng",
        "Creative Commons Attribution 4.0",
        "Simon van Heeringen",
        "University of Lausanne",
        "Apache License",
        "not for diagnosis",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("name", "word"), [("CI-SpliceAI", "Strauch"), ("chr20_exons.tsv.gz", "Frankish")]
)
def test_citations_of_a_source_and_of_a_file(name, word):
    assert word in demo.citation(name)


def test_all_citations_hold_each_work_once():
    lines = demo.citation().split("\n")
    assert len(lines) == len(set(lines))
    for word in ("1000 Genomes", "ENCODE", "GTEx", "Linder", "Avsec", "Corces"):
        assert any(word in line for line in lines)


def test_an_unknown_citation_gives_the_closest():
    with pytest.raises(UnknownNameError, match="CI-SpliceAI"):
        demo.citation("CI-Splice")


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}', "{"])
def test_a_broken_manifest_says_reinstall(monkeypatch, tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    monkeypatch.setattr(bundle, "data_folder", lambda: tmp_path)
    bundle.manifest.cache_clear()
    try:
        with pytest.raises(CorruptStoreError, match="Reinstall locuscope"):
            bundle.manifest()
    finally:
        bundle.manifest.cache_clear()

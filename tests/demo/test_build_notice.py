"""NOTICE: every shipped source with licence, change and citation."""

from __future__ import annotations

from pathlib import Path

from locuscope.demo import build_notice, build_sources


class Texts(build_sources.Cache):
    """A cache whose every member is one line of text."""

    def __init__(self) -> None:
        super().__init__(Path())

    def read(self, name: str, inside: str) -> bytes:
        return f"licence of {name}".encode()


def test_the_notice_names_sources_licences_changes_and_citations():
    text = build_notice.notice_text(Texts(), {"chr20_exons.tsv.gz"}).decode()
    assert "GENCODE exon models" in text
    assert "mmsplice 2.4.0" in text
    assert "    licence of mmsplice" in text
    assert "Frankish" in text
    assert "CI-SpliceAI" not in text


def test_without_dnase_its_source_is_not_named():
    every = {file for source in build_notice.SOURCES for file in source.files}
    made = {"chr20_dnase.bw", "chr20_dnase_breadth.bw", "chromatin_dnase.safetensors"}
    text = build_notice.notice_text(Texts(), every - made)
    assert b"bedops" not in text
    assert b"bedops" in build_notice.notice_text(Texts(), every)

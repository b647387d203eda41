"""The sequence slice: layout and refusal of another chromosome."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.demo import build_sequence, build_sources
from locuscope.errors import FormatError


@given(st.text(alphabet="ACGT", min_size=1, max_size=300), st.integers(1, 70))
def test_fasta_layout_and_its_index_agree(bases, line_bp):
    text = build_sequence.fasta_text("r", bases, line_bp)
    name, length, offset, per_line, with_end = build_sequence.fai_text(
        "r", len(bases), line_bp
    ).split("\t")
    assert (name, int(length), int(per_line), int(with_end)) == (
        "r",
        len(bases),
        line_bp,
        line_bp + 1,
    )
    assert text[int(offset) :].replace("\n", "") == bases
    assert max(map(len, text.splitlines()[1:])) <= line_bp


def test_another_chromosome_is_refused(monkeypatch, tmp_path):
    cache = build_sources.Cache(tmp_path)
    monkeypatch.setattr(cache, "read", lambda *_: b">20\nACGT\n")
    with pytest.raises(FormatError, match="63,025,520"):
        build_sequence.read_sequence(cache)

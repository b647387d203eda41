"""Transcription starts of the published calls: bins, sums, and objects of other readers."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.attribution.seqnn_genes import gene_seqs_of, require_rows, starts_of, transcripts
from locuscope.errors import EmptySelectionError, ShapeError, WrongTypeError
from locuscope.models.protocol import HeadSpec
from tests.attribution.seqnn_cases import PublishedGeneSeq, gene_seqs

HEAD = HeadSpec("signal", (8,), 4)
PREDS = np.random.default_rng(2).random((5, 8, 4)).astype(np.float32)


def loop(preds, seqs, radius, crop=0):
    """Start after start, bin after bin."""
    rows = []
    for k, seq in enumerate(seqs):
        for _, _, position, _ in seq.tss:
            middle = (position - seq.interval.start - crop) // 8
            bins = range(middle - radius, middle + radius + 1)
            inside = all(0 <= b < preds.shape[1] for b in bins)
            rows.append(sum(preds[k, b].astype(float) for b in bins) if inside else [np.nan] * 4)
    return np.array(rows)


@pytest.mark.parametrize("radius", [0, 1, 3, 9])
def test_sums_of_bins(radius):
    found = transcripts(PREDS, gene_seqs(), HEAD, resolution_bp=8, radius=radius)
    assert found.shape == (6, 4)
    np.testing.assert_allclose(found, loop(PREDS, gene_seqs(), radius), rtol=1e-6)
    assert np.isnan(found[5]).all()


def test_crops():
    head = HeadSpec("signal", (8,), 4, crop_bp=8)
    found = transcripts(PREDS[:, :6], gene_seqs(), head, resolution_bp=8, radius=0)
    np.testing.assert_allclose(found, loop(PREDS[:, :6], gene_seqs(), 0, crop=8), rtol=1e-6)


def test_starts_in_order():
    found = starts_of(gene_seqs(), HEAD, resolution_bp=8, radius=0, n_bins=8)
    assert [start.row for start in found] == [0, 1, 2, 2, 3, 4]
    assert [start.first for start in found] == [2, 0, 4, 7, 5, 25]
    assert [start.is_inside for start in found] == [True] * 5 + [False]


def test_every_form_of_gene_seqs():
    class File:
        gene_seqs = tuple(gene_seqs())

    for given in (gene_seqs(), iter(gene_seqs()), File()):
        assert gene_seqs_of(given) == gene_seqs()
    assert gene_seqs_of(gene_seqs()[0]) == gene_seqs()[:1]
    read = gene_seqs_of([PublishedGeneSeq(seq) for seq in gene_seqs()])
    assert [seq.interval for seq in read] == [seq.interval for seq in gene_seqs()]
    assert read[2].tss == (("t2.33", "g2", 233, "."), ("t2.63", "g2", 263, "."))


def test_doors():
    with pytest.raises(WrongTypeError, match="holds 3, without chrom, start, end, tss_list"):
        gene_seqs_of([3])
    with pytest.raises(EmptySelectionError, match="gene_seqs is empty"):
        gene_seqs_of([])
    with pytest.raises(ShapeError, match="gives 4 sequences; gene_seqs has 5"):
        require_rows(4, gene_seqs(), 64)
    with pytest.raises(ShapeError, match=r"the sequences have 60 bases; .* has 64"):
        require_rows(5, gene_seqs(), 60)

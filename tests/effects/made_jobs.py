"""Jobs of `score_variants` for tests: a small file of every kind of allele, calls, stops."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.jobs import score_workers
from locuscope.effects.variant_scores import VariantScores
from locuscope.effects.variants import score_variants
from locuscope.inference.run import Run
from tests.effects import toy

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ODD = ("ref_mismatch", "contig_missing", "symbolic", "star")
FILES = ("a.parquet", "a.tsv", "a.tsv.gz", "a.vcf", "a.vcf.gz", "a.h5")


def fresh_model():
    """A model that counts its passes from here on."""
    model = toy.model()
    model.module.calls = 0
    return model


def row(pos, ref=None, alt=None, chrom="1"):
    ref = ref or toy.sequence()[pos - 1]
    alt = alt or "ACGT"["ACGT".index(ref[0]) - 1]
    return f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n"


def rows(n=70):
    """Alleles of every kind; the last repeats the first."""
    odd = [
        row(200, alt="<DEL>"), row(201, alt="*"), row(7, chrom="nowhere"), row(202, alt="ACG"),
        row(203, ref="A" if toy.sequence()[202] != "A" else "C", alt="G"),
    ]  # fmt: skip
    plain = [row(60 + k) for k in range(n - len(odd) - 1)]
    return [*plain[:20], *odd, *plain[20:], plain[0]]


def run(variants, out=None, model=None, how=None, **options):
    how = {"device": "cpu", "batch_size": 4, "out": out, **(how or {})}
    options = {"scores": ["diff", "alt"], **options}
    model = model or toy.model()
    return score_variants(model, variants, toy.genome(), run=Run(**how), **options)


class StopError(Exception):
    """Raised where a test stops a run."""


def stopped(monkeypatch, n_parts, *given, **options):
    """A run that stops when so many parts were computed."""
    with monkeypatch.context() as patch:
        watched(patch, n_parts)
        with pytest.raises(StopError):
            run(*given, **options)


def watched(monkeypatch, n_parts=99):
    """Give the list of the sizes of the parts that are computed from here on."""
    score_part, computed = score_workers.score_part, []

    def counted(plan, genome, table):
        if len(computed) == n_parts:
            raise StopError
        computed.append(len(table))
        return score_part(plan, genome, table)

    monkeypatch.setattr(score_workers, "score_part", counted)
    return computed


def same(one: VariantScores, other: VariantScores) -> None:
    assert one.status == other.status
    assert one.notes == other.notes
    assert one.variants.table.equals(other.variants.table)
    for name in one.scores:
        np.testing.assert_allclose(one.scores[name], other.scores[name], rtol=1e-5, atol=1e-8)

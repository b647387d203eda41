"""`locuscope score` on a region of the embedded VCF: other programs read what it writes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import locuscope as lsc
from locuscope import cli

pysam = pytest.importorskip("pysam")
bcftools = pytest.importorskip("pysam.bcftools")
REGION = "20:2570001-2580000"
TRACKS = ("any_site", "broad_site", "fetal_brain")
KEY = "LSC_dnase_diff"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A region cut by bcftools, with its genotypes, and what the command made of it."""
    place = tmp_path_factory.mktemp("scored")
    whole = str(lsc.demo.variants(as_="path"))
    (place / "region.vcf").write_text(bcftools.view("-r", REGION, whole), encoding="utf-8")
    outs = [word for name in ("scores.vcf.gz", "scores.parquet") for word in ("-o", place / name)]
    words = ["score", "dnase", "-i", place / "region.vcf", "--genome", "demo", *outs, "--quiet"]
    assert cli.main([*map(str, words)]) == 0
    return place


@pytest.fixture(scope="module")
def expected(folder):
    """Differences of the two predictions, (alleles, tracks), by no code of the command."""
    model, genome = lsc.load_model("dnase"), lsc.demo.genome()
    rows = []
    for record in pysam.VariantFile(str(folder / "region.vcf")):
        window = lsc.Interval("20", record.pos - 256, record.pos + 256)
        bases = genome.fetch(window)
        (alt,) = record.alts
        changed = bases[:255] + alt + bases[255 + len(record.ref) :]
        if len(changed) < 512:
            changed += genome.fetch(lsc.Interval("20", window.end, window.end + 600))
        pair = lsc.predict(model, [bases, changed[:512]])
        values = np.asarray(pair["accessibility"].finest.tensor, np.float64).reshape(2, -1)
        rows.append(values[1] - values[0])
    return np.array(rows)


def test_pysam_reads_the_vcf(folder, expected):
    before = list(pysam.VariantFile(str(folder / "region.vcf")))
    with pysam.VariantFile(str(folder / "scores.vcf.gz")) as file:
        assert file.header.info[KEY].type == "Float"
        assert file.header.info[KEY].description.endswith("columns: " + "|".join(TRACKS))
        after = list(file)
        near = [record.pos for record in file.fetch("20", 2_577_795, 2_577_796)]
    assert [str(record).split("\t")[:7] for record in after] == [
        str(record).split("\t")[:7] for record in before
    ]
    assert [str(record).split("\t")[8:] for record in after] == [
        str(record).split("\t")[8:] for record in before
    ]
    assert [record.info["LSC_STATUS"] for record in after] == [("ok",)] * len(before)
    found = np.array([record.info[KEY] for record in after])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert near == [2_577_796]


def test_bcftools_reads_and_filters_the_vcf(folder, expected):
    path = str(folder / "scores.vcf.gz")
    text = bcftools.query("-f", f"%POS\t%INFO/{KEY}\n", path)
    values = [line.split("\t")[1].split(",") for line in text.splitlines()]
    np.testing.assert_allclose(np.array(values, float), expected, atol=1e-5)
    largest = float(np.sort(np.abs(expected[:, 0]))[-3]) - 1e-4
    kept = bcftools.view("-H", "-i", f"abs(INFO/{KEY}[0])>{largest}", path)
    assert len(kept.splitlines()) == 3
    assert bcftools.index("--nrecords", path).strip() == str(len(expected))


def test_polars_reads_the_parquet(folder, expected):
    table = pl.read_parquet(folder / "scores.parquet")
    columns = [f"diff/{track}" for track in TRACKS]
    np.testing.assert_allclose(table.select(columns).to_numpy(), expected, atol=1e-5)
    records = list(pysam.VariantFile(str(folder / "region.vcf")))
    alleles = [(r.chrom, r.pos, r.id, r.ref, r.alts[0]) for r in records]
    assert table.select("chrom", "pos", "id", "ref", "alt").rows() == alleles
    assert table["status"].unique().to_list() == ["ok"]

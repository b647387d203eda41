"""Measured tracks against a loop over bases."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope import demo
from locuscope.errors import InputError, OptionError, OutOfBoundsError, UnknownNameError
from locuscope.genome.interval import Interval

HEADS = {"exon_inclusion": 108, "dnase": 1, "atac": 6}
SPANS = [
    Interval("20", 2_569_999, 2_590_000),
    Interval("20", 999_000, 1_003_000),
    Interval("20", 3_998_900, 4_002_100),
    Interval("20", 1_869_700, 1_870_100),
    Interval("20", 990_000, 990_001),
]


def by_loop(where: Interval) -> dict[str, np.ndarray]:
    """Lay every region over the bases one after the other."""
    place = demo.path("chr20_measured.parquet")
    tracks = json.loads(pl.read_parquet_metadata(place)["tracks"])
    answer = {
        name: np.full((where.width, n), np.nan, dtype=np.float32) for name, n in HEADS.items()
    }
    inside = (np.arange(where.start, where.end) >= 1_000_000) & (
        np.arange(where.start, where.end) < 4_000_000
    )
    answer["dnase"][inside] = 0
    for output, start, end, strand, values in pl.read_parquet(place).iter_rows():
        strands = [row["strand"] for row in tracks if row["output_name"] == output]
        columns = [k for k, s in enumerate(strands) if s == strand]
        for base in range(max(start, where.start), min(end, where.end)):
            if inside[base - where.start]:
                row = answer[output][base - where.start]
                row[columns] = np.fmax(row[columns], np.array(values, dtype=np.float32))
    return answer


def values(outputs, name: str, resolution: int) -> np.ndarray:
    return outputs.head(name)[resolution].numpy()[0]


@pytest.mark.parametrize("where", SPANS, ids=str)
def test_base_values_are_those_of_the_regions(where):
    found = demo.measured(where)
    wanted = by_loop(where)
    for name in HEADS:
        np.testing.assert_array_equal(values(found, name, 1), wanted[name])


@pytest.mark.parametrize("resolution", [7, 128, 1000, 1_000_000])
@pytest.mark.parametrize("where", SPANS, ids=str)
def test_bins_are_means_over_measured_bases(where, resolution):
    found = demo.measured(where, resolution_bp=resolution)
    wanted = by_loop(where)
    for name in HEADS:
        bins = [wanted[name][at : at + resolution] for at in range(0, where.width, resolution)]
        present = [(~np.isnan(b)).sum(axis=0) for b in bins]
        means = np.array(
            [
                np.where(n > 0, np.nansum(b, axis=0, dtype=np.float64) / np.maximum(n, 1), np.nan)
                for b, n in zip(bins, present, strict=True)
            ]
        )
        np.testing.assert_allclose(values(found, name, resolution), means, rtol=2e-6, atol=1e-7)


def test_the_overview_is_1_to_4_mb_in_bins_of_128():
    outputs = demo.measured()
    assert outputs.interval == Interval("20", 1_000_000, 4_000_000)
    for name, n_tracks in HEADS.items():
        assert values(outputs, name, 128).shape == (23_438, n_tracks)


def test_tracks_say_what_they_are():
    outputs = demo.measured("20:2,570,000-2,590,000")
    assert outputs.interval == Interval.parse("20:2,570,000-2,590,000")
    exons = outputs.head("exon_inclusion")[1]
    assert exons.num_tracks == 108
    assert exons.column("strand") == ["+"] * 54 + ["-"] * 54
    assert len(set(exons.column("gtex_tissue"))) == 54
    assert set(exons.column("data_source")) == {"GTEx"}
    assert set(outputs.head("atac")[1].column("biosample_name")) >= {"monocyte", "B cell"}
    for name in HEADS:
        assert set(outputs.head(name)[1].column("evidence")) == {"measured"}


def test_exon_inclusion_differs_between_tissues():
    """The exon of TMC2 at 2,575,471 is included in brain and testis, and silent in liver."""
    exons = demo.measured(Interval("20", 2_575_470, 2_575_613)).head("exon_inclusion")[1]
    by_tissue = {
        tissue: float(exons.select(biosample_name=tissue, strand="+").numpy().mean())
        for tissue in ("Brain - Cortex", "Testis", "Liver")
    }
    assert by_tissue["Brain - Cortex"] == pytest.approx(0.56, abs=0.01)
    assert by_tissue["Testis"] == pytest.approx(0.78, abs=0.01)
    assert by_tissue["Liver"] == 0


def test_the_recipe_counts():
    table = pl.read_parquet(demo.path("chr20_measured.parquet"))
    counts = dict(
        table.group_by("output_name", "strand")
        .len()
        .select(pl.col("output_name") + pl.col("strand"), "len")
        .iter_rows()
    )
    assert counts == {"exon_inclusion+": 552, "exon_inclusion-": 567, "dnase.": 232, "atac.": 15}
    psi = np.array(table.filter(pl.col("output_name") == "exon_inclusion")["values"].to_list())
    assert psi.size == 60_426
    assert np.isfinite(psi).all()
    assert (psi == 0).sum() == 22_414
    assert (np.ptp(psi, axis=1) > 0.5).sum() == 880


def test_too_much_is_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"1,380 MB.*resolution_bp"):
        demo.measured(Interval("20", 1_000_000, 4_000_000))


@pytest.mark.parametrize("resolution", [0, -1, 1.5, True])
def test_a_resolution_outside_its_range(resolution):
    with pytest.raises(OptionError, match="resolution_bp"):
        demo.measured(SPANS[0], resolution_bp=resolution)


def test_an_interval_outside_the_slice():
    with pytest.raises(OutOfBoundsError, match="outside the embedded slice"):
        demo.measured(Interval("20", 0, 1_000))


def test_dnase_is_zero_between_sites_and_unknown_outside():
    track = demo.dnase()
    assert track is demo.dnase("strength")
    around = track.values(Interval("20", 989_000, 991_000))
    assert np.isnan(around[:1_000]).all()
    assert not np.isnan(around[1_000:]).any()
    assert (track.values(Interval("20", 1_000_000, 1_100_000)) == 0).any()


def test_an_unknown_kind_of_dnase():
    with pytest.raises(UnknownNameError, match="breadth"):
        demo.dnase("bredth")

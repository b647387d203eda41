"""The measured tracks: coordinates, description of tracks and the file."""

from __future__ import annotations

import json

import polars as pl

from locuscope.demo import build_measured


def test_exon_inclusion_counts_from_one_and_keeps_what_overlaps():
    text = [
        "Chromosome,Start,End,Strand,gene_id,gene_name,Liver,Testis\n",
        "chr20,999900,1000000,+,G,g,0.5,1\n",
        "chr20,999900,1000001,+,G,g,0.25,1\n",
        "chr20,4000000,4000100,-,G,g,0,0.75\n",
        "chr20,4000001,4000100,-,G,g,0,0.75\n",
        "chr1,2000000,2000100,-,G,g,0,0.75\n",
    ]
    tissues, exons = build_measured.read_exon_inclusion(text)
    assert tissues == ["Liver", "Testis"]
    assert [(e.start, e.end, e.strand, e.values) for e in exons] == [
        (999_899, 1_000_001, "+", (0.25, 1.0)),
        (3_999_999, 4_000_100, "-", (0.0, 0.75)),
    ]


def test_blood_regions_must_lie_inside():
    text = [
        "# comment\n",
        "loc\tMono\tEry\n",
        "chr20:1000000-1000200\t1.5\t-0.5\n",
        "chr20:999999-1000199\t1\t1\n",
        "chr2:2000000-2000200\t1\t1\n",
    ]
    cells, regions = build_measured.read_blood_atac(text)
    assert cells == ["Mono", "Ery"]
    assert [(r.start, r.end, r.values) for r in regions] == [(1_000_000, 1_000_200, (1.5, -0.5))]


def test_tracks_are_described_in_the_order_of_their_values():
    tracks = build_measured.describe_tracks(
        ["Liver", "Cells - EBV-transformed lymphocytes"], ["Mono"]
    )
    assert [t["strand"] for t in tracks] == ["+", "+", "-", "-", ".", "."]
    assert tracks[0]["gtex_tissue"] == "Liver"
    assert tracks[1]["gtex_tissue"] == "Cells_EBV-transformed_lymphocytes"
    assert tracks[1]["biosample_type"] == "cell_line"
    assert len({t["track_name"] for t in tracks}) == len(tracks)


def test_the_parquet_round_trip_keeps_values_and_tracks(tmp_path):
    regions = [
        build_measured.Region("atac", 5, 9, ".", (0.5, -1.25)),
        build_measured.Region("dnase", 7, 9, ".", (1.0,)),
    ]
    content = build_measured.parquet_bytes(regions, [{"track_name": "a", "output_name": "atac"}])
    assert content == build_measured.parquet_bytes(
        regions, [{"output_name": "atac", "track_name": "a"}]
    )
    (tmp_path / "x.parquet").write_bytes(content)
    table = pl.read_parquet(tmp_path / "x.parquet")
    assert table.rows() == [("atac", 5, 9, ".", [0.5, -1.25]), ("dnase", 7, 9, ".", [1.0])]
    assert json.loads(pl.read_parquet_metadata(tmp_path / "x.parquet")["tracks"]) == [
        {"output_name": "atac", "track_name": "a"}
    ]

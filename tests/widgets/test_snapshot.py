"""The fallback picture: it decodes, it is small, and it shows what the view shows."""

from __future__ import annotations

import io
import time
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from PIL import Image

from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.widgets.snapshot import WIDTH, picture
from locuscope.widgets.snapshot_marks import MOST_GENE_ROWS, PlotPlace, pack_genes


def decode(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def has(pixels, colour, *, rows=slice(None)):
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((pixels[rows] == wanted).all(axis=2).any())


@pytest.fixture
def genes():
    exons = [
        ("20", 2_570_100 + 40 * i, 2_570_400 + 40 * i, "+-"[i % 2], f"G{i}", f"GENE{i}", f"T{i}", 1)
        for i in range(8)
    ]
    columns = [
        "chrom",
        "start",
        "end",
        "strand",
        "gene_id",
        "gene_name",
        "transcript_id",
        "exon_number",
    ]
    return Genes.from_tables(pl.DataFrame(exons, schema=columns, orient="row"))


@pytest.fixture
def full(browse, toy, alternative, genes):
    variants = [
        Variant("20", 2_571_001, "G", "A", id="rs1"),
        Variant("20", 2_572_001, "G", "GA", id="rs2"),
        Variant("20", 2_573_001, "GT", "G", id="rs3"),
    ]
    return browse(toy, alt=alternative, genes=genes, variants=variants, title="Two < three")


@pytest.mark.parametrize("mode", ["ref", "alt", "diff", "overlay", "log2FC"])
def test_every_mode_gives_a_small_picture(full, mode):
    full.mode = mode
    png = picture(full)
    pixels = decode(png)
    assert len(png) <= 60_000
    assert pixels.shape[1] == WIDTH
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20
    expected = {"diff": "#0b4f9e", "log2FC": "#0b4f9e", "alt": "#c24a00", "overlay": "#6e7781"}
    assert has(pixels, expected.get(mode, "#00795a"))


def test_the_picture_is_the_same_each_time_and_differs_with_the_view(full):
    first = picture(full)
    assert picture(full) == first
    full.goto("20:2,571,001-2,571,400")
    assert picture(full) != first


def test_a_highlighted_variant_is_in_accent_with_a_band(full):
    assert not has(decode(picture(full)), "#0b5cad")
    full.goto("rs1")
    pixels = decode(picture(full))
    assert has(pixels, "#0b5cad")
    assert has(pixels, "#e4edf6")


def test_a_single_base_is_visible_in_a_wide_view(browse, toys):
    values = np.zeros((1, 1_000_000, 1), dtype=np.float32)
    values[0, 654_321] = 1
    where = Interval("20", 0, 1_000_000)
    browser = browse(toys.named(values, "atac", 1, [{"track_name": "a"}], where=where))
    empty = browse(toys.named(values * 0, "atac", 1, [{"track_name": "a"}], where=where))
    assert (decode(picture(browser)) != decode(picture(empty))).any()


def test_missing_values_look_missing_and_zero_looks_zero(browse, toys):
    rows = [{"track_name": "a"}]
    shapes = {}
    for name, value in (("gap", np.nan), ("zero", 0.0)):
        browser = browse(toys.named(np.full((1, 4_000, 1), value), "atac", 1, rows))
        shapes[name] = decode(picture(browser))
    assert (shapes["gap"] != shapes["zero"]).sum() > 1_000


@pytest.mark.parametrize("n_tracks", [1, 40, 41, 130])
def test_any_number_of_lanes(browse, toys, n_tracks):
    rows = [{"track_name": f"track {i}"} for i in range(n_tracks)]
    values = np.random.default_rng(0).random((1, 125, n_tracks))
    browser = browse(toys.named(values, "atac", 32, rows), max_lanes=500)
    browser.visible = list(range(n_tracks))
    pixels = decode(picture(browser))
    lanes = min(n_tracks, 100)
    assert pixels.shape[0] >= lanes * (14 if n_tracks > 40 else 46)
    assert pixels.shape[0] <= 2_000


def test_no_tracks_and_no_match_say_so(browse, toy):
    empty = browse(interval=Interval("20", 100, 200))
    nothing = browse(toy, query="no such thing")
    assert decode(picture(empty)).shape == decode(picture(nothing)).shape
    assert (decode(picture(empty)) != decode(picture(nothing))).any()


@pytest.mark.fault("X2")
def test_hostile_names_are_only_ink(browse, toys):
    names = [toys.hostile, "\u202e\u0000\n", "A" * 10_000, "\U0001f9ec"]
    rows = [{"track_name": name, "biosample_name": name, "assay_title": name} for name in names]
    browser = browse(
        toys.named(np.zeros((1, 125, 4)), toys.hostile, 32, rows),
        title=toys.hostile * 30,
        variants=[Variant("20", 2_571_001, "G", "A", id=toys.hostile)],
    )
    png = browser.to_png()
    assert b"__pwned" not in png
    assert decode(png).shape[1] == WIDTH


def test_to_png_writes_the_bytes_and_scales(full, tmp_path):
    path = tmp_path / "view.png"
    png = full.to_png(path, scale=2)
    assert path.read_bytes() == png
    assert decode(png).shape[1] == 2 * WIDTH


def test_twenty_lanes_are_quick(browse, toys):
    """The budget is 50 ms; ten times that still tells a loop over pixels from a painter."""
    rows = [{"track_name": f"t{i}"} for i in range(20)]
    values = np.random.default_rng(0).random((1, 20_000, 20))
    where = Interval("20", 0, 20_000)
    browser = browse(toys.named(values, "atac", 1, rows, where=where))
    browser.visible = list(range(20))
    picture(browser)
    start = time.perf_counter()
    png = picture(browser)
    assert time.perf_counter() - start < 0.5
    assert len(png) <= 60_000


def test_genes_are_packed_without_overlap(genes):
    where = Interval("20", 2_570_000, 2_574_000)
    place = PlotPlace(where, 180, 768)
    lane = genes.lane(where)
    placed, n_hidden = pack_genes(lane, place)
    assert len(placed) + n_hidden == 8
    assert {gene.row for gene in placed} <= set(range(MOST_GENE_ROWS))
    for row in range(MOST_GENE_ROWS):
        spans = sorted((min(g.label_x, g.x0), g.x1) for g in placed if g.row == row)
        assert all(a[1] < b[0] for a, b in pairwise(spans))


def test_a_gene_that_begins_before_the_view_keeps_its_name_at_the_edge(genes):
    where = Interval("20", 2_570_300, 2_570_320)
    place = PlotPlace(where, 180, 768)
    placed, _ = pack_genes(genes.lane(where), place)
    assert placed
    assert all(gene.label_x >= 180 for gene in placed)

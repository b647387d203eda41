"""What hits add up to, and how they leave as columns and bigWig."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from locuscope.errors import (
    InputError,
    MissingContigError,
    OptionError,
    ShapeError,
    UnknownNameError,
)
from locuscope.genome.bigwig import BigWig
from locuscope.genome.interval import Interval
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.hit_views import file_name, fitted_atoms
from locuscope.motifs.hits import Hits
from tests.motifs import hit_cases
from tests.oracles import hit_rules_oracle

LENGTHS = {"chr1": 5000, "chr2": 5000}


@pytest.fixture(scope="module")
def hits() -> Hits:
    return call_hits(hit_cases.contributions(), hit_cases.motifs(), post_filter=False)


def masked(use_hypothetical: bool) -> np.ndarray:
    scores, one_hot = hit_cases.arrays()
    return scores if use_hypothetical else scores * one_hot


@pytest.mark.parametrize("use_hypothetical", [False, True])
@pytest.mark.parametrize("cwm_norm", ["window", "core"])
@pytest.mark.parametrize("edge", ["drop", "core"])
def test_what_hits_explain_is_what_the_solver_says(use_hypothetical, cwm_norm, edge):
    given = hit_cases.contributions()
    hits = call_hits(
        given,
        hit_cases.motifs(),
        use_hypothetical=use_hypothetical,
        cwm_norm=cwm_norm,
        edge=edge,
        post_filter=False,
    )
    values = masked(use_hypothetical)
    rest = ((values - hits.reconstruct(given)) ** 2).sum(axis=(1, 2))
    whole = (values**2).sum(axis=(1, 2))
    explained = hits.qc["explained"].to_list()
    assert explained[3] is None
    for region in (0, 1, 2, 4):
        assert explained[region] == pytest.approx(1 - rest[region] / whole[region], abs=1e-5)


def test_the_sum_equals_the_slow_one(hits):
    given = hit_cases.contributions()
    found = hits.reconstruct(given)
    assert found.dtype == np.float32
    assert found.shape == given.shape
    _, one_hot = hit_cases.arrays()
    columns = ("motif_id", "hit_start", "hit_coefficient", "hit_importance_sq")
    for region in range(5):
        rows = hits.region(region)
        scale = rows.qc["global_scale"][0]
        slow = hit_rules_oracle.fitted(
            rows.table.select(columns).rows(), fitted_atoms(hits), one_hot[region], scale
        )
        np.testing.assert_allclose(found[region], slow, atol=1e-6)


def test_a_part_of_the_hits_adds_up_to_less(hits):
    given = hit_cases.contributions()
    none = hits.select([False] * len(hits)).reconstruct(given)
    assert not none.any()
    parts = [hits.select(hits.table["motif_id"] == motif) for motif in range(4)]
    total = sum(part.reconstruct(given) for part in parts)
    np.testing.assert_allclose(total, hits.reconstruct(given), atol=1e-6)


def test_some_regions_are_summed_by_their_numbers():
    ids = np.array([40, 7, 300, 2, 11], np.uint32)
    given = hit_cases.contributions(peak_ids=ids)
    hits = call_hits(given, hit_cases.motifs())
    whole = hits.reconstruct(given)
    np.testing.assert_array_equal(hits.reconstruct(given[[4, 0]]), whole[[4, 0]])


def test_square_roots_are_fitted_as_square_roots():
    given = hit_cases.contributions()
    hits = call_hits(given, hit_cases.motifs(), sqrt_transform=True, post_filter=False)
    values = masked(use_hypothetical=False)
    roots = np.sign(values) * np.sqrt(np.abs(values))
    rest = ((roots - hits.reconstruct(given)) ** 2)[4].sum() / (roots[4] ** 2).sum()
    assert hits.qc["explained"][4] == pytest.approx(1 - rest, abs=1e-5)
    norms = np.sqrt((fitted_atoms(hits) ** 2).sum(axis=(1, 2)))
    np.testing.assert_allclose(norms, 1.0, rtol=1e-12)


def test_regions_of_another_length_or_number_are_refused(hits):
    given = hit_cases.contributions()
    with pytest.raises(ShapeError, match="positions"):
        hits.reconstruct(given.crop(20))
    with pytest.raises(UnknownNameError, match="region 77"):
        hits.reconstruct(hit_cases.contributions(peak_ids=np.array([0, 1, 77, 3, 4])))


def test_columns_of_a_place(hits):
    place = Interval("chr2", 1000, 1030)
    found = hits.overlay(place)
    types = {name: str(column.dtype) for name, column in found.items()}
    assert types == {
        "start": "uint32",
        "end": "uint32",
        "row": "uint32",
        "motif": "uint16",
        "strand": "int8",
        "coefficient": "float32",
        "coefficient_global": "float32",
        "similarity": "float32",
        "importance": "float32",
    }
    table = hits.table
    inside = (table["chr"] == "chr2") & (table["start"] < 1030) & (table["end"] > 1000)
    assert sorted(found["row"].tolist()) == np.flatnonzero(inside.to_numpy()).tolist()
    assert (np.diff(found["start"].astype(int)) >= 0).all()
    for row, start, strand in zip(found["row"], found["start"], found["strand"], strict=True):
        assert table["start"][int(row)] == start
        assert table["strand"][int(row)] == ("+" if strand == 1 else "-")


def test_columns_of_a_region_count_from_its_start(hits):
    found = hits.overlay(4)
    rows = hits.table.filter(pl.col("peak_id") == 4).sort("core_start")
    assert found["start"].tolist() == rows["core_start"].to_list()
    assert found["motif"].tolist() == rows["motif_id"].to_list()


def test_a_region_read_backwards_turns_its_hits_round():
    forward = call_hits(hit_cases.contributions(), hit_cases.motifs())
    places = hit_cases.places("-----")
    backward = call_hits(hit_cases.contributions(intervals=places), hit_cases.motifs())
    assert hit_cases.keys(forward) == hit_cases.keys(backward)
    ends = {peak: place.end for peak, place in enumerate(places)}
    for row, other in zip(
        forward.table.iter_rows(named=True), backward.table.iter_rows(named=True), strict=True
    ):
        end = ends[row["peak_id"]]
        assert (other["start"], other["end"]) == (end - row["core_end"], end - row["core_start"])
        assert other["end_untrimmed"] == end - row["hit_start"]
        assert {other["strand"], row["strand"]} == {"+", "-"}
    np.testing.assert_array_equal(forward.overlay(4)["strand"], backward.overlay(4)["strand"])


def test_an_overlay_of_an_interval_needs_places():
    scores, one_hot = hit_cases.arrays()
    bare = call_hits(scores, hit_cases.motifs(), sequences=one_hot)
    with pytest.raises(InputError, match="genomic places"):
        bare.overlay(Interval("chr1", 0, 10))
    assert len(bare.overlay(0)["start"])
    with pytest.raises(UnknownNameError, match="region 5"):
        bare.overlay(5)


def test_a_bigwig_per_motif(hits, tmp_path):
    folder = hits.to_bigwig(tmp_path / "tracks", LENGTHS)
    assert sorted(path.name for path in folder.iterdir()) == ["AP1.bw", "GATA%2F1.bw"]
    for name in ("AP1", "GATA/1"):
        track = BigWig(folder / f"{file_name(name)}.bw")
        values = track.values(Interval("chr2", 990, 1070))
        wanted = np.full(80, np.nan, np.float32)
        rows = hits.table.filter((pl.col("motif_name") == name) & (pl.col("peak_id") == 0))
        for row in rows.iter_rows(named=True):
            span = slice(row["start"] - 990, row["end"] - 990)
            wanted[span] = np.fmax(wanted[span], np.float32(row["hit_coefficient_global"]))
        np.testing.assert_array_equal(values, wanted)


def test_one_bigwig_of_all_motifs(hits, tmp_path):
    path = hits.to_bigwig(tmp_path / "all.bw", LENGTHS, per_motif=False, value="hit_similarity")
    values = BigWig(path).values(Interval("chr1", 100, 200))
    rows = hits.table.filter(pl.col("chr") == "chr1")
    assert np.nanmax(values) == rows["hit_similarity"].max()


def test_bigwig_refusals(hits, tmp_path):
    with pytest.raises(OptionError, match="value"):
        hits.to_bigwig(tmp_path / "a", LENGTHS, value="start")
    with pytest.raises(InputError, match="no hit"):
        hits.select([False] * len(hits)).to_bigwig(tmp_path / "a", LENGTHS)
    with pytest.raises(MissingContigError):
        hits.to_bigwig(tmp_path / "a", {"chr1": 5000})
    scores, one_hot = hit_cases.arrays()
    bare = call_hits(scores, hit_cases.motifs(), sequences=one_hot)
    with pytest.raises(InputError, match="places"):
        bare.to_bigwig(tmp_path / "a", LENGTHS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("AP1", "AP1"),
        ("Sp/KLF", "Sp%2FKLF"),
        ("a%2Fb", "a%252Fb"),
        ("../x", "..%2Fx"),
        ("..", "%2E%2E"),
        ('<a|b>:*?"\\', "%3Ca%7Cb%3E%3A%2A%3F%22%5C"),
    ],
)
def test_names_of_files(name, file):
    assert file_name(name) == file

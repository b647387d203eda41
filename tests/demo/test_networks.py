"""The embedded network and catalogues are the ones that the other rooms give."""

from __future__ import annotations

import numpy as np
import pytest

import locuscope as lsc
from locuscope import demo
from locuscope.demo import networks
from locuscope.errors import UnknownNameError
from locuscope.models import zoo
from locuscope.tracks.metadata import TrackMetadataCatalog


def test_a_network_is_the_one_of_the_zoo():
    assert demo.model() is lsc.load_model("cispliceai")
    assert demo.model("mtsplice") is lsc.load_model("mtsplice")


def test_names_and_files_are_those_of_the_zoo():
    embedded = {name: file for name, file in zoo.EMBEDDED.items() if file is not None}
    assert embedded == networks.WEIGHTS


def test_a_catalogue_is_the_built_in_one():
    assert demo.catalog("borzoi") == TrackMetadataCatalog.load_builtin("borzoi")


def test_a_network_without_embedded_weights_is_unknown():
    with pytest.raises(UnknownNameError, match="cispliceai"):
        demo.model("spliceai")


def test_an_unknown_catalogue():
    with pytest.raises(UnknownNameError, match="human"):
        demo.catalog("mouse")


@pytest.fixture(scope="module")
def scored():
    """Alleles within three bases of a splice site, and their scores, as the tour makes them."""
    table = demo.variants(near_sites_bp=3)
    options = {"genes": demo.genes(collapsed=True), "distance": 50}
    scores = lsc.score_variants(
        demo.model(), table, demo.genome(), scores=["splice_delta"], score_kwargs=[options]
    )
    return table, scores.parts["splice_delta"]


@pytest.fixture(scope="module")
def story(scored):
    """(id, gene) -> row of scores."""
    table, parts = scored
    return {(table.table["id"][part["row"]], part["gene"]): part for part in parts.to_dicts()}


@pytest.mark.parametrize("row", range(10))
def test_the_story_is_reproduced(story, row):
    wanted = demo.showcase().iloc[row]
    part = story[wanted["id"], wanted["gene"]]
    assert part[wanted["score"]] == pytest.approx(wanted["member0"], abs=2e-3)
    assert part[wanted["score"].replace("DS", "DP")] == wanted["offset_bp"]
    assert part["strand"] == wanted["strand"]


def test_strong_changes_beside_junctions_are_few(scored):
    """Most variants next to a junction do little: 13 of 42 pairs reach 0.05, 6 reach 0.5."""
    table, parts = scored
    by_gene = demo.genes(collapsed=True).splice_sites().group_by("gene_id").agg("position")
    sites = {gene: np.array(places) for gene, places in by_gene.iter_rows()}
    largest = []
    for part in parts.iter_rows(named=True):
        row = table.table.row(part["row"], named=True)
        start, end = row["pos"] - 1, row["pos"] - 1 + len(row["ref"])
        # An allele inside two genes stands beside a site of one of them, or of both.
        if ((sites[part["gene_id"]] >= start - 3) & (sites[part["gene_id"]] < end + 3)).any():
            largest.append(max(part[name] for name in ("DS_AG", "DS_AL", "DS_DG", "DS_DL")))
    assert len(largest) == 42
    counts = [sum(value >= floor for value in largest) for floor in (0.05, 0.2, 0.5, 0.95)]
    assert counts == [13, 8, 6, 5]

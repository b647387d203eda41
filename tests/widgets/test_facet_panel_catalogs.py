"""The panel on the tables of published models, against pandas and against `select`."""

from __future__ import annotations

import random

import pytest

from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.widgets.panel_state import PANEL_TRAITS
from tests.tracks.stand_in import SHARED, needs_shared

FIELDS = ("assay_title", "biosample_name", "biosample_type", "strand", "output_name", "data_source")


def filter_sets(frame, n_sets, seed):
    """Random includes and excludes of values that occur, missing among them."""
    rng = random.Random(seed)
    for _ in range(n_sets):
        rules = {}
        for field in rng.sample(FIELDS, rng.randint(1, 3)):
            if field not in frame or frame[field].isna().all():
                continue
            values = known(frame, field)
            chosen = rng.sample(values, min(len(values), rng.randint(1, 4)))
            rules[field] = {rng.choice(["in", "in", "not"]): chosen}
        yield rules


def known(frame, field):
    """Values of a field in the order of the table; None when some are missing."""
    values = frame[field].drop_duplicates()
    return [*values.dropna(), *([None] if values.isna().any() else [])]


def kept(frame, rules):
    """The rows that pandas keeps."""
    mask = frame["track_name"].notna()
    for field, rule in rules.items():
        for kind, values in rule.items():
            found = frame[field].isin([v for v in values if v is not None])
            if None in values:
                found |= frame[field].isna()
            mask &= found if kind == "in" else ~found
    return frame.index[mask].tolist()


@pytest.mark.parametrize("name", ["human", "borzoi"])
def test_a_hundred_filter_sets_are_those_of_pandas(facet, name):
    panel = facet(TrackMetadataCatalog.load_builtin(name))
    frame = panel.to_dataframe()
    n_found = 0
    for rules in filter_sets(frame, 100, seed=11):
        panel.filters = rules
        assert panel.result.tolist() == kept(frame, rules), rules
        assert panel.result_count == len(panel.result)
        n_found += panel.result_count > 0
    assert n_found > 50


def test_applying_is_selecting_on_the_human_catalogue(facet):
    catalog = TrackMetadataCatalog.load_builtin("human")
    panel = facet(catalog)
    frame = panel.to_dataframe()
    for rules in filter_sets(frame, 40, seed=5):
        includes = {field: rule["in"] for field, rule in rules.items() if "in" in rule}
        panel.filters = includes
        chosen, expected = (
            panel.apply(allow_empty=True),
            catalog.select(allow_empty=True, **includes),
        )
        assert chosen == expected or (chosen.is_empty() and expected.is_empty())


@needs_shared
def test_human_and_mouse_stand_side_by_side(facet, monkeypatch):
    monkeypatch.setenv("LOCUSCOPE_CATALOGS", str(SHARED))
    both = TrackMetadataCatalog.load_builtin()
    panel = facet(both, fields=["organism", "output_name"])
    assert panel.info["organisms"] == [0, 1]
    assert panel.source.catalog.categories["organism"].values == ("0", "1")
    everything = panel.result_count
    panel.filters = {"organism": 1}
    assert panel.result_count == everything - 5_563
    assert panel.apply().organisms == [1]
    panel.filters = {"output_name": "atac"}
    counts = panel.to_dataframe()["organism"].value_counts().to_dict()
    assert counts == {0: 167, 1: 18}


def test_the_state_of_a_large_catalogue_is_small(facet):
    panel = facet(TrackMetadataCatalog.load_builtin("borzoi"), query="liver")
    assert len(str(panel.get_state(PANEL_TRAITS))) < 1_000
    assert panel.part.size_bytes < 1_000_000

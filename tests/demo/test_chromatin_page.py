"""The page on the chromatin networks: its code runs and its numbers are those of the cards."""

from __future__ import annotations

import re

from locuscope.demo.network_check import SPECIES
from locuscope.models.chromatin import load_chromatin
from tests.tracks.page_blocks import Page

PAGE = Page("chromatin_networks.md")


def test_the_code_runs_and_the_stated_values_hold():
    assert PAGE.run({}) == 2


def test_every_row_of_the_tables_is_that_of_a_card():
    rows = re.findall(
        r"^\| `([\w:]+)` \| ([\d.]+) \[([\d.]+), ([\d.]+)\] \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) ",
        PAGE.text,
        re.MULTILINE,
    )
    cards = {
        track: row
        for name in SPECIES
        for track, row in load_chromatin(name).card["metrics"]["tracks"].items()
    }
    assert {row[0] for row in rows} == set(cards)
    for track, *numbers in rows:
        card = cards[track]
        wanted = [
            card["auroc"],
            *card["auroc_interval"],
            card["auprc"],
            card["baselines"]["gc_cpg"],
            card["baselines"]["pwm_max"],
        ]
        assert numbers == [f"{value:.3f}" for value in wanted], track


def test_it_says_what_the_networks_are_not():
    for words in ("one chromosome", "distal", "not for diagnosis", "rank, not a frequency"):
        assert words in PAGE.text

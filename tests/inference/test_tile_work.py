"""A region as work: the one head it is of, and everything that decides its bytes."""

from __future__ import annotations

import pytest

from locuscope.errors import OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.selection import choose
from locuscope.inference.tile_work import region_choice, with_bins
from tests.inference.test_tile_jobs import PLACES, work_of


def test_facts_name_what_decides_the_bytes(bases, genome):
    one = work_of(bases, genome, PLACES[0]).facts()
    assert one == work_of(bases, genome, PLACES[0]).facts()
    assert one != work_of(bases, genome, PLACES[1]).facts()
    assert one["n_bins"] == 300
    for key in ("model_digest", "genome", "channels", "tracks", "ensemble", "width_bp", "crop_bp"):
        assert key in one


class TestChoice:
    def test_the_finest_bins_of_the_only_head(self, bins):
        found = region_choice(bins, ["cov"], None, None, 0)
        assert found.keys == (1,)
        assert region_choice(bins, ["cov"], None, 4.0, 0).keys == (4,)
        assert region_choice(bins, ["cov"], ["cov:1"], None, 0).rows.tolist() == [1]

    def test_heads_that_cannot_be_tiled(self, bins, pairs):
        for model in (bins, pairs):
            for choice in choose(model):
                if choice.spec.name == "cov":
                    assert with_bins(model, choice).keys == (1,)
                    continue
                with pytest.raises(OptionError, match="no bins along the sequence"):
                    with_bins(model, choice)

    def test_a_contig_without_a_base_is_checked(self, bases):
        genome = Genome.from_sequences({"1": "A" * 100})
        work_of(bases, genome, Interval("1", 0, 100)).check()

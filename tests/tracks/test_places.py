"""Where named values lie: places of examples, what bins cover, and that nothing loses them."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import ShapeError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.tracks import NamedOutputHead, NamedOutputs, TrackMetadataCatalog
from locuscope.tracks.places import as_places, check_examples, covered_places, only_place
from tests.tracks.named_toy import catalog, named
from tests.tracks.stand_in import raw_outputs

PLACE = Interval("7", 1_000, 1_004, "-", "here")
OTHER = Interval("7", 5_000, 5_004)


class TestAsPlaces:
    def test_a_tuple_of_any_sequence(self):
        assert as_places(None) is None
        assert as_places([PLACE, OTHER]) == (PLACE, OTHER)
        assert as_places(iter([PLACE])) == (PLACE,)
        assert as_places(()) == ()

    @pytest.mark.parametrize(
        ("given", "found"), [(PLACE, "Interval"), (["7:1-4"], "str"), ([PLACE, None], "NoneType")]
    )
    def test_anything_else_is_refused(self, given, found):
        words = rf"one Interval per example, like \[interval\]; found {found}"
        with pytest.raises(WrongTypeError, match=words):
            as_places(given)

    def test_only_one(self):
        assert only_place((PLACE,)) == PLACE
        assert only_place((PLACE, OTHER)) is None
        assert only_place(()) is None
        assert only_place(None) is None

    def test_one_per_example(self):
        check_examples((PLACE, OTHER), 2, "atac")
        check_examples(None, 2, "atac")
        with pytest.raises(ShapeError, match="1 intervals for 2 examples of 'atac'") as caught:
            check_examples((PLACE,), 2, "atac")
        assert (caught.value.found, caught.value.expected) == (1, 2)


class TestCovered:
    @given(st.integers(1, 500), st.sampled_from([1, 2, 128]), st.integers(-9, 9_999))
    def test_bins_begin_at_the_place_and_hold_all_of_it(self, width, resolution, start):
        place = Interval("7", start, start + width, "+")
        n_bins = -(-width // resolution)
        (covered,) = covered_places((place,), torch.zeros(1, n_bins, 3), "atac", resolution, -1)
        assert covered.start == place.start
        assert place.end <= covered.end < place.end + resolution
        assert covered.width == n_bins * resolution
        assert (covered.strand, covered.name) == (place.strand, place.name)

    def test_the_axis_of_the_bins(self):
        first = torch.zeros(1, 3, 2)
        assert covered_places((PLACE,), first, "atac", 2, 1) == (PLACE,)
        assert covered_places((PLACE,), first.transpose(1, 2), "atac", 2, -1) == (PLACE,)
        maps = torch.zeros(1, 1, 1, 28)
        (square,) = covered_places((PLACE,), maps, "contact_maps", 2048, -1)
        assert (square.start, square.width) == (1_000, 2_048)

    @pytest.mark.parametrize(
        ("tensor", "name", "resolution"),
        [
            (torch.zeros(1, 3), "cells", 0),
            (torch.zeros(1, 1, 3), "cells", 0),
            (torch.zeros(1, 3), "atac", 128),
            (torch.zeros(1, 9, 9, 3), "splice_junctions", 1),
        ],
    )
    def test_values_without_bins_lie_at_the_place(self, tensor, name, resolution):
        assert covered_places((PLACE,), tensor, name, resolution, -1) == (PLACE,)

    def test_no_place(self):
        assert covered_places(None, torch.zeros(1, 9, 3), "atac", 1, -1) is None

    def test_bins_that_do_not_span_the_place(self):
        with pytest.raises(ShapeError, match=r"atac has 9 bins of 1 bp; .* of 4 bp needs 4") as e:
            covered_places((PLACE,), torch.zeros(1, 9, 3), "atac", 1, -1)
        assert (e.value.found, e.value.expected) == (9, 4)


def outputs(places=(PLACE,), **more):
    n_examples = len(places)
    values = torch.arange(3.0).expand(n_examples, 4, -1).clone()
    raw = {"atac": {1: values, 3: values[:, ::2] + 100}, "cage": {128: values[:, :1, :1] + 1}}
    return NamedOutputs.from_raw(raw, catalog=catalog(), intervals=list(places), **more)


class TestKept:
    def test_outputs_heads_and_tensors(self):
        out = outputs()
        assert (out.intervals, out.interval) == ((PLACE,), PLACE)
        assert (out.atac.intervals, out.atac.interval) == ((PLACE,), PLACE)
        assert out.atac[1].interval == PLACE
        assert out.atac[3].interval == Interval("7", 1_000, 1_006, "-", "here")
        assert out.cage[128].interval.width == 128

    def test_several_examples_have_no_single_place(self):
        out = outputs((PLACE, OTHER))
        assert out.interval is out.atac.interval is out.atac[3].interval is None
        assert [place.start for place in out.atac[3].intervals] == [1_000, 5_000]
        with pytest.raises(ShapeError, match="1 intervals for 2 examples of 'atac'"):
            NamedOutputs.from_raw(
                {"atac": {1: torch.zeros(2, 4, 3)}}, catalog=catalog(), intervals=[PLACE]
            )

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.select(strand="+"),
            lambda t: t.strip_padding(),
            lambda t: t[[1, 0]],
            lambda t: t["a"],
            lambda t: t - 1,
            lambda t: 1 - t,
            lambda t: t[[2, 1]] - t[[2, 1]],
            lambda t: abs(-t).log1p().clamp(max=1),
            lambda t: t > 0,
            lambda t: t.align(t[[2, 1, 0]]),
            lambda t: t.to("meta"),
            lambda t: t.cpu().float().detach(),
            lambda t: pickle.loads(pickle.dumps(t)),  # noqa: S301
        ],
    )
    def test_by_tensors(self, change):
        tensor = outputs().atac[3]
        assert change(tensor).interval == tensor.interval

    @pytest.mark.parametrize(
        "change",
        [
            lambda h: h.select(strand="+"),
            lambda h: h.select(strand="z", allow_empty=True),
            lambda h: h.strip_padding(),
            lambda h: h.to("meta"),
            lambda h: pickle.loads(pickle.dumps(h)),  # noqa: S301
        ],
    )
    @pytest.mark.parametrize("padded", [False, True])
    def test_by_heads(self, change, padded):
        raw = {"atac": {3: torch.zeros(1, 2, 5)}}
        out = NamedOutputs.from_raw(
            raw, catalog=catalog(), intervals=[PLACE], include_padding=padded
        )
        changed = change(out.atac)
        assert changed.interval == PLACE
        assert changed[3].interval.end == 1_006

    def test_by_outputs_and_selections(self):
        out = outputs()
        chosen = out.select(strand="+")
        assert (chosen.interval, chosen.intervals) == (PLACE, (PLACE,))
        again = chosen.to_named_outputs()
        assert again.interval == again.atac.interval == PLACE
        assert again.atac[3].interval == out.atac[3].interval
        for kept in (out.strip_padding(), out.to("meta"), pickle.loads(pickle.dumps(out))):  # noqa: S301
            assert kept.interval == kept.atac.interval == PLACE
        assert pickle.loads(pickle.dumps(chosen)).interval == PLACE  # noqa: S301

    def test_the_left_operand_decides(self):
        here, there = outputs().atac[1], outputs((OTHER,)).atac[1]
        assert (here - there).interval == PLACE
        assert (there - here).interval == OTHER
        assert here.align(there).interval == PLACE

    def test_a_head_made_by_hand(self):
        tensor = named(intervals=[OTHER])
        assert NamedOutputHead("atac", {128: tensor}).interval == OTHER
        head = NamedOutputHead("atac", {128: tensor}, intervals=[PLACE])
        assert (head.interval, head[128].interval) == (PLACE, OTHER)
        assert NamedOutputHead("atac", {128: named()}).intervals is None

    def test_all_eleven_outputs(self):
        place = Interval("20", 4_096, 8_192)
        raw = raw_outputs(1, 4_096, torch.Generator().manual_seed(0))
        human = TrackMetadataCatalog.load_builtin("human")
        out = NamedOutputs.from_raw(raw, catalog=human, intervals=[place])
        for _, head in out.named_items():
            assert head.interval == place
            assert all(tensor.interval == place for _, tensor in head.items())

"""From named outputs and files to blocks: place, pairs of alleles, and what cannot be shown."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from locuscope.errors import (
    InputError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    WrongTypeError,
)
from locuscope.genome.bigwig_writer import write_bigwig
from locuscope.genome.interval import Interval
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.track_table import TrackTable
from locuscope.widgets.signals import MAX_FILE_BP, Geometry, Sources, lane_bounds


def blocks(tracks=None, **options):
    return Sources(tracks, **options).blocks()[0]


def columns(block, numbers=None):
    return block.ref(range(len(block.table)) if numbers is None else numbers)


class TestForms:
    """Every form that a caller may hold gives the same lanes."""

    def test_tensor_head_outputs_selection_and_list(self, reference, measured, toy):
        (one,) = blocks(reference)
        np.testing.assert_array_equal(columns(one), reference.tensor[0].T.numpy())
        (head,) = blocks(toy.head("splice_sites"))
        np.testing.assert_array_equal(columns(head), columns(one))
        both = blocks(toy)
        listed = blocks([reference, measured])
        assert (
            [b.name for b in both] == [b.name for b in listed] == ["splice_sites", "exon_inclusion"]
        )
        (plus, _) = blocks(toy.select(strand="+"))
        np.testing.assert_array_equal(columns(plus), columns(one, [0, 1]))

    def test_channels_first_and_low_precision(self, reference, toys):
        swapped = NamedTrackTensor(
            reference.tensor.transpose(1, 2),
            reference.table,
            "splice_sites",
            1,
            1,
            intervals=[toys.where],
        )
        (block,) = blocks(swapped)
        np.testing.assert_array_equal(columns(block), columns(blocks(reference)[0]))
        half = reference.with_tensor(reference.tensor.to(torch.bfloat16).requires_grad_())
        found = columns(blocks(half)[0], [3])
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, reference.tensor[0, :, [3]].T.numpy(), atol=4e-3)

    def test_every_resolution_of_a_head_is_a_block(self, toys):
        row = [{"track_name": "a"}]
        head = NamedOutputHead(
            "atac",
            {
                1: toys.named(np.ones((1, 4_000, 1)), "atac", 1, row),
                128: toys.named(np.ones((1, 32, 1)), "atac", 128, row),
            },
        )
        fine, coarse = blocks(head)
        assert fine.geometry == Geometry("20", 2_570_000, 1, 4_000)
        assert coarse.geometry == Geometry("20", 2_570_000, 128, 32)
        assert fine.table.cells("resolution") == ["1 bp"]
        assert coarse.table.cells("resolution") == ["128 bp"]
        # 32 bins of 128 reach 96 bp past the end: the place they describe does not.
        assert coarse.covers == toys.where
        assert coarse.geometry.end == toys.where.end + 96

    def test_padding_channels_are_no_lanes(self, toys):
        padded = toys.named(
            np.zeros((1, 4_000, 2)), "atac", 1, [{"track_name": "real"}, {"track_name": "Padding"}]
        )
        assert blocks(padded)[0].table.cells("track_name") == ["real"]

    def test_outputs_without_positions_are_named_not_hidden(self, reference, toys):
        square = NamedTrackTensor(torch.zeros(1, 2, 2, 1), [track("contact")], "contact_maps", 2048)
        scalar = NamedTrackTensor(torch.zeros(1, 1, 1), [track("one")], "tissue", 0)
        found, notes = Sources(toys.outputs(reference, square, scalar)).blocks()
        assert [block.name for block in found] == ["splice_sites"]
        assert [note.split(" ")[0] for note in notes] == ["contact_maps", "tissue"]

    def test_the_examples_of_a_batch(self, toys):
        tensor = torch.arange(12.0).reshape(3, 4, 1)
        places = [Interval("20", 10 * i, 10 * i + 4) for i in range(3)]
        batch = NamedTrackTensor(tensor, [track("a")], "atac", 1, intervals=places)
        (block,) = blocks(batch, example=2)
        assert block.covers == places[2]
        assert columns(block).tolist() == [[8.0, 9.0, 10.0, 11.0]]
        with pytest.raises(OptionError, match="3 examples"):
            blocks(batch, example=3)

    @pytest.mark.parametrize("wrong", [3, "atac", np.zeros((1, 4, 2)), [None, 5]])
    def test_other_things_are_refused_by_name(self, wrong):
        with pytest.raises(WrongTypeError, match="NamedOutputs"):
            blocks(wrong)


def track(name):
    from locuscope.tracks.track_metadata import TrackMetadata

    return TrackMetadata(0, "x", 0, name)


class TestPlace:
    def test_of_outputs_when_the_tensors_have_none(self, reference, toys):
        bare = NamedTrackTensor(reference.tensor, reference.table, "splice_sites", 1)
        head = NamedOutputHead("splice_sites", {1: bare})
        (block,) = blocks(NamedOutputs({"splice_sites": head}, intervals=[toys.where]))
        assert block.covers == toys.where
        (block,) = blocks(bare, interval=toys.where)
        assert block.covers == toys.where
        with pytest.raises(InputError, match="needs interval="):
            blocks(bare)

    def test_bins_must_fill_the_interval(self, reference):
        bare = NamedTrackTensor(reference.tensor, reference.table, "splice_sites", 1)
        with pytest.raises(ShapeError, match=r"4,000 bins.*needs 100") as caught:
            blocks(bare, interval=Interval("20", 0, 100))
        assert (caught.value.found, caught.value.expected) == (4_000, 100)

    def test_a_tensor_alone_must_have_positions(self):
        flat = NamedTrackTensor(torch.zeros(1, 1), [track("a")], "atac", 128)
        with pytest.raises(ShapeError, match=r"\(1, 1\)"):
            blocks(flat, interval=Interval("20", 0, 100))

    def test_one_contig_per_browser(self, toys):
        row = [{"track_name": "a"}]
        here = toys.named(np.zeros((1, 4, 1)), "a", 1, row, where=Interval("1", 0, 4))
        there = toys.named(np.zeros((1, 4, 1)), "b", 1, row, where=Interval("2", 0, 4))
        with pytest.raises(InputError, match="1, 2"):
            blocks([here, there])

    def test_bounds_are_the_hull(self, toys):
        row = [{"track_name": "a"}]
        found = blocks(
            [
                toys.named(np.zeros((1, 4, 1)), "a", 1, row, where=Interval("1", 6, 10)),
                toys.named(np.zeros((1, 4, 1)), "b", 1, row, where=Interval("1", 2, 6)),
            ]
        )
        assert lane_bounds(found, None) == Interval("1", 2, 10)
        assert lane_bounds([], Interval("1", 3, 5)) == Interval("1", 3, 5)
        with pytest.raises(InputError, match="needs interval="):
            lane_bounds([], None)


class TestAlternative:
    def test_pairs_by_output_and_leaves_others_alone(self, toy, alternative):
        first, second = blocks(toy, alt=alternative)
        np.testing.assert_array_equal(first.alt([0]), alternative.tensor[0, :, [0]].T.numpy())
        assert second.alt is None

    @pytest.mark.parametrize("change", ["names", "order", "number", "bins"])
    def test_other_tracks_are_refused(self, reference, toys, change):
        rows = [dict(row) for row in toys.splice_rows]
        values = np.zeros((1, 4_000, 4), dtype=np.float32)
        if change == "names":
            rows[2]["track_name"] = "somebody else"
        if change == "order":
            rows.reverse()
        if change == "number":
            rows, values = rows[:3], values[:, :, :3]
        where = toys.where if change != "bins" else Interval("20", 0, 100)
        wrong = toys.named(values[:, : where.width], "splice_sites", 1, rows, where=where)
        with pytest.raises(TrackMismatchError, match="other tracks"):
            blocks(reference, alt=wrong)

    def test_an_output_that_is_not_there_is_refused(self, reference, measured):
        with pytest.raises(TrackMismatchError, match="exon_inclusion at 32 bp"):
            blocks(reference, alt=measured)

    def test_variant_outputs_bring_both_and_hide_what_is_not_valid(
        self, reference, alternative, toys
    ):
        valid = torch.ones(1, 4_000, dtype=torch.bool)
        valid[0, 10:20] = False
        both = SimpleNamespace(
            reference=toys.outputs(reference),
            alternative=toys.outputs(alternative),
            valid={1: valid},
            variants=(),
        )
        (block,) = blocks([both])
        found = block.alt([0, 1])
        assert np.isnan(found[:, 10:20]).all()
        np.testing.assert_array_equal(found[:, 20:], alternative.tensor[0, 20:, :2].T.numpy())


class TestFiles:
    @pytest.fixture
    def bigwig(self, tmp_path):
        path = tmp_path / "signal.bw"
        runs = [("chr20", [2_570_100], [2_570_200], [2.5])]
        write_bigwig(path, runs, {"chr20": 64_000_000})
        return path

    def test_a_file_becomes_a_measured_lane_base_by_base(self, bigwig, reference, toys):
        found, notes = Sources(reference, files={"K562 DNase": bigwig}).blocks()
        block = found[-1]
        assert notes == []
        assert block.geometry == Geometry("20", toys.where.start, 1, toys.where.width)
        assert block.table.cells("output_name") == ["file"]
        assert block.table.cells("track_name") == ["K562 DNase"]
        assert block.is_measured.tolist() == [True]
        values = columns(block)[0]
        assert (values[100:200] == 2.5).all()
        assert np.isnan(values[:100]).all()

    def test_a_broken_file_is_named_and_the_others_stay(self, bigwig, tmp_path, toys):
        broken = tmp_path / "broken.bw"
        broken.write_text("this is no bigWig")
        files = {"gone": tmp_path / "gone.bw", "broken": broken, "good": bigwig}
        found, notes = Sources(files=files, interval=toys.where).blocks()
        assert [block.table.cells("track_name") for block in found] == [["good"]]
        assert [note.split(" ")[0] for note in notes] == ["gone", "broken"]

    def test_a_file_alone_needs_an_interval(self, bigwig):
        with pytest.raises(InputError, match="needs interval="):
            blocks(files={"x": bigwig})

    def test_a_region_too_wide_for_a_file_is_said(self, bigwig):
        wide = Interval("20", 0, MAX_FILE_BP + 1)
        found, notes = Sources(files={"x": bigwig}, interval=wide).blocks()
        assert found == []
        assert "10,000,000 bp" in notes[0]


def test_measured_and_stems_come_from_the_metadata(reference, measured, toys):
    gtex_model = toys.named(
        np.zeros((1, 4_000, 1)), "rna_seq", 1, [{"track_name": "a", "data_source": "gtex"}]
    )
    told = toys.named(
        np.zeros((1, 4_000, 2)),
        "atac",
        1,
        [{"track_name": "a", "evidence": "measured"}, {"track_name": "b"}],
    )
    splice, exons, model, mixed = blocks([reference, measured, gtex_model, told])
    assert [block.has_stems for block in (splice, exons, model, mixed)] == [
        True,
        False,
        False,
        False,
    ]
    assert not splice.is_measured.any()
    assert exons.is_measured.all()
    assert not model.is_measured.any()
    assert mixed.is_measured.tolist() == [True, False]


class TestOneValuePerWindow:
    """A head whose key is 0 has one value per window; it has no positions, so nothing to browse."""

    WORDS = "cells has one value per window and no positions to browse"

    @pytest.fixture
    def scalar(self):
        cells = NamedTrackTensor(
            torch.zeros(1, 3), TrackTable.placeholders("cells", 0, 3), "cells", 0
        )
        return NamedOutputHead("cells", {0: cells})

    def test_alone_it_is_an_error_that_says_so(self, scalar, toys, browse):
        outputs = NamedOutputs({"cells": scalar}, intervals=[toys.where])
        for source in (outputs, scalar, scalar[0], [scalar]):
            with pytest.raises(InputError, match=self.WORDS):
                blocks(source)
            with pytest.raises(InputError, match=self.WORDS):
                browse(source)

    def test_beside_others_it_is_a_note(self, scalar, reference, toys):
        splice = NamedOutputHead("splice_sites", {1: reference})
        outputs = NamedOutputs({"cells": scalar, "splice_sites": splice}, intervals=[toys.where])
        found, notes = Sources(outputs).blocks()
        assert [block.name for block in found] == ["splice_sites"]
        assert notes == [f"{self.WORDS}."]

"""Which heads, resolutions and tracks are run and kept, decided before the network runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.errors import (
    EmptySelectionError,
    InputError,
    NoTracksError,
    OptionError,
    OutOfBoundsError,
    TrackMismatchError,
    UnknownNameError,
    UnknownTrackFieldError,
)
from locuscope.genome.interval import Interval
from locuscope.inference.predict import predict
from locuscope.inference.selection import choose, model_table
from locuscope.models.adapter import wrap
from locuscope.tracks.metadata import TrackMetadataCatalog


class TestChoosing:
    def test_heads_and_resolutions(self, bins, contig):
        where = [contig[:32]]
        assert predict(bins, where).heads() == ["cov", "total"]
        assert predict(bins, where, heads=["total"]).heads() == ["total"]
        assert list(predict(bins, where, resolutions_bp=[4]).cov) == [4]
        assert predict(bins, where, resolutions_bp=[4]).heads() == ["cov"]
        with pytest.raises(UnknownNameError, match="no head 'covv'; did you mean 'cov'"):
            predict(bins, where, heads=["covv"])
        with pytest.raises(OptionError, match=r"resolution in \[8\]; there are \[0, 1, 4\]"):
            predict(bins, where, resolutions_bp=[8])
        with pytest.raises(EmptySelectionError, match="heads is empty"):
            predict(bins, where, heads=[])

    def test_unused_heads_are_not_run(self, bins, contig):
        asked = []
        run = bins.run

        class Listening:
            def __getattr__(self, name):
                return getattr(bins, name)

            def run(self, x, **options):
                asked.append((options["heads"], options["resolutions_bp"]))
                return run(x, **options)

        predict(Listening(), [contig[:32]], heads=["cov"], resolutions_bp=[4])
        assert asked == [(["cov"], [4])]

    @pytest.mark.parametrize(
        ("tracks", "expected"),
        [
            ({"biosample_name": "liver"}, [0, 1]),
            ({"strand": ["+", "."]}, [0, 2]),
            (["three", "one"], [2, 0]),
            ("two", [1]),
            ([2, 0], [2, 0]),
            ([False, True, False], [1]),
            (np.array([1]), [1]),
        ],
    )
    def test_tracks_by_criteria_name_place_or_mask(self, bases, genome, tracks, expected):
        place = Interval("1", 100, 120)
        whole = predict(bases, place, genome).signal[1]
        part = predict(bases, place, genome, tracks=tracks).signal[1]
        assert [track.source_index for track in part.tracks] == expected
        assert torch.equal(part.tensor, whole.tensor[..., expected])

    def test_tracks_that_are_none(self, bases, bins, genome, contig):
        place = Interval("1", 100, 120)
        with pytest.raises(NoTracksError, match=r"'liver' \(2\)"):
            predict(bases, place, genome, tracks={"biosample_name": "livre"})
        with pytest.raises(UnknownTrackFieldError, match="Did you mean 'strand'"):
            predict(bases, place, genome, tracks={"strnad": "+"})
        with pytest.raises(UnknownNameError, match="no track is named 'tow'"):
            predict(bases, place, genome, tracks=["tow"])
        with pytest.raises(OutOfBoundsError, match="Track 3 is outside"):
            predict(bases, place, genome, tracks=[3])
        with pytest.raises(EmptySelectionError, match="no track of bases"):
            predict(bases, place, genome, tracks=[])
        with pytest.raises(OptionError, match="need one head"):
            predict(bins, [contig[:32]], tracks=[0])

    def test_names_across_heads(self, bins, contig):
        out = predict(bins, [contig[:32]], tracks=["total:1", "cov:0"])
        assert [out.cov.tracks[0].track_name, out.total.tracks[0].track_name] == [
            "cov:0",
            "total:1",
        ]
        assert predict(bins, [contig[:32]], tracks=["total:1"]).heads() == ["total"]

    def test_padding_channels_are_left_out(self, bases, genome):
        rows = [
            {"output_type": "signal", "track_name": name} for name in ("one", "Padding", "three")
        ]
        catalog = TrackMetadataCatalog.from_rows(rows)
        model = wrap(bases.module, heads=bases.heads["signal"], window_bp=None, catalog=catalog)
        out = predict(model, Interval("1", 100, 120), genome).signal[1]
        assert [track.source_index for track in out.tracks] == [0, 2]

    def test_a_catalogue_that_lost_a_row_is_refused(self, bases, genome):
        bases.catalog.add_tracks("signal", bases.catalog.get_tracks("signal")[:2])
        with pytest.raises(TrackMismatchError, match="'signal' has 2 tracks, but tensor has 3"):
            predict(bases, Interval("1", 100, 120), genome)

    def test_a_model_of_one_organism_refuses_another(self, bases, genome):
        with pytest.raises(InputError):
            predict(bases, Interval("1", 100, 120), genome, organism="mouse")
        assert predict(bases, Interval("1", 100, 120), genome, organism="human").organism == 0


class TestChoose:
    """What the choice itself says; nothing is run."""

    def test_all_of_a_model(self, bins):
        cov, total = choose(bins)
        assert (cov.spec.name, cov.keys, cov.rows.tolist(), cov.is_whole) == (
            "cov",
            (1, 4),
            [0, 1],
            True,
        )
        assert (total.keys, total.table.cells("track_name")) == ((0,), ["total:0", "total:1"])

    def test_heads_stand_in_the_order_asked_once(self, bins):
        assert [c.spec.name for c in choose(bins, heads=["total", "cov", "total"])] == [
            "total",
            "cov",
        ]
        assert [c.spec.name for c in choose(bins, heads="total")] == ["total"]

    def test_a_resolution_may_be_a_number(self, bins):
        (cov,) = choose(bins, resolutions_bp=4)
        assert cov.keys == (4,)
        assert [c.spec.name for c in choose(bins, resolutions_bp={0, 1})] == ["cov", "total"]

    @pytest.mark.parametrize(
        ("tracks", "is_whole"),
        [([0, 1, 2], True), ([2, 1, 0], False), ([0, 1], False), ([0, 0, 1], False)],
    )
    def test_only_every_channel_in_order_is_the_whole(self, bases, tracks, is_whole):
        (choice,) = choose(bases, tracks=tracks)
        assert choice.is_whole is is_whole
        assert choice.rows.tolist() == tracks
        assert choice.table.source_index.tolist() == tracks

    def test_a_name_may_belong_to_several_heads(self, bins):
        rows = [
            {"output_type": output, "track_name": name}
            for output in ("cov", "total")
            for name in ("same", output)
        ]
        catalog = TrackMetadataCatalog.from_rows(rows)
        model = wrap(bins.module, heads=bins.heads, window_bp=32, catalog=catalog)
        chosen = {c.spec.name: c.rows.tolist() for c in choose(model, tracks=["same"])}
        assert chosen == {"cov": [0], "total": [0]}
        chosen = {c.spec.name: c.rows.tolist() for c in choose(model, tracks=["total", "same"])}
        assert chosen == {"cov": [0], "total": [1, 0]}

    def test_criteria_leave_out_heads_without_a_match(self, bins):
        assert [c.spec.name for c in choose(bins, tracks={"track_name": "cov:1"})] == ["cov"]
        with pytest.raises(NoTracksError, match="of bins"):
            choose(bins, tracks={"track_name": "cov:7"})

    def test_padding_is_never_chosen_by_criteria(self, bases):
        rows = [{"output_type": "signal", "track_name": n} for n in ("one", "Padding", "Padding")]
        catalog = TrackMetadataCatalog.from_rows(rows)
        model = wrap(bases.module, heads=bases.heads["signal"], window_bp=None, catalog=catalog)
        assert choose(model, tracks={"strand": None})[0].rows.tolist() == [0]
        rows = [{"output_type": "signal", "track_name": "Padding"}] * 3
        model = wrap(
            bases.module,
            heads=bases.heads["signal"],
            window_bp=None,
            catalog=TrackMetadataCatalog.from_rows(rows),
        )
        with pytest.raises(EmptySelectionError, match="is left in signal") as caught:
            choose(model)
        assert caught.value.available == {"signal": 0}

    def test_rows_of_the_catalogue_follow_the_organism(self, bases):
        assert set(model_table(bases, bases.heads["signal"]).cells("organism")) == {0}
        with pytest.raises(UnknownNameError, match="No metadata found for output 'signal'"):
            model_table(bases, bases.heads["signal"], organism=1)

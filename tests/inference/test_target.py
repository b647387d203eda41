"""Target: one number per example, equal to a loop; the reference gradients; doors refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope.errors import (
    EmptySelectionError,
    ModelError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.inference.predict import predict
from locuscope.inference.target import Target, bind_target, target_of
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles import target_oracle as oracle

DATA = Path(__file__).parent / "data"


def tracks_model(n_tracks=4, resolution=2):
    head = HeadSpec("signal", (resolution,), n_tracks)
    return wrap(torch.nn.AvgPool1d(2), heads=head, window_bp=16, output_axes="NTL", name="toy")


def outputs(values):
    return {"signal": {2: torch.as_tensor(values)}}


class TestNumbers:
    @settings(max_examples=80)
    @given(
        st.sampled_from(["sum", "mean", "max", "log_mean"]),
        st.sampled_from(["sum", "mean", "ratio", "log_ratio"]),
        st.sampled_from([0.0, 0.5]),
        st.sampled_from([None, slice(2, 6), (1, 3, 7), "center", "center_published", -1]),
        st.integers(0, 2**32 - 1),
    )
    def test_every_reduction_equals_the_loop(self, reduce, track_reduce, pseudo, positions, seed):
        values = np.random.default_rng(seed).uniform(1.0, 9.0, (3, 8, 4))
        is_ratio = track_reduce.endswith("ratio")
        needs = is_ratio or reduce == "log_mean"
        pseudo = pseudo if needs else 0.0
        tracks = ([0, 2], [1]) if is_ratio else [0, 2, 1]
        target = Target(
            tracks=tracks,
            positions=positions,
            reduce=reduce,
            track_reduce=track_reduce,
            pseudocount=pseudo,
        )
        bins = {
            None: range(8),
            "center": (3, 4),
            "center_published": (4, 5),
            -1: (7,),
            (1, 3, 7): (1, 3, 7),
        }.get(positions if not isinstance(positions, slice) else "slice", range(2, 6))
        above, below = tracks if is_ratio else (tracks, ())
        found = target.bind(tracks_model())(outputs(values))
        expected = [
            oracle.number(
                example,
                list(bins),
                above,
                below,
                reduce=reduce,
                track_reduce=track_reduce,
                pseudocount=pseudo,
            )
            for example in values
        ]
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)

    def test_a_logarithm_comes_last(self):
        values = np.random.default_rng(0).uniform(0, 3, (2, 8, 4))
        found = Target(tracks=[1, 2], transform="log", pseudocount=1).bind(tracks_model())
        expected = np.log(values[:, :, 1:3].sum((1, 2)) + 1)
        np.testing.assert_allclose(found(outputs(values)).numpy(), expected, rtol=1e-12)

    @pytest.mark.parametrize(
        ("scale", "clip", "root"), [(2.0, None, False), (0.5, 4.0, True), (1.0, 2.0, False)]
    )
    def test_the_training_scale_is_undone_value_by_value(self, scale, clip, root):
        values = np.random.default_rng(1).uniform(0, 6, (2, 8, 4))
        given_scale = {"scale": scale, "soft_clip": clip, "square_root": root}
        target = Target(tracks=[3], transform="undo", scale=given_scale)
        found = target.bind(tracks_model())(outputs(values))
        expected = [
            sum(oracle.undo(float(v), scale, clip, square_root=root) for v in example[:, 3])
            for example in values
        ]
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)

    def test_a_plain_number_is_a_scale(self):
        values = np.ones((1, 8, 4))
        target = Target(tracks=[0], transform="undo", scale=4)
        assert target.bind(tracks_model())(outputs(values)).tolist() == [2.0]

    def test_undo_inverts_the_transform_of_training(self):
        raw = torch.linspace(0, 900, 8, dtype=torch.float64)
        squeezed = torch.sqrt(raw + 1) - 1
        squeezed = torch.where(squeezed > 9, 8 + torch.sqrt(squeezed - 8), squeezed) * 0.25
        target = Target(
            tracks=[0],
            track_reduce="each",
            reduce="max",
            transform="undo",
            scale={"scale": 0.25, "soft_clip": 9, "square_root": True},
        )
        values = squeezed.reshape(8, 1, 1).expand(8, 8, 4)
        found = target.bind(tracks_model())(outputs(values))
        np.testing.assert_allclose(found[:, 0].numpy(), raw.numpy(), rtol=1e-12, atol=1e-12)

    def test_each_keeps_the_tracks(self):
        values = np.arange(64.0).reshape(2, 8, 4)
        found = bind_target("each", tracks_model())(outputs(values))
        assert found.tolist() == values.sum(1).tolist()

    def test_the_middle_of_an_odd_number_of_bins(self):
        values = np.arange(5.0).reshape(1, 5, 1).repeat(4, axis=2)
        model = tracks_model()
        assert Target(tracks=[0], positions="center").bind(model)(outputs(values)).tolist() == [2]
        published = Target(tracks=[0], positions="center_published").bind(model)
        assert published(outputs(values)).tolist() == [5]


class TestPlaces:
    windows = (Interval("1", 100, 116), Interval("1", 108, 124))

    def test_bins_over_places_differ_between_windows(self):
        values = np.arange(64.0).reshape(2, 8, 4)
        places = [Interval("1", 109, 112), Interval("1", 111, 113), Interval("2", 100, 116)]
        bound = Target(tracks=[0], positions=places).bind(tracks_model(), windows=self.windows)
        first = values[0, [4, 5, 6], 0].sum()
        second = values[1, [0, 1, 2], 0].sum()
        assert bound(outputs(values)).tolist() == [first, second]
        assert bound(outputs(values[1:]), 1).tolist() == [second]

    def test_extremes_and_means_count_only_those_bins(self):
        values = -np.arange(1.0, 65.0).reshape(2, 8, 4)
        place = Interval("1", 112, 116)
        model = tracks_model()
        for reduce, function in (("max", np.max), ("mean", np.mean)):
            target = Target(tracks=[1], positions=place, reduce=reduce)
            found = target.bind(model, windows=self.windows)(outputs(values))
            expected = [function(values[0, 6:8, 1]), function(values[1, 2:4, 1])]
            np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)

    def test_a_window_without_the_place(self):
        target = Target(tracks=[0], positions=Interval("1", 116, 118))
        with pytest.raises(OutOfBoundsError, match=r"no bin .* 1:101-116 .* covers 1:101-116"):
            target.bind(tracks_model(), windows=self.windows)

    def test_places_need_windows_of_one_width(self):
        target = Target(tracks=[0], positions=Interval("1", 110, 118))
        with pytest.raises(OptionError, match="they need windows on one"):
            target.bind(tracks_model())
        with pytest.raises(ShapeError, match="16 and 14 bases"):
            target.bind(tracks_model(), windows=[self.windows[0], Interval("1", 100, 114)])

    def test_more_examples_than_windows(self):
        place = Interval("1", 110, 112)
        bound = Target(tracks=[0], positions=place).bind(tracks_model(), windows=self.windows)
        with pytest.raises(ShapeError, match="from window 1 on"):
            bound(outputs(np.zeros((2, 8, 4))), 1)


class TestPredictions:
    def test_numbers_of_named_outputs(self, bases, genome):
        place = Interval("1", 100, 140)
        found = predict(bases, place, genome)
        raw = found.signal[1].tensor
        inside = Target(tracks={"strand": "-"}, positions=Interval("1", 110, 115))
        torch.testing.assert_close(inside.values(found), raw[:, 10:15, 1].sum(1))
        named = Target(tracks=["three", "one"], reduce="mean").values(found)
        torch.testing.assert_close(named, raw[:, :, [2, 0]].mean(1).sum(1))
        ratio = Target(tracks=({"biosample_name": "liver"}, "three"), track_reduce="ratio")
        torch.testing.assert_close(
            ratio.values(found), raw[..., :2].sum((1, 2)) / raw[..., 2].sum(1)
        )
        with pytest.raises(UnknownNameError, match="three"):
            Target(tracks="tree").values(found)

    def test_a_model_and_its_prediction_agree(self, bins, genome):
        place = Interval("1", 200, 232)
        found = predict(bins, place, genome)
        target = Target("cov", 4, positions="center", reduce="mean")
        raw = {"cov": {4: found.cov[4].tensor}}
        torch.testing.assert_close(target.bind(bins)(raw), target.values(found))
        total = Target("total").values(found)
        torch.testing.assert_close(total, found.total[0].tensor.sum((1, 2)))
        with pytest.raises(OptionError, match="heads cov, total; name the one"):
            Target().values(found)
        with pytest.raises(OptionError, match="heads cov, total; name the one"):
            Target().bind(bins)


class TestReference:
    @pytest.mark.parametrize(
        ("name", "positions"),
        [("sum", None), ("center_upstream", "center_published"), ("center_symmetric", "center")],
    )
    def test_gradients_of_the_reference(self, published, name, positions):
        stored = np.load(DATA / "reference.npz")[f"sigmoid/grad/input/{name}"]
        model, arrays = published["sigmoid"]
        for dtype, atol in ((torch.float32, 1e-5 * np.abs(stored).max()), (torch.float64, 1e-12)):
            network = model.module.to(dtype)
            x = torch.from_numpy(arrays["x"]).to(dtype).requires_grad_()
            bound = Target(tracks=[0], positions=positions).bind(model)
            bound({"signal": {8: network(x)}}).sum().backward()
            np.testing.assert_allclose(x.grad.numpy(), stored, atol=atol, rtol=0)

    def test_an_int_is_a_channel(self, published):
        model, _ = published["softplus"]
        values = torch.arange(64.0).reshape(2, 8, 4)
        found = bind_target(2, model)({"signal": {8: values}})
        assert found.tolist() == values[..., 2].sum(1).tolist()


class TestNoun:
    def test_equal_targets_are_one_key(self):
        one = Target("a", tracks={"strand": ["+", "."]}, positions=slice(2, 4))
        other = Target("a", tracks={"strand": ("+", ".")}, positions=slice(2, 4, None))
        assert one == other
        assert len({one, other, Target("a"), Target("b")}) == 3
        assert one != "a"

    def test_numbers_in_other_clothes(self):
        assert Target(positions=[2.0, np.int64(3)]) == Target(positions=(2, 3))
        assert Target(resolution_bp=8.0).resolution_bp == 8
        assert target_of(np.int64(1)) == Target(tracks=[1])
        assert target_of(None) == Target()

    @pytest.mark.parametrize(
        "target",
        [
            Target(),
            Target(tracks=np.array([True, False])),
            Target("x", 32, tracks={"a": {"c", "b"}}, positions=slice(None, 4), reduce="log_mean"),
            Target(positions=[Interval("1", 3, 9), Interval("2", 0, 4)]),
            Target(tracks=(["a"], {"b": 1}), track_reduce="log_ratio", pseudocount=1),
            Target(transform="undo", scale={"scale": 2.0, "soft_clip": 4}),
        ],
        ids=["default", "mask", "sets", "places", "ratio", "undo"],
    )
    def test_facts_are_plain_and_come_back(self, target):
        facts = json.loads(json.dumps(target.facts()))
        assert Target.from_facts(facts) == target
        assert repr(target).startswith("Target(")

    def test_a_callers_list_is_copied(self):
        tracks = [0, 1]
        target = Target(tracks=tracks)
        tracks.append(2)
        assert target.tracks == (0, 1)

    def test_a_function_is_a_target(self, bases):
        bound = bind_target(lambda out: out["signal"][2].sum((1, 2)), bases)
        values = np.ones((3, 8, 4))
        assert bound(outputs(values)).tolist() == [32.0] * 3
        assert (bound.heads, bound.resolutions_bp) == (None, None)
        wrong = bind_target(lambda out: out["signal"][2].sum(), bases)
        with pytest.raises(ModelError, match=r"gave \(\) for 3 examples from number 0 .* \(3,\)"):
            wrong(outputs(values))


class TestDoors:
    @pytest.mark.parametrize(
        ("fields", "error", "words"),
        [
            ({"head": 3}, WrongTypeError, "name of one head"),
            ({"reduce": "median"}, OptionError, "'mean'"),
            ({"track_reduce": "rato"}, OptionError, "ratio"),
            ({"transform": "sqrt"}, OptionError, "undo"),
            ({"positions": "centre"}, OptionError, "center"),
            ({"positions": []}, OptionError, "None means all"),
            ({"positions": [1.5]}, WrongTypeError, "whole number"),
            ({"positions": slice(0, 4, 0)}, OptionError, "step 0"),
            ({"positions": [Interval("1", 0, 4), 3]}, WrongTypeError, "mixes 1 Intervals"),
            ({"transform": "undo"}, OptionError, "inverts the scale"),
            ({"scale": 2}, OptionError, "inverts the scale"),
            ({"transform": "undo", "scale": -1}, OptionError, "positive number"),
            ({"transform": "undo", "scale": {"clip": 3}}, OptionError, "soft_clip"),
            ({"track_reduce": "ratio", "tracks": [0]}, OptionError, "pair of choices"),
            (
                {"track_reduce": "ratio", "tracks": ([0], [1]), "transform": "log"},
                OptionError,
                "log_ratio",
            ),
            ({"pseudocount": 1}, OptionError, "no effect"),
            ({"pseudocount": -1, "transform": "log"}, OptionError, "at least 0"),
        ],
    )
    def test_a_field_that_means_nothing(self, fields, error, words):
        with pytest.raises(error, match=words):
            Target(**fields)

    def test_a_bin_that_is_not_there(self):
        values = outputs(np.zeros((1, 8, 4)))
        with pytest.raises(OutOfBoundsError, match="bin 8 is outside the 8 bins"):
            Target(positions=[8]).bind(tracks_model())(values)
        with pytest.raises(ShapeError, match="leaves none of 8"):
            Target(positions=slice(8, 9)).bind(tracks_model())(values)
        with pytest.raises(ShapeError, match="output of 2 has no bin 2"):
            Target(positions="center_published").bind(tracks_model())(outputs(np.zeros((1, 2, 4))))
        with pytest.raises(ShapeError, match=r"\(N, P, T\)"):
            Target().bind(tracks_model())(outputs(np.zeros((8, 4))))

    def test_contact_maps_are_no_tracks(self):
        head = HeadSpec("signal", (2,), 4, kind="contact")
        model = replace(tracks_model(), heads={"signal": head})
        with pytest.raises(OptionError, match="of kind 'contact'"):
            Target().bind(model)

    def test_unknown_heads_tracks_and_words(self, bases, genome):
        with pytest.raises(UnknownNameError, match="signal"):
            Target("signl").bind(bases)
        with pytest.raises(OutOfBoundsError, match="Track 9"):
            Target(tracks=[9]).bind(bases)
        with pytest.raises(EmptySelectionError):
            Target(tracks=[False] * 3).bind(bases)
        with pytest.raises(EmptySelectionError, match="no track of 'signal'"):
            Target(tracks=[False] * 3).values(predict(bases, Interval("1", 50, 60), genome))
        with pytest.raises(OptionError, match="each"):
            target_of("ech")
        with pytest.raises(WrongTypeError, match=r"target is 1\.5"):
            bind_target(1.5, bases)
        with pytest.raises(OptionError, match="no field 'hed'"):
            Target.from_facts({"hed": "x"})

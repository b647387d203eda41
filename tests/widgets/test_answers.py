"""Answers of the kernel: golden messages that the page decodes too, and every limit."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from locuscope.errors import LocuscopeError, MessageError
from locuscope.widgets import answers, wire
from locuscope.widgets.answers import handle, overview_level, tile_parts
from locuscope.widgets.browser_data import BrowserData
from locuscope.widgets.codes import numpy_type
from locuscope.widgets.requests import Overview, Ping, SequenceRequest, Tiles, Values
from locuscope.widgets.signals import Geometry, Sources

WIRE = Path(__file__).parents[1] / "wire"
GOLDEN = json.loads((WIRE / "messages.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("make_messages", WIRE / "make_messages.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return {entry["name"]: entry for entry in maker.entries()}


def test_the_golden_file_holds_what_the_maker_makes(made):
    assert [entry["name"] for entry in GOLDEN] == list(made)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda entry: entry["name"])
def test_the_kernel_answers_as_recorded(golden, made):
    found = made[golden["name"]]
    assert found["request"] == golden["request"]
    assert found["buffers"] == golden["buffers"]
    # The version changes with every release, the form of the answer does not.
    for header in (found["header"], golden["header"]):
        header.pop("kernel_version", None)
    assert found["header"] == golden["header"]


def test_every_type_and_code_worth_decoding_is_recorded():
    kinds = {entry["request"]["type"] for entry in GOLDEN}
    assert kinds == {*answers.requests.REQUESTS, "predict"} - {"cancel"}
    codes = {entry["header"].get("code") for entry in GOLDEN} - {None}
    assert codes == {
        "stale_rev", "not_found", "bad_request", "too_large", "out_of_bounds", "unknown_type",
    }  # fmt: skip


def values_of(part):
    """Bins of one tiles part as (tracks, bins, stats), decoded as the page does."""
    header = part.header
    shape = (len(header["tracks"]), header["n"], len(header["stats"]))
    ranges = np.frombuffer(part.buffers[0], "<f4").reshape(-1, 2).astype(np.float64)
    codes = np.frombuffer(part.buffers[1], numpy_type(header["encoding"])).reshape(shape)
    if header["encoding"] == "f32":
        return codes
    steps = {"u8": 254, "u16": 65_534}[header["encoding"]]
    lo, hi = ranges[:, :1, None], ranges[:, 1:, None]
    return np.where(codes > steps, np.nan, lo + codes * (hi - lo) / steps)


@pytest.fixture
def data(toy, alternative):
    snapshot = BrowserData.collect(Sources(toy, alternative))
    yield snapshot
    snapshot.close()


def tiles(**changes):
    fields = {
        "id": 1, "rev": 1, "mode": "ref", "level": 0, "first": 0, "count": 512,
        "tracks": (0,), "encoding": "u16",
    }  # fmt: skip
    return Tiles(**{**fields, **changes})


class TestTiles:
    @pytest.mark.parametrize(
        ("encoding", "tolerance"), [("u8", 1 / 254), ("u16", 1 / 65_534), ("f32", 0)]
    )
    @pytest.mark.parametrize("mode", ["ref", "alt", "diff"])
    def test_values_are_those_of_the_level(self, data, encoding, tolerance, mode):
        request = tiles(mode=mode, tracks=(2, 0), first=100, count=50, encoding=encoding)
        (part,) = handle(data, request)
        assert part.header["start"] == 2_570_100
        assert part.header["tracks"] == [2, 0]
        expected = data.read([2, 0], mode)[:, 100:150]
        for stat in range(len(part.header["stats"])):
            np.testing.assert_allclose(values_of(part)[:, :, stat], expected, atol=tolerance)

    def test_the_minimum_is_sent_when_somebody_needs_it(self, data):
        def stats(**changes):
            (part,) = handle(data, tiles(**changes))
            return part.header["stats"]

        assert stats() == ["max", "mean"]
        assert stats(mode="diff") == ["max", "mean", "min"]
        assert stats(tracks=(4, 5)) == ["max", "mean"]
        assert stats(tracks=(4, 11)) == ["max", "mean", "min"]

    def test_missing_bins_stay_missing(self, data):
        (part,) = handle(data, tiles(tracks=(4,), count=40))
        assert np.isnan(values_of(part)[0, :31]).all()
        assert not np.isnan(values_of(part)[0, 31:]).any()

    @pytest.mark.parametrize(
        ("first", "count", "n"), [(3_900, 512, 100), (4_000, 5, 0), (10**9, 5, 0)]
    )
    def test_what_lies_behind_the_level_is_cut(self, data, first, count, n):
        (part,) = handle(data, tiles(first=first, count=count))
        assert part.header["n"] == n

    def test_wide_answers_come_in_parts_that_fit(self, toys, monkeypatch):
        monkeypatch.setattr(wire, "MAX_PART_BYTES", 20_000)
        rows = [{"track_name": f"t{i}"} for i in range(7)]
        values = np.random.default_rng(0).random((1, 4_000, 7))
        wide = BrowserData.collect(Sources(toys.named(values, "atac", 1, rows)))
        parts = handle(wide, tiles(tracks=(6, 5, 4, 3, 2, 1, 0), count=2_000))
        assert [track for part in parts for track in part.header["tracks"]] == [6, 5, 4, 3, 2, 1, 0]
        assert len(parts) > 1
        assert all(part.size_bytes <= 20_000 for part in parts)
        found = np.concatenate([values_of(part) for part in parts])
        np.testing.assert_allclose(found[:, :, 0], values[0, :2_000, ::-1].T, atol=1e-4)

    def test_caps(self, data, monkeypatch):
        assert handle(data, tiles(count=wire.MAX_BINS))
        with pytest.raises(MessageError, match="8,193 asked") as caught:
            handle(data, tiles(count=wire.MAX_BINS + 1))
        assert caught.value.wire_code == "too_large"
        monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 4_000 * 2 * 2 - 1)
        with pytest.raises(MessageError, match="16,000 asked, 15,999 allowed"):
            tile_parts(data, [0], mode="ref", level=0, first=0, stop=4_000, encoding="u16")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"tracks": (0, 4)}, "bad_request"),
            ({"tracks": (12,)}, "not_found"),
            ({"level": 2}, "bad_request"),
            ({"level": 10**9}, "bad_request"),
            ({"tracks": (4,), "mode": "alt"}, "bad_request"),
            ({"rev": 2}, "stale_rev"),
        ],
    )
    def test_refusals(self, data, changes, code):
        with pytest.raises(LocuscopeError) as caught:
            handle(data, tiles(**changes))
        assert wire.wire_code(caught.value) == code


class TestOverview:
    def test_one_part_per_geometry_of_the_whole_width(self, data):
        parts = handle(data, Overview(id=1, rev=1, mode="ref", tracks=(4, 0, 5)))
        assert [
            (part.header["tracks"], part.header["n"], part.header["encoding"]) for part in parts
        ] == [
            ([4, 5], 125, "u8"),
            ([0], 4_000, "u8"),
        ]

    @pytest.mark.parametrize(
        ("n_bins", "level"), [(10, 0), (4_096, 0), (4_097, 1), (20_000, 2), (3_000_000, 5)]
    )
    def test_the_finest_level_of_at_most_4096_bins(self, n_bins, level):
        assert overview_level(Geometry("1", 0, 1, n_bins)) == level


class TestValues:
    def test_native_bins_that_touch_the_place(self, data):
        (part,) = handle(
            data, Values(id=1, rev=1, mode="ref", tracks=(4, 6), start=2_571_000, end=2_571_100)
        )
        assert part.header == {"tracks": [4, 6], "bin": 32, "start": 2_570_992, "n": 4}
        found = np.frombuffer(part.buffers[0], "<f4").reshape(2, 4)
        np.testing.assert_array_equal(found, data.read([4, 6], "ref")[:, 31:35])

    @pytest.mark.parametrize(
        ("start", "end", "code"),
        [
            (5, 5, "bad_request"), (9, 5, "bad_request"), (0, 10, "out_of_bounds"),
            (2_574_000, 2_574_001, "out_of_bounds"), (0, 10**12, "too_large"),
        ],
    )  # fmt: skip
    @pytest.mark.fault("X4")
    def test_bad_places(self, data, start, end, code):
        for tracks in ((0,), (4,)):
            with pytest.raises(LocuscopeError) as caught:
                handle(data, Values(id=1, rev=1, mode="ref", tracks=tracks, start=start, end=end))
            assert wire.wire_code(caught.value) == code

    def test_a_place_that_reaches_out_is_cut(self, data):
        (part,) = handle(
            data, Values(id=1, rev=1, mode="ref", tracks=(0,), start=2_569_000, end=2_570_003)
        )
        assert (part.header["start"], part.header["n"]) == (2_570_000, 3)

    def test_the_cap_counts_bins_not_bases(self, toys):
        from locuscope.genome.interval import Interval

        where = Interval("20", 0, 20_000)
        wide = toys.named(np.zeros((1, 20_000, 1)), "a", 1, [{"track_name": "a"}], where=where)
        data = BrowserData.collect(Sources(wide))
        assert handle(
            data, Values(id=1, rev=1, mode="ref", tracks=(0,), start=0, end=wire.MAX_BINS)
        )
        with pytest.raises(MessageError, match="8,193 asked"):
            handle(
                data, Values(id=1, rev=1, mode="ref", tracks=(0,), start=0, end=wire.MAX_BINS + 1)
            )


class TestSequence:
    def test_the_cap(self, toys):
        from locuscope.genome.interval import Interval

        data = BrowserData.collect(
            Sources(interval=Interval("20", 0, 30_000)), sequence="ACGTA" * 6_000
        )
        (part,) = handle(data, SequenceRequest(id=1, rev=1, start=0, end=wire.MAX_SEQUENCE_BP))
        assert len(part.buffers[0]) == wire.MAX_SEQUENCE_BP
        with pytest.raises(MessageError, match="20,001 asked"):
            handle(data, SequenceRequest(id=1, rev=1, start=0, end=wire.MAX_SEQUENCE_BP + 1))

    @pytest.mark.parametrize("kind", ["genes", "variants", "sequence"])
    def test_what_is_not_there_says_how_to_bring_it(self, data, kind):
        place = {"start": 2_570_000, "end": 2_570_010} if kind == "sequence" else {}
        with pytest.raises(MessageError, match=f"holds no {kind}") as caught:
            handle(data, answers.requests.REQUESTS[kind](id=1, rev=1, **place))
        assert caught.value.wire_code == "not_found"
        assert f"{kind}=" in str(caught.value)


def test_capabilities_follow_the_data(data):
    assert answers.capabilities(data) == {
        "levels": 2, "alt": True, "predict": False, "export": True, "rank": False,
        "sequence": False, "genes": False, "variants": False,
    }  # fmt: skip


def test_ping_says_what_is_there(data):
    assert handle(data, Ping(id=1))[0].header == {"revs": {"catalog": 1, "data": 1}, "n": 12}


def test_buffers_of_the_golden_file_are_base64():
    for entry in GOLDEN:
        for buffer in entry["buffers"]:
            base64.b64decode(buffer, validate=True)

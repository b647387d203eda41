"""Laws of named tensors under random tracks, criteria and chains of operations.

The values of every raw tensor are its channel numbers, so that a column can always be asked where
it came from.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import TrackMismatchError
from locuscope.tracks import NamedOutputs, NamedTrackTensor, TrackMetadata, TrackMetadataCatalog
from tests.oracles.track_oracle import select_rows

STRANDS = ("+", "-", ".", None)
TISSUES = ("liver", "lung", None)
NAMES = ("a", "b", "c", "Padding")


@st.composite
def track_rows(draw, most=12):
    """Rows of one output; equal names, missing fields and padding occur."""
    row = st.fixed_dictionaries(
        {
            "track_name": st.sampled_from(NAMES),
            "strand": st.sampled_from(STRANDS),
            "biosample_name": st.sampled_from(TISSUES),
            "nonzero_mean": st.sampled_from((0.5, 2.0, None)),
        }
    )
    rows = draw(st.lists(row, min_size=1, max_size=most))
    return [{"output_type": "atac", **row} for row in rows]


def one_of_or_many(values):
    """What a criterion takes: a value, missing, or a collection of both."""
    many = st.lists(st.sampled_from(values), max_size=3)
    return st.one_of(st.sampled_from(values), many, many.map(tuple), many.map(np.array))


CRITERIA = st.fixed_dictionaries(
    {},
    optional={
        "track_name": one_of_or_many(NAMES),
        "strand": one_of_or_many(STRANDS),
        "biosample_name": one_of_or_many(TISSUES),
        "track_index": st.lists(st.integers(0, 12), max_size=6),
        "nonzero_mean": st.sampled_from((0.5, 2.0, None)),
    },
)


def named_outputs(rows, *, channels_last=True, more=0):
    """Two resolutions of `rows` plus `more` unnamed channels; values are channel numbers."""
    width = len(rows) + more
    tensor = torch.arange(float(width)).expand(2, 4, width).clone()
    raw = {"atac": {1: tensor, 2: tensor[:, ::2].clone()}}
    if not channels_last:
        raw = {"atac": {r: t.transpose(1, 2).contiguous() for r, t in raw["atac"].items()}}
    return NamedOutputs.from_raw(
        raw,
        catalog=TrackMetadataCatalog.from_rows(rows),
        channels_last=channels_last,
        include_padding=True,
    )


def columns_of(tensor):
    """The channel that each column holds; every example and position agrees."""
    values = tensor.tensor.movedim(tensor.track_axis, -1).flatten(0, -2)
    assert bool((values == values[:1]).all())
    return values[0].tolist()


def assert_in_step(tensor):
    assert columns_of(tensor) == [track.source_index for track in tensor.tracks]
    assert [track.track_index for track in tensor.tracks] == list(range(len(tensor)))


@given(track_rows(), CRITERIA, st.booleans())
def test_selecting_and_taking_a_resolution_commute(rows, criteria, channels_last):
    out = named_outputs(rows, channels_last=channels_last, more=2)
    by_head = out.atac.select(allow_empty=True, **criteria)
    across = out.select(allow_empty=True, **criteria)
    for resolution in (1, 2):
        direct = out.atac[resolution].select(allow_empty=True, **criteria)
        assert by_head[resolution].equal(direct)
        assert across["atac", resolution].equal(direct)
        assert across.to_named_outputs().atac[resolution].equal(direct)
        assert_in_step(direct)


@given(track_rows(), CRITERIA)
def test_indices_are_where_the_mask_is_and_equal_the_plain_loop(rows, criteria):
    out = named_outputs(rows, more=1)
    unnamed = {"track_name": "Padding"}
    slow = [{"track_index": i, **row} for i, row in enumerate([*rows, unnamed])]
    asked = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in criteria.items()}
    for thing in (out.atac[1], out.atac, out):
        indices = thing.indices(**criteria)
        assert indices == thing.mask(**criteria).nonzero().flatten().tolist()
        assert indices == select_rows(slow, asked)


@given(track_rows(), CRITERIA)
def test_a_catalogue_gives_the_rows_of_its_table_without_padding(rows, criteria):
    catalog = TrackMetadataCatalog.from_rows(rows)
    slow = [{"track_index": i, **row} for i, row in enumerate(rows)]
    asked = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in criteria.items()}
    expected = [i for i in select_rows(slow, asked) if rows[i]["track_name"] != "Padding"]
    assert catalog.indices(**criteria) == expected
    assert catalog.mask(**criteria).nonzero().flatten().tolist() == expected
    table = catalog.select(allow_empty=True, **criteria).whole_table()
    assert table.source_index.tolist() == expected


@given(track_rows(), CRITERIA, CRITERIA)
def test_selecting_twice_is_selecting_both(rows, first, second):
    tensor = named_outputs(rows).atac[1]
    # Selecting renumbers the places, so a place means another track the second time.
    second = {k: v for k, v in second.items() if k not in first and k != "track_index"}
    once = tensor.select(allow_empty=True, **first, **second)
    twice = tensor.select(allow_empty=True, **first).select(allow_empty=True, **second)
    assert once.equal(twice)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("select"), CRITERIA),
        st.tuples(st.just("strip"), st.none()),
        st.tuples(st.just("arithmetic"), st.sampled_from("+-*c")),
        st.tuples(st.just("align"), st.integers(0, 2**31)),
        st.tuples(st.just("slice"), st.slices(6)),
        st.tuples(st.just("to"), st.none()),
    ),
    max_size=5,
)


def step(tensor, action, option):
    """One operation that keeps the value of every channel."""
    if action == "select":
        return tensor.select(allow_empty=True, **option)
    if action == "strip":
        return tensor.strip_padding()
    if action == "align":
        order = np.random.default_rng(option).permutation(len(tensor))
        return tensor.align(tensor[order.tolist()])
    if action == "slice":
        return tensor[option]
    if action == "to":
        return tensor.to("cpu").detach().cpu()
    if action == "arithmetic" and option == "c":
        return tensor.clamp(min=-1.0)
    return {"+": lambda: 0 + tensor, "-": lambda: -(0 - tensor), "*": lambda: tensor * 1}[option]()


@given(track_rows(), STEPS, st.booleans())
def test_values_stay_with_their_channel_through_every_chain(rows, steps, channels_last):
    tensor = named_outputs(rows, channels_last=channels_last, more=1).atac[1]
    names = {track.source_index: track.track_name for track in tensor.tracks}
    for action, option in steps:
        tensor = step(tensor, action, option)
        assert_in_step(tensor)
    assert {track.source_index: track.track_name for track in tensor.tracks}.items() <= (
        names.items()
    )


@given(track_rows(), CRITERIA, st.booleans())
def test_gradients_reach_the_selected_channels_only(rows, criteria, channels_last):
    width = len(rows)
    shape = (1, 2, width) if channels_last else (1, width, 2)
    leaf = torch.ones(shape, requires_grad=True)
    catalog = TrackMetadataCatalog.from_rows(rows)
    out = NamedOutputs.from_raw(
        {"atac": {1: leaf}}, catalog=catalog, channels_last=channels_last, include_padding=True
    )
    chosen = (out.select(allow_empty=True, **criteria)["atac", 1] * 2 - 1).strip_padding()
    chosen.tensor.sum().backward()
    per_channel = leaf.grad.sum(dim=(0, 1) if channels_last else (0, 2)).tolist()
    wanted = {track.source_index for track in chosen.tracks}
    assert per_channel == [4.0 if channel in wanted else 0.0 for channel in range(width)]


class TestArithmetic:
    @given(st.permutations(range(5)))
    def test_a_shuffle_is_refused_until_it_is_aligned(self, order):
        tensor = unique_tracks(5)
        shuffled = tensor[list(order)]
        if list(order) == list(range(5)):
            assert (tensor - shuffled).tensor.abs().sum() == 0
            return
        with pytest.raises(TrackMismatchError, match=r"5 against 5 tracks .* track \d is .*align"):
            tensor - shuffled
        assert (tensor - shuffled.align(tensor)).tensor.abs().sum() == 0
        assert shuffled.align(tensor).equal(tensor)

    @given(st.integers(0, 4))
    def test_a_renamed_track_is_named(self, place):
        tensor = unique_tracks(5)
        renamed = unique_tracks(5, rename=place)
        with pytest.raises(TrackMismatchError, match=f"track {place} is 't{place}' .* 'other'"):
            tensor + renamed
        with pytest.raises(TrackMismatchError, match=f"'t{place}'"):
            renamed.align(tensor)

    @given(st.sets(st.integers(0, 4), min_size=1, max_size=4))
    def test_narrower_operands_are_refused(self, kept):
        tensor = unique_tracks(5)
        part = tensor[sorted(kept)]
        with pytest.raises(TrackMismatchError, match=f"5 against {len(kept)} tracks"):
            tensor * part
        with pytest.raises(TrackMismatchError, match=f"{len(kept)} against 5 tracks"):
            part * tensor
        assert (tensor.align(part) - part).tensor.abs().sum() == 0

    def test_other_resolutions_and_outputs_are_refused(self):
        tensor = unique_tracks(3)
        for other in (
            unique_tracks(3, resolution=128),
            unique_tracks(3, output="dnase"),
        ):
            for combine in (lambda a, b: a - b, lambda a, b: b > a, lambda a, b: a**b):
                with pytest.raises(TrackMismatchError, match="cannot be combined"):
                    combine(tensor, other)


def unique_tracks(n_tracks, *, rename=None, resolution=1, output="atac"):
    tracks = [
        TrackMetadata(i, output, 0, "other" if i == rename else f"t{i}") for i in range(n_tracks)
    ]
    values = torch.arange(float(n_tracks)).expand(1, 3, n_tracks).clone()
    return NamedTrackTensor(values, tracks, output, resolution)

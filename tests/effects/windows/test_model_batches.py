"""Batches of data loaders: what they hold, and single examples out of them."""

from __future__ import annotations

import numpy as np
import pytest

from locuscope.effects.windows.allele_windows import WindowOpener
from locuscope.effects.windows.model_batches import LoadedWindows, ModelBatch
from locuscope.errors import (
    EmptySelectionError,
    InputError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.models.protocol import InputSpec
from tests.effects import toy
from tests.oracles import window_oracle

TEXT = toy.sequence()
GENOME = toy.genome()
ONE = (InputSpec("sequence"),)
PLACES = [Interval("1", start, start + 40) for start in (80, 100, 120, 140, 160)]


def batches(size: int = 2, places=PLACES):
    listed = []
    for first in range(0, len(places), size):
        some = places[first : first + size]
        bases = np.stack([one_hot(TEXT[p.start : p.end]) for p in some])
        listed.append(ModelBatch(bases, some))
    return listed


class Loader:
    """Can be run through again and again, and counts how often."""

    def __init__(self, listed) -> None:
        self.listed, self.runs = listed, 0

    def __iter__(self):
        self.runs += 1
        return iter(self.listed)


def test_a_batch_reads_lists_and_tensors_as_arrays():
    torch = pytest.importorskip("torch")
    for given in (np.zeros((1, 4, 3)), np.zeros((1, 4, 3)).tolist(), torch.zeros(1, 4, 3)):
        batch = ModelBatch(given, [Interval("1", 0, 3)])
        assert isinstance(batch.inputs, np.ndarray)
        assert len(batch) == 1
    named = ModelBatch({"x": [[1, 2]], "y": [0.5]}, [Interval("1", 0, 3)])
    assert repr(named) == "ModelBatch(1 examples, inputs x (1, 2), y (1,))"


@pytest.mark.parametrize(
    ("inputs", "places", "error", "words"),
    [
        (np.zeros((2, 4, 9)), PLACES[:1], ShapeError, r"\(2, 4, 9\) for 1 places"),
        ({"x": np.zeros(())}, PLACES[:1], ShapeError, "'x'"),
        (np.array([["a"]]), PLACES[:1], WrongTypeError, "arrays of numbers"),
        (np.zeros((1, 4, 9)), ["1:0-9"], WrongTypeError, "Interval"),
    ],
)
def test_a_batch_refuses_parts_that_do_not_belong_together(inputs, places, error, words):
    with pytest.raises(error, match=words):
        ModelBatch(inputs, places)


@pytest.mark.parametrize("kind", [list, tuple, Loader, iter])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_examples_come_back_by_number_from_any_loader(kind, size):
    loaded = LoadedWindows(kind(batches(size)), ONE)
    assert loaded.places == PLACES
    assert loaded.batch_size == size
    for wanted in ([3, 0, 3], [4], []):
        read = loaded.reader(wanted)
        for number in wanted:
            example = read(number)
            assert example.place == PLACES[number]
            assert decode(example.bases[0]) == TEXT[PLACES[number].start : PLACES[number].end]
            assert example.arrays == {}


def test_a_loader_is_run_through_once_for_the_places_and_once_per_group():
    loader = Loader(batches())
    loaded = LoadedWindows(loader, ONE)
    assert loader.runs == 1
    read = loaded.reader([0, 4])
    assert loader.runs == 2
    read(0)
    read(4)
    assert loader.runs == 2


def test_a_loader_that_changes_its_order_is_found_out():
    loader = Loader(batches())
    loaded = LoadedWindows(loader, ONE)
    loader.listed = batches(places=PLACES[::-1])
    with pytest.raises(InputError, match="keeps its order"):
        loaded.reader([0])
    loader.listed = batches(places=PLACES[:2])
    with pytest.raises(InputError, match="None as example 4"):
        loaded.reader([4])


def test_what_is_no_batch_is_refused():
    with pytest.raises(WrongTypeError, match="item 0 of the data loader"):
        LoadedWindows([{"inputs": 1}], ONE)
    with pytest.raises(EmptySelectionError, match="no example"):
        LoadedWindows([], ONE)


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (np.zeros((1, 40, 4), np.uint8), ShapeError, "looks transposed"),
        (np.zeros((1, 4, 39), np.uint8), ShapeError, "39 bases.*has 40"),
        (np.full((1, 4, 40), 0.25), InputError, "batch 0, input 'sequence'"),
        ({"seq": np.zeros((1, 4, 40))}, UnknownNameError, "'seq'"),
    ],
)
def test_arrays_that_the_model_cannot_read_are_refused(inputs, error, words):
    loaded = LoadedWindows([ModelBatch(inputs, PLACES[:1])], ONE)
    with pytest.raises(error, match=words):
        loaded.reader([0])(0)


def test_one_array_is_not_enough_for_several_inputs():
    two = (InputSpec("left", length_bp=10), InputSpec("right", length_bp=10, anchor="end"))
    loaded = LoadedWindows([ModelBatch(np.zeros((1, 4, 10)), PLACES[:1])], two)
    with pytest.raises(ShapeError, match="reads 2 inputs"):
        loaded.reader([0])(0)


def test_axes_strands_and_other_arrays_of_the_inputs():
    """One input turned and with positions first, on a place that was read on minus."""
    inputs = (
        InputSpec("forward", axes="NLA"),
        InputSpec("backward", strand="-"),
        InputSpec("cells", kind="array"),
    )
    place = Interval("1", 80, 120, "-")
    bases = one_hot(TEXT[80:120])
    given = {
        "cells": np.array([[0.5, 2.0]]),
        "forward": reverse_complement(bases).T[None],
        "backward": bases[None],
    }
    example = LoadedWindows([ModelBatch(given, [place])], inputs).reader([0])(0)
    assert [decode(one) for one in example.bases] == [TEXT[80:120]] * 2
    assert {name: array.tolist() for name, array in example.arrays.items()} == {"cells": [0.5, 2.0]}


def opened(variant, loader, *, genome=None, **options):
    where = Placement(mode="overlap", regions=loader)
    opener = WindowOpener(genome, where, 40, **options)
    assert opener.batch_size == max(len(batch) for batch in loader)
    (one,) = opener.open([(0, variant)])
    return one


@pytest.mark.parametrize("anchor", ["left", "right", "center"])
def test_bases_that_a_loader_lacks_come_from_the_genome_or_are_unknown(anchor):
    deletion = Variant("1", 100, TEXT[99:104], TEXT[99])
    rule = IndelRule(anchor=anchor)
    one = opened(deletion, batches(places=PLACES[:1]), indels=rule)
    expected = window_oracle.changed(TEXT, (100, deletion.ref, deletion.alt), 80, 40, anchor)
    assert one.window is not None
    assert one.window.n_padded == 4
    assert one.window.notes == {"padded"}
    spelt = str(decode(one.window.alternative))
    assert spelt.count("N") == 4
    assert all(a in (b, "N") for a, b in zip(spelt, expected, strict=True))
    one = opened(deletion, batches(places=PLACES[:1]), genome=GENOME, indels=rule)
    assert one.window is not None
    assert decode(one.window.alternative) == expected
    assert one.window.notes == set()


def test_ref_is_compared_with_what_the_loader_gives():
    base = TEXT[99]
    wrong = Variant("1", 100, "A" if base != "A" else "C", "G" if base != "G" else "T")
    one = opened(wrong, batches(places=PLACES[:1]))
    assert one.refusal is not None
    assert one.refusal[0] == "ref_mismatch"
    forced = opened(wrong, batches(places=PLACES[:1]), ref_policy="force")
    assert forced.window is not None
    assert forced.window.notes == {"ref_forced"}


def test_a_place_on_minus_is_changed_forward_and_read_backward():
    place = Interval("1", 80, 120, "-")
    bases = reverse_complement(one_hot(TEXT[80:120]))
    variant = Variant("1", 100, TEXT[99:103], TEXT[99])
    one = opened(variant, [ModelBatch(bases[None], [place])], genome=GENOME)
    assert one.window is not None
    assert one.window.window == place
    expected = window_oracle.changed(TEXT, (100, variant.ref, variant.alt), 80, 40)
    assert decode(reverse_complement(one.window.alternative)) == expected
    np.testing.assert_array_equal(one.window.reference, bases)

"""Mutants that are carried through a network, in each view of an ensemble."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from locuscope.effects.scoring import mutant_passes
from locuscope.effects.scoring.mutant_passes import MutantPasses, planned
from locuscope.effects.scoring.passes import View, predict_unique
from locuscope.effects.windows.allele_windows import AlleleView, AlleleWindow
from locuscope.genome.alignment import Alignment, Edits
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from locuscope.inference.selection import choose
from tests.effects.carried_networks import WIDTH, pooled, residual, sequence

RUN = Run(device="cpu", batch_size=8)


def window(first: int = 100) -> AlleleWindow:
    bases = one_hot(sequence()[first : first + WIDTH])
    alignment = Alignment(first, first + WIDTH, WIDTH, Edits.from_list([]))
    return AlleleWindow(
        Variant("1", first + 1, "A", "A"),
        Interval("1", first, first + WIDTH),
        bases,
        (AlleleView(bases, alignment),),
    )


def mutant(opened: AlleleWindow, *changes: tuple[int, int]) -> AlleleWindow:
    """The window with some (column, base)."""
    bases = opened.reference.copy()
    for column, base in changes:
        bases[:, column] = 0
        bases[base, column] = 1
    return replace(opened, alternatives=(replace(opened.alternatives[0], one_hot=bases),))


def other(opened: AlleleWindow, column: int, step: int = 1) -> tuple[int, int]:
    return column, (int(opened.reference[:, column].argmax()) + step) % 4


def predict(model, windows, view, *, choices=None, is_cut=False, remembered=None, tiles=(2,)):
    return MutantPasses(tiles, is_cut).predict(
        model,
        0,
        windows,
        choose(model) if choices is None else choices,
        organism=0,
        run=RUN,
        view=view,
        remembered={} if remembered is None else remembered,
    )


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize(("shift", "fill"), [(0, "uniform"), (3, "uniform"), (-4, "zero")])
@pytest.mark.parametrize("tiles", [(1,), (4,)])
def test_each_view_equals_full_passes(is_reverse, shift, fill, tiles):
    opened = window()
    columns = [0, 1, 2, 30, 31, 32, 33, WIDTH - 4, WIDTH - 1]
    windows = [mutant(opened, other(opened, at, step)) for at in columns for step in (1, 2, 3)]
    windows += [opened, mutant(opened, other(opened, 10), other(opened, 13))]
    model = residual()
    found = predict(model, windows, View(is_reverse, shift, fill), tiles=tiles)
    expected = predict_unique(
        model,
        [each.alternative for each in windows] + [opened.reference],
        choose(model),
        organism=0,
        run=RUN,
        is_reverse=is_reverse,
        shift=shift,
        shift_fill=fill,
    )
    for (own, (changed,)), want in zip(found, expected, strict=False):
        for place, values in want.items():
            assert changed[place].dtype == np.float64
            np.testing.assert_allclose(changed[place], values, atol=2e-6, rtol=0)
            np.testing.assert_allclose(own[place], expected[-1][place], atol=2e-6, rtol=0)


def test_what_changes_nothing_is_the_reference():
    opened = window()
    gone = mutant(opened, other(opened, WIDTH - 1))
    found = predict(residual(), [opened, gone], View(False, 2, "zero"))
    assert found[0][1][0] is found[0][0]
    assert found[1][1][0] is found[0][0]


def test_the_difference_keeps_digits_that_outputs_lose():
    """Reference and alternative are more precise than either output was."""
    opened = window()
    changed = mutant(opened, other(opened, 30))
    ((own, (alt,)),) = predict(residual(), [changed], View(False, 0, "zero"))
    place = ("profile", 1)
    difference = alt[place] - own[place]
    assert (own[place] == own[place].astype(np.float32)).all()
    assert not (alt[place] == alt[place].astype(np.float32)).all()
    assert (difference[:9] == 0).all()  # beyond what the base reaches
    assert np.abs(difference).max() > 0


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize("chosen", [{"tracks": [1]}, {"heads": ["profile"]}, {"tracks": [2, 0]}])
def test_chosen_tracks_are_cut_in_the_network_or_after_it(is_reverse, chosen):
    options = {"heads": ["profile"], **chosen}
    model, opened = residual(), window(140)
    choices = choose(model, **options)
    windows = [mutant(opened, other(opened, at)) for at in (5, 6, 40)]
    view = View(is_reverse, 0, "zero")
    whole = predict(model, windows, view)
    cuts = (False,) if is_reverse else (False, True)
    for is_cut in cuts:
        found = predict(model, windows, view, choices=choices, is_cut=is_cut)
        for (_, (one,)), (_, (every,)) in zip(found, whole, strict=True):
            assert list(one) == [("profile", 1)]
            np.testing.assert_allclose(
                one["profile", 1], every["profile", 1][:, choices[0].rows], atol=1e-7
            )


def test_a_reference_is_read_once_and_windows_may_differ(monkeypatch):
    made = []
    plan = planned(pooled(), choose(pooled()), width_bp=WIDTH, organism=0, run=RUN, is_cut=True)
    read = type(plan.engine).reference

    def counted(self, bases):
        made.append(bases)
        return read(self, bases)

    monkeypatch.setattr(type(plan.engine), "reference", counted)
    one, two = window(100), window(150)
    remembered = {}
    windows = [mutant(each, other(each, at)) for each in (one, two) for at in (3, 4)]
    found = predict(pooled(), windows, View(False, 0, "zero"), remembered=remembered)
    again = predict(pooled(), windows[:2], View(False, 0, "zero"), remembered=remembered)
    assert len(made) == 2
    assert again[0][0] is found[0][0]
    assert found[2][0] is not found[0][0]
    turned = predict(pooled(), windows[:1], View(True, 0, "zero"), remembered=remembered)
    assert len(made) == 3
    assert turned[0][0] is not found[0][0]


def test_chunks_cut_no_tile():
    passes = MutantPasses((2, 8), True)
    assert passes.rows_per_chunk(128, 3) == 120
    assert passes.rows_per_chunk(128, 4) == 128
    assert passes.rows_per_chunk(5, 3) == 24


def test_a_plan_is_made_for_the_tracks_of_one_head(monkeypatch):
    asked = []
    monkeypatch.setattr(
        mutant_passes, "plan_mutants", lambda model, **options: asked.append(options)
    )
    model = residual()
    for options, is_cut in (
        ({"heads": ["profile"], "tracks": [2, 0]}, True),
        ({"heads": ["profile"], "tracks": [2, 0]}, False),
        ({"heads": ["profile"]}, True),
        ({}, True),
    ):
        planned(model, choose(model, **options), width_bp=WIDTH, organism=1, run=RUN, is_cut=is_cut)
    assert [each["tracks"] for each in asked] == [[2, 0], None, None, None]
    assert [each["heads"] for each in asked] == [["profile"]] * 3 + [["profile", "counts"]]
    assert all(each["organism"] == 1 and each["device"] == "cpu" for each in asked)

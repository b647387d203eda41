from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
import torch

from locuscope.effects.scores import ReadingScorer
from locuscope.effects.scoring.part_scores import parts_table, score_parts
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.inference.run import Run
from locuscope.models.protocol import HeadSpec
from tests.effects import toy


@dataclass
class Pair:
    reference: np.ndarray
    alternative: np.ndarray
    labels: dict


class Counting:
    """One part per copy; the score is the number of G gained. Every second position has no part."""

    __name__ = "gained_g"
    columns = ("gained", "length")
    head = HeadSpec("g", (1,), 1)
    width_bp = 11

    def __init__(self, copies=2):
        self.copies = copies
        self.batches: list[tuple[int, ...]] = []
        self.windows: list[tuple[int, int]] = []

    def refuse(self, allele):
        return ("too_long", "longer than 3") if len(allele.ref) > 3 else None

    def prepare(self, letters, window, allele):
        self.windows.append((window.start, window.end))
        at = allele.pos - 1 - window.start
        mutant = np.concatenate(
            [letters[:, :at], one_hot(allele.alt), letters[:, at + len(allele.ref) :]], axis=1
        )
        count = 0 if allele.pos % 2 else self.copies
        return [Pair(letters, mutant, {"gene": f"g{k}"}) for k in range(count)]

    def run(self, x):
        self.batches.append(tuple(x.shape))
        return x[:, 2:3].transpose(1, 2).float()

    def __call__(self, ref, alt, context=None):
        assert context.part.labels["gene"].startswith("g")
        assert len(context.variants) == 1
        return float(alt.sum() - ref.sum()), float(len(alt))

    def summarize(self, parts):
        return np.max(parts, axis=0)


def run(scorer, variants):
    return score_parts(
        toy.model(window_bp=None),
        scorer,
        list(enumerate(variants)),
        toy.genome(),
        organism=0,
        run=Run(device="cpu", batch_size=4),
    )


def letter(pos: int, n: int = 1) -> str:
    return toy.sequence()[pos - 1 : pos - 1 + n]


def test_parts_rows_and_refusals():
    other = {"A": "G", "C": "G", "G": "A", "T": "G"}
    variants = [
        Variant("1", 100, letter(100), other[letter(100)]),
        Variant("1", 101, letter(101), other[letter(101)]),
        Variant("1", 102, letter(102), letter(102) + "GG"),
        Variant("1", 104, letter(104, 4), letter(104)),
    ]
    scorer = Counting()
    found = run(scorer, variants)
    assert found.refused == {
        1: ("outside_regions", f"no gene holds {variants[1].text()}."),
        3: ("too_long", "longer than 3"),
    }
    gain = 1.0 if other[letter(100)] == "G" else -1.0
    assert found.rows[0].tolist() == [gain, 11.0]
    assert found.rows[2].tolist() == [2.0, 13.0]
    assert [(part["row"], part["gene"]) for part in found.parts] == [
        (0, "g0"),
        (0, "g1"),
        (2, "g0"),
        (2, "g1"),
    ]
    assert scorer.windows[0] == (94, 105)
    # copies of one gene are equal and run once: two references, an SNV and a longer insertion
    assert sum(shape[0] for shape in scorer.batches) == 4


def test_the_table_of_parts():
    parts = [{"row": 3, "gene": "g0", "gained": 1.0, "length": 11.0}]
    table = parts_table(parts, ("gained", "length"))
    assert table.schema == {
        "row": pl.Int64,
        "gene": pl.String,
        "gained": pl.Float32,
        "length": pl.Float32,
    }
    empty = parts_table([], ("gained",))
    assert empty.columns == ["row", "gained"]
    assert len(empty) == 0


def test_a_window_that_leaves_a_slice_refuses_its_row():
    from locuscope.genome.reference import Genome

    genome = Genome.from_sequences(
        {"part": toy.sequence()[50:120]}, lengths={"1": 600}, slices={"1": [("part", 50)]}
    )
    variant = Variant("1", 52, letter(52), "A" if letter(52) != "A" else "C")
    found = score_parts(
        toy.model(window_bp=None),
        Counting(),
        [(7, variant)],
        genome,
        organism=0,
        run=Run(device="cpu"),
    )
    status, reason = found.refused[7]
    assert status == "off_edge"
    assert "slice" in reason


@pytest.mark.parametrize("count", [1, 70])
def test_chunks_do_not_change_the_result(count):
    variants = [
        Variant("1", pos, letter(pos), "A" if letter(pos) != "A" else "C")
        for pos in range(20, 20 + 2 * count, 2)
    ]
    found = run(Counting(), variants)
    assert list(found.rows) == list(range(count))
    alone = run(Counting(), variants[-1:])
    np.testing.assert_array_equal(found.rows[count - 1], alone.rows[0])


def test_weights_are_held_on_the_device_once():
    model = toy.model(window_bp=None)
    model.module.train()
    scorer = Counting(copies=1)
    seen = []
    scorer.run = lambda x: (seen.append(model.module.training), x[:, 2:3].transpose(1, 2).float())[
        1
    ]
    variants = [Variant("1", 100, letter(100), "A" if letter(100) != "A" else "C")]
    score_parts(model, scorer, [(0, variants[0])], toy.genome(), organism=0, run=Run(device="cpu"))
    assert seen == [False]
    assert model.module.training
    assert torch.is_tensor(model.module.conv.weight)


def test_an_error_inside_a_score_names_the_allele_whose_part_it_was():
    class Failing(Counting):
        def __call__(self, ref, alt, context=None):
            raise ZeroDivisionError

    variants = [Variant("1", 100, letter(100), "GG"), Variant("1", 102, letter(102), "GG")]
    with pytest.raises(ZeroDivisionError) as caught:
        run(Failing(), variants)
    assert caught.value.__notes__ == [
        f"raised by the score 'gained_g', in the batch that begins with {variants[0]}."
    ]


class Reading(Counting):
    """The same score, but it reads the three bases it needs itself, and notes every deletion."""

    columns = ("gained", "length")
    holder = "place"
    width_bp = prepare = None

    def read(self, genome, allele):
        start = allele.pos - 2
        window = Interval(allele.chrom, start, start + 2 + len(allele.ref))
        letters = genome.one_hot(window)
        if allele.pos % 2:
            return window, []
        mutant = np.concatenate(
            [letters[:, :1], one_hot(allele.alt), letters[:, 1 + len(allele.ref) :]], axis=1
        )
        pair = Pair(letters, mutant, {"gene": "g0", "start": start, "nothing": None})
        pair.notes = ("removes_site",) if len(allele.ref) > len(allele.alt) else ()
        return window, [pair, pair]


def test_a_scorer_may_read_its_own_places():
    assert isinstance(Reading(), ReadingScorer)
    variants = [
        Variant("1", 100, letter(100), "GG"),
        Variant("1", 101, letter(101), "GG"),
        Variant("1", 110, letter(110, 2), letter(110)),
    ]
    found = run(Reading(), variants)
    assert found.refused == {1: ("outside_regions", f"no place holds {variants[1].text()}.")}
    assert found.rows[0].tolist() == [2.0 - (letter(100) == "G"), 4.0]
    assert [part["row"] for part in found.parts] == [0, 0, 2, 2]
    # a row has a note once, however many of its parts say it
    assert found.notes == {"removes_site": [2]}
    table = parts_table(found.parts, Reading.columns)
    assert table.schema["start"] == pl.Int64
    assert table.schema["nothing"] == table.schema["gene"] == pl.String
    assert table["start"].to_list() == [98, 98, 108, 108]


def test_the_weights_are_not_read_for_a_digest_with_every_part(monkeypatch):
    def digest(model):
        raise AssertionError(f"{model.name} is digested once per call, not here")

    monkeypatch.setattr("locuscope.models.adapter.WrappedModel.digest", property(digest))
    found = run(Counting(), [Variant("1", 100, letter(100), "A" if letter(100) != "A" else "C")])
    assert list(found.rows) == [0]

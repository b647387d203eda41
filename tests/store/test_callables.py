"""Digests of what callables compute: other code is told, the same code in another place is not."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from locuscope.store import code_digest, code_digests

FACTOR = 2.0


def times(factor):
    def score(ref, alt):
        return (alt - ref) * factor

    return score


def with_a_constant(ref, alt):
    return (alt - ref) * FACTOR


class Score:
    scale = 1

    def __init__(self, function=None):
        self.function = function
        self.n_calls = 0

    def __call__(self, ref, alt):
        self.n_calls += 1
        return self.scale * (alt - ref)


class Double(Score):
    scale = 2


def test_the_code_the_constants_and_what_is_closed_over_count(monkeypatch):
    assert code_digest(times(1)) == code_digest(times(1))
    assert code_digest(times(1)) != code_digest(times(2))
    assert code_digest(times(np.arange(3))) == code_digest(times(np.arange(3)))
    assert code_digest(times(np.arange(3))) != code_digest(times(np.arange(1, 4)))
    assert code_digest(functools.partial(pow, 2)) is None
    partial = [code_digest(functools.partial(times(1), scale=k)) for k in (1, 2)]
    assert partial[0] != partial[1]
    before = code_digest(with_a_constant)
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 3.0)
    assert code_digest(with_a_constant) != before


def test_an_object_counts_by_its_class_and_functions_not_by_its_state():
    score = Score()
    before = code_digest(score)
    score(1, 2)
    assert code_digest(score) == before == code_digest(Score())
    assert code_digest(Double()) != before
    assert code_digest(score.__call__) != before
    assert code_digest(Score(times(1))) != code_digest(Score(times(2)))


def test_what_is_installed_counts_by_its_name():
    assert code_digest(np.mean) is None
    assert code_digest(max) is None
    assert code_digest(code_digests) is None
    given = {"a": np.max, "b": times(1), "c": "mean", "d": None}
    assert code_digests(given) == {"b": code_digest(times(1))}


def test_a_recursive_function_ends():
    def down(n):
        return n and down(n - 1)

    assert code_digest(down) == code_digest(down)


def test_another_process_gives_the_same_digest():
    """Sets are in another order there, and objects in another place."""
    code = (
        "from tests.store import test_callables as t; from locuscope.store import code_digest\n"
        "print(code_digest(t.vowels), code_digest(t.Score(t.times(2))))"
    )
    root = Path(__file__).resolve().parents[2]
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def vowels(text):
    return sum(letter in {"a", "e", "i", "o", "u"} for letter in text)


def test_tensors_that_are_closed_over_count():
    kinds = [torch.float32, torch.bfloat16, torch.int64]
    digests = {
        code_digest(times(torch.tensor(numbers, dtype=kind)))
        for kind in kinds
        for numbers in ([1, 0], [0, 1])
    }
    assert len(digests) == 6
    weights = torch.tensor([1.0, 0.0], requires_grad=True)
    assert code_digest(times(weights)) == code_digest(times(weights.detach().clone()))

"""The command: trains, writes whole or not at all, prints the measures of a file."""

from __future__ import annotations

import pytest

from locuscope.demo import train, train_cards
from locuscope.demo.train_loop import Recipe
from locuscope.demo.train_recipes import PLANS, Plan
from locuscope.models.chromatin import load_chromatin
from tests.demo.chromatin_toy import toy_insulators


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A small chromosome and two short epochs instead of the real ones."""
    monkeypatch.setattr(train, "prepare", lambda *_: toy_insulators(192))
    monkeypatch.setattr(
        train_cards, "embedded_rows", lambda _, windows: (windows.part == 2).nonzero()[0]
    )
    plan = Plan("fly", 8, Recipe(batch=32, epochs=2))
    monkeypatch.setattr(train, "PLANS", {"insulators": plan})
    return tmp_path / "net.safetensors"


def run(*words: object) -> int:
    return train.main([str(word) for word in words])


def test_a_run_writes_a_network_with_its_card_and_evaluate_prints_the_same(small, capsys):
    command = ("insulators", "--cache", small.parent, "--threads", 1)
    assert run(*command, "--out", small, "--seed", 5) == 0
    said = capsys.readouterr().out
    assert "epoch  1" in said
    assert "budget 1,800 s kept" in said
    model = load_chromatin("insulators", small)
    assert model.card["seed"] == 5
    assert small.stat().st_size <= 350_000
    assert run(*command, "--evaluate", small) == 0
    again = capsys.readouterr().out
    assert again.splitlines() == [
        line
        for line in said.splitlines()
        if not line.startswith("epoch") and "budget 1,800 s" not in line
    ]


def test_two_runs_of_one_seed_differ_in_their_times_only(small):
    command = ("insulators", "--cache", small.parent, "--threads", 1, "--seed", 2)
    other = small.with_name("other.safetensors")
    assert run(*command, "--out", small) == run(*command, "--out", other) == 0
    one, two = (load_chromatin("insulators", place) for place in (small, other))
    assert one.digest == two.digest
    times = ("wall_seconds", "cpu_seconds")
    assert {**one.card, **dict.fromkeys(times)} == {**two.card, **dict.fromkeys(times)}


def test_a_run_that_is_stopped_leaves_nothing_and_the_next_one_starts_afresh(small, monkeypatch):
    fit = train.fit

    def stopped(*args, **kwargs):
        fit(*args, **{**kwargs, "max_steps": 2})
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit", stopped)
    command = ("insulators", "--out", small, "--cache", small.parent, "--threads", 1)
    with pytest.raises(KeyboardInterrupt):
        run(*command)
    assert list(small.parent.iterdir()) == []
    monkeypatch.setattr(train, "fit", fit)
    assert run(*command) == 0
    assert list(small.parent.iterdir()) == [small]


def test_a_run_over_its_budget_says_so(small, monkeypatch, capsys):
    monkeypatch.setattr(train, "BUDGET_S", 0)
    assert run("insulators", "--out", small, "--cache", small.parent, "--threads", 1) == 1
    assert "EXCEEDED" in capsys.readouterr().out


def test_a_missing_package_is_a_sentence(tmp_path, capsys):
    assert run("insulators", "--out", tmp_path / "a", "--cache", tmp_path) == 2
    assert "augustus-doc 3.5.0" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_a_cache_it_says_what_to_give(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv(train.CACHE_VARIABLE, raising=False)
    assert run("dnase", "--out", tmp_path / "a") == 2
    assert "--cache" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("dnase",), ("other", "--out", "x"), ("dnase", "--out")])
def test_other_words_are_refused(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        run(*words)
    assert "usage" in capsys.readouterr().err


def test_every_network_has_a_plan_within_the_design():
    assert set(PLANS) == {"dnase", "insulators"}
    for plan in PLANS.values():
        assert plan.recipe.epochs <= 12
        assert plan.recipe.batch == 256
        assert [tried.shipped for tried in plan.tried].count(True) == 1
        (shipped,) = [tried for tried in plan.tried if tried.shipped]
        assert shipped.recipe == plan.recipe

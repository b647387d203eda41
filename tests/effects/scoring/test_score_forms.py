from __future__ import annotations

import pytest

from locuscope.effects import scores
from locuscope.effects.scoring.score_forms import (
    PartScorer,
    PreparedScorer,
    ReadingScorer,
    ScoreContext,
    Scorer,
    naming_allele,
)
from locuscope.genome.variant import Variant
from locuscope.models.zoo import load_model


def test_any_callable_with_a_name_is_a_scorer():
    def mine(ref, alt):
        return alt - ref

    assert isinstance(mine, Scorer)
    assert not isinstance(mine, PartScorer)
    assert not isinstance("diff", Scorer)


def test_the_forms_of_the_embedded_models():
    delta = load_model("cispliceai").scores["splice_delta"]
    effect = load_model("mtsplice").scores["tissue_effect"]
    assert isinstance(delta, PreparedScorer)
    assert not isinstance(delta, ReadingScorer)
    assert isinstance(effect, ReadingScorer)
    assert not isinstance(effect, PreparedScorer)


def test_the_forms_are_found_where_the_names_are():
    for form in (PartScorer, PreparedScorer, ReadingScorer, ScoreContext, Scorer):
        assert getattr(scores, form.__name__) is form


def test_a_context_needs_no_more_than_alleles_and_windows():
    context = ScoreContext([], [])
    assert (context.valid, context.tracks, context.part) == (None, None, None)
    assert (context.alignment, context.pairs) == (None, None)


def test_an_error_gets_the_name_of_its_score_and_stays_itself():
    allele = Variant("1", 5, "A", "C")
    with pytest.raises(ZeroDivisionError) as caught, naming_allele("mine", allele):
        1 / 0
    assert caught.value.__notes__ == [
        f"raised by the score 'mine', in the batch that begins with {allele}."
    ]
    with naming_allele("mine", allele):
        pass

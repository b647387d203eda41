"""The verbs: what their results hold, which options they take, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import (
    InputError,
    ModelError,
    OptionError,
    OutOfBoundsError,
    ShapeError,
    WrongTypeError,
)
from locuscope.inference.mutants import Edits, Mutants, plan_mutants, predict_edits, predict_mutants
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.oracles.mutants_oracle import slow_edit, slow_mutants

TEXT = "ACGTNGATTACAGATTACAGGCATNCATTACA"


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, 6, 5, padding=2)
        self.tracks = nn.Conv1d(6, 3, 3, padding=1)
        self.number = nn.Linear(6, 2)

    def forward(self, x):
        h = torch.relu(self.stem(x))
        return self.tracks(h).transpose(1, 2), self.number(h.mean(2))[:, None]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    heads = [HeadSpec("tracks", (1,), 3), HeadSpec("number", (), 2)]
    return wrap(TwoHeads().eval(), heads=heads, window_bp=len(TEXT), name="two")


@pytest.fixture(scope="module")
def plan(model):
    return plan_mutants(model, device="cpu", measure=False)


def close(found, want) -> None:
    assert set(found) == set(want)
    for head, by_key in want.items():
        for key, value in by_key.items():
            np.testing.assert_allclose(found[head][key], value, rtol=0, atol=2e-6)


@pytest.mark.parametrize("method", ["incremental", "naive", "auto"])
def test_all_positions_by_every_method(model, plan, method) -> None:
    found = predict_mutants(model, TEXT, plan=plan, method=method)
    assert isinstance(found, Mutants)
    close(found.delta, slow_mutants(model, TEXT, range(len(TEXT))))
    assert found.delta["tracks"][1].shape == (len(TEXT), 4, len(TEXT), 3)
    assert found.delta["number"][0].shape == (len(TEXT), 4, 1, 2)
    own = [("ACGT".index(letter), at) for at, letter in enumerate(TEXT) if letter != "N"]
    assert all(not found.delta["tracks"][1][at, base].any() for base, at in own)
    unknown = [at for at, letter in enumerate(TEXT) if letter == "N"]
    assert np.isnan(found.delta["tracks"][1][unknown]).all()
    assert repr(found) == f"Mutants(32 positions, {found.method}, two)"


def test_alternative_is_the_output_of_the_mutant(model, plan) -> None:
    found = predict_mutants(model, TEXT, positions=[7], plan=plan, method="incremental")
    changed = torch.zeros(1, 4, len(TEXT))
    for at, letter in enumerate(TEXT[:7] + "G" + TEXT[8:]):
        if letter != "N":
            changed[0, "ACGT".index(letter), at] = 1
    with torch.no_grad():
        want = model.run(changed)["tracks"][1][0].numpy()
    np.testing.assert_allclose(found.alternative()["tracks"][1][0, 2], want, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("positions", "want"),
    [(slice(3, 9, 2), [3, 5, 7]), ([9, 2, 2], [9, 2, 2]), (np.array([31.0]), [31]), ([], [])],
)
def test_positions(model, plan, positions, want) -> None:
    found = predict_mutants(model, TEXT, positions=positions, plan=plan, method="incremental")
    assert found.positions.tolist() == want
    assert found.delta["tracks"][1].shape == (len(want), 4, len(TEXT), 3)
    if want:
        close(found.delta, slow_mutants(model, TEXT, want))


def test_alleles_that_were_not_asked_for_hold_nan(model, plan) -> None:
    found = predict_mutants(model, TEXT, positions=[0, 1], alleles="AT", plan=plan)
    held = ~np.isnan(found.delta["number"][0][:, :, 0, 0])
    # The letters themselves, A and C, hold 0 in any case.
    assert held.tolist() == [[True, False, False, True], [True, True, False, True]]


def test_a_sequence_may_be_one_hot_without_n(model, plan) -> None:
    text = TEXT.replace("N", "A")
    table = np.array([[letter == base for letter in text] for base in "ACGT"], np.uint8)
    a, b = (predict_mutants(model, x, plan=plan, method="incremental") for x in (text, table))
    np.testing.assert_array_equal(a.delta["tracks"][1], b.delta["tracks"][1])


def test_threads_give_the_same_bytes(model, plan) -> None:
    a = predict_mutants(model, TEXT, plan=plan, method="incremental")
    b = predict_mutants(model, TEXT, plan=plan, method="incremental", run=Run(workers=3))
    np.testing.assert_array_equal(a.delta["tracks"][1], b.delta["tracks"][1])


def test_a_person_is_told_how_many_mutants_are_done(model, plan) -> None:
    told: list[tuple[int, int]] = []
    run = Run(progress=lambda done, total, _: told.append((done, total)))
    predict_mutants(model, TEXT, positions=range(6), plan=plan, method="naive", run=run)
    # Six positions, one of them N.
    assert told[-1] == (15, 15)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    told.clear()
    predict_edits(model, TEXT, [(0, "G"), [(1, "A"), (2, "A")]], plan=plan, run=run)
    # The pair and its parts.
    assert told[-1] == (4, 4)


@pytest.mark.parametrize("target", [
    Target("tracks", tracks=[1], positions=slice(8, 20), reduce="mean"),
    lambda outputs: outputs["tracks"][1][:, 8:20, 1].mean(1),
], ids=["noun", "function"])  # fmt: skip
def test_a_target_is_one_number(model, target) -> None:
    found = predict_mutants(model, TEXT, target=target, method="incremental")
    want = slow_mutants(model, TEXT, range(len(TEXT)))["tracks"][1][:, :, 8:20, 1].mean(2)
    assert set(found.delta) == {"target"}
    np.testing.assert_allclose(found.delta["target"][0], want, rtol=0, atol=2e-6)
    ops = {step.op for step in found.plan.engine.tables.graph.steps}
    assert "aten.linear" not in ops, "the other head is not computed"


def test_edits_of_one_and_of_several_positions(model, plan) -> None:
    edits = [(3, "A"), [(5, "T"), (6, "C")], [(0, "G"), (31, "T"), (12, "T")]]
    found = predict_edits(model, TEXT, edits, plan=plan, method="incremental")
    assert isinstance(found, Edits)
    as_lists = [[(3, "A")], *edits[1:]]
    for row, edit in enumerate(as_lists):
        want = slow_edit(model, TEXT, edit)
        apart = [slow_edit(model, TEXT, [one]) for one in edit]
        for head, key in (("tracks", 1), ("number", 0)):
            np.testing.assert_allclose(
                found.delta[head][key][row], want[head][key], rtol=0, atol=2e-6
            )
            beyond = want[head][key] - sum(one[head][key] for one in apart)
            beyond = beyond if len(edit) > 1 else beyond * 0
            np.testing.assert_allclose(found.epistasis[head][key][row], beyond, rtol=0, atol=4e-6)
    assert np.abs(found.epistasis["tracks"][1][1]).max() > 1e-3
    whole = predict_edits(model, TEXT, edits, plan=plan, method="naive")
    close(whole.delta, found.delta)
    assert repr(whole) == "Edits(naive, two)"


def test_an_edit_may_name_the_letter_that_is_there_or_an_n(model, plan) -> None:
    found = predict_edits(model, TEXT, [(0, "A"), (4, "C")], plan=plan, method="incremental")
    assert not found.delta["tracks"][1][0].any()
    close(
        {"tracks": {1: found.delta["tracks"][1][1]}, "number": {0: found.delta["number"][0][1]}},
        slow_edit(model, TEXT, [(4, "C")]),
    )


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"method": "quick"}, OptionError, "auto, incremental, naive"),
        ({"alleles": "AX"}, OptionError, "letters of ACGT"),
        ({"positions": [32]}, OutOfBoundsError, "0 to 31"),
        ({"positions": [-1]}, OutOfBoundsError, "position -1"),
        ({"positions": [0.5]}, InputError, "positions"),
        ({"run": Run(batch_size=3)}, OptionError, "batch_size"),
        ({"run": Run(out="there")}, OptionError, "out"),
        ({"plan": "plan"}, WrongTypeError, "plan"),
    ],
)
def test_what_predict_mutants_refuses(model, plan, options, error, words) -> None:
    with pytest.raises(error, match=words):
        predict_mutants(model, TEXT, **{"plan": plan, **options})


@pytest.mark.parametrize(
    ("sequence", "error"),
    [("ACGT", ShapeError), (np.zeros((32, 4)), ShapeError), (3, WrongTypeError)],
)
def test_sequences_that_do_not_fit(model, plan, sequence, error) -> None:
    with pytest.raises(error):
        predict_mutants(model, sequence, plan=plan)


@pytest.mark.parametrize("edits", [None, 5, [3], ["3A"], [None], (3, "A"), "3A"])
def test_edits_that_are_no_lists(model, plan, edits) -> None:
    with pytest.raises(WrongTypeError, match="expected a list"):
        predict_edits(model, TEXT, edits, plan=plan)


@pytest.mark.parametrize("edits", [[[]], [(3,)], [((3, "A"), 4)]])
def test_edits_without_position_or_base(model, plan, edits) -> None:
    with pytest.raises(OptionError, match=r"expected \(position, base\)"):
        predict_edits(model, TEXT, edits, plan=plan)


@pytest.mark.parametrize("positions", [5, "35"])
def test_positions_that_are_no_list(model, plan, positions) -> None:
    with pytest.raises(WrongTypeError, match="positions holds"):
        predict_mutants(model, TEXT, positions=positions, plan=plan)


@pytest.mark.parametrize("edits", [[], [(3, "N")], [[(3, "A"), (3, "C")]]])
def test_edits_that_mean_nothing(model, plan, edits) -> None:
    with pytest.raises(OptionError, match="edit"):
        predict_edits(model, TEXT, edits, plan=plan)


def test_a_plan_belongs_to_its_model_and_target(model, plan) -> None:
    with pytest.raises(OptionError, match="no target"):
        predict_mutants(model, TEXT, plan=plan, target=Target("tracks"))
    other = wrap(nn.Conv1d(4, 1, 1), heads=HeadSpec("o", (1,), 1), window_bp=32, output_axes="NTL")
    with pytest.raises(OptionError, match="plan is of two"):
        predict_mutants(other, TEXT, plan=plan)


def test_a_network_in_training_mode_is_refused() -> None:
    net = nn.Sequential(nn.Conv1d(4, 2, 3, padding=1), nn.BatchNorm1d(2), nn.Dropout(0.5))
    model = wrap(net, heads=HeadSpec("o", (1,), 2), window_bp=20, output_axes="NTL", name="net")
    net.train()
    with pytest.raises(ModelError, match=r"module\.1 \(BatchNorm1d\) is in training"):
        predict_mutants(model, "ACGT" * 5)
    net[1].eval()
    with pytest.raises(ModelError, match=r"module\.2 \(Dropout\)"):
        predict_mutants(model, "ACGT" * 5)


def test_nothing_of_the_network_changes(model) -> None:
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    wants = [p.requires_grad for p in model.module.parameters()]
    predict_mutants(model, TEXT, positions=[3])
    assert [p.requires_grad for p in model.module.parameters()] == wants
    after = model.module.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], value) for name, value in before.items())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_what_the_processor_gives(model) -> None:
    found = predict_mutants(model, TEXT, method="incremental", run=Run(device="cuda"))
    close(found.delta, slow_mutants(model, TEXT, range(len(TEXT))))

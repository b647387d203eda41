from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution.epistasis import epistasis
from locuscope.errors import InputError, OptionError, OutOfBoundsError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import network, sequences

MODEL = network()
DOUBLE = network(double=True)
TARGET = Target(tracks=[1], positions=slice(2, 6))
CPU = Run(device="cpu")


def slow(one, edit):
    """number(edited) - number(sequence), in float64."""
    both = np.stack([one, one]).astype(np.float64)
    for at, base in edit:
        both[1, :, at] = 0
        both[1, base, at] = 1
    with torch.no_grad():
        numbers = DOUBLE.run(torch.from_numpy(both))["atac"][8][:, 2:6, 1].sum(1)
    return float(numbers[1] - numbers[0])


@pytest.mark.parametrize("method", ["auto", "incremental", "naive"])
def test_every_pair_equals_the_slow_loop(method):
    one = sequences()[0]
    found = epistasis(MODEL, one, positions=[30, 33.0, 20], target=TARGET, method=method, run=CPU)
    assert found.positions.tolist() == [20, 30, 33]
    assert found.pairs.tolist() == [[20, 30], [20, 33], [30, 33]]
    for k, (i, j) in enumerate(found.pairs.tolist()):
        for a in range(4):
            for b in range(4):
                both = slow(one, [(i, a), (j, b)])
                beyond = both - slow(one, [(i, a)]) - slow(one, [(j, b)])
                assert abs(found.joint[k, a, b] - both) < 5e-6
                assert abs(found.values[k, a, b] - beyond) < 5e-6
    own = one.argmax(0)
    assert (found.values[0, own[20]] == 0).all() and (found.values[0, :, own[30]] == 0).all()
    np.testing.assert_array_equal(found.strength(), np.abs(found.values).max((1, 2)))


def test_changes_of_a_linear_model_add_up():
    torch.manual_seed(0)
    net = nn.Conv1d(4, 1, 5, padding=2).eval()
    head = HeadSpec("a", (1,), 1)
    model = wrap(net, heads=head, window_bp=20, output_axes="NTL", name="line")
    found = epistasis(model, "ACGTTGCATTGACGTATTGA", positions=range(8, 12), run=CPU)
    assert np.abs(found.values).max() < 1e-6 < np.abs(found.joint).max()


def test_a_table_of_all_changes():
    genome = Genome.from_sequences({"c": "ACGTTGCAGG" * 20})
    here = Target(tracks=[0], positions=[Interval("c", 96, 104)])
    found = epistasis(
        MODEL, Interval("c", 64, 128), genome, positions=[35, 37], target=here, run=CPU
    )
    same = epistasis(
        MODEL,
        Interval("c", 64, 128),
        genome,
        positions=[35, 37],
        target=Target(tracks=[0], positions=[4]),
        run=CPU,
    )
    np.testing.assert_allclose(found.values, same.values, atol=1e-6)
    table = found.to_dataframe()
    assert len(table) == 9 and set(table["first"]) == {35} and set(table.second) == {37}
    # 64 + 35 = 99 and 101 of the repeat: G and C.
    assert set(table.first_base) == set("ACT") and set(table.second_base) == set("AGT")
    rest = table.joint - table.first_alone - table.second_alone
    np.testing.assert_allclose(table.epistasis, rest, atol=1e-6)
    assert repr(found) == "Epistasis(1 pairs of 2 positions, c:65-128)"


@pytest.mark.fault("V4")
def test_what_is_refused_in_words():
    x = sequences()[:2].copy()
    x[0, :, 7] = 0
    with pytest.raises(InputError, match="one sequence at a time; got 2"):
        epistasis(MODEL, x, positions=[1, 2])
    with pytest.raises(InputError, match=r"position 7 .* has no base"):
        epistasis(MODEL, x[0], positions=[1, 7])
    for wrong in ([3], [3, 3], []):
        with pytest.raises(OptionError, match="at least two, each once"):
            epistasis(MODEL, x[0], positions=wrong)
    with pytest.raises(OutOfBoundsError, match=r"position 64 .* \(0 to 63\)"):
        epistasis(MODEL, x[0], positions=[1, 64])
    with pytest.raises(OptionError, match="method is 'fast'"):
        epistasis(MODEL, x[0], positions=[1, 2], method="fast")
    with pytest.raises(OptionError, match=r"gives \(4,\) numbers per sequence"):
        epistasis(MODEL, x[0], positions=[1, 2], target="each", run=CPU)


def test_the_order_of_the_positions_does_not_matter():
    one = sequences()[1]
    here = epistasis(MODEL, one, positions=[12, 20, 14], target=TARGET, run=CPU)
    there = epistasis(MODEL, one, positions=[20, 14, 12], target=TARGET, run=CPU)
    for name in ("positions", "pairs", "values", "joint", "single"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
    pair = epistasis(MODEL, one, positions=[20, 12], target=TARGET, run=CPU)
    place = here.pairs.tolist().index([12, 20])
    np.testing.assert_allclose(pair.values[0], here.values[place], atol=1e-6)


def test_changes_that_never_meet_add_up():
    # Bins of 8 bases, and 7 + 4 bases of sight: the two ends share no bin.
    found = epistasis(MODEL, sequences()[0], positions=[1, 62], target=Target(tracks=[0]), run=CPU)
    assert np.abs(found.values).max() < 1e-6 < np.abs(found.joint).max()

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.attribution import example_parts
from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.contributions import contributions
from locuscope.attribution.ism import ism
from locuscope.errors import DataWarning, InputChangedError, OptionError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.inference.target import Target
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.attribution.reference import network, sequences
from tests.effects.golden import META, PAIR

HERE = Path(__file__).parents[2]
METHODS = ("gradient_x_input", "smooth_gradient", "integrated_gradients", "deeplift")
CPU = {"target": 0}


def options_of(method):
    return {"n_references": 2, "seed": 3} if method in METHODS[2:] else {}


@pytest.fixture
def one_each(monkeypatch):
    """One example in a part."""
    monkeypatch.setattr(example_parts, "_PART_BYTES", 1)


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
@pytest.mark.parametrize("method", METHODS)
def test_a_job_gives_what_memory_gives(method, suffix, tmp_path, one_each):
    out = tmp_path / f"found{suffix}"
    asked = {"method": method, **CPU, **options_of(method)}
    found = contributions(network(), sequences(), out=out, **asked)
    plain = contributions(network(), sequences(), **asked)
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    np.testing.assert_array_equal(found.sequences, plain.sequences)
    assert (found.method, found.target, found.kind) == (plain.method, plain.target, plain.kind)
    assert found.notes == plain.notes
    if plain.delta is not None:
        np.testing.assert_allclose(found.delta, plain.delta, atol=1e-6)
        np.testing.assert_allclose(found.change, plain.change, atol=1e-6)
    opened = Contributions.open(out)
    np.testing.assert_array_equal(opened.values, found.values)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [f".found{suffix}.lsc.json", f"found{suffix}"]


def test_parts_know_which_examples_they_hold(tmp_path, one_each):
    """Targets on a genome and references by example are those of the whole call."""
    texts = list(META["sequences"]["sigmoid"])[:3]
    genome = Genome.from_sequences({f"s{i}": text for i, text in enumerate(texts)}, name="toy")
    places = [Interval(f"s{i}", 0, 64) for i in range(3)]
    over = [Interval(f"s{i}", 8 * i, 8 * i + 8) for i in range(3)]
    own = np.stack([sequences()[[1, 2]], sequences()[[2, 3]], sequences()[[0, 1]]])
    for method in ("deeplift", "expected_gradients"):
        asked = {
            "method": method, "target": Target(tracks=[1], positions=over), "references": own,
            "batch_size": 2,
        }  # fmt: skip
        plain = contributions(network(), places, genome, **asked)
        found = contributions(network(), places, genome, out=tmp_path / f"{method}.npz", **asked)
        np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
        assert found.intervals == plain.intervals


KILLED = """
import os, signal, sys
from locuscope.attribution import example_parts
from locuscope.attribution.contributions import contributions
from locuscope.inference.run import Run
from tests.attribution.reference import network, sequences
example_parts._PART_BYTES = 1
stop = lambda n, total, counts: n >= int(sys.argv[2]) and os.kill(os.getpid(), signal.SIGKILL)
contributions(network(), sequences(), target=0, method="deeplift", n_references=2,
              run=Run(out=sys.argv[1], progress=stop))
"""


@pytest.mark.fault("J1")
@pytest.mark.parametrize(("suffix", "after"), [(".npz", 1), (".h5", 4)])
def test_a_killed_job_ends_with_the_same_bytes(suffix, after, tmp_path, one_each):
    out, other = tmp_path / f"killed{suffix}", tmp_path / f"whole{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out), str(after)], cwd=HERE, check=False,
        env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL and not out.exists(), done.stderr.decode()
    asked = {"target": 0, "method": "deeplift", "n_references": 2}
    seen = []
    run = Run(out=out, progress=lambda n, total, counts: seen.append(n))
    contributions(network(), sequences(), run=run, **asked)
    assert seen[0] >= after and seen[-1] == 5
    contributions(network(), sequences(), out=other, **asked)
    assert out.read_bytes() == other.read_bytes()


def test_a_finished_job_is_read_and_another_is_refused(tmp_path, one_each):
    out = tmp_path / "found.npz"
    asked = {"method": "deeplift", "n_references": 2, **CPU}
    first = contributions(network(), sequences(), out=out, **asked)
    stamp = out.stat().st_mtime_ns
    again = contributions(network(), sequences(), out=out, **asked)
    np.testing.assert_array_equal(again.values, first.values)
    assert out.stat().st_mtime_ns == stamp
    for change in (
        {"n_references": 3},
        {"target": 1},
        {"references": "mononucleotide"},
        {"seed": 9},
        {"rc": True},
        {"hypothetical": False},
        {"layer": "relu"},
        {"method_options": {"on_unsupported": "gradient"}},
    ):
        with pytest.raises(InputChangedError):
            contributions(network(), sequences(), out=out, **{**asked, **change})
    with pytest.raises(InputChangedError, match="bases"):
        contributions(network(), sequences()[:4], out=out, **asked)
    anew = contributions(
        network(), sequences(), run=Run(out=out, restart=True), method="gradient", **CPU
    )
    assert anew.method == "gradient" and Contributions.open(out).method == "gradient"


def test_functions_of_the_caller_belong_to_the_job(tmp_path):
    out = tmp_path / "found.npz"
    contributions(network(), sequences(), out=out, target=lambda o: o["atac"][8][:, 3, 0])
    contributions(network(), sequences(), out=out, target=lambda o: o["atac"][8][:, 3, 0])
    with pytest.raises(InputChangedError, match="target"):
        contributions(network(), sequences(), out=out, target=lambda o: o["atac"][8][:, 4, 0])


def test_plain_derivatives_of_every_part_are_told(tmp_path, one_each):
    class Sorted(nn.Module):
        def forward(self, x):
            weights = torch.arange(48.0).reshape(4, 12)
            return (x * weights).flatten(1).sort(1).values[:, -3:].sum(1)[:, None] ** 2

    model = wrap(Sorted(), heads=HeadSpec("n", (), 1), window_bp=12, output_axes="NT")
    rng = np.random.default_rng(1)
    letters = ["".join(rng.choice(list("ACGT"), 12)) for _ in range(3)]
    asked = {
        "method": "deeplift", "n_references": 2,
        "method_options": {"on_unsupported": "gradient", "diagnose": True},
    }  # fmt: skip
    with pytest.warns(DataWarning, match=r"of 3 examples miss .* a part of it is sort \(call 1\)"):
        found = contributions(model, letters, out=tmp_path / "found.h5", **asked)
    assert any("plain derivative of sort" in note for note in found.notes)
    assert any("sort (call 1)" in note for note in found.notes)
    with pytest.warns(DataWarning, match="examples miss"):
        silent = contributions(
            model, letters, **{**asked, "method_options": {"on_unsupported": "gradient"}}
        )
    assert not any("sort (call 1)" in note for note in silent.notes)


def test_projected_values_are_written(tmp_path):
    out = tmp_path / "found.npz"
    found = contributions(network(), sequences(), hypothetical=False, out=out, **CPU)
    assert found.kind == "projected"
    plain = contributions(network(), sequences(), **CPU).project()
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)


@pytest.mark.fault("V4")
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"out": "found.bedgraph"}, "contributions(...).save(path)"),
        ({"out": ["a.npz", "b.npz"]}, "names 2"),
        ({"out": "found.npz", "return_var": True, "rc": True}, "return_var"),
        ({"out": "found.npz", "return_all": True}, "return_all"),
        ({"out": "found.npz", "target": "each"}, 'target="each"'),
        ({"out": "found.npz", "layer": "relu", "target": "each"}, 'target="each"'),
        ({"run": Run(progress=True)}, "progress"),
        ({"run": Run(workers=3)}, "workers"),
        ({"out": "found.npz", "run": Run(out="other.npz")}, "differ"),
    ],
)
def test_files_that_could_not_hold_the_result(asked, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError) as caught:
        contributions(network(), sequences(), **{**CPU, **asked})
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_shifts_and_members_in_a_job(tmp_path, one_each):
    views = Ensemble(rc=True, shifts=(0, 1), members=(network("sigmoid"),))
    asked = {"ensemble": views, "target": 2}
    found = contributions(network(), sequences(), out=tmp_path / "found.npz", **asked)
    plain = contributions(network(), sequences(), **asked)
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    assert found.provenance["ensemble"]["shifts"] == [0, 1]


TARGET = Target(tracks=[0], positions="center")
AT = [9, 10, 11, 40]


@pytest.mark.parametrize(
    ("hypothetical", "center"), [(True, "alts"), (False, "simplex"), (False, "none")]
)
def test_single_changes_through_the_verb(hypothetical, center):
    model, x = network(strand_pair=PAIR), sequences()[[0, 4]]
    found = contributions(
        model, x, method="ism", hypothetical=hypothetical, rc=True, target=TARGET,
        method_options={"center": center, "positions": AT},
    )  # fmt: skip
    form = "hypothetical" if hypothetical else "projected"
    expected = ism(model, x, target=TARGET, rc=True, form=form, center=center, positions=AT)
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6)
    assert (found.kind, found.method) == (form, "ism") and found.delta is None
    assert found.provenance["center"] == center and "gauge" not in found.provenance
    assert found.notes == expected.notes and "11 of example 1" in found.notes[0]
    if hypothetical and center == "alts":
        effect = found.values - (found.values * x).sum(1, keepdims=True)
        others = effect.sum(1) / 3
        own = (found.values * x).sum(1)
        np.testing.assert_allclose(own[0], -others[0], atol=1e-6)


def test_single_changes_as_a_job(tmp_path, one_each):
    options = {"method_options": {"positions": [9, 10, 11]}}
    plain = contributions(network(), sequences(), method="ism", target=0, **options)
    out = tmp_path / "found.h5"
    found = contributions(network(), sequences(), method="ism", target=0, out=out, **options)
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    assert np.isnan(found.values[..., 0]).all() and np.isfinite(found.values[0, :, 9]).all()
    layer = contributions(network(), sequences(), method="ism", layer="relu", target=2, **options)
    x = torch.tensor(sequences()).float()
    changed = x[:1].clone()
    changed[0, :, 9] = torch.eye(4)[(int(x[0, :, 9].argmax()) + 1) % 4]
    with torch.no_grad():
        number = lambda rows: torch.relu(network().module.stem(rows))[:, 2].sum(1)
        effect = float(number(changed) - number(x[:1]))
    values = layer.values[0, :, 9]
    own = int(x[0, :, 9].argmax())
    np.testing.assert_allclose(values[(own + 1) % 4] - values[own], effect, atol=1e-5)


def test_every_track_into_one_file(tmp_path, one_each):
    asked = {"target": "each", "method": "deeplift", "n_references": 2}
    found = contributions(network(), sequences(), out=tmp_path / "each.h5", **asked)
    plain = contributions(network(), sequences(), **asked)
    assert found.values.shape == (4, 5, 4, 64) and found.tracks == plain.tracks
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    np.testing.assert_allclose(found.delta, plain.delta, atol=1e-6)
    np.testing.assert_allclose(found.track(2).change, plain.track(2).change, atol=1e-6)


@pytest.mark.fault("J1")
def test_kills_at_random_moments(tmp_path, one_each):
    """However often it is killed, the same call at last ends with the same bytes."""
    out, other = tmp_path / "killed.npz", tmp_path / "whole.npz"
    moments = np.random.default_rng(8).permutation(4)[:2] + 1
    for after in sorted(moments.tolist()):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(out), str(after)], cwd=HERE, check=False,
            env={**os.environ, "PYTHONPATH": str(HERE)}, capture_output=True,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL and not out.exists(), done.stderr.decode()
    asked = {"target": 0, "method": "deeplift", "n_references": 2}
    contributions(network(), sequences(), out=out, **asked)
    contributions(network(), sequences(), out=other, **asked)
    assert out.read_bytes() == other.read_bytes()


class StoppedError(Exception):
    pass


def stopped(monkeypatch, after, *given, **asked):
    """The same call, interrupted after some parts."""
    write, seen = example_parts._write_part, []

    def stop(path, arrays):
        if len(seen) == after:
            raise StoppedError
        seen.append(path)
        write(path, arrays)

    with monkeypatch.context() as patch:
        patch.setattr(example_parts, "_write_part", stop)
        with pytest.raises(StoppedError):
            contributions(*given, **asked)


def test_long_lists_of_positions_belong_to_the_job(tmp_path, one_each, monkeypatch):
    """The text of a long array leaves out its middle, where these two differ."""
    one, other = np.zeros(1201, np.int64), np.zeros(1201, np.int64)
    one[600], other[600] = 5, 9
    asked = {"method": "ism", "out": tmp_path / "found.npz", **CPU}
    given = (network(), sequences())
    stopped(monkeypatch, 1, *given, **asked, method_options={"positions": one})
    with pytest.raises(InputChangedError, match="positions"):
        contributions(*given, **asked, method_options={"positions": other})
    listed = contributions(*given, **asked, method_options={"positions": [0, 5]})
    assert np.flatnonzero(np.isfinite(listed.values[0, 0])).tolist() == [0, 5]


def test_positions_that_are_read_once(tmp_path, one_each):
    options = {"positions": (at for at in (9, 11))}
    found = contributions(
        network(), sequences(), method="ism", out=tmp_path / "a.npz", method_options=options, **CPU
    )
    assert np.isfinite(found.values[:3, 0]).sum(1).tolist() == [2, 2, 2]


def test_references_at_once_are_those_of_the_first_call(tmp_path, one_each, monkeypatch):
    given = (network(), sequences())
    asked = {"method": "deeplift", "n_references": 7, **CPU}
    whole, out = tmp_path / "whole.npz", tmp_path / "out.npz"
    contributions(*given, out=whole, batch_size=32, **asked)
    stopped(monkeypatch, 2, *given, out=out, batch_size=32, **asked)
    contributions(*given, out=out, batch_size=3, **asked)
    assert out.read_bytes() == whole.read_bytes()


class Cubed(nn.Module):
    def forward(self, x):
        weights = torch.arange(48.0).reshape(4, 12)
        return (x * weights).flatten(1).sort(1).values[:, -3:].sum(1)[:, None] ** 2


def test_suspects_of_an_interrupted_call_are_told(tmp_path, one_each, monkeypatch):
    model = wrap(Cubed(), heads=HeadSpec("n", (), 1), window_bp=12, output_axes="NT")
    letters = ["ACGTACGTTGCA", "TTGACGGTACCA", "GGATCCATTACG"]
    asked = {
        "method": "deeplift", "n_references": 2,
        "method_options": {"on_unsupported": "gradient", "diagnose": True},
    }  # fmt: skip
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    with pytest.warns(DataWarning, match="sort"):
        contributions(model, letters, out=whole, **asked)

    def no_file(*given):
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr("locuscope.attribution.contribution_work.joined_batches", no_file)
        with pytest.raises(StoppedError):
            contributions(model, letters, out=out, **asked)
    with pytest.warns(DataWarning, match=r"sort \(call 1\)"):
        contributions(model, letters, out=out, **asked)
    assert out.read_bytes() == whole.read_bytes()


class Probe(nn.Linear):
    def forward(self, outputs):
        return super().forward(outputs["atac"][8].mean(1))[:, 0]


def test_the_weights_of_a_module_belong_to_the_job(tmp_path):
    probe, out = Probe(4, 1), tmp_path / "found.npz"
    contributions(network(), sequences(), out=out, target=probe)
    contributions(network(), sequences(), out=out, target=probe)
    with torch.no_grad():
        probe.weight += 1
    with pytest.raises(InputChangedError, match="target_weights"):
        contributions(network(), sequences(), out=out, target=probe)

"""Training: the same bytes twice, the best epoch kept, and a planted motif learnt."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from locuscope.demo import train_loop as tl
from locuscope.demo.train_gates import run_gate
from locuscope.models.chromatin import ChromatinModel
from locuscope.models.chromatin_net import init_filters
from locuscope.models.weights import save_safetensors
from tests.demo.chromatin_toy import MOTIF, motif_pwm, toy_insulators, toy_windows

SMALL = tl.Recipe(batch=32, epochs=4)


@pytest.mark.parametrize(("name", "make"), [("dnase", toy_windows), ("insulators", toy_insulators)])
def test_twenty_steps_twice_on_512_windows_give_the_same_bytes(tmp_path, name, make):
    """Training is deterministic: the same seed, machine and threads."""
    files = []
    for run in range(2):
        windows = make(512 * 3)
        assert len(windows.of("train")) == 512
        done = tl.fit(windows, name, SMALL, [motif_pwm()], seed=3, threads=1, max_steps=20)
        path = save_safetensors(done.network, tmp_path / f"{run}.safetensors", half="kernels")
        files.append(path.read_bytes())
    assert files[0] == files[1]
    other = tl.fit(make(512 * 3), name, SMALL, [motif_pwm()], seed=4, threads=1, max_steps=20)
    path = save_safetensors(other.network, tmp_path / "other.safetensors", half="kernels")
    assert path.read_bytes() != files[0]


def test_steps_change_the_weights_and_the_settings_of_torch_are_put_back():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    windows = toy_windows(96)
    torch.manual_seed(0)
    start = tl.start_network(3, [], SMALL).state_dict()
    torch.set_rng_state(state)
    done = tl.fit(windows, "dnase", SMALL, [], seed=0, threads=2, max_steps=1)
    assert not torch.equal(done.network.stem.weight, start["stem.weight"])
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert done.history == []


def test_a_planted_motif_is_learnt_and_answers_alone():
    said = []
    done = tl.fit(toy_windows(), "dnase", SMALL, [motif_pwm()], seed=0, threads=1, tell=said.append)
    assert len(said) == len(done.history)
    best = done.history[done.best_epoch - 1]["validation_auroc"]
    assert min(best) > 0.95
    assert np.mean(best) == max(np.mean(row["validation_auroc"]) for row in done.history)
    model = ChromatinModel(done.network, "dnase")
    assert tl.validation_auroc(model, toy_windows().of("validation")) == pytest.approx(
        best, abs=1e-4
    )
    backgrounds = np.random.default_rng(0).integers(0, 4, (60, 512)).astype(np.uint8)
    assert run_gate(model, backgrounds, "planted", MOTIF, track="any_site").passed
    assert not done.network.training
    assert not any(p.requires_grad for p in done.network.parameters())


def test_it_stops_when_validation_does_not_improve(monkeypatch):
    values = iter([0.7, 0.9, 0.8, 0.8, 0.95])
    monkeypatch.setattr(tl, "validation_auroc", lambda *_: [next(values)] * 3)
    recipe = tl.Recipe(batch=64, epochs=9, patience=2)
    done = tl.fit(toy_windows(96), "dnase", recipe, [], threads=1)
    assert (len(done.history), done.best_epoch) == (4, 2)


def test_the_first_filters_are_the_motifs():
    recipe = tl.Recipe(filter_bias=-1.0, filter_scale=2.0)
    network = tl.start_network(3, [motif_pwm()], recipe)
    assert torch.equal(network.stem.weight[0], 2 * init_filters([motif_pwm()])[0])
    assert network.stem.bias[0] == -1
    assert network.stem.bias[1] != -1


def test_weights_of_rare_labels():
    labels = np.zeros((100, 4), np.uint8)
    labels[:10, 0] = labels[:50, 1] = labels[0, 2] = 1
    assert tl.positive_weights(labels, 50.0).tolist() == [9, 1, 50, 1]


def test_a_shifted_batch_is_read_at_the_shifted_place():
    windows = toy_windows(60)
    rows, shift = np.array([4, 7]), np.array([-3, 5])
    x, y = tl.batch_of(windows, rows, shift)
    for i, row in enumerate(rows):
        start = windows.centers[row] + shift[i] - 256
        codes = windows.bases[start : start + 512]
        assert np.array_equal(x[i].argmax(0).numpy(), codes)
    assert y.tolist() == windows.labels[rows].tolist()


def test_a_shift_stops_at_the_ends_of_the_chromosome():
    windows = toy_windows(60)
    windows.centers[0], windows.centers[1] = 256, len(windows.bases) - 256
    x, _ = tl.batch_of(windows, np.array([0, 1]), np.array([-20, 20]))
    assert np.array_equal(x[0].argmax(0).numpy(), windows.bases[:512])
    assert np.array_equal(x[1].argmax(0).numpy(), windows.bases[-512:])


def test_shuffled_sites_join_as_background_with_their_dinucleotides():
    windows = toy_windows(60)
    x, y = tl.batch_of(windows, np.arange(10), np.zeros(10, np.int64))
    x[0, :, :40] = 0
    more_x, more_y = tl.with_shuffled(x, y, 3, seed=5)
    assert more_x.shape == (13, 4, 512)
    assert torch.equal(more_x[:10], x)
    assert torch.equal(more_y[:10], y)
    assert not more_y[10:].any()
    for added, given in zip(more_x[10:], x[y.any(1)][:3], strict=True):
        assert not torch.equal(added, given)
        pairs = [torch.einsum("al,bl->ab", part[:, :-1], part[:, 1:]) for part in (added, given)]
        assert torch.equal(*pairs)
    assert torch.equal(more_x[10, :, :40], torch.zeros(4, 40))
    again, _ = tl.with_shuffled(x, y, 3, seed=5)
    assert torch.equal(again, more_x)


def test_a_batch_without_sites_gets_no_shuffles():
    x, y = tl.batch_of(toy_windows(60), np.arange(1, 10, 2), np.zeros(5, np.int64))
    assert tl.with_shuffled(x, y, 3, seed=5)[0] is x


def test_training_with_shuffles_is_deterministic():
    recipe = tl.Recipe(batch=32, epochs=1, shuffled_share=0.25)
    runs = [tl.fit(toy_windows(120), "dnase", recipe, [], threads=1, max_steps=2) for _ in range(2)]
    states = [run.network.state_dict() for run in runs]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])

from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.models.borrow import borrowed, number_type

CPU = torch.device("cpu")


def mixed() -> nn.Module:
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.BatchNorm1d(2))
    net.train()
    net[1].eval()
    return net


def modes(net: nn.Module) -> list[bool]:
    return [part.training for part in net.modules()]


def test_each_part_gets_its_own_mode_back():
    net = mixed()
    before = modes(net)
    with borrowed(net, CPU):
        assert not any(modes(net))
    assert modes(net) == before == [True, True, False, True]


def test_state_comes_back_after_an_error():
    net = mixed()
    before, tf32 = modes(net), torch.backends.cudnn.allow_tf32
    with pytest.raises(ZeroDivisionError), borrowed(net, CPU):
        _ = 1 / 0
    assert modes(net) == before
    assert torch.backends.cudnn.allow_tf32 == tf32


def test_batch_norm_statistics_do_not_move():
    net = nn.BatchNorm1d(2)
    net.train()
    with borrowed(net, CPU):
        net(torch.randn(4, 2))
    assert torch.equal(net.running_mean, torch.zeros(2))


class Recorder(nn.Linear):
    """A layer that records where it is sent: a second device is not at hand everywhere."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.sent: list[str] = []

    def to(self, device):
        self.sent.append(str(device))
        return self


def test_weights_move_to_the_device_and_back_also_after_an_error():
    net = Recorder()
    with pytest.raises(KeyError), borrowed(net, torch.device("cuda:1")):
        raise KeyError
    assert net.sent == ["cuda:1", "cpu"]


def test_weights_that_are_there_already_do_not_move():
    net = Recorder()
    with borrowed(net, CPU), borrowed(net, CPU):
        pass
    assert net.sent == []


def test_a_network_without_numbers_can_be_borrowed():
    with borrowed(nn.ReLU(), CPU):
        pass


def test_number_type():
    assert number_type(nn.Linear(1, 1).double()) == torch.float64
    assert number_type(nn.ReLU()) == torch.float32
    counter = nn.Module()
    counter.register_buffer("n", torch.zeros(1, dtype=torch.int64))
    assert number_type(counter) == torch.float32

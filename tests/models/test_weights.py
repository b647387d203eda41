from __future__ import annotations

import hashlib

import pytest
import torch
from torch import nn

from locuscope.errors import (
    MissingFileError,
    OptionError,
    WeightsError,
    WeightsMismatchError,
)
from locuscope.models.weights import digest_module, load_state, read_weights, save_safetensors


def net() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv1d(4, 3, 5), nn.BatchNorm1d(3))


def test_save_and_read_give_the_same_numbers(tmp_path):
    path = save_safetensors(net(), tmp_path / "w.safetensors", metadata={"card": "{}"})
    weights = read_weights(path)
    assert weights.metadata == {"card": "{}"}
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    fresh = nn.Sequential(nn.Conv1d(4, 3, 5), nn.BatchNorm1d(3))
    load_state(fresh, weights)
    for name, tensor in net().state_dict().items():
        assert torch.equal(fresh.state_dict()[name], tensor)
    assert "w.safetensors" in repr(weights)


def test_two_saves_are_byte_equal(tmp_path):
    one = save_safetensors(net(), tmp_path / "a", metadata={"b": "2", "a": "1"}, half="kernels")
    two = save_safetensors(net(), tmp_path / "b", metadata={"a": "1", "b": "2"}, half="kernels")
    assert one.read_bytes() == two.read_bytes()


def test_half_rounds_kernels_and_leaves_vectors(tmp_path):
    path = save_safetensors(net(), tmp_path / "w", half="kernels")
    tensors = read_weights(path).tensors
    assert tensors["0.weight"].dtype == torch.float16
    assert tensors["0.bias"].dtype == tensors["1.running_var"].dtype == torch.float32
    assert tensors["1.num_batches_tracked"].dtype == torch.int64
    fresh = net()
    load_state(fresh, read_weights(path))
    assert fresh[0].weight.dtype == torch.float32
    assert torch.equal(fresh[0].weight, net()[0].weight.half().float())


def test_save_refuses_an_unknown_rule(tmp_path):
    with pytest.raises(OptionError, match="'all'"):
        save_safetensors(net(), tmp_path / "w", half="all")
    assert not (tmp_path / "w").exists()


def test_pt_files_are_read_as_tensors(tmp_path):
    torch.save(net().state_dict(), tmp_path / "w.pt")
    torch.save({"state_dict": net().state_dict(), "epoch": 3}, tmp_path / "nested.pth")
    for name in ("w.pt", "nested.pth"):
        weights = read_weights(tmp_path / name)
        assert torch.equal(weights.tensors["0.weight"], net()[0].weight)


def test_a_wrong_digest_is_refused(tmp_path):
    path = save_safetensors(net(), tmp_path / "w")
    read_weights(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(WeightsError, match="damaged or replaced"):
        read_weights(path, sha256="0" * 64)


def test_non_finite_numbers_are_refused_by_name(tmp_path):
    bad = {"ok": torch.ones(2), "head.bias": torch.tensor([1.0, float("nan"), float("inf")])}
    path = save_safetensors(bad, tmp_path / "w")
    with pytest.raises(WeightsError, match=r"'head.bias' holds 2 NaN or Inf of 3"):
        read_weights(path)
    assert read_weights(path, allow_nonfinite=True).tensors["head.bias"].isnan().any()


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_weights(tmp_path / "none.safetensors")


def test_a_mismatch_names_what_differs_and_changes_nothing(tmp_path):
    state = net().state_dict()
    state["2.weight"] = state.pop("0.bias")
    state["0.weight"] = state["0.weight"][:, :, :3]
    state["1.bias"] = torch.zeros(3, dtype=torch.int64)
    path = save_safetensors(state, tmp_path / "w")
    target = net()
    before = digest_module(target, "")
    with pytest.raises(WeightsMismatchError) as caught:
        load_state(target, read_weights(path))
    text = str(caught.value)
    assert "1 missing: '0.bias'" in text
    assert "1 unexpected: '2.weight'" in text
    assert "(3, 4, 3), expected (3, 4, 5)" in text
    assert caught.value.shapes.keys() == {"0.weight", "1.bias"}
    assert digest_module(target, "") == before


def test_digest_sees_names_numbers_types_and_configuration():
    digests = [
        digest_module(net(), "a"),
        digest_module(net(), "b"),
        digest_module(net().double(), "a"),
        digest_module(nn.Sequential(net()), "a"),
    ]
    changed = net()
    with torch.no_grad():
        changed[0].bias[0] += 1e-6
    digests.append(digest_module(changed, "a"))
    assert len(set(digests)) == len(digests)
    assert digest_module(net(), "a") == digests[0]


def test_a_header_of_any_length_is_read(tmp_path):
    """A header whose length has the low byte 0x80 looks like a pickle at first sight."""
    lengths = set()
    for extra in range(0, 264, 8):
        path = save_safetensors({"x": torch.ones(3)}, tmp_path / "a", metadata={"m": "y" * extra})
        lengths.add(path.read_bytes()[0])
        assert read_weights(path).metadata == {"m": "y" * extra}
    assert 0x80 in lengths

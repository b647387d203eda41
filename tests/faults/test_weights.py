"""Broken and hostile weight files (rows M1 to M8)."""

from __future__ import annotations

import io
import json
import os
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from locuscope.errors import UnsafeWeightsError, WeightsError, WeightsMismatchError
from locuscope.models.spliceai import from_graphdef, from_safetensors
from locuscope.models.weights import load_state, read_weights, save_safetensors


class Bomb:
    """Unpickled without care, it makes a file."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


def good(tmp_path):
    return save_safetensors({"w": torch.ones(4, 2)}, tmp_path / "good.safetensors")


def works_after_repair(tmp_path):
    assert torch.equal(read_weights(good(tmp_path)).tensors["w"], torch.ones(4, 2))


@pytest.mark.fault("M1")
@pytest.mark.parametrize("is_zip", [True, False])
def test_a_malicious_pickle_is_refused_and_does_nothing(tmp_path, is_zip):
    sentinel = tmp_path / "sentinel"
    path = tmp_path / "evil.pt"
    torch.save({"w": Bomb(str(sentinel))}, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(UnsafeWeightsError) as caught:
        read_weights(path)
    assert caught.value.code == "unsafe_weights"
    assert not sentinel.exists()
    assert "weights_only" not in str(caught.value)
    works_after_repair(tmp_path)


@pytest.mark.fault("M2")
def test_a_whole_module_and_a_numpy_scalar_are_refused_with_a_safe_way(tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "module.pt")
    torch.save({"w": torch.ones(1), "best": np.float64(0.5)}, tmp_path / "scalar.pt")
    for name in ("module.pt", "scalar.pt"):
        with pytest.raises(UnsafeWeightsError, match="state_dict"):
            read_weights(tmp_path / name)
    torch.save({"w": torch.ones(1), "lr": 0.5}, tmp_path / "mixed.pt")
    with pytest.raises(WeightsError, match="'lr' is a float"):
        read_weights(tmp_path / "mixed.pt")
    torch.save(torch.ones(1), tmp_path / "tensor.pt")
    with pytest.raises(WeightsError, match="expected tensors by name"):
        read_weights(tmp_path / "tensor.pt")
    works_after_repair(tmp_path)


@pytest.mark.fault("M3")
def test_truncated_empty_and_html_files_have_their_own_sentence(tmp_path):
    whole = good(tmp_path).read_bytes()
    torch.save({"w": torch.ones(100)}, tmp_path / "whole.pt")
    archive = (tmp_path / "whole.pt").read_bytes()
    cases = {
        "empty": (b"", "the file is empty"),
        "page": (b"  <!DOCTYPE html><html>sign in</html>", "web page"),
        "cut": (whole[:-5], "cut short"),
        "head": (whole[:12], "header"),
        "text": (b"version https://git-lfs.github.com/spec/v1\n" * 4, "header"),
        "zip": (archive[: len(archive) // 2], "ends early"),
        "old": (b"\x80\x02" + b"}q\x00.", "damaged or cut short"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=words) as caught:
            read_weights(path)
        assert caught.value.path == str(path)
    works_after_repair(tmp_path)


@pytest.mark.fault("M3")
def test_a_truncated_graph_names_the_byte(tmp_path):
    path = tmp_path / "cut.pb"
    path.write_bytes(b"\x0a\xff\x7fmodel")
    with pytest.raises(WeightsError, match="byte 0, 5 are left"):
        from_graphdef(path)


@pytest.mark.fault("M4")
def test_weights_of_another_architecture_are_a_mismatch(tmp_path):
    with pytest.raises(WeightsMismatchError, match="missing") as caught:
        from_safetensors(good(tmp_path))
    assert caught.value.code == "weights_mismatch"
    assert str(caught.value).count("'members.") <= 5
    assert caught.value.unexpected == ["w"]


@pytest.mark.fault("M5")
def test_other_real_types_are_converted_and_integers_refused(tmp_path):
    layer = nn.Linear(2, 4, bias=False)
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        path = save_safetensors({"weight": torch.full((4, 2), 0.5, dtype=dtype)}, tmp_path / "w")
        load_state(layer, read_weights(path))
        assert layer.weight.dtype == torch.float32
        assert float(layer.weight.detach().sum()) == 4.0
    path = save_safetensors({"weight": torch.ones(4, 2, dtype=torch.int32)}, tmp_path / "w")
    with pytest.raises(WeightsMismatchError, match="weight"):
        load_state(layer, read_weights(path))


@pytest.mark.fault("M6")
def test_a_giant_header_and_overlapping_offsets_are_refused(tmp_path):
    path = tmp_path / "giant"
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}" * 100)
    with pytest.raises(WeightsError, match="1,099,511,627,776"):
        read_weights(path)
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    text = json.dumps({"a": entry, "b": {**entry, "data_offsets": [4, 12]}}).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(12))
    with pytest.raises(WeightsError, match="overlaps"):
        read_weights(path)
    works_after_repair(tmp_path)


@pytest.mark.fault("M7")
def test_folders_are_refused_and_links_followed(tmp_path):
    with pytest.raises(WeightsError, match="is a folder"):
        read_weights(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(good(tmp_path))
    assert torch.equal(read_weights(link).tensors["w"], torch.ones(4, 2))
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_weights(dangling)


@pytest.mark.fault("M7")
def test_a_file_replaced_between_opening_and_use_gives_one_of_the_two(tmp_path):
    path = good(tmp_path)
    weights = read_weights(path)
    save_safetensors({"w": torch.zeros(4, 2)}, path)
    assert torch.equal(weights.tensors["w"], torch.ones(4, 2))
    assert read_weights(path).sha256 != weights.sha256


def archive(members: dict[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.fault("M8")
def test_bombs_and_members_outside_the_archive_are_refused(tmp_path):
    path = tmp_path / "bomb.pt"
    path.write_bytes(
        archive({"a/data.pkl": b"}.", "a/data/0": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    )
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightsError, match="announces 50,000,002 bytes"):
        read_weights(path)
    path.write_bytes(archive({"a/data.pkl": b"}.", "../../etc/x": b"x"}, zipfile.ZIP_STORED))
    with pytest.raises(UnsafeWeightsError, match="outside the archive"):
        read_weights(path)
    path.write_bytes(archive({"readme.txt": b"hello"}, zipfile.ZIP_STORED))
    with pytest.raises(WeightsError, match=r"not of torch weights \(it holds 'readme.txt'\)"):
        read_weights(path)
    works_after_repair(tmp_path)

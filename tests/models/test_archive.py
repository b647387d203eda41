from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch

from locuscope.errors import UnsafeWeightsError, WeightsError
from locuscope.models.archive import read_archive

HERE = Path("weights.pt")


def saved(content: object, *, is_zip: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=is_zip)
    return buffer.getvalue()


@pytest.mark.parametrize("is_zip", [True, False])
def test_tensors_of_both_generations_of_the_format(is_zip):
    content = {"w": torch.arange(3.0), "n": torch.tensor(4)}
    found = read_archive(saved(content, is_zip=is_zip), HERE)
    assert found.keys() == content.keys()
    assert all(torch.equal(found[name], content[name]) for name in content)


def test_a_state_dict_beside_other_entries_is_taken():
    found = read_archive(saved({"state_dict": {"w": torch.ones(2)}, "epoch": 7}), HERE)
    assert list(found) == ["w"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([torch.ones(1)], "holds a list, expected tensors by name"),
        ({}, "holds a dict, expected tensors"),
        ({"w": torch.ones(1), "x": [1]}, "entry 'x' is a list"),
    ],
)
def test_other_contents_are_refused(content, words):
    with pytest.raises(WeightsError, match=words):
        read_archive(saved(content), HERE)


def test_code_is_refused_by_the_name_it_wants():
    with pytest.raises(
        UnsafeWeightsError, match=r"weights\.pt: loading it would run code"
    ) as caught:
        read_archive(saved({"f": torch.nn.ReLU()}), HERE)
    assert "safetensors" in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_cut_archive_keeps_its_cause():
    with pytest.raises(WeightsError, match="ends early") as caught:
        read_archive(saved({"w": torch.ones(100)})[:200], HERE)
    assert caught.value.__cause__ is not None

"""The recipe of the embedded tissue network, on files of the published layout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from locuscope import demo
from locuscope.demo.build_mtsplice import FILE, INSIDE, build_mtsplice, model_card
from locuscope.demo.build_sources import PACKAGES, Cache
from locuscope.models.mtsplice_weights import from_keras_h5, mtsplice_layout
from locuscope.models.tensor_file import unpack
from tests.models import keras_writer as writer

CACHE = os.environ.get("LOCUSCOPE_DEMO_CACHE") or None


class OneFile(Cache):
    """A cache whose package holds one Keras file."""

    def __init__(self, place: Path) -> None:
        super().__init__(place.parent)
        self.place = place

    def read(self, name: str, inside: str) -> bytes:
        assert (name, inside) == ("mmsplice", INSIDE)
        return self.place.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    layers = writer.of_layout(mtsplice_layout(), length=400, gain=0.5)
    return writer.write(tmp_path_factory.mktemp("build") / "net.h5", layers)


def test_kernels_are_halved_and_the_rest_is_kept(place):
    tensors, metadata = unpack(build_mtsplice(OneFile(place))[FILE])
    published = from_keras_h5([place]).state_dict()
    assert tensors.keys() == published.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype == (torch.float16 if tensor.ndim > 1 else torch.float32)
        if tensor.ndim == 1:
            assert torch.equal(tensor, published[name])
    assert json.loads(metadata["card"]) == model_card()


def test_two_builds_are_equal_byte_for_byte(place):
    assert build_mtsplice(OneFile(place)) == build_mtsplice(OneFile(place))


def test_the_card_holds_nothing_invented():
    card = model_card()
    assert card["metrics"] is None
    assert card["licence"] == "MIT"
    assert card["source"]["sha256"] == PACKAGES["mmsplice"].sha256


def test_the_embedded_file_carries_this_card():
    _, metadata = unpack(demo.path(FILE).read_bytes())
    assert json.loads(metadata["card"]) == model_card()
    assert demo.path(FILE).stat().st_size <= 460_000


@pytest.mark.skipif(CACHE is None, reason="LOCUSCOPE_DEMO_CACHE names no folder of package files")
def test_the_embedded_file_is_built_from_the_package():
    assert build_mtsplice(Cache(Path(str(CACHE))))[FILE] == demo.path(FILE).read_bytes()

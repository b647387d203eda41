from __future__ import annotations

import contextlib
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save

from locuscope.errors import FormatError, WrongTypeError
from locuscope.models.tensor_file import DTYPES, pack, tensor_bytes, unpack


def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    made = {code: torch.randint(0, 2, (2, 3)).to(dtype) for code, dtype in DTYPES.items()}
    return {**made, "empty": torch.zeros(0, 4), "scalar": torch.tensor(2.5)}


def header(entries: object, payload: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + payload


def test_round_trip_keeps_names_types_shapes_and_values():
    given_tensors = tensors()
    found, metadata = unpack(pack(given_tensors, {"card": "text", "a": "ü"}))
    assert metadata == {"card": "text", "a": "ü"}
    assert found.keys() == given_tensors.keys()
    for name, tensor in given_tensors.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


def test_the_library_reads_what_we_write_and_we_read_what_it_writes():
    ours = load(pack(tensors(), {"k": "v"}))
    theirs, _ = unpack(save(tensors(), {"k": "v"}))
    for name, tensor in tensors().items():
        assert torch.equal(ours[name], tensor)
        assert torch.equal(theirs[name], tensor)


def test_bytes_do_not_depend_on_the_order_of_names_or_metadata():
    one = pack({"a": torch.ones(2), "b": torch.zeros(1)}, {"x": "1", "y": "2"})
    other = pack({"b": torch.zeros(1), "a": torch.ones(2)}, {"y": "2", "x": "1"})
    assert one == other


def test_bytes_of_a_transposed_view_are_those_of_its_copy():
    x = torch.arange(6.0).reshape(2, 3)
    assert tensor_bytes(x.T) == tensor_bytes(x.T.contiguous()) != tensor_bytes(x)


def test_pack_refuses_complex_tensors_and_metadata_that_is_no_text():
    with pytest.raises(WrongTypeError, match=r"'z' is torch\.complex64"):
        pack({"z": torch.zeros(1, dtype=torch.complex64)}, {})
    with pytest.raises(WrongTypeError, match="text by text"):
        pack({}, {"n": 1})


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "its header should have"),
        (b"\xff" * 16, "its header should have"),
        (header([1]), "header is a list"),
        ((4).to_bytes(8, "little") + b"nope", "no JSON"),
        (header({"w": 3}), "unknown type None"),
        (header({"w": F32 | {"dtype": "F128"}}), "unknown type 'F128'"),
        (header({"w": F32 | {"shape": [-2]}}), "shape"),
        (header({"w": F32 | {"shape": [1 << 61, 1 << 61]}}, bytes(8)), "needs"),
        (header({"w": F32 | {"data_offsets": [0, 8, 9]}}, bytes(9)), "offsets"),
        (header({"w": F32 | {"data_offsets": [8, 0]}}, bytes(8)), "lies at 8-0"),
        (header({"w": F32}, bytes(7)), "cut short"),
        (header({"w": F32 | {"shape": [3]}}, bytes(8)), "needs 12 bytes, has 8"),
        (header({"w": F32 | {"shape": [True]}}, bytes(8)), "shape"),
        (header({"a": F32, "b": F32}, bytes(8)), "overlaps"),
        (header({"__metadata__": 3, "a": F32}, bytes(8)), "metadata is a int"),
    ],
)
def test_unpack_checks_every_declaration(data, words):
    with pytest.raises(FormatError, match=words):
        unpack(data)


@given(st.data())
def test_damaged_files_end_in_a_sentence_or_in_tensors(data):
    content = bytearray(pack({"w": torch.ones(3, 2), "b": torch.zeros(2)}, {"card": "{}"}))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    with contextlib.suppress(FormatError):
        found, _ = unpack(bytes(content))
        assert all(torch.is_tensor(tensor) for tensor in found.values())

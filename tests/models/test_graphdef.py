from __future__ import annotations

import contextlib
import time

import numpy as np
import pytest

from locuscope.errors import MissingFileError, WeightsError
from locuscope.models.graphdef import read_graphdef
from tests.models import graphdef_writer as writer


def write(path, content: bytes):
    path.write_bytes(content)
    return path


def small() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "conv/kernel": rng.normal(size=(1, 4, 2)).astype("<f4"),
        "conv/bias": rng.normal(size=2).astype("<f4"),
        "wide": rng.normal(size=(2, 2)).astype("<f8"),
    }


def test_constants_come_back_with_name_shape_and_values(tmp_path):
    found = read_graphdef(write(tmp_path / "g.pb", writer.graph(small())))
    assert found.keys() == small().keys()
    for name, array in small().items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_packed_lists_are_read_and_single_values_keep_no_axes(tmp_path):
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    content = writer.constant("packed", array, packed=True)
    content += writer.constant("one", np.array([2.5], dtype="<f4"))
    found = read_graphdef(write(tmp_path / "g.pb", content))
    np.testing.assert_array_equal(found["packed"], array)
    assert found["one"].shape == ()
    assert found["one"] == 2.5


def test_other_nodes_and_types_are_passed_over(tmp_path):
    content = writer.node("a", "Conv2D") + writer.integers("i") + writer.graph(small())
    assert "i" not in read_graphdef(write(tmp_path / "g.pb", content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no constant in 0 bytes"),
        (writer.node("a", "Conv2D"), "this is not a frozen graph"),
        (b"\x0a\x7f", "127 bytes announced at byte 0, 0 are left"),
        (b"\xff" * 11, "the number at byte 0 has no end"),
        (b"\x0a", "the number at byte 1 has no end"),
        (b"\x00\x00", "field 0 of wire type 0 at byte 0"),
        (b"\x0b", "wire type 3 at byte 0"),
        (writer.block(1, writer.block(1, b"\xff\xfe")), "no UTF-8"),
        (writer.block(1, b"\x0d\x00"), "4 bytes announced"),
    ],
)
def test_broken_files_name_the_byte(tmp_path, content, words):
    path = write(tmp_path / "g.pb", content)
    with pytest.raises(WeightsError, match=words) as caught:
        read_graphdef(path)
    assert caught.value.path == str(path)


def tensor_node(tensor: bytes) -> bytes:
    value = writer.block(1, b"value") + writer.block(2, writer.block(8, tensor))
    return writer.node("w", "Const", writer.block(5, value))


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (writer.number(1, 1) + writer.shape((3,)) + writer.block(4, bytes(8)), "has shape"),
        (writer.number(1, 1) + writer.shape((2,)) + writer.block(4, bytes(7)), "no whole values"),
        (writer.number(1, 1) + writer.shape((1,) * 9) + writer.block(4, bytes(8)), "9 axes"),
        (
            writer.number(1, 1) + writer.shape((1 << 62, 1 << 62)) + writer.block(4, bytes(8)),
            "shape",
        ),
    ],
)
def test_tensors_that_contradict_themselves_are_refused(tmp_path, tensor, words):
    with pytest.raises(WeightsError, match=words):
        read_graphdef(write(tmp_path / "g.pb", tensor_node(tensor)))


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError):
        read_graphdef(tmp_path / "none.pb")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_graphdef(tmp_path)


def test_2000_damaged_graphs_end_in_a_sentence_or_a_clean_load_seed_7(tmp_path):
    rng = np.random.default_rng(7)
    whole = writer.graph(small())
    path = tmp_path / "g.pb"
    slowest = 0.0
    for case in range(2_000):
        content = bytearray(whole)
        if case % 2:
            content = content[: rng.integers(0, len(content))]
        for _ in range(int(rng.integers(0 if case % 2 else 1, 4))):
            if content:
                content[rng.integers(0, len(content))] = int(rng.integers(0, 256))
        path.write_bytes(bytes(content))
        started = time.perf_counter()
        with contextlib.suppress(WeightsError):
            read_graphdef(path)
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 2.0

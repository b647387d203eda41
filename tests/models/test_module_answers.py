"""One head out of what a module answers."""

from __future__ import annotations

import pytest
import torch

from locuscope.errors import ShapeError
from locuscope.models.module_answers import channels_last, head_text, head_value
from locuscope.models.protocol import HeadSpec

HEAD = HeadSpec("atac", (1,), 2)
TWO = HeadSpec("rna", (1, 8), 2)
VALUE = torch.zeros(3, 16, 2)


@pytest.mark.parametrize(
    ("answer", "place", "head", "key"),
    [
        (VALUE, None, HEAD, 1),
        ((1, VALUE), 1, HEAD, 1),
        ([VALUE], 0, HEAD, 1),
        ({"a": VALUE}, "a", HEAD, 1),
        ({1: VALUE, 8: None}, None, TWO, 1),
        ({"a": {8: VALUE}}, "a", TWO, 8),
    ],
)
def test_a_head_is_found_where_it_was_stated(answer, place, head, key):
    assert head_value(answer, place, head, key) is VALUE


@pytest.mark.parametrize(
    ("answer", "place", "words"),
    [
        ({"b": VALUE}, "a", r"no output 'a' in \['b'\]"),
        (VALUE, "a", "no output 'a' in Tensor"),
        ((VALUE,), 1, "output 1 of a tuple; the module gave 1"),
        (VALUE, 0, "the module gave Tensor"),
        (None, None, "a NoneType, expected a tensor"),
        (VALUE.to(torch.complex64), None, "complex64"),
    ],
)
def test_what_is_not_there_is_said(answer, place, words):
    with pytest.raises(ShapeError, match=words):
        head_value(answer, place, HEAD, 1)


def test_channels_come_last():
    shape = (3, 4, 16)
    assert channels_last(VALUE, HEAD, 1, "NLT", shape) is VALUE
    assert channels_last(VALUE.transpose(1, 2), HEAD, 1, "NTL", shape).shape == (3, 16, 2)
    site = HeadSpec("site", (), 2)
    assert channels_last(VALUE[:, 0], site, 0, "NT", shape).shape == (3, 1, 2)
    with pytest.raises(ShapeError, match="looks transposed"):
        channels_last(VALUE, HEAD, 1, "NTL", shape)
    with pytest.raises(ShapeError, match=r"NT with 16 positions"):
        channels_last(VALUE[:, 0], HEAD, 1, "NT", shape)


def test_the_text_of_a_head_names_its_rule():
    def turned(values, _key):
        return values

    plain = head_text(HEAD)
    assert plain == head_text(HeadSpec("atac", (1,), 2))
    assert plain != head_text(HeadSpec("atac", (1,), 3))
    assert plain != head_text(HeadSpec("atac", (1,), 2, undo_rc=turned))

"""The rule of torch's own multi-head attention: composed of projections and the rules it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from locuscope.attribution import rescale_rules as rules

if TYPE_CHECKING:
    from torch import Tensor

    from locuscope.attribution.rescale_rules import Pairs

_NAMES = (
    *("query", "key", "value", "embed_dim_to_check", "num_heads"),
    *("in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "add_zero_attn", "dropout_p"),
    *("out_proj_weight", "out_proj_bias"),
)
_UNKNOWN = ("bias_k", "bias_v", "add_zero_attn", "static_k", "static_v", "key_padding_mask")


def multi_head_attention(
    pairs: Pairs, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[Tensor, Tensor | None] | None:
    """Several heads of scaled dot-product attention, as `multi_head_attention_forward` has them.

    Args:
        pairs: the layout of the batch.
        args: of that function; query, key and value are (positions, examples, channels).
        options: of that function.

    Returns:
        What the function gives, or None where one of its rarer options is used.
    """
    given: dict[str, Any] = {**dict(zip(_NAMES, args, strict=False)), **options}
    is_rare = any(given.get(name) is not None and given[name] is not False for name in _UNKNOWN)
    if is_rare or (given.get("training") and given["dropout_p"]) or given["query"].ndim != 3:
        return None
    sides = [given[name].transpose(0, 1) for name in ("query", "key", "value")]
    parts = _projected(sides, given)
    heads = given["num_heads"]
    q, k, v = (part.reshape(*part.shape[:2], heads, -1).transpose(1, 2) for part in parts)
    logits = rules.bilinear(pairs, torch.matmul, q * q.shape[-1] ** -0.5, k.transpose(-1, -2))
    mask = given.get("attn_mask")
    if mask is not None:
        logits = logits + _additive(mask, logits)
    weights = rules.softmax(pairs, logits, -1)
    mixed = rules.bilinear(pairs, torch.matmul, weights, v).transpose(1, 2).flatten(2)
    output = functional.linear(mixed, given["out_proj_weight"], given["out_proj_bias"])
    output = output.transpose(0, 1)
    if not given.get("need_weights", True):
        return output, None
    return output, weights.mean(1) if given.get("average_attn_weights", True) else weights


def _projected(sides: list[Tensor], given: dict[str, Any]) -> list[Tensor]:
    """Query, key and value after their own weights."""
    if given.get("use_separate_proj_weight"):
        matrices = [given[f"{name}_proj_weight"] for name in "qkv"]
    else:
        matrices = list(given["in_proj_weight"].chunk(3))
    offset = given["in_proj_bias"]
    offsets = [None] * 3 if offset is None else list(offset.chunk(3))
    return [
        functional.linear(side, matrix, bias)
        for side, matrix, bias in zip(sides, matrices, offsets, strict=True)
    ]


def _additive(mask: Tensor, logits: Tensor) -> Tensor:
    """A mask as something to add: (positions, keys), or one for each example and head."""
    if mask.dtype == torch.bool:
        mask = torch.zeros_like(mask, dtype=logits.dtype).masked_fill(mask, -torch.inf)
    return mask if mask.ndim == 2 else mask.reshape(logits.shape)

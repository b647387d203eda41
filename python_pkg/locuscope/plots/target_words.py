"""What was explained, as people say it: `target_words`."""

from __future__ import annotations

import ast
import re
from typing import Final

_PLACE_ARGUMENTS: Final = 3
_UNITS: Final = re.compile(r"(?P<index>.+?)(?P<layer> of layer .+)?", re.DOTALL)
_FIGURES: Final = {"log_mean": "log mean", "log_ratio": "log ratio"}


def target_words(text: str) -> str:
    """Give the `target` of a result in words, shorter than the call that makes it again.

    A result keeps the call, which is exact; a figure has room for its meaning. What is no such call
    (a name, words) stays as it is.

    >>> target_words("Target(tracks={'track_name': 'CTCF:Kc'})"), target_words("3")
    ('CTCF:Kc', 'channel 3')
    >>> target_words("Target(head='atac', tracks=(0, 2), positions='center', reduce='mean')")
    'mean of atac channels 0 and 2 at the centre'
    """
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        call = None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Target":
        fields = {each.arg or "": each.value for each in call.keywords}
        return _of_target(fields) or text
    return _of_units(text)


def _of_units(text: str) -> str:
    """Words for a channel, or for units of a layer."""
    found = _UNITS.fullmatch(text)
    index, layer = (found["index"], found["layer"]) if found else (text, None)
    if index == "'each'":
        return f"each unit{layer}" if layer else "the prediction of its track"
    if layer is None:
        return f"channel {index}" if index.lstrip("-").isdigit() else text
    if index.lstrip("-").isdigit():
        return f"unit {index}{layer}"
    tidy = re.sub(r"slice\((\w+), (\w+), None\)", r"\1:\2", index).replace("None", "")
    return f"units {tidy}{layer}" if tidy[:1] in "([" or tidy != index else text


def _of_target(fields: dict[str, ast.expr]) -> str:
    """Words for the fields of a `Target`; none where one of them has no short form."""
    try:
        words = _tracks(fields)
        words += _positions(fields.get("positions"))
        for name in ("reduce", "track_reduce"):
            how = _literal(fields.get(name))
            if how in ("mean", "max", "log_mean"):
                words = f"{_FIGURES.get(str(how), str(how))} of {words}"
        transform = _literal(fields.get("transform"))
    except ValueError:
        return ""
    if transform == "log":
        return f"log of {words}"
    return f"{words}, on its original scale" if transform == "undo" else words


def _literal(node: ast.expr | None) -> object:
    return None if node is None else ast.literal_eval(node)


def _tracks(fields: dict[str, ast.expr]) -> str:
    head, chosen = _literal(fields.get("head")), _literal(fields.get("tracks"))
    how = _literal(fields.get("track_reduce"))
    own = f"{head} " if head else ""
    if how in ("ratio", "log_ratio") and isinstance(chosen, tuple | list):
        above, below = (_choice(part) for part in chosen)
        return f"{_FIGURES.get(str(how), 'ratio')} of {own}{above} to {below}"
    if how == "each":
        return f"{head}, its track" if head else "the prediction of its track"
    if chosen is None:
        return str(head) if head else "all outputs"
    return f"{own}{_choice(chosen)}"


def _choice(chosen: object) -> str:
    """Words for tracks: names as they are, channels by number, criteria by field and value."""
    if isinstance(chosen, dict):
        told = []
        for field, value in chosen.items():
            named = _listed(value, "or")
            told.append(named if field == "track_name" else f"{field} {named}")
        return ", ".join(told)
    listed = list(chosen) if isinstance(chosen, tuple | list) else [chosen]
    if listed and all(isinstance(each, int) for each in listed):
        return f"channel{'s' if len(listed) > 1 else ''} {_listed(listed)}"
    return _listed(listed)


def _listed(values: object, word: str = "and") -> str:
    """One or two values, or the first two and how many more there are."""
    texts = [str(each) for each in values] if isinstance(values, tuple | list) else [str(values)]
    if len(texts) > 3:
        texts = [", ".join(texts[:2]), f"{len(texts) - 2:,} more"]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def _positions(node: ast.expr | None) -> str:
    """Words for bins or places, after the tracks."""
    if node is None:
        return ""
    if isinstance(node, ast.Call):
        return f" in {_call(node)}"
    if isinstance(node, ast.Tuple | ast.List) and any(
        isinstance(each, ast.Call) for each in node.elts
    ):
        places = [_call(each) for each in node.elts if isinstance(each, ast.Call)]
        return f" in {_listed(places)}"
    found = ast.literal_eval(node)
    if isinstance(found, str):
        return " at the centre" if found == "center" else " at the published centre"
    bins = list(found) if isinstance(found, tuple | list) else [found]
    return f" in bin{'s' if len(bins) > 1 else ''} {_listed(bins)}"


def _call(node: ast.Call) -> str:
    """Words for `Interval(...)` and `slice(...)`."""
    values = [ast.literal_eval(each) for each in node.args]
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "Interval" and len(values) >= _PLACE_ARGUMENTS:
        chrom, start, end = values[:_PLACE_ARGUMENTS]
        return f"{chrom}:{start + 1:,}-{end:,}"
    if name == "slice" and len(values) == 3:
        ends = ["" if each is None else str(each) for each in values]
        return f"bins {':'.join(ends if ends[2] else ends[:2])}"
    raise ValueError(name)

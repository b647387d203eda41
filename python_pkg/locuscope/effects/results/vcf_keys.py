"""INFO keys of scores in a VCF: three forms, what their header lines say, and how cells look.

| form | key | cells |
|---|---|---|
| `default` | `LSC_<MODEL>_<SCORE>` | Float, Number `.`: allele by allele, column by column |
| `alleles` | `LSC_<MODEL>_<SCORE>_<TRACK>` | Float, Number A: one per allele |
| `kipoi` | `KV:<source>:<model>:<SCORE>` | String, Number `.`: columns joined by a bar per allele |
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote

from locuscope.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from locuscope.effects.results.score_card import ScoreCard

Form = Literal["default", "alleles", "kipoi"]
MAX_COLUMNS = 64
STATUS_KEY = "LSC_STATUS"
CARD = b"##locuscope="
KEY_GRAMMAR = re.compile(r"([A-Za-z_][0-9A-Za-z_.]*|1000G)")
"""What VCF 4.3 allows as an INFO key."""
_STATUS_LINE = f'##INFO=<ID={STATUS_KEY},Number=A,Type=String,Description="Verdict on the allele">'
_KIPOI_WORDS = "SNV effect prediction. Prediction from model outputs: "
_PLAIN = " :+()-_.,"


@dataclass(frozen=True)
class InfoKey:
    """One INFO key and where its cells come from.

    Args:
        key: the key itself.
        score: name of the score.
        columns: which columns of the score, in order.
        labels: their labels.
        is_spread: whether the cells are the spread of the score.
    """

    key: str
    score: str
    columns: tuple[int, ...]
    labels: tuple[str, ...]
    is_spread: bool = False


@dataclass(frozen=True)
class InfoKeys:
    """All keys of one file.

    Args:
        form: which of the three forms.
        keys: in the order in which they are written.
        prefix: of the row name's key, in the Kipoi form.
        model: name of the model, for the header.
    """

    form: Form
    keys: tuple[InfoKey, ...]
    prefix: str
    model: str

    @property
    def row_key(self) -> str | None:
        """Key of the row names; only the Kipoi form has one."""
        return f"{self.prefix}:rID" if self.form == "kipoi" else None

    def header(self, card: ScoreCard) -> list[bytes]:
        """Give the header lines, the card last."""
        lines = [_STATUS_LINE, *(self._declaration(key) for key in self.keys)]
        if self.row_key is not None:
            about = "Name of the row, one per allele."
            lines.append(_info_line(self.row_key, ".", "String", about))
        said = {
            "form": self.form,
            "keys": [[k.key, k.score, list(k.columns), k.is_spread] for k in self.keys],
            "own_columns": sorted(card.own),
            "scores": [[name, len(labels)] for name, labels in card.labels.items()],
        }
        lines.append(CARD.decode() + json.dumps(said, sort_keys=True))
        return [line.encode() for line in lines]

    def names(self) -> list[str]:
        """Every key that the file may hold."""
        extra = [] if self.row_key is None else [self.row_key]
        return [STATUS_KEY, *(key.key for key in self.keys), *extra]

    def _declaration(self, key: InfoKey) -> str:
        columns = "|".join(quote(label, safe=_PLAIN) for label in key.labels)
        if self.form == "kipoi":
            about = f"{key.key.rsplit(':', 1)[-1]} {_KIPOI_WORDS}{columns}"
            return _info_line(key.key, ".", "String", about)
        what = f"spread of {key.score}" if key.is_spread else key.score
        about = f"{_clean(what)} of {_clean(self.model)}; columns: {columns}"
        return _info_line(key.key, "A" if self.form == "alleles" else ".", "Float", about)


def info_keys(card: ScoreCard, form: Form, label: str = "kipoi") -> InfoKeys:
    """Choose the keys of a result.

    Args:
        card: of the result.
        form: one of the three forms.
        label: the source that the Kipoi form names.

    Raises:
        OptionError: more than 64 columns, or in the Kipoi form a model without a name.
    """
    model = str(card.provenance.get("model", "model"))
    require_vcf({name: len(labels) for name, labels in card.labels.items()}, form, model)
    taken: set[str] = {STATUS_KEY}
    keys: list[InfoKey] = []
    prefix = f"KV:{_kipoi_name(label)}:{_kipoi_name(model)}"
    for is_spread in (False, True):
        for score in card.spread if is_spread else card.labels:
            labels = card.labels[score]
            tail = "_SPREAD" if is_spread else ""
            if form == "kipoi":
                if not is_spread:  # the published form has no place for it
                    key = _unique(f"{prefix}:{_kipoi_name(score.upper())}", taken)
                    keys.append(InfoKey(key, score, tuple(range(len(labels))), labels))
                continue
            groups = [(k,) for k in range(len(labels))]
            for columns in groups if form == "alleles" else [tuple(range(len(labels)))]:
                some = tuple(labels[k] for k in columns)
                track = f"_{some[0]}" if form == "alleles" else ""
                text = re.sub(r"[^0-9A-Za-z_.]", "_", f"LSC_{model}_{score}{track}{tail}")
                keys.append(InfoKey(_unique(text, taken), score, columns, some, is_spread))
    return InfoKeys(form, tuple(keys), prefix, model)


def require_vcf(widths: Mapping[str, int], form: Form = "default", model: str = "model") -> None:
    """Refuse what a VCF cannot hold, before anything is computed.

    Args:
        widths: score -> number of its columns.
        form: one of the three forms.
        model: name of the model.

    Raises:
        OptionError: more than 64 columns, or in the Kipoi form a model without a name.
    """
    for score, count in widths.items():
        require_narrow(count, score)
    if form == "kipoi" and not _kipoi_name(model).strip("./"):
        raise OptionError(
            f"compat='kipoi' names the model in every key, but the model is called {model!r}; "
            "give it a name, for example wrap(..., name='mine').",
            option="compat",
            value="kipoi",
        )


def require_narrow(count: int, score: str) -> None:
    """Raise `OptionError` for a score of more than 64 columns."""
    if count > MAX_COLUMNS:
        raise OptionError(
            f"the score {score!r} has {count:,} columns; a VCF takes up to {MAX_COLUMNS}. "
            "Choose with tracks=, or write parquet.",
            option="out",
            value=count,
            allowed=MAX_COLUMNS,
        )


def columns_of(description: str, form: Form, *, is_ours: bool) -> list[str] | None:
    """Read the column labels out of a Description; None where it names none."""
    head = _KIPOI_WORDS if form == "kipoi" else "; columns: "
    if head not in description:
        return None
    parts = description.split(head, 1)[1].split("|")
    return [unquote(part) for part in parts] if is_ours else parts


def _info_line(key: str, number: str, kind: str, about: str) -> str:
    return f'##INFO=<ID={key},Number={number},Type={kind},Description="{about}">'


def _clean(text: str) -> str:
    """Free text inside a quoted Description: no quote, backslash or control character."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text.replace('"', "'").replace("\\", "/"))


def _kipoi_name(text: str) -> str:
    """A name inside a Kipoi key: odd characters become `_`, as published."""
    return re.sub(r"\s+", "_", re.sub(r"[^\w.:\s/]+", "_", text)).strip("_").rstrip("/")


def _unique(key: str, taken: set[str]) -> str:
    found, number = key, 1
    while found in taken:
        number += 1
        found = f"{key}_{number}"
    taken.add(found)
    return found


def percent(text: str, extra: Sequence[str] = ()) -> str:
    """A word inside an INFO value: what ends a value there is percent-encoded."""
    for letter in ("%", ";", "=", ",", " ", "\t", "\r", "\n", *extra):
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text

"""Reading an annotated VCF back: our own forms, and the form of the published Kipoi tool."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from locuscope.effects.results.annotated_lines import is_record_line, source_lines
from locuscope.effects.results.score_card import NO_INDEX, ScoreCard, tracks_of_names
from locuscope.effects.results.score_tables import WINDOW_SCHEMA, ScoreFields
from locuscope.effects.results.vcf_keys import CARD, STATUS_KEY, Form, columns_of
from locuscope.effects.results.vcf_output import INDEXES, PACKED
from locuscope.errors import FormatError
from locuscope.genome.alleles import STATUSES
from locuscope.genome.variant_table import VariantTable

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Info = dict[str, str]

_INFO = re.compile(r'##INFO=<ID=([^,>]+),.*?Description="((?:[^"\\]|\\.)*)"')
_FOREIGN = "the file holds no value for this allele"


@dataclass(frozen=True)
class _Entry:
    """One INFO key of a file: which columns of which score its cells are."""

    key: str
    score: str
    columns: tuple[int, ...]
    is_spread: bool


@dataclass(frozen=True)
class _Layout:
    """What the header says."""

    form: Form
    entries: tuple[_Entry, ...]
    card: ScoreCard
    has_status: bool


def read_annotated_vcf(path: Path) -> ScoreFields:
    """Read alleles, statuses and scores; tracks have their names only, parts are not in the file.

    Alleles without a verdict in a file that has verdicts were left out of the scoring and are left
    out here. In a file of the published tool, which has none, an allele without a value gets
    `outside_regions`.

    Raises:
        FormatError: no scores in the header, or a value that is no number.
    """
    layout, infos = _read_text(path)
    variants = VariantTable.read(path)
    if layout.has_status:
        variants = _scored(variants, infos)
    labels = layout.card.labels
    scores, spread = (
        {name: np.full((len(variants), len(labels[name])), np.nan, np.float32) for name in names}
        for names in (labels, layout.card.spread)
    )
    places = list(variants.table.select("record", "alt_index", "n_alts").iter_rows())
    for row, place in enumerate(places):
        info = infos[place[0]]
        for entry in layout.entries:
            values = _values((info or {}).get(entry.key), entry, place, layout.form, path)
            if values is not None:
                target = spread if entry.is_spread else scores
                target[entry.score][row, list(entry.columns)] = values
    if layout.has_status:
        variants = _with_verdicts(variants, infos)
    else:
        is_empty = np.all([np.isnan(values).all(1) for values in scores.values()], axis=0)
        variants = variants.with_status(is_empty & variants.is_ok, "outside_regions", _FOREIGN)
    return ScoreFields(
        variants=variants,
        scores=scores,
        tracks=layout.card.tracks,
        parts={},
        windows=_no_windows(len(variants)),
        own_columns=layout.card.own_columns,
        provenance=dict(layout.card.provenance),
        spread=spread,
    )


def read_header(path: Path) -> ScoreCard:
    """Read the header alone.

    Raises:
        FormatError: no scores in it.
    """
    head = []
    for line in source_lines(path):
        head.append(line)
        if line.startswith(b"#CHROM"):
            break
    return _layout(head, path).card


def count_statuses(path: Path) -> dict[str, int] | None:
    """Count the alleles per status, line by line; None where the file has no verdicts."""
    tally: Counter[str] = Counter()
    found = re.compile(rf"(?:\t|;){STATUS_KEY}=([^;\t\r\n]*)".encode())
    has_status = is_below = False
    n_short = 0
    for line in source_lines(path):
        if is_record_line(line, is_below=is_below):
            words = found.search(line)
            if words is not None:
                tally.update(words[1].decode("utf-8", "replace").split(","))
            elif line.count(b"\t") < 4:
                n_short += 1
            else:
                tally["."] += 1
        elif not is_below:
            has_status |= line.startswith(f"##INFO=<ID={STATUS_KEY},".encode())
            is_below = line.startswith(b"#CHROM")
    if not has_status:
        return None
    if not tally["."] and n_short:  # a line without a place for a verdict is malformed
        tally["malformed"] += n_short
    return {word: tally[word] for word in STATUSES if tally[word]}


def _read_text(path: Path) -> tuple[_Layout, list[Info | None]]:
    """Read the header, and the INFO entries of every record; None where a line ends before ALT."""
    head: list[bytes] = []
    infos: list[Info | None] = []
    is_below = False
    for line in source_lines(path):
        if is_record_line(line, is_below=is_below):
            fields = line.rstrip(b"\r\n").split(b"\t", 8)
            info = fields[7].decode("utf-8", "replace") if len(fields) > 7 else ""
            has_place = len(fields) > 4
            entries = dict(part.partition("=")[::2] for part in info.split(";"))
            infos.append(entries if has_place else None)
        elif not is_below:
            head.append(line)
            is_below = line.startswith(b"#CHROM")
    return _layout(head, path), infos


def _layout(head: list[bytes], path: Path) -> _Layout:
    about: dict[str, str] = {}
    said: dict[str, Any] | None = None
    for raw in head:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if raw.startswith(CARD):
            said = json.loads(line[len(CARD) :])
        elif (found := _INFO.match(line)) is not None:
            about[found[1]] = found[2]
    try:
        if said is not None:
            return _own_layout(said, about, path)
        return _foreign_layout(about, path)
    except (KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{path}: the scores that the header tells of are not declared there "
            f"({type(error).__name__}: {error}).",
            path=str(path),
        ) from error


def _own_layout(said: dict[str, Any], about: dict[str, str], path: Path) -> _Layout:
    form: Form = said["form"]
    widths = {name: int(count) for name, count in said["scores"]}
    labels: dict[str, list[str]] = {name: [""] * count for name, count in widths.items()}
    entries = []
    for key, score, columns, is_spread in said["keys"]:
        entries.append(_Entry(key, score, tuple(columns), bool(is_spread)))
        names = columns_of(about[key], form, is_ours=True) or []
        for column, name in zip(columns, names, strict=True):
            labels[score][column] = name
    spread = tuple(dict.fromkeys(entry.score for entry in entries if entry.is_spread))
    card = _card(labels, tuple(said["own_columns"]), spread, path)
    return _Layout(form, tuple(entries), card, STATUS_KEY in about)


def _foreign_layout(about: dict[str, str], path: Path) -> _Layout:
    """What `KV:<source>:<model>:<SCORE>` keys alone tell; the score is the name in lower case."""
    labels: dict[str, list[str]] = {}
    entries = []
    for key, words in about.items():
        names = columns_of(words, "kipoi", is_ours=False) if key.startswith("KV:") else None
        if names is None:
            continue
        score = key.rsplit(":", 1)[-1].lower()
        if score in labels:  # of two models in one file the later one says its name
            score = key.removeprefix("KV:").lower()
        labels[score] = names
        entries.append(_Entry(key, score, tuple(range(len(names))), is_spread=False))
    if not entries:
        raise FormatError(
            f"{path}: a VCF without locuscope scores (no line {CARD.decode()}...), and without "
            "keys of the form KV:<source>:<model>:<SCORE>.",
            path=str(path),
        )
    return _Layout("kipoi", tuple(entries), _card(labels, (), (), path), STATUS_KEY in about)


def _card(
    labels: dict[str, list[str]], own: tuple[str, ...], spread: tuple[str, ...], path: Path
) -> ScoreCard:
    tracks = next((names for score, names in labels.items() if score not in own), [])
    differ = tuple(name for name, names in labels.items() if name in own or names != tracks)
    return ScoreCard(
        labels={name: tuple(names) for name, names in labels.items()},
        own=differ,
        spread=spread,
        parts={},
        tracks=tracks_of_names(tracks),
        provenance=_origin(path),
    )


def _origin(path: Path) -> dict[str, object]:
    """Where scores come from; a packed file without an index says so."""
    origin: dict[str, object] = {"read_from": path.name}
    has_index = any(path.with_name(path.name + ending).exists() for ending in INDEXES)
    if path.name.endswith(PACKED) and not has_index:
        origin["index"] = NO_INDEX
    return origin


def _values(
    text: str | None, entry: _Entry, place: tuple[int, int, int], form: Form, path: Path
) -> NDArray[np.float32] | None:
    """The cells of one allele; None where the line has none for it."""
    if not text:
        return None
    record, alt_index, n_alts = place
    width = len(entry.columns)
    cells = text.split(",")
    if form == "kipoi":
        cells = cells[alt_index - 1].split("|") if alt_index <= len(cells) else []
    else:
        is_whole = len(cells) == n_alts * width
        cells = cells[(alt_index - 1) * width : alt_index * width] if is_whole else []
    if len(cells) != width or all(cell == "." for cell in cells):
        return None
    try:
        return np.array([np.nan if cell == "." else float(cell) for cell in cells], np.float32)
    except ValueError as error:
        raise FormatError(
            f"{path}: {entry.key} of record {record + 1:,} holds {text[:60]!r}; numbers are needed "
            f"({error}).",
            path=str(path),
        ) from error


def _scored(variants: VariantTable, infos: list[Info | None]) -> VariantTable:
    """Leave out alleles of the file that the scores do not hold: those without a verdict.

    A line of less than five columns has no place for a verdict; it stays with the others when no
    allele was left out.
    """
    places = variants.table.select("record", "alt_index").rows()
    has_word = np.array([bool(_word(infos[record], k)) for record, k in places], np.bool_)
    has_no_place = np.array([infos[record] is None for record, _ in places], np.bool_)
    is_whole = bool((has_word | has_no_place).all())
    return variants[has_word | (has_no_place & is_whole)]


def _with_verdicts(variants: VariantTable, infos: list[Info | None]) -> VariantTable:
    columns = variants.table.select("record", "alt_index", "status", "reason").iter_rows()
    words, reasons = [], []
    for record, alt_index, own, reason in columns:
        word = _word(infos[record], alt_index) or str(own)
        words.append(word)
        reasons.append(reason if word == own else None)
    table = variants.table.with_columns(
        pl.Series("status", words, pl.String).cast(pl.Enum(STATUSES)),
        pl.Series("reason", reasons, pl.String),
    )
    return VariantTable(table, variants.note_bits)


def _word(info: Info | None, alt_index: int) -> str | None:
    words = (info or {}).get(STATUS_KEY, "").split(",")
    word = words[alt_index - 1] if alt_index <= len(words) else ""
    return word if word not in ("", ".") else None


def _no_windows(n_rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            name: pl.Series([0 if name == "window_index" else None] * n_rows, dtype=kind)
            for name, kind in WINDOW_SCHEMA.items()
        }
    )

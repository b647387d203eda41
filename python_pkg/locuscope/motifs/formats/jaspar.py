"""JASPAR matrices: counts of bases under a header line, with letters and brackets or without."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from locuscope.errors import FormatError, InputError, shown_path
from locuscope.genome.choices import check_class
from locuscope.genome.position_matrix import SUM_TOLERANCE, UNIFORM
from locuscope.genome.text_blocks import read_text
from locuscope.motifs.formats.meme import require_words
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from locuscope.store import publish

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

PSEUDOCOUNT = 0.1
"""Counts added to each column, shared out by the background."""

_ROW = re.compile(r"(?:([ACGTacgt])\b)?\s*(?:\[\s*([^\[\]]*?)\s*\]|([^\[\]]*?))")


def read_jaspar(path: str | PathLike[str], *, pseudocount: float = PSEUDOCOUNT) -> MotifSet:
    """Read motifs in the JASPAR layout of 2016 (letters and brackets), or the plain older one.

    Counts become frequencies, `(count + pseudocount / 4) / (total + pseudocount)`. A matrix whose
    columns all sum to 1 holds frequencies and stays as it is.

    Raises:
        MissingFileError, InputError: no such file, or one that cannot be read.
        FormatError: anything outside the format, with the line.
    """
    if not 0 <= pseudocount < math.inf:
        raise InputError(f"pseudocount={pseudocount!r}; a number of at least 0 is needed.")
    lines = [(k, text.strip()) for k, text in enumerate(read_text(path).split("\n"), 1)]
    reader = _Reader(path, [(k, text) for k, text in lines if text and not text.startswith("#")])
    motifs = []
    for identifier, alias, counts in reader.blocks():
        ppm, n_sites = _frequencies(counts, pseudocount)
        motifs.append((identifier, alias, ppm, n_sites))
    aliases = [alias for _, alias, _, _ in motifs]
    taken = {identifier for identifier, _, _, _ in motifs}
    return MotifSet(
        tuple(
            Motif(
                alias
                if alias == identifier or (aliases.count(alias) == 1 and alias not in taken)
                else identifier,
                ppm=ppm,
                original_name=identifier,
                n_sites=n_sites,
            ).against(UNIFORM)
            for identifier, alias, ppm, n_sites in motifs
        ),
        origin=shown_path(path),
    )


def write_jaspar(motifs: MotifSet, path: str | PathLike[str]) -> Path:
    """Write motifs in the JASPAR layout of 2016, whole or not at all; frequencies, 8 decimals.

    Each motif is written once, along its forward strand.

    Returns:
        The path. `read_jaspar` gives the same names, and frequencies within 1e-6.
    """
    check_class("motifs", motifs, MotifSet)
    content = jaspar_text(motifs).encode("utf-8")
    return publish(path, lambda place: place.write_bytes(content))


def jaspar_text(motifs: MotifSet) -> str:
    """JASPAR text of a set, as `write_jaspar` writes it.

    Raises:
        InputError: no motif, one without base frequencies, or a name of several words.
    """
    if not len(motifs):
        raise InputError("motifs is empty; a JASPAR file holds at least one motif.")
    forward = motifs.forward()
    require_words(forward, "JASPAR")
    lines = []
    for motif, ppm in zip(forward, forward.ppms.values(), strict=True):
        lines.append(f">{motif.original_name}\t{motif.name}")
        for base, row in zip("ACGT", ppm, strict=True):
            lines.append(f"{base}  [ {' '.join(f'{value:.8f}' for value in row)} ]")
    return "\n".join(lines) + "\n"


def _frequencies(
    counts: NDArray[np.float64], pseudocount: float
) -> tuple[NDArray[np.float64], int | None]:
    """Base frequencies and number of sites; of frequencies themselves and None."""
    totals = counts.sum(axis=0)
    if (np.abs(totals - 1) <= SUM_TOLERANCE).all():
        return counts, None
    share = pseudocount * np.array(UNIFORM)[:, None]
    # Columns of an alignment with gaps differ in their totals; the largest is the alignment.
    return (counts + share) / (totals + pseudocount), round(float(totals.max())) or None


class _Reader:
    """Reads block by block and knows where it is."""

    def __init__(self, path: str | PathLike[str], lines: list[tuple[int, str]]) -> None:
        self.path, self.lines = path, lines

    def blocks(self) -> list[tuple[str, str, NDArray[np.float64]]]:
        """Identifier, name and counts of each motif."""
        if not self.lines:
            self._fail(1, "", "the file is empty; the first line is '>identifier name'")
        found: list[tuple[str, str, NDArray[np.float64]]] = []
        given: dict[str, int] = {}
        for at in range(0, len(self.lines), 5):
            number, line = self.lines[at]
            words = line.removeprefix(">").split(None, 1)
            if not line.startswith(">") or not words:
                self._fail(number, line, "a motif begins with '>identifier name' and has 4 rows")
            first = given.setdefault(words[0], number)
            if first != number:
                self._fail(number, line, f"{words[0]} was already given in line {first}")
            rows = self.lines[at + 1 : at + 5]
            if len(rows) < 4:
                self._fail(rows[-1][0] if rows else number, "", f"{words[0]} has {len(rows)} rows")
            counts = np.array(self._rows(rows))
            if (counts.sum(axis=0) == 0).any():
                self._fail(number, line, "a column of this motif has no counts at all")
            found.append((words[0], words[-1].strip(), counts))
        return found

    def _rows(self, rows: list[tuple[int, str]]) -> list[list[float]]:
        found: list[list[float]] = []
        for base, (number, line) in zip("ACGT", rows, strict=True):
            match = _ROW.fullmatch(line)
            if match is None or (match[1] or base).upper() != base:
                self._fail(number, line, f"expected the counts of {base}, '{base} [ 1 2 3 ]'")
            cells = (match[2] if match[2] is not None else match[3]).split()
            values = [self._count(number, line, cell) for cell in cells]
            width = len(found[0]) if found else max(len(values), 1)
            if len(values) != width:
                self._fail(number, line, f"{len(values)} counts; expected {width}")
            found.append(values)
        return found

    def _count(self, number: int, line: str, cell: str) -> float:
        try:
            value = math.nan if "_" in cell else float(cell)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            self._fail(number, line, f"{cell[:20]!r} is no count")
        return value

    def _fail(self, number: int, line: str, why: str) -> NoReturn:
        found = f"; found {line[:80]!r}" if line else ""
        raise FormatError(
            f"{shown_path(self.path)}:{number}: {why}{found}.",
            path=self.path,
            line=number,
            text=line,
        )

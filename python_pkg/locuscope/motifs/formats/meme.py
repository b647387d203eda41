"""Motif files: minimal MEME text in, and out.

The reader is strict: a line it does not know, a row that is too short or a column that does not
sum to 1 is an error with its line number, never a silent guess.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from locuscope.errors import FormatError, InputError, shown_path
from locuscope.genome.choices import check_class
from locuscope.genome.position_matrix import SUM_TOLERANCE, UNIFORM
from locuscope.genome.text_blocks import read_text
from locuscope.motifs.motif import Motif
from locuscope.motifs.motif_set import MotifSet
from locuscope.store import publish

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

VERSIONS = ("4", "5")
BACKGROUND_TOLERANCE = 5e-3
"""Background frequencies are commonly written with three decimals."""

_HEADER = re.compile(r"MEME version (\d+)(?:\.\S*)?")
_MATRIX = "letter-probability matrix:"
_BACKGROUND = "Background letter frequencies"


def read_meme(path: str | PathLike[str]) -> MotifSet:
    """Read motifs from a MEME text file (minimal form, version 4 or 5, alphabet ACGT).

    A motif is called by its alternative name where the file gives one that no other motif has,
    else by its identifier; `original_name` is the identifier.

    Raises:
        MissingFileError, InputError: no such file, or one that cannot be read.
        FormatError: anything outside the format, with the line.

    >>> import locuscope
    >>> read_meme(locuscope.demo.path("jaspar_fly.meme"))["CTCF"].original_name
    'MA0531.2'
    """
    return _Reader(path, read_text(path)).motif_set()


def write_meme(motifs: MotifSet, path: str | PathLike[str]) -> Path:
    """Write motifs as MEME text, whole or not at all; frequencies with 6 decimals.

    Each motif is written once, along its forward strand; an unknown E as 0.

    Returns:
        The path. `read_meme` gives the same names, and frequencies within 1e-6.
    """
    check_class("motifs", motifs, MotifSet)
    content = meme_text(motifs).encode("utf-8")
    return publish(path, partial(_put, content))


def meme_text(motifs: MotifSet) -> str:
    """MEME text of a set, as `write_meme` writes it.

    Raises:
        InputError: no motif, one without base frequencies, or a name of several words.
    """
    if not len(motifs):
        raise InputError("motifs is empty; a MEME file holds at least one motif.")
    forward = motifs.forward()
    require_words(forward, "MEME")
    letters = " ".join(f"{b} {f:.6g}" for b, f in zip("ACGT", motifs.background, strict=True))
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", ""]
    lines += [_BACKGROUND, letters]
    for motif, matrix in zip(forward, forward.ppms.values(), strict=True):
        alias = "" if motif.name == motif.original_name else f" {motif.name}"
        sites = "" if motif.n_sites is None else f" nsites= {motif.n_sites}"
        chance = f"{0 if motif.e_value is None else motif.e_value:g}"
        lines += ["", f"MOTIF {motif.original_name}{alias}"]
        lines += [f"letter-probability matrix: alength= 4 w= {motif.width}{sites} E= {chance}"]
        lines += [" ".join(f"{value:.6f}" for value in row) for row in matrix.T]
        lines += [] if motif.url is None else [f"URL {motif.url}"]
    return "\n".join(lines) + "\n"


def require_words(motifs: MotifSet, layout: str) -> None:
    """Refuse names of several words, which files that part by blanks cannot hold."""
    for name in (*motifs.names, *motifs.original_names):
        if len(name.split()) != 1:
            raise InputError(
                f"motif {name!r}: a name in a {layout} file is one word; rename({{{name!r}: ...}})."
            )


def _put(content: bytes, target: Path) -> None:
    target.write_bytes(content)


class _Block:
    """One MOTIF as it is being read."""

    def __init__(self, line: int, identifier: str, alias: str | None) -> None:
        self.line, self.identifier, self.alias = line, identifier, alias
        self.width: int | None = None
        self.n_sites: int | None = None
        self.e_value: float | None = None
        self.rows: list[list[float]] = []
        self.url: str | None = None


class _Reader:
    """Reads line by line and knows where it is."""

    def __init__(self, path: str | PathLike[str], text: str) -> None:
        self.path = path
        lines = enumerate(text.split("\n"), 1)
        self.lines = [(number, line.strip()) for number, line in lines if line.strip()]
        self.at = 0
        self.background = UNIFORM
        self.blocks: list[_Block] = []
        self.given: dict[str, int] = {}

    def motif_set(self) -> MotifSet:
        self._header()
        while self.at < len(self.lines):
            number, line = self.lines[self.at]
            self.at += 1
            self._line(number, line)
        last = self.lines[-1][0]
        if not self.blocks:
            self._fail(last, "", "the file holds no MOTIF")
        self._complete(last)
        aliases = Counter(block.alias for block in self.blocks)
        return MotifSet(
            tuple(
                Motif(
                    self._name(block, aliases),
                    ppm=np.array(block.rows).T,
                    original_name=block.identifier,
                    n_sites=block.n_sites,
                    e_value=block.e_value,
                    url=block.url,
                ).against(self.background)
                for block in self.blocks
            ),
            self.background,
            origin=shown_path(self.path),
        )

    def _name(self, block: _Block, aliases: Counter[str | None]) -> str:
        """The alternative name where it is there and no other motif's name, else the identifier."""
        alias = block.alias
        if alias is None or aliases[alias] > 1 or self.given.get(alias, block.line) != block.line:
            return block.identifier
        return alias

    def _header(self) -> None:
        if not self.lines:
            self._fail(1, "", "the file is empty; the first line is 'MEME version 4'")
        number, line = self.lines[0]
        found = _HEADER.fullmatch(line)
        if found is None or found[1] not in VERSIONS:
            self._fail(number, line, "the first line is 'MEME version 4' or 5")
        self.at = 1

    def _line(self, number: int, line: str) -> None:
        block = self.blocks[-1] if self.blocks else None
        if line.startswith("MOTIF"):
            self._complete(number)
            self._motif(number, line)
        elif block is not None and block.width is None:
            self._matrix(number, line, block)
        elif block is not None and block.width is not None and len(block.rows) < block.width:
            block.rows.append(self._row(number, line, SUM_TOLERANCE, "a matrix row"))
        elif block is not None and line.startswith("URL ") and block.url is None:
            block.url = line[4:].strip()
        elif block is None and line.startswith("ALPHABET="):
            if line.removeprefix("ALPHABET=").strip() != "ACGT":
                self._fail(number, line, "only the alphabet ACGT is read")
        elif block is None and line.startswith("strands:"):
            if line.removeprefix("strands:").split() not in (["+"], ["+", "-"]):
                self._fail(number, line, "strands are '+' or '+ -'")
        elif block is None and line.startswith(_BACKGROUND):
            self._take_background(number)
        else:
            self._fail(number, line, "this line is not part of a minimal MEME file")

    def _motif(self, number: int, line: str) -> None:
        words = line.split()
        if words[0] != "MOTIF" or len(words) not in (2, 3):
            self._fail(number, line, "a motif line is 'MOTIF identifier [name]'")
        first = self.given.setdefault(words[1], number)
        if first != number:
            self._fail(number, line, f"{words[1]} was already given in line {first}")
        self.blocks.append(_Block(number, words[1], words[2] if len(words) == 3 else None))

    def _matrix(self, number: int, line: str, block: _Block) -> None:
        words = line.removeprefix(_MATRIX).replace("=", "= ").split()
        said = dict(zip(words[::2], words[1::2], strict=False))
        is_paired = 2 * len(said) == len(words) and all(key.endswith("=") for key in said)
        if not line.startswith(_MATRIX) or not is_paired:
            self._fail(number, line, f"'{_MATRIX} alength= 4 w= ...' must follow")
        if said.get("alength=", "4") != "4":
            self._fail(number, line, "alength must be 4")
        block.width = self._count(number, line, said.get("w="), "w")
        if "nsites=" in said:
            block.n_sites = self._count(number, line, said["nsites="], "nsites")
        if "E=" in said:
            block.e_value = self._e_value(number, line, said["E="])

    def _count(self, number: int, line: str, word: str | None, what: str) -> int:
        # Ten digits hold every real count and keep a hostile one from becoming a long loop.
        if word is None or not re.fullmatch(r"[0-9]{1,10}", word) or int(word) < 1:
            self._fail(number, line, f"{what}= must be a whole number of at least 1")
        return int(word)

    def _e_value(self, number: int, line: str, word: str) -> float:
        try:
            value = math.nan if "_" in word else float(word)
        except ValueError:
            value = math.nan
        if not value >= 0:
            self._fail(number, line, "E= must be a number of at least 0")
        return value

    def _take_background(self, number: int) -> None:
        words: list[str] = []
        while len(words) < 8 and self.at < len(self.lines):
            number, line = self.lines[self.at]
            self.at += 1
            words += line.split()
        if words[::2] != list("ACGT") or len(words) != 8:
            self._fail(number, " ".join(words), "the background is 'A x C x G x T x'")
        row = self._row(number, " ".join(words[1::2]), BACKGROUND_TOLERANCE, "the background")
        if min(row) == 0:
            self._fail(number, " ".join(words), "background frequencies must be above 0")
        self.background = (row[0], row[1], row[2], row[3])

    def _row(self, number: int, line: str, tolerance: float, what: str) -> list[float]:
        words = line.split()
        try:
            row = [float(word) for word in words if "_" not in word]
        except ValueError:
            row = []
        if len(row) != 4 or not all(0 <= value <= 1 + tolerance for value in row):
            self._fail(number, line, f"{what} is four numbers from 0 to 1 for A, C, G, T")
        total = math.fsum(row)
        if abs(total - 1) > tolerance:
            self._fail(number, line, f"{what} sums to {total:.6g}, expected 1 within {tolerance:g}")
        return row

    def _complete(self, number: int) -> None:
        """Refuse a motif whose matrix is shorter than it says."""
        if self.blocks:
            block = self.blocks[-1]
            if block.width is None or len(block.rows) < block.width:
                wanted = "a matrix" if block.width is None else f"{block.width} rows"
                self._fail(
                    number,
                    "",
                    f"motif {block.identifier} of line {block.line} has {len(block.rows)} rows "
                    f"here, expected {wanted}",
                )

    def _fail(self, number: int, line: str, why: str) -> NoReturn:
        found = f"; found {line[:80]!r}" if line else ""
        raise FormatError(
            f"{shown_path(self.path)}:{number}: {why}{found}.",
            path=self.path,
            line=number,
            text=line,
        )

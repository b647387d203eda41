"""`Motif`: one contribution matrix with its core, its names and what is known about it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import InputError, NonFiniteError, ShapeError
from locuscope.genome.choices import check_choice, check_class
from locuscope.genome.position_matrix import PSEUDOCOUNT, check_frequencies
from locuscope.motifs.frequencies import contributions_of_frequencies
from locuscope.motifs.trimming import check_core, check_lambda, trim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

STRANDS = ("+", "-")
SOURCES = ("cwm", "ppm")
_MATRICES = ("cwm", "hypothetical", "ppm")


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Motif:
    """A motif as contributions of its bases.

    Args:
        name: what people call it ("CTCF"); no tab, no line end, no blank at either end.
        cwm: projected contributions, (A, W), of any scale; kept as float32, read-only. None makes
            a stand-in of `ppm` (`contributions_of_frequencies`).
        core: half-open columns that are the motif; None = trimmed at 0.3 of the largest column.
        hypothetical: what each of the four bases would contribute, (A, W).
        ppm: base frequencies, (A, W), each column summing to 1 within 1e-5; float64.
        strand: "+" or "-", the strand that the matrices are written along.
        threshold: lambda of this motif, about the cosine at which a window becomes a hit: 0.7
            suits accessibility, 0.6 ChIP; None = whatever the call says.
        original_name: the name in its source ("MA0139.2"); None = the name.
        scale: norm of the matrix in its source, for tables only; kept to float32.
        annotation: labels, best first.
        n_sites: how many sites the frequencies were counted on; None = unknown.
        e_value: as the source gives it; None = unknown.
        url: where the source describes it.
        source: "cwm", or "ppm" where the contributions are a stand-in made of frequencies; None
            = "ppm" exactly when no cwm is given.

    Raises:
        ShapeError: not (4, W) with at least one column, matrices of different widths; says when
            one looks transposed.
        NonFiniteError: NaN or Inf.
        InputError: contributions that are all zero, a negative frequency, a column that does not
            sum to 1, a name or core that is none.

    >>> Motif("AC", ppm=[[1.0, 0.1], [0.0, 0.7], [0.0, 0.1], [0.0, 0.1]])
    Motif('AC', 2 bp, consensus AC)
    """

    name: str
    cwm: NDArray[np.float32]
    core: tuple[int, int]
    hypothetical: NDArray[np.float32] | None
    ppm: NDArray[np.float64] | None
    strand: str
    threshold: float | None
    original_name: str
    scale: float
    annotation: tuple[str, ...]
    n_sites: int | None
    e_value: float | None
    url: str | None
    source: str

    def __init__(
        self,
        name: str,
        cwm: ArrayLike | None = None,
        *,
        core: Iterable[int] | None = None,
        hypothetical: ArrayLike | None = None,
        ppm: ArrayLike | None = None,
        strand: str = "+",
        threshold: float | None = None,
        original_name: str | None = None,
        scale: float = 1.0,
        annotation: Iterable[str] | str = (),
        n_sites: int | None = None,
        e_value: float | None = None,
        url: str | None = None,
        source: str | None = None,
    ) -> None:
        """Check and freeze."""
        given = name if original_name is None else original_name
        _check_name("name", name)
        _check_name("original_name", given)
        check_choice("strand", strand, STRANDS)
        origin = source or ("ppm" if cwm is None else "cwm")
        check_choice("source", origin, SOURCES)
        matrices = _matrices(name, cwm, hypothetical, ppm)
        width = matrices["cwm"].shape[1]
        labels = (annotation,) if isinstance(annotation, str) else tuple(annotation)
        fields: dict[str, Any] = {
            "name": name,
            **matrices,
            "core": trim(matrices["cwm"]) if core is None else check_core(core, width, name),
            "strand": strand,
            "threshold": None if threshold is None else check_lambda(threshold, "threshold"),
            "original_name": given,
            "scale": _check_scale(scale, name),
            "annotation": tuple(_check_label(label, name) for label in labels),
            "n_sites": n_sites,
            "e_value": e_value,
            "url": url,
            "source": origin,
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    @property
    def width(self) -> int:
        """Number of columns of the window."""
        return int(self.cwm.shape[1])

    @property
    def core_width(self) -> int:
        """Number of columns of the core."""
        return self.core[1] - self.core[0]

    @property
    def consensus(self) -> str:
        """The strongest base of each column of the window; of equal ones the first in ACGT.

        By frequency where there are frequencies, else by contribution in the direction in which
        the whole motif contributes.
        """
        if self.ppm is not None:
            return "".join("ACGT"[base] for base in self.ppm.argmax(axis=0))
        sign = -1.0 if float(self.cwm.sum(dtype=np.float64)) < 0 else 1.0
        return "".join("ACGT"[base] for base in (sign * self.cwm).argmax(axis=0))

    @property
    def information(self) -> float:
        """Bits against equal base frequencies, summed over the columns.

        Raises:
            InputError: the motif has no base frequencies.
        """
        if self.ppm is None:
            raise InputError(f"motif {self.name!r} has no base frequencies (ppm).")
        logs = np.log2(np.where(self.ppm > 0, self.ppm, 1.0))
        return float(2.0 * self.width + (self.ppm * logs).sum())

    def reverse_complement(self) -> Motif:
        """The same motif along the other strand; twice is the identity."""
        start, end = self.core
        turned: dict[str, Any] = {
            field: None if (value := getattr(self, field)) is None else value[::-1, ::-1]
            for field in _MATRICES
        }
        turned |= {"core": (self.width - end, self.width - start)}
        return replace(self, **turned, strand="-" if self.strand == "+" else "+")

    def against(self, background: Sequence[float], pseudocount: float = PSEUDOCOUNT) -> Motif:
        """Make the contributions anew of the frequencies, against a background.

        Raises:
            InputError: the motif has no base frequencies, or the background is none.
        """
        if self.ppm is None:
            raise InputError(f"motif {self.name!r} has no base frequencies (ppm).")
        cwm, made = contributions_of_frequencies(self.ppm, background, pseudocount)
        scale = float(np.linalg.norm(cwm)) or 1.0
        matrices: dict[str, Any] = {"cwm": cwm, "hypothetical": made}
        return replace(self, **matrices, core=trim(cwm), scale=scale, source="ppm")

    def to_svg(self, *, theme: str = "light") -> str:
        """Draw the letters as SVG, what lies outside the core shaded.

        Args:
            theme: "light" or "dark".
        """
        from locuscope.plots.motif_logo import motif_logo

        return motif_logo(self, theme=theme).to_svg()

    def __repr__(self) -> str:
        alias = "" if self.original_name == self.name else f" ({self.original_name})"
        strand = "" if self.strand == "+" else ", - strand"
        return f"Motif({self.name!r}{alias}, {self.width} bp{strand}, consensus {self.consensus})"


def _matrices(
    name: str, cwm: ArrayLike | None, hypothetical: ArrayLike | None, ppm: ArrayLike | None
) -> dict[str, Any]:
    """The three matrices of one width, the missing ones of frequencies made of them."""
    frequencies = None if ppm is None else check_frequencies(ppm, name)
    if cwm is None and frequencies is None:
        raise InputError(f"motif {name!r} has neither cwm nor ppm; one of them is needed.")
    wanted = None if hypothetical is None else _check_matrix(hypothetical, name, "hypothetical")
    if cwm is None and frequencies is not None:
        projected, made = (_frozen(matrix) for matrix in contributions_of_frequencies(frequencies))
        wanted = made if wanted is None else wanted
    else:
        projected = _check_matrix(cwm, name, "cwm")
    if frequencies is None and not projected.any():
        raise InputError(
            f"motif {name!r}: all contributions are 0, so there is nothing to find; leave it out."
        )
    for field, matrix in (("hypothetical", wanted), ("ppm", frequencies)):
        if matrix is not None and matrix.shape != projected.shape:
            raise ShapeError(
                f"motif {name!r}: {field} has shape {matrix.shape} and cwm {projected.shape}; "
                "they must be equal.",
                found=matrix.shape,
                expected=projected.shape,
            )
    return {"cwm": projected, "hypothetical": wanted, "ppm": frequencies}


def _check_matrix(given: Any, name: str, field: str) -> NDArray[np.float32]:
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"motif {name!r}: {field} is no matrix of numbers ({error}).") from error
    if values.ndim != 2 or values.shape[0] != 4 or values.shape[1] == 0:
        turned = values.ndim == 2 and values.shape[1] == 4
        raise ShapeError(
            f"motif {name!r}: {field} has shape {values.shape}; (4, W) with W >= 1 is needed.",
            hint="It looks transposed: rows are bases, columns positions." if turned else None,
            found=values.shape,
            expected="(4, W)",
        )
    with np.errstate(over="ignore"):
        is_finite = np.isfinite(values.astype(np.float32))
    if not is_finite.all():
        count = int(np.count_nonzero(~is_finite))
        raise NonFiniteError(
            f"motif {name!r}: {field} holds NaN, Inf or what float32 cannot hold in {count} "
            "places.",
            where=name,
            count=count,
        )
    return _frozen(values)


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float32]:
    kept = np.ascontiguousarray(values, dtype=np.float32)
    kept.setflags(write=False)
    return kept


def _check_name(field: str, value: object) -> None:
    check_class(field, value, str)
    text = str(value)
    if not text or text != text.strip() or not text.isprintable():
        raise InputError(
            f"{field} is {text!r}; a motif's name is printable text without tabs, line ends and "
            "blanks at its ends."
        )


def _check_label(label: object, name: str) -> str:
    check_class(f"each annotation of motif {name!r}", label, str)
    text = " ".join(str(label).split())
    if not text or not text.isprintable():
        raise InputError(f"motif {name!r}: annotation {label!r} is no printable text.")
    return text


def _check_scale(scale: object, name: str) -> float:
    is_number = isinstance(scale, int | float | np.number) and not isinstance(scale, bool)
    number = float(scale) if is_number else math.nan  # type: ignore[arg-type]
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"motif {name!r}: scale is {scale!r}; a positive number is needed.")
    return float(np.float32(number))  # so that a table of it reads back the same

"""What a score looks like: the context it may ask for, and the forms that it may have."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.genome.alignment import Alignment
    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.models.protocol import HeadSpec
    from locuscope.tracks.track_table import TrackTable


@dataclass(frozen=True)
class ScoreContext:
    """Where the predictions of a score come from, for scores that want to know.

    Args:
        variants: the n alleles.
        windows: their n windows, on reference coordinates.
        valid: bool (n, L'), positions at which both alleles have a value.
        tracks: the T tracks of the last axis.
        part: for a `PartScorer`, the pair of sequences at hand; else None.
        alignment: of each alternative with its reference window.
        pairs: (T,) place of each track's partner on the other strand, its own where it has none;
            None for a head without strands.
    """

    variants: Sequence[Variant]
    windows: Sequence[Interval]
    valid: NDArray[np.bool_] | None = None
    tracks: TrackTable | None = None
    part: Any = None
    alignment: Sequence[Alignment] | None = None
    pairs: NDArray[np.int64] | None = None


@runtime_checkable
class Scorer(Protocol):
    """Any callable with a name: `(ref, alt, ref_rc=None, alt_rc=None) -> (n, T)`.

    `ref` and `alt` are (n, T), or (n, L', T) when the scorer has the attribute `positional = True`.
    There, positions without an ALT value hold NaN and `context.valid` is False. `ref_rc` and
    `alt_rc` come from the reverse complement, on the tracks and positions of the forward strand;
    they are None without it. A callable of `ref` and `alt` only is called once per strand and its
    values are merged by `Ensemble.rc_merging`. One that has a parameter `context` gets a
    `ScoreContext`.
    """

    @property
    def __name__(self) -> str:
        """What results call it."""
        ...

    def __call__(self, ref: Any, alt: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Score n alleles."""
        ...


@runtime_checkable
class PartScorer(Protocol):
    """A scorer that makes the sequences it needs; one part per pair, several parts per allele.

    `score_variants` gets the pairs of an allele (`PreparedScorer` or `ReadingScorer`), sends each
    distinct sequence once through `run`, calls the scorer once per part, and `summarize` makes one
    row of the parts of an allele. A pair has `reference` (A, L), `alternative` (A, L') and `labels`
    (text or whole numbers), and may have `notes` for the row. The optional attribute `holder` names
    what an allele without parts lies outside of, "gene" when it is not there.
    """

    __name__: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Labels of the numbers of a part."""
        ...

    @property
    def head(self) -> HeadSpec:
        """What `run` gives."""
        ...

    def refuse(self, allele: Variant) -> tuple[str, str] | None:
        """Give the status and reason of an allele that cannot be scored; None when it can."""
        ...

    def run(self, one_hot: Tensor) -> Tensor:
        """(N, A, L) -> (N, P, C)."""
        ...

    def __call__(self, ref: Any, alt: Any, context: ScoreContext | None = None) -> Any:
        """Give the `columns` of one part from (P, C) and (P', C)."""
        ...

    def summarize(self, parts: Sequence[Sequence[float]]) -> Any:
        """Give one row for the parts of an allele."""
        ...


@runtime_checkable
class PreparedScorer(PartScorer, Protocol):
    """A scorer of parts that looks at `width_bp` bases with the allele's POS in the middle."""

    @property
    def width_bp(self) -> int:
        """Bases of reference sequence that an allele needs, an odd number."""
        ...

    def prepare(self, one_hot: NDArray[np.uint8], window: Interval, allele: Variant) -> list[Any]:
        """Give the pairs of an allele."""
        ...


@runtime_checkable
class ReadingScorer(PartScorer, Protocol):
    """A scorer of parts that reads the places it needs itself: exons have no common width."""

    def read(self, genome: Genome, allele: Variant) -> tuple[Interval, list[Any]]:
        """Give the bases that an allele needed and its pairs."""
        ...


@contextmanager
def naming_allele(name: str, variant: Variant) -> Iterator[None]:
    """Note on whatever a score raises which score it was, and the first allele of its batch."""
    try:
        yield
    except Exception as error:
        error.add_note(f"raised by the score {name!r}, in the batch that begins with {variant}.")
        raise

"""How two predictions become one number per track: `ref`, `alt`, `diff`, `SAX`, your own.

A score is a pure function of the reference and the alternative. Most see each window as one number
per track (`reduce` of its positions); a positional one sees the positions. A model may bring scores
that make their own sequences (`PartScorer`), as the splice networks do.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from locuscope.errors import (
    OptionError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.models.protocol import require_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.models.protocol import HeadSpec, SequenceModel
    from locuscope.tracks.track_table import TrackTable

    Values = NDArray[np.floating[Any]]

REDUCERS = ("mean", "sum", "max", "center")


@dataclass(frozen=True)
class ScoreContext:
    """Where the predictions of a score come from, for scores that want to know.

    Args:
        variants: the n alleles.
        windows: their n windows, on reference coordinates.
        valid: bool (n, L'), positions at which both alleles have a value.
        tracks: the T tracks of the last axis.
        part: for a `PartScorer`, the pair of sequences at hand; else None.
    """

    variants: Sequence[Variant]
    windows: Sequence[Interval]
    valid: NDArray[np.bool_] | None = None
    tracks: TrackTable | None = None
    part: Any = None


@runtime_checkable
class Scorer(Protocol):
    """Any callable with a name: `(ref, alt, context=None) -> (n, T)`; also `(ref, alt)` alone.

    `ref` and `alt` are (n, T), or (n, L', T) when the scorer has the attribute `positional = True`.
    There, positions without an ALT value hold NaN and `context.valid` is False.
    """

    __name__: str

    def __call__(self, ref: Any, alt: Any, context: ScoreContext | None = None) -> Any:
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


def ref(ref: Values, alt: Values, context: ScoreContext | None = None) -> Values:  # noqa: ARG001
    """Give the reference value itself."""
    return ref


def alt(ref: Values, alt: Values, context: ScoreContext | None = None) -> Values:  # noqa: ARG001
    """Give the alternative value itself."""
    return alt


def diff(ref: Values, alt: Values, context: ScoreContext | None = None) -> Values:  # noqa: ARG001
    """Give alternative minus reference.

    >>> diff(np.array([[0.25]]), np.array([[0.75]])).tolist()
    [[0.5]]
    """
    return alt - ref


def sax(ref: Values, alt: Values, context: ScoreContext | None = None) -> Values:
    """Give alternative minus reference where it is largest in magnitude, the first such position.

    Args:
        ref: (n, L', T).
        alt: (n, L', T); NaN where `context.valid` is False.
        context: positions that count; None = all.

    Returns:
        (n, T); NaN where no position counts.

    >>> sax(np.array([[[0.0], [0.5], [0.5]]]), np.array([[[0.1], [0.0], [1.0]]])).tolist()
    [[-0.5]]
    """
    change = alt - ref
    size = np.abs(change)
    if context is not None and context.valid is not None:
        valid = context.valid[:, :, None]
        size = np.where(valid, size, -1.0)
        change = np.where(valid.any(1, keepdims=True), change, np.nan)
    at = size.argmax(1)
    return np.take_along_axis(change, at[:, None, :], 1)[:, 0, :]


@contextmanager
def naming_allele(name: str, variant: Variant) -> Iterator[None]:
    """Note on whatever a score raises which score it was, and the first allele of its batch."""
    try:
        yield
    except Exception as error:
        error.add_note(f"raised by the score {name!r}, in the batch that begins with {variant}.")
        raise


class _BuiltIn:
    """A built-in score under its public name."""

    def __init__(
        self, name: str, function: Callable[..., Any], *, positional: bool = False
    ) -> None:
        self.__name__ = name
        self.function = function
        self.positional = positional

    def __call__(self, ref: Any, alt: Any, context: ScoreContext | None = None) -> Any:
        return self.function(ref, alt, context)


BUILT_IN: Mapping[str, _BuiltIn] = {
    "ref": _BuiltIn("ref", ref),
    "alt": _BuiltIn("alt", alt),
    "diff": _BuiltIn("diff", diff),
    "SAX": _BuiltIn("SAX", sax, positional=True),
}


def list_scores(model: SequenceModel) -> list[str]:
    """Give the names that `score_variants(model, scores=...)` knows.

    >>> from locuscope.models.zoo import load_model
    >>> list_scores(load_model("cispliceai"))
    ['ref', 'alt', 'diff', 'SAX', 'splice_delta']
    """
    # A model that reads several places has no window around an allele to share.
    shared = BUILT_IN if len(model.inputs) == 1 else ()
    return [*shared, *(name for name in model.scores if name not in BUILT_IN)]


def resolve_scores(
    model: SequenceModel,
    scores: str | Scorer | Sequence[str | Scorer],
    score_kwargs: Sequence[Mapping[str, object]] | None = None,
) -> dict[str, Scorer | PartScorer]:
    """Turn names and callables into label -> scorer, in the order given.

    Args:
        model: whose own scores count as well.
        scores: one or several names or callables; "all" = every name of `list_scores`. A callable
            with the name of a built-in gets the label `custom_<name>`.
        score_kwargs: options per score, in the same order; `{}` = defaults.

    Raises:
        UnknownNameError: no such score.
        OptionError: another number of `score_kwargs`, options for a score that has none, a label
            twice.
    """
    require_model(model)
    if isinstance(scores, str) and scores == "all":
        if score_kwargs is not None:
            raise OptionError(
                "scores='all' takes the defaults of every score; score_kwargs must be None.",
                option="score_kwargs",
                value=score_kwargs,
            )
        scores = list_scores(model)
    given: list[Any] = [scores]
    if isinstance(scores, Sequence) and not isinstance(scores, str):
        given = list(scores)
    if score_kwargs is not None and isinstance(score_kwargs, (str, Mapping)):
        raise WrongTypeError(
            f"score_kwargs takes a list with one dictionary per score; got {score_kwargs!r}.",
            argument="score_kwargs",
            found=type(score_kwargs).__name__,
            expected="list of dict",
        )
    options = [{} for _ in given] if score_kwargs is None else list(score_kwargs)
    if not given:
        raise OptionError(
            f"no score was asked for; this model has {', '.join(list_scores(model))}.",
            option="scores",
            value=scores,
        )
    if len(options) != len(given):
        raise OptionError(
            f"{len(given)} scores but {len(options)} score_kwargs; give one dictionary per score.",
            option="score_kwargs",
            value=score_kwargs,
        )
    found: dict[str, Scorer | PartScorer] = {}
    for score, chosen in zip(given, options, strict=True):
        label, scorer = _resolve(model, score, chosen)
        if label in found:
            raise OptionError(
                f"the score {label!r} is asked for twice.", option="scores", value=label
            )
        found[label] = scorer
    return found


def _resolve(
    model: SequenceModel, score: str | Scorer, options: Mapping[str, object]
) -> tuple[str, Scorer | PartScorer]:
    scorer: Any
    if isinstance(score, str):
        known = list_scores(model)
        if score not in known:
            raise UnknownNameError(
                f"no score is called {score!r}; {did_you_mean(score, known)} {model.name} has "
                f"{', '.join(known)}.",
                name=score,
                known=tuple(known),
                closest=closest(score, known),
            )
        label, scorer = score, BUILT_IN.get(score) or model.scores[score]
    elif callable(score):
        name = getattr(score, "__name__", type(score).__name__)
        label, scorer = (f"custom_{name}" if name in BUILT_IN else name), _with_context(score, name)
    else:
        raise WrongTypeError(
            f"a score is a name or a callable; got {score!r}.",
            argument="scores",
            found=type(score).__name__,
            expected="str or callable",
        )
    if not options:
        return label, scorer
    if not hasattr(scorer, "configure"):
        raise OptionError(
            f"the score {label!r} takes no options; got {dict(options)!r}.",
            option="score_kwargs",
            value=dict(options),
        )
    return label, scorer.configure(**options)


def _with_context(score: Any, name: str) -> Any:
    """Let a plain function `(ref, alt)` be called like one that also takes the context."""
    if isinstance(score, PartScorer):
        return score
    try:
        inspect.signature(score).bind(None, None, None)
    except TypeError:
        is_positional = bool(getattr(score, "positional", False))
        return _BuiltIn(name, lambda ref, alt, _: score(ref, alt), positional=is_positional)
    except ValueError:  # a function of C without a signature
        return score
    return score


def reduce_positions(
    values: Values,
    valid: NDArray[np.bool_],
    how: str | Callable[[Values], Values],
    center: NDArray[np.int64],
) -> Values:
    """Make one number per track of a window's positions.

    Args:
        values: (n, L', T).
        valid: bool (n, L'), the positions that count.
        how: "mean", "sum", "max", "center", or a function (k, T) -> (T,).
        center: (n,) index of the position that holds the allele, for "center".

    Returns:
        (n, T) in float64; NaN where no position counts.

    >>> values = np.array([[[1.0], [3.0], [9.0]]])
    >>> reduce_positions(values, np.array([[True, True, False]]), "mean", np.array([0])).tolist()
    [[2.0]]
    """
    n = len(values)
    if how == "center":
        inside = np.clip(center, 0, values.shape[1] - 1)
        is_known = (inside == center) & valid[np.arange(n), inside]
        return np.where(is_known[:, None], values[np.arange(n), inside].astype(np.float64), np.nan)
    if valid.all() and isinstance(how, str):
        if how == "max":
            largest: Values = values.max(1)
            return largest.astype(np.float64)
        summed: Values = values.sum(1, dtype=np.float64)
        return summed / np.float64(values.shape[1]) if how == "mean" else summed
    function = how if callable(how) else _ROWS[how]
    rows = [
        np.asarray(function(some[keep]), np.float64)
        if keep.any()
        else np.full(values.shape[2], np.nan)
        for some, keep in zip(values, valid, strict=True)
    ]
    return np.stack(rows) if rows else np.empty((0, values.shape[2]))


_ROWS: Mapping[str, Callable[[Any], Any]] = {
    "mean": lambda rows: rows.mean(0, dtype=np.float64),
    "sum": lambda rows: rows.sum(0, dtype=np.float64),
    "max": lambda rows: rows.max(0),
}

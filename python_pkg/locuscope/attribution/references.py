"""What a sequence is compared with: shuffles, an even mixture of bases, zeros, or your own arrays.

References depend on the seed and the bases of an example only, so neither the size of a batch nor
the order of the examples changes them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import NonFiniteError, OptionError, ShapeError
from locuscope.genome.choices import check_choice
from locuscope.genome.draws import check_seed, hashed, more, unit
from locuscope.genome.interval import whole_number
from locuscope.genome.shuffle import dinucleotide_shuffle

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("shuffle", "mononucleotide", "zero", "uniform")
_ORDER, _CHANGE, _POINT = 31, 32, 33  # first word of the draws of each kind
_SINGLE = ("zero", "uniform")


@dataclass(frozen=True, eq=False)
class References:
    """How references are made; made by `references_of`.

    Args:
        kind: one of `KINDS`, or "array".
        count: references of each example.
        seed: of the shuffles.
        arrays: (1, R, A, L) for all examples, or (N, R, A, L).
    """

    kind: str
    count: int
    seed: int = 0
    arrays: NDArray[Any] | None = None

    def of(self, bases: NDArray[Any], first: int) -> NDArray[Any]:
        """References of some examples, (n, R, A, L).

        Args:
            bases: one-hot (n, A, L).
            first: number of the first of them in the call.
        """
        if self.arrays is not None:
            if len(self.arrays) == 1:
                return np.repeat(self.arrays, len(bases), axis=0)
            return self.arrays[first : first + len(bases)]
        if self.kind == "shuffle":
            shuffled: NDArray[Any] = dinucleotide_shuffle(bases, self.count, self.seed)
            return shuffled
        if self.kind == "mononucleotide":
            return np.stack([_shuffled(one, self.count, self.seed) for one in bases])
        # N stays N: a known base where there is none would be a change of its own.
        known = bases.any(axis=1, keepdims=True)
        fill = np.float32(0.25 if self.kind == "uniform" else 0.0)
        even: NDArray[np.float32] = np.broadcast_to(known * fill, bases.shape)[:, None]
        return even

    def facts(self) -> dict[str, Any]:
        """Give what the result's provenance tells."""
        told: dict[str, Any] = {"references": self.kind, "n_references": self.count}
        if self.arrays is not None:
            text = np.ascontiguousarray(self.arrays).tobytes()
            told["references_digest"] = hashlib.sha256(text).hexdigest()
        elif self.kind not in _SINGLE:
            told["seed"] = self.seed
        return told


def references_of(
    references: object, *, count: int, seed: int, shape: tuple[int, ...]
) -> References:
    """Read what a caller gave as references.

    Args:
        references: None or "shuffle" (dinucleotides kept), "mononucleotide", "zero", "uniform"
            (0.25), or arrays (R, A, L) or (N, R, A, L).
        count: how many shuffles.
        seed: of the shuffles.
        shape: (N, A, L) of the examples.

    Raises:
        OptionError: an unknown kind, a count below 1.
        ShapeError: arrays that do not fit the examples.
        NonFiniteError: NaN or Inf among them.
    """
    number = whole_number(count, "n_references")
    if number < 1:
        raise OptionError(
            f"n_references is {count}; at least 1 is needed.", option="n_references", value=count
        )
    if references is None or isinstance(references, str):
        kind = "shuffle" if references is None else references
        check_choice("references", kind, KINDS)
        return References(kind, 1 if kind in _SINGLE else number, check_seed(seed))
    detach = getattr(references, "detach", None)
    try:
        array = np.asarray(references if detach is None else detach().cpu().float().numpy())
    except ValueError as error:  # what numpy says of rows of different lengths
        raise ShapeError(
            f"the references differ in shape; (R, A, L) or (N, R, A, L) with N, A, L = {shape} is "
            "needed.",
            found="several shapes",
            expected=(shape[0], "R", *shape[1:]),
        ) from error
    array = array[None] if array.ndim == 3 else array
    fits = array.ndim == 4 and array.shape[2:] == shape[1:] and len(array) in (1, shape[0])
    if not fits or not array.shape[1] or array.dtype.kind not in "fiub":
        raise ShapeError(
            f"references have shape {array.shape} ({array.dtype}); (R, A, L) or (N, R, A, L) with "
            f"N, A, L = {shape} is needed.",
            found=array.shape,
            expected=(shape[0], "R", *shape[1:]),
        )
    if not np.isfinite(array).all():
        raise NonFiniteError(
            f"references hold {int((~np.isfinite(array)).sum()):,} NaN or Inf.",
            where="references",
            count=int((~np.isfinite(array)).sum()),
        )
    return References("array", array.shape[1], seed, array)


def changed_bases(bases: NDArray[Any], count: int, rate: float, seed: int) -> NDArray[Any]:
    """Copies of sequences in which each known base is another one with a probability.

    Args:
        bases: one-hot (n, A, L).
        count: copies of each.
        rate: probability of a change at a position.
        seed: of the draws.

    Returns:
        One-hot (n, count, A, L), unknown bases as they are.
    """
    copies = np.repeat(bases[:, None], count, axis=1)
    length = bases.shape[2]
    for example, copy in zip(bases, copies, strict=True):
        state = hashed(seed, _CHANGE, _text(example))
        draws = more(state, np.arange(count)[:, None], np.arange(length))
        is_changed = unit(draws) < rate
        is_changed &= example.any(axis=0)
        steps = 1 + (more(draws, 1) >> np.uint64(8)) % np.uint64(3)
        index = (example.argmax(axis=0) + steps.astype(np.int64)) % 4
        new = np.eye(4, dtype=bases.dtype)[index].transpose(0, 2, 1)
        copy[...] = np.where(is_changed[:, None], new, copy)
    return copies


def random_points(
    bases: NDArray[Any], n_references: int, n_samples: int, seed: int
) -> NDArray[Any]:
    """Numbers between 0 and 1, (n, R, S): one per example, reference and sample."""
    points = np.empty((len(bases), n_references, n_samples))
    for example, row in zip(bases, points, strict=True):
        state = hashed(seed, _POINT, _text(example))
        row[...] = unit(more(state, np.arange(n_references)[:, None], np.arange(n_samples)))
    return points


def _shuffled(one: NDArray[Any], count: int, seed: int) -> NDArray[Any]:
    """Shuffles of one sequence that keep its bases and the places of N."""
    known = np.flatnonzero(one.any(axis=0))
    copies = np.repeat(one[None], count, axis=0)
    state = hashed(seed, _ORDER, _text(one))
    for place, copy in enumerate(copies):
        order = np.argsort(more(more(state, place), known), kind="stable")
        copy[:, known] = one[:, known[order]]
    return copies


def _text(one: NDArray[Any]) -> int:
    raw = np.ascontiguousarray(one, dtype=np.uint8).tobytes()
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")

"""Shuffled sequences that keep every dinucleotide.

A sequence is a walk over the four bases along its own dinucleotides, so a shuffle is another walk
that uses each of them once (an Euler path). Such paths are drawn uniformly in the manner of
Altschul and Erickson (Mol Biol Evol 1985, 2:526-538): first the edge by which each base is left
for the last time, then the order of all others. The last edges form a tree that leads to the final
base; of a four-letter alphabet there are at most 27 such trees, so they are listed and drawn by
their exact weights, without trial and error.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import accumulate, product, repeat
from math import prod
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from locuscope.errors import OptionError
from locuscope.genome.draws import check_seed, hashed, more
from locuscope.genome.interval import whole_number
from locuscope.genome.sequence import check_one_hot, encode_indices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

UNKNOWN = 4
_STREAM = 11  # first word of every draw of this file
_TREE, _ORDER = 1, 2
_SHORTEST = 4  # a shorter run has one walk only
_IS_LAST = np.uint64(1 << 61)
_BATCH_EDGES = 4_000_000  # bounds memory at about 0.1 GB


@overload
def dinucleotide_shuffle(sequence: str, n: int = 1, seed: int = 0) -> list[str]: ...
@overload
def dinucleotide_shuffle(sequence: bytes, n: int = 1, seed: int = 0) -> list[bytes]: ...
@overload
def dinucleotide_shuffle(
    sequence: list[str] | tuple[str, ...], n: int = 1, seed: int = 0
) -> list[list[str]]: ...
@overload
def dinucleotide_shuffle(sequence: NDArray[Any], n: int = 1, seed: int = 0) -> NDArray[Any]: ...
def dinucleotide_shuffle(sequence: Any, n: int = 1, seed: int = 0) -> Any:
    """Shuffle a sequence and keep its dinucleotides.

    Every run of known bases is shuffled on its own: exact counts of each dinucleotide, first and
    last base of the run, and the places of unknown bases stay. All arrangements that keep these
    are equally likely. A run with a single arrangement comes back unchanged.

    Args:
        sequence: text or bytes, a list of texts (any lengths), or one-hot (A, L) or (N, A, L),
            numpy or torch. Letters other than A, C, G, T are kept where they are.
        n: number of shuffles of each sequence.
        seed: shuffle k of a sequence depends on the seed, k and its bases only, so neither n nor
            the company it is in matters.

    Returns:
        A list of n upper-case texts; for a list of texts a list of such lists; for one-hot
        (n, A, L) or (N, n, A, L), same type, zero columns where they were.

    Raises:
        InputError: a letter that stands for no base, or a column that is not one-hot.
        ShapeError: an array without four rows.
        OptionError: n below 1, a seed outside 0 .. 2^64 - 1.

    >>> dinucleotide_shuffle("ACGTTGCAACGATNNACG", 2, seed=1)
    ['ACGAACATTGCGTNNACG', 'ACGAATTGCACGTNNACG']
    """
    count = whole_number(n, "n")
    if count < 1:
        raise OptionError(f"n is {count}; at least 1 shuffle is needed.", option="n", value=count)
    start = check_seed(seed)
    if isinstance(sequence, str | bytes):
        return _of_text(sequence, count, start)
    if isinstance(sequence, list | tuple):
        return [_of_text(item, count, start) for item in sequence]
    return _of_one_hot(sequence, count, start)


def shuffled_indices(indices: NDArray[np.uint8], n: int, seed: int) -> NDArray[np.uint8]:
    """Shuffle base indices (L,), 0-3 and 4 = unknown; uint8 (n, L).

    The same draws as `dinucleotide_shuffle`, without its checks.
    """
    shuffled = np.repeat(indices[None], n, axis=0)
    text = hashlib.blake2b(indices.tobytes(), digest_size=8).digest()
    state = hashed(seed, _STREAM, int.from_bytes(text, "little"))
    for first, stop in _known_runs(indices):
        if stop - first >= _SHORTEST:
            _shuffle_run(shuffled[:, first:stop], more(state, first))
    return shuffled


def _of_text(sequence: Any, n: int, seed: int) -> Any:
    indices = encode_indices(sequence)
    shuffled = shuffled_indices(indices, n, seed)
    raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)[shuffled]
    # Letters for several bases stay as they are; one-hot knows no difference between them.
    unknown = indices == UNKNOWN
    letters[:, unknown] = np.frombuffer(raw.upper(), dtype=np.uint8)[unknown]
    rows = [row.tobytes() for row in letters]
    return [row.decode("ascii") for row in rows] if isinstance(sequence, str) else rows


def _of_one_hot(sequence: Any, n: int, seed: int) -> Any:
    check_one_hot(sequence, where="sequence")
    is_tensor = hasattr(sequence, "detach")
    plain = sequence.detach().cpu().float().numpy() if is_tensor else np.asarray(sequence)
    examples = plain if plain.ndim == 3 else plain[None]
    indices = np.where(examples.any(axis=1), examples.argmax(axis=1), UNKNOWN).astype(np.uint8)
    shuffled = np.empty((len(indices), n, *indices.shape[1:]), dtype=np.uint8)
    for place, row in enumerate(indices):
        shuffled[place] = shuffled_indices(row, n, seed)
    base = np.arange(UNKNOWN, dtype=np.uint8)[:, None]
    columns = (shuffled[:, :, None, :] == base).astype(plain.dtype)
    answer = columns if plain.ndim == 3 else columns[0]
    # `new_tensor` keeps number type and device without an import of torch.
    return sequence.new_tensor(answer) if is_tensor else answer


def _known_runs(indices: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Half-open places of the runs without unknown bases."""
    known = np.concatenate([[False], indices != UNKNOWN, [False]])
    borders = np.flatnonzero(known[1:] != known[:-1])
    return zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True)


def _shuffle_run(rows: NDArray[np.uint8], state: NDArray[np.uint64]) -> None:
    """Shuffle each of the equal rows (n, length) in place; row k by the draws of k."""
    run = rows[0].copy()
    sources, targets = run[:-1].astype(np.uint64), run[1:].astype(np.uint64)
    counts = np.zeros((4, 4), dtype=np.int64)
    np.add.at(counts, (run[:-1], run[1:]), 1)
    trees = _last_edges(counts.tolist(), int(run[-1]))
    totals = list(accumulate(weight for weight, _ in trees))
    stops = np.cumsum(counts.sum(axis=1)).tolist()
    spans = list(zip([0, *stops[:3]], stops, strict=True))
    firsts = {
        (v, t): int(np.flatnonzero((run[:-1] == v) & (run[1:] == t))[0])
        for v, t in zip(*map(np.ndarray.tolist, np.nonzero(counts)), strict=True)
    }
    places = np.arange(len(run) - 1, dtype=np.uint64)
    step = max(1, _BATCH_EDGES // len(run))
    for begin in range(0, len(rows), step):
        states = more(state, np.arange(begin, min(begin + step, len(rows)))[:, None])
        # An edge as one number: source, whether it is its last, a draw, target. In order, the edges
        # of a source stand together and at random, the last one at the end.
        keys = more(states, _ORDER, places) >> np.uint64(5)
        keys = (sources << np.uint64(62)) | (keys << np.uint64(2)) | targets
        # 128 bits, so that choosing by whole-number weights is even within 2^-64 of a weight.
        draws = more(states, _TREE, [0, 1]).tolist()
        for key, (low, high) in zip(keys, draws, strict=True):
            place = (high << 64 | low) * totals[-1] >> 128
            for v, t in trees[bisect_right(totals, place)][1]:
                key[firsts[v, t]] |= _IS_LAST
        keys.sort(axis=1)
        edges = (keys & np.uint64(3)).astype(np.uint8)
        for row, edge in enumerate(edges):
            rows[begin + row, 1:] = _walk(edge.tobytes(), spans, int(run[0]))


def _last_edges(counts: list[list[int]], end: int) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
    """List the trees of last edges that lead from every base to `end`.

    Returns:
        (weight, ((source, target), ...)) pairs; the weight counts the choices of single edges.
    """
    sources = [v for v in range(4) if v != end and any(counts[v])]
    options = [[t for t in range(4) if t != v and counts[v][t]] for v in sources]
    trees = []
    for chosen in product(*options):
        following = dict(zip(sources, chosen, strict=True))
        if all(_reaches(v, following, end) for v in sources):
            weight = prod(counts[v][t] for v, t in following.items())
            trees.append((weight, tuple(following.items())))
    return trees


def _reaches(base: int, following: dict[int, int], end: int) -> bool:
    for _ in range(4):
        if base == end:
            return True
        base = following[base]
    return False


def _walk(edges: bytes, spans: list[tuple[int, int]], base: int) -> NDArray[np.uint8]:
    """Follow the edges, each source's in their order, from the first base on."""
    take = [iter(edges[begin:stop]).__next__ for begin, stop in spans]
    path = bytes([base := take[base]() for _ in repeat(None, len(edges))])
    return np.frombuffer(path, dtype=np.uint8)

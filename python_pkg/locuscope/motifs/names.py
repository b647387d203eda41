"""Names of motifs: every argument keyed by name takes the original or the renamed one."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from locuscope._closest import counted
from locuscope.errors import (
    DataWarning,
    InputError,
    UnknownNameError,
    closest,
    did_you_mean,
    examples,
)
from locuscope.genome.choices import check_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.motifs.motif import Motif

Value = TypeVar("Value")


def check_names(motifs: Sequence[Motif]) -> None:
    """Refuse names that would find two motifs; the two strands of one motif share theirs.

    Raises:
        InputError: two motifs of one name and strand, a name that is another's original name.
    """
    taken: dict[tuple[str, str], int] = {}
    owners: dict[str, tuple[int, tuple[str, str]]] = {}
    for place, motif in enumerate(motifs):
        own = (motif.name, motif.original_name)
        for name in dict.fromkeys(own):
            first, owner = owners.setdefault(name, (place, own))
            earlier = first if owner != own else taken.get((name, motif.strand), place)
            if earlier != place:
                raise InputError(
                    f"motifs {earlier} and {place} are both called {name!r}; "
                    "names must tell them apart."
                )
            taken[name, motif.strand] = place


def places_of(motifs: Iterable[Motif]) -> dict[str, tuple[int, ...]]:
    """Name or original name -> places of its strands."""
    found: dict[str, tuple[int, ...]] = {}
    for place, motif in enumerate(motifs):
        for name in dict.fromkeys((motif.name, motif.original_name)):
            found[name] = (*found.get(name, ()), place)
    return found


def resolve(
    motifs: Sequence[Motif], given: Mapping[str, Value], what: str, *, strict: bool = True
) -> dict[int, Value]:
    """Spread values keyed by name over the places of the motifs, all strands of one motif alike.

    Args:
        motifs: where the names are looked up.
        given: name, or original name, -> value.
        what: the argument, for messages.
        strict: False warns once of keys that match no motif instead of refusing them.

    Raises:
        UnknownNameError: a key that matches no motif, with the closest names.
        InputError: a motif that is given by both its names with different values.
    """
    check_class(what, given, Mapping)
    known = places_of(motifs)
    refuse_unknown(given, known, what, strict=strict)
    found: dict[int, Value] = {}
    keys: dict[int, str] = {}
    for key, value in given.items():
        for place in known.get(key, ()):
            if place in found and found[place] != value:
                raise InputError(
                    f"{what} gives {keys[place]!r} {found[place]!r} and {key!r} {value!r}, but "
                    "both names are of one motif; keep one."
                )
            found[place], keys[place] = value, key
    return found


def refuse_unknown(
    keys: Iterable[str], known: Mapping[str, object], what: str, *, strict: bool = True
) -> None:
    """Refuse names that match no motif, or warn of them once.

    Raises:
        UnknownNameError: `strict`, and a name that is not known; with the closest names.
    """
    unknown = [key for key in keys if key not in known]
    if not unknown:
        return
    number = f"{what} names {counted(len(unknown), 'motif')} that are not there"
    text = f"{number}: {examples(unknown)};"
    if strict:
        first = str(unknown[0])
        raise UnknownNameError(
            text,
            hint=did_you_mean(first, known),
            name=first,
            known=tuple(known),
            closest=closest(first, known),
        )
    warnings.warn(f"{text} they are ignored.", DataWarning, stacklevel=4)


def refuse_duplicates(names: Iterable[str], what: str) -> None:
    """Refuse a mapping of names that gives several motifs the same one.

    Raises:
        InputError: with the names that occur twice.
    """
    seen: set[str] = set()
    twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if twice:
        raise InputError(
            f"{what} gives one name to several motifs: {examples(dict.fromkeys(twice))}; names "
            "must tell them apart."
        )

"""`read_motifs`: motifs of any file; the content says what it is, not the name."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from locuscope.errors import EmptySelectionError, FormatError, InputError, OptionError, shown_path
from locuscope.genome.choices import check_choice
from locuscope.genome.text_blocks import read_text
from locuscope.motifs.formats.jaspar import read_jaspar
from locuscope.motifs.formats.meme import read_meme
from locuscope.motifs.formats.modisco import read_modisco
from locuscope.motifs.formats.side_files import (
    read_core_map,
    read_name_list,
    read_name_map,
    read_number_map,
)
from locuscope.motifs.names import places_of, refuse_unknown
from locuscope.motifs.set_arrays import KINDS
from locuscope.motifs.trimming import TRIM_THRESHOLD
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from locuscope.motifs.motif_set import MotifSet

    FilePath = str | PathLike[str]

Value = TypeVar("Value")

_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_motifs(
    path: FilePath,
    *,
    kind: str = "cwm",
    include: Iterable[str] | PathLike[str] | None = None,
    rename: Mapping[str, str] | FilePath | None = None,
    lambdas: Mapping[str, float] | float | FilePath | None = None,
    trim_threshold: float = TRIM_THRESHOLD,
    trim_thresholds: Mapping[str, float] | FilePath | None = None,
    trim_coords: Mapping[str, tuple[int, int]] | FilePath | None = None,
    reverse_complements: bool = True,
    subpatterns: bool = False,
    strict: bool = True,
) -> MotifSet:
    """Read motifs from TF-MoDISco (HDF5), MEME or JASPAR, ready for hit calling.

    Every argument keyed by name takes the name in the file or the new one; mappings may be files
    without a header, columns parted by tabs.

    Args:
        path: the file; MEME and JASPAR hold frequencies, of which contributions are made
            (`source` is then "ppm").
        kind: what is looked for: "cwm" (contributions), "hcwm" (hypothetical ones), "pfm"
            (frequencies) or "pfm_softmax" (almost one-hot frequencies). Cores are always chosen
            by the contributions.
        include: names to keep, in the order of the file; text is one name, a `Path` a file.
        rename: name -> new name; `original_name` stays.
        lambdas: hit threshold by name, or one for all; 0.7 suits accessibility, 0.6 ChIP.
        trim_threshold: share of the largest column that belongs to the core.
        trim_thresholds: by name; before `trim_threshold`.
        trim_coords: core columns [start, end) by name; before `trim_thresholds`.
        reverse_complements: also the other strand of each, right after it.
        subpatterns: of TF-MoDISco: also the parts of each pattern.
        strict: False warns of names that match no motif instead of refusing them.

    Raises:
        MissingFileError: no such file.
        FormatError: another content; with the line or the group.
        UnknownNameError: a name that is not in the file, with the closest ones.
        EmptySelectionError: `include` leaves no motif.
        InputError: names that are not unique, both names of a motif with different values.

    >>> import locuscope
    >>> motifs = read_motifs(locuscope.demo.path("jaspar_fly.meme"), include="CTCF")
    >>> motifs, motifs.source
    (MotifSet(1 motif, 2 strands: 'CTCF'), 'ppm')
    """
    check_choice("kind", kind, KINDS)
    found = _by_content(Path(path), kind, subpatterns=subpatterns)
    names = _loaded(rename, read_name_map)
    if names is not None:
        found = found.rename(names, strict=strict)
    levels = lambdas
    if isinstance(levels, str | PathLike):
        levels = read_number_map(levels, "lambda")
    if levels is not None:
        found = found.with_lambdas(levels, strict=strict)
    found = found.with_trim(
        trim_threshold,
        _loaded(trim_thresholds, lambda place: read_number_map(place, "trim threshold")),
        _loaded(trim_coords, read_core_map),
        strict=strict,
    )
    if include is not None:
        found = _included(found, include, strict=strict)
    return found.with_reverse_complements() if reverse_complements else found


def _loaded(
    given: Mapping[str, Value] | FilePath | None, read: Callable[[FilePath], Mapping[str, Value]]
) -> Mapping[str, Value] | None:
    return read(given) if isinstance(given, str | PathLike) else given


def _included(
    motifs: MotifSet, include: Iterable[str] | PathLike[str], *, strict: bool
) -> MotifSet:
    if isinstance(include, PathLike):
        wanted: tuple[str, ...] = read_name_list(include)
    else:
        wanted = (include,) if isinstance(include, str) else tuple(include)
    known = places_of(motifs)
    refuse_unknown(wanted, known, "include", strict=strict)
    kept = {place for name in wanted for place in known.get(name, ())}
    if not kept:
        raise EmptySelectionError("include leaves no motif.", available=len(motifs))
    # In the order of the file, whatever the order of the names.
    return motifs.select([motifs.names[place] for place in sorted(kept)])


def _by_content(path: Path, kind: str, *, subpatterns: bool) -> MotifSet:
    if path.is_dir():
        raise InputError(
            f"{shown_path(path)} is a folder; a file of motifs is needed. Hits.open reads a folder "
            "of hits with its motifs."
        )
    if not path.exists():
        raise missing_file(path)
    with path.open("rb") as file:
        head = file.read(8)
    if head == _HDF5:
        return read_modisco(path, kind=kind, subpatterns=subpatterns)
    if subpatterns:
        raise OptionError(
            f"subpatterns=True is of TF-MoDISco files; {shown_path(path)} is none.",
            option="subpatterns",
            value=subpatterns,
        )
    first = next((line.strip() for line in read_text(path).split("\n") if line.strip()), "")
    if first.startswith("MEME version"):
        return replace(read_meme(path), kind=kind)
    if first.startswith((">", "#")):
        return replace(read_jaspar(path), kind=kind)
    raise FormatError(
        f"{shown_path(path)} is no file of motifs: TF-MoDISco (HDF5), MEME ('MEME version 4') and "
        f"JASPAR ('>identifier name') are read; found {first[:60]!r}.",
        path=path,
        line=1,
        text=first,
    )

"""Reading bases of a FASTA file: the right index, one handle per process and thread, no surprises.

pyfaidx does the reading. It trusts the index, shortens requests past the end and notices no change
of the file, so an index is checked before it is used and every answer is compared with the request.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from locuscope.errors import (
    DataWarning,
    FormatError,
    InputChangedError,
    MissingExtraError,
    StaleIndexError,
    StoreError,
    shown_path,
)
from locuscope.genome.bgzf import BgzfText, compression
from locuscope.genome.fasta_index import (
    FastaRecord,
    build_index,
    find_fault,
    pack_index,
    read_index,
)
from locuscope.genome.handles import Handles, check_unchanged, file_path, stamp
from locuscope.store import publish

if TYPE_CHECKING:
    from os import PathLike

INDEX_MODES = ("auto", "check", "cache")
_COMPRESSED_NAMES = (".gz", ".bgz")
# Opening filters pyfaidx's warning about old indexes; the filter list is shared by all threads.
_OPENING = threading.Lock()


class _Index(NamedTuple):
    records: dict[str, FastaRecord]
    fai: Path
    gzi: Path | None


class FastaFile:
    """The contigs of a FASTA file, plain or bgzip, by name.

    Args:
        path: the file; its size and time of change are remembered and compared at every read.
        index: "auto" builds a missing or wrong index, "check" refuses a wrong one, "cache"
            reads and writes nothing beside the file.

    Raises:
        MissingFileError: no such file.
        StaleIndexError: the index belongs to another file (`index="check"`).
        FormatError: the file is no FASTA, or gzip that is not bgzip.
    """

    def __init__(self, path: str | PathLike[str], *, index: str = "auto") -> None:
        self.path = file_path(path)
        self.mode = index
        self._stamp = stamp(self.path)
        self._index: _Index | None = None
        self._handles = Handles(self._open)

    def lengths(self) -> dict[str, int]:
        """Bases of each contig, in file order."""
        return {name: record.length for name, record in self._open_index().records.items()}

    def fingerprint(self) -> str:
        """The index rows and the size of the file."""
        return f"{list(self._open_index().records.values())}\n{self._stamp[0]}"

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes of bases `[start, end)` of a contig, case as in the file.

        Raises:
            InputChangedError: the file changed since it was opened, or is shorter than its index.
        """
        check_unchanged(self.path, self._stamp)
        handle = self._handles.get()
        try:
            text: str = handle.fetch(name, start + 1, end)
            found = text.encode("ascii")
        except Exception as error:  # whatever pyfaidx and its helpers raise on a damaged file
            raise FormatError(
                f"{shown_path(self.path)}: bases {start + 1:,}-{end:,} of {name!r} cannot be read "
                f"({type(error).__name__}: {error}).",
                path=self.path,
            ) from error
        if len(found) != end - start:
            raise InputChangedError(
                f"{shown_path(self.path)} gave {len(found):,} of {end - start:,} bases at "
                f"{name}:{start + 1:,}-{end:,}: it is shorter than its index says.",
                path=self.path,
                field="size",
                before=end - start,
                after=len(found),
            )
        return found

    def close(self) -> None:
        """Close the handles of this process; the next read opens one again."""
        self._handles.close()

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "mode": self.mode, "_stamp": self._stamp}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._index = None
        self._handles = Handles(self._open)

    def _open_index(self) -> _Index:
        if self._index is None:
            check_unchanged(self.path, self._stamp)
            self._index = _find_index(self.path, self.mode)
        return self._index

    def _open(self) -> Any:
        return _open_pyfaidx(self.path, self._open_index())


def _open_pyfaidx(path: Path, index: _Index) -> Any:
    import pyfaidx

    try:
        with _OPENING, warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return pyfaidx.Faidx(
                str(path),
                indexname=str(index.fai),
                gzi_indexname=None if index.gzi is None else str(index.gzi),
                as_raw=True,
                strict_bounds=True,
                rebuild=False,
                build_index=False,
            )
    except ImportError as error:
        raise MissingExtraError(
            f"{shown_path(path)} is bgzip; reading it needs Biopython:",
            hint="pip install 'locuscope[io]'",
            extra="io",
        ) from error


def _find_index(path: Path, mode: str) -> _Index:
    """The index files to use: beside the FASTA when they fit, else newly built ones."""
    kind = compression(path)
    _check_suffix(path, kind)
    text = BgzfText(path) if kind == "bgzip" else None
    beside = [Path(f"{path}{suffix}") for suffix in (".fai", ".gzi")[: 1 if text is None else 2]]
    why = None
    if mode != "cache":
        present = [file for file in beside if file.exists()]
        fault = next(
            ((file, why) for file in present if (why := _fault(file, path, text)) is not None), None
        )
        if fault is None:
            try:
                return _complete(beside, path, text)
            except StoreError as error:
                why = (
                    f"no index can be written beside {shown_path(path)} "
                    f"({error.strerror or error.message})"
                )
        elif mode == "check":
            raise StaleIndexError(
                f"{shown_path(fault[0])} does not belong to {shown_path(path)}: {fault[1]}.",
                hint="remove it or make it anew (samtools faidx).",
                path=path,
                index=fault[0],
            )
        else:
            why = f"{shown_path(fault[0])} does not belong to its file ({fault[1]})"
    cached = [_cache_folder() / f"{_cache_key(path)}{file.suffix}" for file in beside]
    cached[0].parent.mkdir(parents=True, exist_ok=True)
    for file in cached:
        if file.exists() and _fault(file, path, text) is not None:
            file.unlink(missing_ok=True)
    index = _complete(cached, path, text)
    if why is not None:
        warnings.warn(f"{why}; using {shown_path(index.fai)} instead.", DataWarning, stacklevel=6)
    return index


def _complete(files: list[Path], path: Path, text: BgzfText | None) -> _Index:
    """Read the index files, after making those that are not there."""
    fai, gzi = files[0], files[1] if len(files) > 1 else None
    if fai.exists():
        records = read_index(fai)
    else:
        records = build_index(path)
        content = pack_index(records)
        publish(fai, lambda temporary: temporary.write_bytes(content))
    if gzi is not None and text is not None and not gzi.exists():
        packed = text.pack_gzi()
        publish(gzi, lambda temporary: temporary.write_bytes(packed))
    return _Index({record.name: record for record in records}, fai, gzi)


def _fault(file: Path, path: Path, text: BgzfText | None) -> str | None:
    """Why an index file does not belong to the FASTA; None when it does."""
    if file.suffix == ".gzi":
        fits = text is not None and text.has_gzi(file.read_bytes())
        return None if fits else "its blocks lie elsewhere"
    try:
        records = read_index(file)
    except FormatError as error:
        return error.message.removesuffix(".")
    if text is not None:
        return find_fault(records, text.read, text.size)
    with path.open("rb") as plain:

        def read(offset: int, size: int) -> bytes:
            plain.seek(offset)
            return plain.read(size)

        return find_fault(records, read, path.stat().st_size)


def _check_suffix(path: Path, kind: str) -> None:
    """Refuse a name that says something else than the bytes: pyfaidx goes by the name."""
    is_named_compressed = path.name.lower().endswith(_COMPRESSED_NAMES)
    if kind == "plain" and is_named_compressed:
        raise FormatError(
            f"{shown_path(path)} is plain text;", hint="rename it without .gz.", path=path
        )
    if kind == "bgzip" and not is_named_compressed:
        raise FormatError(
            f"{shown_path(path)} is bgzip;", hint="rename it so that it ends in .gz.", path=path
        )


def _cache_folder() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    if not chosen and sys.platform == "win32":
        chosen = os.environ.get("LOCALAPPDATA")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "locuscope" / "indexes"


def _cache_key(path: Path) -> str:
    size, changed = stamp(path)
    key = f"{path.resolve()}\n{size}\n{changed}".encode("utf-8", errors="surrogateescape")
    return sha256(key).hexdigest()[:24]

"""What lies in a folder: names, sizes and checksums as canonical JSON, and their verification."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

from locuscope.errors import (
    CorruptStoreError,
    InputError,
    StoreVersionError,
    shown_path,
)
from locuscope.store.publishing import digest_file, missing_file, publish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

FORMAT_VERSION = 1
"""Version of the manifest layout; a higher one was written by a newer locuscope."""


def write_manifest(
    folder: str | PathLike[str],
    files: Iterable[str],
    *,
    entries: Mapping[str, object] | None = None,
    name: str = "manifest.json",
) -> Path:
    """Record size and sha256 of files of a folder as canonical JSON.

    Args:
        folder: where the files and the manifest lie.
        files: names relative to the folder, with `/`.
        entries: anything else to record; JSON values without NaN, not called "files" or
            "format_version".
        name: of the manifest itself.

    Returns:
        The path of the manifest. The same files and entries give the same bytes.

    Raises:
        InputError: a name that leaves the folder, or entries that are no JSON.
    """
    root = Path(folder)
    reserved = sorted({"files", "format_version"} & set(entries or {}))
    if reserved:
        raise InputError(f"manifest entries may not be called {', '.join(reserved)}.")
    listed = {
        file: {"bytes": _inside(root, file).stat().st_size, "sha256": digest_file(root / file)}
        for file in sorted(files)
    }
    content = {**(entries or {}), "files": listed, "format_version": FORMAT_VERSION}
    try:
        text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"manifest entries of {shown_path(root)} are no JSON: {error}.") from error
    return publish(root / name, lambda path: path.write_bytes(text.encode("utf-8") + b"\n"))


def read_manifest(
    folder: str | PathLike[str], *, verify: bool = True, name: str = "manifest.json"
) -> dict[str, object]:
    """Read a manifest and check the files that it lists.

    Returns:
        `{"files": {name: {"bytes": n, "sha256": hex}}, "format_version": 1, ...entries}`.

    Raises:
        MissingFileError: no manifest.
        CorruptStoreError: the manifest is broken, or a file is missing, cut or altered; `part`
            names it.
        StoreVersionError: written by a newer locuscope.
    """
    path = Path(folder) / name
    if not path.is_file():
        raise missing_file(path)
    try:
        content = json.loads(path.read_bytes())
        listed = cast("dict[str, dict[str, object]]", content["files"])
        version = int(content["format_version"])
        expected = {
            file: (int(cast("int", facts["bytes"])), str(facts["sha256"]))
            for file, facts in listed.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptStoreError(
            f"{shown_path(path)} is no manifest: {type(error).__name__}: {error}.",
            path=path,
            part=name,
        ) from error
    if version > FORMAT_VERSION:
        raise StoreVersionError(
            f"{shown_path(path)} has format {version}; this locuscope reads up to "
            f"{FORMAT_VERSION}.",
            path=path,
            written_by=str(version),
        )
    if verify:
        for file, (size, sha256) in expected.items():
            verify_file(Path(folder), file, size, sha256)
    return cast("dict[str, object]", content)


def verify_file(root: Path, file: str, size: int, sha256: str) -> None:
    """Refuse a file that is missing, cut or altered.

    Raises:
        CorruptStoreError: which of them; `part` names the file.
    """
    path = _inside(root, file)
    if not path.is_file():
        raise CorruptStoreError(f"{shown_path(root)}: {file} is missing.", path=root, part=file)
    found = path.stat().st_size
    if found != size:
        raise CorruptStoreError(
            f"{shown_path(path)} has {found:,} bytes; the manifest says {size:,}.",
            path=path,
            part=file,
        )
    digest = digest_file(path)
    if digest != sha256:
        raise CorruptStoreError(
            f"{shown_path(path)}: sha256 is {digest[:12]}..., the manifest says {sha256[:12]}...",
            path=path,
            part=file,
        )


def _inside(root: Path, file: str) -> Path:
    """The path of a listed file; refuses names that lead out of the folder."""
    pure = PurePosixPath(file)
    if pure.is_absolute() or ".." in pure.parts or "\\" in file or not pure.parts:
        raise InputError(f"manifest of {shown_path(root)}: {file!r} is no name inside the folder.")
    return root / pure

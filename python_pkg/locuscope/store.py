"""The only writer of results: files and folders appear whole, under their name, or not at all.

`publish` and `publish_folder` let a caller write under a temporary name beside the target, bring
the bytes to disk and rename. `write_manifest` and `read_manifest` record and verify a folder.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn, cast

from locuscope.errors import (
    CorruptStoreError,
    InputError,
    LocuscopeError,
    MissingFileError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreTargetError,
    StoreVersionError,
    closest,
    shown_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

FORMAT_VERSION = 1
"""Version of the manifest layout; a higher one was written by a newer locuscope."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAX_SUFFIX = 16


def publish(
    path: str | PathLike[str], write: Callable[[Path], object], *, overwrite: bool = True
) -> Path:
    """Write a file so that it appears whole or not at all.

    Args:
        path: the final name; its folder must exist.
        write: called with a temporary path in the same folder (same suffix) and fills it.
        overwrite: False refuses a target that exists.

    Returns:
        The final path. On any failure the old file is unchanged and no temporary is left.

    Raises:
        StoreExistsError: the target exists and `overwrite` is False.
        StoreTargetError: the target cannot be written there.
        StoreFullError: no space left.
    """
    target = Path(path)
    _check_target(target, is_folder=False, overwrite=overwrite)
    temporary = _temporary(target)
    try:
        write(temporary)
        if not temporary.is_file():
            raise StoreError(f"{shown_path(target)}: the writer left no file behind.", path=target)
        _sync(temporary)
        _check_target(target, is_folder=False, overwrite=overwrite)
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        _refuse(error, target, temporary)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def check_target(path: str | PathLike[str]) -> None:
    """Refuse, before long work, a place where `publish` could not write a file.

    A file of no bytes is made beside the target and removed; an existing target is not touched.

    Raises:
        StoreTargetError: no such folder, it is not writable, the name is too long, or the target is
            a folder.
        StoreFullError: no space left.
    """
    target = Path(path)
    _check_target(target, is_folder=False, overwrite=True)
    temporary = _temporary(target)
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        _refuse(error, target, temporary)
    finally:
        temporary.unlink(missing_ok=True)


def publish_folder(
    path: str | PathLike[str], write: Callable[[Path], object], *, overwrite: bool = True
) -> Path:
    """Fill a folder so that it appears whole or not at all.

    Args:
        path: the final name; the folder above it must exist.
        write: called with an empty temporary folder beside the target and fills it.
        overwrite: True replaces an older folder as a whole at the end, False refuses it.

    Raises:
        StoreExistsError, StoreTargetError, StoreFullError: as `publish`.
    """
    target = Path(path)
    _check_target(target, is_folder=True, overwrite=overwrite)
    temporary = _temporary(target)
    try:
        temporary.mkdir()
        write(temporary)
        for folder, _, files in os.walk(temporary):
            for file in files:
                _sync(Path(folder, file))
            _sync_folder(Path(folder))
        _check_target(target, is_folder=True, overwrite=overwrite)
        _swap(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        _refuse(error, target, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def digest_file(path: str | PathLike[str]) -> str:
    """The sha256 of a file's content, 64 hex digits.

    Raises:
        MissingFileError: no such file.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise missing_file(path) from error


def missing_file(path: str | PathLike[str]) -> MissingFileError:
    """The error for a file that is not there; names up to three similar ones of its folder."""
    given = Path(path)
    try:
        names = [entry.name for entry in given.parent.iterdir()]
    except OSError:
        return MissingFileError(
            f"no file {shown_path(path)}: there is no folder {shown_path(given.parent)}.", path=path
        )
    near = closest(given.name, names)
    hint = f"in that folder: {', '.join(near)}." if near else "check the name and the folder."
    return MissingFileError(f"no file {shown_path(path)};", hint=hint, path=path)


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
            _verify(Path(folder), file, size, sha256)
    return cast("dict[str, object]", content)


def _verify(root: Path, file: str, size: int, sha256: str) -> None:
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


def _check_target(target: Path, *, is_folder: bool, overwrite: bool) -> None:
    try:
        if not target.parent.is_dir():
            raise StoreTargetError(
                f"cannot write {shown_path(target)}: there is no folder "
                f"{shown_path(target.parent)}; create it first.",
                path=target,
            )
        target.lstat()
        exists = True
        wrong_kind = target.is_dir() != is_folder
    except FileNotFoundError:
        exists = wrong_kind = False
    except OSError as error:
        _refuse(error, target, target)
    if wrong_kind:
        found, wanted = ("a file", "folder") if is_folder else ("a folder", "file")
        raise StoreTargetError(
            f"cannot write {shown_path(target)}: it is {found}, a {wanted} is to be written.",
            path=target,
        )
    if exists and not overwrite:
        raise StoreExistsError(
            f"{shown_path(target)} exists; pass overwrite=True or choose another name.", path=target
        )


def _temporary(target: Path) -> Path:
    # A fixed short name: one made from the target's could be too long where the target's is not.
    suffix = target.suffix if len(target.suffix) <= _MAX_SUFFIX else ""
    return target.parent / f".lsc-{secrets.token_hex(6)}{suffix}"


def _swap(temporary: Path, target: Path) -> None:
    """Rename a finished folder into place; an older one is put aside first and removed last."""
    if not target.exists():
        temporary.rename(target)
        return
    aside = _temporary(target)
    target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder has no handle to flush there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse(error: OSError, target: Path, temporary: Path) -> NoReturn:
    """Turn the system's refusal into ours; what the writer itself raised about others passes."""
    if isinstance(error, LocuscopeError):
        raise error
    if error.errno in _FULL:
        free = shutil.disk_usage(target.parent).free
        raise StoreFullError(
            f"no space left while writing {shown_path(target)} ({free:,} bytes free): "
            f"{error.strerror}.",
            path=target,
            errno=error.errno,
            free_bytes=free,
        ) from error
    about_us = {os.fspath(temporary), os.fspath(target), os.fspath(target.parent), None}
    if error.filename not in about_us:
        raise error
    raise StoreTargetError(
        f"cannot write {shown_path(target)}: {error.strerror or error}.",
        path=target,
        errno=error.errno,
    ) from error

"""Files and folders appear whole, under their name, or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import (
    LocuscopeError,
    MissingFileError,
    StoreError,
    StoreExistsError,
    StoreFullError,
    StoreTargetError,
    closest,
    shown_path,
)
from locuscope.store.exchange import exchange
from locuscope.store.leftovers import remove, temporary_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
    check_place(target, is_folder=False, overwrite=overwrite)
    temporary = temporary_beside(target)
    try:
        write(temporary)
        _require_file(temporary, target)
        sync_file(temporary)
        check_place(target, is_folder=False, overwrite=overwrite)
        temporary.replace(target)
        sync_folder(target.parent)
    except Exception as error:
        refuse(error, target, temporary)
        raise
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
    check_place(target, is_folder=False, overwrite=True)
    temporary = temporary_beside(target)
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        refuse(error, target, temporary)
        raise
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
    check_place(target, is_folder=True, overwrite=overwrite)
    temporary = temporary_beside(target)
    try:
        temporary.mkdir()
        write(temporary)
        for folder, _, files in os.walk(temporary):
            for file in files:
                sync_file(Path(folder, file))
            sync_folder(Path(folder))
        check_place(target, is_folder=True, overwrite=overwrite)
        swap_folder(temporary, target)
        sync_folder(target.parent)
    except Exception as error:
        refuse(error, target, temporary)
        raise
    finally:
        remove(temporary)
    return target


def require_space(folder: Path, needed_bytes: int) -> None:
    """Refuse a file system without room for what is to be written, a tenth more to be safe.

    Raises:
        StoreFullError: too little space; both numbers are given.
    """
    needed = needed_bytes + needed_bytes // 10
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreFullError(
            f"{shown_path(folder)} has {free:,} bytes free; about {needed:,} are needed.",
            hint="make room, or choose another place.",
            path=folder,
            errno=errno.ENOSPC,
            needed_bytes=needed,
            free_bytes=free,
        )


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


def check_place(target: Path, *, is_folder: bool, overwrite: bool) -> None:
    """Refuse a name under which a file, or a folder, cannot appear."""
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
        refuse(error, target, target)
        raise
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


def _require_file(temporary: Path, target: Path) -> None:
    if not temporary.is_file():
        raise StoreError(f"{shown_path(target)}: the writer left no file behind.", path=target)


def swap_folder(temporary: Path, target: Path) -> None:
    """Give a finished folder its name; an older one of that name is removed afterwards.

    Where the system cannot swap two names in one step, the older one is put aside first.
    """
    if not target.exists():
        temporary.rename(target)
        return
    if exchange(temporary, target):
        return  # the older one now has the temporary name
    aside = temporary_beside(target)
    target.rename(aside)
    try:
        temporary.rename(target)
    except OSError:
        aside.rename(target)
        raise
    remove(aside)


def sync_file(path: Path) -> None:
    """Bring a file's content to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk."""
    if os.name == "nt":  # a folder has no handle to flush there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse(error: Exception, target: Path, temporary: Path) -> None:
    """Raise the system's refusal as ours; return when the error is about something else.

    Raises:
        StoreFullError: no space left, in the system's or a library's words.
        StoreTargetError: the target, its folder or the temporary file cannot be written.
    """
    if isinstance(error, LocuscopeError):
        return
    number = _number_of(error)
    if number is not None and number in _FULL:
        free = shutil.disk_usage(target.parent).free
        raise StoreFullError(
            f"no space left while writing {shown_path(target)} ({free:,} bytes free): "
            f"{os.strerror(number)}.",
            path=target,
            errno=number,
            free_bytes=free,
        ) from error
    about_us = {os.fspath(temporary), os.fspath(target), os.fspath(target.parent), None}
    below = os.fspath(temporary) + os.sep
    is_about_us = isinstance(error, OSError) and (
        error.filename in about_us or str(error.filename).startswith(below)
    )
    if not isinstance(error, OSError) or not is_about_us:
        return
    raise StoreTargetError(
        f"cannot write {shown_path(target)}: {error.strerror or error}.", path=target, errno=number
    ) from error


def _number_of(error: Exception) -> int | None:
    """The system's number of an error; libraries in Rust give it in their text alone."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    match = re.search(r"\(os error (\d+)\)", str(error))
    return None if match is None else int(match[1])

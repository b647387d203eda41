"""Names of temporaries, and the removal of those whose writer is gone.

A temporary lies beside what it will become, so that one rename publishes it. Its name says which
process made it: what a killed process left behind is told from what a running one needs.
"""

from __future__ import annotations

import re
import secrets
import shutil
import zlib
from typing import TYPE_CHECKING

from locuscope.store.processes import Writer, start_of, this_process

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = ".lsc-"
_MAX_SUFFIX = 16
_NAME = re.compile(rf"{re.escape(PREFIX)}([0-9a-f]{{8}})-([0-9]+)-([0-9a-f]{{8}})-[0-9a-f]{{12}}")


def temporary_beside(target: Path) -> Path:
    """A new name in the folder of `target`, with its suffix, that says who writes."""
    # A fixed short name: one made from the target's could be too long where the target's is not.
    suffix = target.suffix if len(target.suffix) <= _MAX_SUFFIX else ""
    return target.parent / f"{PREFIX}{_tag(this_process())}-{secrets.token_hex(6)}{suffix}"


def remove_leftovers(folder: Path, *gone: Writer) -> list[str]:
    """Remove the temporaries of a folder whose writers ended.

    Args:
        folder: where to look; not below it.
        gone: writers of other machines that are known to have ended.

    Returns:
        The names that were removed. Temporaries of running processes, and those of other machines,
        stay.
    """
    ended = {_tag(writer) for writer in gone}
    removed = []
    for entry in sorted(folder.iterdir()):
        match = _NAME.match(entry.name)
        if match is None or not (match[0][len(PREFIX) : -13] in ended or _is_ours_and_over(match)):
            continue
        remove(entry)
        removed.append(entry.name)
    return removed


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; nothing there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_ours_and_over(match: re.Match[str]) -> bool:
    """A process of this machine made it and ended."""
    if match[1] != _short(this_process().host):
        return False
    pid = int(match[2])
    if Writer(this_process().host, pid, None).is_gone:
        return True
    return match[3] != _short(start_of(pid) or "")


def _tag(writer: Writer) -> str:
    return f"{_short(writer.host)}-{writer.pid}-{_short(writer.started or '')}"


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"

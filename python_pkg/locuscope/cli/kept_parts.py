"""What a stopped command leaves behind: finished parts that the same call begins with."""

from __future__ import annotations

from pathlib import Path

from locuscope.errors import (
    InputChangedError,
    InputError,
    LockedStoreError,
    StoreExistsError,
    StoreTargetError,
    StoreVersionError,
)

# What the caller has to put right; going on by the same call would end the same way.
WRONG_INPUT = (
    InputError,
    InputChangedError,
    LockedStoreError,
    StoreExistsError,
    StoreTargetError,
    StoreVersionError,
)


def kept_parts(error: Exception, out: str | Path | list[str] | None) -> int:
    """Count the finished parts that the same call resumes from.

    Args:
        error: what stopped the command.
        out: the file or files that were to be written.

    Returns:
        0 where there are none, and where the error is about what was typed.
    """
    if isinstance(error, WRONG_INPUT) or out is None:
        return 0
    from locuscope.cli.score_output import parts_folder
    from locuscope.store.job_places import beside
    from locuscope.store.ledger import Ledger

    count = 0
    for target in map(Path, out if isinstance(out, list) else [out]):
        for folder in (target, beside(target), parts_folder(target)):
            ledger = Ledger.read(folder) if folder.is_dir() else None
            count += 0 if ledger is None else len(ledger.parts)
    return count

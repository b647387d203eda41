"""Where a job works: its folder, its lock, what an earlier call left there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from locuscope.errors import (
    CorruptStoreError,
    OptionError,
    StoreError,
    StoreTargetError,
    StoreVersionError,
    shown_path,
)
from locuscope.store.ledger import MANIFEST, Ledger
from locuscope.store.leftovers import PREFIX, remove, remove_leftovers
from locuscope.store.lock import Lock
from locuscope.store.publishing import check_place, check_target, refuse
from locuscope.store.records import read_record

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from locuscope.store.processes import Writer

SUMMARY = "summary.json"
_OWN = frozenset({MANIFEST, "parts", "lock", "log.jsonl", SUMMARY})


@dataclass(frozen=True)
class Places:
    """The paths of a job.

    Args:
        target: the folder or file that is to be, absolute.
        files: the files that the job publishes.
        is_folder: the target is a folder.
        work: where the job's own files lie.
        suffix: of the parts.
        tables_known: names of files beside the parts that are a job's own, apart from .parquet.
    """

    target: Path
    files: tuple[Path, ...]
    is_folder: bool
    work: Path
    suffix: str
    tables_known: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        target: Path,
        also: Sequence[Path],
        *,
        is_folder: bool | None,
        suffix: str,
        tables: Collection[str] = (),
    ) -> Places:
        """The paths for a target, before it is known what an earlier call left there.

        Raises:
            OptionError: a path is named twice, or lies in the folder of the job.
        """
        place = target.absolute()
        if is_folder is None:
            is_folder = place.is_dir() or not place.suffix
        files = [path.absolute() for path in also]
        named = [place, *files]
        twice = [path for k, path in enumerate(named) if path in named[:k]]
        if twice:
            raise OptionError(
                f"out names {shown_path(twice[0])} twice.", option="out", value=str(twice[0])
            )
        inside = [path for path in files if is_folder and place in path.parents]
        if inside:
            raise OptionError(
                f"out names {shown_path(inside[0])} inside {shown_path(place)}, which is the "
                "folder of the job itself; name a file elsewhere.",
                option="out",
                value=str(inside[0]),
            )
        work = place if is_folder else beside(place)
        published = tuple(files if is_folder else named)
        return cls(place, published, is_folder, work, suffix, frozenset(tables))

    def check(self) -> None:
        """Refuse places that cannot be written.

        Raises:
            StoreTargetError: no such folder above, not writable, a folder where a file is meant or
                the other way round, a name that is too long, a folder with other files in it.
        """
        for file in self.files:
            check_target(file)
        if not self.is_folder:
            return
        check_place(self.target, is_folder=True, overwrite=True)
        foreign = self._foreign()
        if foreign:
            raise StoreTargetError(
                f"{shown_path(self.target)} holds files that are not of a job "
                f"({', '.join(foreign[:3])}); name a new or empty folder.",
                path=self.target,
            )

    def lock(self) -> list[Lock]:
        """Make the folder and keep other writers out, of the result that is replaced as well.

        Raises:
            LockedStoreError: another process writes there.
            StoreTargetError, StoreFullError: the folder cannot be made.
        """
        folders = [self.work]
        if self.is_folder and self.work != self.target and self.target.is_dir():
            folders.insert(0, self.target)
        locks: list[Lock] = []
        try:
            self.work.mkdir(exist_ok=True)
            locks.extend(Lock(folder / "lock") for folder in folders)
        except BaseException as error:
            for lock in locks:
                lock.release()
            if isinstance(error, OSError):
                refuse(error, self.work, self.work)
            raise
        return locks

    def leave(self, locks: Sequence[Lock]) -> None:
        """Give the locks back and take away a folder that was made in vain."""
        for lock in locks:
            lock.release()
        if self.work != self.target and not any(self.work.iterdir()):
            self.work.rmdir()

    def remove_leftovers(self, gone: Sequence[Writer]) -> None:
        """Remove what killed processes left behind: all in the job's folder, theirs beside files.

        The job's folder must be locked.
        """
        for folder in (self.work, self.work / "parts"):
            for entry in folder.glob(f"{PREFIX}*"):
                remove(entry)
        for folder in {path.parent for path in (self.target, *self.files)}:
            remove_leftovers(folder, *gone)

    def sweep(self) -> None:
        """Remove what a process left that was killed just after it finished the job."""
        # A result may lie where nothing can be changed any more, or be made anew right now.
        with suppress(OSError):
            for folder in {path.parent for path in (self.target, *self.files)}:
                remove_leftovers(folder)
            if self.is_folder and (self.target / "lock").exists():
                Lock(self.target / "lock").release()

    def tables(self) -> list[str]:
        """Names of the files beside the parts that are not the job's own."""
        return sorted(
            entry.name
            for entry in self.work.iterdir()
            if entry.name not in _OWN and not entry.name.startswith(".")
        )

    def _foreign(self) -> list[str]:
        """What lies in the target and is not of a job."""
        if not self.target.is_dir():
            return []
        names = {entry.name for entry in self.target.iterdir() if not entry.name.startswith(".")}
        is_job = MANIFEST in names
        own = _OWN | self.tables_known if is_job else _OWN
        return sorted(name for name in names - own if not (is_job and name.endswith(".parquet")))


@dataclass(frozen=True)
class Found:
    """What an earlier call left.

    Args:
        places: the paths, with the folder to work in.
        ledger: of the job that is taken up again, or of the finished one; None for a new one.
        is_finished: nothing is left to do.
    """

    places: Places
    ledger: Ledger | None
    is_finished: bool


def beside(target: Path) -> Path:
    """Where a job works that does not have its target's name, or not yet."""
    return target.with_name(f"{target.name}.job")


def survey(places: Places, wanted: Ledger, *, is_restart: bool) -> Found:
    """Look at what an earlier call left, and choose where to work.

    Raises:
        InputChangedError: it computed something else; the field is named with both values.
        CorruptStoreError, StoreVersionError: its manifest is broken, or of another version.
    """
    pending = replace(places, work=beside(places.target))
    _require_names(places, pending)
    if is_restart:
        has_old = places.is_folder and (places.target / MANIFEST).exists()
        return Found(pending if has_old or not places.is_folder else places, None, False)
    ledger = _pending_ledger(pending)
    if ledger is not None and wanted.is_same(ledger):
        return Found(pending, ledger, False)
    records = [(file, read_record(file)) for file in places.files]
    has_files = all(known is not None and wanted.is_same(known) for _, known in records)
    if not places.is_folder and has_files:
        return Found(pending, wanted, True)
    if places.is_folder:
        ledger = Ledger.read(places.target)
    if ledger is not None and not ledger.parts and not wanted.is_same(ledger):
        ledger = None  # it failed before anything was done, so that nothing can be lost
    for where, known in [(places.target, ledger), *records]:
        if known is not None:
            known.require_same(wanted, where)
    if not places.is_folder:
        return Found(pending, None, False)
    is_whole = has_files and (places.target / SUMMARY).is_file()
    is_finished = is_whole and ledger is not None and not ledger.lost(places.target)
    return Found(places, ledger, is_finished)


def _require_names(places: Places, pending: Places) -> None:
    """Refuse names that the system does not take.

    Raises:
        StoreTargetError: naming the path.
    """
    for path in (places.target, *places.files, pending.work):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            refuse(error, path, path)
            raise


def finished_parts(folder: Path) -> list[Path]:
    """The parts of a finished job's folder, in order.

    Raises:
        StoreError: no folder of a job, or an unfinished one; how far it is.
        CorruptStoreError: the manifest is broken, or a part is not there.
        StoreVersionError: another version of the package wrote it.
    """
    ledger = Ledger.read(folder)
    if ledger is None:
        raise StoreError(
            f"{shown_path(folder)} is no folder of a job (no {MANIFEST}).", path=folder
        )
    if not (folder / SUMMARY).is_file():
        known = "" if ledger.n_parts is None else f" of {ledger.n_parts:,}"
        raise StoreError(
            f"{shown_path(folder)} is unfinished, {len(ledger.parts):,}{known} parts;",
            hint="run the same call again.",
            path=folder,
        )
    for name in ledger.parts:
        if not (folder / name).is_file():
            raise CorruptStoreError(
                f"{shown_path(folder)}: {name} is missing.", path=folder, part=name
            )
    return [folder / name for name in ledger.parts]


def _pending_ledger(pending: Places) -> Ledger | None:
    """The ledger of the folder beside the target; a broken one hinders files only."""
    try:
        return Ledger.read(pending.work)
    except (CorruptStoreError, StoreVersionError):
        if pending.is_folder:
            return None
        raise

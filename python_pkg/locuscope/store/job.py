"""Work in parts: what is done survives, a later call of the same goes on where it stopped.

A job lives in a folder: `manifest.json` (what is computed, from what, which parts are done),
`parts/00017.parquet`, `lock`, `log.jsonl` (times, and nothing else that changes), tables, and
`summary.json`, which is written last. A job for a folder lives in that folder; a job for a file in
`<file>.job/`, which goes when the file is published. Every file appears whole; the manifest lists a
part only after the part is there.
"""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self

from locuscope.errors import CorruptStoreError, JobError, RunWarning, StoreError, shown_path
from locuscope.store.job_places import SUMMARY, Found, Places, survey
from locuscope.store.ledger import MANIFEST, PARTS, Ledger
from locuscope.store.leftovers import remove, temporary_beside
from locuscope.store.processes import this_process
from locuscope.store.publishing import (
    publish,
    refuse,
    require_space,
    swap_folder,
    sync_file,
    sync_folder,
)
from locuscope.store.records import write_record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from locuscope.store.lock import Lock


class Job:
    """Work in parts of a fixed number of rows. Use `Job.open`, as a context manager.

    Attributes:
        state: "new", "resumed" or "finished"; a finished job holds no lock and writes nothing.
        folder: where the parts lie; of a finished job of a file there is none.
        adopted: choices that hold for the whole job, those of the first run.
        notes: what should be said: parts that were found, a lock taken over, damage.
    """

    def __init__(
        self,
        places: Places,
        ledger: Ledger,
        state: Literal["new", "resumed", "finished"],
        locks: Sequence[Lock] = (),
    ) -> None:
        self.state = state
        self.notes: list[str] = []
        self._places = places
        self._ledger = ledger
        self._locks = list(locks)

    @classmethod
    def open(
        cls,
        target: Path,
        *,
        verb: str,
        facts: Mapping[str, object],
        part_rows: int,
        also: Sequence[Path] = (),
        is_folder: bool | None = None,
        suffix: str = ".parquet",
        tables: Collection[str] = (),
        adopt: Mapping[str, object] | None = None,
        rows_total: int | None = None,
        needed_bytes: int = 0,
        restart: bool = False,
    ) -> Self:
        """Begin a job, take it up again, or find it finished.

        Args:
            target: the folder or file that is to be.
            verb: who works.
            facts: everything that changes a result, digests of the inputs included, as JSON values.
            part_rows: rows of a part.
            also: further files that the job publishes.
            is_folder: the target is a folder; None = when its name has no suffix, or a folder of
                that name is there.
            suffix: of the files of parts.
            tables: names, apart from .parquet, of what `publish_files` puts beside the parts.
            adopt: choices that change no more than a rounding (the batch size): a job that is taken
                up again keeps the first ones.
            rows_total: how many rows there are, when that is known.
            needed_bytes: what the job will write, roughly.
            restart: begin anew in a new folder; an old result stays until the new one is complete.

        Raises:
            InputChangedError: an earlier job of that name computed something else; the field is
                named with both values.
            CorruptStoreError: the manifest of an earlier job is broken.
            StoreVersionError: another version of the package wrote it.
            LockedStoreError: another process writes there.
            StoreTargetError, StoreFullError: the place cannot be written, or has too little room.
        """
        wanted = Ledger.of(verb, facts, part_rows, adopt or {}, rows_total)
        places = Places.of(target, also, is_folder=is_folder, suffix=suffix, tables=tables)
        found = survey(places, wanted, is_restart=restart)
        if found.is_finished:
            found.places.sweep()
            return cls(found.places, found.ledger or wanted, "finished")
        found.places.check()
        require_space(places.target.parent, needed_bytes)
        locks = found.places.lock()
        try:
            return cls._begin(found, wanted, locks, is_restart=restart)
        except BaseException:
            found.places.leave(locks)
            raise

    @classmethod
    def _begin(
        cls, before: Found, wanted: Ledger, locks: Sequence[Lock], *, is_restart: bool
    ) -> Self:
        """Read or make the manifest, with the lock held."""
        found = survey(before.places, wanted, is_restart=is_restart)
        if found.is_finished:  # another process finished it just now
            before.places.leave(locks)
            return cls(found.places, found.ledger or wanted, "finished")
        places = before.places
        gone = [lock.previous for lock in locks if lock.previous is not None]
        places.remove_leftovers(gone)
        (places.work / SUMMARY).unlink(missing_ok=True)
        job = cls(places, found.ledger or wanted, "resumed" if found.ledger else "new", locks)
        for writer in gone:
            job._note(
                f"the lock of process {writer.pid} on {writer.host}, which ended, was taken over"
            )
        try:
            if found.ledger is None:
                job._clear()
            else:
                job._verify()
        except OSError as error:
            refuse(error, places.work, places.work)
            raise
        job._log(job.state)
        return job

    @property
    def folder(self) -> Path:
        """Where the parts and tables lie."""
        return self._places.work

    @property
    def adopted(self) -> Mapping[str, object]:
        """The choices of the first run."""
        return self._ledger.adopted

    @property
    def parts(self) -> list[Path]:
        """The parts that are done, in order."""
        return [self.folder / name for name in self._ledger.parts]

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the parts that are done, added up."""
        return self._ledger.counts

    @property
    def rows_done(self) -> int:
        """Rows of the parts that are done."""
        return self._ledger.rows_done

    @property
    def rows_total(self) -> int | None:
        """How many rows there are, when that is known."""
        return self._ledger.rows_total

    def expect(self, rows_total: int) -> None:
        """Say how many rows there will be, once they are counted."""
        if self._ledger.rows_total != rows_total:
            self._ledger.rows_total = rows_total
            self._ledger.write(self.folder)

    def has(self, i: int) -> bool:
        """Part `i` is done."""
        return self._name(i) in self._ledger.files

    def write(
        self,
        i: int,
        rows: tuple[int, int],
        write: Callable[[Path], object],
        *,
        counts: Mapping[str, int] | None = None,
    ) -> Path:
        """Write part `i`; afterwards it is safe.

        Args:
            i: number of the part.
            rows: its first row, and the row after its last.
            write: fills the path that it is called with.
            counts: rows by status, for the summary.

        Raises:
            LockedStoreError: another process took the job over.
            StoreFullError: no space left; the parts before are kept.
        """
        self._require_lock()
        name = self._name(i)
        (self.folder / "parts").mkdir(exist_ok=True)
        path = publish(self.folder / name, write)
        self._ledger.add(self.folder, name, rows=list(rows), counts=dict(counts or {}))
        self._ledger.write(self.folder)
        return path

    def finish(
        self,
        rows_total: int,
        *,
        publish_files: Callable[[Path], object] | None = None,
        summary: Mapping[str, object] | None = None,
    ) -> Path:
        """Make the result of the parts and publish it.

        Args:
            rows_total: rows of all parts.
            publish_files: called with the folder of the job; publishes the files that are wanted,
                and may put tables beside the parts.
            summary: anything else that `summary.json` should say.

        Returns:
            The target.

        Raises:
            JobError: a part is missing.
            CorruptStoreError: a part was altered since it was written; the same call again
                computes it anew.
        """
        self._require_lock()
        self._require_parts(rows_total)
        lost = self._ledger.lost(self.folder)
        for name in self._ledger.parts:
            if name in lost:
                raise CorruptStoreError(
                    lost[name],
                    hint="The same call again computes it anew.",
                    path=self.folder,
                    part=name,
                )
        if publish_files is not None:
            publish_files(self.folder)
        self._list_tables()
        self._ledger.rows_total = rows_total
        self._ledger.write(self.folder)
        self._write_summary(rows_total, summary or {})
        self._log("finished")
        self._hand_over()
        self.state = "finished"
        self.close()
        return self._places.target

    def close(self) -> None:
        """Give the lock back. What is done stays, for the same call again."""
        try:
            self._release()
        except BaseException:  # an interrupt in the middle of it
            self._release()
            raise

    def _release(self) -> None:
        for lock in self._locks:
            lock.release()
        self._locks.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and self._locks:
            self._log("interrupted", error=kind.__name__)
        self.close()

    def _name(self, i: int) -> str:
        return f"{PARTS}{i:05d}{self._places.suffix}"

    def _require_lock(self) -> None:
        if not self._locks:
            raise StoreError(
                f"the job of {shown_path(self._places.target)} is {self.state}; nothing can be "
                "written.",
                path=self._places.target,
            )
        for lock in self._locks:
            lock.require()

    def _clear(self) -> None:
        """Begin with an empty folder: first the manifest goes, then what it listed."""
        for name in (MANIFEST, "parts", "log.jsonl", *self._places.tables()):
            remove(self.folder / name)
        (self.folder / "parts").mkdir()
        self._ledger.write(self.folder)

    def _verify(self) -> None:
        """Forget the parts that are damaged or of another size; say so."""
        lost = self._ledger.lost(self.folder)
        for name in lost:
            del self._ledger.files[name]
        (self.folder / "parts").mkdir(exist_ok=True)
        for path in (self.folder / "parts").iterdir():
            if f"{PARTS}{path.name}" not in self._ledger.files:
                remove(path)
        self._note(f"parts that were done before: {len(self.parts):,}")
        damaged = sorted(name for name in lost if name.startswith(PARTS))
        if damaged:
            self._ledger.write(self.folder)
            text = (
                f"{len(damaged):,} damaged parts of {shown_path(self.folder)} are computed again; "
                f"the first: {lost[damaged[0]]}"
            )
            self._note(text)
            warnings.warn(text, RunWarning, stacklevel=2)

    def _require_parts(self, rows_total: int) -> None:
        self._ledger.rows_total = rows_total
        missing = [i for i in range(self._ledger.n_parts or 1) if not self.has(i)]
        if missing or self.rows_done != rows_total:
            raise JobError(
                f"the parts of {shown_path(self._places.target)} hold {self.rows_done:,} of "
                f"{rows_total:,} rows; missing parts: {missing[:5]}.",
                region=None,
                worker=None,
            )

    def _list_tables(self) -> None:
        """List the files that were put beside the parts."""
        files = self._ledger.files
        self._ledger.files = {name: files[name] for name in self._ledger.parts}
        for name in self._places.tables():
            if (self.folder / name).is_file():
                sync_file(self.folder / name)
                self._ledger.add(self.folder, name)

    def _write_summary(self, rows_total: int, summary: Mapping[str, object]) -> None:
        content = {
            "counts": self.counts,
            "parts": len(self.parts),
            "rows_total": rows_total,
            "verb": self._ledger.verb,
            **summary,
        }
        text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
        publish(self.folder / SUMMARY, lambda path: path.write_bytes(text.encode() + b"\n"))

    def _hand_over(self) -> None:
        """Give the result its name, where it has it not yet, and put the job's folder away."""
        places = self._places
        for file in places.files:
            write_record(file, self._ledger)
        if places.work == places.target:
            return
        try:
            if places.is_folder:
                swap_folder(places.work, places.target)
                self._locks[-1].path = places.target / "lock"
            if places.work.exists():
                aside = temporary_beside(places.work)
                places.work.rename(aside)
                remove(aside)
            sync_folder(places.target.parent)
        except OSError as error:
            refuse(error, places.target, places.work)
            raise

    def _note(self, text: str) -> None:
        self.notes.append(text)
        self._log("note", text=text)

    def _log(self, event: str, **more: object) -> None:
        """Add a line to the log, the only place of times and hosts; a full disk is no matter."""
        me = this_process()
        line = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "event": event,
            "host": me.host,
            "pid": me.pid,
            **more,
        }
        try:
            with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError:
            return

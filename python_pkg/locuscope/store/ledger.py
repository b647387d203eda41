"""The manifest of a job: what is being computed, from what, and which parts are done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from locuscope._version import __version__
from locuscope.errors import (
    CorruptStoreError,
    InputChangedError,
    InputError,
    MissingFileError,
    StoreVersionError,
    shown_path,
)
from locuscope.store.manifest import FORMAT_VERSION, read_manifest, verify_file
from locuscope.store.publishing import digest_file, publish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MANIFEST = "manifest.json"
PARTS = "parts/"
PACKAGE = ".".join(__version__.split(".")[:2])
RESTART_HINT = "restart=True starts anew and replaces the old result at the end."
_SHOWN = 120

Facts: TypeAlias = "dict[str, Any]"


@dataclass(eq=False)
class Ledger:
    """The facts of a job and its files.

    Args:
        verb: who works.
        facts: everything that changes a result, as JSON values; compared on resuming.
        part_rows: rows of a part.
        adopted: choices that a resumed job takes over from the first run (the batch size).
        rows_total: how many rows there are; None while it is not known.
        files: name -> bytes, sha256 and, for parts, rows and counts.
    """

    verb: str
    facts: Facts
    part_rows: int
    adopted: Facts
    rows_total: int | None = None
    files: dict[str, Facts] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        verb: str,
        facts: Mapping[str, object],
        part_rows: int,
        adopted: Mapping[str, object],
        rows_total: int | None,
    ) -> Ledger:
        """A ledger without files.

        Raises:
            InputError: facts that are no JSON.
        """
        plain = _plain(verb, facts), part_rows, _plain(verb, adopted), rows_total
        return cls(verb, *plain)

    @classmethod
    def read(cls, folder: Path) -> Ledger | None:
        """The ledger of a folder; None where there is none.

        Raises:
            CorruptStoreError: the manifest is broken.
            StoreVersionError: written by a newer locuscope.
        """
        try:
            content = read_manifest(folder, verify=False, name=MANIFEST)
        except MissingFileError:
            return None
        except CorruptStoreError as error:
            raise _broken(folder, error.message.rstrip(".")) from error
        return cls.from_content(folder, content)

    @classmethod
    def from_content(cls, folder: Path, content: Mapping[str, object]) -> Ledger:
        """The ledger that parsed JSON holds.

        Raises:
            CorruptStoreError: an entry is missing or of another kind.
            StoreVersionError: another version of the package computed it.
        """
        try:
            total = cast("int | None", content["rows_total"])
            ledger = cls(
                str(content["verb"]),
                dict(cast("Facts", content["facts"])),
                int(cast("int", content["part_rows"])),
                dict(cast("Facts", content["adopted"])),
                None if total is None else int(total),
                {name: dict(entry) for name, entry in cast("Facts", content["files"]).items()},
            )
            package = str(content["package"])
        except (KeyError, TypeError, ValueError) as error:
            what = f"the manifest is not that of a job ({type(error).__name__}: {error})"
            raise _broken(folder, what) from error
        if package != PACKAGE:
            raise StoreVersionError(
                f"{shown_path(folder)} was written by locuscope {package}, this is {PACKAGE};",
                hint=RESTART_HINT,
                path=folder,
                written_by=package,
            )
        return ledger

    def add(self, folder: Path, name: str, **entry: object) -> None:
        """List a file that lies in the folder, with its size and checksum."""
        path = folder / name
        self.files[name] = {
            "bytes": path.stat().st_size,
            "sha256": digest_file(path),
            **entry,
        }

    def damaged(self, folder: Path) -> Iterator[tuple[str, CorruptStoreError]]:
        """The listed files that are missing, cut or altered, each with what is wrong."""
        for name, entry in sorted(self.files.items()):
            try:
                verify_file(folder, name, int(entry["bytes"]), str(entry["sha256"]))
            except CorruptStoreError as error:
                yield name, error

    @property
    def parts(self) -> list[str]:
        """Names of the parts that are done, in order."""
        return sorted(name for name in self.files if name.startswith(PARTS))

    @property
    def rows_done(self) -> int:
        """Rows of the parts that are done."""
        spans = [self.files[name]["rows"] for name in self.parts]
        return sum(int(stop) - int(first) for first, stop in spans)

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the parts that are done, added up."""
        total: dict[str, int] = {}
        for name in self.parts:
            for word, count in self.files[name].get("counts", {}).items():
                total[word] = total.get(word, 0) + int(count)
        return total

    @property
    def n_parts(self) -> int | None:
        """How many parts there will be; None while the rows are not counted."""
        total = self.rows_total
        return None if total is None else max(1, -(-total // self.part_rows))

    def lost(self, folder: Path) -> dict[str, str]:
        """The files that cannot be used: damaged ones, and parts that hold other rows."""
        found = {name: str(error) for name, error in self.damaged(folder)}
        last = max(self.parts, default="")
        for name in self.parts:
            rows = self.files[name].get("rows")
            if not self._are_rows_of(name, rows, is_last=name == last):
                found.setdefault(name, f"{name} holds the rows {rows}")
        return found

    def _are_rows_of(self, name: str, rows: object, *, is_last: bool) -> bool:
        """A part covers its own rows; only the last one may be shorter."""
        first = int(name.removeprefix(PARTS).partition(".")[0]) * self.part_rows
        if not isinstance(rows, list) or len(rows) != 2 or rows[0] != first:
            return False
        n_rows = rows[1] - first
        return bool(n_rows == self.part_rows or (is_last and n_rows < self.part_rows))

    def require_same(self, other: Ledger, folder: Path) -> None:
        """Refuse a job that computes something else.

        Raises:
            InputChangedError: a fact differs; it is named with both values.
        """
        mine = {"verb": self.verb, "part_rows": self.part_rows, **_flat(self.facts)}
        theirs = {"verb": other.verb, "part_rows": other.part_rows, **_flat(other.facts)}
        missing = "(nothing)"
        odd = [
            name
            for name in sorted({*mine, *theirs})
            if mine.get(name, missing) != theirs.get(name, missing)
        ]
        if not odd:
            return
        before, after = (known.get(odd[0], missing) for known in (mine, theirs))
        more = f" ({', '.join(odd[1:5])} differ as well)" if len(odd) > 1 else ""
        raise InputChangedError(
            f"{shown_path(folder)} holds another run: {odd[0]} was {_short(before)}, is now "
            f"{_short(after)}{more};",
            hint=RESTART_HINT,
            path=folder,
            field=odd[0],
            before=before,
            after=after,
        )

    def is_same(self, other: Ledger) -> bool:
        """Both compute the same."""
        ours = (self.verb, self.part_rows, self.facts)
        return ours == (other.verb, other.part_rows, other.facts)

    def content(self) -> Facts:
        """Everything but the files, as JSON values."""
        return {
            "adopted": self.adopted,
            "facts": self.facts,
            "format_version": FORMAT_VERSION,
            "package": PACKAGE,
            "part_rows": self.part_rows,
            "rows_total": self.rows_total,
            "verb": self.verb,
        }

    def write(self, folder: Path) -> None:
        """Publish the manifest; equal ledgers give equal bytes."""
        # One line per entry: an indented text would cost more than writing a part.
        lines = [f"{_text(key)}:{_text(value)}" for key, value in sorted(self.content().items())]
        files = [f"{_text(name)}:{_text(entry)}" for name, entry in sorted(self.files.items())]
        lines.insert(2, '"files":{\n' + ",\n".join(files) + "\n}")
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        publish(folder / MANIFEST, lambda path: path.write_bytes(text.encode("utf-8")))


def _text(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def _plain(verb: str, facts: Mapping[str, object]) -> Facts:
    """Facts as they come back from a file: lists for tuples, text for keys."""
    try:
        return cast("Facts", json.loads(json.dumps(dict(facts), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise InputError(f"the facts of a {verb} job are no JSON: {error}.") from error


def _flat(facts: Mapping[str, Any], before: str = "") -> Facts:
    found: Facts = {}
    for name, value in facts.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _broken(folder: Path, what: str) -> CorruptStoreError:
    return CorruptStoreError(
        f"{shown_path(folder)} cannot be taken up again: {what};",
        hint=RESTART_HINT,
        path=folder,
        part=MANIFEST,
    )

"""What a published file was made from: a small record beside it, which a later call compares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from locuscope.store.ledger import Ledger
from locuscope.store.manifest import verify_file
from locuscope.store.publishing import digest_file, publish

if TYPE_CHECKING:
    from pathlib import Path


def record_path(target: Path) -> Path:
    """Where the record of a file lies: a hidden file beside it."""
    return target.parent / f".{target.name}.lsc.json"


def write_record(target: Path, ledger: Ledger) -> None:
    """Say what a published file was made from."""
    facts = {"bytes": target.stat().st_size, "sha256": digest_file(target)}
    content = {**ledger.content(), "files": {target.name: facts}}
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    publish(record_path(target), lambda path: path.write_bytes(text.encode("utf-8") + b"\n"))


def read_record(target: Path) -> Ledger | None:
    """What a file was made from; None when nothing is known or the file is no longer that one."""
    try:
        content = json.loads(record_path(target).read_bytes())
        ledger = Ledger.from_content(target, content)
        entry = ledger.files[target.name]
        verify_file(target.parent, target.name, int(entry["bytes"]), str(entry["sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ledger

"""Weights that came with the package: where a file lies and which digest it must have."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from locuscope.errors import CorruptStoreError


def listed_files() -> frozenset[str]:
    """Give the names of the files that the manifest of the embedded data lists.

    Raises:
        CorruptStoreError: the manifest cannot be read.

    >>> "cispliceai_member0.safetensors" in listed_files()
    True
    """
    try:
        return frozenset(_entries())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptStoreError(
            "the manifest of the embedded data cannot be read; install locuscope again.",
            path=str(_folder() / "manifest.json"),
            part="manifest.json",
        ) from error


def embedded_file(file: str) -> tuple[Path, str]:
    """Find an embedded file and the sha256 that the manifest gives it.

    Raises:
        CorruptStoreError: the manifest cannot be read or does not list the file.

    >>> embedded_file("cispliceai_member0.safetensors")[0].name
    'cispliceai_member0.safetensors'
    """
    try:
        return _folder() / file, str(_entries()[file]["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptStoreError(
            f"the manifest of the embedded data does not list {file}; install locuscope again.",
            path=str(_folder() / "manifest.json"),
            part=file,
        ) from error


def _folder() -> Path:
    return Path(str(files("locuscope"))) / "demo" / "data"


def _entries() -> dict[str, Any]:
    text = (_folder() / "manifest.json").read_text(encoding="utf-8")
    entries: dict[str, Any] = json.loads(text)["files"]
    return entries

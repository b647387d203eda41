"""The files of the embedded data: where they are, what the manifest says, licences, citations.

The manifest decides what the bundle holds: a name it does not list is an unknown name, even when a
file of that name lies in the folder.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import CorruptStoreError, UnknownNameError, closest, examples

if TYPE_CHECKING:
    from collections.abc import Iterable

TEACHING_BANNER = "Teaching data, not for diagnosis."


def package_folder() -> Path:
    """Folder of the installed package; paths in the manifest are relative to it."""
    return Path(str(files("locuscope")))


def data_folder() -> Path:
    """Folder that holds the embedded data files."""
    return package_folder() / "demo" / "data"


@cache
def manifest() -> dict[str, Any]:
    """Read the manifest once: `files` maps a file name to its bytes, sha256, sources and licence.

    Raises:
        CorruptStoreError: the manifest is missing or is not the JSON that the build writes.
    """
    place = data_folder() / "manifest.json"
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = (
            f"The manifest of the embedded data, {place.name}, cannot be read ({error}). "
            "Reinstall locuscope."
        )
        raise CorruptStoreError(message, path=str(place), part="manifest.json") from error
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        message = f"{place.name} holds no table 'files'. Reinstall locuscope."
        raise CorruptStoreError(message, path=str(place), part="manifest.json")
    return content


def path(file: str) -> Path:
    """Give the place of an embedded file on disk.

    Raises:
        UnknownNameError: the bundle holds no such file.

    >>> path("chr20_slice.fa").name
    'chr20_slice.fa'
    """
    known = manifest()["files"]
    if file not in known:
        raise unknown("embedded file", file, known)
    return package_folder() / str(known[file]["path"])


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Make the error for a name outside a closed list, with the closest names."""
    names = list(known)
    near = closest(name, names)
    said = f"Did you mean {near[0]!r}?" if near else f"Known: {examples(names)}."
    message = f"No {what} is called {name!r}. {said}"
    return UnknownNameError(message, name=name, known=names, closest=near)


@cache
def notice() -> str:
    """Give the licence texts and changes of every embedded source, as shipped."""
    return (data_folder() / "NOTICE").read_text(encoding="utf-8")


def citation(name: str | None = None) -> str:
    """Give the works to cite, one per line: for one source or file, or for all without a name.

    Args:
        name: a source (`"CI-SpliceAI"`) or an embedded file (`"chr20_dnase.bw"`).

    Raises:
        UnknownNameError: neither a source nor a file of the bundle.

    >>> citation("CI-SpliceAI")
    'Strauch Y et al., PLoS ONE 2022, 17(6):e0269159 (CI-SpliceAI)'
    """
    content = manifest()
    by_source: dict[str, list[str]] = content["citations"]
    by_file = {file: entry["citation"] for file, entry in content["files"].items()}
    if name is None:
        return "\n".join(dict.fromkeys(work for works in by_source.values() for work in works))
    known = {**by_file, **by_source}
    if name not in known:
        raise unknown("source or embedded file", name, known)
    return "\n".join(known[name])

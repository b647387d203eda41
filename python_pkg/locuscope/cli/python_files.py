"""Objects out of a user's Python file: `FILE.py::NAME`, run only because it is named."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from locuscope.errors import InputError, MissingFileError, UnknownNameError, closest, did_you_mean

MARK = "::"
RAISED_BY = "raised by the score "


def existing(text: str, what: str) -> Path:
    """Give the path of a file that is there.

    Raises:
        MissingFileError: it is not; names similar ones of its folder.
    """
    place = Path(text).expanduser()
    if place.is_file():
        return place
    if place.is_dir():
        message = f"{text!r} is a folder; a file is needed for the {what}."
        raise MissingFileError(message, path=text)
    folder = place.parent
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    near = closest(place.name, names)
    hint = f"Similar: {', '.join(near)}." if near else None
    message = f"No file {text!r} for the {what}."
    raise MissingFileError(message, hint=hint, path=text)


def kind_of(value: object) -> str:
    """Name the type of a value with its article.

    >>> kind_of(3), kind_of("x")
    ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def named_object(text: str, what: str) -> Any:
    """Run the file of `FILE.py::NAME` and give what NAME is in it.

    Args:
        text: file and name.
        what: what it is for ("model", "score"), for the messages.

    Raises:
        MissingFileError: no such file.
        UnknownNameError: no such name in it.
        InputError: the file fails, or is no Python file.
    """
    file, _, name = text.partition(MARK)
    if not name:
        message = f"{text} names no {what}; write {file}{MARK}NAME."
        raise InputError(message)
    module = run_file(existing(file, what), what)
    found = {item: value for item, value in vars(module).items() if not item.startswith("_")}
    public = [item for item, value in found.items() if not isinstance(value, ModuleType)]
    if name not in public:
        message = f"{text}: the file has no {name!r}; {did_you_mean(name, public)}"
        raise UnknownNameError(message, name=name, known=public, closest=closest(name, public))
    return found[name]


def own_fault(error: Exception) -> str | None:
    """Give one sentence for an error that the caller's own score raised.

    Returns:
        None for every other error, which is a fault of ours and keeps its traceback.
    """
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(RAISED_BY)]
    if not notes:
        return None
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}, {notes[-1]}"


def run_file(file: Path, what: str) -> ModuleType:
    """Run a Python file as a module of its own name.

    Raises:
        InputError: it is no Python file, or fails.
    """
    # A name of its own, so that model.py of a user never shadows an installed module.
    spec = importlib.util.spec_from_file_location(f"_locuscope_user_{file.stem}", file)
    if spec is None or spec.loader is None:
        message = f"{file} is not a Python file; {what.upper()} is FILE.py::NAME."
        raise InputError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # Files beside it can be imported, as when it is run; at the end they shadow nothing.
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a script may end with sys.exit
        message = f"{file} could not be run: {type(error).__name__}: {error}"
        raise InputError(message) from error
    return module

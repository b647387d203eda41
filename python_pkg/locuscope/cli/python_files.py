"""Objects out of a user's Python file: `FILE.py::NAME`, run only because it is named."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import InputError, MissingFileError, UnknownNameError, closest, did_you_mean

if TYPE_CHECKING:
    from types import ModuleType

MARK = "::"


def existing(text: str, what: str) -> Path:
    """Give the path of a file that is there.

    Raises:
        MissingFileError: it is not; names similar ones of its folder.
    """
    place = Path(text).expanduser()
    if place.is_file():
        return place
    folder = place.parent
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    near = closest(place.name, names)
    hint = f"Similar: {', '.join(near)}." if near else None
    message = f"No file {text!r} for the {what}."
    raise MissingFileError(message, hint=hint, path=text)


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
    module = run_file(existing(file, what), what)
    public = [item for item in vars(module) if not item.startswith("_")]
    if name not in public:
        message = f"{text}: the file has no {name!r}; {did_you_mean(name, public)}"
        raise UnknownNameError(message, name=name, known=public, closest=closest(name, public))
    return getattr(module, name)


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
    except Exception as error:
        message = f"{file} could not be run: {type(error).__name__}: {error}"
        raise InputError(message) from error
    return module

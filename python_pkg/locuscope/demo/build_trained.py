"""Take the two chromatin networks into the bundle: trained files are given, pinned, never remade.

A training run takes half an hour and gives the same bytes on the same machine only, so the build
does not train. It takes the file from the cache folder, or the one that the package has, and
refuses any other bytes than the pinned ones. `python -m locuscope.demo.train` makes such a file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from locuscope.errors import InputError, MissingFileError

from .bundle import data_folder

if TYPE_CHECKING:
    from .build_sources import Cache

PINS = {
    "chromatin_dnase.safetensors": (
        "7c5cfaa8458910463cd6a85bc8c28fecc749e02ecae21d4f179e67483f622159"
    ),
    "chromatin_insulator.safetensors": (
        "517906b0572ab57872b80bd9ccf4aac5b0b78ebb3e32ccfaa984c16bd9f28c52"
    ),
}


def trained(cache: Cache, file: str) -> dict[str, bytes]:
    """Give a trained file.

    Raises:
        MissingFileError: neither the cache folder nor the package has it.
        InputError: its sha256 is not the pinned one.
    """
    for folder in (cache.folder, data_folder()):
        place = folder / file
        if place.exists():
            content = place.read_bytes()
            found = hashlib.sha256(content).hexdigest()
            if found != PINS[file]:
                message = f"{place} has sha256 {found}, the pin is {PINS[file]}. It is not used."
                raise InputError(message)
            return {file: content}
    message = f"{file} is neither in {cache.folder} nor in the package; train it first."
    raise MissingFileError(message, path=file)

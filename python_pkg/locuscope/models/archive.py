"""The `.pt` / `.pth` door of `weights.py`: tensors out of a torch file, nothing of it executed.

torch reads such a file with its restricted unpickler only; before that, the zip directory is
checked, so that neither a bomb nor a strange member name gets as far as an allocation.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import torch

from locuscope.errors import UnsafeWeightsError, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

MAX_GROWTH = 1.2
SAFE_WAY = (
    "Save the numbers alone, without the program: "
    "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')."
)


def read_archive(data: bytes, source: Path) -> dict[str, Tensor]:
    """Read the tensors of a torch file given as bytes.

    Args:
        data: the whole file.
        source: its name, for messages.

    Raises:
        UnsafeWeightsError: it holds more than tensors and would need code execution.
        WeightsError: truncated, a zip of something else, or larger inside than outside.
    """
    if data[:2] == b"PK":
        _check_members(data, source)
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:
        text = str(error)
        if type(error).__name__ == "UnpicklingError" and "nsupported" in text:
            wanted = re.search(r"GLOBAL ([\w.]+)|class ([\w.]+)", text)
            name = next((part for part in wanted.groups() if part), "") if wanted else ""
            raise UnsafeWeightsError(
                f"{source}: loading it would run code{f' ({name})' if name else ''}. {SAFE_WAY}",
                path=str(source),
            ) from None
        raise WeightsError(
            f"{source}: torch cannot read it as a weight file; it is damaged or cut short.",
            path=str(source),
        ) from error
    return _tensors(content, source)


def _check_members(data: bytes, source: Path) -> None:
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise WeightsError(
            f"{source}: a zip archive that ends early or is damaged ({error}).", path=str(source)
        ) from error
    for member in members:
        place = PurePosixPath(member.filename)
        if place.is_absolute() or ".." in place.parts:
            raise UnsafeWeightsError(
                f"{source}: the archive member {member.filename!r} points outside the archive.",
                path=str(source),
            )
    if not any(PurePosixPath(member.filename).name == "data.pkl" for member in members):
        names = ", ".join(repr(member.filename) for member in members[:5])
        raise WeightsError(
            f"{source}: a zip archive, but not of torch weights (it holds {names or 'nothing'}).",
            path=str(source),
        )
    declared = sum(member.file_size for member in members)
    if declared > MAX_GROWTH * len(data):
        raise WeightsError(
            f"{source}: the archive announces {declared:,} bytes inside {len(data):,}; torch "
            "stores "
            "weights uncompressed, so this is no weight file.",
            path=str(source),
        )


def _tensors(content: object, source: Path) -> dict[str, Tensor]:
    nested = content.get("state_dict") if isinstance(content, dict) else None
    table = nested if isinstance(nested, dict) else content
    if not isinstance(table, dict) or not table:
        raise WeightsError(
            f"{source}: it holds a {type(table).__name__}, expected tensors by name (a "
            "state_dict).",
            path=str(source),
        )
    odd = next((name for name, value in table.items() if not torch.is_tensor(value)), None)
    if odd is not None:
        raise WeightsError(
            f"{source}: entry {odd!r} is a {type(table[odd]).__name__}, expected a tensor.",
            path=str(source),
        )
    return {str(name): value for name, value in table.items()}

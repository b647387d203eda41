"""The first bytes of a bigWig file, looked at before a library is let near it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from locuscope.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

_BIGWIG = 0x888FFC26
_BIGBED = 0x8789F2EB
_HEADER = "IHHQQQHHQQIQ"  # magic, version, zooms, tree, data, index, fields, ..., summary, buffer
_ZOOM = "IIQQ"  # reduction, reserved, data, index


def check_header(path: Path) -> None:
    """Refuse what is no bigWig, and one whose parts would lie behind its end.

    Raises:
        FormatError: empty, another kind of file, or cut.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(struct.calcsize("<" + _HEADER))
        order = _byte_order(path, head)
        if len(head) < struct.calcsize("<" + _HEADER):
            raise FormatError(f"{path} ends early: {size} bytes are no bigWig header.", path=path)
        fields = struct.unpack(order + _HEADER, head)
        n_zooms = fields[2]
        zooms = file.read(n_zooms * struct.calcsize("<" + _ZOOM))
    offsets = [*fields[3:6], fields[9]]
    for row in struct.iter_unpack(order + _ZOOM, zooms[: len(zooms) // 24 * 24]):
        offsets.extend(row[2:])
    beyond = [offset for offset in offsets if offset >= size]
    if beyond or len(zooms) < n_zooms * struct.calcsize("<" + _ZOOM):
        raise FormatError(
            f"{path} ends early: it has {size:,} bytes, its header points to byte "
            f"{max(offsets, default=size):,}.",
            path=path,
        )


def _byte_order(path: Path, head: bytes) -> str:
    for order in "<>":
        magic = struct.unpack(order + "I", head[:4])[0] if len(head) >= 4 else 0
        if magic == _BIGWIG:
            return order
        if magic == _BIGBED:
            raise FormatError(
                f"{path} is a bigBed file (intervals), not a bigWig (values).", path=path
            )
    what = f"it starts with {head[:4]!r}" if head else "it is empty"
    raise FormatError(f"{path} is no bigWig file: {what}.", path=path)

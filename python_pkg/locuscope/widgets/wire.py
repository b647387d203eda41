"""What the page may ask and how every question is answered: the kernel end of the wire.

The list of requests is closed, each one is a frozen dataclass whose fields were checked on the
way in, and whatever happens afterwards the page gets an answer: a result in parts, or an error
with a code, a sentence and a hint. Numbers travel as little-endian buffers (`codes.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locuscope.errors import (
    DeviceMemoryError,
    InputError,
    LocuscopeError,
    MessageError,
    OutOfBoundsError,
    UnknownNameError,
    did_you_mean,
)
from locuscope.widgets.requests import REQUESTS, Cancel, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Message = tuple[dict[str, Any], list[bytes]]

VERSION: Final = 1
MODES: Final = ("ref", "alt", "diff", "log2FC")
ENCODINGS: Final = ("u8", "u16", "f32")
CODES: Final = (
    "bad_request",
    "unknown_type",
    "too_large",
    "out_of_bounds",
    "stale_rev",
    "not_found",
    "no_model",
    "cancelled",
    "device_memory",
    "bad_answer",
    "version_mismatch",
    "read_only_trait",
    "internal",
)

MAX_REQUEST_BYTES: Final = 256_000
MAX_DEPTH: Final = 8
MAX_LIST: Final = 10_000
MAX_TEXT: Final = 10_000
MAX_TRACKS: Final = 500
MAX_BINS: Final = 8_192
MAX_WINDOW_BP: Final = 2_000_000
MAX_SEQUENCE_BP: Final = 20_000
MAX_VARIANTS: Final = 200_000
MAX_ANSWER_BYTES: Final = 8 * 2**20
MAX_PART_BYTES: Final = 4 * 2**20
_MAX_INTEGER: Final = 2**53
_MAX_MESSAGE: Final = 2_000


@dataclass(frozen=True)
class Part:
    """One part of an answer: header fields of its type, and the buffers they describe."""

    header: Mapping[str, Any]
    buffers: Sequence[bytes] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes of the buffers."""
        return sum(len(buffer) for buffer in self.buffers)


def parse_request(content: object, buffers: Sequence[object] = ()) -> Request:
    """Check one message of the page and turn it into its dataclass.

    Raises:
        MessageError: with the wire code and, where it could be read, the request's id.
    """
    if not isinstance(content, dict):
        raise _refusal(
            f"A request is a JSON object, found {type(content).__name__}.", "bad_request"
        )
    ident = content.get("id")
    request_id = ident if isinstance(ident, int) and not isinstance(ident, bool) else None
    try:
        _check_size(content)
        if buffers:
            raise _refusal(f"A request carries no buffers, found {len(buffers)}.", "bad_request")
        if content.get("v") != VERSION or isinstance(content.get("v"), bool):
            raise _refusal(
                f"The page speaks version {content.get('v')!r} of the wire, the kernel "
                f"{VERSION}: reload the page.",
                "version_mismatch",
            )
        return _build(content)
    except MessageError as error:
        error.request_id = request_id
        raise


def respond(
    content: object, buffers: Sequence[object], handle: Callable[[Request], Sequence[Part]]
) -> list[Message]:
    """Everything the kernel sends back for one message: parts, or one error, never nothing.

    A `cancel` that comes when nothing is open has no answer of its own, because the request that
    it names has been settled already.
    """
    request_id = None
    try:
        request = parse_request(content, buffers)
        request_id = request.id
        if isinstance(request, Cancel):
            return []
        return _answer(request, handle(request))
    except Exception as error:  # noqa: BLE001 - the page must hear of every failure
        known = error.request_id if isinstance(error, MessageError) else None
        return [(error_content(error, known if request_id is None else request_id), [])]


def error_content(error: Exception, request_id: object = None) -> dict[str, Any]:
    """The error answer of an exception: code, sentence, hint; no traceback, no home folder."""
    code = wire_code(error)
    text = error.message if isinstance(error, LocuscopeError) else str(error)
    if code == "internal":
        text = f"{type(error).__name__}: {text}"
    hint = error.hint if isinstance(error, LocuscopeError) else None
    return {
        "v": VERSION,
        "id": request_id,
        "ok": False,
        "code": code,
        "message": _clean(text),
        "hint": _clean(hint or ""),
    }


def wire_code(error: Exception) -> str:
    """The code of the closed list that an exception is answered with."""
    if isinstance(error, MessageError):
        return error.wire_code or "bad_request"
    for kind, code in (
        (OutOfBoundsError, "out_of_bounds"),
        (UnknownNameError, "not_found"),
        (DeviceMemoryError, "device_memory"),
        (InputError, "bad_request"),
    ):
        if isinstance(error, kind):
            return code
    return "internal"


def too_large(what: str, *, found: int, allowed: int, narrow: str) -> MessageError:
    """The refusal of a request over a cap; says found, allowed and what to narrow."""
    return MessageError(
        f"{what}: {found:,} asked, {allowed:,} allowed.",
        hint=narrow,
        wire_code="too_large",
        limit=allowed,
    )


def _answer(request: Request, parts: Sequence[Part]) -> list[Message]:
    total = sum(part.size_bytes for part in parts)
    if total > MAX_ANSWER_BYTES:
        raise too_large(
            "Bytes of the answer", found=total, allowed=MAX_ANSWER_BYTES, narrow="Ask fewer tracks."
        )
    envelope = {"v": VERSION, "id": request.id, "ok": True, "type": request.type}
    messages: list[Message] = []
    for number, part in enumerate(parts):
        header = {**envelope, "part": number, "parts": len(parts), **part.header}
        json.dumps(header, allow_nan=False)  # a NaN would reach the page as text: refuse it here
        messages.append((header, list(part.buffers)))
    return messages


def _build(content: dict[str, Any]) -> Request:
    kind = content.get("type")
    cls = REQUESTS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise _refusal(
            f"Unknown request {kind!r}; {did_you_mean(str(kind), REQUESTS)}", "unknown_type"
        )
    names = {field.name for field in fields(cls)}
    given = set(content) - {"v", "type"}
    if given != names:
        missing, extra = sorted(names - given), sorted(given - names)
        raise _refusal(
            f"A {kind} request holds {sorted(names)}; missing {missing}, unknown {extra}.",
            "bad_request",
        )
    return cls(**{name: _CHECKS[name](name, content[name]) for name in names})


def _integer(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_INTEGER:
        raise _refusal(f"{name} is a whole number from 0 to 2^53, found {value!r}.", "bad_request")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _refusal(f"{name} is a text, found {value!r}.", "bad_request")
    return value


def _mode(name: str, value: object) -> str:
    return _one_of(name, value, MODES)


def _encoding(name: str, value: object) -> str:
    return _one_of(name, value, ENCODINGS)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise _refusal(f"{name} is one of {', '.join(allowed)}, found {value!r}.", "bad_request")
    return value


def _tracks(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise _refusal(f"{name} is a list of track numbers, found {value!r}.", "bad_request")
    if len(value) > MAX_TRACKS:
        raise too_large(
            "Tracks in one request", found=len(value), allowed=MAX_TRACKS, narrow="Ask in parts."
        )
    if not value:
        raise _refusal(f"{name} is empty.", "bad_request")
    return tuple(_integer(name, item) for item in value)


_CHECKS: Final[dict[str, Callable[[str, object], Any]]] = {
    "id": _integer,
    "rev": _integer,
    "level": _integer,
    "first": _integer,
    "count": _integer,
    "start": _integer,
    "end": _integer,
    "client_version": _text,
    "host": _text,
    "mode": _mode,
    "encoding": _encoding,
    "tracks": _tracks,
}


def _check_size(content: dict[str, Any]) -> None:
    """Depth, list length and text length first, so that nothing below can be made to explode."""
    layer: list[object] = [content]
    for depth in range(1, MAX_DEPTH + 2):
        deeper: list[object] = []
        for item in layer:
            if isinstance(item, str) and len(item) > MAX_TEXT:
                raise _over("Characters in one text", len(item), MAX_TEXT)
            if isinstance(item, (list, dict)):
                if len(item) > MAX_LIST:
                    raise _over("Items in one list", len(item), MAX_LIST)
                deeper.extend(item.values() if isinstance(item, dict) else item)
        if not deeper:
            break
        if depth > MAX_DEPTH or len(deeper) > MAX_REQUEST_BYTES:
            raise _over("Levels or items of a request", max(depth, len(deeper)), MAX_DEPTH)
        layer = deeper
    size = len(json.dumps(content, default=str))
    if size > MAX_REQUEST_BYTES:
        raise _over("Bytes of a request", size, MAX_REQUEST_BYTES)


def _over(what: str, found: int, allowed: int) -> MessageError:
    return too_large(what, found=found, allowed=allowed, narrow="Send a smaller request.")


def _refusal(message: str, code: str) -> MessageError:
    return MessageError(message[:_MAX_MESSAGE], wire_code=code)


def _clean(text: str) -> str:
    """Cut to a readable length and write the home folder as `~`."""
    home = str(Path.home())
    return (text.replace(home, "~") if len(home) > 1 else text)[:_MAX_MESSAGE]

"""What every widget does with its page: refuse foreign writes, and answer each question once.

A subclass names the traits that the page may write and answers checked requests; the order of
refusals, the echo of old values and the sentences live here.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final

import anywidget
import traitlets as t

from locuscope.errors import InputError, MessageError
from locuscope.widgets.wire import error_content, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from locuscope.widgets.requests import Request
    from locuscope.widgets.wire import Part

_REMEMBERED_IDS: Final = 4_096


class Checked(t.Any):
    """A trait whose rule sees every value; a plain `Any` lets None pass unchecked."""

    allow_none = False


class SharedState(anywidget.AnyWidget):
    """A widget whose page may write `page_traits` and ask the requests that `_handle` answers."""

    page_traits: ClassVar[frozenset[str]] = frozenset()
    kept_traits: ClassVar[tuple[str, ...]] = ()
    """The shared state without the program, in the order of its documentation."""

    _handle: Callable[[Request], Sequence[Part]]
    """Answers one checked request: the method that a subclass gives."""

    def __init__(self, **traits: Any) -> None:
        self._seen: deque[int] = deque(maxlen=_REMEMBERED_IDS)
        super().__init__(**traits)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take a state update of the page, trait by trait; refuse what is not the page's to write.

        A refused trait is sent again with its old value, followed by an error message without
        request id: `read_only_trait`, or `bad_request` for a value outside its rule.
        """
        for name, value in sync_data.items():
            try:
                if name not in self.page_traits:
                    self._refuse_foreign(name, value)
                else:
                    self.traits()[name]._validate(self, value)  # noqa: SLF001 - check before echo
                    super().set_state({name: value})
            except InputError as error:
                self.send_state(name)
                self.send(error_content(error))
            except MessageError as error:
                if name in self.keys:
                    self.send_state(name)
                self.send(error_content(error))

    def state_traits(self) -> dict[str, Any]:
        """The shared state without the program: what a saved view keeps."""
        state: dict[str, Any] = self.get_state(self.kept_traits)
        return state

    def _on_message(self, _: object, content: object, buffers: Sequence[object]) -> None:
        for answer, parts in respond(content, buffers or (), self._answer):
            self.send(answer, parts or None)

    def _answer(self, request: Request) -> Sequence[Part]:
        if request.id in self._seen:
            raise MessageError(
                f"Request id {request.id} was used before.",
                request_id=request.id,
                wire_code="bad_request",
            )
        self._seen.append(request.id)
        return self._handle(request)

    def _refuse_foreign(self, name: str, value: object) -> None:
        """Raise unless the page only repeats what the kernel holds (some hosts send all state)."""
        if name in self.keys and self.get_state(name).get(name) == value:
            return
        raise MessageError(
            f"The page may not write {name!r:.80}; the kernel's value was sent again.",
            wire_code="read_only_trait",
        )

"""One thread of torch: the same bits wherever a part is computed, at a price on many cores."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread inside, and on as many as before after that.

    A sum over several threads rounds in another order than over one (5e-8 on splice scores). Parts
    of a job may be computed by any process of any machine, today or after a kill, and must be equal
    to the bit; so they all are computed like this.

    >>> import torch
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    """
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

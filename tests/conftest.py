"""Settings of every test: one thread per library, no network, the same random numbers each time."""

from __future__ import annotations

import os
import socket
import sys

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import pytest  # noqa: E402 - after the thread settings
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

_LOCAL = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _one_torch_thread() -> None:
    """Keep torch, where a test uses it, on one thread, so that two workers share two cores."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and not str(address[0]).startswith(_LOCAL):  # type: ignore[index]
            message = f"a test tried to reach {address!r}; tests run without network"
            raise ConnectionRefusedError(message)
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)

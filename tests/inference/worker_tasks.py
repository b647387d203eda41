"""Functions that worker processes of the tests can import."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from types import MappingProxyType

from locuscope.errors import DataWarning, OutOfBoundsError


def double(number):
    return 2 * number


def with_facts(facts, number):
    """(number, bound value, process, threads of torch or None)."""
    time.sleep(0.02)
    torch = sys.modules.get("torch")
    return number, facts["scale"], os.getpid(), torch and torch.get_num_threads()


def echo_proxy(number):
    return MappingProxyType({"number": number})


def slow_when_even(number):
    time.sleep(0.2 if number % 2 == 0 else 0.0)
    return number


def warn(number):
    warnings.warn("every part says this", DataWarning, stacklevel=2)
    if number == 2:
        warnings.warn("part two says this", DataWarning, stacklevel=2)
    return number


def fail_at_three(number):
    if number == 3:
        message = "three is outside"
        raise OutOfBoundsError(message, interval=("20", 3, 4), contig_length=2)
    return number


class OddError(Exception):
    """An error that cannot be sent: it holds a lock."""

    def __init__(self):
        super().__init__("odd", "error")
        self.lock = threading.Lock()


def fail_oddly(number):
    if number == 1:
        raise OddError
    return number


def fail_plainly(number):
    return 1 // number


def die_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leave_at_three(number):
    if number == 3:
        os._exit(7)
    return number


def stop_at_one(number):
    """A process that is stopped gives no sign of life any more."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    return number


def sleep_long(number):
    time.sleep(60)
    return number


def give_lock(number):
    import threading

    return threading.Lock()


class OnlyHere:
    """Cannot be rebuilt in another process."""

    def __init__(self, home):
        self.home = home

    def __call__(self, number):
        return number

    def __setstate__(self, state):
        if state["home"] != os.getpid():
            message = "it lives elsewhere"
            raise RuntimeError(message)
        self.__dict__.update(state)


def process_of(ref, alt):
    """A score that is the number of the process."""
    return alt * 0 + os.getpid()


def wrong_shape(ref, alt):
    """A score that forgets the tracks."""
    return alt[:, 0, 0] if alt.ndim == 3 else alt[:, 0]


class DieWhileThere:
    """A score that ends its process after some rows, as long as a file is there."""

    __name__ = "die_while_there"

    def __init__(self, flag, after):
        self.flag = flag
        self.after = after
        self.seen = 0

    def __call__(self, ref, alt):
        self.seen += len(alt)
        if self.seen > self.after and self.flag.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return alt - ref

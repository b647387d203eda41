from __future__ import annotations

import contextlib
import signal
import threading

import pytest

from locuscope.inference.interrupts import Interrupts


@pytest.fixture(autouse=True)
def _interruptible():
    """As in a terminal; a program started in the background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def swallow():
    """What a finalizer does to whatever is raised in it."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
        for _ in range(1000):
            pass


def test_a_swallowed_interrupt_is_raised_at_the_next_chance():
    with Interrupts() as interrupts:
        interrupts.check()
        swallow()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_is_raised_at_once_as_ever():
    with pytest.raises(KeyboardInterrupt), Interrupts():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_handlers_of_the_caller_are_left_alone():
    taken = []
    signal.signal(signal.SIGINT, lambda *_: taken.append(1))
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.check()
    assert taken == [1]


def test_other_threads_hear_nothing():
    seen = []

    def listen():
        with Interrupts() as interrupts:
            interrupts.check()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join(10)
    assert seen == [signal.default_int_handler]

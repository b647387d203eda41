"""Progress: a line in a terminal, a bar in a notebook, plain lines elsewhere, or a function."""

from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

from locuscope.inference import progress as module
from locuscope.inference.progress import Progress, sentence


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def written_to(stream, monkeypatch):
    seen = SimpleNamespace(stderr=stream, modules=sys.modules)
    monkeypatch.setattr(module, "sys", seen)  # the real one is the runner's
    return stream


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def terminal(monkeypatch):
    return written_to(Terminal(), monkeypatch)


@pytest.fixture
def log(monkeypatch):
    return written_to(io.StringIO(), monkeypatch)


def run(progress, clock, n=40, seconds=1.0):
    with progress:
        for done in range(1, n + 1):
            clock.now += seconds
            progress.update(done, {"ok": done - done // 10, "star": done // 10})


def test_a_function_is_called_at_every_step(log, clock):
    calls = []
    progress = Progress(lambda *call: calls.append(call), what="alleles", total=3, clock=clock)
    run(progress, clock, n=3, seconds=0.01)
    assert calls == [(k, 3, {"ok": k, "star": 0}) for k in (1, 2, 3)]
    assert log.getvalue() == ""


def test_what_the_function_raises_comes_through(clock):
    def stop(done, total, counts):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Progress(stop, what="alleles") as progress:
        progress.update(1, {})


def test_a_terminal_has_one_line(terminal, clock):
    run(Progress(True, what="alleles", total=40, clock=clock), clock)
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert text.startswith("\r1 of 40 alleles, 1.0/s, 39 s left")
    assert "\r40 of 40 alleles, 1.0/s; 4 star" in text
    assert "\x1b" not in text


def test_a_line_that_became_shorter_hides_the_longer_one(terminal, clock):
    with Progress(True, what="x", total=100, clock=clock) as progress:
        progress.update(1, {"malformed": 1})
        clock.now += 1
        progress.update(100, {})
    first, last = terminal.getvalue().split("\r")[1:3]
    assert len(last.rstrip("\n")) >= len(first)


@pytest.mark.fault("J14")
def test_elsewhere_a_plain_line_every_ten_seconds(log, clock):
    run(Progress(True, what="alleles", total=40, clock=clock), clock)
    lines = log.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["1", "11", "21", "31", "40"]
    assert "\r" not in log.getvalue()
    assert "\x1b" not in log.getvalue()


def test_a_terminal_is_not_drawn_too_often(terminal, clock):
    run(Progress(True, what="alleles", total=400, clock=clock), clock, n=400, seconds=0.01)
    assert terminal.getvalue().count("\r") <= 4 / 0.25 + 2


def test_short_calls_are_silent_and_long_ones_are_not(terminal, clock):
    run(Progress(None, what="alleles", total=3, clock=clock), clock, n=3, seconds=0.5)
    assert terminal.getvalue() == ""
    run(Progress(None, what="alleles", total=3, clock=clock), clock, n=3, seconds=0.9)
    assert terminal.getvalue().startswith("\r3 of 3 alleles")


def test_false_is_silent(terminal, clock):
    run(Progress(False, what="alleles", total=40, clock=clock), clock)
    assert terminal.getvalue() == ""


def test_notes_are_said_once_something_is_shown(log, clock):
    with Progress(None, what="alleles", clock=clock) as progress:
        progress.note("parts that were done before: 2")
        progress.update(1, {})
        assert log.getvalue() == ""
        clock.now += 3
        progress.update(2, {})
        progress.note("a.vcf.gz has no index: pysam is not installed")
    assert log.getvalue().splitlines()[:3] == [
        "parts that were done before: 2",
        "2 alleles, 0.7/s",
        "a.vcf.gz has no index: pysam is not installed",
    ]


def test_notes_stand_above_the_line_of_a_terminal(terminal, clock):
    with Progress(True, what="alleles", clock=clock) as progress:
        progress.update(1, {})
        progress.note("note")
    assert "\rnote" in terminal.getvalue()


def test_what_was_done_before_does_not_count_for_the_speed(log, clock):
    with Progress(True, what="alleles", total=100, clock=clock) as progress:
        progress.begin(50)
        clock.now += 10
        progress.update(60, {})
    assert log.getvalue().splitlines()[0] == "60 of 100 alleles, 1.0/s, 40 s left"


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.0, "1 of 10,000 x"), (1000.0, "1,000/s, 10 s"), (5.0, "33 min"), (0.5, "5.6 h")],
)
def test_the_sentence(rate, words):
    assert words in sentence("x", 1, 10_000, {}, rate)


class Output:
    """What stands below a cell: things displayed, and what later took their places."""

    def __init__(self):
        self.first, self.last = [], []

    def display(self, thing, *, display_id):
        assert display_id is True
        self.first.append(thing)
        self.last.append(None)
        place = len(self.last) - 1

        def update(bundle, *, raw):
            assert raw is True
            self.last[place] = bundle

        return SimpleNamespace(update=update)


def in_a_notebook(monkeypatch):
    """Give what is displayed."""
    output = Output()
    monkeypatch.setattr(module, "_is_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", output.display)
    return output


def test_a_kernel_is_told_from_a_shell(monkeypatch):
    for shell, is_notebook in ((None, False), (SimpleNamespace(), False)):
        ipython = SimpleNamespace(get_ipython=lambda shell=shell: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        assert module._is_notebook() is is_notebook
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert module._is_notebook()


def test_a_notebook_gets_a_bar(monkeypatch, clock):
    shown = in_a_notebook(monkeypatch)
    run(Progress(True, what="alleles", total=40, clock=clock), clock)
    ((bar, label),) = [box.children for box in shown.first]
    assert (bar.value, bar.max, bar.bar_style) == (40, 40, "success")
    assert label.value == "40 of 40 alleles, 1.0/s; 4 star"


def test_a_saved_notebook_keeps_the_sentence_and_no_dead_bar(monkeypatch, clock):
    shown = in_a_notebook(monkeypatch)
    run(Progress(True, what="alleles", total=40, clock=clock), clock)
    assert shown.last == [{"text/plain": "40 of 40 alleles, 1.0/s; 4 star"}]


def test_a_bar_that_did_not_reach_its_end_says_so(monkeypatch, clock):
    shown = in_a_notebook(monkeypatch)
    progress = Progress(True, what="x", total=9)
    progress.note("parts that were done before: 2")
    progress.update(3, {})
    progress.__exit__(KeyboardInterrupt, None, None)
    bar, label = shown.first[0].children
    assert bar.bar_style == "warning"
    assert label.value.startswith("parts that were done before: 2 3 of 9 x")


def test_a_notebook_without_widgets_gets_lines(monkeypatch, log, clock):
    in_a_notebook(monkeypatch)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    run(Progress(True, what="alleles", total=2, clock=clock), clock, n=2)
    assert log.getvalue().startswith("1 of 2 alleles")


def test_the_module_is_light():
    code = (
        "import sys, locuscope.inference.progress, locuscope.inference.run;"
        "print([m for m in ('torch', 'IPython', 'ipywidgets', 'polars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert module.REDRAW_S >= 0.25

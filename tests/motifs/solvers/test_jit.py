"""Compiling: on disk where that works, in memory or not at all where it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from locuscope.motifs.solvers import jit

SMALL = """
import numpy as np
from locuscope.motifs.solvers import Problem, solve_certified
from locuscope.motifs.solvers.jit import can_compile
draw = np.random.default_rng(0)
cwms = draw.normal(0, 0.5, (2, 4, 5))
scores = draw.normal(0, 0.1, (1, 4, 14))
scores[0, :, 3:8] += 2 * cwms[1]
problem = Problem.prepare(
    scores, np.zeros((1, 4, 14), np.int8), cwms, np.ones((2, 5)), 0.5, use_hypothetical=True
)
solved = solve_certified(problem)
print(can_compile(), solved.motif_id.tolist(), solved.hit_start.tolist())
print(solved.coefficient.tolist(), solved.gap.max() <= 1e-12)
"""


def answer(**environment: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", SMALL],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return run.stdout.splitlines()


def test_plain_python_gives_the_same_answer():
    plain, compiled = answer(NUMBA_DISABLE_JIT="1"), answer()
    assert plain[0].startswith("False")
    assert compiled[0].startswith("True")
    assert plain[0].split(" ", 1)[1] == compiled[0].split(" ", 1)[1]
    left, right = (json.loads(line.rsplit(" ", 1)[0]) for line in (plain[1], compiled[1]))
    assert left == pytest.approx(right, rel=1e-12)
    assert plain[1].endswith("True")


def test_importing_the_room_does_not_load_the_compiler():
    code = "import sys, locuscope.motifs.solvers.certified; print('numba' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "False"


def test_without_the_compiler_a_kernel_is_the_function_itself(monkeypatch):
    monkeypatch.setattr(jit, "_numba", lambda: None)

    def twice(x: float) -> float:
        return 2 * x

    assert jit.kernel()(twice) is twice
    assert not jit.can_compile()


def test_without_a_folder_for_the_cache_a_kernel_still_compiles(monkeypatch):
    numba = pytest.importorskip("numba")
    calls = []

    class Fussy:
        config = numba.config

        @staticmethod
        def njit(**options):
            calls.append(options)
            if options.get("cache"):
                message = "cannot cache function: no locator available"
                raise RuntimeError(message)
            return numba.njit(**options)

    monkeypatch.setattr(jit, "_numba", lambda: Fussy)
    tripled = jit.kernel(is_reordered=True)(lambda x: 3 * x)
    assert tripled(2) == 6
    assert [options.get("cache") for options in calls] == [True, None]


def test_kernels_older_than_their_sources_are_dropped(tmp_path):
    room = Path(jit.__file__).parent
    newest = max(path.stat().st_mtime for path in room.glob("*.py"))
    for name, age in (("finish.a-1.nbc", -10.0), ("other.a-1.nbi", -10.0)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (newest + age - 1e6, newest + age - 1e6))
    (tmp_path / "screen.a-1.nbc").write_bytes(b"")
    os.utime(tmp_path / "screen.a-1.nbc", (newest + 10, newest + 10))
    jit._drop_stale(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.a-1.nbi", "screen.a-1.nbc"]


def test_a_cold_start_is_announced_on_a_terminal_only(tmp_path, monkeypatch, capsys):
    class Cold:
        __module__ = "locuscope.motifs.solvers.jit"
        signatures = ()

        class stats:  # noqa: N801 - the attribute of a compiled function
            cache_path = str(tmp_path)

    jit.announce(Cold())
    assert not capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    jit.announce(Cold())
    assert "compiling the hit kernels" in capsys.readouterr().err
    (tmp_path / "jit.f-1.py311.1.nbc").write_bytes(b"")
    jit.announce(Cold())
    assert not capsys.readouterr().err

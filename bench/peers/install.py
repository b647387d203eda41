"""Make `.venv-peers`: the programs that benches compare with, in an environment of their own.

`python3 bench/peers/install.py`, once; nothing of locuscope is installed there, nothing of it in
`.venv`. All are free software (tangermeme and finemo MIT, captum BSD-3). Without it the benches say
which rows are left out.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import setup  # noqa: E402

from bench.peers.client import PEERS, python_of  # noqa: E402

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def main() -> int:
    """Make the environment and bring it to the versions that are asked for."""
    if not python_of().exists():
        venv.create(PEERS, with_pip=True)
    python = str(python_of())
    ways = setup.torch_commands(python)
    if not any(subprocess.run(way, check=False).returncode == 0 for way in ways):
        return 1
    command = [python, "-m", "pip", "install", "-q", "-r", str(REQUIREMENTS)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

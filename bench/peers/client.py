"""A peer in a process of its own: asked by one line of JSON, answers by one line, leaves files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers"
MISSING = (
    "peer not installed (python3 bench/peers/install.py makes .venv-peers); its rows are left out"
)


def python_of() -> Path:
    """The interpreter of the peers."""
    return PEERS / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Peer:
    """A script of this folder that waits for questions; one thread, as the bench itself.

    Args:
        script: its name, without suffix.
    """

    def __init__(self, script: str) -> None:
        self.process = subprocess.Popen(
            [str(python_of()), str(Path(__file__).with_name(f"{script}.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        )
        self.name = self._answer()["name"]

    def ask(self, **question: object) -> dict:
        """Send a question and wait for what it gives.

        Raises:
            RuntimeError: the peer ended.
        """
        assert self.process.stdin is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            message = f"the peer {self.process.args} ended with {self.process.wait()}"
            raise RuntimeError(message)
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def open_peer(script: str) -> Peer | None:
    """The peer, or None and a line that says how to install it."""
    if not python_of().exists():
        print(MISSING)
        return None
    return Peer(script)


def serve(name: str, answer) -> int:
    """Loop of a peer: say who it is, then answer questions until there are no more.

    What the peer's own program prints goes to stderr, so that it does not look like an answer.
    """
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"name": name}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), file=out, flush=True)
    return 0

"""The command `locuscope`: one file per sub-command, each with `add_parser` and `run`.

Exit codes: 0 done; 1 a check failed (`locuscope check`); 2 the input or an option is wrong (one
sentence on standard error); 130 interrupted from the keyboard.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from locuscope._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = ("demo", "predict", "score", "tracks", "check")


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command; sub-commands import their heavy parts in `run` only."""
    parser = argparse.ArgumentParser(
        prog="locuscope",
        description="Predict, browse and score with sequence-to-function models of the genome.",
        epilog="Start with: locuscope demo",
    )
    parser.add_argument("--version", action="version", version=f"locuscope {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        command = import_module(f".{name}", __name__)
        command.add_parser(subparsers)
        subparsers.choices[name].set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and give its exit code.

    Args:
        argv: the words after `locuscope`; None takes them from the command line.

    Raises:
        SystemExit: the words do not parse (code 2), or `--help` or `--version` was asked for (0).
    """
    from locuscope.errors import LocuscopeError

    args = build_parser().parse_args(argv)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except LocuscopeError as error:
        print(f"locuscope {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"locuscope {args.command}: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`); Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code

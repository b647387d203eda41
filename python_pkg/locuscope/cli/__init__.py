"""The command `locuscope`: one file per sub-command, each with `add_parser` and `run`.

Exit codes: 0 done, flagged rows included; 1 a check failed (`locuscope check`); 2 the input or an
option is wrong (one sentence on standard error); 3 stopped by something else, with finished parts
that the same call resumes from; 130 interrupted from the keyboard.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from locuscope._version import __version__

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import TextIO

# command -> module of this room; a command of two words is typed as two words
COMMANDS = {
    "demo": "demo",
    "predict": "predict",
    "score": "score",
    "mutmap": "mutmap",
    "mutmap plot": "mutmap_plot",
    "contrib": "contrib",
    "contrib plot": "contrib_plot",
    "hits": "hits",
    "postproc": "postproc",
    "tracks": "tracks",
    "check": "check",
}


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command; sub-commands import their heavy parts in `run` only."""
    from locuscope.cli.parser import Parser

    parser = Parser(
        prog="locuscope",
        description="Predict, browse and score with sequence-to-function models of the genome.",
        epilog="Start with: locuscope demo",
    )
    parser.add_argument("--version", action="version", version=f"locuscope {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = import_module(f".{module}", __name__)
        command.add_parser(subparsers)
        subparsers.choices[name].set_defaults(run=command.run, parser=subparsers.choices[name])
    return parser


def _say(  # noqa: PLR0917 (the signature that Python calls)
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """Print a warning as a sentence; where in our code it was raised helps nobody here."""
    print(f"locuscope: note: {message}", file=sys.stderr)


def _in_flags(text: str, parser: argparse.ArgumentParser) -> str:
    """Write options as the command line has them: `check_assembly=False` -> `--no-check-assembly`.

    Only options of the sub-command that ran are rewritten; anything else stays as it is.
    """
    from locuscope.cli.parser import flags_of

    flags = set(flags_of(parser))

    def flag(found: re.Match[str]) -> str:
        name, value = found[1].replace("_", "-"), found[2] or "True"
        if value == "False":
            return f"--no-{name}" if f"--no-{name}" in flags else found[0]
        if f"--{name}" not in flags:
            return found[0]
        return f"--{name}" if value == "True" else f"--{name} {value.strip(chr(39))}"

    return re.sub(r"\b([a-z][a-z_]*)=('[^']*'|True|False|[0-9]+|(?=[\s.,;:)]|$))", flag, text)


def _joined(words: Sequence[str]) -> list[str]:
    """Make one word of a command that has two, so that the first may also be one of its own."""
    if " ".join(words[:2]) in COMMANDS:
        return [" ".join(words[:2]), *words[2:]]
    return list(words)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command and give its exit code.

    Args:
        argv: the words after `locuscope`; None takes them from the command line.

    Raises:
        SystemExit: the words do not parse (code 2), or `--help` or `--version` was asked for (0).
    """
    from locuscope.cli.python_files import own_fault
    from locuscope.errors import LocuscopeError

    args = build_parser().parse_args(_joined(sys.argv[1:] if argv is None else argv))
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say
            code = int(args.run(args))
        sys.stdout.flush()
    except LocuscopeError as error:
        return _stopped(args, error, _in_flags(str(error), args.parser))
    except KeyboardInterrupt:
        print(f"{args.parser.prog}: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`); Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        said = own_fault(error)
        if said is None:
            raise
        return _stopped(args, error, said)
    return code


def _stopped(args: argparse.Namespace, error: Exception, words: str) -> int:
    """Say why the command ended, and what of its work is kept; gives the exit code."""
    from locuscope.cli.kept_parts import kept_parts

    kept = kept_parts(error, getattr(args, "out", None))
    if kept:
        parts = "1 finished part is" if kept == 1 else f"{kept:,} finished parts are"
        words = f"{words} {parts} kept; the same command goes on from there."
    print(f"{args.parser.prog}: {words}", file=sys.stderr)
    return 3 if kept else 2

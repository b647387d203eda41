"""`locuscope check`: is the installation whole? Verifies and opens every embedded file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    subparsers.add_parser(
        "check",
        help="verify the embedded data and the embedded network",
        description="Verify the hash of every embedded file and open each with the product's own "
        "reader. Exit code 1 when a row fails.",
    )


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 (every sub-command has this signature)
    """Print one row per check; exit code 1 when one fails."""
    from locuscope import demo

    table = demo.check()
    width = max(len(name) for name in table["check"])
    for row in table.itertuples():
        mark = "ok    " if row.ok else "FAILED"
        wanted = "" if row.ok else f"   expected: {row.expected}"
        print(f"{mark}  {row.check:{width}}  {row.found}{wanted}")
    failed = int((~table["ok"]).sum())
    print(f"{len(table)} checks, {failed} failed.")
    return int(failed > 0)

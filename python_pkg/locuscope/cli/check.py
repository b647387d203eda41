"""`locuscope check`: is the installation whole? Verifies and opens every embedded file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "check",
        help="verify the embedded data and the embedded networks",
        description="Verify the hash of every embedded file and open each with the product's own "
        "reader. Exit code 1 when a row fails.",
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="measure the chromatin networks on embedded windows instead and compare with their "
        "cards (up to 3 minutes)",
    )


def run(args: argparse.Namespace) -> int:
    """Print one row per check; exit code 1 when one fails."""
    if args.models:
        from locuscope.demo.network_check import check_networks

        table = check_networks()
    else:
        from locuscope import demo

        table = demo.check()
    width = max((len(name) for name in table["check"]), default=0)
    for row in table.itertuples():
        mark = "ok    " if row.ok else "FAILED"
        wanted = "" if row.ok else f"   expected: {row.expected}"
        print(f"{mark}  {row.check:{width}}  {row.found}{wanted}")
    failed = int((~table["ok"].astype(bool)).sum())
    print(f"{len(table)} checks, {failed} failed.")
    return int(failed > 0)

"""`locuscope hits`: motif hits on the command line, under the published verbs and options.

A published command line (`finemo call-hits -r ... -m ... -o ...`) runs once `locuscope hits` stands
for its first word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.cli import hits_annotate, hits_call, hits_export, hits_extract, hits_tables

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command and those below it."""
    parser = subparsers.add_parser(
        "hits",
        help="find motifs in contribution scores",
        description="Find the motifs that explain contribution scores: regions from files of "
        "scores, hits in them, and what is made of hits. Published command lines run as they are "
        "once `locuscope hits` stands for their first word.",
        epilog="Example: locuscope hits call-hits -r regions.npz -m modisco.h5 -o hits",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for room in (hits_extract, hits_call, hits_tables, hits_export, hits_annotate):
        room.add_parsers(verbs)
    for verb in set(verbs.choices.values()):
        verb.set_defaults(parser=verb)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    return int(args.run_verb(args))

"""Options under the names that published tools gave them, so that old command lines still run.

Each is another spelling of an option of ours and stays out of the help. The options of the data
loader come as one JSON text, file or `key=value` words: the FASTA file is our `--genome`, the
intervals are our `--windows`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from locuscope.cli.loose_json import read_mapping
from locuscope.errors import OptionError, UnknownNameError, closest, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

LOADER_KEYS = ("fasta_file", "intervals_file")
NO_DEFAULT = argparse.SUPPRESS
HIDDEN = argparse.SUPPRESS


def add_spelling(
    parser: argparse.ArgumentParser,
    *spellings: str,
    dest: str,
    action: str = "store",
    **more: object,
) -> None:
    """Let an option that is there also be given under other names, which the help leaves out."""
    options: dict[str, Any] = {"dest": dest, "action": action, **more}
    parser.add_argument(*spellings, default=NO_DEFAULT, help=HIDDEN, **options)


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add where MODEL comes from, as published command lines say it."""
    parser.add_argument(
        "--source",
        metavar="S",
        help="'dir': MODEL is a folder with a model.py that defines 'model'; any other word "
        "is only the label in the keys of --compat kipoi",
    )


def add_loader_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that published command lines have about models and data loaders."""
    add_source(parser)
    parser.add_argument("--dataloader_args", nargs="+", metavar="JSON", help=HIDDEN)


def read_loader_args(words: Sequence[str] | None) -> dict[str, str]:
    """Read `--dataloader_args`.

    Args:
        words: one JSON text or path of a `.json` file, or `key=value` words; None gives nothing.

    Raises:
        UnknownNameError: a key that our loader has not; the closest one is named.
        OptionError: a value that is no text.

    >>> read_loader_args(['{"fasta_file": "hg38.fa"}'])
    {'fasta_file': 'hg38.fa'}
    """
    if not words:
        return {}
    if len(words) == 1 and not _is_pair(words[0]):
        found = read_mapping(words[0], "--dataloader_args")
    else:
        found = dict(_pair(word) for word in words)
    for key, value in found.items():
        if key not in LOADER_KEYS:
            message = f"--dataloader_args has no key {key!r}; {did_you_mean(key, LOADER_KEYS)}"
            raise UnknownNameError(
                message, name=key, known=LOADER_KEYS, closest=closest(key, LOADER_KEYS)
            )
        if not isinstance(value, str):
            message = f"--dataloader_args: {key} is the path of a file; got {value!r}."
            raise OptionError(message, option="dataloader_args", value=value)
    return {key: str(value) for key, value in found.items()}


def _is_pair(word: str) -> bool:
    return "=" in word and not word.lstrip().startswith("{")


def _pair(word: str) -> tuple[str, object]:
    key, separator, value = word.partition("=")
    if not separator:
        message = f"--dataloader_args takes one JSON text or KEY=VALUE words; got {word!r}."
        raise OptionError(message, option="dataloader_args", value=word)
    return key.strip(), value

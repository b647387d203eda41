"""`locuscope tracks`: list, count, export and install the tracks of a catalogue.

The same rows and numbers as `TrackMetadataCatalog.select` and `.facets` on that catalogue.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.inputs import parse_criteria
from locuscope.errors import MissingFileError, NoTracksError, OptionError, closest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
    from locuscope.tracks.track_table import TrackTable

BUILT_IN = ("human", "mouse", "borzoi")
# a selection is numbered anew; what a person needs is the channel of the network
CHANNEL = "source_index"
COLUMNS = ("output_name", CHANNEL, "track_name", "strand", "assay_title", "biosample_name")
PUBLISHED_NOTE = (
    "Rows describe the tracks of a published model; the embedded models predict their own only."
)
_DEFAULT_LIMIT = 20
# Names that `select` takes itself; a field of that name is asked through a predicate.
_OPTIONS_OF_SELECT = ("predicate", "allow_empty")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "tracks",
        help="list, count, export and install the tracks of a catalogue",
        description="Tracks of published models, or of your own table. A criterion is FIELD=VALUE; "
        "a field named twice takes either value, FIELD= means missing. Padding channels are left "
        "out.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="print tracks")
    listing.add_argument(
        "--columns",
        default=",".join(COLUMNS),
        help=f"fields, joined by commas; {CHANNEL} is the channel of the network",
    )
    listing.add_argument("--limit", type=int, default=_DEFAULT_LIMIT, help="tracks shown; 0 = all")
    counts = actions.add_parser("counts", help="print how many tracks have each value")
    counts.add_argument("--field", action="append", help="a field to count; may be repeated")
    export = actions.add_parser("export", help="write tracks to a file")
    export.add_argument("out", type=Path, help="a .parquet, .csv, .tsv or .txt file")
    for action in (listing, counts, export):
        action.add_argument("criteria", nargs="*", metavar="FIELD=VALUE", help="tracks to take")
        action.add_argument(
            "--text",
            default="",
            metavar="WORDS",
            help="what the tracks must contain, as in the search box: liver -strand:+ 'a b'",
        )
        action.add_argument(
            "--catalog", help=f"{', '.join(BUILT_IN)}, or a table file (default: human)"
        )
        action.add_argument("--organism", help="human, mouse or an index; default: the first one")
        action.add_argument("--json", action="store_true", help="print JSON instead of a table")
    install = actions.add_parser(
        "install", help="check a table that no package carries and put it where it is found"
    )
    install.add_argument("file", type=Path, help="a .parquet, .csv or .tsv table of mouse tracks")
    install.add_argument("--organism", default="mouse", help="whose tracks they are (mouse)")
    install.add_argument("--json", action="store_true", help="print JSON instead of a sentence")


def run(args: argparse.Namespace) -> int:
    """List, count, export or install."""
    if args.action == "install":
        return _install(args)
    if args.action == "list" and args.limit < 0:
        message = f"--limit is {args.limit}; expected a number of tracks, or 0 for all."
        raise OptionError(message, option="limit", value=args.limit, allowed="0 or more")
    criteria: dict[str, list[Any]] = dict(parse_criteria(args.criteria))
    asked = _asked_organism(args.organism, criteria.pop("organism", None))
    catalog = open_catalog(args.catalog, organism=asked)
    organism = _organism(catalog, asked)
    criteria = typed_criteria(catalog.table(organism=organism), criteria)
    if args.action == "counts":
        _print_counts(catalog, criteria, organism, args)
    else:
        chosen = choose_tracks(catalog, criteria, args.text, organism=organism)
        if args.action == "export":
            _export(chosen, args)
        else:
            _print_tracks(chosen, args)
    if not args.json:
        _say_source(catalog, organism)
    return 0


def open_catalog(text: str | None, *, organism: int | None = None) -> TrackMetadataCatalog:
    """A built-in catalogue by name, else a table file; None is that of the organism.

    Raises:
        MissingFileError: neither.
        CatalogNotFoundError: the mouse table is not installed.
    """
    from locuscope.tracks.metadata import TrackMetadataCatalog

    if text is None:
        text = "mouse" if organism == 1 else "human"
    if text in BUILT_IN:
        return TrackMetadataCatalog.load_builtin(text)
    if not Path(text).suffix and not Path(text).exists():
        near = closest(text, BUILT_IN)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        message = (
            f"No catalogue {text!r}{meant}: expected {', '.join(BUILT_IN)}, or a .parquet, .csv or "
            ".tsv file of tracks."
        )
        raise MissingFileError(message, path=text)
    return TrackMetadataCatalog.from_file(text)


def choose_tracks(
    catalog: TrackMetadataCatalog,
    criteria: Mapping[str, Sequence[Any]],
    text: str,
    *,
    organism: int = 0,
) -> TrackMetadataCatalog:
    """The real tracks of one organism that fulfil the criteria and the text of the search box.

    Raises:
        NoTracksError: none does.
        UnknownTrackFieldError: a field that no track has.
    """
    import numpy as np

    from locuscope.tracks.query import Query, match

    direct: dict[str, Any] = dict(criteria)
    indirect = {name: direct.pop(name) for name in _OPTIONS_OF_SELECT if name in direct}
    for name in indirect:
        catalog.table(organism=organism).cells(name)  # an unknown field is refused here

    def fulfils(track: TrackMetadata) -> bool:
        return all(track.get(name) in values for name, values in indirect.items())

    predicate = fulfils if indirect else None
    chosen = catalog.select(predicate=predicate, organism=organism, **direct)
    if not text.strip():
        return chosen
    # What a word asks may depend on all tracks there are, so it is answered over all of them.
    every = catalog.select(organism=organism, allow_empty=True).whole_table()
    holding = every.fingerprint[match(every, Query(text=text))]
    table = chosen.whole_table()
    rows = np.flatnonzero(np.isin(table.fingerprint, holding))
    if not rows.size:
        message = f"No track holds the text {text!r}; {len(table):,} fulfil the criteria."
        raise NoTracksError(message, criteria=dict(criteria), available={})
    return chosen.take(rows)


def typed_criteria(
    table: TrackTable, criteria: Mapping[str, Sequence[Any]]
) -> dict[str, list[Any]]:
    """Criteria in the types of the table: `depth=3` asks for the number where depth holds numbers.

    A value stands for every value of its field that is shown that way; one that does not occur
    stays as it is.
    """
    from locuscope.tracks.columns import NumberColumn
    from locuscope.tracks.query import value_text

    typed: dict[str, list[Any]] = {}
    for field, values in criteria.items():
        column = table.column_store(field) if table.has_field(field) else None
        if isinstance(column, NumberColumn):
            typed[field] = [value if value is None else _number(field, value) for value in values]
            continue
        texts = {} if column is None else column.once("texts", _by_text(value_text))
        typed[field] = [found for value in values for found in _spelt(value, texts)]
    return typed


def _by_text(shown: Any) -> Any:
    """Text -> the values that are shown as it."""

    def grouped(values: tuple[object, ...]) -> dict[str, list[object]]:
        texts: dict[str, list[object]] = {}
        for value in values:
            for text in {shown(value), str(value)}:
                texts.setdefault(text, []).append(value)
        return texts

    return grouped


def _spelt(value: object, texts: Mapping[str, list[object]]) -> list[object]:
    return texts.get(value, [value]) if isinstance(value, str) else [value]


def _number(field: str, text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        message = f"{field}={text!r} is not a number."
        raise OptionError(message, option=field, value=text, allowed="a number") from None


def _asked_organism(option: str | None, criterion: Sequence[Any] | None) -> int | None:
    """The organism of `--organism` or of `organism=`, which say the same."""
    from locuscope.tracks.organism import organism_index

    given = [*([] if option is None else [option]), *(criterion or [])]
    found = {organism_index(value, known=None) for value in given}
    if None in given or len(found) > 1:
        message = f"One organism at a time; found {', '.join(map(str, given))}."
        raise OptionError(message, option="organism", value=given, allowed="one organism")
    return found.pop() if found else None


def _organism(catalog: TrackMetadataCatalog, asked: int | None) -> int:
    """The organism asked for, else the first of the catalogue."""
    if asked is not None:
        catalog.outputs(asked)  # an organism that it does not know is refused here
        return asked
    return catalog.organisms[0] if catalog.organisms else 0


def _install(args: argparse.Namespace) -> int:
    from locuscope.tracks.catalogs import install_table

    done = install_table(args.file, organism=args.organism)
    content = {"path": str(done.path), "tracks": dict(done.tracks)}
    print(json.dumps(content) if args.json else f"Installed {done}.")
    return 0


def _export(chosen: TrackMetadataCatalog, args: argparse.Namespace) -> None:
    path = chosen.write(args.out)
    n_tracks = len(chosen.whole_table())
    content = {"path": str(path), "tracks": n_tracks, "source": _source(chosen)}
    print(json.dumps(content) if args.json else f"{path}: {counted(n_tracks, 'track')}")


def _print_counts(
    catalog: TrackMetadataCatalog,
    criteria: Mapping[str, Sequence[Any]],
    organism: int,
    args: argparse.Namespace,
) -> None:
    from locuscope.tracks.query import Query, value_text

    filters = {name: tuple(values) for name, values in criteria.items()}
    counted = catalog.facets(Query(filters, args.text), args.field, organism=organism)
    if args.json:
        content = {
            name: [
                {"value": _jsonable(v.value), "count": v.count, "total": v.total}
                for v in field.values
            ]
            for name, field in counted.items()
        }
        print(json.dumps(content, ensure_ascii=False))
        return
    for name, field in counted.items():
        for value in field.values:
            shown = "(missing)" if value.value is None else value_text(value.value)
            print(f"{name}\t{_one_line(shown)}\t{value.count}\t{value.total}")


def _print_tracks(chosen: TrackMetadataCatalog, args: argparse.Namespace) -> None:
    table = chosen.whole_table()
    columns = [name.strip() for name in args.columns.split(",") if name.strip()]
    if not columns:
        message = f"--columns {args.columns!r} names no field; give some, joined by commas."
        raise OptionError(message, option="columns", value=args.columns, allowed=table.fields)
    cells = {
        name: table.source_index.tolist() if name == CHANNEL else table.cells(name)
        for name in columns
    }
    n_shown = min(args.limit or len(table), len(table))
    if args.json:
        rows = [{name: _jsonable(cells[name][row]) for name in columns} for row in range(n_shown)]
        content = {"tracks": rows, "total": len(table), "source": _source(chosen)}
        print(json.dumps(content, ensure_ascii=False))
        return
    print("\t".join(columns))
    for row in range(n_shown):
        values = (cells[name][row] for name in columns)
        print("\t".join("" if value is None else _one_line(str(value)) for value in values))
    if n_shown < len(table):
        print(f"... and {len(table) - n_shown:,} more; --limit 0 shows all {len(table):,}")


def _say_source(catalog: TrackMetadataCatalog, organism: int) -> None:
    """Where the rows come from, beside the output, so that a pipe gets the rows only."""
    others = [index for index in catalog.organisms if index != organism]
    if catalog.source is not None:
        print(f"Source: {catalog.source}. {PUBLISHED_NOTE}", file=sys.stderr)
    if others:
        listed = ", ".join(map(str, others))
        print(f"Organism {organism} only; --organism takes {listed} too.", file=sys.stderr)


def _source(catalog: TrackMetadataCatalog) -> str | None:
    return None if catalog.source is None else str(catalog.source)


def _jsonable(cell: object) -> object:
    """A cell as JSON has it; infinity, which JSON lacks, is text."""
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell


def _one_line(text: str) -> str:
    """Text for one cell of a terminal: control characters (tab, newline, escape) shown as such."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)

"""`locuscope tracks`: list, count and export the tracks of a catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.cli.inputs import parse_criteria

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from locuscope.tracks.metadata import TrackMetadata, TrackMetadataCatalog
    from locuscope.tracks.track_table import TrackTable

BUILT_IN = ("human", "mouse", "borzoi")
COLUMNS = ("output_name", "track_index", "track_name", "strand", "assay_title", "biosample_name")
_DEFAULT_LIMIT = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "tracks",
        help="list, count and export the tracks of a catalogue",
        description="Tracks of published models. A criterion is FIELD=VALUE; a field named twice "
        "takes either value, FIELD= means missing. Padding channels are left out.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="print tracks")
    listing.add_argument("--columns", default=",".join(COLUMNS), help="fields, joined by commas")
    listing.add_argument("--limit", type=int, default=_DEFAULT_LIMIT, help="tracks shown; 0 = all")
    counts = actions.add_parser("counts", help="print how many tracks have each value")
    counts.add_argument("--field", action="append", help="a field to count; may be repeated")
    export = actions.add_parser("export", help="write tracks to a file")
    export.add_argument("out", type=Path, help="a .parquet, .csv, .tsv or .txt file")
    for action in (listing, counts, export):
        action.add_argument("criteria", nargs="*", metavar="FIELD=VALUE", help="tracks to take")
        action.add_argument("--text", default="", help="words that the tracks must contain")
        action.add_argument(
            "--catalog", default="human", help=f"{', '.join(BUILT_IN)}, or a table file"
        )
        action.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """List, count or export."""
    catalog = open_catalog(args.catalog)
    criteria = parse_criteria(args.criteria)
    if args.action == "counts":
        _print_counts(catalog, criteria, args)
        return 0
    chosen = choose_tracks(catalog, criteria, args.text)
    if args.action == "export":
        path = chosen.write(args.out)
        n_tracks = len(chosen.whole_table())
        _say({"path": str(path), "tracks": n_tracks}, f"{path}: {n_tracks:,} tracks", args.json)
        return 0
    _print_tracks(chosen.whole_table(), args)
    return 0


def open_catalog(text: str) -> TrackMetadataCatalog:
    """A built-in catalogue by name, else a table file.

    Raises:
        MissingFileError: neither.
    """
    from locuscope.tracks.metadata import TrackMetadataCatalog

    if text in BUILT_IN:
        return TrackMetadataCatalog.load_builtin(text)
    return TrackMetadataCatalog.from_file(text)


def choose_tracks(
    catalog: TrackMetadataCatalog, criteria: Mapping[str, Any], text: str
) -> TrackMetadataCatalog:
    """The real tracks of a catalogue's first organism that fulfil the criteria and hold all words.

    Raises:
        NoTracksError: none does.
        UnknownTrackFieldError: a field that no track has.
    """
    from locuscope.tracks.query import TEXT_FIELDS, fold

    words = fold(text).split()

    def has_words(track: TrackMetadata) -> bool:
        texts = [fold(str(track.get(name, ""))) for name in TEXT_FIELDS]
        return all(any(word in cell for cell in texts) for word in words)

    organism = catalog.organisms[0] if catalog.organisms else 0
    predicate = has_words if words else None
    return catalog.select(predicate=predicate, organism=organism, **criteria)


def _print_counts(
    catalog: TrackMetadataCatalog,
    criteria: Mapping[str, Sequence[Any]],
    args: argparse.Namespace,
) -> None:
    from locuscope.tracks.query import Query, value_text

    filters = {name: tuple(values) for name, values in criteria.items()}
    organism = catalog.organisms[0] if catalog.organisms else 0
    counted = catalog.facets(Query(filters, args.text), args.field, organism=organism)
    if args.json:
        content = {
            name: [{"value": v.value, "count": v.count, "total": v.total} for v in field.values]
            for name, field in counted.items()
        }
        print(json.dumps(content, ensure_ascii=False))
        return
    for name, field in counted.items():
        for value in field.values:
            shown = "(missing)" if value.value is None else value_text(value.value)
            print(f"{name}\t{_one_line(shown)}\t{value.count}\t{value.total}")


def _print_tracks(table: TrackTable, args: argparse.Namespace) -> None:
    columns = [name.strip() for name in args.columns.split(",") if name.strip()]
    cells = {name: table.cells(name) for name in columns}
    n_shown = len(table) if args.limit <= 0 else min(args.limit, len(table))
    if args.json:
        rows = [{name: cells[name][row] for name in columns} for row in range(n_shown)]
        print(json.dumps({"tracks": rows, "total": len(table)}, ensure_ascii=False))
        return
    print("\t".join(columns))
    for row in range(n_shown):
        values = (cells[name][row] for name in columns)
        print("\t".join("" if value is None else _one_line(str(value)) for value in values))
    if n_shown < len(table):
        print(f"... and {len(table) - n_shown:,} more; --limit 0 shows all {len(table):,}")


def _one_line(text: str) -> str:
    """Text for one cell of a terminal: control characters (tab, newline, escape) shown as such."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _say(content: Mapping[str, object], sentence: str, as_json: bool) -> None:  # noqa: FBT001
    print(json.dumps(content) if as_json else sentence)

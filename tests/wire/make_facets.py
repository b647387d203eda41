"""Writes `facets_*.json`: small track tables, queries, and the counts both sides must give.

    python tests/wire/make_facets.py

Run it after a deliberate change of the counting rule; `tests/tracks/test_query.py` fails while the
files differ.
"""

from __future__ import annotations

import json
from pathlib import Path

from locuscope.tracks.columns import column_of
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import DEFAULT_FACETS, TEXT_FIELDS, Query, facet_counts, match
from locuscope.tracks.track_table import TrackTable

HERE = Path(__file__).parent

TOY_COLUMNS = (
    "output_type", "track_name", "biosample_name", "biosample_type", "assay_title", "strand",
    "gtex_tissue", "transcription_factor", "genetically_modified",
)  # fmt: skip
TOY_CELLS = [
    ("atac", "liver ATAC", "liver", "tissue", "ATAC-seq", ".", None, None, False),
    ("atac", "K562 ATAC", "K562", "cell_line", "ATAC-seq", ".", None, None, False),
    ("rna_seq", "liver total", "liver", "tissue", "total RNA-seq", "+", "Liver", None, None),
    ("rna_seq", "liver total", "liver", "tissue", "total RNA-seq", "-", "Liver", None, None),
    ("chip_tf", "K562 CTCF", "K562", None, "TF ChIP-seq", ".", None, "CTCF", True),
    ("chip_tf", '<b>bold</b> & "q"', "K562", None, "TF ChIP-seq", ".", None, "FOXA1", False),
    ("splice_sites", "donor", None, None, None, "+", None, None, None),
    ("splice_sites", "acceptor", None, None, None, "-", None, None, None),
    # Order by code point: the emoji stands above U+FFFD in code points, below it in UTF-16 units.
    ("cage", "odd one", "\ufffd", None, None, "+", None, None, None),
    ("cage", "odd two", "\U0001f9ec", None, None, "-", None, None, None),
]
TOY_ROWS = [dict(zip(TOY_COLUMNS, cells, strict=True)) for cells in TOY_CELLS]
TOY_QUERIES = [
    Query(),
    Query({"strand": (".",)}),
    Query({"strand": ("+", "-"), "output_name": ("rna_seq", "cage")}),
    Query({"biosample_type": (None,)}),
    Query({"biosample_type": (None, "tissue"), "genetically_modified": (False,)}),
    Query({"genetically_modified": (True,)}),
    Query({"strand": ()}),
    Query({"biosample_name": ("liver",), "assay_title": ("TF ChIP-seq",)}),
    Query({}, "LIVER"),
    Query({}, "k562 ctcf"),
    Query({"strand": (".",)}, "  chip   K562 "),
    Query({"strand": ("+",)}, "nothing has this"),
    Query({"biosample_name": ("K562",)}, "<b>"),
]
TOY_FIELDS = (
    "output_name", "strand", "biosample_name", "biosample_type", "assay_title", "gtex_tissue",
    "transcription_factor", "genetically_modified",
)  # fmt: skip
HUMAN_QUERIES = [
    Query(),
    Query({"biosample_type": ("tissue",)}),
    Query({"output_name": ("chip_histone",), "histone_mark": ("H3K27ac", "H3K4me3")}),
    Query({"strand": ("+", "-"), "data_source": ("encode",), "biosample_life_stage": ("adult",)}),
    Query({"gtex_tissue": (None,), "output_name": ("rna_seq",)}),
    Query({"genetically_modified": (False,), "biosample_type": ("cell_line", None)}, "h3k"),
    Query({"histone_mark": ("H3K27ac",), "output_name": ("atac",)}),
]
HUMAN_STEP = 41


def toy_table() -> TrackTable:
    """A hand-made catalogue: missing values, booleans, markup, rare characters."""
    return TrackMetadataCatalog.from_rows(TOY_ROWS).table()


def human_table() -> TrackTable:
    """Every 41st real track of the human catalogue."""
    table = TrackMetadataCatalog.load_builtin("human").table()
    real = (~table.is_padding).nonzero()[0][::HUMAN_STEP]
    picked = table.take(real)
    # Written anew so that the dictionaries hold only values that occur.
    columns = {
        name: column_of(name, picked.cells(name))
        for name in picked.fields
        if name not in ("track_index", "nonzero_mean")
    }
    return TrackTable(columns)


def document(table: TrackTable, queries: list[Query], fields: tuple[str, ...]) -> dict[str, object]:
    names = [name for name in dict.fromkeys((*fields, *TEXT_FIELDS)) if table.has_field(name)]
    columns = {}
    for name in names:
        column = table.column_store(name)
        columns[name] = {"values": list(column.values), "codes": (column.codes + 1).tolist()}
    cases = [
        case(table, query, fields, keep_zero) for query in queries for keep_zero in (False, True)
    ]
    search = [name for name in TEXT_FIELDS if table.has_field(name)]
    return {"columns": columns, "search_fields": search, "cases": cases}


def case(
    table: TrackTable, query: Query, fields: tuple[str, ...], keep_zero: bool
) -> dict[str, object]:
    counted = facet_counts(table, query, fields, keep_zero=keep_zero)
    counts = {
        name: [
            {"value": v.value, "count": v.count, "total": v.total, "selected": v.selected}
            for v in field.values
        ]
        for name, field in counted.items()
    }
    return {
        "filters": {name: list(values) for name, values in query.filters.items()},
        "text": query.text,
        "fields": list(fields),
        "keep_zero": keep_zero,
        "n_matching": int(match(table, query).sum()),
        "counts": counts,
    }


def documents() -> dict[str, str]:
    """File name -> content."""
    made = {
        "facets_toy.json": document(toy_table(), TOY_QUERIES, TOY_FIELDS),
        "facets_human.json": document(human_table(), HUMAN_QUERIES, DEFAULT_FACETS),
    }
    return {
        name: json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False) + "\n"
        for name, content in made.items()
    }


if __name__ == "__main__":
    for name, content in documents().items():
        (HERE / name).write_text(content, encoding="utf-8")

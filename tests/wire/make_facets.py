# ruff: noqa: E501 - one row of a table per line
"""Writes `facets_*.json` and `folding.json`: tables, choices, and what both sides must give.

    python tests/wire/make_facets.py

The answers come from the plain loops of `tests/oracles/query_oracle.py`, never from the package.
Run it after a deliberate change of a rule; `tests/tracks/test_filters.py` fails while the files
differ. Afterwards `npx vitest run -u src/widgets/tracks_python.test.ts` writes the Python code of
the same choices, which `tests/tracks/test_copied_code.py` runs.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import random
import unicodedata
import zlib
from pathlib import Path

import numpy as np

from locuscope.errors import closest
from locuscope.tracks.metadata import TrackMetadataCatalog

HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location(
    "query_oracle", HERE.parent / "oracles" / "query_oracle.py"
)
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

HUMAN_FIELDS = (
    "output_name", "strand", "assay_title", "biosample_type", "biosample_life_stage", "data_source",
    "histone_mark", "gtex_tissue", "genetically_modified", "transcription_factor",
)  # fmt: skip

TOY_FIELDS = (
    "output_name", "track_name", "ontology_curie", "biosample_name", "assay_title", "strand",
    "genetically_modified", "nonzero_mean", "odd field", "class", "depth", "layers",
)  # fmt: skip
ASTRAL = "\U0001d400dna"
TOY_ROWS = [
    ("atac", "liver ATAC", "UBERON:0002107", "liver", "ATAC-seq", ".", False, 0.25, "a:b", "x", 7, None),
    ("atac", "K562 ATAC", "EFO:0002067", "K562", "ATAC-seq", ".", False, 3.0, None, "x", "7", None),
    ("rna_seq", "liver total +", "UBERON:0002107", "liver", "total RNA-seq", "+", None, 1e-6, "a b", None, 1.5, None),
    ("rna_seq", "liver total -", "UBERON:0002107", "Liver", "total RNA-seq", "-", None, 250.5, "a b", "y", 128, "[1, 2]"),
    ("chip_tf", "K562 CTCF", "EFO:0002067", "K562", "TF ChIP-seq", ".", True, None, "-dash", "lambda", True, None),
    ("chip_tf", '<b>bold</b> & "q"', None, "K562", "TF ChIP-seq", ".", False, 3.0, "", None, False, "x=1"),
    ("cage", "<img src=x onerror=alert(1)>", None, "O'Neil \"J\"", "a\\b", "+", None, 0.5, "tab\tend", None, "true", None),
    ("cage", "two\nlines", None, "\ufffd", None, "-", None, 10.0, "caf\xe9", None, "1.50", None),
    ("cage", "\U0001f9ec", None, "\U0001f9ec", None, "+", None, 1e20, "cafe\u0301 au lait", None, "None", None),
    ("cage", ASTRAL, "x:y", "\u0130stanbul Stra\xdfe", None, ".", None, 2.0, "\u202eflip", None, "nan", None),
    ("cage", "\u039f\u0394\u039f\u03a3 \xb5m \ufb01n \u0131", None, "STRASSE", "\u212b ngstr\xf6m", "-", None, None, "\u2028", None, 0.125, None),
]  # fmt: skip
TOY_CHOICES = [
    ({}, ""),
    ({"strand": {"in": ["."]}}, ""),
    ({"strand": {"in": ["+", "-"]}, "output_name": {"in": ["cage", "rna_seq"]}}, ""),
    ({"assay_title": {"in": [None]}}, ""),
    ({"assay_title": {"in": ["ATAC-seq", None]}, "genetically_modified": {"in": ["false"]}}, ""),
    ({"genetically_modified": {"in": ["true"]}}, ""),
    ({"genetically_modified": {"in": [None]}}, ""),
    ({"genetically_modified": {"not": [None, "true"]}}, ""),
    ({"strand": {"in": []}}, ""),
    ({"biosample_name": {"in": ["liver"]}, "assay_title": {"in": ["TF ChIP-seq"]}}, ""),
    ({"strand": {"not": ["."]}, "biosample_name": {"in": ["K562", "liver"], "not": ["liver"]}}, ""),
    ({"biosample_name": {"in": ["Liver"], "not": ["Liver"]}}, ""),
    ({"nonzero_mean": {"min": 0.5}}, ""),
    ({"nonzero_mean": {"min": 0.25, "max": 3}}, ""),
    ({"nonzero_mean": {"max": 1e-6}}, "strand:+"),
    ({"nonzero_mean": {"in": ["3", "0.25"]}, "strand": {"in": ["."]}}, ""),
    ({"nonzero_mean": {"in": ["3", None], "min": 0}}, ""),
    ({"nonzero_mean": {"not": [None, "3", "0.000001"]}}, ""),
    ({"strand": {"min": 0}}, ""),
    ({"depth": {"in": ["7"]}}, ""),
    ({"depth": {"in": ["true", "false"]}}, ""),
    ({"depth": {"in": ["1.5", "0.125", "1.50"]}}, ""),
    ({"depth": {"not": ["7", "128", "None", "nan"]}}, ""),
    ({"odd field": {"in": ["a b", "-dash", ""]}}, ""),
    ({"odd field": {"not": ["a:b", None]}}, ""),
    ({"odd field": {"in": ["\u202eflip", "\u2028", "tab\tend", "caf\xe9"]}}, ""),
    ({"class": {"in": ["x", "lambda"]}}, ""),
    ({"class": {"in": [None]}, "layers": {"in": ["[1, 2]", "x=1", None]}}, ""),
    ({"track_name": {"in": ['<b>bold</b> & "q"', "two\nlines", "\U0001f9ec", ASTRAL]}}, ""),
    ({"biosample_name": {"in": ["O'Neil \"J\"", "\ufffd", "\U0001f9ec"]}, "strand": {"in": ["+"]}}, ""),
    ({"assay_title": {"in": ["a\\b"]}}, ""),
    ({"histone_mark": {"in": ["H3K27ac"]}}, ""),
    ({"histone_mark": {"not": ["H3K27ac"]}}, ""),
    ({"organism": {"in": ["0"]}}, "liver"),
    ({"organism": {"not": ["0"]}}, ""),
    ({}, "LIVER"),
    ({}, "k562 ctcf"),
    ({"strand": {"in": ["."]}}, "  chip \t K562\n"),
    ({"strand": {"in": ["+"]}}, "nothing-has-this"),
    ({"biosample_name": {"in": ["K562"]}}, "<b>"),
    ({}, '"liver total"'),
    ({}, "-liver -K562"),
    ({}, '-"liver total" strand:.'),
    ({}, "biosample_name:liver"),
    ({}, "biosample_name:=LIVER assay_title:rna"),
    ({}, "-assay_title:seq"),
    ({}, "-assay_title:=atac-seq"),
    ({}, 'assay_title:"total rna" -strand:="+"'),
    ({}, 'assay_title:="total RNA-seq"'),
    ({}, "UBERON:0002107"),
    ({}, "-efo:0002067 uberon:"),
    ({}, "x:y"),
    ({}, "a:b"),
    ({}, "strnd:+ liver -UBERN:1"),
    ({}, "asay_title:=rna biosmple_name:liver EFO:99"),
    ({}, "9field:x"),
    ({}, 'nope: strand: strand:= strand:="" - -"" "" :'),
    ({}, "::"),
    ({}, "nonzero_mean:0.5"),
    ({}, "nonzero_mean:=3"),
    ({}, "nonzero_mean:=100000000000000000000"),
    ({}, "-nonzero_mean:0"),
    ({}, "genetically_modified:true"),
    ({}, "-genetically_modified:=false depth:="),
    ({}, "histone_mark:x"),
    ({}, "-histone_mark:x organism:0 output_name:atac"),
    ({}, "track_index:1"),
    ({}, "depth:=7"),
    ({}, "depth:=true"),
    ({}, "class:lambda"),
    ({}, '"""q"""'),
    ({}, 'track_name:="<b>bold</b> & ""q"""'),
    ({}, '"liver'),
    ({}, 'biosample_name:"o\'neil ""'),
    ({}, '"two\nlines"'),
    ({}, "\U0001f9ec"),
    ({}, "\U0001d400DNA"),
    ({}, "\u0130STANBUL"),
    ({}, "i\u0307stanbul"),
    ({}, "istanbul"),
    ({}, "stra\xdfe"),
    ({}, "STRA\u1e9eE"),
    ({}, "strasse -istanbul"),
    ({}, "\u03bf\u03b4\u03bf\u03c3 \u03bcM FIN"),
    ({}, "\u03bf\u03b4\u03bf\u03c2"),
    ({}, "\u0131 -i\u0307"),
    ({}, "\xe5 NGSTRO\u0308M"),
    ({}, "a\xa0b\u2003c\ufeffd"),
    ({}, "onerror=alert(1)"),
    ({}, '<b>bold</b>&"q"'),
    ({"strand": {"in": ["+", "-"]}, "nonzero_mean": {"min": 0.1}}, "-assay_title:rna -strnd:x"),
]  # fmt: skip

RANDOM_FIELDS = (
    "track_name", "strand", "biosample_name", "genetically_modified", "nonzero_mean", "my field",
)  # fmt: skip
RANDOM_POOLS = (
    ("+", "-", ".", None),
    ("liver", "K562", "Brain cortex", "a:b", '<i>"q"</i>', "UBERON:7", "\U0001f9ec", "Stra\xdfe", None),
    (True, False, None),
    (0.5, 3.0, 12.25, 0.001, None),
    ("on", "off on", "-on", None, None),
)  # fmt: skip
RANDOM_WORDS = (
    "li", "K5", "-k562", "brain cortex", '"brain cortex"', "a:b", "-a:b", "UBERON:7", "uberon:8",
    "strand:+", "-strand:=.", "strand:", 'biosample_name:"n c"', "biosample_name:=LIVER", "t1 ",
    "-genetically_modified:true", "nonzero_mean:5", "-nonzero_mean:=3", '"<i>', '"""q', "STRASSE",
    "biosample:liver", "Strand:+", "foo:bar", "\U0001f9ec", "-", '""', "histone_mark:x",
    "-histone_mark:x", "my:x", "t:x", "1:2", "-track_name:t2",
)  # fmt: skip
N_RANDOM = 200


def human_table() -> dict[str, object]:
    """16-bit codes of ten fields of the 5,563 real human tracks in file order; 0 is missing."""
    table = TrackMetadataCatalog.load_builtin("human").table()
    rows = np.flatnonzero(~table.is_padding).tolist()
    values, codes = {}, []
    for field in HUMAN_FIELDS:
        texts: dict[str, int] = {}
        cells = table.cells(field)
        for row in rows:
            text = oracle.shown(cells[row])
            codes.append(0 if text is None else texts.setdefault(text, len(texts) + 1))
        values[field] = list(texts)
    packed = base64.b64encode(zlib.compress(np.array(codes, "<u2").tobytes(), 9)).decode("ascii")
    return {"n": len(rows), "values": values, "codes_zlib_base64": packed}


def mappings(fields: tuple[str, ...], cells: list[tuple[object, ...]]) -> list[dict[str, object]]:
    """Rows without their missing cells, as the oracle reads them."""
    common = {"output_name": "atac", "organism": 0}
    return [
        common | {f: v for f, v in zip(fields, row, strict=True) if v is not None} for row in cells
    ]


def answer(
    rows: list[dict[str, object]],
    filters: dict[str, dict[str, object]],
    text: str,
    fields: tuple[str, ...],
) -> dict[str, object]:
    """A choice and what it must give; empty parts are left out."""
    known = sorted({field for row in rows for field in row} | oracle.KNOWN_FIELDS)
    problems = [
        [token, field, list(closest(field, known))]
        for token, field in oracle.conditions(rows, text)[1]
    ]
    made = {
        "filters": filters,
        "text": text,
        "rows": oracle.matches(rows, filters, text),
        "problems": problems,
        "counts": oracle.counts(rows, filters, text, fields),
    }
    return {key: value for key, value in made.items() if value or key == "rows"}


def toy_document() -> dict[str, object]:
    rows = mappings(TOY_FIELDS, TOY_ROWS)
    counted = ("strand", "biosample_name", "genetically_modified")
    texts = {oracle.shown(value) for row in rows for value in row.values()}
    folded = {
        text: oracle.fold(text) for text in sorted(texts) if oracle.fold(text) != text.lower()
    }
    cases = [
        answer(rows, filters, text, counted if place % 4 == 0 or filters else ())
        for place, (filters, text) in enumerate(TOY_CHOICES)
    ]
    return {
        "fields": TOY_FIELDS,
        "folded": folded,
        "catalogs": [{"rows": TOY_ROWS, "cases": cases}],
    }


def random_filters(chance: random.Random) -> dict[str, dict[str, object]]:
    filters: dict[str, dict[str, object]] = {}
    for field, pool in zip(RANDOM_FIELDS[1:], RANDOM_POOLS, strict=True):
        if chance.random() < 0.65:
            continue
        kind = chance.choice(["in", "in", "not", "both", "range"])
        texts = list(dict.fromkeys(oracle.shown(value) for value in pool))
        rule: dict[str, object] = {}
        if kind == "range" and field == "nonzero_mean":
            rule = chance.choice([{"min": 0.5}, {"max": 3}, {"min": 0.01, "max": 12.25}])
        if kind in ("in", "both"):
            rule["in"] = chance.sample(texts, chance.randint(0, 2))
        if kind in ("not", "both"):
            rule["not"] = chance.sample(texts, chance.randint(1, 2))
        if rule:
            filters[field] = rule
    return filters


def random_document() -> dict[str, object]:
    chance = random.Random(20240607)
    catalogs = []
    for _ in range(N_RANDOM):
        cells = [
            (f"t{i}", *(chance.choice(pool) for pool in RANDOM_POOLS))
            for i in range(chance.randint(0, 6))
        ]
        text = " ".join(chance.sample(RANDOM_WORDS, chance.choice([0, 0, 1, 1, 2, 3])))
        field = chance.choice(["strand", "biosample_name", "genetically_modified", "my field"])
        rows = mappings(RANDOM_FIELDS, cells)
        there = {name for row in rows for name in row} | oracle.KNOWN_FIELDS
        filters = {n: rule for n, rule in random_filters(chance).items() if n in there}
        case = answer(rows, filters, text, (field,))
        catalogs.append({"rows": cells, "cases": [case]})
    return {"fields": RANDOM_FIELDS, "catalogs": catalogs}


def folding_document() -> list[list[str]]:
    """Letters whose case folding is not their lower case; Cherokee by its first and last ones."""
    found = []
    for code in range(0x110000):
        if 0xD800 <= code <= 0xDFFF:
            continue
        letter = unicodedata.normalize("NFC", chr(code))
        is_cherokee = 0x13A0 < code < 0x13FD or 0xAB70 < code < 0xABBF
        if letter.casefold() != letter.lower() and not is_cherokee:
            found.append([chr(code), letter.casefold()])
    return found


def documents() -> dict[str, str]:
    """File name -> content."""
    made = {
        "facets_human.json": human_table(),
        "facets_toy.json": toy_document(),
        "facets_random.json": random_document(),
        "folding.json": folding_document(),
    }
    return {
        name: json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False) + "\n"
        for name, content in made.items()
    }


if __name__ == "__main__":
    for name, content in documents().items():
        (HERE / name).write_text(content, encoding="utf-8")

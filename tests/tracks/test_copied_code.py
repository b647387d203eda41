"""Copy as Python: the code that the page writes gives the tracks that the panel shows."""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path

import pytest
import torch

from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.track_metadata import TrackMetadata

WIRE = Path(__file__).parents[1] / "wire"
_SPEC = importlib.util.spec_from_file_location("make_facets", WIRE / "make_facets.py")
facet_files = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(facet_files)

GOLDEN = {
    name: json.loads((WIRE / f"facets_{name}.json").read_text("utf-8"))
    for name in ("toy", "random")
}
WRITTEN = json.loads((WIRE / "python_tracks.json").read_text("utf-8"))
CODE = WRITTEN["golden"]


def run_cell(code, names):
    """Run code as a notebook cell does and give the value of its last expression."""
    tree = ast.parse(code)
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - the code under test
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307


def tracks_of(rows):
    """Output name -> tracks; the row number travels as a field of its own."""
    core = ("output_name", "organism", "track_name")
    outputs = {}
    for i, row in enumerate(rows):
        extras = {field: value for field, value in row.items() if field not in core}
        tracks = outputs.setdefault(row["output_name"], [])
        name, organism = row["output_name"], row["organism"]
        tracks.append(
            TrackMetadata(len(tracks), name, organism, row["track_name"], extras | {"row": i})
        )
    return outputs


def objects_of(rows, organism=0):
    """The same tracks as a catalogue and as predicted outputs whose values are row numbers."""
    outputs = tracks_of(rows)
    catalog = TrackMetadataCatalog({organism: {n: tuple(t) for n, t in outputs.items()}})
    heads = {}
    for name, tracks in outputs.items():
        values = torch.tensor([float(track.get("row")) for track in tracks]).expand(1, 2, -1)
        tensors = {r: NamedTrackTensor(values, tracks, name, r) for r in (1, 128)}
        heads[name] = NamedOutputHead(name, tensors)
    return {"catalog": catalog, "out": NamedOutputs(heads, organism=organism)}


def rows_in(result):
    """Row numbers of a catalogue, of outputs, or of what a selection across heads gives."""
    if isinstance(result, TrackMetadataCatalog):
        return [row["row"] for row in result.to_rows()]
    tensors = [tensor for _, head in result.named_items() for _, tensor in head.items()] if (
        isinstance(result, NamedOutputs)
    ) else list(result.values())  # fmt: skip
    for tensor in tensors:
        assert tensor.tensor[0, 0].tolist() == tensor.column("row")
    found = [row for tensor in tensors for row in tensor.column("row")]
    assert all(found.count(row) == 2 for row in found)
    return found


@pytest.mark.parametrize(
    ("name", "place", "at", "code"),
    [pytest.param(*entry, id=f"{entry[0]}-{entry[1]}-{entry[2]}") for entry in CODE],
)
def test_copied_code_gives_the_tracks_of_the_panel(name, place, at, code):
    golden = GOLDEN[name]
    catalog = golden["catalogs"][place]
    rows = facet_files.mappings(tuple(golden["fields"]), catalog["rows"])
    result = run_cell(code, objects_of(rows))
    assert sorted(set(rows_in(result))) == catalog["cases"][at]["rows"]


def test_every_choice_of_the_toy_table_has_its_code():
    assert len([entry for entry in CODE if entry[0] == "toy"]) == len(facet_files.TOY_CHOICES)
    assert len([entry for entry in CODE if entry[0] == "random"]) >= 60
    receivers = {line for *_, code in CODE for line in code.splitlines() if ".select(" in line}
    assert any(line.startswith("out.") for line in receivers)
    assert any(line.startswith("catalog.") for line in receivers)


@pytest.mark.parametrize(("rows", "code"), WRITTEN["resolutions"])
def test_copied_code_of_a_browser_tells_resolutions_apart(rows, code):
    """A browser lists every track once per resolution: rows 0, 1 at 1 bp, rows 2, 3 at 128 bp."""
    strands = [
        {"output_name": "atac", "organism": 0, "track_name": s, "strand": s} for s in ("+", "-")
    ]
    result = run_cell(code, objects_of(strands))
    found = [
        row + {1: 0, 128: 2}[resolution]
        for (_, resolution), tensor in result.items()
        for row in tensor.column("row")
    ]
    assert sorted(found) == rows


@pytest.mark.parametrize(("rows", "code"), WRITTEN["organisms"])
def test_copied_code_of_a_catalogue_asks_every_organism(rows, code):
    outputs = {
        organism: {
            "atac": tuple(
                TrackMetadata(i, "atac", organism, s, {"strand": s, "row": 2 * organism + i})
                for i, s in enumerate("+-")
            )
        }
        for organism in (0, 1)
    }
    result = run_cell(code, {"catalog": TrackMetadataCatalog(outputs)})
    parts = result if isinstance(result, list) else [result]
    assert sorted(row for part in parts for row in rows_in(part)) == rows


@pytest.mark.fault("X1")
def test_copied_code_carries_hostile_values_as_text():
    """Markup, quotes and direction marks stay inside of quotes, in plain ASCII."""
    for *_, code in CODE:
        assert code.isascii()
        tree = ast.parse(code)
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert names <= {"out", "catalog", "t", "f", "any", "TEXT_FIELDS", "folded_text",
                         "shown_text"}  # fmt: skip

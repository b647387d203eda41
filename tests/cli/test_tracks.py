"""`locuscope tracks`: the same rows and numbers as the calls from Python."""

from __future__ import annotations

import json

import pytest

from locuscope.cli import main
from locuscope.tracks.metadata import TrackMetadataCatalog
from locuscope.tracks.query import Query


def run(capsys, *words):
    code = main(["tracks", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def human():
    return TrackMetadataCatalog.load_builtin("human")


def test_list_prints_what_select_gives(capsys):
    code, out, _ = run(
        capsys, "list", "transcription_factor=CTCF", "genetically_modified=false", "--limit", "0"
    )
    lines = out.splitlines()
    chosen = human().select(transcription_factor=["CTCF"], genetically_modified=[False])
    assert (code, lines[0].split("\t")[0]) == (0, "output_name")
    names = [line.split("\t")[2] for line in lines[1:]]
    assert names == chosen.table().cells("track_name")
    assert len(names) == 143


def test_list_says_how_many_it_leaves_out(capsys):
    _, out, _ = run(
        capsys, "list", "assay_title=ATAC-seq", "--limit", "2", "--columns", "track_name, strand"
    )
    lines = out.splitlines()
    assert (lines[0], len(lines)) == ("track_name\tstrand", 4)
    assert lines[-1] == "... and 165 more; --limit 0 shows all 167"


def test_a_field_named_twice_is_any_of_and_an_empty_value_is_missing(capsys):
    _, out, _ = run(
        capsys, "list", "output_name=rna_seq", "gtex_tissue=", "strand=+", "strand=-", "--json"
    )
    chosen = human().select(output_name="rna_seq", gtex_tissue=None, strand=["+", "-"])
    assert json.loads(out)["total"] == len(chosen.table())


def test_text_narrows_like_the_search_box(capsys):
    _, out, _ = run(capsys, "list", "--text", "LIVER h3k4me1", "--json", "--limit", "0")
    listed = json.loads(out)
    counted = human().facets(Query({}, "liver H3K4me1"), ["output_name"])["output_name"]
    assert listed["total"] == len(listed["tracks"]) == sum(v.count for v in counted.values) > 0


def test_counts_are_the_facet_counts(capsys):
    words = ("counts", "strand=+", "strand=-", "--field", "output_name", "--field", "assay_title")
    code, out, _ = run(capsys, *words)
    counted = human().facets(Query({"strand": ("+", "-")}), ["output_name", "assay_title"])
    expected = [
        f"{name}\t{'(missing)' if v.value is None else v.value}\t{v.count}\t{v.total}"
        for name, field in counted.items()
        for v in field.values
    ]
    assert (code, out.splitlines()) == (0, expected)
    _, out, _ = run(capsys, *words, "--json")
    assert json.loads(out)["output_name"][0] == {
        "value": "splice_site_usage",
        "count": 734,
        "total": 734,
    }


def test_counts_take_the_default_fields(capsys):
    _, out, _ = run(capsys, "counts", "--catalog", "borzoi", "--json")
    assert {v["value"]: v["count"] for v in json.loads(out)["assay_title"]}["CHIP"] == 3886


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv"])
def test_export_writes_what_select_gives(capsys, tmp_path, suffix):
    path = tmp_path / f"tracks.{suffix}"
    code, out, _ = run(capsys, "export", str(path), "output_name=atac", "biosample_type=tissue")
    chosen = human().select(output_name="atac", biosample_type="tissue")
    assert (code, out) == (0, f"{path}: {len(chosen.table())} tracks\n")
    assert TrackMetadataCatalog.from_file(path) == chosen
    _, out, _ = run(capsys, "list", "--catalog", str(path), "--json", "--limit", "1")
    assert json.loads(out)["total"] == len(chosen.table())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["list", "assay_title=ATAC"],
            "assay_title is never 'ATAC' here; values that occur: 'ATAC-seq' (167)",
        ),
        (["list", "strnad=+"], "Did you mean 'strand'?"),
        (["list", "strand"], "FIELD=VALUE"),
        (["list", "--catalog", "nope.csv"], "Track metadata file not found: nope.csv"),
        (["counts", "--field", "nope"], "No track has a field 'nope'"),
        (["export", "out.json"], "extension '.json'"),
        (["list", "genetically_modified=perhaps"], "genetically_modified"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(capsys, words, sentence):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("locuscope tracks: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_control_characters_never_reach_the_terminal(capsys, tmp_path):
    rows = [{"output_type": "atac", "track_name": "a\x1b[31m\tb\nc"}]
    path = TrackMetadataCatalog.from_rows(rows).write(tmp_path / "t.parquet")
    _, out, _ = run(capsys, "list", "--catalog", str(path), "--columns", "track_name")
    assert out == "track_name\na\\x1b[31m\\tb\\nc\n"


def test_an_action_is_needed(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["tracks"])
    assert caught.value.code == 2
    assert "ACTION" in capsys.readouterr().err

"""`locuscope tracks`: the same rows and numbers as the calls from Python."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from locuscope.cli import main
from locuscope.errors import NoTracksError
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
        (["list", "--catalog", "humn"], "No catalogue 'humn' (did you mean 'human'?): expected"),
        (["list", "--catalog", "rat"], "No catalogue 'rat': expected human, mouse, borzoi, or a"),
        (["counts", "--field", "nope"], "No track has a field 'nope'"),
        (["export", "out.json"], "extension '.json'"),
        (["list", "genetically_modified=perhaps"], "genetically_modified"),
        (["list", "--columns", "track_name,nope"], "No track has a field 'nope'"),
        (["list", "--columns", " , "], "names no field"),
        (["list", "--limit", "-1"], "--limit is -1; expected a number of tracks, or 0 for all"),
        (["list", "--text", "strnd:+"], "Did you mean 'strand'?"),
        (["list", "--text", "zzzz", "strand=+"], "No track holds the text 'zzzz'; 919 fulfil"),
        (["list", "organism=zebrafish"], "Unknown organism 'zebrafish'. Known: human (0), mouse"),
        (["list", "organism=human", "organism=mouse"], "One organism at a time"),
        (["list", "--organism", "1", "organism="], "One organism at a time"),
        (["list", "predicate=x"], "No track has a field 'predicate'"),
        (["list", "allow_empty=1"], "No track has a field 'allow_empty'"),
        (["counts", "nonzero_mean=high"], "nonzero_mean='high' is not a number"),
        (["counts", "strnad=+"], "Did you mean 'strand'?"),
        (["install", "nope.csv"], "Track metadata file not found: nope.csv"),
        (["install", "nope.csv", "--organism", "human"], "human comes built in"),
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


FIELDS = (
    "output_name",
    "strand",
    "assay_title",
    "biosample_type",
    "data_source",
    "histone_mark",
    "gtex_tissue",
    "genetically_modified",
    "biosample_name",
)


def own_catalog(folder):
    """A table of a user with fields of every type, one of them called like an option of select."""
    rng = random.Random(5)
    rows = [
        {
            "output_type": rng.choice(["atac", "mine"]),
            "track_name": f"t {k}",
            "strand": rng.choice("+-."),
            "genetically_modified": rng.choice([True, False, None]),
            "nonzero_mean": rng.choice([0.5, 2.0, None]),
            "depth": rng.choice([1, 2, 30]),
            "share": rng.choice([0.25, 2.0]),
            "batch": rng.choice(["a=b", "x y", "größe", None]),
            "seen": rng.choice([True, False]),
            "predicate": rng.choice(["p", "q"]),
        }
        for k in range(60)
    ]
    return TrackMetadataCatalog.from_rows(rows).write(folder / "mine.parquet")


def spelt(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def random_criteria(rng, table, fields):
    criteria = {}
    for field in rng.sample(fields, rng.choice([0, 1, 1, 2])):
        values = list(dict.fromkeys(table.cells(field)))
        criteria[field] = rng.sample(values, min(len(values), rng.choice([1, 2, 3])))
    return criteria


def words_of(criteria):
    return [f"{field}={spelt(value)}" for field, values in criteria.items() for value in values]


@pytest.fixture(params=["human", "borzoi", "mine"])
def source(request, tmp_path):
    """What --catalog is given, the catalogue, and fields to ask about."""
    if request.param != "mine":
        catalog = TrackMetadataCatalog.load_builtin(request.param)
        fields = [name for name in FIELDS if catalog.table().has_field(name)]
        return request.param, catalog, fields
    path = own_catalog(tmp_path)
    catalog = TrackMetadataCatalog.from_file(path)
    own = ["strand", "genetically_modified", "nonzero_mean", "depth", "share", "batch", "seen"]
    return str(path), catalog, own


def test_lists_and_exports_are_what_select_gives(capsys, tmp_path, source):
    name, catalog, fields = source
    rng = random.Random(11)
    for turn in range(12):
        criteria = random_criteria(rng, catalog.table(), fields)
        words = words_of(criteria)
        chosen = catalog.select(**criteria, allow_empty=True)
        if chosen.is_empty():
            with pytest.raises(NoTracksError) as caught:
                catalog.select(**criteria)
            code, _, err = run(capsys, "list", *words, "--catalog", name)
            assert (code, err) == (2, f"locuscope tracks: {caught.value}\n")
            continue
        columns = ("track_index", *fields)
        options = ("--json", "--limit", "0", "--columns", ",".join(columns))
        code, out, _ = run(capsys, "list", *words, "--catalog", name, *options)
        listed = json.loads(out)["tracks"]
        table = chosen.whole_table()
        expected = zip(*(table.cells(field) for field in columns), strict=True)
        assert code == 0
        assert [tuple(row.values()) for row in listed] == list(expected)
        if turn % 4 == 0:
            path = tmp_path / f"out{turn}.parquet"
            assert run(capsys, "export", str(path), *words, "--catalog", name)[0] == 0
            assert TrackMetadataCatalog.from_file(path) == chosen


def test_counts_are_the_facet_counts_of_the_catalogue(capsys, source):
    name, catalog, fields = source
    rng = random.Random(12)
    for _ in range(8):
        criteria = random_criteria(rng, catalog.table(), fields)
        text = rng.choice(["", "a", "t -1", "strand:+", "liver"])
        counted_fields = rng.sample(fields, 2)
        query = Query({field: tuple(values) for field, values in criteria.items()}, text)
        flags = [word for field in counted_fields for word in ("--field", field)]
        code, out, _ = run(
            capsys,
            "counts",
            *words_of(criteria),
            *flags,
            "--text",
            text,
            "--catalog",
            name,
            "--json",
        )
        counted = catalog.facets(query, counted_fields)
        expected = {
            field: [{"value": v.value, "count": v.count, "total": v.total} for v in found.values]
            for field, found in counted.items()
        }
        assert (code, json.loads(out)) == (0, expected)


def test_the_text_is_that_of_the_search_box(capsys, source):
    name, catalog, _ = source
    for text in ("strand:+", "-strand:+ a", '"t 1"', "CD4", '"cl:0000"', "ATAC", "-t"):
        counted = catalog.facets(Query({}, text), ["output_name"])["output_name"]
        n_expected = sum(value.count for value in counted.values)
        code, out, _ = run(capsys, "list", f"--text={text}", "--catalog", name, "--json")
        assert (code == 0) == (n_expected > 0)
        if n_expected:
            assert json.loads(out)["total"] == n_expected


def test_a_word_means_the_same_beside_criteria(capsys):
    """UBERON:0002107 is a word because some track holds it, also where the criteria leave none."""
    code, _, err = run(capsys, "list", "--text", "UBERON:0002107", "output_name=splice_sites")
    assert (code, "No track holds the text" in err) == (2, True)


def test_a_field_named_like_an_option_of_select_can_be_asked(capsys, tmp_path):
    path = own_catalog(tmp_path)
    chosen = TrackMetadataCatalog.from_file(path).select(predicate=lambda t: t.predicate == "p")
    _, out, _ = run(capsys, "list", "predicate=p", "--catalog", str(path), "--json")
    assert json.loads(out)["total"] == len(chosen.whole_table()) > 0


def test_the_source_stands_beside_the_rows(capsys):
    _, out, err = run(capsys, "list", "--limit", "1", "--columns", "strand")
    assert out.splitlines()[0] == "strand"
    assert "CC BY 4.0" in err
    assert "Google DeepMind" in err
    assert "the embedded models predict their own only" in err
    _, out, err = run(capsys, "list", "--limit", "1", "--catalog", "borzoi", "--json")
    assert err == ""
    assert "borzoi-pytorch 0.5.1, Apache-2.0" in json.loads(out)["source"]


def test_a_table_of_ones_own_has_no_source(capsys, tmp_path):
    _, out, err = run(capsys, "list", "--catalog", str(own_catalog(tmp_path)), "--json")
    assert (json.loads(out)["source"], err) == (None, "")


@pytest.fixture
def two_organisms(tmp_path):
    rows = [{"output_type": "atac", "track_name": f"o{o}", "organism": o} for o in (0, 1, 7)]
    return str(TrackMetadataCatalog.from_rows(rows).write(tmp_path / "two.csv"))


@pytest.mark.parametrize("words", [["--organism", "7"], ["organism=7"]])
def test_one_organism_at_a_time_and_the_others_are_named(capsys, two_organisms, words):
    _, out, err = run(capsys, "list", "--catalog", two_organisms, "--columns", "track_name")
    assert out == "track_name\no0\n"
    assert err == "Organism 0 only; --organism takes 1, 7 too.\n"
    _, out, _ = run(capsys, "list", *words, "--catalog", two_organisms, "--columns", "track_name")
    assert out == "track_name\no7\n"
    code, _, err = run(capsys, "list", "--organism", "3", "--catalog", two_organisms)
    assert (code, "Unknown organism '3'" in err or "Unknown organism 3" in err) == (2, True)


class TestInstall:
    @pytest.fixture
    def home(self, monkeypatch, tmp_path):
        monkeypatch.delenv("LOCUSCOPE_CATALOGS", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        return tmp_path

    def test_a_table_is_checked_copied_and_used(self, capsys, home):
        (home / "m.csv").write_text("output_type,track_name\natac,m0\natac,m1\ncage,m2\n")
        code, out, err = run(capsys, "install", str(home / "m.csv"), "--organism", "mouse")
        target = home / "data" / "locuscope" / "catalogs" / "track_metadata_mouse.csv"
        assert (code, err) == (0, "")
        assert out == f"Installed {target}: 3 mouse tracks (atac 2, cage 1).\n"
        for words in (["--catalog", "mouse"], ["--organism", "mouse"], ["organism=mouse"]):
            _, out, _ = run(capsys, "list", *words, "--json", "--columns", "track_name")
            assert [row["track_name"] for row in json.loads(out)["tracks"]] == ["m0", "m1", "m2"]
        _, out, _ = run(capsys, "install", str(home / "m.csv"), "--json")
        assert json.loads(out) == {"path": str(target), "tracks": {"atac": 2, "cage": 1}}

    @pytest.mark.parametrize("content", ["", "track_name\na\n", "output_type,strand\natac,up\n"])
    def test_a_bad_table_is_one_sentence_and_nothing_is_installed(self, capsys, home, content):
        (home / "m.csv").write_text(content)
        code, out, err = run(capsys, "install", str(home / "m.csv"))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "m.csv" in err
        assert not (home / "data").exists()

    def test_without_a_table_the_command_is_told(self, capsys, home):
        for words in (["list", "--organism", "mouse"], ["counts", "--catalog", "mouse"]):
            code, out, err = run(capsys, *words)
            assert (code, out) == (2, "")
            assert "locuscope tracks install FILE --organism mouse" in err


def test_the_installed_program_gives_the_same(tmp_path):
    program = Path(sys.executable).with_name("locuscope")
    path = tmp_path / "ctcf.tsv"
    words = ["tracks", "export", str(path), "transcription_factor=CTCF", "--json"]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=True, timeout=60)
    chosen = human().select(transcription_factor="CTCF")
    assert json.loads(done.stdout)["tracks"] == len(chosen.whole_table()) == 153
    assert TrackMetadataCatalog.from_file(path) == chosen


def test_numbers_that_json_lacks_are_text(capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("output_type,nonzero_mean\natac,-inf\natac,\n")
    words = ["--catalog", str(path), "--json"]
    _, out, _ = run(capsys, "list", *words, "--columns", "nonzero_mean")
    assert [row["nonzero_mean"] for row in json.loads(out)["tracks"]] == ["-inf", None]
    _, out, _ = run(capsys, "counts", *words, "--field", "nonzero_mean")
    assert [value["value"] for value in json.loads(out)["nonzero_mean"]] == ["-inf", None]


def test_a_list_names_the_channel_of_the_network(capsys):
    code, out, _ = run(capsys, "list", "transcription_factor=FOXA1", "--limit", "2", "--json")
    table = TrackMetadataCatalog.load_builtin("human").table("chip_tf")
    rows = [i for i, name in enumerate(table.cells("transcription_factor")) if name == "FOXA1"]
    assert code == 0
    assert [row["source_index"] for row in json.loads(out)["tracks"]] == rows[:2]
    assert rows[0] > 0

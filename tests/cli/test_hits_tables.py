"""`locuscope hits collapse-hits`, `intersect-hits`, `export` and `annotate`."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from locuscope.cli import main
from locuscope.genome import BigWig, Interval
from locuscope.motifs import Hits, collapse_hits, read_motifs, write_meme
from tests.cli.hit_inputs import write_inputs

PUBLISHED = Path(__file__).parents[1] / "motifs" / "data" / "published_hits"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hits.tsv").write_bytes((PUBLISHED / "hits.tsv").read_bytes())
    return tmp_path


def run(*words: object) -> int:
    return main(["hits", *map(str, words)])


def read(path: str | Path) -> pl.DataFrame:
    return pl.read_csv(path, separator="\t", infer_schema_length=None)


def refused(capsys, place, out: str) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("locuscope hits ")
    assert not (place / out).exists()
    return said


class TestCollapse:
    def test_the_published_table(self, place, capsys):
        assert run("collapse-hits", "-i", "hits.tsv", "-o", "c.tsv", "--mode", "finemo") == 0
        assert "108 of 115 hits are primary" in capsys.readouterr().out
        expected = read(PUBLISHED / "collapsed.tsv")
        found = read("c.tsv")
        assert found.columns == expected.columns
        assert found["is_primary"].to_list() == expected["is_primary"].to_list()
        assert found["start"].to_list() == expected["start"].to_list()

    def test_as_in_python(self, place):
        assert run("collapse-hits", "-i", place, "-o", "c.tsv", "-O", 0.5) == 0
        expected = collapse_hits(place / "hits.tsv", overlap=0.5)
        assert read("c.tsv")["is_primary"].to_list() == expected["is_primary"].to_list()

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-i", "no.tsv"], "no.tsv"),
            (["-i", "hits.tsv", "-O", 2], "overlap is 2"),
            (["-i", PUBLISHED / "peaks_qc.tsv"], "column"),
        ],
    )
    def test_refusals(self, place, capsys, words, said):
        assert run("collapse-hits", "-o", "c.tsv", *words) == 2
        assert said in refused(capsys, place, "c.tsv")


class TestIntersect:
    def test_hits_of_both(self, place, capsys):
        rows = read("hits.tsv").with_columns(pl.col("hit_similarity") / 2)
        rows[10:50].write_csv("b.tsv", separator="\t")
        assert run("intersect-hits", "-i", "hits.tsv", "b.tsv", "-o", "i.tsv") == 0
        assert "40 hits of all 2 tables" in capsys.readouterr().out
        found = read("i.tsv")
        assert found["start"].to_list() == rows["start"][10:50].to_list()
        assert (found["hit_similarity_1"] < found["hit_similarity"]).all()

    def test_relaxed_does_not_ask_for_the_core(self, place):
        rows = read("hits.tsv").with_columns(pl.col("start") + 1)
        rows.write_csv("b.tsv", separator="\t")
        assert run("intersect-hits", "-i", "hits.tsv", "b.tsv", "-o", "s.tsv") == 0
        assert run("intersect-hits", "-i", "hits.tsv", "b.tsv", "-o", "r.tsv", "-r") == 0
        assert (len(read("s.tsv")), len(read("r.tsv"))) == (0, 115)

    def test_one_table_stays(self, place):
        assert run("intersect-hits", "-i", "hits.tsv", "-o", "i.tsv") == 0
        assert read("i.tsv").equals(read("hits.tsv"))

    def test_refusals(self, place, capsys):
        assert run("intersect-hits", "-i", "hits.tsv", "no.tsv", "-o", "i.tsv") == 2
        assert "no.tsv" in refused(capsys, place, "i.tsv")
        assert run("intersect-hits", "-i", "hits.tsv", "-o", "none/i.tsv") == 2
        assert "none" in refused(capsys, place, "none")


class TestExport:
    @pytest.fixture
    def hits(self, place):
        names = ("hits.tsv", "peaks_qc.tsv", "motif_data.tsv", "motif_cwms.npy", "parameters.json")
        (place / "h").mkdir()
        for name in names:
            (place / "h" / name).write_bytes((PUBLISHED / name).read_bytes())
        found = Hits.open(place / "h")
        ends = found.table.group_by("chr").agg(pl.col("end").max()).rows()
        text = "".join(f">{chrom}\n{'ACGT' * (end // 4 + 9)}\n" for chrom, end in sorted(ends))
        (place / "g.fa").write_text(text)
        return found

    def test_bed(self, place, hits, capsys):
        assert run("export", "-i", "h", "-o", "h.bed") == 0
        assert "115 hits" in capsys.readouterr().out
        hits.to_bed("python.bed")
        assert Path("h.bed").read_bytes() == Path("python.bed").read_bytes()
        assert run("export", "-i", "h", "-o", "z.bed", "--bed-score", "zero") == 0
        assert {line.split("\t")[4] for line in Path("z.bed").read_text().splitlines()} == {"0"}

    def test_tracks(self, place, hits):
        words = ["-i", "h", "-f", "g.fa", "--value", "hit_similarity"]
        assert run("export", *words, "-o", "h.bw") == 0
        best = hits.table.sort("hit_similarity", descending=True).row(0, named=True)
        values = BigWig("h.bw").values(Interval(best["chr"], best["start"], best["end"]))
        assert values.max() == pytest.approx(best["hit_similarity"], rel=1e-6)
        assert run("export", *words, "-o", "tracks", "--per-motif") == 0
        names = {f"{name}.bw" for name in hits.table["motif_name"]}
        assert {item.name for item in Path("tracks").iterdir()} >= names

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["-o", "x.txt"], ".bed"),
            (["-o", "x.bw"], "-f FASTA"),
            (["-o", "x.bed", "-f", "g.fa"], "--fasta has no effect on BED"),
            (["-o", "x.bw", "-f", "g.fa", "--bed-score", "zero"], "--bed-score has no effect"),
            (["-o", "x.bw", "-f", "no.fa"], "no.fa"),
            (["-o", "x.bed", "-i", "none"], "none"),
        ],
    )
    def test_refusals(self, place, hits, capsys, words, said):
        assert run("export", "-i", "h", *words) == 2
        assert said in refused(capsys, place, words[1])


class TestAnnotate:
    @pytest.fixture
    def known(self, place):
        write_inputs(place)
        motifs = read_motifs("modisco.h5", reverse_complements=False)
        names = {name: f"known_{k}" for k, name in enumerate(motifs.names)}
        write_meme(motifs.rename(names), "known.meme")
        return names

    def test_labels(self, place, known, capsys):
        words = ["-m", "modisco.h5", "-k", "known.meme", "-o", "a.tsv"]
        assert run("annotate", *words, "--top", 1, "--min-similarity", 0.5) == 0
        assert "2 of 2 motifs are labelled" in capsys.readouterr().out
        found = dict(read("a.tsv").select("motif_name", "annotation").rows())
        assert found == known

    def test_those_that_look_like_none_stay_without(self, place, known):
        words = ["-m", "modisco.h5", "-k", "known.meme", "-o", "a.tsv"]
        assert run("annotate", *words, "--min-similarity", 1) == 0
        found = read("a.tsv")
        assert found["motif_name"].to_list() == list(known)
        assert found["annotation"].null_count() == 2

    def test_a_folder_of_hits(self, place, known):
        words = ["-s", "ohe.npz", "-a", "attr.npz", "-p", "peaks.narrowPeak", "-w", 40]
        assert run("extract-regions-modisco-fmt", *words, "-o", "r.npz") == 0
        (place / "names.tsv").write_text(f"{next(iter(known))}\tALPHA\n")
        call = ["-r", "r.npz", "-m", "modisco.h5", "-N", "names.tsv", "-o", "h", "--quiet"]
        assert run("call-hits", *call) == 0
        assert run("annotate", "-m", "h", "-k", "h", "-o", "a.tsv", "--top", 1) == 0
        found = read("a.tsv")
        assert found["annotation"].to_list() == ["ALPHA", list(known)[1]]
        assert found["motif_name_orig"].to_list() == list(known)

    def test_refusals(self, place, known, capsys):
        words = ["-m", "modisco.h5", "-k", "known.meme", "-o", "a.tsv"]
        assert run("annotate", *words, "--top", 0) == 2
        assert "--top 0" in refused(capsys, place, "a.tsv")
        assert run("annotate", *words, "--min-similarity", 3) == 2
        assert "correlation from -1 to 1" in refused(capsys, place, "a.tsv")
        assert run("annotate", "-m", "no.h5", "-k", "known.meme", "-o", "a.tsv") == 2
        assert "no.h5" in refused(capsys, place, "a.tsv")

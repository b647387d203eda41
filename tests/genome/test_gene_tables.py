"""Gene tables: checked, numbered, and derived where the source says nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope.errors import DataWarning, FormatError, InputError
from locuscope.genome.gene_rows import Faults, GeneRows
from locuscope.genome.gene_tables import SCHEMAS, build, conform, cut_versions, empty
from locuscope.genome.genes import Genes
from tests.genome import gene_toy
from tests.genome.gene_text import exon
from tests.oracles import genes_oracle


@pytest.fixture
def save(tmp_path):
    def write(lines, name="genes.txt"):
        path = tmp_path / name
        text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
        path.write_bytes(text.encode())
        return path

    return write


def test_coding_parts_hold_the_stop_codon(save):
    genes = Genes.read(save(gene_toy.gtf()))
    rows = genes.cds.rows()
    assert [row[2:] for row in rows if row[0] == "T1.1"] == [(150, 200), (300, 400), (500, 560)]
    assert [row[2:] for row in rows if row[0] == "T3.1"] == [(620, 700), (900, 950)]


def test_exons_are_numbered_from_5_to_3(save):
    genes = Genes.read(save(gene_toy.gtf()))
    minus = genes.select(gene_name="MINUS").exons
    assert minus.sort("exon_number")["start"].to_list() == [900, 600, 350]
    assert set(minus["exon_id"]) == {"T3.1:1", "T3.1:2", "T3.1:3"}


def test_representatives(save):
    genes = Genes.read(save(gene_toy.gtf()))
    assert genes.select(gene_name="PLUS").genes["representative"].to_list() == ["T2.1"]
    lines = [line.replace("MANE_Select", "other") for line in gene_toy.gtf()]
    plain = Genes.read(save(lines))
    assert plain.select(gene_name="PLUS").genes["representative"].to_list() == ["T1.1"]
    tagged = [line.replace("MANE_Select", "Ensembl_canonical") for line in gene_toy.gtf()]
    canonical = Genes.read(save(tagged))
    assert canonical.select(gene_name="PLUS").genes["representative"].to_list() == ["T2.1"]


def test_equal_transcripts_are_parted_by_exons_then_id(save):
    lines = [exon(1, 100, t="b"), exon(1, 100, t="a")]
    assert Genes.read(save(lines)).genes["representative"].to_list() == ["a"]
    lines += [exon(1, 50, t="c"), exon(60, 109, t="c")]
    assert Genes.read(save(lines)).genes["representative"].to_list() == ["c"]
    lines += [exon(1, 101, t="d")]
    assert Genes.read(save(lines)).genes["representative"].to_list() == ["d"]


def test_versions_are_cut_on_demand(save):
    lines = [
        line.replace("G5.1", "ENSG5.12_PAR_Y").replace("G4.1", "ENSG4.7_2")
        for line in gene_toy.gtf()
    ]
    genes = Genes.read(save(lines), keep_version=False)
    assert genes.genes["gene_id"].to_list() == [
        "G1",
        "G2",
        "G3",
        "ENSG4",
        "ENSG5_PAR_Y",
        "ENSG5_PAR_Y",
    ]
    assert set(genes.exons["transcript_id"]) == {f"T{k}" for k in range(1, 7)}
    assert genes.genes["representative"][0] == "T2"


def test_coding_parts_stand_for_exons_when_there_are_none(save):
    lines = [
        exon(1, 10, feature="CDS"),
        exon(21, 30, feature="CDS"),
        exon(31, 33, feature="stop_codon"),
    ]
    with pytest.warns(DataWarning, match="no exon rows"):
        genes = Genes.read(save(lines))
    assert genes.exons.select("start", "end").rows() == [(0, 10), (20, 33)]


def test_repeated_exons_are_dropped_and_counted(save):
    with pytest.warns(DataWarning, match="1 exon rows repeat"):
        genes = Genes.read(save([exon(1, 9), exon(1, 9), exon(20, 29)]))
    assert genes.exons["exon_number"].to_list() == [1, 2]


def test_unknown_strand_becomes_a_dot_without_sites(save):
    genes = Genes.read(save([exon(1, 9, strand="?"), exon(20, 29, strand="?")]))
    assert genes.genes["strand"].to_list() == ["."]
    assert len(genes.splice_sites()) == 0
    assert len(genes.tss()) == 0


@pytest.mark.parametrize(
    ("bad", "word", "line"),
    [
        ([exon(5, 20), exon(15, 30)], "overlap", 3),
        ([exon(5, 20), exon(25, 30, strand="-")], "two strands", 3),
        ([exon(30, 20)], "right of end", 2),
        ([exon(0, 20)], "1-based", 2),
        ([exon("x", 20)], "1-based", 2),
        ([exon(5, 20, strand="plus")], "strand", 2),
        ([exon(5, 8, feature="gene"), exon(5, 20, gene="g")], "outside its gene", 1),
        (['1\tt\texon\t5\t20\t.\t+\t.\tgene_id "g";'], "transcript_id", 2),
        (['1\tt\texon\t5\t20\t.\t+\t.\tgene_id "g; transcript_id "t";'], "quotation", 2),
        (["1\tt\texon\t5\t20"], "5 columns", 2),
    ],
)
def test_broken_transcripts_are_named_or_left_out(save, bad, word, line):
    good = exon(900, 990, t="good", gene="other")
    path = save([good, *bad])
    with pytest.raises(FormatError, match=word) as caught:
        Genes.read(path)
    if word != "outside its gene":
        assert caught.value.line == line
    with pytest.warns(DataWarning, match="left out"):
        genes = Genes.read(path, on_bad="skip")
    assert "good" in genes.transcripts["transcript_id"].to_list()
    assert "t" not in genes.exons["transcript_id"].to_list()


# --- the tables alone ---

drawn = st.lists(
    st.tuples(st.sampled_from(["t", "u", "v"]), st.integers(0, 60), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)


def rows_without_overlap(given_rows, strand):
    """Exon rows of which no two of one transcript overlap."""
    rows = GeneRows()
    taken = []
    for transcript, start, width in given_rows:
        end = start + width
        if all(end <= a or b <= start for name, a, b in taken if name == transcript):
            taken.append((transcript, start, end))
            rows.exons.append((None, transcript, "g", "1", start, end, strand, None))
    return rows, taken


@given(drawn, st.sampled_from("+-"))
def test_what_is_derived_follows_the_exons(given_rows, strand):
    rows, taken = rows_without_overlap(given_rows, strand)
    tables = build(rows, Faults("x", "raise"))
    assert tables["cds"] is None
    for name, start, end in tables["transcripts"].select("transcript_id", "start", "end").rows():
        own = sorted((a, b) for transcript, a, b in taken if transcript == name)
        assert (start, end) == (own[0][0], own[-1][1])
        numbered = tables["exons"].filter(transcript_id=name).sort("exon_number")
        places = numbered.select("start", "end").rows()
        assert places == (own if strand == "+" else own[::-1])
        assert numbered["exon_number"].to_list() == list(range(1, len(own) + 1))
        assert numbered["exon_id"].to_list() == [f"{name}:{k + 1}" for k in range(len(own))]
    (gene,) = tables["genes"].rows(named=True)
    assert (gene["start"], gene["end"]) == (min(a for _, a, _ in taken), max(b for *_, b in taken))
    bases = {name: sum(b - a for t, a, b in taken if t == name) for name, *_ in taken}
    assert bases[gene["representative"]] == max(bases.values())


@given(drawn)
def test_coding_parts_are_the_union_per_transcript(given_rows):
    rows = GeneRows()
    for transcript, start, width in given_rows:
        rows.cds.append((transcript, "g", "1", start, start + width, "+", None))
    rows.exons = [(None, t, "g", "1", 0, 100, "+", None) for t in {row[0] for row in given_rows}]
    cds = build(rows, Faults("x", "raise"))["cds"]
    for transcript in {row[0] for row in given_rows}:
        places = [(s, s + w) for t, s, w in given_rows if t == transcript]
        found = cds.filter(transcript_id=transcript).select("start", "end").rows()
        assert found == genes_oracle.union(places)


@pytest.mark.parametrize(
    ("versioned", "plain"),
    [
        ("ENSG00000149488.14", "ENSG00000149488"),
        ("ENSG4.7_2", "ENSG4"),
        ("ENSG5.12_PAR_Y", "ENSG5_PAR_Y"),
        ("ENSG5.12_3_PAR_Y", "ENSG5_PAR_Y"),
        ("ENSG5", "ENSG5"),
        ("Y74C9A.3.1", "Y74C9A.3"),
        ("AC000.x", "AC000.x"),
        ("gene.", "gene."),
    ],
)
def test_versions(versioned, plain):
    table = pl.DataFrame({"gene_id": [versioned], "start": [5]})
    cut = cut_versions({"genes": table, "cds": None})
    assert cut["genes"].rows() == [(plain, 5)]
    assert cut["cds"] is None


def test_a_frame_conforms_or_says_why_not():
    frame = {"gene_id": ["g"], "position": [5.0], "junk": ["x"]}
    found = conform("pas", pl.DataFrame(frame), needed=("gene_id",))
    assert found.rows() == [("g", None, 5, None)]
    assert dict(found.schema) == SCHEMAS["pas"]
    with pytest.raises(InputError, match=r"the pas table has no column \['chrom'\]; found"):
        conform("pas", pl.DataFrame(frame), needed=("gene_id", "chrom"))
    with pytest.raises(InputError, match="the pas table has a column of the wrong type"):
        conform("pas", pl.DataFrame(frame | {"position": ["five"]}))


@pytest.mark.parametrize("name", SCHEMAS)
def test_empty_tables_have_their_columns(name):
    assert (len(empty(name)), dict(empty(name).schema)) == (0, SCHEMAS[name])


def test_a_skipped_transcript_leaves_all_tables_and_its_empty_gene_goes():
    rows = GeneRows()
    rows.genes = [("g", None, None, "1", 0, 9, "+", 1), ("h", None, None, "1", 20, 29, "+", 2)]
    rows.exons = [(None, "t", "g", "1", 0, 9, "+", 3), (None, "u", "h", "1", 20, 29, "+", 4)]
    rows.cds = [("t", "g", "1", 2, 5, "+", 5), ("u", "h", "1", 22, 25, "+", 6)]
    tables = build(rows, Faults("x", "skip", {("t", "1")}))
    assert tables["genes"]["gene_id"].to_list() == ["h"]
    for name in ("transcripts", "exons", "cds"):
        assert tables[name]["transcript_id"].to_list() == ["u"]

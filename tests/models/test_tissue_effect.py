from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

import locuscope as lsc
from locuscope import demo
from locuscope.effects.scores import PartScorer, PreparedScorer, ReadingScorer
from locuscope.errors import OptionError, OutOfBoundsError, UnknownNameError, WrongTypeError
from locuscope.genome.sequence import one_hot
from locuscope.genome.variant import Variant
from locuscope.models.tissue_effect import COLUMNS, TissueEffectScorer
from locuscope.models.zoo import load_model
from tests.oracles.mtsplice_oracle import plain_changed_exon, plain_exon

# internal exon of TMC2, plus strand: 20:2,577,797 is its first base
FIRST = 2_577_797


@pytest.fixture(scope="module")
def model():
    return load_model("mtsplice")


@pytest.fixture(scope="module")
def scorer(model) -> TissueEffectScorer:
    return model.scores["tissue_effect"].configure(genes=demo.genes())


def score(model, variants, **options):
    return lsc.score_variants(
        model,
        variants,
        demo.genome(),
        scores=["tissue_effect"],
        score_kwargs=[{"genes": demo.genes()} | options],
    )


def base(pos: int, n: int = 1) -> str:
    return demo.genome().fetch("20", pos - 1, pos - 1 + n)


def snv(pos: int) -> Variant:
    return Variant("20", pos, base(pos), "A" if base(pos) != "A" else "C")


def test_it_reads_its_own_places(scorer):
    assert isinstance(scorer, PartScorer)
    assert isinstance(scorer, ReadingScorer)
    assert not isinstance(scorer, PreparedScorer)
    assert scorer.columns == COLUMNS
    assert scorer.options["tissues"] is None
    assert "107 genes" in scorer.options["genes"]


def test_scores_are_those_of_the_letters_written_out(model):
    variants = [
        snv(FIRST),
        Variant("20", FIRST - 20, base(FIRST - 20, 4), base(FIRST - 20)),
        Variant("20", FIRST + 3, base(FIRST + 3), base(FIRST + 3) + "GATTACA"),
        snv(2_465_304),  # ZNF343, minus strand
    ]
    found = score(model, variants)
    parts = found.parts["tissue_effect"]
    assert set(parts["row"].to_list()) == {0, 1, 2, 3}
    lo, hi = 2_400_000, 2_650_000
    text = demo.genome().fetch("20", lo, hi)
    for part in parts.iter_rows(named=True):
        variant = variants[part["row"]]
        exon = (part["exon_start"] - lo, part["exon_end"] - lo, part["strand"])
        changed, is_cut = plain_changed_exon(text, exon, variant.pos - lo, variant.ref, variant.alt)
        x = torch.from_numpy(one_hot([plain_exon(text, *exon), changed])).float()
        with torch.inference_mode():
            values = model.network(x)
        wanted = (values[1] - values[0]).numpy()
        assert np.abs(np.array([part[name] for name in COLUMNS]) - wanted).max() < 1e-5
        assert (part["note"] == "removes_site") == is_cut
    assert {part["strand"] for part in parts.iter_rows(named=True)} == {"+", "-"}


def test_the_parts_name_gene_exon_and_distance(model):
    row = score(model, [snv(FIRST + 4)]).parts["tissue_effect"].row(0, named=True)
    assert row["gene"] == "TMC2"
    assert row["exon_start"] == FIRST - 1
    assert (row["nearest_site"], row["distance_bp"]) == ("acceptor", 4)
    assert row["exon_id"]
    assert row["note"] is None
    schema = score(model, [snv(FIRST)]).parts["tissue_effect"].schema
    assert schema["distance_bp"] == schema["exon_start"] == pl.Int64
    assert schema["gene"] == pl.String


def test_an_unchanged_sequence_gives_exactly_zero(model):
    """A change in the middle of a long exon reaches neither end."""
    exons = demo.genes().exons
    long = exons.filter(
        (pl.col("end") - pl.col("start") > 1_500) & pl.col("start").is_between(1_010_000, 3_990_000)
    ).row(0, named=True)
    found = score(model, [snv((long["start"] + long["end"]) // 2)])
    parts = found.parts["tissue_effect"].filter(pl.col("exon_start") == long["start"])
    values = parts.select(COLUMNS).to_numpy()
    assert len(values)
    assert (values == 0).all()
    pair = model.scores["tissue_effect"].configure(genes=demo.genes())
    assert (pair(np.ones((1, 56)), np.ones((1, 56))) == 0).all()


def test_one_row_per_allele_holds_the_largest_change(model):
    table = demo.variants(near_sites_bp=3)
    found = score(model, table)
    values = found.scores["tissue_effect"]
    assert values.shape == (39, 56)
    assert found.labels("tissue_effect") == COLUMNS
    parts = found.parts["tissue_effect"]
    for row in range(39):
        some = parts.filter(pl.col("row") == row).select(COLUMNS).to_numpy()
        best = some[np.abs(some).argmax(0), np.arange(56)]
        assert np.array_equal(values[row], best)
    assert set(found.status) == {"ok"}


def test_each_status_has_its_row(model):
    ref = base(FIRST)
    rows = [
        (FIRST, ref, "A" if ref != "A" else "C"),
        (1_000_300, base(1_000_300), "A" if base(1_000_300) != "A" else "C"),
        (FIRST, ref, "<DEL>"),
        (FIRST, "A" if ref != "A" else "C", "G"),
        (FIRST, base(FIRST, 450), ref),
        (FIRST, ref, "*"),
        (FIRST, ref, ref),
        (FIRST - 1, base(FIRST - 1, 3), base(FIRST - 1)),
    ]
    frame = pl.DataFrame(rows, schema=["pos", "ref", "alt"], orient="row").with_columns(
        pl.lit("20").alias("chrom")
    )
    found = score(model, frame)
    assert found.status == [
        "ok",
        "outside_regions",
        "symbolic",
        "ref_mismatch",
        "too_long",
        "star",
        "ref_equals_alt",
        "ok",
    ]
    assert "removes_site" in found.notes[-1]
    assert all("removes_site" not in notes for notes in found.notes[:-1])
    values = found.scores["tissue_effect"]
    assert np.isnan(values[1:7]).all()
    assert np.isfinite(values[[0, 7]]).all()
    assert "no exon window holds" in found.variants.table["reason"][1]


def one_exon(start: int, end: int) -> lsc.Genes:
    genes = demo.genes()
    exons = genes.exons.head(1).with_columns(
        pl.lit(start, pl.Int64).alias("start"),
        pl.lit(end, pl.Int64).alias("end"),
        pl.lit("+").alias("strand"),
    )
    return lsc.Genes(genes.genes, genes.transcripts, exons, None, None, None)


def test_a_window_beyond_the_slice_is_off_edge(model):
    """The last base that is here stands 300 bases behind one exon and 100 behind the other."""
    near, nearer = one_exon(4_009_600, 4_009_700), one_exon(4_009_800, 4_009_900)
    assert score(model, [snv(4_009_650)], genes=near).status == ["ok"]
    found = score(model, [snv(4_009_850)], genes=nearer)
    assert found.status == ["off_edge"]
    assert "4,010,000" in found.variants.table["reason"][0]
    with pytest.raises(OutOfBoundsError, match="slice"):
        model.scores["tissue_effect"].configure(genes=nearer).read(demo.genome(), snv(4_009_850))


def test_tissues_are_chosen_by_either_name(model):
    chosen = ["Cortex - Brain", "tissue:Liver"]
    found = score(model, [snv(FIRST)], tissues=chosen)
    assert found.labels("tissue_effect") == ("tissue:Cortex - Brain", "tissue:Liver")
    whole = score(model, [snv(FIRST)])
    places = [COLUMNS.index(name) for name in found.labels("tissue_effect")]
    assert np.array_equal(found.scores["tissue_effect"], whole.scores["tissue_effect"][:, places])
    assert score(model, [snv(FIRST)], tissues="Liver").scores["tissue_effect"].shape == (1, 1)
    assert found.provenance["scores"]["tissue_effect"]["tissues"] == chosen


def test_options_that_make_no_sense_are_sentences(model):
    scorer = model.scores["tissue_effect"]
    with pytest.raises(OptionError, match="needs genes="):
        lsc.score_variants(model, [snv(FIRST)], demo.genome(), scores=["tissue_effect"])
    with pytest.raises(OptionError, match="needs exons"):
        scorer.configure(genes=demo.genes(collapsed=True))
    with pytest.raises(WrongTypeError, match="genes"):
        scorer.configure(genes="genes.gtf")
    with pytest.raises(UnknownNameError, match="no tissue 'Brain'"):
        scorer.configure(tissues=["Brain"])
    with pytest.raises(UnknownNameError, match="did you mean 'tissues'"):
        scorer.configure(tissue=["Liver"])
    for tissues in ([], ["Liver", "tissue:Liver"]):
        with pytest.raises(OptionError, match="different names"):
            scorer.configure(tissues=tissues)


def test_scores_survive_their_files(model, tmp_path):
    found = score(model, [snv(FIRST), snv(1_000_300), *[snv(FIRST + k) for k in (1, 2)]])
    kept = type(found).open(found.to_parquet(tmp_path / "scores.parquet"))
    assert np.array_equal(
        kept.scores["tissue_effect"], found.scores["tissue_effect"], equal_nan=True
    )
    assert kept.parts["tissue_effect"].equals(found.parts["tissue_effect"])
    assert kept.notes == found.notes
    again = type(found).open(found.to_vcf(tmp_path / "scores.vcf"))
    assert again.labels("tissue_effect") == COLUMNS
    assert np.nanmax(np.abs(again.scores["tissue_effect"] - found.scores["tissue_effect"])) < 1e-5


def test_other_verbs_of_windows_say_that_it_reads_exons(model):
    assert lsc.list_scores(model) == ["tissue_effect"]
    with pytest.raises(UnknownNameError, match="mtsplice has tissue_effect"):
        lsc.score_variants(model, [snv(FIRST)], demo.genome(), scores=["diff"])
    with pytest.raises(OptionError, match="its own scores: 'tissue_effect'"):
        lsc.predict_variant(model, snv(FIRST), demo.genome())

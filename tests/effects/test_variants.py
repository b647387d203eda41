from __future__ import annotations

import json
import random

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from locuscope import demo
from locuscope.effects.variants import score_variants
from locuscope.errors import (
    AssemblyMismatchError,
    DataWarning,
    EmptySelectionError,
    InputError,
    OptionError,
    ShapeError,
    StoreTargetError,
    VariantError,
    WrongTypeError,
)
from locuscope.genome.indel_rule import IndelRule
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run
from locuscope.models.zoo import load_model
from tests.effects import toy
from tests.oracles.score_oracle import score as oracle

TEXT = toy.sequence()
SCORES = ("ref", "alt", "diff", "SAX")
CPU = {"device": "cpu", "check_assembly": False}


def snv(pos: int) -> Variant:
    return Variant("1", pos, TEXT[pos - 1], "A" if TEXT[pos - 1] != "A" else "C")


def random_variants(seed: int, count: int = 12) -> list[Variant]:
    """SNVs, blocks, insertions and deletions anywhere that REF has no N, also at both ends."""
    rng = random.Random(seed)
    found: list[Variant] = []
    while len(found) < count:
        pos, n_ref = rng.randint(1, 596), rng.choice([1, 1, 1, 2, 4])
        ref = TEXT[pos - 1 : pos - 1 + n_ref]
        alt = "".join(rng.choices("ACGT", k=rng.choice([1, 1, 2, 5])))
        if "N" not in ref and ref != alt and "N" not in TEXT[max(0, pos - 12) : pos + 12]:
            found.append(Variant("1", pos, ref, alt))
    return found


@given(st.integers(0, 10_000))
@settings(max_examples=12)
@pytest.mark.parametrize("rc", [False, True])
def test_scores_equal_the_plain_loop(rc, seed):
    variants = random_variants(seed)
    genome = toy.genome()
    found = score_variants(toy.model(), variants, genome, scores=SCORES, rc=rc, **CPU)
    for row, variant in enumerate(variants):
        plain = variant.normalize(genome)
        expected = oracle(
            toy.predict,
            TEXT,
            plain.pos,
            plain.ref,
            plain.alt,
            toy.WIDTH,
            list(toy.PAIR) if rc else None,
        )
        assert found.status[row] == "ok"
        for name in SCORES:
            np.testing.assert_allclose(found.scores[name][row], expected[name], atol=2e-6)


@given(st.integers(0, 10_000), st.sampled_from([1, 7, 64]))
@settings(max_examples=10)
def test_batch_size_and_order_do_not_change_a_row(seed, batch_size):
    variants = random_variants(seed)
    genome = toy.genome()
    found = score_variants(
        toy.model(), variants, genome, scores=SCORES, batch_size=batch_size, **CPU
    )
    turned = score_variants(toy.model(), variants[::-1], genome, scores=SCORES, **CPU)
    for name in SCORES:
        np.testing.assert_allclose(found.scores[name], turned.scores[name][::-1], atol=2e-6)
        assert found.scores[name].dtype == np.float32


VCF = """##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
1\t100\tsnv\t{r100}\t{a100}\t.\t.\tDP=3
1\t100\tmnv\t{r100_3}\tTTT,ACA\t.\t.\t.
1\t150\tins\t{r150}\t{r150}GA\t.\t.\t.
1\t160\tdel\t{r160_3}\t{r160}\t.\t.\t.
1\t170\tmix\t{r170}\t<DEL>,*,{a170},N,.\t.\t.\t.
1\t180\tbnd\t{r180}\t{r180}[2:5[\t.\t.\t.
1\t190\twrong\t{w190}\tGG\t.\t.\t.
7\t100\tno\tA\tC\t.\t.\t.
1\tx\tbad\tA\tC\t.\t.\t.
1\t5\tedge\t{r5}\t{a5}\t.\t.\t.
1\t599\toff\tACGT\tA\t.\t.\t.
1\t100\ttwice\t{r100}\t{a100}\t.\t.\t.
1\t99\tpadded\t{r99_2}\t{r99}{a100}\t.\t.\t.
1\t200\tlong\t{r200_24}\t{r200}\t.\t.\t.
"""
EXPECTED = [
    "ok", "ok", "ok", "ok", "ok", "symbolic", "star", "ok", "non_acgtn", "missing_alt", "breakend",
    "ref_mismatch", "contig_missing", "malformed", "ok", "off_edge", "ok", "ok", "too_long",
]  # fmt: skip


def base(pos: int, n: int = 1) -> str:
    return TEXT[pos - 1 : pos - 1 + n]


def other(pos: int) -> str:
    return next(letter for letter in "ACGT" if letter != base(pos))


@pytest.fixture
def vcf(tmp_path):
    fields = {f"r{pos}": base(pos) for pos in (5, 99, 100, 150, 160, 170, 180, 200)}
    fields |= {f"a{pos}": other(pos) for pos in (5, 100, 170)}
    fields |= {"r100_3": base(100, 3), "r160_3": base(160, 3), "r99_2": base(99, 2)}
    fields |= {"r200_24": base(200, 24), "w190": other(190)}
    path = tmp_path / "in.vcf"
    path.write_text(VCF.format(**fields), encoding="utf-8")
    return path


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_every_allele_keeps_its_row_and_gets_its_status(vcf, batch_size):
    found = score_variants(
        toy.model(), vcf, toy.genome(), scores=("diff", "SAX"), batch_size=batch_size, **CPU
    )
    assert found.status == EXPECTED
    ok = np.array(found.status) == "ok"
    for values in found.scores.values():
        assert np.isfinite(values[ok]).all()
        assert np.isnan(values[~ok]).all()
    assert found.summary().startswith("19 alleles: 9 scored, 1 ref_mismatch")
    assert found.variants.table["reason"].is_null().to_list() == ok.tolist()


def test_notes_and_equal_scores_of_equal_changes(vcf):
    found = score_variants(toy.model(), vcf, toy.genome(), scores="diff", **CPU)
    diff = found.scores["diff"]
    assert np.array_equal(diff[0], diff[16])
    assert np.array_equal(diff[0], diff[17])
    assert found.notes[0] == ()
    assert found.notes[16] == ("duplicate",)
    assert found.notes[17] == ("duplicate", "normalized")
    assert found.notes[14] == ("padded",)
    windows = found.windows
    assert windows["n_padded"][14] == 15
    assert windows.row(17)[:3] == (100, base(100), other(100))
    assert windows.row(0)[3:] == (80, 120, 0, 0)
    assert windows.row(5) == (None,) * 6 + (0,)


def test_both_spellings_of_an_indel_score_equally():
    variants = [
        Variant("1", 401, "TT", "T"),
        Variant("1", 405, "TT", "T"),
        Variant("1", 400, "CT", "C"),
    ]
    found = score_variants(toy.model(), variants, toy.genome(), scores=SCORES, **CPU)
    for name in SCORES:
        assert np.ptp(found.scores[name], axis=0).max() == 0
    assert ["duplicate" in notes for notes in found.notes] == [False, True, True]


def test_sequences_are_run_once_each():
    model = toy.model()
    alts = [alt for alt in "ACGT" if alt != base(100)]
    variants = [Variant("1", 100, base(100), alt) for alt in alts] * 2
    model.module.sequences = 0
    score_variants(model, variants, toy.genome(), **CPU)
    assert model.module.sequences == 4  # one reference and three alternatives


def test_n_in_the_window_is_noted():
    found = score_variants(toy.model(), [snv(310)], toy.genome(), **CPU)
    assert found.notes == [("n_in_window",)]


def test_every_form_of_input_gives_the_same_scores(vcf):
    variants = [snv(100), snv(120)]
    frame = pl.DataFrame(
        {
            "chrom": ["1", "1"],
            "pos": [100, 120],
            "ref": [v.ref for v in variants],
            "alt": [v.alt for v in variants],
        }
    )
    given_forms = [
        variants,
        tuple(variants),
        VariantTable.from_variants(variants),
        frame,
        frame.to_pandas(),
    ]
    expected = None
    for form in given_forms:
        found = score_variants(toy.model(), form, toy.genome(), **CPU).scores["diff"]
        expected = found if expected is None else expected
        np.testing.assert_array_equal(found, expected)
    single = score_variants(toy.model(), variants[0], toy.genome(), **CPU)
    np.testing.assert_allclose(single.scores["diff"], expected[:1], atol=2e-6)
    assert len(score_variants(toy.model(), str(vcf), toy.genome(), **CPU)) == 19
    with pytest.raises(WrongTypeError, match="got int"):
        score_variants(toy.model(), 3, toy.genome(), **CPU)


def test_no_variants_give_no_rows():
    found = score_variants(toy.model(), [], toy.genome(), scores=SCORES, **CPU)
    assert len(found) == 0
    assert found.scores["diff"].shape == (0, 3)
    assert found.summary() == "0 alleles: 0 scored"


def test_on_bad_raise_names_the_first_bad_row(vcf):
    with pytest.raises(VariantError, match=r"in\.vcf:7: 1:170 \S+ is symbolic") as caught:
        score_variants(toy.model(), vcf, toy.genome(), on_bad="raise", **CPU)
    assert (caught.value.status, caught.value.line) == ("symbolic", 7)
    model = toy.model()
    model.module.calls = 0
    with pytest.raises(VariantError):
        score_variants(model, vcf, toy.genome(), on_bad="raise", **CPU)
    assert model.module.calls == 0


def test_on_bad_raise_also_sees_what_only_the_window_shows():
    deletion = Variant("1", 200, base(200, 24), base(200))
    with pytest.raises(VariantError, match="too_long"):
        score_variants(toy.model(), [deletion], toy.genome(), on_bad="raise", **CPU)


def test_on_bad_skip_leaves_rows_out_and_counts_them(vcf):
    found = score_variants(toy.model(), vcf, toy.genome(), on_bad="skip", **CPU)
    assert len(found) == 9
    assert set(found.status) == {"ok"}
    assert found.provenance["skipped"]["too_long"] == 1
    assert "1 symbolic left out" in found.summary()


def test_another_assembly_stops_before_any_prediction():
    model = toy.model()
    model.module.calls = 0
    wrong = [Variant("1", pos, other(pos), base(pos)) for pos in range(20, 90)]
    with pytest.raises(AssemblyMismatchError, match="70"):
        score_variants(model, wrong, toy.genome(), device="cpu")
    assert model.module.calls == 0
    found = score_variants(model, wrong, toy.genome(), **CPU)
    assert set(found.status) == {"ref_mismatch"}
    assert model.module.calls == 0


def test_nan_from_the_model_is_a_status_that_keeps_the_numbers():
    model = toy.model()
    with torch.no_grad():
        model.module.conv.bias[1] = float("nan")
    with pytest.warns(DataWarning, match="2 of 2 alleles have a score that is NaN"):
        found = score_variants(model, [snv(100), snv(120)], toy.genome(), **CPU)
    assert found.status == ["nonfinite"] * 2
    assert np.isfinite(found.scores["diff"][:, 0]).all()
    assert np.isnan(found.scores["diff"][:, 1]).all()
    assert "column 1" in found.variants.table["reason"][0]


def test_the_width_is_the_models_unless_stated():
    free = toy.model(window_bp=None)
    with pytest.raises(OptionError, match=r"placement=Placement\(width_bp=\.\.\.\)"):
        score_variants(free, [snv(100)], toy.genome(), **CPU)
    wide = score_variants(
        free, [snv(100)], toy.genome(), placement=Placement(width_bp=60), scores="SAX", **CPU
    )
    assert wide.provenance["window_bp"] == 60
    assert wide.windows["window_end"][0] - wide.windows["window_start"][0] == 60
    with pytest.raises(ShapeError, match="40 bases; got 60"):
        score_variants(
            toy.model(), [snv(100)], toy.genome(), placement=Placement(width_bp=60), **CPU
        )


def test_heads_and_tracks_choose_columns():
    found = score_variants(toy.model(), [snv(100)], toy.genome(), **CPU)
    part = score_variants(
        toy.model(), [snv(100)], toy.genome(), heads=["atac"], tracks=["atac:2"], **CPU
    )
    np.testing.assert_allclose(part.scores["diff"], found.scores["diff"][:, 2:], atol=1e-7)
    assert part.labels("diff") == ("atac:2",)
    with pytest.raises(EmptySelectionError):
        score_variants(toy.model(), [snv(100)], toy.genome(), tracks={"strand": "+"}, **CPU)


def test_nouns_and_shortcuts_say_the_same():
    variants, genome = [snv(100)], toy.genome()
    short = score_variants(toy.model(), variants, genome, rc=True, batch_size=1, **CPU)
    noun = score_variants(
        toy.model(),
        variants,
        genome,
        ensemble=Ensemble(rc=True),
        run=Run(device="cpu", batch_size=1),
        indels=IndelRule(),
        check_assembly=False,
    )
    np.testing.assert_array_equal(short.scores["diff"], noun.scores["diff"])
    assert short.provenance == noun.provenance
    assert short.provenance["rc"] is True
    with pytest.raises(OptionError, match="rc"):
        score_variants(toy.model(), variants, genome, ensemble=Ensemble(), rc=True, **CPU)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"reduce": "median"}, OptionError, "mean, sum, max, center.*got 'median'"),
        ({"on_bad": "drop"}, OptionError, "on_bad is 'drop'.*flag.*raise.*skip"),
        ({"out": "scores.csv"}, OptionError, "must end with one of"),
        ({"out": "/nowhere/at/all/x.vcf"}, StoreTargetError, "no folder .*nothing was scored"),
        ({"organism": "zebrafish"}, InputError, "zebrafish"),
        ({"scores": ()}, OptionError, "no score"),
    ],
)
def test_wrong_options_have_their_sentence(options, error, words):
    with pytest.raises(error, match=words):
        score_variants(toy.model(), [snv(100)], toy.genome(), **(CPU | options))


def test_options_of_the_shared_window_are_refused_where_nothing_uses_it():
    model = load_model("cispliceai")
    for option, value in (
        ("tracks", {"strand": "+"}),
        ("rc", True),
        ("reduce", "max"),
        ("placement", Placement(width_bp=12_000)),
        ("indels", IndelRule(align="none")),
        ("heads", ["splice_sites"]),
    ):
        with pytest.raises(OptionError, match=f"{option}=.* has no effect on splice_delta"):
            score_variants(
                model, [], demo.genome(), scores="splice_delta", **{option: value}, **CPU
            )


def test_the_provenance_is_plain_and_complete(vcf):
    found = score_variants(toy.model(), vcf, toy.genome(), scores=SCORES, **CPU)
    facts = json.loads(json.dumps(dict(found.provenance)))
    assert facts["model"] == "toy"
    assert found.source == str(vcf)
    assert str(vcf.parent) not in json.dumps(facts)
    assert list(facts["scores"]) == list(SCORES)
    assert (facts["reduce"], facts["rc"], facts["window_bp"]) == ("mean", False, 40)
    assert len(facts["model_digest"]) == len(facts["genome_digest"]) == 64


def test_contig_aliases_are_noted_and_scored_alike():
    genome = Genome.from_sequences({"chr1": TEXT}, name="toy")
    with pytest.warns(DataWarning, match="'1' is read as 'chr1'"):
        found = score_variants(toy.model(), [snv(100)], genome, **CPU)
    plain = score_variants(toy.model(), [snv(100)], toy.genome(), **CPU)
    np.testing.assert_allclose(found.scores["diff"], plain.scores["diff"], atol=2e-6)
    assert found.notes == [("contig_alias",)]


def test_an_out_that_cannot_be_written_is_found_before_the_model_runs(tmp_path):
    (tmp_path / "folder.tsv").mkdir()
    for out, words in (
        (tmp_path / "no" / "x.tsv", "there is no folder"),
        (tmp_path / ("x" * 300 + ".tsv"), "name too long"),
        (tmp_path / "folder.tsv", "it is a folder"),
    ):
        model = toy.model()
        before = model.module.calls
        with pytest.raises(StoreTargetError, match=f"(?i){words}.*; nothing was scored") as caught:
            score_variants(model, [snv(100)], toy.genome(), out=[tmp_path / "ok.tsv", out], **CPU)
        assert caught.value.path == str(out)
        assert model.module.calls == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.tsv"]

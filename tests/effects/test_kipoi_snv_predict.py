"""The published verbs give what ours gives, in every form of window, score and writer."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from locuscope.effects import kipoi
from locuscope.effects.kipoi.dataloader import default_dataloader
from locuscope.effects.variants import score_variants
from locuscope.errors import DataWarning, OptionError, UnknownNameError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from locuscope.inference.ensemble import Ensemble
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from tests.effects import toy
from tests.effects.kipoi_toy import CHANGES, changed, write_study

SIX = ["logit_ref", "logit_alt", "ref", "alt", "logit", "diff"]
N_ROWS = len(CHANGES) + 1
SCORED = [True, True, True, True, False, False]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def model():
    return toy.model()


@pytest.fixture(scope="module")
def ours(study, model):
    def score(**options):
        return score_variants(model, study.vcf, Genome(study.fasta), **options)

    return score


def frames_equal(frames, scores):
    assert list(frames) == list(scores.scores)
    for name, values in scores.scores.items():
        np.testing.assert_array_equal(frames[name].to_numpy(), values)
        assert list(frames[name].columns) == list(scores.labels(name))


class TestScoreVariants:
    def test_the_six_defaults(self, study, model, ours):
        frames = kipoi.score_variants(model, study.args, study.vcf, return_predictions=True)
        frames_equal(frames, ours(scores=SIX))
        assert list(frames["diff"].index[:2]) == [f"1:100:{r}:{a}" for r, a in [changed(0)]] + [
            f"1:150:{changed(1)[0]}:{changed(1)[1]}"
        ]
        assert np.isfinite(frames["diff"].to_numpy()).all(1).tolist() == SCORED

    def test_a_rule_reads_both_strands(self, study, model, ours):
        given = {"scores": ["diff", "logit"], "return_predictions": True}
        both = ours(
            scores=["diff", "logit"],
            score_kwargs=[{}, {"rc_merging": "max"}],
            ensemble=Ensemble(rc=True),
        )
        for name in ("score_kwargs", "scores_kargs"):
            options = {name: [{}, {"rc_merging": "max"}]}
            found = kipoi.score_variants(model, study.args, study.vcf, **given, **options)
            frames_equal(found, both)

    def test_the_two_spellings_exclude_each_other(self, study, model):
        with pytest.raises(OptionError, match="the same option"):
            kipoi.score_variants(
                model, study.args, study.vcf, "x.vcf", score_kwargs=[{}], scores_kargs=[{}]
            )

    def test_a_regions_file_restricts_the_windows(self, study, model, ours):
        found = kipoi.score_variants(
            model,
            study.args,
            study.vcf,
            scores=["diff"],
            restriction_bed=study.bed,
            return_predictions=True,
        )
        frames_equal(found, ours(placement=Placement(mode="restricted", regions=study.bed)))
        assert np.isfinite(found["diff"].to_numpy()).all(1).tolist() == [True] * 3 + [False] * 3

    @pytest.mark.parametrize("outputs", ["atac:1", 1, ["atac:1"], [1], [False, True, False]])
    def test_outputs(self, study, model, ours, outputs):
        found = kipoi.score_variants(
            model, study.args, study.vcf, return_predictions=True, model_outputs=outputs
        )
        frames_equal(found, ours(scores=SIX, tracks=["atac:1"]))

    def test_an_intervals_file_is_replaced_and_said_once(self, study, model, ours):
        args = {**study.args, "intervals_file": str(study.bed)}
        with pytest.warns(DataWarning, match="replaced by windows for each variant") as caught:
            found = kipoi.score_variants(model, args, study.vcf, return_predictions=True)
        assert len(caught) == 1
        frames_equal(found, ours(scores=SIX))

    def test_the_width_of_a_model_that_reads_any(self, study):
        free = toy.model(window_bp=None)
        with pytest.raises(OptionError, match="give seq_length"):
            kipoi.score_variants(free, study.args, study.vcf, return_predictions=True)
        found = kipoi.score_variants(
            free, study.args, study.vcf, seq_length=32.0, scores="diff", return_predictions=True
        )
        genome = Genome(study.fasta)
        frames_equal(
            found, score_variants(free, study.vcf, genome, placement=Placement(width_bp=32))
        )

    def test_a_model_of_other_values_warns_once(self, study):
        head = HeadSpec("atac", (1,), 3)
        plain = wrap(toy.Net(), heads=head, window_bp=toy.WIDTH, name="plain")
        with pytest.warns(DataWarning, match="need probabilities") as caught:
            found = kipoi.score_variants(plain, study.args, study.vcf, return_predictions=True)
        assert len(caught) == 1
        assert list(found) == ["ref", "alt", "diff"]

    def test_nothing_to_do_with_the_scores(self, study, model):
        with pytest.raises(OptionError, match="nothing would be done with the scores"):
            kipoi.score_variants(model, study.args, study.vcf)

    @pytest.mark.parametrize(
        ("args", "error", "said"),
        [
            ({"fasta": "a"}, UnknownNameError, "did you mean 'fasta_file'"),
            ({}, OptionError, "needs fasta_file"),
        ],
    )
    def test_loader_arguments(self, study, model, args, error, said):
        with pytest.raises(error, match=said):
            kipoi.score_variants(model, args, study.vcf, return_predictions=True)


class TestPredictSnvs:
    def call(self, study, model, loader="default", **options):
        made = default_dataloader(model) if loader == "default" else loader
        options = {"dataloader_args": study.args, "return_predictions": True, **options}
        return kipoi.predict_snvs(model, made, study.vcf, 8, **options)

    def test_windows_round_variants(self, study, model, ours):
        info = kipoi.ModelInfoExtractor(model)
        types = {"diff": kipoi.Diff(), "mine": kipoi.Logit()}
        found = self.call(
            study,
            model,
            vcf_to_region=kipoi.SnvCenteredRg(info),
            evaluation_function_kwargs={"diff_types": types},
        )
        assert list(found) == ["diff", "mine"]
        wanted = ours(scores=["diff", "logit"])
        np.testing.assert_array_equal(found["diff"].to_numpy(), wanted.scores["diff"])
        np.testing.assert_array_equal(found["mine"].to_numpy(), wanted.scores["logit"])

    def test_a_rule_in_the_score_reads_both_strands(self, study, model, ours):
        region = kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model))
        types = {"diff": kipoi.Diff("absmax"), "deepsea_effect": kipoi.DeepSEA_effect()}
        found = self.call(
            study,
            model,
            vcf_to_region=region,
            evaluation_function_kwargs={"diff_types": types},
        )
        wanted = ours(
            scores=["diff", "deepsea_effect"],
            score_kwargs=[{"rc_merging": "absmax"}, {}],
            ensemble=Ensemble(rc=True),
        )
        for name in types:
            np.testing.assert_array_equal(found[name].to_numpy(), wanted.scores[name])

    def test_windows_inside_regions(self, study, model, ours):
        region = kipoi.SnvPosRestrictedRg(kipoi.ModelInfoExtractor(model), study.bed)
        found = self.call(study, model, vcf_to_region=region)
        assert list(found) == ["logit"]
        wanted = ours(scores="logit", placement=Placement(mode="restricted", regions=study.bed))
        np.testing.assert_array_equal(found["logit"].to_numpy(), wanted.scores["logit"])

    def test_windows_of_a_callable(self, study, model, ours):
        def region(record):
            return {"chrom": [record.CHROM], "start": [record.POS - 9], "end": [record.POS + 30]}

        found = self.call(study, model, vcf_to_region=region)
        rows = [Interval("1", pos - 10, pos + 30) for pos, _ in CHANGES]
        wanted = ours(scores="logit", placement=Placement(mode="overlap", regions=rows))
        np.testing.assert_array_equal(found["logit"].to_numpy(), wanted.scores["logit"])

    def test_windows_of_the_loader(self, study, model, ours):
        place = study.bed.with_name("windows.bed")
        windows = [Interval("1", start, start + toy.WIDTH) for start in (80, 90, 140)]
        place.write_text("".join(f"{w.chrom}\t{w.start}\t{w.end}\n" for w in windows))
        args = {**study.args, "intervals_file": str(place)}
        found = self.call(study, model, dataloader_args=args)
        overlap = Placement(mode="overlap", regions=windows, multi="all")
        wanted = ours(scores="logit", placement=overlap)
        assert len(wanted) == N_ROWS + 1
        np.testing.assert_array_equal(found["logit"].to_numpy(), wanted.scores["logit"])
        # the same windows as batches of a loader that is an iterable, without a genome
        batches = list(default_dataloader(model)(**args, batch_size=2))
        foreign = self.call(study, model, loader=batches, dataloader_args=None)
        snvs = [0, 1, 2, 3]
        np.testing.assert_allclose(
            foreign["logit"].to_numpy()[snvs], wanted.scores["logit"][snvs], atol=2e-6
        )

    def test_a_loader_that_is_called_with_a_bed_file(self, study, model, ours):
        asked = []

        def loader(fasta_file, intervals_file):
            asked.append(intervals_file)
            return default_dataloader(model)(fasta_file, intervals_file)

        region = kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model))
        found = self.call(study, model, loader=loader, vcf_to_region=region)
        assert len(asked) >= 1
        wanted = ours(scores="logit")
        snvs = [0, 1, 2]
        np.testing.assert_allclose(
            found["logit"].to_numpy()[snvs], wanted.scores["logit"][snvs], atol=2e-6
        )

    def test_rows_are_named_by_a_function(self, study, model):
        region = kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model))
        found = self.call(
            study,
            model,
            vcf_to_region=region,
            vcf_id_generator_fn=kipoi.default_vcf_id_gen,
        )
        ref, alt = changed(0)
        assert found["logit"].index[0] == f"1:100:{ref}:['{alt}']"

    def test_arguments_of_an_example(self, study, model):
        class Loader:
            example_kwargs = {"intervals_file": str(study.bed), "fasta_file": "nowhere"}
            seen = None

            def __call__(self, **args):
                type(self).seen = args
                return default_dataloader(model)(args["fasta_file"], [Interval("1", 90, 130)])

        found = self.call(study, model, loader=Loader(), use_dataloader_example_data=True)
        assert Loader.seen == {"intervals_file": str(study.bed), **study.args}
        assert list(found) == ["logit"]
        with pytest.raises(OptionError, match="with example_kwargs"):
            self.call(study, model, use_dataloader_example_data=True)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"evaluation_function": len}, "evaluation_function must be None"),
            ({"evaluation_function_kwargs": {"diff_types": {}}}, "{'diff_types': {label: score}}"),
            ({"evaluation_function_kwargs": {"types": 1}}, "{'diff_types': {label: score}}"),
            ({"evaluation_function_kwargs": {"diff_types": {"a": 1}}}, "a score is callable"),
            ({}, "give intervals_file"),
            ({"loader": [], "vcf_to_region": len}, "a data loader that is there already"),
        ],
    )
    def test_what_cannot_work_is_said(self, study, model, options, said):
        with pytest.raises((OptionError, WrongTypeError)) as caught:
            self.call(study, model, **options)
        assert said in str(caught.value)

    def test_nothing_is_returned_unless_asked_for(self, study, model):
        region = kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model))
        done = self.call(study, model, vcf_to_region=region, return_predictions=False)
        assert done is None


def test_no_warning_of_ours_where_nothing_is_wrong(study, model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kipoi.score_variants(model, study.args, study.vcf, return_predictions=True)

"""Published calls of variant scoring and mutation maps, by place and by keyword, and command lines.

The embedded genome, the embedded alleles and a small network of this file stand for the user's own.
"""

from __future__ import annotations

import ast
import inspect

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import locuscope as lsc
from locuscope.cli.inputs import open_model
from locuscope.effects import kipoi
from locuscope.effects.annotated_vcf import parse_annotated_vcf
from locuscope.effects.kipoi import snv_predict as sp
from locuscope.effects.mutation_map import mutation_map
from tests.acceptance.published_place import make_place
from tests.effects import toy

SIX = ["logit_ref", "logit_alt", "ref", "alt", "logit", "diff"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return make_place(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def model(place):
    return open_model(f"{place / 'model.py'}::make")


@pytest.fixture(scope="module")
def dl_args(place):
    return {"fasta_file": str(place / "genome.fa")}


@pytest.fixture(scope="module")
def ours(place, model):
    return lsc.score_variants(model, place / "v.vcf", lsc.Genome(place / "genome.fa"), scores=SIX)


SIGNATURES = {
    kipoi.score_variants: (
        "model dl_args input_vcf output_vcf=None output_writers=None scores=SIX score_kwargs=None "
        "num_workers=0 batch_size=32 source='kipoi' seq_length=None std_var_id=False "
        "restriction_bed=None return_predictions=False model_outputs=None"
    ),
    kipoi.predict_snvs: (
        "model dataloader vcf_fpath batch_size num_workers=0 dataloader_args=None "
        "vcf_to_region=None vcf_id_generator_fn=None evaluation_function=None "
        "evaluation_function_kwargs=None sync_pred_writer=None use_dataloader_example_data=False "
        "return_predictions=False generated_seq_writer=None"
    ),
    kipoi.SnvCenteredRg: "model_info seq_length=None",
    kipoi.SnvPosRestrictedRg: "model_info pybed_def seq_length=None",
    kipoi.ModelInfoExtractor: "model dataloader=None",
    kipoi.Diff: "rc_merging='mean'",
    kipoi.DeepSEA_effect: "rc_merging='mean'",
    kipoi.RCScore: "rc_merging='mean'",
    kipoi.MutationMap: ("model dataloader dataloader_args=None use_dataloader_example_data=False"),
    kipoi.MutationMap.query_region: (
        "chrom start end seq_length=None scores=SIX score_kwargs=None"
    ),
    kipoi.MutationMap.query_bed: "bed_fpath seq_length=None scores=SIX score_kwargs=None",
    kipoi.MutationMap.query_vcf: (
        "vcf_fpath seq_length=None scores=SIX score_kwargs=None var_centered_regions=True"
    ),
    kipoi.MutationMapPlotter: "mutation_map=None fname=None",
    kipoi.MutationMapPlotter.plot_mutmap: (
        "input_entry model_seq_input scoring_key model_output ax=None show_letter_scale=False "
        "cmap=None limit_region=None limit_region_genomic=None annotation_vcf=None "
        "annotation_variants=None ignore_stored_var_annotation=False rc_plot=False "
        "minimum_letter_height=None cbar=True var_box_color='black' show_var_id=True "
        "grad_inp_style_lh=False"
    ),
}


@pytest.mark.parametrize("call", SIGNATURES, ids=lambda call: call.__qualname__)
def test_names_order_and_defaults_are_as_published(call):
    positional = (inspect.Parameter.POSITIONAL_OR_KEYWORD,)
    found = [
        (name, one.default)
        for name, one in inspect.signature(call).parameters.items()
        if one.kind in positional and name != "self"
    ]
    for (name, default), word in zip(found, SIGNATURES[call].split(), strict=True):
        wanted, has_default, text = word.partition("=")
        assert name == wanted
        if text == "SIX":
            assert list(default) == SIX
        elif has_default:
            assert default == ast.literal_eval(text)


def same(frames, scores, names):
    assert list(frames) == list(names)
    for name in names:
        np.testing.assert_array_equal(frames[name].to_numpy(), scores.scores[name])


class TestScoreVariants:
    def test_the_simplest_call_by_keyword(self, place, model, dl_args, tmp_path, ours):
        out = tmp_path / "annotated.vcf"
        kipoi.score_variants(
            model=model, dl_args=dl_args, input_vcf=str(place / "v.vcf"), output_vcf=str(out)
        )
        found = parse_annotated_vcf(out)
        for name in SIX:
            np.testing.assert_allclose(found.scores[name], ours.scores[name], atol=1e-8)

    def test_everything_by_place(self, place, model, dl_args, tmp_path, ours):
        seen = []
        frames = kipoi.score_variants(
            model, dl_args, str(place / "v.vcf"), str(tmp_path / "o.vcf"),
            lambda predictions, records, line_ids: seen.extend(line_ids),
            SIX, None, 0, 5, "kipoi", None, True, None, True, None,
        )  # fmt: skip
        same(frames, ours, SIX)
        assert seen == list(frames["diff"].index)
        assert "KV:kipoi:mine:rID=chr22:300:" in (tmp_path / "o.vcf").read_text()

    def test_everything_by_keyword(self, place, model, dl_args, tmp_path):
        frames = kipoi.score_variants(
            model=model,
            dl_args=dl_args,
            input_vcf=str(place / "v.vcf"),
            output_vcf=str(tmp_path / "o.vcf"),
            output_writers=[lambda *_: None],
            scores=["diff"],
            score_kwargs=[{"rc_merging": "max"}],
            num_workers=0,
            batch_size=32,
            source="kipoi",
            seq_length=101,
            std_var_id=True,
            restriction_bed=str(place / "r.bed"),
            return_predictions=True,
            model_outputs=[True, False],
        )
        values = frames["diff"].to_numpy()
        assert values.shape == (12, 1)
        assert np.isfinite(values[:, 0]).tolist() == [True, True] + [False] * 10

    def test_by_the_name_of_a_model(self, place, dl_args):
        args = {**dl_args}
        with pytest.raises(lsc.LocuscopeError, match="cispliceai"):
            kipoi.score_variants("cisplicai", args, str(place / "v.vcf"), return_predictions=True)
        assert kipoi.get_model("dnase") is lsc.load_model("dnase")

    def test_a_score_of_ones_own(self, place, model, dl_args, ours):
        class Louder(kipoi.RCScore):
            def __call__(self, ref, alt, ref_rc=None, alt_rc=None):
                both = 2 * (alt - ref)
                return both if ref_rc is None else self.rc_merging(both, 2 * (alt_rc - ref_rc))

        frames = kipoi.score_variants(
            model, dl_args, str(place / "v.vcf"), scores=[Louder()], return_predictions=True
        )
        wanted = 2 * ours.scores["diff"]
        np.testing.assert_allclose(frames["Louder"].to_numpy(), wanted, rtol=1e-5)


class TestNotebook:
    """The cells of the published notebook, imports apart."""

    def test_variant_centred(self, place, model, tmp_path, ours, dl_args):
        dataloader = kipoi.default_dataloader(model)
        vcf_path = str(place / "v.vcf")
        out_vcf_fpath = str(tmp_path / "out.vcf")
        writer = kipoi.VcfWriter(model, vcf_path, out_vcf_fpath)
        model_info = kipoi.ModelInfoExtractor(model, dataloader)
        vcf_to_region = kipoi.SnvCenteredRg(model_info)
        types = {"diff": kipoi.Diff("mean"), "deepsea_effect": kipoi.DeepSEA_effect("mean")}
        sp.predict_snvs(
            model,
            dataloader,
            vcf_path,
            batch_size=32,
            dataloader_args=dl_args,
            vcf_to_region=vcf_to_region,
            evaluation_function_kwargs={"diff_types": types},
            sync_pred_writer=writer,
        )
        effects = sp.predict_snvs(
            model,
            dataloader,
            vcf_path,
            batch_size=32,
            dataloader_args=dl_args,
            vcf_to_region=vcf_to_region,
            evaluation_function_kwargs={"diff_types": types},
            return_predictions=True,
        )
        assert list(effects) == ["diff", "deepsea_effect"]
        written = parse_annotated_vcf(out_vcf_fpath)
        for name, frame in effects.items():
            np.testing.assert_allclose(written.scores[name], frame.to_numpy(), atol=1e-8)
        genome = lsc.Genome(dl_args["fasta_file"])
        wanted = lsc.score_variants(model, vcf_path, genome, scores=list(types), rc=True)
        same(effects, wanted, types)

    def test_everything_by_place(self, place, model, dl_args):
        dataloader = kipoi.default_dataloader(model)
        region = kipoi.SnvPosRestrictedRg(kipoi.ModelInfoExtractor(model), str(place / "r.bed"))
        kwargs = {"diff_types": {"logit": kipoi.Logit()}}
        frames = kipoi.predict_snvs(
            model, dataloader, str(place / "v.vcf"), 32, 0, dl_args, region,
            kipoi.default_vcf_id_gen, None, kwargs, None, False, True, None,
        )  # fmt: skip
        assert frames["logit"].index[0].endswith("']")
        assert int(np.isfinite(frames["logit"].to_numpy()).all(1).sum()) == 2

    def test_windows_of_a_loader(self, place, model, dl_args, tmp_path):
        windows = tmp_path / "w.bed"
        windows.write_text("chr22\t250\t351\tw1\nchr22\t560\t661\tw2\n")
        loader = kipoi.default_dataloader(model)(dl_args["fasta_file"], str(windows), batch_size=1)
        effects = kipoi.predict_snvs(
            model,
            loader.iterator(),
            str(place / "v.vcf"),
            batch_size=32,
            evaluation_function_kwargs={"diff_types": {"diff": kipoi.Diff("mean")}},
            return_predictions=True,
        )
        found = np.isfinite(effects["diff"].to_numpy()).all(1)
        assert np.flatnonzero(found).tolist() == [0, 1]

    def test_saved_sequences(self, place, model, dl_args, tmp_path):
        path = tmp_path / "seqs.h5"
        kipoi.predict_snvs(
            model,
            kipoi.default_dataloader(model),
            str(place / "v.vcf"),
            32,
            dataloader_args=dl_args,
            vcf_to_region=kipoi.SnvCenteredRg(kipoi.ModelInfoExtractor(model)),
            generated_seq_writer=kipoi.SyncHdf5SeqWriter(str(path)),
        )
        assert path.is_file()


class TestMutationMaps:
    def test_the_page(self, place, model, dl_args, tmp_path):
        dataloader = kipoi.default_dataloader(model)
        mm = kipoi.MutationMap(model, dataloader, dl_args)
        mmp = mm.query_region("chr22", 2534, 2545)
        assert isinstance(mmp, kipoi.MutationMapPlotter)
        assert mm.query_region(str(place / "r.bed"), scores=["diff"]).mutation_map.input_names
        mmp = mm.query_vcf(str(place / "v.vcf"))
        assert len(mmp.mutation_map) == 12
        mmp.save_to_file(str(tmp_path / "maps.hdf5"))
        again = kipoi.MutationMapPlotter(fname=str(tmp_path / "maps.hdf5"))
        axes = again.plot_mutmap(3, "seq", "logit", "open:1", limit_region_genomic=(1190, 1210))
        assert axes.images[0].get_array().shape[1] == 20
        plt.close("all")

    def test_by_keyword(self, place, model, dl_args):
        mm = kipoi.MutationMap(
            model=model,
            dataloader=kipoi.default_dataloader(model),
            dataloader_args=dl_args,
            use_dataloader_example_data=False,
        )
        found = mm.query_bed(
            bed_fpath=str(place / "r.bed"),
            seq_length=None,
            scores=["diff", "logit"],
            score_kwargs=[{}, {"rc_merging": "max"}],
            batch_size=64,
        )
        assert [each.interval.width for each in found.mutation_map] == [101, 101, 101]
        found = mm.query_vcf(
            vcf_fpath=str(place / "v.vcf"),
            seq_length=101,
            scores=["diff"],
            score_kwargs=None,
            var_centered_regions=True,
        )
        assert len(found.mutation_map) == 12


def test_numbers_lists_and_frames_as_other_languages_send_them():
    """Integer-valued doubles, plain lists and data frames, as they come from R."""
    letters = toy.sequence()
    changed = [(pos, letters[pos - 1]) for pos in (50, 150, 250)]
    frame = pd.DataFrame(
        {
            "chrom": ["1"] * 3,
            "pos": [float(pos) for pos, _ in changed],
            "ref": [ref for _, ref in changed],
            "alt": ["ACGT".replace(ref, "")[0] for _, ref in changed],
        }
    )
    found = lsc.score_variants(
        toy.model(),
        frame,
        toy.genome(),
        scores=["diff"],
        score_kwargs=[{}],
        organism=0.0,
        heads=["atac"],
        tracks=[0.0, 1.0],
        mask_bp=21.0,
        placement=lsc.Placement(width_bp=40.0, share_bp=0.0),
        ensemble=lsc.Ensemble(shifts=[0.0, 1.0]),
        run=lsc.Run(batch_size=8.0, workers=1.0),
    )
    assert found.scores["diff"].shape == (3, 2)
    assert found.status == ["ok"] * 3
    mapped = mutation_map(
        toy.model(),
        lsc.Interval("1", 300.0, 310.0),
        toy.genome(),
        scores="diff",
        tracks=[0.0, 1.0],
        mask_bp=21.0,
        core_bp=20.0,
        run=lsc.Run(batch_size=8.0),
    )
    assert mapped.scores.shape == (10, 4, 2)

"""The published classes of mutation maps give what our verb gives."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from locuscope.effects import kipoi
from locuscope.effects.kipoi.dataloader import default_dataloader
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.mutation_map import mutation_map
from locuscope.errors import (
    DataWarning,
    MissingFileError,
    OptionError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.placement import Placement
from locuscope.genome.reference import Genome
from tests.effects import toy
from tests.effects.kipoi_toy import write_study

mpl.use("agg")
SIX = ["logit_ref", "logit_alt", "ref", "alt", "logit", "diff"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def model():
    return toy.model()


@pytest.fixture(scope="module")
def mm(study, model):
    return kipoi.MutationMap(model, default_dataloader(model), study.args)


@pytest.fixture(scope="module")
def plotter(mm):
    return mm.query_region("1", 100, 130, scores=["diff", "ref"])


def places(plotter):
    return [(each.interval.start, each.interval.end) for each in plotter.mutation_map]


def equal(plotter, maps, names):
    maps = list(maps) if isinstance(maps, MutationMapSet) else [maps]
    assert len(plotter.mutation_map) == len(maps)
    for mine, theirs in zip(plotter.mutation_map, maps, strict=True):
        assert mine.interval == theirs.interval
        assert list(mine.layers) == list(names)
        for name in names:
            np.testing.assert_array_equal(mine.layers[name], theirs.layers[name])


class TestQueries:
    def test_a_region_is_cut_into_windows_from_its_start(self, mm, study, model):
        found = mm.query_region("1", 100, 170, scores=["diff"])
        assert places(found) == [(100, 140), (140, 180)]
        where = [Interval("1", 100, 170)]
        equal(found, mutation_map(model, where, Genome(study.fasta), tiling="kipoi"), ["diff"])

    def test_the_six_defaults(self, mm):
        found = mm.query_region(chrom="1", start=100.0, end=101, batch_size=16, num_workers=0)
        assert list(found.mutation_map[0].layers) == SIX

    def test_a_rule_reads_both_strands(self, mm, study, model):
        given = {"scores": ["diff"], "score_kwargs": [{"rc_merging": "max"}]}
        found = mm.query_region("1", 100, 110, **given)
        where = [Interval("1", 100, 110)]
        genome = Genome(study.fasta)
        wanted = mutation_map(model, where, genome, tiling="kipoi", rc=True, **given)
        equal(found, wanted, ["diff"])

    def test_a_file_of_regions(self, mm, study):
        found = mm.query_bed(study.bed, scores=["diff"])
        assert places(found) == [(90, 130), (140, 180)]
        # the published page prints it so
        equal(mm.query_region(str(study.bed), scores=["diff"]), found.mutation_map, ["diff"])

    def test_windows_round_variants(self, mm, study, model):
        with pytest.warns(DataWarning, match="4 mutation maps, 1 ref_mismatch, 1 non_acgtn"):
            found = mm.query_vcf(study.vcf, scores=["diff"])
        assert places(found)[0] == (100 - toy.WIDTH // 2, 100 + toy.WIDTH // 2)
        assert [one.id for one in found.mutation_map[0].annotations] == ["rs100"]
        with pytest.warns(DataWarning):
            wanted = mutation_map(model, study.vcf, Genome(study.fasta), tiling="kipoi")
        equal(found, wanted, ["diff"])

    def test_windows_of_the_loader_that_hold_a_variant(self, model, study):
        place = study.bed.with_name("windows.bed")
        place.write_text("1\t80\t120\n1\t400\t440\n1\t130\t170\n")
        args = {**study.args, "intervals_file": str(place)}
        mm = kipoi.MutationMap(model, None, args)
        found = mm.query_vcf(study.vcf, var_centered_regions=False, scores=["diff"])
        assert places(found) == [(80, 120), (130, 170)]
        assert [one.pos for one in found.mutation_map[1].annotations][:1] == [150]
        place.write_text("1\t400\t440\n")
        with pytest.raises(OptionError, match="none of 1 intervals"):
            kipoi.MutationMap(model, None, args).query_vcf(study.vcf, var_centered_regions=False)

    def test_the_width_of_a_model_that_reads_any(self, study):
        free = toy.model(window_bp=None)
        found = kipoi.MutationMap(free, None, study.args).query_region(
            "1", 100, 120, seq_length=20, scores=["diff"]
        )
        wanted = mutation_map(
            free,
            [Interval("1", 100, 120)],
            Genome(study.fasta),
            tiling="kipoi",
            placement=Placement(width_bp=20),
        )
        equal(found, wanted, ["diff"])

    @pytest.mark.parametrize(
        ("call", "error", "said"),
        [
            (lambda mm: mm.query_region("1"), OptionError, "takes chrom, start and end"),
            (lambda mm: mm.query_region("1", 5), OptionError, "takes chrom, start and end"),
            (lambda mm: mm.query_region("1", 0, 5, batchsize=2), UnknownNameError, "batch_size"),
            (lambda mm: mm.query_bed("none.bed"), MissingFileError, "none.bed"),
            (lambda mm: mm.query_region("3", 0, 5), UnknownNameError, "3"),
        ],
    )
    def test_what_cannot_work_is_said(self, mm, call, error, said):
        with pytest.raises(error) as caught:
            call(mm)
        assert said in str(caught.value)

    @pytest.mark.parametrize("args", [None, {}, {"intervals_file": "x"}])
    def test_a_genome_is_needed(self, model, args):
        with pytest.raises(OptionError, match="reads the bases of a genome"):
            kipoi.MutationMap(model, None, args)
        with pytest.raises(OptionError, match="reads the bases of a genome"):
            kipoi.MutationMap(model, [], {"fasta_file": "x"})

    def test_the_arguments_of_an_example(self, model, study):
        loader = default_dataloader(model)
        with pytest.raises(OptionError, match="example_kwargs"):
            kipoi.MutationMap(model, loader, None, True)
        loader.example_kwargs = study.args
        mm = kipoi.MutationMap(model, loader, use_dataloader_example_data=True)
        assert mm.genome.lengths == {"1": 600, "2": 600}


class TestPlotter:
    @pytest.mark.parametrize("name", ["maps.h5", "maps.hdf5"])
    def test_stored_and_opened_again(self, plotter, tmp_path, name):
        path = tmp_path / name
        plotter.save_to_file(path)
        equal(kipoi.MutationMapPlotter(fname=path), plotter.mutation_map, ["diff", "ref"])
        assert repr(plotter) == f"MutationMapPlotter({plotter.mutation_map.summary()})"
        first = plotter.mutation_map[0]
        equal(kipoi.MutationMapPlotter(first), plotter.mutation_map, ["diff", "ref"])

    def test_drawn_as_our_own_method_draws(self, plotter):
        mine, ours = (Figure(figsize=(8, 2)) for _ in range(2))
        axes = plotter.plot_mutmap(0, "seq", "ref", "atac:1", ax=mine.subplots())
        same = plotter.mutation_map.plot(0, score="ref", track="atac:1", ax=ours.subplots())
        assert axes.get_title(loc="left") == same.get_title(loc="left") == "ref, atac:1"
        (image,), (wanted,) = axes.images, same.images
        np.testing.assert_array_equal(image.get_array(), wanted.get_array())

    def test_every_option_by_place(self, plotter, study):
        options = [
            True, "coolwarm", None, (105, 125), str(study.vcf),
            {"chr": ["1"], "pos": [110], "id": ["mine"], "ref": ["A"], "alt": ["C"]},
            True, True, None, False, "red", False, True,
        ]  # fmt: skip
        axes = Figure(figsize=(8, 2)).subplots()
        assert plotter.plot_mutmap(0, "sequence", "diff", 2, axes, *options) is axes
        (image,) = axes.images
        assert image.get_array().shape[1] == 20
        options[8:9], options[-1:] = [0.2], [False]
        assert plotter.plot_mutmap(0, "seq", "diff", 2, Figure().subplots(), *options).images

    def test_limits(self, plotter):
        axes = Figure().subplots()
        plotter.plot_mutmap(0, "seq", "diff", 0, ax=axes, limit_region=(2, 9))
        assert axes.images[0].get_array().shape[1] == 7
        with pytest.raises(OutOfBoundsError):
            plotter.plot_mutmap(
                0, "seq", "diff", 0, ax=Figure().subplots(), limit_region_genomic=(0, 5)
            )

    @pytest.mark.parametrize(
        ("args", "error"),
        [
            ((9, "seq", "diff", 0), OutOfBoundsError),
            ((0, "dna", "diff", 0), UnknownNameError),
            ((0, "seq", "dif", 0), UnknownNameError),
            ((0, "seq", "diff", "atac:7"), UnknownNameError),
        ],
    )
    def test_what_is_not_there(self, plotter, args, error):
        with pytest.raises(error):
            plotter.plot_mutmap(*args, ax=Figure().subplots())

    def test_one_source_of_maps(self, plotter):
        with pytest.raises(OptionError, match="one of them"):
            kipoi.MutationMapPlotter()
        with pytest.raises(OptionError, match="one of them"):
            kipoi.MutationMapPlotter(plotter.mutation_map, "x.h5")
        with pytest.raises(WrongTypeError, match="got list"):
            kipoi.MutationMapPlotter([])

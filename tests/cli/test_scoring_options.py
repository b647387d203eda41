"""Options that `score` and `mutmap` share, from words to what the verbs take."""

from __future__ import annotations

import argparse

import pytest

from locuscope.cli.scoring_options import (
    add_model,
    add_running,
    add_scores,
    add_views,
    read_ensemble,
    read_run,
    read_scores,
    read_tracks,
    require,
    use_loader_args,
)
from locuscope.errors import InputError, OptionError, UnknownNameError
from tests.effects import toy

SCORES = """
import numpy as np

def shout(ref, alt):
    return np.abs(alt - ref)

class Scaled:
    def __init__(self, by=1.0):
        self.by = by

    def __call__(self, ref, alt):
        return (alt - ref) * self.by

number = 3
"""


def parse(*words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for add in (add_model, add_scores, add_views, add_running):
        add(parser)
    return parser.parse_args(["m", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    place = tmp_path / "scores.py"
    place.write_text(SCORES)
    return place


class TestScores:
    def test_the_default(self):
        assert read_scores(parse()) == (["diff"], None)

    def test_all_takes_no_options(self):
        assert read_scores(parse("--scores", "all")) == ("all", None)
        with pytest.raises(OptionError, match="leave out --score-kwargs"):
            read_scores(parse("--scores", "all", "--score-kwargs", "{}"))

    def test_one_dictionary_per_score(self):
        words = ["--scoring", "diff", "logit", "--scoring_kwargs", "{}", '{rc_merging:"max"}']
        assert read_scores(parse(*words)) == (["diff", "logit"], [{}, {"rc_merging": "max"}])

    def test_another_number_of_dictionaries(self):
        with pytest.raises(OptionError, match="1 score but 2 --score-kwargs"):
            read_scores(parse("--score-kwargs", "{}", "{}"))

    def test_own_scores(self, file):
        (own,), options = read_scores(parse("--scores", f"{file}::shout"))
        assert (own.__name__, options) == ("shout", None)
        words = ["--scores", f"{file}::Scaled", "--score-kwargs", "{by: 2}"]
        (kind,), options = read_scores(parse(*words))
        assert isinstance(kind, type)
        assert options == [{"by": 2}]

    def test_a_value_that_is_no_score(self, file):
        with pytest.raises(InputError, match="is an int; a score is a function"):
            read_scores(parse("--scores", f"{file}::number"))
        with pytest.raises(UnknownNameError, match="did you mean 'shout'"):
            read_scores(parse("--scores", f"{file}::shou"))

    def test_genes_go_to_the_scores_that_read_them(self):
        words = ["--scores", "diff", "splice_delta", "--genes", "demo"]
        scores, options = read_scores(parse(*words))
        assert scores == ["diff", "splice_delta"]
        assert list(options[0]) == []
        assert len(options[1]["genes"]) > 0
        with pytest.raises(OptionError, match="is for the scores splice_delta"):
            read_scores(parse("--genes", "demo"))


class TestTracks:
    model = toy.model()

    def test_each_form(self):
        assert read_tracks(parse(), self.model) is None
        assert read_tracks(parse("--tracks", "strand=."), self.model) == {"strand": ["."]}
        assert read_tracks(parse("--model-outputs", "atac:1"), self.model) == ["atac:1"]
        assert read_tracks(parse("--model_outputs_i", 0, 2), self.model) == [0, 2]

    def test_criteria_and_names_must_both_hold(self):
        words = ["--tracks", "track_name=atac:1", "track_name=atac:2", "--model-outputs-i", 0, 1]
        assert read_tracks(parse(*words), self.model) == {"track_name": ["atac:1"]}
        words = ["--tracks", "strand=.", "--model-outputs", "atac:2"]
        found = read_tracks(parse(*words), self.model)
        assert found == {"strand": ["."], "track_name": ["atac:2"]}

    def test_names_and_places_exclude_each_other(self):
        with pytest.raises(OptionError, match="exclude each other"):
            read_tracks(parse("--model-outputs", "a", "--model-outputs-i", 1), self.model)


class TestRunning:
    def test_views(self):
        found = read_ensemble(parse("--rc", "--rc-merging", "max", "--shifts", 0, 1, -1))
        assert (found.rc, found.rc_merging, found.shifts) == (True, "max", (0, 1, -1))
        with pytest.raises(OptionError, match="no effect without rc=True"):
            read_ensemble(parse("--rc-merging", "max"))

    def test_how_it_runs(self):
        found = read_run(parse("--batch_size", 4, "--device", "cpu", "--workers", 2), ["a.tsv"])
        assert (found.batch_size, found.device, found.workers) == (4, "cpu", 2)
        assert found.targets()[0].name == "a.tsv"
        assert read_run(parse("--quiet")).progress is False
        assert read_run(parse()).progress is None
        assert read_run(parse("--restart"), "a.tsv").restart

    @pytest.mark.parametrize(("given", "workers"), [(0, 1), (1, 1), (3, 3)])
    def test_published_workers_count_from_0(self, given, workers):
        assert read_run(parse("--num_workers", given)).workers == workers


class TestLoader:
    def test_the_fasta_file_is_the_genome(self):
        args = parse("--dataloader_args", '{"fasta_file": "a.fa", "intervals_file": "b.bed"}')
        assert use_loader_args(args) == "b.bed"
        assert args.genome == "a.fa"

    def test_two_genomes(self):
        args = parse("--genome", "b.fa", "--dataloader_args", '{"fasta_file": "a.fa"}')
        with pytest.raises(OptionError, match="differ; give one"):
            use_loader_args(args)

    def test_none(self):
        args = parse("--genome", "b.fa")
        assert use_loader_args(args) is None
        assert args.genome == "b.fa"

    def test_a_missing_option_is_named_as_it_is_typed(self):
        with pytest.raises(InputError, match="--genome FASTA is missing"):
            require(parse(), genome="--genome FASTA")
        require(parse("--genome", "x"), genome="--genome FASTA")

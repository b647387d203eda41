"""`locuscope hits call-hits`."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from locuscope.cli import main
from locuscope.errors import JobError
from locuscope.inference.run import present_devices
from locuscope.motifs import Hits, hit_job, read_motifs, read_regions
from locuscope.motifs.call_hits import call_hits
from locuscope.motifs.hit_solver import HitSolver
from tests.cli.hit_inputs import GOLDEN, STARTS, write_inputs

golden = pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference files are not here")
told = pytest.mark.filterwarnings("always::locuscope.errors.LocuscopeWarning")
P0, P1 = "pos_patterns.pattern_0", "pos_patterns.pattern_1"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    words = ["-s", "ohe.npz", "-a", "attr.npz", "-p", "peaks.narrowPeak", "-w", "40"]
    assert main(["hits", "extract-regions-modisco-fmt", *words, "-o", "r.npz"]) == 0
    return tmp_path


def run(*words: object) -> int:
    return main(["hits", "call-hits", "-r", "r.npz", "-m", "modisco.h5", *map(str, words)])


def refused(capsys, place) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("locuscope hits call-hits: ")
    assert not (place / "h").exists()
    assert not (place / "h.job").exists()
    return said


def keys(table: pl.DataFrame) -> list[tuple[int, int, int]]:
    return table.select("peak_id", "motif_id", "hit_start").sort(pl.all()).rows()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The hits of the published run, from its inputs."""
    folder = tmp_path_factory.mktemp("golden")
    words = ["-s", GOLDEN / "ohe.npz", "-a", GOLDEN / "attr.npz", "-p", GOLDEN / "peaks.narrowPeak"]
    extract = ["extract-regions-modisco-fmt", *words, "-w", 500, "-o", folder / "r.npz"]
    assert main(["hits", *map(str, extract)]) == 0
    call = [
        "call-hits", "-r", folder / "r.npz", "-m", GOLDEN / "modisco.h5", "-o", folder / "h",
        "-N", GOLDEN / "names.tsv", "-L", GOLDEN / "lambdas.tsv", "-b", 40,
    ]  # fmt: skip
    assert main(["hits", *map(str, call)]) == 0
    return folder / "h"


@golden
class TestPublished:
    def test_the_motifs(self, published):
        found, expected = (
            pl.read_csv(place / "motif_data.tsv", separator="\t")
            for place in (published, GOLDEN / "hits")
        )
        assert found.columns == expected.columns
        for name in found.columns:
            if name == "motif_scale":
                np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)
            else:
                assert found[name].to_list() == expected[name].to_list()
        cwms = [np.load(place / "motif_cwms.npy") for place in (published, GOLDEN / "hits")]
        np.testing.assert_array_equal(*cwms)

    def test_the_hits_are_those_of_the_optimum(self, published):
        found = Hits.open(published).table.sort("peak_id", "hit_start", "motif_id")
        expected = pl.read_parquet(GOLDEN / "reference.hits.parquet")
        expected = expected.filter("passes_filter").sort("peak_id", "hit_start", "motif_id")
        assert len(found) == 114
        assert keys(found) == keys(expected)
        ours, theirs = found["hit_coefficient"].to_numpy(), expected["hit_coefficient"].to_numpy()
        assert (np.abs(ours - theirs) / np.maximum(theirs, 1)).max() < 0.02

    def test_every_hit_is_in_the_published_table(self, published):
        place = ["chr", "start", "end", "start_untrimmed", "end_untrimmed", "motif_name"]
        place += ["strand", "peak_name", "peak_id"]
        found, expected = (
            pl.read_csv(folder / "hits.tsv", separator="\t")
            for folder in (published, GOLDEN / "hits")
        )
        assert found.columns[: len(expected.columns)] == expected.columns
        assert len(expected) == 115
        both = found.join(expected, on=place, how="inner", suffix="_theirs")
        assert len(both) == len(found) == 114
        for name in ("hit_importance", "hit_importance_sq"):
            np.testing.assert_allclose(both[name], both[f"{name}_theirs"], rtol=1e-4)

    def test_the_parameters(self, published):
        found, expected = (
            json.loads((place / "parameters.json").read_text())
            for place in (published, GOLDEN / "hits")
        )
        assert list(found)[: len(expected)] == list(expected)
        for name in ("mode", "region_width", "num_regions", "num_motifs", "no_post_filter"):
            assert found[name] == expected[name]


def test_the_planted_motifs(place, capsys):
    assert run("-o", "h") == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1].startswith("h: ")
    assert "4 of 4 certified" in out
    hits = Hits.open("h")
    best = hits.table.filter(pl.col("strand") == "+").sort("hit_coefficient", descending=True)
    best = best.unique("peak_id", keep="first", maintain_order=True).sort("peak_id")
    assert best["hit_start"].to_list() == list(STARTS)
    assert best["motif_name"].to_list() == [P0, P1, P0, P1]
    python = call_hits(read_regions("r.npz"), read_motifs("modisco.h5"), out="python")
    assert (place / "h" / "hits.tsv").read_bytes() == (place / "python" / "hits.tsv").read_bytes()
    assert len(python) == len(hits)


@pytest.mark.parametrize(
    ("mode", "kind", "is_hypothetical"),
    [("pp", "cwm", False), ("ph", "cwm", True), ("hp", "hcwm", False), ("hh", "hcwm", True)],
)
def test_modes(place, mode, kind, is_hypothetical):
    assert run("-o", "h", "-M", mode, "-l", 0.5, "--quiet") == 0
    motifs = read_motifs("modisco.h5", kind=kind)
    expected = call_hits(
        read_regions("r.npz"), motifs, use_hypothetical=is_hypothetical, lambdas=0.5
    )
    found = Hits.open("h")
    assert keys(found.table) == keys(expected.table)
    assert found.parameters["mode"] == mode


def test_side_files_and_flags(place, capsys):
    (place / "names.tsv").write_text(f"{P0}\tALPHA\n")
    (place / "lambdas.tsv").write_text("ALPHA\t0.6\n")
    (place / "include.txt").write_text(f"{P0}\n")
    (place / "coords.tsv").write_text("ALPHA\t2\t8\n")
    capsys.readouterr()
    code = run(
        "-o", "h", "-N", "names.tsv", "-L", "lambdas.tsv", "-I", "include.txt", "-R", "coords.tsv",
        "-l", 0.65, "-q", "-f", "--edge", "core", "--merge-twins", "--quiet", "--threads", 2,
    )  # fmt: skip
    assert code == 0
    assert not capsys.readouterr().out
    hits = Hits.open("h")
    assert hits.motifs.names == ("ALPHA", "ALPHA")
    assert hits.motifs.lambdas().tolist() == [0.6, 0.6]
    assert hits.motifs.cores.tolist() == [[2, 8], [2, 8]]
    facts = {"sqrt_transform": True, "no_post_filter": True, "edge": "core", "merge_twins": True}
    assert {name: hits.parameters[name] for name in facts} == facts


def test_thresholds_of_cores(place):
    (place / "t.tsv").write_text(f"{P0}\t0.9\n")
    assert run("-o", "h", "-t", 0.01, "-T", "t.tsv", "--quiet") == 0
    cores = Hits.open("h").motifs.cores
    expected = read_motifs("modisco.h5", trim_threshold=0.01, trim_thresholds={P0: 0.9}).cores
    np.testing.assert_array_equal(cores, expected)
    assert (cores[0] != cores[2]).any()


def test_the_published_steps(place):
    words = ["--backend", "fista", "-c", 1e-4, "-S", 500, "-s", 2, "-i", 0.05, "-j", 0.5]
    assert run("-o", "h", *words, "--quiet") == 0
    found = Hits.open("h").parameters
    assert found["convergence_tol"] == 1e-4
    assert found["max_steps"] == 500
    assert [found[f"step_{n}"] for n in ("size_max", "size_min", "adjust")] == [2, 0.05, 0.5]
    assert run("-o", "i", "--tol", 1e-3, "-S", 7, "--quiet") == 0
    found = Hits.open("i").parameters
    assert (found["convergence_tol"], found["max_steps"]) == (1e-3, 7)
    assert found["step_size_max"] is None


@told
def test_old_options_are_taken_with_a_note(place, capsys):
    (place / "l.tsv").write_text(f"{P0}\t0.55\n")
    words = ["-a", 0.6, "-A", "l.tsv", "-d", "cpu", "-p", "peaks.narrowPeak"]
    assert run("-o", "h", *words, "--quiet") == 0
    said = capsys.readouterr().err
    for flag in ("-a", "-A", "-d", "-p"):
        assert f"locuscope: note: {flag} " in said
    assert sorted(set(Hits.open("h").motifs.lambdas().tolist())) == [0.55, 0.6]


@told
def test_regions_without_places(place, capsys):
    words = ["-s", "ohe.npz", "-a", "attr.npz", "-w", "40", "-o", "r.npz"]
    assert main(["hits", "extract-regions-modisco-fmt", *words]) == 0
    assert run("-o", "h") == 0
    assert "no places" in capsys.readouterr().err
    assert not Hits.open("h").has_coordinates
    assert run("-o", "i", "-p", "peaks.narrowPeak") == 0
    assert Hits.open("i").table["chr"].unique().to_list() == ["1"]


def test_a_finished_folder_is_not_overwritten_by_another_call(place, capsys):
    assert run("-o", "h") == 0
    before = (place / "h" / "hits.tsv").read_bytes()
    assert run("-o", "h") == 0
    capsys.readouterr()
    assert run("-o", "h", "-l", 0.5) == 2
    assert "--restart" in capsys.readouterr().err
    assert (place / "h" / "hits.tsv").read_bytes() == before
    assert run("-o", "h", "-l", 0.5, "--restart") == 0
    assert Hits.open("h").motifs.lambdas()[0] == 0.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-l", 1], "can never give a hit"),
        (["-l", 0], "above 0 and below 1"),
        (["-r", "no.npz"], "no.npz"),
        (["-m", "no.h5"], "no.h5"),
        (["-m", "r.npz"], "r.npz"),
        (["-N", "no.tsv"], "no.tsv"),
        (["-I", "bad.tsv"], "pattern_7"),
        (["-L", "bad.tsv"], "bad.tsv:1"),
        (["-t", 2], "threshold=2"),
        (["-i", 5], "step_size"),
        (["--tol", 0], "tol is 0"),
        (["-b", 0], "0"),
        (["--threads", 2, "--backend", "torch"], "threads"),
    ],
)
def test_refusals_leave_nothing_behind(place, capsys, words, said):
    (place / "bad.tsv").write_text("pos_patterns.pattern_7\n")
    capsys.readouterr()
    assert run("-o", "h", *words) == 2
    assert said in refused(capsys, place)


@told
def test_old_options_that_do_not_fit(place, capsys):
    capsys.readouterr()
    assert run("-o", "h", "-a", 0.6, "-l", 0.5) == 2
    assert "-a and -l/--global-lambda differ" in refused(capsys, place)
    (place / "peaks.narrowPeak").write_text("1\t0\t60\t.\t0\t.\t0\t0\t0\t30\n")
    assert run("-o", "h", "-p", "peaks.narrowPeak") == 2
    assert "1 peaks" in capsys.readouterr().err
    assert not (place / "h").exists()


def test_wrong_words(capsys):
    with pytest.raises(SystemExit) as ended:
        run("-o", "h", "--mod", "xx")
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        main(["hits", "call-hit"])
    assert ended.value.code == 2
    assert "did you mean call-hits" in capsys.readouterr().err


def test_a_stopped_call_goes_on(place, monkeypatch, capsys):
    assert run("-o", "whole", "--quiet") == 0
    monkeypatch.setattr(hit_job, "PART_ROWS", 2)
    solve, solved = HitSolver.solve, []

    def failing(self, problem, regions):
        if regions.start == 2:
            message = "no memory left"
            raise JobError(message)
        solved.append(regions.start)
        return solve(self, problem, regions)

    with monkeypatch.context() as patch:
        patch.setattr(HitSolver, "solve", failing)
        capsys.readouterr()
        assert run("-o", "h", "--quiet") == 3
    assert "1 finished part is kept" in capsys.readouterr().err
    assert solved == [0]
    assert not (place / "h" / "hits.tsv").exists()
    assert run("-o", "h", "--quiet") == 0
    for name in ("hits.tsv", "peaks_qc.tsv", "hits.bed", "parameters.json"):
        assert (place / "h" / name).read_bytes() == (place / "whole" / name).read_bytes()


@pytest.mark.parametrize("device", ["cuda", "tpu"])
def test_a_device_that_is_not_there(place, capsys, device):
    if device in present_devices():
        pytest.skip(f"{device} is here")
    capsys.readouterr()
    assert run("-o", "h", "--device", device) == 2
    assert device in refused(capsys, place)


@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_backends_agree(place, backend):
    assert run("-o", "h", "--quiet", "--backend", backend, "-b", 3) == 0
    expected = call_hits(read_regions("r.npz"), read_motifs("modisco.h5"))
    found = Hits.open("h")
    assert keys(found.table) == keys(expected.table)
    np.testing.assert_allclose(
        found.table["hit_coefficient"], expected.table["hit_coefficient"], rtol=1e-5
    )
    assert found.parameters["backend"] == backend


def test_compiling_is_an_option_of_the_published_steps(place):
    assert run("-o", "h", "-J", "--quiet") == 0
    assert Hits.open("h").parameters["compile_optimizer"] is False


@told
@pytest.mark.parametrize("old", ["-C", "-d"])
def test_old_options_alone(place, capsys, old):
    (place / "order.txt").write_text("1\n")
    capsys.readouterr()
    code = run("-o", "h", "--quiet", old, "order.txt" if old == "-C" else "cpu")
    said = capsys.readouterr().err
    assert f"note: {old} " in said
    assert code == (2 if old == "-C" else 0)
    assert ("-p PEAKS" in said) == (old == "-C")


@told
def test_an_old_option_that_says_the_same(place):
    assert run("-o", "h", "-a", 0.6, "-l", 0.6, "--quiet") == 0
    assert set(Hits.open("h").motifs.lambdas().tolist()) == {0.6}


def test_every_verb_has_help(capsys):
    for verb in ("call-hits", "collapse-hits", "intersect-hits", "export", "annotate"):
        with pytest.raises(SystemExit) as ended:
            main(["hits", verb, "--help"])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert f"locuscope hits {verb}" in said
        assert "--motif-alphas" not in said

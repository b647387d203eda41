"""`locuscope hits extract-regions-*`."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from locuscope.cli import main
from locuscope.genome import write_bigwig
from locuscope.motifs import read_regions
from tests.cli.hit_inputs import GOLDEN, LENGTH, write_inputs

FILES = ("ohe.npz", "attr.npz", "peaks.narrowPeak", "modisco.h5")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    return tmp_path


def run(verb: str, *words: object) -> int:
    return main(["hits", verb, *map(str, words)])


def modisco(*words: object) -> int:
    return run("extract-regions-modisco-fmt", "-s", "ohe.npz", "-a", "attr.npz", *words)


def refused(capsys, place, *, kept=FILES) -> str:
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("locuscope hits extract-regions-")
    assert sorted(item.name for item in place.iterdir()) == sorted(kept)
    return said


@pytest.mark.filterwarnings("always::locuscope.errors.DataWarning")
@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the reference files are not here")
def test_the_published_file(tmp_path, capsys):
    out = tmp_path / "r.npz"
    code = run(
        "extract-regions-modisco-fmt", "-s", GOLDEN / "ohe.npz", "-a", GOLDEN / "attr.npz",
        "-p", GOLDEN / "peaks.narrowPeak", "-w", 500, "--dtype", "float16", "-o", out,
    )  # fmt: skip
    assert code == 0
    assert "40 regions of 500 bp" in capsys.readouterr().out
    with np.load(out) as found, np.load(GOLDEN / "regions.npz") as expected:
        assert set(expected) <= set(found)
        for name in expected:
            assert found[name].dtype == expected[name].dtype
            np.testing.assert_array_equal(found[name], expected[name])


def test_arrays_with_and_without_peaks(place):
    assert modisco("-o", "a.npz", "-w", 30) == 0
    bare = read_regions("a.npz")
    assert bare.intervals is None
    with np.load("attr.npz") as file:
        scores = file["arr_0"]
    np.testing.assert_array_equal(bare.values, scores[..., 5:35])
    assert modisco("-o", "b.npz", "-w", 30, "-p", "peaks.narrowPeak") == 0
    placed = read_regions("b.npz")
    assert [one.start for one in placed.intervals] == [115, 215, 315, 415]
    np.testing.assert_array_equal(placed.values, bare.values)


def test_the_order_of_contigs(place):
    lines = (place / "peaks.narrowPeak").read_text().replace("1\t4", "2\t4", 1)
    (place / "peaks.narrowPeak").write_text(lines)
    (place / "order.txt").write_text("2\n1\n")
    assert modisco("-o", "a.npz", "-w", 30, "-p", "peaks.narrowPeak", "-C", "order.txt") == 0
    assert read_regions("a.npz").chrom_ids.tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("verb", ["chrombpnet-h5", "h5", "bpnet-h5"])
def test_hdf5_of_both_layouts(place, verb):
    with np.load("ohe.npz") as ohe, np.load("attr.npz") as attr:
        sequences, scores = ohe["arr_0"], attr["arr_0"]
    names = ("raw/seq", "shap/seq")
    stored = sequences, scores
    if verb == "bpnet-h5":
        names = ("input_seqs", "hyp_scores")
        stored = tuple(array.swapaxes(1, 2) for array in stored)
    for k, factor in enumerate((1, 3)):
        with h5py.File(f"{k}.h5", "w") as file:
            file[names[0]], file[names[1]] = stored[0], stored[1] * factor
    code = run(f"extract-regions-{verb}", "-c", "0.h5", "1.h5", "-o", "a.npz", "-w", LENGTH)
    assert code == 0
    np.testing.assert_allclose(read_regions("a.npz").values, 2 * scores, rtol=1e-6)
    np.testing.assert_array_equal(read_regions("a.npz").sequences, sequences)


class TestTracks:
    @pytest.fixture
    def tracks(self, place):
        rng = np.random.default_rng(1)
        bases = "".join(rng.choice(list("ACGT"), 500))
        (place / "g.fa").write_text(f">1\n{bases}\n")
        starts = np.arange(0, 500)
        values = rng.normal(size=500).astype(np.float32)
        write_bigwig(place / "t.bw", [("1", starts, starts + 1, values)], {"1": 500})
        return values

    def words(self, *more: object) -> list[object]:
        return [
            "extract-regions-bw", "-p", "peaks.narrowPeak", "-f", "g.fa", "-b", "t.bw", "t.bw",
            "-o", "a.npz", "-w", 200, *more,
        ]  # fmt: skip

    def test_scores_stand_at_their_bases(self, place, tracks):
        assert run(*self.words()) == 0
        found = read_regions("a.npz")
        np.testing.assert_allclose(found.values[0].sum(0), tracks[30:230], rtol=1e-6)
        # The last region leaves its contig, and the part outside has nothing.
        assert not found.sequences[3][:, 170:].any()
        assert not found.values[3][:, 170:].any()
        np.testing.assert_allclose(found.values[3].sum(0)[:170], tracks[330:], rtol=1e-6)

    @pytest.mark.filterwarnings("always::locuscope.errors.DataWarning")
    @pytest.mark.parametrize("word", ["zero", "skip-rows-flagged"])
    def test_a_contig_that_is_missing(self, place, tracks, capsys, word):
        lines = (place / "peaks.narrowPeak").read_text().replace("1\t4", "7\t4", 1)
        (place / "peaks.narrowPeak").write_text(lines)
        assert run(*self.words()) == 2
        said = refused(capsys, place, kept=(*FILES, "g.fa", "g.fa.fai", "t.bw"))
        assert "'7'" in said
        assert "--missing-contig zero" in said
        assert run(*self.words("--missing-contig", word)) == 0
        assert "1 of 4 regions" in capsys.readouterr().err
        found = read_regions("a.npz")
        assert not found.sequences[3].any()
        assert found.sequences[0].any()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.tsv"], ".npz"),
        (["-o", "a.npz", "-w", 42], "2 to 40"),
        (["-o", "a.npz", "-w", 0], "width_bp=0"),
        (["-o", "a.npz", "-w", 30, "-p", "no.narrowPeak"], "no.narrowPeak"),
        (["-o", "a.npz", "-w", 30, "-p", "modisco.h5"], "modisco.h5"),
        (["-o", "a.npz", "-w", 30, "-C", "order.txt"], "-p PEAKS"),
        (["-o", "none/a.npz", "-w", 30], "none"),
    ],
)
def test_refusals_leave_nothing_behind(place, capsys, words, said):
    assert modisco(*words) == 2
    assert said in refused(capsys, place)


def test_files_that_do_not_fit(place, capsys):
    np.savez("other.npz", np.zeros((3, 4, LENGTH)))
    code = run("extract-regions-modisco-fmt", "-s", "ohe.npz", "-a", "other.npz", "-o", "a.npz")
    assert code == 2
    assert "(3, 4, 40)" in refused(capsys, place, kept=(*FILES, "other.npz"))
    (place / "peaks.narrowPeak").write_text("1\t0\t60\t.\t0\t.\t0\t0\t0\t30\n")
    assert modisco("-p", "peaks.narrowPeak", "-w", 30, "-o", "a.npz") == 2
    assert "1 peaks" in refused(capsys, place, kept=(*FILES, "other.npz"))

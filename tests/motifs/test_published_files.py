"""Files of the published tool: the same motifs, regions and seqlets, value by value."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import polars as pl
import pytest

from locuscope.motifs import read_motifs, read_narrowpeak, read_regions, read_seqlets, write_regions
from locuscope.motifs.extraction import extract_regions
from locuscope.motifs.trimming import trim

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden" / "hits" / "cli"

pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden files of motif hits are not beside this checkout"
)


def golden_motifs():
    return read_motifs(
        GOLDEN / "modisco.h5", rename=GOLDEN / "names.tsv", lambdas=GOLDEN / "lambdas.tsv"
    )


def test_motifs_are_those_of_the_published_tool():
    motifs = golden_motifs()
    stored = np.load(GOLDEN / "hits" / "motif_cwms.npy")
    assert np.array_equal(motifs.cwms.astype(np.float16), stored)
    expected = pl.read_csv(GOLDEN / "hits" / "motif_data.tsv", separator="\t")
    found = pl.from_pandas(motifs.to_dataframe())
    assert found.columns == expected.columns
    for name in expected.columns:
        if name == "motif_scale":
            assert np.allclose(found[name], expected[name], rtol=1e-6, atol=0)
        else:
            assert found[name].to_list() == expected[name].to_list()


def test_extracted_regions_are_those_of_the_published_tool(tmp_path):
    peaks = read_narrowpeak(GOLDEN / "peaks.narrowPeak", width_bp=500)
    found = extract_regions(
        GOLDEN / "attr.npz",
        layout="modisco",
        sequences=GOLDEN / "ohe.npz",
        peaks=peaks,
        width_bp=500,
    )
    with pytest.warns(UserWarning, match="float16 loses digits"):
        path = write_regions(found, tmp_path / "regions.npz", dtype="float16")
    with np.load(GOLDEN / "regions.npz") as expected, np.load(path) as written:
        for name in expected.files:
            assert written[name].dtype == expected[name].dtype
            assert np.array_equal(written[name], expected[name])


def test_stored_regions_read_back():
    found = read_regions(GOLDEN / "regions.npz")
    assert found.shape == (40, 4, 500)
    assert found.values.dtype == np.float32
    assert found.peak_ids.tolist() == list(range(40))
    assert found.intervals[0].chrom == "chr2"
    assert found.intervals[0].start == 1000


def test_seqlets_are_those_of_the_published_report():
    table = read_seqlets(
        GOLDEN / "modisco.h5", read_regions(GOLDEN / "regions.npz"), golden_motifs()
    )
    expected = pl.read_csv(GOLDEN / "report" / "seqlets.tsv", separator="\t")
    keys = ["motif_name", "peak_id", "start_untrimmed", "strand"]
    found = table.select(expected.columns).cast({"peak_id": pl.Int64})
    assert found.sort(keys).equals(expected.sort(keys))


def test_cores_are_those_of_the_published_tool():
    arrays = np.load(GOLDEN.parent / "projected.inputs.npz")
    for matrix, start, end, strand in zip(
        arrays["motif_C"][np.arange(24) // 2],
        arrays["motif_start"],
        arrays["motif_end"],
        arrays["motif_strand"],
        strict=True,
    ):
        turned = matrix[::-1, ::-1] if strand == "-" else matrix
        assert trim(turned) == (start, end)


def slow_motifs(kind: str) -> dict[str, tuple[np.ndarray, int, int]]:
    """Matrix and core of each pattern and strand, read as the published tool reads them."""
    dataset = {"cwm": "contrib_scores", "hcwm": "hypothetical_contribs"}.get(kind, "sequence")
    found = {}
    with h5py.File(GOLDEN / "modisco.h5") as file:
        for side in ("pos_patterns", "neg_patterns"):
            for name in sorted(file[side], key=lambda name: int(name.split("_")[-1])):
                group = file[side][name]
                matrix = group[dataset][:].T.astype(np.float64)
                if kind == "pfm_softmax":
                    powers = np.exp(100 * (matrix - matrix.mean(axis=1, keepdims=True)))
                    matrix = powers / powers.sum(axis=0)
                elif kind == "pfm":
                    matrix = matrix / matrix.sum(axis=0)
                matrix /= np.sqrt((matrix**2).sum())
                sizes = np.abs(group["contrib_scores"][:]).sum(axis=1)
                inside = np.flatnonzero(sizes >= 0.3 * sizes.max())
                start, end, width = inside[0], inside[-1] + 1, matrix.shape[1]
                found[f"{side}.{name}+"] = (matrix, start, end)
                found[f"{side}.{name}-"] = (matrix[::-1, ::-1], width - end, width - start)
    return found


@pytest.mark.parametrize("kind", ["cwm", "hcwm", "pfm", "pfm_softmax"])
def test_every_kind_is_that_of_the_slow_way(kind):
    motifs = read_motifs(GOLDEN / "modisco.h5", kind=kind)
    slow = slow_motifs(kind)
    keys = [one.original_name + one.strand for one in motifs]
    assert keys == list(slow)
    for cwm, core, (matrix, start, end) in zip(
        motifs.cwms, motifs.cores.tolist(), slow.values(), strict=True
    ):
        assert np.allclose(cwm, matrix, atol=1e-6)
        assert core == [start, end]

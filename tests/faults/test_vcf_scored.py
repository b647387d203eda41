"""What becomes of awkward alleles when they are scored, and what is written when a file is bad."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from locuscope.effects.variants import score_variants
from locuscope.errors import AssemblyMismatchError, FormatError
from tests.effects import toy

HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
TEXT = toy.sequence()
HALF = toy.WIDTH // 2


def base(pos, n=1):
    return TEXT[pos - 1 : pos - 1 + n]


def other(pos):
    return next(letter for letter in "ACGT" if letter != base(pos))


@pytest.fixture
def save(tmp_path):
    def write(*rows, name="toy.vcf"):
        path = tmp_path / name
        path.write_text(HEADER + "".join("\t".join(map(str, row)) + "\t.\t.\t.\n" for row in rows))
        return path

    return write


def scored(path, model=None, scores=("diff", "SAX", "D1"), **options):
    model = toy.model() if model is None else model
    return score_variants(model, path, toy.genome(), scores=scores, device="cpu", **options)


@pytest.mark.fault("V8")
def test_one_change_in_two_spellings(save):
    """TAT>TGT is A>G: equal scores, and the later row says that it is a duplicate."""
    left, middle, right = base(99), base(100), base(101)
    new = other(100)
    path = save(
        ("1", 99, "long", left + middle + right, left + new + right),
        ("1", 100, "short", middle, new),
        ("1", 100, "lower", middle.lower(), new.lower()),
    )
    found = scored(path)
    assert found.status == ["ok"] * 3
    for values in found.scores.values():
        assert np.array_equal(values[0], values[1])
        assert np.array_equal(values[0], values[2])
    assert ["duplicate" in notes for notes in found.notes] == [False, True, True]
    assert found.variants.table["ref"].to_list()[:2] == [left + middle + right, middle]


@pytest.mark.fault("V9")
def test_scattered_contigs_and_places_score_as_sorted_ones(save):
    genome = toy.genome()
    places = [("2", 90), ("1", 80), ("2", 30), ("1", 200), ("1", 60)]
    rows = [
        (chrom, pos, ".", letter, "A" if letter != "A" else "C")
        for chrom, pos in places
        for letter in [genome.fetch(chrom, pos - 1, pos)]
    ]
    order = sorted(range(len(rows)), key=lambda k: rows[k][:2])
    found = scored(save(*rows))
    tidy = scored(save(*[rows[k] for k in order], name="sorted.vcf"))
    assert found.variants.table.select("chrom", "pos").rows() == places
    for name, values in found.scores.items():
        np.testing.assert_allclose(values[order], tidy.scores[name], rtol=0, atol=1e-5)


@pytest.mark.fault("V12")
def test_another_assembly_stops_before_the_network(save):
    model = toy.model()
    model.module.calls = 0
    path = save(*[("1", pos, ".", other(pos), base(pos)) for pos in range(20, 90)])
    with pytest.raises(AssemblyMismatchError, match="70 of the first 70") as caught:
        scored(path, model)
    assert (caught.value.code, model.module.calls) == ("assembly_mismatch", 0)
    found = scored(path, model, check_assembly=False)
    assert set(found.status) == {"ref_mismatch"}
    assert all("alt_matches_genome" in notes for notes in found.notes)


@pytest.mark.fault("V13")
def test_windows_that_overhang_and_alleles_that_leave_the_contig(save):
    last = toy.LENGTH
    path = save(
        ("1", 1, "first", base(1), other(1)),
        ("1", last, "last", base(last), other(last)),
        ("1", last, "across", base(last) + "A", base(last)),
        ("1", 100, "inside", base(100), other(100)),
    )
    found = scored(path)
    assert found.status == ["ok", "ok", "off_edge", "ok"]
    assert [("padded" in notes) for notes in found.notes] == [True, True, False, False]
    padded = found.windows["n_padded"].to_list()
    assert padded == [HALF - 1, HALF, None, 0]
    diff = found.scores["diff"]
    assert np.isnan(diff[2]).all()
    assert np.isfinite(diff[[0, 1, 3]]).all()


@pytest.mark.fault("V14")
@pytest.mark.parametrize("n_bases", [HALF, HALF + 1, toy.WIDTH + 3])
def test_alleles_longer_than_half_the_window(save, n_bases):
    path = save(
        ("1", 200, "gone", base(200, n_bases), base(200)),
        ("1", 200, "new", base(200), base(200) + "ACGTA" * 20 + "C"),
        ("1", 200, "fine", base(200), other(200)),
    )
    found = scored(path)
    expected = "ok" if n_bases <= HALF else "too_long"
    assert found.status == [expected, "too_long", "ok"]
    assert np.isnan(found.scores["diff"][1]).all()
    assert found.variants.table["reason"][1] is not None


@pytest.mark.fault("V15")
def test_left_and_right_aligned_spellings_of_an_indel(save):
    """Ten T at 401-410: the same base lost, or two gained, at either end."""
    assert base(401, 10) == "T" * 10
    path = save(
        ("1", 400, "left", base(400, 2), base(400)),
        ("1", 409, "right", "TT", "T"),
        ("1", 400, "left", base(400), base(400) + "TT"),
        ("1", 410, "right", "T", "TTT"),
    )
    found = scored(path)
    assert found.status == ["ok"] * 4
    for values in found.scores.values():
        assert np.array_equal(values[0], values[1])
        assert np.array_equal(values[2], values[3])
    assert ["duplicate" in notes for notes in found.notes] == [False, True, False, True]


@pytest.mark.fault("V15")
@pytest.mark.parametrize("n_lost", [1, 2, 5])
def test_both_alleles_of_a_deletion_are_compared_base_by_base(save, n_lost):
    """Behind a deletion each base of ALT meets the base that it is, not the one at its place."""
    pos = 498
    found = scored(save(("1", pos, ".", base(pos, n_lost + 1), base(pos))), scores="D1")
    start = pos - HALF
    kept = TEXT[:pos] + TEXT[pos + n_lost :]
    ref = toy.predict(TEXT[start : start + toy.WIDTH])
    alt = toy.predict(kept[start : start + toy.WIDTH])
    here = pos - start
    aligned = np.concatenate([alt[:here], np.zeros((n_lost, 3)), alt[here : toy.WIDTH - n_lost]])
    np.testing.assert_allclose(found.scores["D1"][0], np.abs(aligned - ref).sum(axis=0), atol=1e-5)


@pytest.mark.fault("V16")
def test_a_cut_archive_publishes_nothing(save, tmp_path):
    rows = [("1", pos, ".", base(pos), other(pos)) for pos in range(50, 90)]
    packed = gzip.compress(save(*rows).read_bytes())
    cut = tmp_path / "cut.vcf.gz"
    cut.write_bytes(packed[:-20])
    with pytest.raises(FormatError, match="ends early"):
        scored(cut, out=tmp_path / "result.parquet")
    assert not (tmp_path / "result.parquet").exists()
    cut.write_bytes(packed)
    assert len(scored(cut, out=tmp_path / "result.parquet")) == 40
    assert (tmp_path / "result.parquet").exists()

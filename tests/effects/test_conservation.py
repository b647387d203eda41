"""Whatever a file holds: one row per allele, in order, and a summary that adds up."""

from __future__ import annotations

import re
import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locuscope.effects.variants import score_variants
from locuscope.errors import LocuscopeWarning
from locuscope.genome.alleles import STATUSES
from locuscope.genome.placement import Placement
from tests.effects import toy

HEAD = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SEQUENCE = toy.sequence()

ODD_ALTS = ("<DEL>", "*", ".", "N", "A[2:5[", "<*>", "", "A T", "R", ".A", "acgt", "A" * 30)
CHROMS = st.sampled_from(["1", "1", "1", "2", "chr1", "7", "chr 1", "<3>"])


@st.composite
def records(draw: st.DrawFn) -> tuple[str, int]:
    """A line of a VCF, and how many alleles it holds."""
    pos = draw(st.one_of(st.integers(1, toy.LENGTH), st.integers(1, toy.LENGTH)))
    width = draw(st.integers(1, 4))
    ref = SEQUENCE[pos - 1 : pos - 1 + width]
    if draw(st.integers(0, 5)) == 0:
        ref = draw(st.sampled_from(["A", "C", ".", "N", "a", "C,A", "", "GATTACA"]))
    bases = st.text("ACGT", min_size=1, max_size=5)
    alts = draw(
        st.lists(st.one_of(bases, bases, st.sampled_from(ODD_ALTS)), min_size=1, max_size=4)
    )
    text_pos = draw(
        st.sampled_from([str(pos)] * 8 + [".", "-1", "0", "12x", "99999", "4294967296"])
    )
    rest = draw(st.sampled_from(["\t.\t.\t.", '\t50\tPASS\tAC=1;X="a,b"', "", "\t\t\t\t\t"]))
    name = draw(st.sampled_from([".", "rs1", "a;b", "é"]))
    line = f"{draw(CHROMS)}\t{text_pos}\t{name}\t{ref}\t{','.join(alts)}{rest}\n"
    return line, len(alts)


FILES = st.lists(records(), max_size=12)
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def scored(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LocuscopeWarning)
        return score_variants(
            toy.model(), path, toy.genome(), check_assembly=False, device="cpu", **options
        )


def require_conserved(found, lines):
    asked = [(k, alt) for k, (_, n) in enumerate(lines) for alt in range(n)]
    table = found.variants.table
    assert list(zip(table["record"], table["alt_index"] - 1, strict=True)) == asked
    assert len(found.status) == len(asked)
    assert set(found.status) <= set(STATUSES)
    for status, values in zip(found.status, found.scores["diff"], strict=True):
        assert (
            np.isfinite(values).all()
            if status == "ok"
            else status == "nonfinite" or np.isnan(values).all()
        )
    numbers = [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", found.summary())]
    assert numbers[0] == len(asked) == sum(numbers[1:])


@SETTINGS
@given(FILES)
def test_rows_out_are_alleles_in(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("v") / "in.vcf"
    path.write_text(HEAD + "".join(line for line, _ in lines), encoding="utf-8")
    found = scored(path)
    require_conserved(found, lines)
    skipped = scored(path, on_bad="skip")
    is_ok = found.variants.is_ok
    assert skipped.row_ids == [name for name, ok in zip(found.row_ids, is_ok, strict=True) if ok]
    assert sum((skipped.provenance["skipped"] or {}).values()) == int((~is_ok).sum())


@settings(SETTINGS, max_examples=10)
@given(FILES)
def test_files_hold_the_same_rows_as_memory(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("v")
    path = folder / "in.vcf"
    path.write_text(HEAD + "".join(line for line, _ in lines), encoding="utf-8")
    held = scored(path)
    targets = [folder / name for name in ("out.parquet", "out.tsv", "out.vcf", "out.h5", "parts")]
    stored = scored(path, out=targets)
    require_conserved(stored, lines)
    np.testing.assert_array_equal(stored.scores["diff"], held.scores["diff"])
    assert stored.status == held.status
    assert stored.notes == held.notes
    assert pl.read_parquet(targets[0])["status"].to_list() == held.status
    text = targets[2].read_text(encoding="utf-8").splitlines()
    assert len([line for line in text if not line.startswith("#")]) == len(lines)
    for target in targets:
        assert type(held).open(target).status == held.status


@pytest.mark.parametrize("mode", ["restricted", "overlap"])
@settings(SETTINGS, max_examples=15)
@given(FILES)
def test_several_windows_keep_every_allele(tmp_path_factory, mode, lines):
    from locuscope.genome.interval import Interval

    path = tmp_path_factory.mktemp("v") / "in.vcf"
    path.write_text(HEAD + "".join(line for line, _ in lines), encoding="utf-8")
    regions = [Interval("1", start, start + toy.WIDTH) for start in range(0, 400, 25)]
    place = Placement(mode=mode, regions=regions, multi="all")
    table = scored(path, placement=place).variants.table
    seen = list(dict.fromkeys(zip(table["record"], table["alt_index"] - 1, strict=True)))
    assert seen == [(k, alt) for k, (_, n) in enumerate(lines) for alt in range(n)]

from __future__ import annotations

from pathlib import Path

import pytest

from locuscope.effects.results.target_options import TargetOptions, check_targets, kind_of_target
from locuscope.errors import OptionError, StoreTargetError


def test_names_say_the_kind():
    kinds = {
        "a.vcf": "vcf", "a.vcf.gz": "vcf", "a.vcf.bgz": "vcf", "a.parquet": "parquet",
        "a.tsv": "tsv", "a.tsv.gz": "tsv", "a.h5": "h5", "a.hdf5": "h5", "a": "folder",
    }  # fmt: skip
    assert {name: kind_of_target(Path(name)) for name in kinds} == kinds


@pytest.mark.parametrize(
    ("name", "options", "facts", "words"),
    [
        ("a.vcf", {}, {"columns": {"diff": 65}}, "65 columns"),
        ("a.vcf", {}, {"multi": "all"}, "one set of values per allele"),
        ("a.vcf", {"compat": "kipoi"}, {"model": "."}, "give it a name"),
        ("a.h5", {"compat": "calico"}, {"own": ["splice_delta"]}, "'splice_delta'"),
        ("a.h5", {"layout": "long"}, {}, "layout='long' has no effect on h5"),
        ("a", {"layout": "long"}, {}, "layout='long' has no effect on folder"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(name, options, facts, words):
    with pytest.raises(OptionError, match=words):
        check_targets([Path(name)], TargetOptions(**options), **facts)


def test_what_fits_is_not_refused(tmp_path):
    check_targets([Path("a.parquet"), Path("a")], columns={"diff": 5_000}, multi="all")
    check_targets([Path("a.vcf"), Path("a.tsv")], TargetOptions(layout="long"))
    check_targets([Path("a.vcf"), Path("a.tsv")], TargetOptions(layout="alleles"))
    check_targets([Path("a.vcf")], TargetOptions(compat="kipoi", id="vcf"), columns={"diff": 64})
    check_targets([Path("a.h5")], TargetOptions(compat="calico", id="vcf"), columns={"SUM": 900})
    source = tmp_path / "in.vcf"
    source.write_text("x")
    check_targets([tmp_path / "o.vcf"], TargetOptions(source=source))
    with pytest.raises(StoreTargetError, match="never written over"):
        check_targets([source], TargetOptions(source=source))

"""How the files of a result are written, and what must fit before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from locuscope.effects.results.annotated_lines import refuse_source
from locuscope.effects.results.score_calico import require_calico
from locuscope.effects.results.score_tables import ROW_IDS, RowId
from locuscope.effects.results.vcf_keys import Form, require_vcf
from locuscope.errors import OptionError
from locuscope.genome.choices import check_choice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUFFIXES = (".vcf", ".vcf.gz", ".parquet", ".tsv", ".tsv.gz", ".h5", ".hdf5")
TargetLayout = Literal["wide", "long", "alleles"]
Compat = Literal["kipoi", "calico"]
TARGET_LAYOUTS = ("wide", "long", "alleles")
COMPATS = ("kipoi", "calico")


@dataclass(frozen=True)
class TargetOptions:
    """How files are written.

    Args:
        source: the VCF that was scored, for annotated VCF files; None writes the alleles alone.
        layout: "wide" or "long" tables; "alleles" = one VCF key per score and track.
        compat: "kipoi" (VCF) or "calico" (HDF5): as the published tools write them.
        id: what names a row there: "variant" = `chrom:pos:ref:alt`, "vcf" = the ID of the file.
        label: the source that keys of `compat="kipoi"` name.
    """

    source: Path | None = None
    layout: TargetLayout = "wide"
    compat: Compat | None = None
    id: RowId = "variant"
    label: str = "kipoi"

    @property
    def form(self) -> Form:
        """The form of a VCF."""
        if self.compat == "kipoi":
            return "kipoi"
        return "alleles" if self.layout == "alleles" else "default"

    @property
    def table(self) -> Literal["wide", "long"]:
        """The layout of a table."""
        return "long" if self.layout == "long" else "wide"


def kind_of_target(target: Path) -> str:
    """Tell by the name what a target is: "vcf", "parquet", "tsv", "h5" or "folder"."""
    for kind, endings in (
        ("vcf", (".vcf", ".vcf.gz", ".vcf.bgz")),
        ("parquet", (".parquet",)),
        ("tsv", (".tsv", ".tsv.gz")),
        ("h5", (".h5", ".hdf5")),
    ):
        if target.name.endswith(endings):
            return kind
    return "folder"


def check_targets(
    targets: Sequence[Path] | Mapping[Path, str],
    options: TargetOptions | None = None,
    *,
    columns: Mapping[str, int] | None = None,
    own: Sequence[str] = (),
    model: str = "model",
    multi: str = "nearest",
) -> None:
    """Refuse, before anything is computed, what the targets cannot hold.

    Args:
        targets: files and folders; as a mapping with the kind of each.
        options: how they are written.
        columns: score -> number of its columns.
        own: scores whose columns are not the tracks.
        model: name of the model.
        multi: of the placement; "all" gives several rows per allele.

    Raises:
        OptionError: an option outside its list or without effect, or a score that does not fit.
        StoreTargetError: a target is the file of the variants.
    """
    chosen = options or TargetOptions()
    if isinstance(targets, Mapping):
        kinds = set(targets.values())
    else:
        kinds = {kind_of_target(target) for target in targets}
    _require_options(chosen, kinds)
    columns = columns or {}
    if "vcf" in kinds:
        require_vcf(columns, chosen.form, model)
        if multi == "all":
            raise OptionError(
                "a VCF holds one set of values per allele, and multi='all' gives one per window; "
                "write parquet, TSV or HDF5.",
                option="out",
                value=[str(target) for target in targets],
            )
    if "h5" in kinds and chosen.compat == "calico":
        require_calico(list(columns), list(own))
    for target in targets:
        if chosen.source is not None:
            refuse_source(target, chosen.source)


def _require_options(options: TargetOptions, kinds: set[str]) -> None:
    check_choice("layout", options.layout, TARGET_LAYOUTS)
    check_choice("id", options.id, ROW_IDS)
    if options.compat is not None:
        check_choice("compat", options.compat, COMPATS)
    needs = {
        ("layout", "long"): ("parquet", "tsv"),
        ("layout", "alleles"): ("vcf",),
        ("compat", "kipoi"): ("vcf",),
        ("compat", "calico"): ("h5",),
        ("id", "vcf"): ("vcf", "h5") if options.compat else (),
    }
    chosen = {"layout": options.layout, "compat": options.compat, "id": options.id}
    for (option, idle), wanted in needs.items():
        if chosen[option] == idle and not kinds & set(wanted):
            raise OptionError(
                f"{option}={idle!r} has no effect on {', '.join(sorted(kinds)) or 'nothing'}; it "
                f"is for {' and '.join(wanted) or 'files with compat='}.",
                option=option,
                value=idle,
            )
    if options.compat == "kipoi" and options.layout == "alleles":
        raise OptionError(
            "compat='kipoi' has its own keys; layout='alleles' has no effect there.",
            option="layout",
            value="alleles",
        )

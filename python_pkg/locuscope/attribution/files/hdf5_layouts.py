"""Where things stand in HDF5 files of contributions: ours, and those of other tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVE = "native"


@dataclass(frozen=True)
class Layout:
    """Names of datasets.

    Args:
        sequences: one-hot bases.
        values: contributions.
        columns: pattern of the names of places, with `{}` for chr, start, end, strand or id.
        projected: where the values at the bases that are there stand as well.
        is_turned: bases last, (N, L, A).
        kind: of the values, where the file does not say.
    """

    sequences: str
    values: str
    columns: str = "metadata/ranges/{}"
    projected: tuple[str, ...] = ()
    is_turned: bool = False
    kind: str = "hypothetical"

    def column(self, name: str) -> str:
        """Where a column of the places stands."""
        # The BPNet layout spells the contig out.
        spelt = "chrom" if name == "chr" and self.columns.startswith("coords") else name
        return self.columns.format(spelt)


LAYOUTS: Mapping[str, Layout] = {
    NATIVE: Layout("inputs/sequence", "contributions/sequence"),
    "kipoi": Layout("inputs/sequence", "grads/sequence"),
    "chrombpnet": Layout("raw/seq", "shap/seq", projected=("projected_shap/seq",)),
    "bpnet": Layout("input_seqs", "hyp_scores", "coords_{}", is_turned=True),
}
COMPATS = tuple(name for name in LAYOUTS if name != NATIVE)
_PLAIN_KIPOI = Layout("inputs", "grads")


def layout_of(file: Any) -> Layout | None:
    """The layout of an open file; None where it holds no contributions.

    A model of one input may have its arrays as `/inputs` and `/grads` themselves.
    """
    for layout in (*LAYOUTS.values(), _PLAIN_KIPOI):
        if all(_is_dataset(file, name) for name in (layout.sequences, layout.values)):
            return layout
    return None


def _is_dataset(file: Any, name: str) -> bool:
    return name in file and hasattr(file[name], "shape")

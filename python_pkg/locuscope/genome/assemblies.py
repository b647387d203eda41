"""Which assembly a genome is: exact lengths of chromosomes tell, names do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.genome.interval import match_contig

if TYPE_CHECKING:
    from collections.abc import Mapping

_HUMAN = (*(f"chr{i}" for i in range(1, 23)), "chrX", "chrY")

# fmt: off
_GRCH37 = (
    249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
    141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
    81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
)
_GRCH38 = (
    248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
    138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
    83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
)
# fmt: on

_LENGTHS: dict[str, dict[str, int]] = {
    "GRCh37": dict(zip(_HUMAN, _GRCH37, strict=True)),
    "GRCh38": dict(zip(_HUMAN, _GRCH38, strict=True)),
    "T2T-CHM13": {"chr1": 248387328},
    "mm10": {"chr1": 195471971},
    "mm39": {"chr1": 195154279},
    "dm3": {"chr2R": 21146708},
    "dm6": {"chr2R": 25286936},
}
_ORGANISMS = {
    **dict.fromkeys(("GRCh37", "hg19", "b37", "GRCh38", "hg38", "T2T-CHM13", "hs1"), 0),
    **dict.fromkeys(("mm10", "GRCm38", "mm39", "GRCm39"), 1),
}
_FILES = {"GRCh37": "hg19.fa", "GRCh38": "hg38.fa", "T2T-CHM13": "hs1.fa"}


def recognise(lengths: Mapping[str, int]) -> str | None:
    """The assembly whose listed chromosomes agree with `lengths`; None when none or several do.

    >>> recognise({"20": 63_025_520}), recognise({"20": 1_000})
    ('GRCh37', None)
    """
    fits = []
    for assembly, known in _LENGTHS.items():
        here = [
            (lengths[name], size)
            for chrom, size in known.items()
            if (name := match_contig(chrom, lengths)) is not None
        ]
        if here and all(found == size for found, size in here):
            fits.append(assembly)
    return fits[0] if len(fits) == 1 else None


def organism_of(assembly: str | None) -> int | None:
    """Index of the organism of an assembly: human 0, mouse 1, else None."""
    return None if assembly is None else _ORGANISMS.get(assembly)


def file_of(assembly: str | None) -> str:
    """The usual file name of an assembly's FASTA, for advice in messages."""
    return "genome.fa" if assembly is None else _FILES.get(assembly, f"{assembly}.fa")

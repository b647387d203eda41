"""Build the embedded genotypes: every site of the panel, sixty of its people, counts made anew.

The panel's own allele frequency was computed on 503 people, so it is kept under another name; AC
and AN are counted over the people that are shipped.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locuscope.errors import FormatError

from .build_bgzip import Row, bgzip_bytes, tabix_bytes
from .build_sequence import CHROM

if TYPE_CHECKING:
    from .build_sources import Cache

NAMED_SAMPLES = ("HG01617", "HG00236", "HG00384")
N_SAMPLES = 60
N_SITES = 24_990
FIXED_COLUMNS = 9

HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##contig=<ID=20,length=63025520,assembly=GRCh37>
##INFO=<ID=AC,Number=A,Type=Integer,Description="Alternate allele count in these samples">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Number of alleles in these samples">
##INFO=<ID=AF_PANEL,Number=A,Type=Float,Description="Allele frequency in the panel of 503 people">
##INFO=<ID=CM,Number=A,Type=Float,Description="Interpolated genetic map position in centimorgan">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Phased genotype">
"""


@dataclass(frozen=True)
class Site:
    """One VCF line cut to the chosen people."""

    pos: int
    ref: str
    line: str


def choose_samples(names: list[str]) -> list[int]:
    """Give the columns of the shipped people: the three of the story and the first others.

    >>> choose_samples([*NAMED_SAMPLES, *(f"X{i}" for i in range(100))])[:4]
    [0, 1, 2, 3]
    """
    missing = [name for name in NAMED_SAMPLES if name not in names]
    if missing:
        message = f"The panel has {len(names)} samples but not {', '.join(missing)}."
        raise FormatError(message)
    others = [name for name in names if name not in NAMED_SAMPLES]
    chosen = {*NAMED_SAMPLES, *others[: N_SAMPLES - len(NAMED_SAMPLES)]}
    return [column for column, name in enumerate(names) if name in chosen]


def rewrite_site(line: str, columns: list[int]) -> Site:
    r"""Cut one line to the chosen people and count its alleles again.

    >>> line = "20\t5\trs1\tA\tT\t.\t.\tAC=9;AF=0.5;CM=4.7;AN=600\tGT\t0|1\t1|1\t0|0"
    >>> rewrite_site(line, [0, 2]).line.split("\t")[7:]
    ['AC=1;AN=4;AF_PANEL=0.5;CM=4.7', 'GT', '0|1', '0|0']
    """
    cells = line.split("\t")
    info = dict(item.split("=", 1) for item in cells[7].split(";"))
    if not {"AF", "CM"} <= info.keys() or cells[8] != "GT" or "," in cells[4]:
        message = f"Unexpected panel line {line[:80]!r}: needs one ALT, AF and CM, FORMAT GT."
        raise FormatError(message, text=line[:80])
    genotypes = [cells[FIXED_COLUMNS + column] for column in columns]
    alleles = [allele for genotype in genotypes for allele in genotype.split("|")]
    if not set(alleles) <= {"0", "1"} or len(alleles) != 2 * len(genotypes):
        message = f"Unexpected genotype in panel line {line[:80]!r}: phased 0 and 1 are expected."
        raise FormatError(message, text=line[:80])
    cells[7] = f"AC={alleles.count('1')};AN={len(alleles)};AF_PANEL={info['AF']};CM={info['CM']}"
    return Site(int(cells[1]), cells[3], "\t".join([*cells[:FIXED_COLUMNS], *genotypes]))


def vcf_text(panel: bytes) -> tuple[bytes, list[Row]]:
    """Rewrite the panel; gives the text and the place of every data line for the index."""
    lines = panel.decode("ascii").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("#CHROM"))
    names = lines[start].split("\t")
    columns = choose_samples(names[FIXED_COLUMNS:])
    kept = [names[FIXED_COLUMNS + column] for column in columns]
    header = (HEADER + "\t".join([*names[:FIXED_COLUMNS], *kept]) + "\n").encode("ascii")
    parts, rows, at = [header], [], len(header)
    for line in lines[start + 1 :]:
        site = rewrite_site(line, columns)
        text = f"{site.line}\n".encode("ascii")
        rows.append(Row(CHROM, site.pos - 1, site.pos - 1 + len(site.ref), at, at + len(text)))
        parts.append(text)
        at += len(text)
    return b"".join(parts), rows


def build_variants(cache: Cache) -> dict[str, bytes]:
    """Make `chr20_variants.vcf.gz` and its tabix index.

    Raises:
        FormatError: the panel is not the one the recipe describes.
    """
    inside = "usr/share/doc/shapeit4/examples/test/reference.vcf.gz"
    text, rows = vcf_text(gzip.decompress(cache.read("shapeit4-example", inside)))
    if len(rows) != N_SITES:
        message = f"The panel has {len(rows):,} sites, the recipe states {N_SITES:,}."
        raise FormatError(message)
    packed, offsets = bgzip_bytes(text)
    return {
        "chr20_variants.vcf.gz": packed,
        "chr20_variants.vcf.gz.tbi": tabix_bytes(rows, offsets),
    }

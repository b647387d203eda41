"""Files of a small study for the published calls: genome, variants, regions and a model file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.effects import toy

# 1-based position, what becomes of it; REF is what the genome has
CHANGES = [(100, "snv"), (150, "two"), (200, "insertion"), (251, "mismatch"), (302, "unknown")]
MODEL = """
import sys
sys.path.insert(0, {root!r})
from tests.effects import toy

def make():
    return toy.model()

model = make()
"""


def other(base: str, n: int = 1) -> str:
    """Bases that differ from one."""
    return ",".join("ACGT".replace(base, "")[:n])


def vcf_rows() -> list[str]:
    text = toy.sequence()
    rows = []
    for pos, kind in CHANGES:
        ref = text[pos - 1]
        alt = {
            "snv": other(ref),
            "two": other(ref, 2),
            "insertion": f"{ref}GA",
            "mismatch": ref,
            "unknown": "A",
        }[kind]
        shown = {"mismatch": other(ref), "unknown": "N"}.get(kind, ref)
        rows.append(f"1\t{pos}\trs{pos}\t{shown}\t{alt}\t.\tPASS\tAC=1")
    return rows


def changed(k: int) -> tuple[str, str]:
    """REF and the first ALT of a row."""
    cells = vcf_rows()[k].split("\t")
    return cells[3], cells[4].split(",")[0]


@dataclass(frozen=True)
class Study:
    """Paths of the files."""

    fasta: Path
    vcf: Path
    bed: Path
    model: Path

    @property
    def args(self) -> dict[str, str]:
        return {"fasta_file": str(self.fasta)}


def write_study(folder: Path) -> Study:
    text = toy.sequence()
    study = Study(*(folder / name for name in ("toy.fa", "toy.vcf", "toy.bed", "model.py")))
    study.fasta.write_text(f">1\n{text}\n>2\n{text[::-1]}\n")
    head = "##fileformat=VCFv4.3\n##contig=<ID=1,length=600>\n"
    names = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    study.vcf.write_text(head + names + "".join(f"{row}\n" for row in vcf_rows()))
    study.bed.write_text("1\t90\t130\twide\n1\t140\t180\texact\n")
    root = str(Path(__file__).resolve().parents[2])
    study.model.write_text(MODEL.format(root=root))
    return study

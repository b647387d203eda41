"""The Drosophila sources: peaks of one chromosome, a soft-masked sequence, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from locuscope.demo import build_dm3, build_sources
from locuscope.errors import FormatError


class Texts(build_sources.Cache):
    """A cache of made-up members."""

    def __init__(self, members: dict[str, str]) -> None:
        super().__init__(Path())
        self.members = members

    def read(self, name: str, inside: str) -> bytes:
        return self.members[inside.rsplit("/", 1)[-1]].encode()


def bed(n: int, width: int = 10) -> str:
    rows = [f"chr2R\t{at * 100}\t{at * 100 + width}" for at in range(n)]
    return "\n".join(["track name=x", *rows, "chr3L\t1\t2", ""])


def test_peaks_of_one_chromosome_are_read():
    peaks = build_dm3.parse_peaks(bed(3), "CTCF_Kc")
    assert [(peak.start, peak.end, peak.center) for peak in peaks] == [
        (0, 10, 5),
        (100, 110, 105),
        (200, 210, 205),
    ]


@pytest.mark.parametrize("line", ["chr2R\t1", "chr2R\t1\t2\t3", "chr2R\tx\t2", "chr2R\t-1\t2"])
def test_a_broken_line_is_named(line):
    with pytest.raises(FormatError, match="CTCF_Kc peaks, line 2"):
        build_dm3.parse_peaks(f"track\n{line}\n", "CTCF_Kc")


def members(**changed: int) -> dict[str, str]:
    counts = {**build_dm3.N_PEAKS, **changed}
    return {
        f"{file}_{cell}_Bushey_2009.bed": bed(counts[f"{name}_{cell}"])
        for name, file in build_dm3.FILES.items()
        for cell in build_dm3.CELLS
    }


def test_the_table_holds_every_peak_in_order():
    (content,) = build_dm3.build_insulators(Texts(members())).values()
    rows = [line.split("\t") for line in gzip.decompress(content).decode().splitlines()]
    assert len(rows) == 5_152
    assert {row[0] for row in rows} == {"chr2R"}
    assert [int(row[1]) for row in rows] == sorted(int(row[1]) for row in rows)
    assert {row[3] for row in rows} == set(build_dm3.N_PEAKS)
    assert content == next(iter(build_dm3.build_insulators(Texts(members())).values()))


def test_another_number_of_peaks_is_refused():
    with pytest.raises(FormatError, match="BEAF_Kc: 581 peaks on chr2R, the recipe states 582"):
        build_dm3.read_peaks(Texts(members(BEAF_Kc=581)))


@pytest.mark.parametrize("text", [">chr2R\nacgt\n", ">chr3L\nACGT\n", "ACGT\n"])
def test_another_sequence_is_refused(text):
    with pytest.raises(FormatError, match="expected one record of 21,146,708 bases"):
        build_dm3.read_chromosome(Texts({"chr2R.fa": text}))


def test_the_sequence_keeps_its_case(monkeypatch):
    monkeypatch.setattr(build_dm3, "CHROM_LENGTH", 8)
    assert build_dm3.read_chromosome(Texts({"chr2R.fa": ">chr2R\nacGT\nAcgt\n"})) == "acGTAcgt"

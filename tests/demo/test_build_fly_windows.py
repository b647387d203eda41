"""The embedded windows are those of the rule, and the file is read by the product's own reader."""

from __future__ import annotations

import numpy as np

from locuscope.demo import build_fly_windows
from locuscope.genome.reference import Genome
from tests.demo.chromatin_toy import toy_insulators


def test_the_files_hold_the_chosen_windows(monkeypatch, tmp_path):
    windows = toy_insulators(90)
    rows = np.flatnonzero(windows.part == 2)
    monkeypatch.setattr(build_fly_windows, "insulator_windows", lambda _: windows)
    monkeypatch.setattr(build_fly_windows, "embedded_rows", lambda _: rows)
    files = build_fly_windows.build_fly_windows(None)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    names = [line.split("\t")[0] for line in files["dm3_windows.fa.fai"].decode().splitlines()]
    assert len(names) == len(rows) == 30
    slices = [(name, int(name.split(":")[1].split("-")[0]) - 1) for name in names]
    genome = Genome.from_slices(
        tmp_path / "dm3_windows.fa", {"chr2R": slices}, {"chr2R": 21_146_708}
    )
    for row in rows:
        start = int(windows.centers[row]) - 256
        wanted = "".join("ACGT"[code] for code in windows.bases[start : start + 512])
        assert genome.fetch("chr2R", start, start + 512) == wanted


def test_the_index_is_that_of_the_text():
    fasta, index = build_fly_windows.windows_fasta([(0, "ACGTAC"), (99, "GG")])
    for line in index.splitlines():
        name, length, offset, per_line, width = line.split("\t")
        at = int(offset)
        assert fasta[:at].endswith(f">{name}\n")
        assert fasta[at + int(length)] == "\n"
        assert int(width) == int(per_line) + 1

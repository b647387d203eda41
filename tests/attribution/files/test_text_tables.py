from __future__ import annotations

import gzip

import numpy as np
import pytest

from locuscope.attribution.contribution_files import save_parts
from locuscope.attribution.contribution_values import Contributions
from locuscope.errors import FormatError, InputError, OptionError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from tests.attribution.files.made import PLACES, TEXTS, made

NAMELESS = tuple(Interval(p.chrom, p.start, p.end, p.strand) for p in PLACES)


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz"])
def test_tables_come_back_with_their_bases(tmp_path, suffix):
    for given in (made(), made().project(), made(None)):
        path = given.save(tmp_path / f"a.{suffix}")
        found = Contributions.open(path, sequences=TEXTS)
        np.testing.assert_array_equal(found.values, given.values)
        assert found.kind == given.kind
        assert found.intervals == (None if given.intervals is None else NAMELESS)
        again = found.save(tmp_path / f"b.{suffix}")
        assert again.read_bytes() == path.read_bytes()
        one_hot_given = Contributions.open(path, sequences=given.sequences)
        np.testing.assert_array_equal(one_hot_given.sequences, given.sequences)


def test_the_bases_of_a_genome(tmp_path):
    genome = Genome.from_sequences({"chr1": "ACGT" * 30, "chr2": "TTGCA" * 30})
    places = (Interval("chr1", 3, 13, "-"), Interval("chr2", 50, 60, "+"))
    x = np.stack([genome.one_hot(place) for place in places])
    given = Contributions(np.random.default_rng(0).normal(size=x.shape), x, intervals=places)
    found = Contributions.open(given.save(tmp_path / "a.tsv"), genome=genome)
    np.testing.assert_array_equal(found.sequences, x)
    assert found.intervals == places


def test_parts_are_the_whole(tmp_path):
    given = made()
    for name in ("a.tsv", "a.tsv.gz"):
        whole = given.save(tmp_path / name).read_bytes()
        parts = save_parts([given[:2], given[2:]], tmp_path / f"parts-{name}").read_bytes()
        unpack = gzip.decompress if name.endswith("gz") else bytes
        assert unpack(whole) == unpack(parts) and unpack(whole).count(b"metadata/ranges/chr") == 1


def test_bed_lists_examples_and_their_sums(tmp_path):
    given = made()
    rows = [line.split("\t") for line in given.save(tmp_path / "a.bed").read_text().splitlines()]
    assert [row[:6] for row in rows] == [
        ["chr1", "0", "10", "p0", "0", "+"],
        ["chr2", "100", "110", "p1", "0", "-"],
        ["chr1", "200", "210", "p2", "0", "."],
    ]
    sums = [float(row[6]) for row in rows]
    np.testing.assert_allclose(sums, given.per_base().sum(1, dtype=float), rtol=1e-6)
    with pytest.raises(InputError, match="no places"):
        made(None).save(tmp_path / "b.bed")


@pytest.mark.fault("V4")
def test_tables_that_are_broken(tmp_path):
    path = made().save(tmp_path / "a.tsv")
    text = path.read_text()
    with pytest.raises(OptionError, match="holds no bases; open it with sequences="):
        Contributions.open(path)
    with pytest.raises(ShapeError, match=r"\(3, 4, 10\), the bases are \(2, 4, 10\)"):
        Contributions.open(path, sequences=TEXTS[:2])
    for change, words in (
        (lambda t: t[:-30], "ends in the middle of a row"),
        (lambda t: t.replace("\t", " ", 1), "in line 2 for 43 columns"),
        (lambda t: "\n".join([t.split("\n")[0], "x" + t.split("\n")[1][1:], ""]), "no number"),
        (lambda t: t.replace("grads/sequence/39", "grads/other/39"), "39 columns"),
        (lambda t: t.replace("grads/sequence/39", "grads/sequence/40"), "count from 0"),
    ):
        path.write_text(change(text))
        with pytest.raises(FormatError, match=words):
            Contributions.open(path, sequences=TEXTS)
    packed = made().save(tmp_path / "b.tsv.gz")
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(FormatError, match="no table of text"):
        Contributions.open(packed, sequences=TEXTS)


@pytest.mark.parametrize("kind", ["projected", "hypothetical"])
def test_positions_without_a_number_do_not_change_the_kind(tmp_path, kind):
    given = made(kind="hypothetical")
    given = given.project() if kind == "projected" else given
    values = given.values.copy()
    values[:, :, 2] = np.nan
    values[~np.broadcast_to(given.sequences.any(1)[:, None], values.shape)] = np.nan
    whole = Contributions(values, given.sequences, kind=kind)
    found = Contributions.open(whole.save(tmp_path / "a.tsv"), sequences=TEXTS)
    assert found.kind == kind
    np.testing.assert_array_equal(found.values, whole.values)

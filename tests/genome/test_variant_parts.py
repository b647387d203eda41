"""Parts of variants: sizes, order, digests, and files that change between or during passes."""

from __future__ import annotations

import hashlib
import os
import threading

import pandas as pd
import polars as pl
import pytest

from locuscope.errors import (
    DataWarning,
    InputChangedError,
    InputError,
    MissingFileError,
    OptionError,
    WrongTypeError,
)
from locuscope.genome import text_blocks, variant_parts
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_parts import PART_ROWS, VariantSource, stream_parts, table_of
from locuscope.genome.variant_table import VariantTable
from tests.genome.vcf_text import HEADER

GENOME = Genome.from_sequences({"20": "ACGT" * 50})


@pytest.fixture
def vcf(tmp_path):
    """40 records, every fourth with two alleles; REF fits the genome in each."""
    path = tmp_path / "toy.vcf"
    rows = []
    for k in range(40):
        alt = "AC,TTT" if k % 4 == 0 else "TA"
        rows.append(f"20\t{k + 1}\trs{k}\t{'ACGT'[k % 4]}\t{alt}\n")
    path.write_text(HEADER + "".join(rows))
    return path


def whole(parts):
    return VariantTable.concat(parts)


def same(left, right):
    return left.table.equals(right.table) and (left.note_bits == right.note_bits).all()


@pytest.mark.parametrize("part_rows", [1, 3, 7, 49, 50, 51, 2048])
@pytest.mark.parametrize("chunk_rows", [1, 8, 65_536])
def test_parts_hold_exactly_so_many_alleles_in_order(vcf, monkeypatch, part_rows, chunk_rows):
    monkeypatch.setattr(variant_parts, "_CHUNK_ROWS", chunk_rows)
    expected = VariantTable.read(vcf, genome=GENOME)
    parts = list(VariantSource(vcf).parts(GENOME, part_rows))
    assert [len(part) for part in parts[:-1]] == [part_rows] * (len(parts) - 1)
    assert 0 < len(parts[-1]) <= part_rows
    assert same(whole(parts), expected)
    assert same(whole(list(VariantSource(expected).parts(None, part_rows))), expected)


@pytest.mark.parametrize("start", [0, 1, 3, 7, 8])
def test_a_later_start_gives_the_same_later_parts(vcf, monkeypatch, start):
    monkeypatch.setattr(variant_parts, "_CHUNK_ROWS", 5)
    for source in (VariantSource(vcf), VariantSource(VariantTable.read(vcf))):
        every = list(source.parts(GENOME, 7))
        later = list(source.parts(GENOME, 7, start=float(start)))
        assert len(later) == max(len(every) - start, 0)
        assert all(same(a, b) for a, b in zip(later, every[start:], strict=True))


def test_the_usual_part_and_its_short_form(vcf):
    assert PART_ROWS == 2048
    assert [len(part) for part in stream_parts(vcf, None)] == [50]
    source = VariantSource(vcf)
    assert [len(part) for part in stream_parts(source, GENOME, 30)] == [30, 20]
    assert source.n_alleles == 50


def test_the_digest_of_a_file_is_known_after_one_pass(vcf):
    source = VariantSource(vcf)
    assert (source.digest, source.n_alleles, source.path) == (None, None, vcf)
    parts = source.parts(GENOME, 7)
    next(parts)
    assert source.digest is None
    list(parts)
    expected = hashlib.sha256(vcf.read_bytes()).hexdigest()
    assert (source.digest, source.n_alleles) == (expected, 50)
    assert VariantSource(str(vcf)).read_digest() == expected
    assert sum(map(len, source.parts(GENOME, 9))) == 50


def test_packed_files_are_digested_as_they_lie_on_disk(vcf, tmp_path):
    import gzip

    packed = tmp_path / "toy.vcf.gz"
    packed.write_bytes(gzip.compress(vcf.read_bytes()) + b"\0" * 600_000)
    source = VariantSource(packed)
    assert sum(map(len, source.parts(None))) == 50
    assert source.digest == hashlib.sha256(packed.read_bytes()).hexdigest()
    assert source.read_digest() == source.digest


def test_digests_of_variants_in_memory_follow_their_content():
    variants = [Variant("20", 5, "G", "A"), Variant("20", 9, "C", "T")]
    frame = {"chrom": ["20", "20"], "pos": [5, 9], "ref": ["G", "C"], "alt": ["A", "T"]}
    forms = (variants, tuple(variants), VariantTable.from_variants(variants), pl.DataFrame(frame))
    digests = {VariantSource(form).digest for form in (*forms, pd.DataFrame(frame))}
    assert len(digests) == 1
    table = VariantTable.from_variants(variants)
    others = [
        variants[:1],
        variants[::-1],
        table.with_note([True, False], "padded"),
        table.with_status([True, False], "outside_regions"),
        [Variant("20", 5, "G", "A", "rs1"), variants[1]],
    ]
    assert len({VariantSource(other).digest for other in others} | digests) == 6
    assert VariantSource(Variant("20", 5, "G", "A")).n_alleles == 1
    assert VariantSource(table).name == "variants in memory"


def test_no_variants_give_one_empty_part(tmp_path):
    path = tmp_path / "empty.vcf"
    path.write_text(HEADER)
    for source in (VariantSource(path), VariantSource([])):
        parts = list(source.parts(GENOME))
        assert [len(part) for part in parts] == [0]
        assert source.n_alleles == 0
        assert list(source.parts(GENOME, start=1)) == []


def test_an_alias_is_said_once_for_all_pieces(vcf, monkeypatch):
    monkeypatch.setattr(variant_parts, "_CHUNK_ROWS", 5)
    other = Genome.from_sequences({"chr20": "ACGT" * 50})
    with pytest.warns(DataWarning) as caught:
        parts = list(VariantSource(vcf).parts(other, 7))
    assert len(caught) == 1
    assert whole(parts).notes == [("contig_alias",)] * 50


@pytest.mark.fault("V18")
def test_standard_input_is_read_once(vcf, monkeypatch):
    with vcf.open() as handle:
        monkeypatch.setattr("sys.stdin", handle)
        source = VariantSource("-")
        assert sum(map(len, source.parts(None))) == 50
    assert source.digest == hashlib.sha256(vcf.read_bytes()).hexdigest()
    assert (source.path, source.name) == (None, "standard input")
    with pytest.raises(InputError, match="standard input was read already"):
        list(source.parts(None))
    with pytest.raises(InputError, match="save it as a file"):
        VariantSource("-").read_digest()


@pytest.mark.fault("V18")
def test_a_pipe_is_read_once(vcf, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    source = VariantSource(pipe)
    with pytest.raises(InputError, match="can be read only once"):
        source.read_digest()
    writer = threading.Thread(target=pipe.write_bytes, args=(vcf.read_bytes(),))
    writer.start()
    assert sum(map(len, source.parts(None))) == 50
    writer.join()
    with pytest.raises(InputError, match="pipe was read already"):
        list(source.parts(None))


@pytest.mark.fault("V19")
def test_a_file_that_changes_between_two_passes(vcf):
    source = VariantSource(vcf)
    list(source.parts(GENOME))
    vcf.write_text(vcf.read_text().replace("rs1\t", "rs_1\t"))
    with pytest.raises(InputChangedError, match="changed since it was first read") as caught:
        next(source.parts(GENOME))
    assert caught.value.field == "size"
    assert sum(map(len, VariantSource(vcf).parts(GENOME))) == 50


@pytest.mark.fault("V19")
def test_other_bytes_of_the_same_size_and_time(vcf):
    source = VariantSource(vcf)
    first = source.read_digest()
    facts = vcf.stat()
    vcf.write_text(vcf.read_text().replace("rs1\t", "rsX\t"))
    os.utime(vcf, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(InputChangedError, match="sha256") as caught:
        list(source.parts(GENOME))
    assert (caught.value.field, caught.value.before) == ("sha256", first)


@pytest.mark.fault("V19")
def test_a_file_that_changes_while_it_is_read(vcf, monkeypatch):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 100)
    monkeypatch.setattr(variant_parts, "_CHUNK_ROWS", 5)
    source = VariantSource(vcf)
    parts = source.parts(GENOME, 7)
    next(parts)
    with vcf.open("a") as handle:
        handle.write("20\t100\t.\tT\tA\n")
    with pytest.raises(InputChangedError, match="size"):
        list(parts)
    assert source.digest is None


@pytest.mark.parametrize(("option", "value"), [("part_rows", 0), ("part_rows", -3), ("start", -1)])
def test_sizes_out_of_range(vcf, option, value):
    with pytest.raises(OptionError, match=f"{option} is {value}"):
        list(VariantSource(vcf).parts(None, **{option: value}))
    with pytest.raises(WrongTypeError, match=r"part_rows is 1\.5"):
        list(VariantSource(vcf).parts(None, 1.5))


def test_what_is_no_variant():
    for thing in (5, object(), {"a": 1}):
        with pytest.raises(WrongTypeError, match="variants must be"):
            table_of(thing)
    with pytest.raises(WrongTypeError, match="a list of Variant"):
        VariantSource([1])


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        list(VariantSource(tmp_path / "none.vcf").parts(None))
    with pytest.raises(MissingFileError, match="no file"):
        VariantSource(tmp_path / "none.vcf").read_digest()

from __future__ import annotations

import numpy as np
import pytest

from locuscope.attribution.contributions import contributions
from locuscope.attribution.variant_examples import is_variants
from locuscope.errors import InputError, OptionError, ShapeError, VariantError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import Ensemble
from locuscope.models.zoo import load_model
from tests.attribution.reference import network

CPU = {"device": "cpu", "target": 0}


def letters(width, seed):
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), width))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("alleles.vcf", True),
        ("alleles.VCF.gz", True),
        ("alleles.bcf", True),
        ("ACGTACGT", False),
        ("places.bed", False),
        (Variant("1", 5, "G", "A"), True),
        ([Variant("1", 5, "G", "A")], True),
        (VariantTable.from_variants([Variant("1", 5, "G", "A")]), True),
        ([], False),
        ([Interval("1", 5, 9)], False),
    ],
)
def test_what_counts_as_variants(where, expected):
    assert is_variants(where) is expected


def toy_genome():
    return Genome.from_sequences({"1": letters(200, 3)}, name="toy")


def test_an_example_of_every_allele():
    genome, model = toy_genome(), network()
    text = genome.fetch("1", 0, 200)
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    changes = [
        Variant("1", 101, text[100], other[text[100]], "snv"),
        Variant("1", 91, text[90], text[90] + "GATTACA"),
        Variant("1", 110, text[109:113], text[109]),
    ]
    found = contributions(model, changes, genome, **CPU)
    assert found.values.shape == (3, 4, 64)
    assert found.intervals[0].name == "snv"
    for variant, place, sequence in zip(changes, found.intervals, found.sequences, strict=True):
        start, pos = place.start, variant.pos - 1
        expected = text[start:pos] + variant.alt + text[pos + len(variant.ref) :]
        assert "".join("ACGT"[k] for k in sequence.argmax(0)) == expected[:64]
        assert place.width == 64 and abs((place.start + place.end) // 2 - pos) <= 3
    alone = contributions(model, changes[0], genome, **CPU)
    np.testing.assert_allclose(alone.values[0], found.values[0], atol=1e-6)
    again = contributions(model, ["".join("ACGT"[k] for k in found.sequences[2].argmax(0))], **CPU)
    np.testing.assert_allclose(again.values[0], found.values[2], atol=1e-6)
    shifted = Ensemble(shifts=(0, 3), shift_fill="genome")
    wide = contributions(model, changes, genome, ensemble=shifted, **CPU)
    np.testing.assert_array_equal(wide.sequences, found.sequences)


def test_files_of_places_and_alleles(tmp_path):
    genome, model = toy_genome(), network()
    text = genome.fetch("1", 0, 200)
    bed = tmp_path / "places.bed"
    bed.write_text("1\t40\t50\tpeak\n1\t100\t104\tother\n")
    found = contributions(model, bed, genome, **CPU)
    listed = contributions(model, [Interval("1", 40, 50), Interval("1", 100, 104)], genome, **CPU)
    np.testing.assert_array_equal(found.values, listed.values)
    np.testing.assert_array_equal(
        contributions(model, str(bed), genome, **CPU).values, found.values
    )
    alt = "A" if text[100] != "A" else "C"
    vcf = tmp_path / "alleles.vcf"
    row = f"1\t101\trs1\t{text[100]}\t{alt}\t.\t.\t.\n"
    vcf.write_text(f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{row}")
    alleles = contributions(model, vcf, genome, **CPU)
    same = contributions(model, Variant("1", 101, text[100], alt, "rs1"), genome, **CPU)
    np.testing.assert_array_equal(alleles.values, same.values)
    vcf.write_text(vcf.read_text() + row.replace(f"\t{text[100]}\t", "\tN\t"))
    with pytest.raises(VariantError, match="1 of 2 alleles cannot be explained"):
        contributions(model, vcf, genome, **CPU)


@pytest.mark.fault("V4")
def test_places_that_cannot_be_explained():
    genome, model = toy_genome(), network()
    with pytest.raises(ShapeError, match="predicts 64 bases in its window of 64"):
        contributions(model, Interval("1", 0, 65), genome, **CPU)
    text = genome.fetch("1", 100, 101)
    alt = "A" if text != "A" else "C"
    with pytest.raises(VariantError, match="REF is"):
        contributions(model, Variant("1", 101, alt, text), genome, **CPU)
    with pytest.raises(InputError, match="needs a genome"):
        contributions(model, Variant("1", 101, text, alt), **CPU)
    with pytest.raises(OptionError, match="several pieces"):
        contributions(load_model("mtsplice"), Variant("1", 101, text, alt), genome)


@pytest.mark.parametrize("length", [33, 100])
def test_alleles_that_fill_the_window(length):
    """A deletion of the whole window would leave nothing of the variant in it."""
    text = letters(400, 6)
    genome = Genome.from_sequences({"1": text}, name="toy")
    deletion = Variant("1", 200, text[199 : 199 + length], text[199])
    insertion = Variant("1", 200, text[199], text[199] + "G" * (length - 1))
    for variant in (deletion, insertion):
        with pytest.raises(VariantError, match=f"{length} bases in a window of 64") as caught:
            contributions(network(), variant, genome, **CPU)
        assert caught.value.status == "too_long"
    shorter = Variant("1", 200, text[199:231], text[199])
    assert len(contributions(network(), shorter, genome, **CPU)) == 1

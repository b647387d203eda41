"""The genotypes: who is kept, what is counted again, where the lines lie."""

from __future__ import annotations

import pytest

from locuscope.demo import build_variants
from locuscope.errors import FormatError

FIXED = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT"
PANEL = "20\t{pos}\trs{pos}\t{ref}\tT\t.\t.\tAC=9;AF=0.25;CM=4.7;AN=600\tGT\t{genotypes}"


def panel(n_samples: int, genotypes: str) -> bytes:
    names = [f"X{k}" for k in range(n_samples - 3)] + list(build_variants.NAMED_SAMPLES)
    lines = [
        "##old=header",
        "\t".join(
            ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"] + names
        ),
    ]
    lines += [
        PANEL.format(pos=pos, ref=ref, genotypes="\t".join([genotypes] * n_samples))
        for pos, ref in ((5, "A"), (9, "ACG"))
    ]
    return ("\n".join(lines) + "\n").encode()


def test_sixty_people_are_kept_in_header_order_with_the_three_of_the_story():
    names = [f"X{k}" for k in range(100)]
    names.insert(70, "HG00236")
    names += ["HG00384", "HG01617"]
    chosen = build_variants.choose_samples(names)
    assert len(chosen) == 60
    assert chosen == sorted(chosen)
    assert [names[k] for k in chosen][-3:] == ["HG00236", "HG00384", "HG01617"]
    assert [names[k] for k in chosen][:57] == [f"X{k}" for k in range(57)]


def test_a_panel_without_the_people_of_the_story_is_refused():
    with pytest.raises(FormatError, match="HG00236"):
        build_variants.choose_samples(["HG01617", "HG00384"])


def test_counts_are_made_over_the_people_that_are_kept():
    text, _ = build_variants.vcf_text(panel(100, "0|1"))
    lines = text.decode().splitlines()
    site = lines[-2].split("\t")
    assert site[7] == "AC=60;AN=120;AF_PANEL=0.25;CM=4.7"
    assert len(site) == 9 + 60
    assert "##old=header" not in lines
    for name in ("AC", "AN", "AF_PANEL", "CM"):
        assert sum(line.startswith(f"##INFO=<ID={name},") for line in lines) == 1


def test_rows_of_the_index_point_at_their_lines():
    text, rows = build_variants.vcf_text(panel(60, "1|1"))
    assert [(row.start, row.end) for row in rows] == [(4, 5), (8, 11)]
    assert text[rows[1].text_start : rows[1].text_end].startswith(b"20\t9\t")
    assert rows[1].text_end == len(text)


@pytest.mark.parametrize("genotypes", ["0/1", ".|.", "0|2"])
def test_an_unphased_missing_or_second_allele_is_refused(genotypes):
    with pytest.raises(FormatError, match="phased 0 and 1"):
        build_variants.vcf_text(panel(60, genotypes))


def test_a_line_without_the_fields_of_the_recipe_is_refused():
    with pytest.raises(FormatError, match="AF and CM"):
        build_variants.rewrite_site("20\t5\t.\tA\tT\t.\t.\tAF=0.1\tGT\t0|1", [0])

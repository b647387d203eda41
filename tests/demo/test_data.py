"""The embedded bundle against the numbers that describe it: nothing shifted, nothing miscounted."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from locuscope import demo
from locuscope.demo.bundle import data_folder, manifest, package_folder
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import reverse_complement

ROOT = Path(__file__).resolve().parents[2]
MAX_BUNDLE_BYTES = 9_000_000
SITES = demo.genes(collapsed=True).splice_sites()


@pytest.fixture(scope="module")
def slice_bases() -> str:
    """The slice read as plain text, beside every reader of the product."""
    text = (data_folder() / "chr20_slice.fa").read_text(encoding="ascii")
    return "".join(text.split("\n")[1:])


@pytest.fixture(scope="module")
def vcf() -> pl.DataFrame:
    """The VCF as plain text columns."""
    text = gzip.decompress((data_folder() / "chr20_variants.vcf.gz").read_bytes())
    return pl.read_csv(text, separator="\t", comment_prefix="##", infer_schema=False)


def test_every_file_is_the_one_of_the_manifest():
    for name, entry in manifest()["files"].items():
        content = (package_folder() / entry["path"]).read_bytes()
        assert len(content) == entry["bytes"], name
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], name


def test_nothing_lies_in_the_folder_that_the_manifest_does_not_list():
    places = [entry["path"] for entry in manifest()["files"].values()]
    listed = {place.removeprefix("demo/data/") for place in places if "demo/data/" in place}
    assert {item.name for item in data_folder().iterdir()} == {*listed, "manifest.json"}


def test_the_bundle_is_small_and_holds_no_source_format():
    total = sum(entry["bytes"] for entry in manifest()["files"].values())
    assert total <= MAX_BUNDLE_BYTES
    assert not [n for n in manifest()["files"] if n.endswith((".h5", ".pb", ".deb", ".sqlite"))]


def test_every_entry_names_source_licence_and_citation():
    for name, entry in manifest()["files"].items():
        if name == "NOTICE":
            continue
        assert entry["licence"], name
        assert entry["citation"], name
        for source in entry["sources"]:
            assert len(source["sha256"]) == 64
            assert source["name"] in demo.notice()


def test_no_path_of_a_machine_is_in_the_texts():
    for name in ("manifest.json", "NOTICE"):
        text = (data_folder() / name).read_text(encoding="utf-8")
        assert str(ROOT.parent) + "/" not in text
        assert str(Path.home()) + "/" not in text


def test_the_sequence_is_the_one_of_the_recipe(slice_bases):
    assert len(slice_bases) == 3_020_000
    digest = hashlib.md5(slice_bases.encode(), usedforsecurity=False).hexdigest()
    assert digest == "540bd5f81ac99355d6b87d60eceef992"


def test_every_ref_is_the_genome(vcf, slice_bases):
    places = vcf["POS"].cast(pl.Int64).to_numpy() - 1 - 990_000
    wrong = [
        (place, ref)
        for place, ref in zip(places, vcf["REF"], strict=True)
        if slice_bases[place : place + len(ref)] != ref
    ]
    assert len(vcf) == 24_990
    assert wrong == []
    assert demo.variants().counts() == {"ok": 24_990}


def test_the_alleles_are_those_of_the_recipe(vcf):
    assert (vcf["POS"][0], vcf["POS"][-1]) == ("1000226", "3999849")
    lengths = pl.DataFrame({"ref": vcf["REF"].str.len_bytes(), "alt": vcf["ALT"].str.len_bytes()})
    assert lengths.filter((pl.col("ref") == 1) & (pl.col("alt") == 1)).height == 23_670
    assert (lengths["ref"].max(), lengths["alt"].max()) == (45, 30)
    assert not vcf["ALT"].str.contains(",", literal=True).any()
    assert (vcf["POS"].shift(-1) == vcf["POS"]).sum() == 12


def test_counts_are_those_of_the_people(vcf):
    people = vcf.columns[9:]
    assert len(people) == 60
    carried = sum(vcf[name].str.count_matches("1").cast(pl.Int64) for name in people)
    info = vcf["INFO"].str.extract_groups(
        r"^AC=(?<AC>\d+);AN=(?<AN>\d+);AF_PANEL=(?<AF>[\d.e-]+);CM="
    )
    info = info.struct.unnest()
    assert (info["AC"].cast(pl.Int64) == carried).all()
    assert (info["AN"] == "120").all()
    panel = info["AF"].cast(pl.Float64).to_numpy() * 1006
    assert np.abs(panel - np.round(panel)).max() < 0.01


def test_the_person_of_the_story_carries_it_on_the_second_copy(vcf):
    row = vcf.filter(pl.col("ID") == "rs572140578")
    assert row["POS"].to_list() == ["2577796"]
    carriers = {name: row[name][0] for name in vcf.columns[9:] if "1" in row[name][0]}
    assert carriers == {"HG01617": "0|1"}


def letters(kind: str, shift: int, slice_bases: str) -> tuple[int, int]:
    found = 0
    rows = SITES.filter(pl.col("kind") == kind)
    for row in rows.iter_rows(named=True):
        right = (kind == "donor") == (row["strand"] == "+")
        first = row["position"] + shift + (1 if right else -2) - 990_000
        bases = slice_bases[first : first + 2]
        if row["strand"] == "-":
            bases = reverse_complement(bases)
        found += bases == ("GT" if kind == "donor" else "AG")
    return found, len(rows)


def test_splice_sites_stand_at_their_letters(slice_bases):
    assert letters("donor", 0, slice_bases) == (527, 536)
    assert letters("acceptor", 0, slice_bases) == (533, 533)


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("kind", ["donor", "acceptor"])
def test_a_shift_of_one_base_would_be_seen(kind, shift, slice_bases):
    found, total = letters(kind, shift, slice_bases)
    assert found / total < 0.1


def test_introns_start_and_end_as_introns_do(slice_bases):
    introns = (
        demo.genes().introns().filter((pl.col("start") >= 1_000_000) & (pl.col("end") <= 4_000_000))
    )
    good = {-1: 0, 0: 0, 1: 0}
    for row in introns.iter_rows(named=True):
        for shift in good:
            start, end = row["start"] + shift - 990_000, row["end"] + shift - 990_000
            pair = slice_bases[start : start + 2] + slice_bases[end - 2 : end]
            if row["strand"] == "-":
                pair = reverse_complement(pair)
            good[shift] += pair == "GTAG"
    assert len(introns) == 753
    assert good[0] == 730
    assert max(good[-1], good[1]) < 75


def test_the_gene_tables_are_counted():
    genes = demo.genes()
    assert (len(genes), len(genes.transcripts), len(genes.exons)) == (107, 361, 2_296)
    assert genes.cds is None
    assert len(demo.genes(collapsed=True)) == 55
    assert len(SITES) == 1_069


def test_sites_of_the_two_tables_agree():
    exons = demo.genes().exons
    edges = {*exons["start"].to_list(), *(end - 1 for end in exons["end"].to_list())}
    assert sum(place in edges for place in SITES["position"].to_list()) == 1_065


def test_dnase_sums_are_those_of_the_sites():
    where = Interval("20", 990_000, 4_010_000)
    strength = demo.dnase().values(where)
    breadth = demo.dnase("breadth").values(where)
    assert np.array_equal(strength > 0, breadth > 0)
    assert strength.max() == pytest.approx(493.192, rel=1e-6)
    assert (breadth.min(), breadth.max()) == (0, 85)
    assert np.array_equal(breadth, np.round(breadth))
    starts, ends, values = demo.dnase().intervals(None, "20", 990_000, 4_010_000)
    summed = ((ends.astype(np.int64) - starts) * values.astype(np.float64)).sum()
    assert strength.astype(np.float64).sum() == pytest.approx(summed, rel=1e-6)


def test_catalogues_are_counted():
    human = demo.catalog("human")
    counts = {name: len(human.table(name)) for name in human.outputs()}
    assert sum(counts.values()) == 6_126
    frame = human.to_polars().filter(pl.col("track_name").str.to_lowercase() != "padding")
    assert len(frame) == 5_563
    distinct = {
        field: frame[field].drop_nulls().n_unique()
        for field in (
            "biosample_name",
            "ontology_curie",
            "transcription_factor",
            "histone_mark",
            "gtex_tissue",
            "assay_title",
        )
    }
    assert distinct == {
        "biosample_name": 714,
        "ontology_curie": 704,
        "transcription_factor": 751,
        "histone_mark": 29,
        "gtex_tissue": 54,
        "assay_title": 12,
    }
    borzoi = demo.catalog("borzoi").to_polars()
    assert dict(borzoi["assay_title"].value_counts().iter_rows()) == {
        "CHIP": 3_886,
        "RNA": 1_543,
        "CAGE": 1_276,
        "DNASE": 674,
        "ATAC": 232,
    }


def test_tissue_names_of_the_measured_tracks_are_those_of_the_catalogue():
    """The facets of measured and of published tracks speak of the same tissues."""
    known = set(demo.catalog("human").to_polars()["gtex_tissue"].drop_nulls())
    ours = {row["gtex_tissue"] for row in tracks() if row.get("gtex_tissue")}
    assert len(ours) == 54
    assert len(ours & known) >= 50, sorted(ours - known)


def tracks() -> list[dict[str, str]]:
    metadata = pl.read_parquet_metadata(data_folder() / "chr20_measured.parquet")
    return json.loads(metadata["tracks"])


def test_the_weights_carry_their_card():
    head = (data_folder() / "cispliceai_member0.safetensors").read_bytes()
    size = int.from_bytes(head[:8], "little")
    card = json.loads(json.loads(head[8 : 8 + size])["__metadata__"]["card"])
    assert card["licence"] == "CC BY 4.0"
    assert "Strauch" in card["citation"][0]
    assert "not for diagnosis" in card["intended_use"]

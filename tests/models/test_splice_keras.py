from __future__ import annotations

import json
import os
from importlib.metadata import distribution
from pathlib import Path

import polars as pl
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import locuscope as lsc
from locuscope import demo
from locuscope.errors import MissingExtraError, WeightsMismatchError
from locuscope.genome.genes import Genes
from locuscope.models.keras_graph import KerasGraph
from locuscope.models.splice_keras import from_keras_h5, splice_layout
from tests.models import keras_writer as writer
from tests.oracles.splice_oracle import plain_probabilities

DATA = Path(__file__).parent / "data"
GOLDEN = json.loads((DATA / "spliceai_h5_strings.json").read_text(encoding="utf-8"))
# a folder with spliceai1.h5 to spliceai5.h5 of the package spliceai 1.3.1
FOLDER = os.environ.get("LOCUSCOPE_SPLICEAI") or None
GRCH37 = os.environ.get("LOCUSCOPE_GRCH37") or None
EVENTS = ("AG", "AL", "DG", "DL")


def random_layers(seed: int = 0):
    return writer.of_layout(splice_layout(), seed=seed, gain=0.5)


def test_members_are_read_in_the_order_wanted(tmp_path):
    paths = [
        writer.write(tmp_path / f"{k}.h5", writer.renamed(writer.shuffled(random_layers(k), k)))
        for k in (1, 2)
    ]
    net = from_keras_h5(paths[::-1])
    letters = torch.randint(0, 4, (1, 10_040), generator=torch.Generator().manual_seed(0))
    x = F.one_hot(letters, 4).float()
    x[:, 4_000:4_200] = 0
    with torch.inference_mode():
        found = net.members_forward(x.transpose(1, 2)).transpose(2, 3)
        for place, path in enumerate(paths[::-1]):
            assert (found[place] - KerasGraph.read(path)(x)).abs().max() <= 1e-5
        states = [dict(member.state_dict()) for member in net.members]
        plain = plain_probabilities(states, x.transpose(1, 2))
    assert (found.mean(0).transpose(1, 2) - plain).abs().max() <= 1e-5
    assert (found[0] - found[1]).abs().max() > 1e-3


@pytest.mark.fault("M4")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s[5]["config"].update(dilation_rate=[2]), "dilation 2, expected 1"),
        (lambda s: s[-2]["config"].update(cropping=[4_999, 5_000]), "cropping"),
        (lambda s: s[-1]["config"].update(activation="linear"), "activation 'linear'"),
    ],
)
def test_another_graph_is_refused_with_its_first_differing_layer(tmp_path, change, words):
    layers = random_layers()
    change(layers)
    with pytest.raises(WeightsMismatchError, match=words):
        from_keras_h5([writer.write(tmp_path / "net.h5", layers)])


@pytest.mark.fault("M4")
def test_the_layout_with_other_channels_is_another_network(tmp_path):
    path = writer.write(tmp_path / "net.h5", writer.of_layout(splice_layout(8)))
    with pytest.raises(WeightsMismatchError, match="filters 8, expected 32"):
        from_keras_h5([path])


@pytest.mark.fault("M4")
def test_weights_of_another_network_are_refused(tmp_path):
    layers = writer.of_layout(splice_layout())[:3]
    with pytest.raises(WeightsMismatchError, match=r"layers are missing, first 'blocks\.0\.norm1'"):
        from_keras_h5([writer.write(tmp_path / "net.h5", layers, outputs=["skips.0"])])


@pytest.fixture(scope="module")
def published():
    try:
        return lsc.load_model("spliceai", weights=FOLDER)
    except MissingExtraError:
        pytest.skip("spliceai 1.3.1 is not installed, and LOCUSCOPE_SPLICEAI names no folder")


def span(name: str, start: int, end: int, strand: str, chrom: str) -> Genes:
    """A table of one gene without sites; the collapsed table of the bundle has other ends."""
    genes = demo.genes(collapsed=True)
    row = genes.genes.head(1).with_columns(
        *(pl.lit(name).alias(key) for key in ("gene_id", "gene_name")),
        *(pl.lit(value).alias(key) for key, value in (("chrom", chrom), ("strand", strand))),
        *(pl.lit(value, pl.Int64).alias(key) for key, value in (("start", start), ("end", end))),
    )
    sites = genes.sites.clear()
    return Genes(row, genes.transcripts.clear(), genes.exons.clear(), None, sites, None)


def annotation(model, genome, variant, gene: Genes, distance: int) -> list[str]:
    """The published fields of one allele and gene."""
    options = {"genes": gene, "distance": distance}
    scores = lsc.score_variants(
        model, [variant], genome, scores=["splice_delta"], score_kwargs=[options]
    )
    part = scores.parts["splice_delta"].row(0, named=True)
    return [
        variant.alt,
        part["gene"],
        *(f"{part[f'DS_{event}']:.2f}" for event in EVENTS),
        *(f"{part[f'DP_{event}']:.0f}" for event in EVENTS),
    ]


@pytest.mark.parametrize("case", GOLDEN["variants"], ids=[v["id"] for v in GOLDEN["variants"]])
def test_the_published_strings(published, case):
    variant = lsc.Variant("20", case["pos"], case["ref"], case["alt"])
    gene = span(
        case["gene_id"], case["gene_start1"] - 1, case["gene_end1"], case["strand"], GOLDEN["chrom"]
    )
    found = annotation(published, demo.genome(), variant, gene, case["distance"])
    wanted = case["annotation"].split("|")
    assert found[:6] == wanted[:6]
    for k, score in enumerate(wanted[2:6]):
        if float(score) >= 0.01:
            assert found[6 + k] == wanted[6 + k]


@pytest.mark.skipif(GRCH37 is None, reason="LOCUSCOPE_GRCH37 names no FASTA file of GRCh37")
@pytest.mark.parametrize(
    ("pos", "ref", "wanted"),
    [
        (94077, "A", "C|TUBB8|0.15|0.27|0.00|0.05|89|-23|-267|193"),
        (94555, "C", "T|TUBB8|0.01|0.18|0.15|0.62|-2|110|-190|0"),
    ],
)
def test_the_two_strings_of_the_publication_word_for_word(published, pos, ref, wanted):
    models = (
        Path(FOLDER) if FOLDER else Path(distribution("spliceai").locate_file("spliceai/models"))
    )
    table = models.parent / "annotations" / "grch37.txt"
    lines = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    name, chrom, strand, start, end = next(line[:5] for line in lines if line[0] == "TUBB8")
    variant = lsc.Variant(chrom, pos, ref, wanted[0])
    gene = span(name, int(start), int(end), strand, chrom)
    assert "|".join(annotation(published, lsc.Genome(GRCH37), variant, gene, 500)) == wanted

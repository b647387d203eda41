"""A user's own ten-line network: what every verb, file and command must make of it.

Nothing here knows how the package works inside. The expected numbers come from the raw network, the
text of the embedded FASTA file and the definitions in the docstrings.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import locuscope as lsc
from locuscope import cli
from locuscope.errors import ModelError, OptionError, ShapeError, TrackMismatchError, WrongTypeError

FILE = """
import torch, locuscope
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.conv = nn.Conv1d(4, 3, 17)
    def forward(self, x):
        return torch.sigmoid(3 * self.conv(x)).transpose(1, 2)

head = locuscope.HeadSpec("signal", (1,), 3, crop_bp=8, strand_pair=(1, 0, 2))
mine = locuscope.wrap(Mine(), heads=head, window_bp=201)
"""
CROP, WIDTH, FIRST = 8, 201, 990_000
POS = 2_577_796
PLACE = lsc.Interval("20", POS - 61, POS + 60)


@pytest.fixture(scope="module")
def own():
    space: dict = {}
    exec(FILE, space)  # noqa: S102 (the user's file)
    return space["mine"]


@pytest.fixture(scope="module")
def bases():
    """The slice as text: base k of chromosome 20, counted from 0, is `bases[k - FIRST]`."""
    text = Path(str(files("locuscope"))) / "demo" / "data" / "chr20_slice.fa"
    return text.read_text(encoding="ascii").split("\n", 1)[1].replace("\n", "").upper()


def raw(model, text, *, is_reverse=False):
    """(L', T) of the network itself, base by base; of the reverse complement brought back."""
    if is_reverse:
        back = raw(model, text[::-1].translate(str.maketrans("ACGT", "TGCA")))
        return back[::-1][:, [1, 0, 2]]
    x = torch.zeros(1, 4, len(text))
    for i, letter in enumerate(text):
        if letter in "ACGT":
            x[0, "ACGT".index(letter), i] = 1
    with torch.inference_mode():
        return model.module(x)[0].numpy().astype(float)


def by_hand(model, bases, variant, strands=(False,)):
    """Difference that an allele makes to the mean of strands, at the positions both have."""
    start = variant.pos - WIDTH // 2
    at = start - FIRST
    rest = variant.pos - 1 + len(variant.ref) - FIRST
    changed = bases[at : variant.pos - 1 - FIRST] + variant.alt + bases[rest : rest + WIDTH]
    ref = np.mean([raw(model, bases[at : at + WIDTH], is_reverse=s) for s in strands], axis=0)
    alt = np.mean([raw(model, changed[:WIDTH], is_reverse=s) for s in strands], axis=0)
    length, net = len(ref), len(variant.alt) - len(variant.ref)
    last = variant.pos - 1 - start - CROP + min(len(variant.ref), len(variant.alt)) - 1
    moved = np.full_like(ref, np.nan)
    if net > 0:
        moved[:last] = alt[:last]
        moved[last] = alt[last : last + net + 1].max(0)
        moved[last + 1 : length - net] = alt[last + 1 + net :]
    else:
        moved[: last + 1] = alt[: last + 1]
        moved[last + 1 : last + 1 - net] = 0
        moved[last + 1 - net :] = alt[last + 1 : length + net]
    keep = ~np.isnan(moved[:, 0])
    return (moved - ref)[keep]


def test_predict_is_the_network_on_the_real_bases(own, genome, bases):
    around = bases[PLACE.start - CROP - FIRST : PLACE.end + CROP - FIRST]
    expected = raw(own, around)
    found = lsc.predict(own, PLACE, genome).signal[1]
    assert found.interval == PLACE
    np.testing.assert_allclose(found.numpy()[0], expected, atol=2e-6)
    both = (expected + raw(own, around, is_reverse=True)) / 2
    np.testing.assert_allclose(
        lsc.predict(own, PLACE, genome, rc=True).signal[1].numpy()[0], both, atol=2e-6
    )
    backwards = lsc.Interval("20", PLACE.start, PLACE.end, "-")
    np.testing.assert_array_equal(
        lsc.predict(own, backwards, genome).signal[1].numpy(), found.numpy()
    )


@pytest.mark.parametrize("rc", [False, True])
def test_scores_equal_a_computation_by_hand(own, genome, bases, rc):
    alleles = [
        lsc.Variant("20", POS, "G", "A"),
        lsc.Variant("20", POS, "G", "GACGTAC"),
        lsc.Variant("20", POS - 1, bases[POS - 2 - FIRST : POS + 3 - FIRST], "A"),
        lsc.Variant("20", POS, bases[POS - 1 - FIRST : POS + 2 - FIRST], "ACT"),
    ]
    scores = lsc.score_variants(own, alleles, genome, scores=["diff", "SAX"], rc=rc)
    assert scores.status == ["ok"] * 4
    for row, allele in enumerate(alleles):
        strands = (False, True)[: 1 + rc]
        mean = np.mean([by_hand(own, bases, allele, [s]).mean(0) for s in strands], axis=0)
        change = by_hand(own, bases, allele, strands)
        largest = np.take_along_axis(change, np.abs(change).argmax(0)[None], 0)[0]
        np.testing.assert_allclose(scores.scores["diff"][row], mean, atol=1e-6)
        np.testing.assert_allclose(scores.scores["SAX"][row], largest, atol=2e-6)


def test_thousands_of_alleles_keep_their_order_whatever_the_batch(own, genome, bases):
    table = lsc.demo.variants()[:2_000]
    scores = lsc.score_variants(own, table, genome, scores=["diff"], batch_size=64)
    assert len(scores) == 2_000
    assert scores.variants.table["pos"].to_list() == table.table["pos"].to_list()
    assert set(scores.status) == {"ok"}
    assert np.isfinite(scores.scores["diff"]).all()
    few = lsc.score_variants(own, table[:40], genome, scores=["diff"], batch_size=3)
    np.testing.assert_allclose(few.scores["diff"], scores.scores["diff"][:40], atol=1e-6)
    for row in range(0, 2_000, 400):
        mean = by_hand(own, bases, table[row].normalize(genome)).mean(0)
        np.testing.assert_allclose(scores.scores["diff"][row], mean, atol=1e-6)


def test_it_opens_in_the_browser(own, genome):
    tracks = lsc.predict(own, PLACE, genome)
    browser = lsc.TrackBrowser(tracks, genes=lsc.demo.genes(), variants=lsc.demo.variants(PLACE))
    assert list(browser.visible_tracks["track_name"]) == ["signal:0", "signal:1", "signal:2"]
    allele = lsc.Variant("20", POS, "G", "A")
    both = lsc.TrackBrowser(lsc.predict_variant(own, allele, genome), mode="diff")
    frame = both.to_dataframe()
    assert (frame["alt"] - frame["ref"]).abs().max() > 0


def test_the_command_line_gives_the_same_numbers(own, genome, tmp_path, capsys):
    (tmp_path / "net.py").write_text("from beside import mine\n", encoding="utf-8")
    (tmp_path / "beside.py").write_text(FILE, encoding="utf-8")
    out = tmp_path / "scores.tsv"
    model = f"{tmp_path / 'net.py'}::mine"
    words = ["score", model, "-i", "demo:junctions", "--genome", "demo", "-o", str(out)]
    assert cli.main(words) == 0
    assert "39 alleles: 39 scored" in capsys.readouterr().out
    with out.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    found = [[float(row[f"diff/signal:{i}"]) for i in range(3)] for row in rows]
    expected = lsc.score_variants(own, lsc.demo.variants(near_sites_bp=3), genome)
    np.testing.assert_allclose(found, expected.scores["diff"], rtol=1e-6, atol=1e-9)


class Shaped(nn.Module):
    """One convolution behind any order of axes."""

    def __init__(self, axes: str = "NAL", answer=lambda y: y) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(4, 2, 9, padding="same")
        self.axes, self.answer = axes, answer

    def forward(self, x):
        return self.answer(self.conv(x if self.axes == "NAL" else x.transpose(1, 2)))


ANSWERS = {
    "NTL": lambda y: y,
    "NLT": lambda y: y.transpose(1, 2),
    "NT": lambda y: y.mean(-1),
}
HEAD = lsc.HeadSpec("s", (1,), 2)


@pytest.mark.parametrize("axes", ["NAL", "NLA"])
@pytest.mark.parametrize("output_axes", ["NLT", "NTL", "NT"])
def test_every_order_of_axes_gives_the_same_numbers(genome, axes, output_axes):
    head = lsc.HeadSpec("s", (), 2) if output_axes == "NT" else HEAD
    module = Shaped(axes, ANSWERS[output_axes])
    model = lsc.wrap(module, heads=head, window_bp=200, axes=axes, output_axes=output_axes)
    plain = lsc.wrap(Shaped(), heads=HEAD, window_bp=200, output_axes="NTL")
    expected = lsc.predict(plain, [PLACE], genome).s[1].numpy()
    if output_axes == "NT":
        whole = lsc.predict(plain, PLACE.center(200), genome).s[1].numpy().mean(1, keepdims=True)
        np.testing.assert_allclose(lsc.predict(model, PLACE, genome).s[0].numpy(), whole, atol=1e-6)
    else:
        np.testing.assert_allclose(lsc.predict(model, PLACE, genome).s[1].numpy(), expected)
    alleles = lsc.demo.variants(PLACE)
    scores = [lsc.score_variants(m, alleles, genome).scores["diff"] for m in (model, plain)]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)


def test_tuples_and_mappings_of_outputs(genome):
    heads = [lsc.HeadSpec("a", (1,), 2), lsc.HeadSpec("b", (1,), 1)]
    pair = lsc.wrap(
        Shaped(answer=lambda y: (y, y[:, :1])), heads=heads, window_bp=200, output_axes="NTL"
    )
    named = lsc.wrap(
        Shaped(answer=lambda y: {"y": y[:, :1], "x": y}),
        heads={"x": heads[0], "y": heads[1]},
        window_bp=200,
        output_axes="NTL",
    )
    for model in (pair, named):
        found = lsc.predict(model, PLACE, genome)
        np.testing.assert_array_equal(found.a[1].numpy()[..., :1], found.b[1].numpy())
        scores = lsc.score_variants(model, lsc.demo.variants(PLACE), genome, scores="all")
        assert list(scores.labels("SAX")) == ["a:0", "a:1", "b:0"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"output_axes": "NLT"}, ShapeError, "output_axes='NTL'"),
        ({"axes": "NLA"}, ModelError, "runs with axes='NAL'"),
        ({"axes": "nal"}, OptionError, "NAL, NLA"),
        ({"window_bp": 2.5}, WrongTypeError, "2.5"),
        ({"window_bp": -1}, OptionError, "-1"),
        ({"heads": lsc.HeadSpec("s", (1,), 5)}, ShapeError, "5 tracks"),
        ({"heads": lsc.HeadSpec("s", (1,), 2, crop_bp=4)}, ShapeError, "192"),
        ({"heads": {"z": HEAD}}, ShapeError, "'z'"),
        ({"heads": [HEAD]}, ShapeError, "output 0 of a tuple"),
        ({"heads": None}, OptionError, "None"),
        ({"heads": 3}, OptionError, "3"),
        ({"catalog": ["liver", "lung"]}, WrongTypeError, "TrackMetadataCatalog"),
        ({"name": 3}, WrongTypeError, "name"),
        ({"scores": ["diff"]}, WrongTypeError, "scores"),
    ],
)
def test_a_wrong_statement_is_found_when_it_is_made(options, error, words):
    said = {"heads": HEAD, "window_bp": 200, "output_axes": "NTL"} | options
    with pytest.raises(error, match=words):
        lsc.wrap(Shaped(), **said)


@pytest.mark.parametrize("answer", [lambda y: {}["logits"], lambda y: y.sum() / 0 / "x"])
def test_whatever_the_module_raises_is_a_model_error(answer):
    with pytest.raises(ModelError, match="failed on a random window of 200 bases"):
        lsc.wrap(Shaped(answer=answer), heads=HEAD, window_bp=200)


def test_complex_outputs_are_refused():
    with pytest.raises(ShapeError, match="complex64"):
        lsc.wrap(Shaped(answer=lambda y: y.to(torch.complex64)), heads=HEAD, window_bp=200)


def test_catalogue_and_channels_must_agree():
    rows = [
        {"output_name": "s", "track_index": i, "track_name": f"t{i}", "strand": "."}
        for i in range(3)
    ]
    catalog = lsc.TrackMetadataCatalog.from_rows(rows)
    with pytest.raises(TrackMismatchError, match="2 channels, the catalog has 3"):
        lsc.wrap(Shaped(), heads=HEAD, window_bp=200, output_axes="NTL", catalog=catalog)


def test_numpy_and_whole_valued_sizes_count_as_whole_numbers(genome):
    head = lsc.HeadSpec("s", (np.int64(1),), np.int32(2), crop_bp=0.0)
    model = lsc.wrap(Shaped(), heads=head, window_bp=np.int64(200), output_axes="NTL")
    assert (head.resolutions_bp, head.num_tracks, head.crop_bp) == ((1,), 2, 0)
    assert type(model.window_bp) is int
    assert lsc.predict(model, PLACE, genome).s[1].shape == (1, 121, 2)


@pytest.mark.parametrize(
    "options",
    [{"resolutions_bp": 1}, {"resolutions_bp": None}, {"strand_pair": 5}, {"num_tracks": 1.5}],
)
def test_a_head_of_the_wrong_types_is_a_typed_error(options):
    with pytest.raises(WrongTypeError, match=next(iter(options))):
        lsc.HeadSpec(**({"name": "s", "resolutions_bp": (1,), "num_tracks": 2} | options))


def test_a_score_of_ones_own_needs_no_context(own, genome):
    allele = lsc.Variant("20", POS, "G", "A")

    def ratio(ref, alt):
        return alt / ref

    def with_context(ref, alt, context=None):
        assert len(context.variants) == len(ref)
        return alt / ref

    scores = lsc.score_variants(
        own, [allele], genome, scores=["ref", "alt", ratio, with_context]
    ).scores
    np.testing.assert_allclose(scores["ratio"], scores["alt"] / scores["ref"], rtol=1e-6)
    np.testing.assert_array_equal(scores["ratio"], scores["with_context"])

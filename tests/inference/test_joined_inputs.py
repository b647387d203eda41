from __future__ import annotations

import random
from types import MappingProxyType

import numpy as np
import pytest
import torch

import locuscope as lsc
from locuscope import demo
from locuscope.errors import DataWarning, OptionError, OutOfBoundsError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.reference import Genome
from locuscope.genome.sequence import decode, one_hot, reverse_complement
from locuscope.inference.joined_inputs import (
    fetch_joined,
    is_joined,
    piece_windows,
    pieces,
    reads_windows,
)
from locuscope.models.protocol import HeadSpec, InputSpec
from tests.oracles.mtsplice_oracle import plain_exon

TEXT = "".join(random.Random(3).choices("ACGT", k=3_000))
GENOME = Genome.from_sequences({"1": TEXT}, name="toy")


class Pair:
    """Reads ten bases at the start of a place and five behind its end; counts A and T of each."""

    name = "pair"
    digest = "0" * 64
    window_bp = 15
    default_width_bp = None
    catalog = None
    scores = MappingProxyType({})
    inputs = (
        InputSpec("head", length_bp=10, anchor="start", offset_bp=-3),
        InputSpec("tail", length_bp=5, anchor="end"),
    )
    heads = MappingProxyType({"count": HeadSpec("count", (), 2, kind="scalar")})

    def check_length(self, length_bp):
        if length_bp != 15:
            raise ShapeError(f"pair reads 15; got {length_bp}.", found=length_bp, expected=15)

    def run(self, x, **_):
        values = torch.stack([x[:, 0, :10].sum(1), x[:, 3, 10:].sum(1)], dim=1).float()
        return {"count": {0: values.unsqueeze(1)}}


def test_a_model_of_one_input_is_not_joined():
    assert is_joined(Pair())
    assert not is_joined(lsc.load_model("cispliceai"))


@pytest.mark.parametrize(
    ("strand", "head", "tail"),
    [("+", (97, 107, "+"), (150, 155, "+")), ("-", (143, 153, "-"), (95, 100, "-"))],
)
def test_each_input_has_its_own_window_in_the_direction_of_the_place(strand, head, tail):
    windows = piece_windows(Pair(), Interval("1", 100, 150, strand))
    assert [(w.start, w.end, w.strand) for w in windows] == [head, tail]


def test_an_input_on_the_other_strand_is_turned_once_more():
    model = Pair()
    model.inputs = (InputSpec("head", length_bp=10, strand="-"), InputSpec("tail", length_bp=5))
    forward, backward = (
        piece_windows(model, Interval("1", 100, 150, strand))[0] for strand in "+-"
    )
    assert (forward.start, forward.end, forward.strand) == (100, 110, "-")
    assert (backward.start, backward.end, backward.strand) == (140, 150, "+")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_inputs_are_joined_end_to_end(strand):
    place = Interval("1", 100, 150, strand)
    (hull,), bases = fetch_joined(Pair(), [place], GENOME)
    text = TEXT if strand == "+" else reverse_complement(TEXT)
    start, end = (100, 150) if strand == "+" else (len(TEXT) - 150, len(TEXT) - 100)
    assert decode(bases[0]) == text[start - 3 : start + 7] + text[end : end + 5]
    assert (hull.start, hull.end) == ((97, 155) if strand == "+" else (95, 153))


def test_a_place_without_strand_is_not_guessed():
    with pytest.raises(OptionError, match=r"no strand; give Interval\(\.\.\., strand='\+'\)"):
        lsc.predict(Pair(), Interval("1", 100, 150), GENOME)


@pytest.mark.parametrize("spec", [InputSpec("x"), InputSpec("x", kind="array", length_bp=5)])
def test_an_input_that_no_genome_holds_is_refused(spec):
    model = Pair()
    model.inputs = (Pair.inputs[0], spec)
    assert not is_joined(model)
    with pytest.raises(OptionError, match="pair reads 2 inputs"):
        lsc.predict(model, ["A" * 15])


def test_places_of_any_width_go_through_one_call():
    places = [Interval("1", 100, 150, "+", "a"), Interval("1", 700, 1_500, "-", "b")]
    outputs = lsc.predict(Pair(), places, GENOME)
    values = outputs.count[0]
    assert values.shape == (2, 1, 2)
    assert list(values.intervals) == places
    for i, place in enumerate(places):
        _, bases = fetch_joined(Pair(), [place], GENOME)
        assert values.tensor[i, 0].tolist() == [bases[0, 0, :10].sum(), bases[0, 3, 10:].sum()]


def test_bases_beyond_the_contig_are_n_and_said_so():
    with pytest.warns(DataWarning, match="1 of 1 windows leave their contig"):
        outputs = lsc.predict(Pair(), Interval("1", 0, 50, "+"), GENOME)
    assert outputs.count[0].tensor[0, 0, 0] == TEXT[:7].count("A")


def test_bare_sequences_hold_the_inputs_end_to_end():
    text = TEXT[97:107] + TEXT[150:155]
    wanted = lsc.predict(Pair(), Interval("1", 100, 150, "+"), GENOME).count[0].tensor
    for given in ([text], [text.lower()], one_hot([text])):
        assert torch.equal(lsc.predict(Pair(), given).count[0].tensor, wanted)
    with pytest.raises(ShapeError, match="pair reads 15; got 20"):
        lsc.predict(Pair(), ["A" * 20])


def test_the_reverse_complement_is_no_second_view():
    for where, genome in ((Interval("1", 100, 150, "+"), GENOME), (["A" * 15], None)):
        with pytest.raises(OptionError, match="use rc=False") as caught:
            lsc.predict(Pair(), where, genome, rc=True)
        assert caught.value.option == "rc"


def test_verbs_that_centre_a_window_refuse_several_inputs():
    alt = "A" if TEXT[499] != "A" else "C"
    variant = lsc.Variant("1", 500, TEXT[499], alt)
    with pytest.raises(OptionError, match="a window around a base means nothing to it"):
        lsc.predict_variant(Pair(), variant, GENOME)
    with pytest.raises(OptionError, match="a window around a base means nothing to it"):
        lsc.score_variants(Pair(), [variant], GENOME, scores=[lambda ref, alt: alt - ref])


# -- the network that this is for ---------------------------------------------------------------

EXON = Interval("20", 2_577_796, 2_577_877, "+")


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("width", [20, 81, 99, 100, 700])
def test_mtsplice_reads_both_ends_of_an_exon(strand, width):
    model = lsc.load_model("mtsplice")
    exon = Interval("20", 2_577_796, 2_577_796 + width, strand)
    text = demo.genome().fetch("20", exon.start - 300, exon.end + 300)
    letters = plain_exon(text, 300, 300 + width, strand)
    found = lsc.predict(model, exon, demo.genome()).tissue_splicing[0]
    wanted = lsc.predict(model, [letters]).tissue_splicing[0]
    assert found.shape == (1, 1, 56)
    assert torch.equal(found.tensor, wanted.tensor)


def test_lower_case_and_runs_of_n_are_read():
    model = lsc.load_model("mtsplice")
    text = demo.genome().fetch("20", EXON.start - 300, EXON.end + 300)
    letters = plain_exon(text, 300, 300 + EXON.width, "+")
    mixed = letters[:200].lower() + letters[200:]
    masked = letters[:50] + "N" * 300 + letters[350:]
    values = lsc.predict(model, [letters, mixed, masked]).tissue_splicing[0].tensor
    assert torch.equal(values[0], values[1])
    assert (values[0] - values[2]).abs().max() > 1e-4
    assert torch.isfinite(values).all()


def test_the_batch_size_does_not_matter():
    model = lsc.load_model("mtsplice")
    exons = [
        Interval("20", EXON.start + 997 * k, EXON.end + 997 * k, "+-"[k % 2]) for k in range(7)
    ]
    whole, alone = (
        lsc.predict(model, exons, demo.genome(), batch_size=size).tissue_splicing[0].tensor
        for size in (7, 1)
    )
    assert (whole - alone).abs().max() <= 1e-6


@pytest.mark.parametrize(
    ("start", "end", "side"), [(990_100, 990_200, "on the left"), (4_009_900, 4_009_950, "right")]
)
def test_an_exon_whose_window_leaves_the_slice_is_out_of_bounds(start, end, side):
    with pytest.raises(OutOfBoundsError, match=side) as caught:
        lsc.predict(lsc.load_model("mtsplice"), Interval("20", start, end, "+"), demo.genome())
    assert "mtsplice needs" in str(caught.value)


def test_a_group_of_tissues_is_chosen_by_its_metadata():
    model = lsc.load_model("mtsplice")
    outputs = lsc.predict(model, EXON, demo.genome(), tracks={"group": "brain"})
    head = outputs.tissue_splicing[0]
    assert head.num_tracks == 13
    assert set(head.column("tissue")) == {"Brain"}
    whole = lsc.predict(model, EXON, demo.genome())
    rows = np.flatnonzero([group == "brain" for group in whole.tissue_splicing[0].column("group")])
    assert torch.equal(head.tensor, whole.tissue_splicing[0].tensor[..., rows])


def test_pieces_of_a_place_without_strand_are_read_forward():
    inputs = (*Pair.inputs, InputSpec("all"), InputSpec("cells", kind="array"))
    found = pieces(inputs, Interval("1", 100, 150))
    assert [(p.start, p.end, p.strand) for p in found] == [
        (97, 107, "+"),
        (150, 155, "+"),
        (100, 150, "+"),
    ]
    assert pieces(inputs, Interval("1", 100, 150, "+")) == found


def test_windows_mean_nothing_to_a_model_of_the_ends_of_a_place():
    model = Pair()
    assert not reads_windows(model)
    model.default_width_bp = 50
    assert reads_windows(model)
    model.default_width_bp, model.inputs = None, (InputSpec("one"), InputSpec("n", kind="array"))
    assert reads_windows(model)
    assert reads_windows(lsc.load_model("cispliceai"))

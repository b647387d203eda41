"""What a figure says of the number that was explained, from the text that a result keeps."""

from __future__ import annotations

import pytest

from locuscope.genome.interval import Interval
from locuscope.inference.target import Target, target_of
from locuscope.plots.target_words import target_words

HERE = Interval("1", 1_116, 1_218)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target(), "all outputs"),
        (Target("atac"), "atac"),
        (Target(tracks={"track_name": "CTCF:Kc"}), "CTCF:Kc"),
        (
            Target(tracks={"assay_title": ["ATAC-seq", "DNase-seq"], "strand": "+"}),
            "assay_title ATAC-seq or DNase-seq, strand +",
        ),
        (Target("rna", tracks="liver"), "rna liver"),
        (Target(tracks=["one", "two", "three"]), "one, two and three"),
        (Target(tracks=["one", "two", "three", "four"]), "one, two and 2 more"),
        (target_of(3), "channel 3"),
        (target_of("each"), "the prediction of its track"),
        (Target("rna", track_reduce="each"), "rna, its track"),
        (
            Target(tracks=[0, 1], positions=slice(2, 6), track_reduce="mean"),
            "mean of channels 0 and 1 in bins 2:6",
        ),
        (Target(positions=[7]), "all outputs in bin 7"),
        (Target(positions="center", reduce="max"), "max of all outputs at the centre"),
        (Target("a", positions="center_published"), "a at the published centre"),
        (Target("a", positions=HERE, reduce="log_mean"), "log mean of a in 1:1,117-1,218"),
        (Target("a", positions=[HERE, HERE]), "a in 1:1,117-1,218 and 1:1,117-1,218"),
        (Target("a", transform="log", pseudocount=1), "log of a"),
        (Target("a", transform="undo", scale=4), "a, on its original scale"),
        (
            Target(tracks=({"biosample_name": "liver"}, "all"), track_reduce="log_ratio"),
            "log ratio of biosample_name liver to all",
        ),
    ],
)
def test_words_of_targets(target, words):
    assert target_words(repr(target)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3", "channel 3"),
        ("'each'", "the prediction of its track"),
        ("'each' of layer relu", "each unit of layer relu"),
        ("3 of layer relu", "unit 3 of layer relu"),
        ("(slice(0, 10, None), 3) of layer relu", "units (0:10, 3) of layer relu"),
    ],
)
def test_words_of_channels_and_units(text, words):
    assert target_words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "", "sum of all outputs", "sum of layer relu [3]", "my_function", "Target(",
        "Target(tracks=array([True]))", "Target(tracks=__import__('os').getcwd())",
        "Target(positions=(Interval(x),))", "Other(head='a')", "(" * 5_000,
    ],
)  # fmt: skip
def test_what_is_no_target_stays_as_it_is(text):
    assert target_words(text) == text

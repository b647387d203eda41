from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import PathPatch, Rectangle

from locuscope.errors import InputError, OptionError, OutOfBoundsError, ShapeError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.plots import plot_contributions
from locuscope.plots.mutation_map import LETTER_COLOURS
from locuscope.plots.still_figure import StillFigure
from locuscope.plots.style import THEMES
from tests.plots.made_contributions import START, made, overlaps, texts, unknown

mpl.use("Agg")

HITS = [
    {
        "chr": "7",
        "start": START + 4,
        "end": START + 14,
        "strand": "+",
        "motif_name": "GATA1",
        "hit_coefficient": 0.5,
    },
    {
        "chr": "7",
        "start": START + 10,
        "end": START + 19,
        "strand": "-",
        "motif_name": "SP1",
        "hit_coefficient": 1.0,
    },
    {
        "chr": "7",
        "start": START + 52,
        "end": START + 70,
        "strand": "+",
        "motif_name": "A::LONG_NAME",
        "hit_coefficient": 2.5,
    },
]
VARIANTS = [
    Variant("7", START + 21, "A", "C", "rs1"),
    Variant("7", START + 22, "A", "AT"),
    Variant("7", START + 40, "ACG", "A", "rs3"),
]


def rows(figure):
    """Axes with letters, from top to bottom."""
    found = [ax for ax in figure.axes if any(isinstance(p, PathPatch) for p in ax.patches)]
    return sorted(found, key=lambda ax: -ax.get_position().y0)


def written(figure):
    return [text for text, _ in texts(figure)]


def test_the_letters_are_as_high_as_the_contributions():
    found = made()
    figure = plot_contributions(found, 1)
    (ax,) = rows(figure)
    heights = found.per_base()[1]
    assert ax.get_xlim() == (-0.5, 59.5)
    ends = np.concatenate([patch.get_path().vertices for patch in ax.patches])
    assert ends[:, 1].max() == pytest.approx(heights.max())
    assert ends[:, 1].min() == pytest.approx(heights.min())
    low, high = ax.get_ylim()
    assert low < heights.min()
    assert high > heights.max()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_those_of_the_theme(theme):
    figure = plot_contributions(made(), 0, theme=theme)
    (ax,) = rows(figure)
    colours = {mpl.colors.to_hex(patch.get_facecolor()) for patch in ax.patches}
    assert colours == set(LETTER_COLOURS[theme].values())
    assert mpl.colors.to_hex(figure.get_facecolor()) == THEMES[theme]["surface"]


def test_several_methods_stand_over_one_axis():
    several = [made(method="deeplift"), made(method="gradient_x_input")]
    figure = plot_contributions(several, 0)
    found = rows(figure)
    assert len(found) == 2
    assert found[0].get_position().x0 == found[1].get_position().x0
    assert found[0].get_position().width == found[1].get_position().width
    said = written(figure)
    assert said.index("DeepLIFT") < said.index("Gradient \u00d7 input")
    named = plot_contributions({"first": several[0], "second": several[1]}, 0)
    assert {"first", "second"} <= set(written(named))


def test_every_track_is_a_row():
    figure = plot_contributions(made(tracks=("liver", "K562 $x^2$")), 0)
    assert len(rows(figure)) == 2
    assert {"liver", "K562 $x^2$"} <= set(written(figure))


def test_rows_share_a_scale_only_when_they_are_told_to():
    small = made(seed=0)
    large = made(seed=0, method="ism")
    large.values[...] *= 10
    own = [ax.get_ylim() for ax in rows(plot_contributions([small, large], 0))]
    shared = [ax.get_ylim() for ax in rows(plot_contributions([small, large], 0, share_y=True))]
    assert own[0] != own[1]
    assert shared[0] == shared[1]
    assert shared[0][1] == pytest.approx(max(high for _, high in own))


@pytest.mark.parametrize(
    ("window", "head"),
    [
        (20, "7:1,021-1,040"),
        ((10, 30), "7:1,011-1,030"),
        (Interval("7", 1_010, 1_030), "7:1,011-1,030"),
        (None, "7:1,001-1,060"),
    ],
)
def test_a_part_may_be_shown(window, head):
    figure = plot_contributions(made(), 0, window=window)
    assert head in written(figure)
    width = 60 if window is None else 20
    assert f"{width} bp" in " ".join(written(figure))
    assert rows(figure)[0].get_xlim() == (-0.5, width - 0.5)


def test_the_other_strand_counts_down():
    figure = plot_contributions(made(strand="-"), 0, window=(0, 20))
    said = written(figure)
    assert "7:1,041-1,060" in said
    assert any("\u2212 strand" in text for text in said)
    labels = {text: box for text, box in texts(figure) if re.fullmatch(r"1,0\d\d", text)}
    assert labels["1,060"].x0 < labels["1,050"].x0


def test_the_badge_says_how_far_the_sum_is_off():
    good = made(delta=np.full((2, 3), 1e-5), change=np.ones((2, 3)))
    bad = made(delta=np.full((2, 3), 0.25), change=np.ones((2, 3)), method="ism")
    figure = plot_contributions([good, bad], 0)
    badges = {t.get_text(): t for t in figure.texts if t.get_text().startswith("delta")}
    assert set(badges) == {"delta < 0.1 % of the change", "delta 25 % of the change"}
    colours = THEMES["light"]
    assert badges["delta 25 % of the change"].get_color() == colours["warning"]
    assert badges["delta < 0.1 % of the change"].get_color() == colours["text2"]
    bare = plot_contributions([good, bad], 0, delta_badge=False)
    assert not [text for text in written(bare) if text.startswith("delta")]


def test_hits_and_variants_are_named():
    figure = plot_contributions(made(), 0, hits=HITS, variants=VARIANTS)
    said = written(figure)
    assert {"Hits", "GATA1", "SP1", "0.50", "1.00", "Variants", "rs1", "A>AT", "rs3"} <= set(said)
    outside = plot_contributions(made(), 1, hits=HITS, variants=VARIANTS)
    assert not {"Hits", "Variants"} & set(written(outside))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width_in", [3, 4, 7, 10, 14])
def test_no_text_touches_another_or_the_edge(theme, width_in):
    several = {
        "a": unknown(made(), slice(20, 25)),
        "a name of a method that is as long as the names of tracks may be": unknown(
            made(delta=np.full((2, 1), 0.2), change=np.ones((2, 1))), slice(20, 25)
        ),
    }
    crowd = [Variant("7", START + 5 + 2 * k, "A", "C", f"rs{k}0000") for k in range(20)]
    figure = plot_contributions(
        several, 0, hits=HITS, variants=crowd, theme=theme, width_in=width_in
    )
    assert overlaps(figure) == []


def test_what_has_no_room_is_counted():
    crowd = [Variant("7", START + 30, "A", "CGT"[k % 3], f"rs{k}") for k in range(9)]
    said = written(plot_contributions(made(), 0, variants=crowd))
    assert "+3 more" in said


def test_unknown_bases_are_hatched():
    (ax,) = rows(plot_contributions(unknown(made(), slice(20, 25)), 0))
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert [(p.get_x(), p.get_width()) for p in hatched] == [(19.5, 5)]


def test_beyond_500_bases_bars_stand_for_letters():
    figure = plot_contributions(made(1, 700), 0)
    assert any("Bars stand for letters" in text for text in written(figure))
    (ax,) = rows(figure)
    assert max(len(patch.get_path().vertices) for patch in ax.patches) < 5 * 300


def test_without_places_positions_count_from_one():
    figure = plot_contributions(made(places=False), 0)
    said = written(figure)
    assert "position" in said
    assert "example 0" in said
    assert "10" in said


def test_svg_keeps_text_as_text():
    text = plot_contributions(made(), 0, hits=HITS).to_svg()
    root = ET.fromstring(text)
    said = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "DeepLIFT" in said
    assert "GATA1" in said
    assert "7:1,001-1,060" in said
    assert text == plot_contributions(made(), 0, hits=HITS).to_svg()


def test_it_is_a_figure_of_matplotlib():
    figure = plot_contributions(made(), 0, width_in=6)
    assert isinstance(figure, StillFigure)
    assert figure.get_size_inches()[0] == pytest.approx(6)
    kept = io.BytesIO()
    figure.savefig(kept, format="pdf")
    assert kept.getvalue().startswith(b"%PDF")
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("found", "options", "error", "words"),
    [
        (made(), {"i": 2}, OutOfBoundsError, "there are 2"),
        (made(), {"i": 0, "window": 61}, OutOfBoundsError, "window=61"),
        (made(), {"i": 0, "window": (5, 5)}, OutOfBoundsError, "columns 0 to 60"),
        (made(), {"i": 0, "window": (5,)}, OptionError, "no pair"),
        (made(), {"i": 0, "window": Interval("8", 0, 9)}, OutOfBoundsError, "no part of"),
        (made(places=False), {"i": 0, "window": Interval("7", 0, 9)}, InputError, "have none"),
        (made(places=False), {"i": 0, "variants": VARIANTS}, InputError, "no places"),
        (made(), {"i": 0, "theme": "dim"}, OptionError, "theme"),
        (made(), {"i": 0, "width_in": 1}, OptionError, "3 to 40"),
        ([made(), made(length=50)], {"i": 0}, ShapeError, "same window"),
        ([made(), made(seed=1)], {"i": 0}, InputError, "other bases"),
        ([], {"i": 0}, OptionError, "1 to 40"),
        ([3], {"i": 0}, WrongTypeError, "Contributions"),
        (made(), {"i": 0, "hits": [{"start": 3}]}, OptionError, "chr, start, end"),
        (made(), {"i": 0, "hits": 7}, WrongTypeError, "table"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(found, options, error, words):
    with pytest.raises(error, match=words):
        plot_contributions(found, **options)


@settings(max_examples=12)
@given(st.data())
def test_whatever_is_drawn_no_text_touches_another(data):
    length = data.draw(st.integers(8, 90))
    strand = data.draw(st.sampled_from([".", "+", "-"]))
    n_rows = data.draw(st.integers(1, 4))
    tracks = tuple(data.draw(st.text("abc XYZ$_", max_size=30)) for _ in range(n_rows))
    spot = st.integers(START - 5, START + length + 5)
    named = st.text("ABCD:12", max_size=14)
    hits = [
        {
            "chr": "7",
            "start": at,
            "end": at + data.draw(st.integers(1, 25)),
            "motif_name": name,
            "strand": data.draw(st.sampled_from("+-.")),
            "hit_coefficient": 1.5,
        }
        for at, name in data.draw(st.lists(st.tuples(spot, named), max_size=12))
    ]
    alleles = [("A", "C"), ("A", "ACCC"), ("ACGT", "A"), ("AC", "GT")]
    variants = [
        Variant("7", at, *data.draw(st.sampled_from(alleles)), name or None)
        for at, name in data.draw(st.lists(st.tuples(spot, named), max_size=12))
    ]
    delta = np.full((n_rows, 2, 1), data.draw(st.sampled_from([0.0, 1e-4, 0.3])))
    figure = plot_contributions(
        made(length=length, strand=strand, tracks=tracks, delta=delta, change=np.ones_like(delta)),
        0,
        hits=hits,
        variants=variants,
        share_y=data.draw(st.booleans()),
        width_in=data.draw(st.sampled_from([5.0, 8.0, 12.0])),
    )
    assert overlaps(figure) == []
    (low, high), (xs, xe) = rows(figure)[0].get_ylim(), rows(figure)[0].get_xlim()
    assert low < 0 < high
    assert (xs, xe) == (-0.5, length - 0.5)


def test_a_figure_of_a_result_is_the_same_figure():
    found = made()
    assert found.plot(1).to_svg() == plot_contributions(found, 1).to_svg()


def test_letters_and_hits_stand_over_the_same_bases():
    figure = plot_contributions(made(), 0, hits=HITS[:1])
    (letters,) = rows(figure)
    boxes = [
        patch.get_window_extent()
        for ax in figure.axes
        for patch in ax.patches
        if isinstance(patch, Rectangle) and patch.get_alpha() == 0.26
    ]
    left, right = (letters.transData.transform((at, 0))[0] for at in (3.5, 13.5))
    assert (boxes[0].x0, boxes[0].x1) == pytest.approx((left, right), abs=0.5)


def test_the_ruler_stands_over_the_letters():
    figure = plot_contributions(made(), 0)
    (letters,) = rows(figure)
    for text, box in texts(figure):
        if re.fullmatch(r"1,0\d\d", text):
            column = int(text.replace(",", "")) - START - 1
            x = letters.transData.transform((column, 0))[0]
            assert (box.x0 + box.x1) / 2 == pytest.approx(x, abs=1.5)

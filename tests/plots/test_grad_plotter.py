from __future__ import annotations

import h5py
import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.patches import PathPatch
from torch import nn

from locuscope.attribution.gradients import grad_input
from locuscope.errors import (
    InputError,
    OptionError,
    OutOfBoundsError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.genome.bedgraph import BedGraphWriter
from locuscope.models.adapter import wrap
from locuscope.models.protocol import HeadSpec
from locuscope.plots import GradPlotter
from locuscope.plots.mutation_map import LETTER_COLOURS
from tests.plots.made_contributions import START, made, overlaps

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def letters(ax):
    """Colour -> vertices of the letters of that colour."""
    found = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    return {mpl.colors.to_hex(p.get_facecolor()): p.get_path().vertices for p in found}


def same(one, other):
    assert one.keys() == other.keys()
    for colour, points in one.items():
        np.testing.assert_allclose(points, other[colour], atol=1e-6)


def ticks(ax):
    """Labels from left to right."""
    placed = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    return [label.get_text() for _, label in sorted(placed, key=lambda each: each[0])]


def batch(n=2, length=12):
    found = made(n, length)
    rng = np.random.default_rng(1)
    ranges = {
        "chr": ["7"] * n,
        "start": [START + 100 * k for k in range(n)],
        "end": [START + 100 * k + length for k in range(n)],
        "strand": ["+"] * n,
    }
    inputs = {
        "seq": found.sequences.transpose(0, 2, 1).astype(float),
        "dist": rng.normal(size=(n, 5)),
        "cover": rng.normal(size=(n, 3, length)),
        "deep": np.ones((n, 2, 3, 4)),
    }
    grads = {name: rng.normal(size=array.shape) for name, array in inputs.items()}
    return {"inputs": inputs, "grads": grads, "metadata": {"ranges": ranges}}


def test_memory_and_file_give_the_same_picture(tmp_path):
    found = made()
    path = found.save(tmp_path / "one.h5")
    stored, here = GradPlotter.from_hdf5(path), GradPlotter(found)
    assert stored.get_num_samples() == here.get_num_samples() == 2
    for options in ({}, {"limit_region": (5, 25)}, {"rc_plot": True}):
        axes = [each.plot(1, **options) for each in (stored, here)]
        same(*(letters(ax) for ax in axes))
        assert axes[0].get_xlim() == axes[1].get_xlim()
        ticks = [[label.get_text() for label in ax.get_xticklabels()] for ax in axes]
        assert ticks[0] == ticks[1]


def test_only_the_example_is_needed():
    ax = GradPlotter(batch()).plot(0)
    assert set(letters(ax)) <= set(LETTER_COLOURS["light"].values())
    assert ax.get_title("left") == "seq \u00b7 example 0"
    assert ax.get_xlabel() == "7"


def test_letters_are_as_high_as_input_times_gradient():
    content = batch()
    ax = GradPlotter(content).plot(1)
    product = (content["inputs"]["seq"] * content["grads"]["seq"])[1]
    points = np.concatenate(list(letters(ax).values()))
    assert points[:, 1].max() == pytest.approx(product.max())
    assert points[:, 1].min() == pytest.approx(product.min())
    raw = GradPlotter(content).plot(1, transform_fn=lambda x, g: g)
    points = np.concatenate(list(letters(raw).values()))
    gradient = content["grads"]["seq"][1]
    assert points[:, 1].max() == pytest.approx(np.maximum(gradient, 0).sum(axis=1).max())


def test_other_inputs_are_heatmaps():
    content = batch()
    plotter = GradPlotter(content, source="a batch")
    ax = plotter.plot(0, "cover", cmap="PuOr", limit_region=(2, 9))
    (image,) = ax.get_images()
    expected = (content["inputs"]["cover"] * content["grads"]["cover"])[0, :, 2:9]
    np.testing.assert_allclose(image.get_array().filled(), expected)
    assert image.get_cmap().name == "PuOr"
    assert ax.get_title("left") == "cover \u00b7 a batch \u00b7 example 0"
    line = plotter.plot(0, 1)
    assert line.get_images()[0].get_array().shape == (1, 5)
    assert line.get_xlabel() == "column"
    assert [label.get_text() for label in line.get_xticklabels()] == list("01234")


def test_limits_and_the_other_strand():
    plotter = GradPlotter(batch())
    by_column = plotter.plot(1, limit_region=(2, 8))
    by_place = plotter.plot(1, limit_region_genomic=(START + 102, START + 108))
    same(letters(by_column), letters(by_place))
    labels = ticks(by_place)
    assert labels == [f"{START + 103 + k:,}" for k in range(6)]
    turned = plotter.plot(1, limit_region=(2, 8), rc_plot=True)
    assert ticks(turned) == labels[::-1]
    assert turned.get_xlabel() == "7, other strand"
    pairs = {
        LETTER_COLOURS["light"][a]: LETTER_COLOURS["light"][b]
        for a, b in zip("ACGT", "TGCA", strict=True)
    }
    assert {pairs[colour] for colour in letters(by_place)} == set(letters(turned))
    heights = [max(p[:, 1].max() for p in letters(ax).values()) for ax in (by_place, turned)]
    assert heights[0] == pytest.approx(heights[1])


def test_given_axes_and_more_to_draw():
    figure, ax = plt.subplots()
    ax.set_facecolor("black")
    seen = []
    found = GradPlotter(batch()).plot(0, ax=ax, additional_plot_fns=[seen.append, seen.append])
    assert found is ax
    assert seen == [ax, ax]
    assert set(letters(ax)) <= set(LETTER_COLOURS["dark"].values())
    assert figure.axes == [ax]


@pytest.mark.parametrize("name", ["seq", "cover", "dist"])
def test_no_text_touches_another(name):
    ax = GradPlotter(made(1, 200)).plot(0) if name == "seq" else GradPlotter(batch()).plot(0, name)
    assert overlaps(ax.figure) == []


def test_names_come_from_the_model_where_data_has_none():
    class Two:
        inputs = (type("Spec", (), {"name": "dna"}), type("Spec", (), {"name": "numbers"}))

    content = batch()
    listed = {part: [content[part]["seq"], content[part]["dist"]] for part in ("inputs", "grads")}
    assert list(GradPlotter(listed, Two()).data.inputs) == ["dna", "numbers"]
    assert list(GradPlotter(content, Two()).data.inputs) == list(content["inputs"])


def test_two_inputs_through_gradients_of_a_network():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(4, 2, 3)
            self.dense = nn.Linear(5, 2)

        def forward(self, seq, dist):
            return self.conv(seq).sum(-1) + self.dense(dist)

    torch.manual_seed(0)
    content = batch()
    inputs = {
        "seq": content["inputs"]["seq"].transpose(0, 2, 1).astype(np.float32),
        "dist": content["inputs"]["dist"].astype(np.float32),
    }
    data = {"inputs": inputs, "metadata": content["metadata"]}
    grads = grad_input(Net().eval(), data, filter_idx=0, final_layer=True)
    plotter = GradPlotter(data, grad_preds=grads)
    assert letters(plotter.plot(0))
    (image,) = plotter.plot(0, "dist").get_images()
    np.testing.assert_allclose(
        image.get_array().filled()[0], inputs["dist"][0] * np.asarray(grads["dist"])[0]
    )


def test_one_number_per_base_is_written(tmp_path):
    content = batch()
    plotter = GradPlotter(content)
    plotter.write(1, tmp_path / "seq.bedgraph", "seq")
    rows = [line.split() for line in (tmp_path / "seq.bedgraph").read_text().splitlines()]
    product = (content["inputs"]["seq"] * content["grads"]["seq"])[1].sum(axis=1)
    assert [row[:3] for row in rows] == [
        ["7", str(START + 100 + k), str(START + 101 + k)] for k in range(12)
    ]
    np.testing.assert_allclose([float(row[3]) for row in rows], product, rtol=1e-8)
    plotter.write(1, str(tmp_path / "cover.bedgraph"), "cover", seq_dim=1)
    rows = [line.split() for line in (tmp_path / "cover.bedgraph").read_text().splitlines()]
    product = (content["inputs"]["cover"] * content["grads"]["cover"])[1].sum(axis=0)
    np.testing.assert_allclose([float(row[3]) for row in rows], product, rtol=1e-8)


def test_a_writer_stays_open_and_the_other_strand_is_turned(tmp_path):
    found = made(strand="-")
    with BedGraphWriter(tmp_path / "all.bedgraph") as writer:
        for sample in range(2):
            GradPlotter(found).write(sample, writer)
    rows = [line.split() for line in (tmp_path / "all.bedgraph").read_text().splitlines()]
    np.testing.assert_allclose(
        [float(row[3]) for row in rows], found.per_base()[:, ::-1].ravel(), rtol=1e-6
    )
    seen = []

    class Own:
        def region_write(self, region, values):
            seen.append((region, values))

    GradPlotter(found).write(0, Own(), transform_fn=lambda x, g: x)
    assert seen[0][0] == {"chr": "7", "start": START, "end": START + 60}
    assert seen[0][1].tolist() == [1] * 60


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((2,), {}, OutOfBoundsError, "there are 2"),
        ((-1,), {}, OutOfBoundsError, "counted from 0"),
        ((0, "sequ"), {}, UnknownNameError, "seq"),
        ((0, "deep"), {}, InputError, "one or two axes"),
        ((0, "seq"), {"cmap": "bwr"}, OptionError, "no effect on letters"),
        ((0, "seq"), {"limit_region": (0, 13)}, OutOfBoundsError, "limit_region"),
        ((0, "seq"), {"limit_region_genomic": (0, 5)}, OutOfBoundsError, "limit_region_genomic"),
        ((0, "dist"), {"limit_region_genomic": (START, START + 3)}, OptionError, "seq_dim"),
        ((0, "cover"), {"seq_dim": 2}, OptionError, "seq_dim=2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, options, error, words):
    with pytest.raises(error, match=words):
        GradPlotter(batch()).plot(*arguments, **options)


def test_what_cannot_be_written_is_refused(tmp_path):
    plotter = GradPlotter(batch())
    with pytest.raises(OptionError, match="seq_dim"):
        plotter.write(0, tmp_path / "a.bedgraph", "dist")
    with pytest.raises(WrongTypeError, match="region_write"):
        plotter.write(0, 7, "seq")
    bare = {name: part for name, part in batch().items() if name != "metadata"}
    with pytest.raises(OptionError, match="no place"):
        GradPlotter(bare).write(0, tmp_path / "a.bedgraph", "seq")
    assert list(tmp_path.iterdir()) == []


def test_among_several_inputs_without_dna_one_must_be_chosen():
    content = batch()
    two = {part: {n: content[part][n] for n in ("dist", "cover")} for part in ("inputs", "grads")}
    with pytest.raises(OptionError, match="dist, cover"):
        GradPlotter(two).plot(0)


def test_contributions_of_a_wrapped_network():
    module = nn.Sequential(nn.Conv1d(4, 2, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    head = HeadSpec("out", (), 2, "scalar", "real")
    model = wrap(module.eval(), heads=head, window_bp=60, output_axes="NT")
    found = made()
    grads = grad_input(model, {"inputs": found.sequences}, filter_idx=(0, 1), final_layer=True)
    plotter = GradPlotter({"inputs": found.sequences, "grads": grads}, model)
    assert letters(plotter.plot(0))


class Sigmoid(nn.Module):
    """Two inputs, a layer with a name, and probabilities at the end."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv1d(4, 3, 5)
        self.dense = nn.Linear(5, 3)

    def forward(self, seq, dist):
        hidden = torch.relu(self.stem(seq)).mean(-1)
        return torch.sigmoid(hidden + self.dense(dist))


@pytest.mark.filterwarnings("ignore:'dist' has no gradient here")
@pytest.mark.parametrize("avg_func", ["sum", "max", "min", "absmax"])
@pytest.mark.parametrize("source", [{"layer": "stem"}, {"final_layer": True}])
def test_gradients_of_layers_and_outputs_are_drawn_and_written(avg_func, source, tmp_path):
    torch.manual_seed(1)
    content = batch()
    inputs = {
        "seq": content["inputs"]["seq"].transpose(0, 2, 1).astype(np.float32),
        "dist": content["inputs"]["dist"].astype(np.float32),
    }
    data = {"inputs": inputs, "metadata": content["metadata"]}
    more = {"pre_nonlinearity": True} if "final_layer" in source else {"filter_idx": (0,)}
    grads = grad_input(Sigmoid().eval(), data, avg_func=avg_func, **source, **more)
    plotter = GradPlotter(data, grad_preds=grads)
    product = inputs["seq"] * np.asarray(grads["seq"])
    points = np.concatenate(list(letters(plotter.plot(0)).values()))
    assert points[:, 1].max() == pytest.approx(max(product[0].max(), 0), abs=1e-6)
    plotter.write(0, tmp_path / "one.bedgraph", seq_dim=1)
    values = [
        float(line.split()[3]) for line in (tmp_path / "one.bedgraph").read_text().splitlines()
    ]
    np.testing.assert_allclose(values, product[0].sum(axis=0), atol=1e-6)


def test_an_input_without_a_path_is_hatched():
    content = batch()
    content["grads"]["cover"][...] = np.nan
    ax = GradPlotter(content).plot(0, "cover")
    assert ax.get_images()[0].get_array().mask.all()
    assert ax.patch.get_hatch()


def test_another_axis_may_run_along_the_sequence():
    content = batch()
    plotter = GradPlotter(content)
    across = plotter.plot(0, "cover", seq_dim=0).get_images()[0].get_array()
    along = plotter.plot(0, "cover", seq_dim=-1).get_images()[0].get_array()
    np.testing.assert_allclose(across.filled(), along.filled().T)
    assert plotter.plot(0, "cover", seq_dim=0).get_xlabel() == "column"
    assert plotter.plot(0, "cover").get_xlabel() == "7"


def test_files_of_the_published_layout(tmp_path):
    content = batch()
    with h5py.File(tmp_path / "grads.h5", "w") as file:
        for part in ("inputs", "grads"):
            for name in ("seq", "dist"):
                file[f"{part}/{name}"] = content[part][name]
        for name, column in content["metadata"]["ranges"].items():
            file[f"metadata/ranges/{name}"] = column
    stored = GradPlotter.from_hdf5(tmp_path / "grads.h5")
    here = GradPlotter(content)
    same(letters(stored.plot(1)), letters(here.plot(1)))
    heats = [each.plot(1, "dist").get_images()[0].get_array().filled() for each in (stored, here)]
    np.testing.assert_array_equal(*heats)
    for plotter, name in ((stored, "a"), (here, "b")):
        plotter.write(1, tmp_path / f"{name}.bedgraph")
    assert (tmp_path / "a.bedgraph").read_bytes() == (tmp_path / "b.bedgraph").read_bytes()
    assert stored.source == "grads.h5"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_written_file_is_that_of_the_contributions(strand, tmp_path):
    found = made(strand=strand)
    with BedGraphWriter(tmp_path / "ours.bedgraph") as writer:
        for sample in range(len(found)):
            GradPlotter(found).write(sample, writer)
    expected = found.save(tmp_path / "theirs.bedgraph")
    read = [
        [line.split() for line in path.read_text().splitlines()]
        for path in (tmp_path / "ours.bedgraph", expected)
    ]
    assert [row[:3] for row in read[0]] == [row[:3] for row in read[1]]
    values = [[float(row[3]) for row in rows] for rows in read]
    np.testing.assert_allclose(*values, rtol=1e-6)

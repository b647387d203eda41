from __future__ import annotations

import pytest
import torch
from torch import nn

from locuscope.errors import (
    ModelError,
    OptionError,
    ShapeError,
    TrackMismatchError,
    UnknownNameError,
    WrongTypeError,
)
from locuscope.models.adapter import WrappedModel, wrap
from locuscope.models.protocol import HeadSpec, SequenceModel
from locuscope.tracks.metadata import TrackMetadataCatalog

HEAD = HeadSpec("atac", (1,), 2)
BINNED = HeadSpec("rna", (8,), 3, bin_reduction="sum")
SITE = HeadSpec("site", (), 1, kind="scalar")


class Ten(nn.Module):
    """The ten-line network; the forms differ in axes and container only."""

    def __init__(self, axes="NAL", output_axes="NLT", form="tensor"):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv1d(4, 5, 7, padding=3)
        self.drop = nn.Dropout(0.5)
        self.axes, self.output_axes, self.form = axes, output_axes, form

    def forward(self, x):
        y = self.drop(torch.relu(self.conv(x if self.axes == "NAL" else x.transpose(1, 2))))
        outputs = [y[:, :2], nn.functional.avg_pool1d(y[:, 2:], 8)]
        if self.output_axes == "NLT":
            outputs = [output.transpose(1, 2) for output in outputs]
        if self.form == "tensor":
            return outputs[0]
        if self.form == "tuple":
            return tuple(outputs)
        return {"a": outputs[0], "b": outputs[1]}


def window(count: int = 3, length: int = 64) -> torch.Tensor:
    letters = torch.randint(0, 4, (count, length), generator=torch.Generator().manual_seed(1))
    return nn.functional.one_hot(letters, 4).transpose(1, 2).float()


HEADS = {"tensor": HEAD, "tuple": [HEAD, BINNED], "dict": {"a": HEAD, "b": BINNED}}


@pytest.mark.parametrize("form", ["tensor", "tuple", "dict"])
@pytest.mark.parametrize("output_axes", ["NLT", "NTL"])
@pytest.mark.parametrize("axes", ["NAL", "NLA"])
def test_every_form_gives_the_same_predictions(axes, output_axes, form):
    model = wrap(
        Ten(axes, output_axes, form),
        heads=HEADS[form],
        window_bp=64,
        axes=axes,
        output_axes=output_axes,
    )
    x = window()
    with torch.inference_mode():
        expected = torch.relu(Ten().conv(x)).transpose(1, 2)
        found = model.run(x)
    assert torch.equal(found["atac"][1], expected[..., :2])
    if form != "tensor":
        assert found["rna"][8].shape == (3, 8, 3)
        pooled = expected[..., 2:].reshape(3, 8, 8, 3).mean(2)
        assert torch.allclose(found["rna"][8], pooled, atol=1e-6)


def test_the_wrapped_module_is_a_sequence_model_that_states_what_it_was_told():
    model = wrap(Ten(form="tuple"), heads=[HEAD, BINNED], window_bp=64, name="ten")
    assert isinstance(model, SequenceModel)
    assert (model.name, model.window_bp, model.default_width_bp) == ("ten", 64, None)
    assert list(model.heads) == ["atac", "rna"]
    assert model.inputs[0].length_bp == 64
    assert repr(model) == "WrappedModel('ten', 64 bp, heads atac, rna)"
    assert wrap(Ten(), heads=HEAD, window_bp=64).name == "Ten"
    names = [track.track_name for track in model.catalog.get_tracks("rna")]
    assert names == ["rna:0", "rna:1", "rna:2"]


def test_only_asked_heads_and_resolutions_are_answered():
    model = wrap(Ten(form="tuple"), heads=[HEAD, BINNED], window_bp=64)
    assert list(model.run(window(), heads=["rna"])) == ["rna"]
    assert list(model.run(window(), resolutions_bp=[1])) == ["atac"]
    with pytest.raises(UnknownNameError, match="'atac'"):
        model.run(window(), heads=["atax"])


def test_several_resolutions_of_a_head_are_a_mapping():
    class Two(nn.Module):
        def forward(self, x):
            return {1: x.transpose(1, 2), 4: nn.functional.avg_pool1d(x, 4).transpose(1, 2)}

    model = wrap(Two(), heads=HeadSpec("h", (1, 4), 4), window_bp=16)
    found = model.run(window(2, 16))["h"]
    assert found[1].shape == (2, 16, 4)
    assert found[4].shape == (2, 4, 4)


def test_one_value_per_window_has_the_key_zero():
    class Mean(nn.Module):
        def forward(self, x):
            return x.mean((1, 2))[:, None]

    model = wrap(Mean(), heads=SITE, window_bp=32, output_axes="NT")
    assert model.run(window(2, 32))["site"][0].shape == (2, 1, 1)


def test_the_module_is_never_changed():
    module = Ten().double()
    module.train()
    module.conv.weight.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    model = wrap(module, heads=HEAD, window_bp=64)
    rng = torch.get_rng_state()
    x = window(1)
    assert torch.equal(model.run(x)["atac"][1], model.run(x)["atac"][1])  # dropout is off
    assert torch.equal(torch.get_rng_state(), rng)
    assert module.training
    assert module.drop.training
    assert module.conv.weight.dtype == torch.float64
    assert not module.conv.weight.requires_grad
    assert module.conv.bias.requires_grad
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_gradients_flow_to_the_input():
    x = window(1).requires_grad_(True)
    wrap(Ten(), heads=HEAD, window_bp=64).run(x)["atac"][1].sum().backward()
    assert float(x.grad.abs().sum()) > 0


def test_any_length_reads_what_the_crops_leave():
    head = HeadSpec("core", (1,), 2, crop_bp=3)
    valid = nn.Conv1d(4, 2, 7)
    model = wrap(valid, heads=head, window_bp=None, output_axes="NTL")
    assert model.run(window(1, 20))["core"][1].shape == (1, 14, 2)
    with pytest.raises(ShapeError, match="at least 7 bases; got 6"):
        model.check_length(6)
    with pytest.raises(ShapeError, match="64 bases; got 60"):
        wrap(Ten(), heads=HEAD, window_bp=64).run(window(1, 60))


class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(4 * 50, 2)

    def forward(self, x):
        return self.dense(x.flatten(1))


def test_a_module_of_fixed_length_asks_for_window_bp():
    with pytest.raises(ModelError, match=r"1,024 bases.*Give window_bp"):
        wrap(Fixed(), heads=SITE, window_bp=None, output_axes="NT")
    with pytest.raises(ModelError, match="64 bases"):
        wrap(Fixed(), heads=SITE, window_bp=64, output_axes="NT")
    wrap(Fixed(), heads=HeadSpec("site", (), 2), window_bp=50, output_axes="NT")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"axes": "NLA"}, ModelError, "axes NLA"),
        ({"output_axes": "NTL"}, ShapeError, "looks transposed"),
        ({"output_axes": "NT"}, ShapeError, r"NT with 64 positions"),
        ({"heads": HeadSpec("atac", (1,), 3)}, ShapeError, r"\(2, 64, 3\)"),
        ({"heads": HeadSpec("atac", (2,), 2)}, ShapeError, "32 positions"),
        ({"heads": HeadSpec("atac", (1,), 2, crop_bp=4)}, ShapeError, "56 positions"),
        ({"heads": [HEAD]}, ShapeError, "output 0 of a tuple; the module gave Tensor"),
        ({"heads": {"a": HEAD}}, ShapeError, "no output 'a' in Tensor"),
        ({"heads": []}, OptionError, "at least one"),
        ({"heads": [HEAD, HEAD]}, OptionError, "different names"),
        ({"heads": ["atac"]}, OptionError, "HeadSpecs"),
        ({"axes": "NCL"}, OptionError, "NAL, NLA; got 'NCL'"),
        ({"output_axes": "TLN"}, OptionError, "TLN"),
        ({"window_bp": 0}, OptionError, "got 0"),
        ({"window_bp": "64"}, WrongTypeError, "'64'"),
    ],
)
def test_each_mistake_has_its_sentence(options, error, words):
    with pytest.raises(error, match=words):
        wrap(Ten(), **({"heads": HEAD, "window_bp": 64} | options))


def test_missing_outputs_are_named():
    with pytest.raises(ShapeError, match=r"output 2 of a tuple; the module gave 2"):
        wrap(Ten(form="tuple"), heads=[HEAD, BINNED, SITE], window_bp=64)
    with pytest.raises(ShapeError, match="no output 'c'"):
        wrap(Ten(form="dict"), heads={"c": HEAD}, window_bp=64)
    with pytest.raises(ShapeError, match="is a tuple, expected a tensor"):
        wrap(Ten(form="tuple"), heads=HEAD, window_bp=64)


def test_only_modules_are_wrapped():
    with pytest.raises(WrongTypeError, match="got function"):
        wrap(lambda x: x, heads=HEAD, window_bp=64)


def test_a_catalog_must_fit_the_channels():
    rows = [
        {"output_name": "atac", "track_index": i, "track_name": name, "strand": "."}
        for i, name in enumerate(["liver", "lung"])
    ]
    model = wrap(Ten(), heads=HEAD, window_bp=64, catalog=TrackMetadataCatalog.from_rows(rows))
    assert model.catalog.get_tracks("atac")[1].track_name == "lung"
    with pytest.raises(TrackMismatchError, match="2 channels, the catalog has 1 tracks"):
        wrap(Ten(), heads=HEAD, window_bp=64, catalog=TrackMetadataCatalog.from_rows(rows[:1]))


def test_a_later_shape_fault_is_the_models_not_the_callers():
    class Moody(nn.Module):
        def forward(self, x):
            return x.transpose(1, 2)[:, : 32 if len(x) == 3 else 64]

    model = wrap(Moody(), heads=HeadSpec("h", (1,), 4), window_bp=64)
    with pytest.raises(ModelError, match=r"\(3, 32, 4\)"):
        model.run(window(3))


def test_non_finite_output_on_the_trial_is_a_note():
    class Log(nn.Module):
        def forward(self, x):
            return torch.log(x).transpose(1, 2)

    model = wrap(Log(), heads=HeadSpec("h", (1,), 4), window_bp=16)
    assert model.notes == ("h holds NaN or Inf on a random window",)
    assert "NaN or Inf" in repr(model)


def test_digest_follows_weights_heads_and_axes():
    model = wrap(Ten(), heads=HEAD, window_bp=64)
    same = wrap(Ten(), heads=HEAD, window_bp=64)
    other = wrap(Ten(), heads=HeadSpec("atac", (1,), 2, value_range="nonnegative"), window_bp=64)
    assert model.digest == same.digest != other.digest
    before = model.digest
    with torch.no_grad():
        model.module.conv.bias += 1
    assert model.digest != before


def test_own_scores_are_carried_along():
    def half(ref, alt, context=None):
        return (alt - ref) / 2

    model = wrap(Ten(), heads=HEAD, window_bp=64, scores={"half": half})
    assert isinstance(model, WrappedModel)
    assert model.scores["half"] is half

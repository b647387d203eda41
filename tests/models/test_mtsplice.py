from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from locuscope import demo
from locuscope.errors import OptionError, ShapeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from locuscope.models.mtsplice import END_BP, MTSplice, exon_ends
from locuscope.models.mtsplice_weights import FILES, from_keras_h5
from locuscope.models.zoo import load_model
from tests.oracles.mtsplice_oracle import plain_exon, plain_spline, plain_tissues

GOLDEN = json.loads(
    (Path(__file__).parent / "data" / "mtsplice_exons.json").read_text(encoding="utf-8")
)
# a folder with mtsplice_deep0.h5 to mtsplice_deep3.h5 of the package mmsplice 2.4.0
FOLDER = os.environ.get("LOCUSCOPE_MMSPLICE") or None
BASIS = torch.tensor(plain_spline(400))


def random_net(members: int = 1, seed: int = 0) -> MTSplice:
    """A net whose every stored value is random, so that a swapped or dropped one shows."""
    net = MTSplice(members)
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        noise = torch.randn(tensor.shape, generator=generator)
        fan = tensor[0].numel() if tensor.ndim > 1 else 1
        positive = name.endswith("running_var") or ("norm" in name and name.endswith("weight"))
        tensor.copy_(1 + 0.2 * noise.abs() if positive else noise * (0.5 / fan**0.5))
    return net.requires_grad_(False)


def windows(count: int, seed: int = 0, n_run: tuple[int, int] | None = None) -> torch.Tensor:
    letters = torch.randint(0, 4, (count, 800), generator=torch.Generator().manual_seed(seed))
    x = F.one_hot(letters, 4).transpose(1, 2).float()
    if n_run is not None:
        x[:, :, n_run[0] : n_run[1]] = 0
    return x


@pytest.fixture(scope="module")
def embedded() -> MTSplice:
    return load_model("mtsplice").network


def golden_input(exon) -> torch.Tensor:
    text = demo.genome().fetch("20", exon["start0"] - 300, exon["end0"] + 300)
    letters = plain_exon(text, 300, 300 + exon["length"], exon["strand"])
    return torch.from_numpy(one_hot(letters)[None]).float()


@pytest.mark.parametrize("exon", GOLDEN["exons"], ids=[e["gene"] for e in GOLDEN["exons"]])
def test_golden_exons_with_the_embedded_member(embedded, exon):
    with torch.inference_mode():
        found = embedded(golden_input(exon))[0].numpy()
    assert np.abs(found - exon["deep0"]).max() <= 5e-3


@pytest.mark.skipif(FOLDER is None, reason="LOCUSCOPE_MMSPLICE names no folder of mmsplice 2.4.0")
@pytest.mark.parametrize("exon", GOLDEN["exons"], ids=[e["gene"] for e in GOLDEN["exons"]])
def test_golden_exons_with_the_published_files(exon):
    paths = [Path(str(FOLDER)) / name for name in FILES]
    x = golden_input(exon)
    with torch.inference_mode():
        members = from_keras_h5(paths).members_forward(x[..., :END_BP], x[..., END_BP:])[:, 0]
    assert np.abs(members[0].numpy() - exon["deep0"]).max() <= 1e-4
    assert np.abs(members.mean(0).numpy() - exon["mean4"]).max() <= 1e-4


def test_the_layout_has_the_published_number_of_values():
    assert sum(tensor.numel() for tensor in MTSplice().state_dict().values()) == 213_080


@pytest.mark.parametrize("run", [None, (100, 250), (0, 400), (650, 800)])
def test_the_fast_pass_is_the_plain_layout(run):
    net = random_net(2)
    x = windows(3, n_run=run)
    with torch.inference_mode():
        found = net(x)
        members = [dict(member.state_dict()) for member in net.members]
        plain = torch.stack(
            [sum(plain_tissues(state, row, BASIS) for state in members) / 2 for row in x]
        )
    assert (found - plain).abs().max() <= 1e-5
    assert plain.std() > 1e-2


def test_one_batch_is_sixteen_batches_of_one(embedded):
    x = windows(16, seed=1)
    with torch.inference_mode():
        alone = torch.cat([embedded(row[None]) for row in x])
        assert (embedded(x) - alone).abs().max() <= 1e-6


def test_the_order_of_members_does_not_matter():
    net = random_net(3)
    other = MTSplice(3).requires_grad_(False)
    for place, member in enumerate((2, 0, 1)):
        other.members[place].load_state_dict(net.members[member].state_dict())
    x = windows(2)
    assert (net(x) - other(x)).abs().max() <= 1e-6


def test_acceptor_and_donor_are_not_the_same_to_it(embedded):
    x = windows(4)
    with torch.inference_mode():
        swapped = embedded.forward_pair(x[..., END_BP:], x[..., :END_BP])
        assert (swapped - embedded(x)).abs().max() > 1e-2


def test_nothing_but_n_gives_finite_numbers(embedded):
    with torch.inference_mode():
        found = embedded(torch.zeros(2, 4, 800))
    assert torch.isfinite(found).all()
    assert torch.equal(found[0], found[1])


def test_gradients_are_finite_differences():
    """Relative 1e-3 in float64 on 20 random inputs, one base and one tissue each."""
    net = random_net().double()
    generator = torch.Generator().manual_seed(5)
    step = 1e-5
    for seed in range(20):
        x = windows(1, seed).double() + 0.1 * torch.rand(1, 4, 800, generator=generator).double()
        tissue, base, place = (
            int(torch.randint(n, (1,), generator=generator)) for n in (56, 4, 800)
        )
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(net(x)[0, tissue], x)
        with torch.no_grad():
            change = torch.zeros_like(x)
            change[0, base, place] = step
            slope = (net(x + change) - net(x - change))[0, tissue] / (2 * step)
        assert gradient[0, base, place].item() == pytest.approx(slope.item(), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("shape", [(1, 4, 799), (1, 800, 4), (4, 800), (1, 5, 800)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ShapeError, match=r"reads one-hot \(N, 4, 800\)") as caught:
        MTSplice()(torch.zeros(shape))
    assert ("transposed" in str(caught.value)) == (shape == (1, 800, 4))


def test_no_member_is_no_network():
    with pytest.raises(OptionError, match="at least one member"):
        MTSplice(0)


def test_ends_of_an_exon_in_its_own_window():
    x = windows(1)[..., :691]
    ends = exon_ends(x)
    assert torch.equal(ends[..., :400], x[..., :400])
    assert torch.equal(ends[..., 400:], x[..., 291:])
    with pytest.raises(ShapeError, match="more than 600"):
        exon_ends(x[..., :600])


def test_brain_differs_from_other_tissues_on_real_exons():
    """Internal exons of at least 100 bp of 20:1-4 Mb, 48 of them drawn with seed 0."""
    exons = internal_exons()
    chosen = np.random.default_rng(0).choice(len(exons), 48, replace=False)
    model = load_model("mtsplice")
    x = torch.cat(
        [
            golden_input({"start0": s, "end0": e, "length": e - s, "strand": strand})
            for s, e, strand in (exons[k] for k in sorted(chosen))
        ]
    )
    with torch.inference_mode():
        values = model.run(x)["tissue_splicing"][0][:, 0].numpy()
    table = np.corrcoef(values.T)
    brain = np.array(
        [track.group == "brain" for track in model.catalog.get_tracks("tissue_splicing")]
    )
    assert brain.sum() == 13
    among = table[np.ix_(brain, brain)][~np.eye(13, dtype=bool)]
    between = table[np.ix_(brain, ~brain)]
    assert among.mean() >= 0.95
    assert between.mean() <= -0.4


def internal_exons() -> list[tuple[int, int, str]]:
    """Exons with an intron on both sides, whole window inside 20:1-4 Mb, each once."""
    found = set()
    for exons in demo.genes().exons.partition_by("transcript_id"):
        rows = sorted(exons.select("start", "end", "strand").rows())
        found |= {
            row
            for row in rows[1:-1]
            if row[1] - row[0] >= 100
            and Interval("20", 1_000_300, 3_999_700).contains(Interval("20", row[0], row[1]))
        }
    return sorted(found)

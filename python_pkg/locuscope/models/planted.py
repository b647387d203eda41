"""A network whose answer is known by hand: motif scores above a threshold, added up.

It finds planted motifs exactly, so what an explanation should say about it is known in closed form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from locuscope._closest import counted
from locuscope.errors import (
    InputError,
    NonFiniteError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.genome.position_matrix import check_motifs, log_odds, round_bits
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.protocol import (
    HeadSpec,
    InputSpec,
    check_window,
    refuse_extras,
    wanted_keys,
)
from locuscope.models.weights import digest_module
from locuscope.tracks.metadata import TrackMetadataCatalog

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from torch import Tensor

    from locuscope.effects.scores import Scorer

HEAD = "planted_motifs"
TOTAL = "total"


class PlantedMotifNet(nn.Module):
    """Motif scores above a threshold, weighted and added over both strands; a `SequenceModel`.

    The logit of a sequence is `bias + sum_m w_m sum_p relu(s_m(p) - t_m)`, where `s_m(p)` is the
    log-odds score (bits) of motif m at start p, on either strand. Nothing is learned. At a site
    above the threshold the gradient is `w_m` times the motif's column, everywhere else it is 0. All
    scores are multiples of 1/1024 bit, so that sums are exact in any order: batch size and strand
    do not change a bit of them.

    Args:
        pwms: motif name -> base frequencies (A, W), columns summing to 1; of a MotifSet its `ppms`.
        weights: what a bit above the threshold counts: one number, one per motif in order, or
            name -> number. A negative weight makes a motif count against the logit.
        thresholds: scores (bits) above which a site counts, in the same forms; rounded to
            1/1024 bit.
        bias: the logit without any site.
        window_bp: fixed input length; None = any length from the widest motif on.
        name: what files and tables call it.

    Raises:
        ShapeError, NonFiniteError, InputError: a matrix that holds no base frequencies, or another
            number of weights or thresholds than motifs.
        UnknownNameError: a weight or threshold for a motif that is not there.

    >>> net = PlantedMotifNet({"GAT": np.eye(4)[:, [2, 0, 3]]}, weights=2.0, thresholds=5.0)
    >>> from locuscope.genome.sequence import one_hot
    >>> net(torch.from_numpy(one_hot(["TTGATCA", "TTTTTTT"]))).tolist()
    [[3.87109375, 3.87109375], [0.0, 0.0]]
    """

    _filters: Tensor
    _thresholds: Tensor
    _weights: Tensor
    _bias: Tensor

    def __init__(
        self,
        pwms: Mapping[str, NDArray[np.floating[Any]]],
        weights: float | Sequence[float] | Mapping[str, float],
        thresholds: float | Sequence[float] | Mapping[str, float],
        *,
        bias: float = 0.0,
        window_bp: int | None = None,
        name: str = "planted",
    ) -> None:
        super().__init__()
        ppms = check_motifs(pwms)
        if TOTAL in ppms:
            raise InputError(f"no motif may be called {TOTAL!r}; that is the track of the sum.")
        check_class("name", name, str)
        self.name = name
        self.motif_names = tuple(ppms)
        self.widths = tuple(ppm.shape[1] for ppm in ppms.values())
        self.window_bp = None if window_bp is None else whole_number(window_bp, "window_bp")
        if self.window_bp is not None:
            check_window(self.window_bp, window_bp=None, minimum_bp=max(self.widths), name=name)
        bits = round_bits(_one_per_motif("thresholds", thresholds, self.motif_names))
        values = {
            "_filters": _both_strands([log_odds(ppm) for ppm in ppms.values()]),
            "_thresholds": np.concatenate([bits, bits]),
            "_weights": _one_per_motif("weights", weights, self.motif_names),
            "_bias": _numbers("bias", [bias]),
        }
        for buffer, value in values.items():
            self.register_buffer(buffer, torch.tensor(value, dtype=torch.float32))

    default_width_bp: None = None

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the tracks: one per motif in order, then the total."""
        return (*self.motif_names, TOTAL)

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """The one input, named `sequence`."""
        return (InputSpec("sequence", length_bp=self.window_bp),)

    @cached_property
    def heads(self) -> Mapping[str, HeadSpec]:
        """The one head, `planted_motifs`: one value per window and track."""
        head = HeadSpec(HEAD, (), len(self.tracks), kind="scalar", value_range="real")
        return MappingProxyType({HEAD: head})

    @cached_property
    def catalog(self) -> TrackMetadataCatalog:
        """A row per motif and one for the total; the data source is "synthetic"."""
        return TrackMetadataCatalog.from_rows(
            {
                "output_name": HEAD,
                "track_index": index,
                "track_name": track,
                "strand": ".",
                "assay_title": "planted motifs",
                "data_source": "synthetic",
            }
            for index, track in enumerate(self.tracks)
        )

    @property
    def scores(self) -> Mapping[str, Scorer]:
        """None of its own."""
        return MappingProxyType({})

    @property
    def digest(self) -> str:
        """sha256 over the filters, weights and thresholds, the names and the window."""
        said = {"tracks": self.tracks, "widths": self.widths, "window_bp": self.window_bp}
        return digest_module(self, json.dumps(said))

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` for sequences shorter than the widest motif."""
        check_window(
            length_bp, window_bp=self.window_bp, minimum_bp=max(self.widths), name=self.name
        )

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Give `{"planted_motifs": {0: (N, 1, M + 1)}}`; see `SequenceModel.run`."""
        refuse_extras(self.name, organism, regions)
        wanted_keys(self.heads, heads, resolutions_bp)
        with borrowed(self, one_hot.device):
            return {HEAD: {0: self.logits(one_hot)[:, None, :]}}

    def forward(self, x: Tensor) -> Tensor:
        """Shares of the motifs and the total of one-hot (N, A, L): (N, M + 1)."""
        return self.logits(x)

    def logits(self, x: Tensor) -> Tensor:
        """As `forward`: `w_m sum_p relu(s_m(p) - t_m)` per motif, then `bias` plus their sum."""
        scores, is_start = self.site_scores(x)
        above = functional.relu(scores - self._thresholds[:, None]) * is_start
        shares = self._weights * above.sum(dim=2).reshape(len(x), 2, -1).sum(dim=1)
        return torch.cat([shares, self._bias + shares.sum(dim=1, keepdim=True)], dim=1)

    def site_scores(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds scores (bits) of every start, without any threshold.

        Returns:
            Scores (N, 2 M, L), first all motifs on the forward strand, then on the other, each at
            its leftmost base; and which starts leave room for the motif, bool (2 M, L).
        """
        if x.ndim != 3 or x.shape[1] != 4:
            turned = x.ndim == 3 and x.shape[2] == 4
            raise ShapeError(
                f"{self.name} reads one-hot (N, 4, L); got shape {tuple(x.shape)}.",
                hint="It looks transposed." if turned else None,
                found=tuple(x.shape),
                expected=("N", 4, "L"),
            )
        length = x.shape[2]
        self.check_length(length)
        # Narrow motifs reach further right than the widest one.
        padded = functional.pad(x.to(number_type(self)), (0, max(self.widths) - 1))
        room = torch.tensor([length - width for width in self.widths], device=x.device).repeat(2)
        is_start = torch.arange(length, device=x.device) <= room[:, None]
        return functional.conv1d(padded, self._filters), is_start

    def exact_contributions(
        self, x: Tensor, *, track: str = TOTAL, hypothetical: bool = False
    ) -> Tensor:
        """What each base adds to a track, in closed form.

        Args:
            x: one-hot (N, A, L).
            track: a motif's name, or "total".
            hypothetical: the gradient with respect to all four bases, instead of its values at the
                bases that are there.

        Returns:
            (N, A, L), equal to gradient x input (or to the gradient). Its sum over a sequence is
            `sum w_m s_m(p)` over the sites above their thresholds, without the thresholds.

        Raises:
            UnknownNameError: no such track.
        """
        if track not in self.tracks:
            raise UnknownNameError(
                f"{self.name} has no track {track!r};",
                hint=did_you_mean(str(track), self.tracks),
                name=str(track),
                known=self.tracks,
                closest=closest(str(track), self.tracks),
            )
        with borrowed(self, x.device):
            scores, is_start = self.site_scores(x)
            is_site = (scores > self._thresholds[:, None]) & is_start
            wanted = [float(track in (TOTAL, name)) for name in self.motif_names]
            weights = (self._weights * self._weights.new_tensor(wanted)).repeat(2)
            sites = is_site.to(scores.dtype) * weights[:, None]
            gradient = functional.conv_transpose1d(sites, self._filters)[..., : x.shape[2]]
        return gradient if hypothetical else gradient * x

    def __repr__(self) -> str:
        window = "any length" if self.window_bp is None else f"{self.window_bp:,} bp"
        motifs = counted(len(self.motif_names), "motif")
        return f"PlantedMotifNet({self.name!r}, synthetic, {motifs}, {window})"


def _both_strands(filters: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Filters and then their reverse complements, zero columns on the right: (2 M, A, W)."""
    stack = np.zeros((2 * len(filters), 4, max(bits.shape[1] for bits in filters)))
    for place, bits in enumerate(filters):
        stack[place, :, : bits.shape[1]] = bits
        stack[place + len(filters), :, : bits.shape[1]] = bits[::-1, ::-1]
    return stack


def _one_per_motif(option: str, value: object, names: tuple[str, ...]) -> NDArray[np.float64]:
    if isinstance(value, Mapping):
        for name in value:
            if name not in names:
                raise UnknownNameError(
                    f"{option} names {name!r}, which is no motif here;",
                    hint=did_you_mean(str(name), names),
                    name=str(name),
                    known=names,
                    closest=closest(str(name), names),
                )
        missing = [name for name in names if name not in value]
        if missing:
            raise InputError(f"{option} has no value for motif {missing[0]!r}.")
        value = [value[name] for name in names]
    elif not hasattr(value, "__len__"):
        value = [value] * len(names)
    numbers = _numbers(option, value)
    if numbers.shape != (len(names),):
        raise ShapeError(
            f"{option} holds {numbers.size} numbers; there are {len(names)} motifs.",
            found=numbers.shape,
            expected=(len(names),),
        )
    return numbers


def _numbers(option: str, value: object) -> NDArray[np.float64]:
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise WrongTypeError(
            f"{option} takes numbers; got {str(value)[:60]}.",
            argument=option,
            found=type(value).__name__,
            expected="numbers",
        ) from error
    if not np.isfinite(numbers).all():
        raise NonFiniteError(f"{option} holds NaN or Inf: {str(value)[:60]}.", where=option)
    return numbers

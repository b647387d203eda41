"""What every model must offer; the verbs above `models/` speak to this and to nothing else.

`HeadSpec` says what the numbers of one output mean, `InputSpec` what one input expects,
`SequenceModel` what a model can do. The specs are frozen and refuse contradictions when they are
made, so that a verb never meets a half-described head.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from locuscope.errors import (
    OptionError,
    ShapeError,
    UnknownNameError,
    WrongTypeError,
    closest,
    did_you_mean,
)
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from torch import Tensor

    from locuscope.effects.scores import Scorer
    from locuscope.tracks.metadata import TrackMetadataCatalog

KINDS = ("track", "contact", "junction", "scalar")
VALUE_RANGES = ("probability", "nonnegative", "real")
BIN_REDUCTIONS = ("mean", "sum")
INPUT_KINDS = ("dna", "array")
ANCHORS = ("start", "end")
INPUT_STRANDS = ("+", "-")
INPUT_AXES = ("NAL", "NLA")


@dataclass(frozen=True)
class HeadSpec:
    """What one output of a model means.

    Args:
        name: the head's name, equal to the output name in the model's catalog.
        resolutions_bp: bases per output position, finest first; `()` for one value per window (key
            0).
        num_tracks: channels, padding included.
        kind: "track", "contact", "junction" or "scalar".
        value_range: "probability" (0 to 1), "nonnegative" or "real".
        bin_reduction: what a bin of several bases means, "mean" or "sum".
        crop_bp: bases at each end of the window that have no output.
        strand_pair: channel that each channel becomes on the other strand; None = itself.
        undo_rc: brings a prediction of the reverse complement back, `(tensor, resolution) ->
            tensor`, where reversing the positions and applying `strand_pair` is not enough.

    Raises:
        OptionError: a field outside its list or range; `strand_pair` that is not its own inverse.

    >>> head = HeadSpec("atac", (1, 128), 2, strand_pair=(1, 0))
    >>> head.keys
    (1, 128)
    >>> head.length_out(1280, 128)
    10
    """

    name: str
    resolutions_bp: tuple[int, ...]
    num_tracks: int
    kind: str = "track"
    value_range: str = "real"
    bin_reduction: str = "mean"
    crop_bp: int = 0
    strand_pair: tuple[int, ...] | None = None
    undo_rc: Callable[[Tensor, int], Tensor] | None = None

    def __post_init__(self) -> None:
        """Refuse contradictions at birth."""
        _require_name(self.name, "HeadSpec.name")
        _require_one_of(self.kind, KINDS, "HeadSpec.kind")
        _require_one_of(self.value_range, VALUE_RANGES, "HeadSpec.value_range")
        _require_one_of(self.bin_reduction, BIN_REDUCTIONS, "HeadSpec.bin_reduction")
        sizes = _listed(self.resolutions_bp, "HeadSpec.resolutions_bp")
        sizes = tuple(_require_int(size, 1, "HeadSpec.resolutions_bp") for size in sizes)
        object.__setattr__(self, "resolutions_bp", sizes)
        if len(set(self.resolutions_bp)) != len(self.resolutions_bp):
            message = f"HeadSpec {self.name!r}: a resolution occurs twice in {self.resolutions_bp}."
            raise OptionError(message, option="resolutions_bp", value=self.resolutions_bp)
        for name, minimum in (("num_tracks", 1), ("crop_bp", 0)):
            count = _require_int(getattr(self, name), minimum, f"HeadSpec.{name}")
            object.__setattr__(self, name, count)
        if self.strand_pair is not None:
            pair = _listed(self.strand_pair, "HeadSpec.strand_pair")
            object.__setattr__(self, "strand_pair", pair)
            _require_involution(pair, self.num_tracks, self.name)

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys of the head in what `run` gives: its resolutions, or `(0,)` without any."""
        return self.resolutions_bp or (0,)

    def length_out(self, length_bp: int, resolution_bp: int) -> int:
        """Output positions of a window at one resolution; 1 for one value per window."""
        if resolution_bp == 0:
            return 1
        return -(-(length_bp - 2 * self.crop_bp) // resolution_bp)


@dataclass(frozen=True)
class InputSpec:
    """What one input of a model expects.

    Args:
        name: the input's name, the keyword of a module with several inputs.
        kind: "dna" (one-hot bases) or "array" (numbers that the caller supplies).
        length_bp: bases of this input; None = the model's window.
        anchor: the end of the place that `offset_bp` counts from, "start" or "end".
        offset_bp: where the input begins, counted from the anchor.
        strand: "+" or "-" (reverse-complemented).
        axes: order that the module wants, "NAL" (bases before positions) or "NLA".

    Raises:
        OptionError: a field outside its list or range.

    >>> InputSpec("donor", length_bp=400, anchor="end", offset_bp=-100).axes
    'NAL'
    """

    name: str
    kind: str = "dna"
    length_bp: int | None = None
    anchor: str = "start"
    offset_bp: int = 0
    strand: str = "+"
    axes: str = "NAL"

    def __post_init__(self) -> None:
        """Refuse contradictions at birth."""
        _require_name(self.name, "InputSpec.name")
        _require_one_of(self.kind, INPUT_KINDS, "InputSpec.kind")
        _require_one_of(self.anchor, ANCHORS, "InputSpec.anchor")
        _require_one_of(self.strand, INPUT_STRANDS, "InputSpec.strand")
        _require_one_of(self.axes, INPUT_AXES, "InputSpec.axes")
        if self.length_bp is not None:
            length = _require_int(self.length_bp, 1, "InputSpec.length_bp")
            object.__setattr__(self, "length_bp", length)
        offset = _require_int(self.offset_bp, None, "InputSpec.offset_bp")
        object.__setattr__(self, "offset_bp", offset)


@runtime_checkable
class SequenceModel(Protocol):
    """A sequence-to-function model, as every verb sees it.

    `run` computes on the device of `one_hot`; the weights follow it and are back where they were
    when the call returns. Mode, device, dtype and `requires_grad` are never changed for good. It
    knows nothing of files, variants or notebooks. Outside `torch.inference_mode` the answer is
    differentiable.
    """

    @property
    def name(self) -> str:
        """Short name, also used in file keys."""
        ...

    @property
    def digest(self) -> str:
        """sha256 over weights and configuration."""
        ...

    @property
    def window_bp(self) -> int | None:
        """Fixed input length; None = any length that `check_length` accepts."""
        ...

    @property
    def default_width_bp(self) -> int | None:
        """Width that a verb uses when none is fixed; None = the caller must say."""
        ...

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """One for most models; several pieces of sequence are read end to end."""
        ...

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """Outputs by name."""
        ...

    @property
    def catalog(self) -> TrackMetadataCatalog | None:
        """Meaning of every channel of every head."""
        ...

    @property
    def scores(self) -> Mapping[str, Scorer]:
        """Scores that the model brings itself; may be empty."""
        ...

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` with the nearest valid lengths for a length the model cannot read."""
        ...

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Raw tensors of the heads asked for.

        Args:
            one_hot: (N, A, L), bases ACGT, an unknown base is a zero column. A model with several
                `inputs` gets them end to end, in that order.
            organism: index of the organism, 0 = human or the model's only one.
            heads: names of heads to compute; None = all. Others are not computed.
            resolutions_bp: only these keys of the heads; None = all.
            regions: only these output positions, where the model can; else OptionError.

        Returns:
            Head name -> resolution (0 for one value per window) -> tensor (N, L', T).
        """
        ...


def require_model(model: object) -> None:
    """Raise `WrongTypeError` for what is no model: a name, a bare network, anything else."""
    if all(hasattr(model, name) for name in ("name", "heads", "window_bp")):
        return
    hint = "load_model(name) gives an embedded one, wrap(module, ...) makes one of your network."
    if isinstance(model, str):
        hint = f"Did you mean load_model({model!r})?"
    elif hasattr(model, "forward"):
        hint = "Bring a network in with wrap(module, heads=HeadSpec(...), window_bp=...)."
    raise WrongTypeError(
        f"model takes a SequenceModel; got {repr(model)[:60]} ({type(model).__name__}).",
        hint=hint,
        argument="model",
        found=type(model).__name__,
        expected="SequenceModel",
    )


def wanted_keys(
    specs: Mapping[str, HeadSpec],
    heads: Collection[str] | None,
    resolutions_bp: Collection[int] | None,
) -> dict[str, tuple[int, ...]]:
    """Turn the `heads` and `resolutions_bp` of `run` into head name -> keys to compute.

    Raises:
        UnknownNameError: a head that the model lacks, or resolutions that no wanted head has.

    >>> wanted_keys({"atac": HeadSpec("atac", (1, 128), 2)}, None, (128,))
    {'atac': (128,)}
    """
    for name in heads or ():
        if name not in specs:
            raise UnknownNameError(
                f"no head {name!r}; {did_you_mean(str(name), specs)}",
                name=name,
                known=tuple(specs),
                closest=closest(str(name), specs),
            )
    chosen = {name: spec for name, spec in specs.items() if heads is None or name in heads}
    keys = {
        name: tuple(k for k in spec.keys if resolutions_bp is None or k in resolutions_bp)
        for name, spec in chosen.items()
    }
    found = {name: some for name, some in keys.items() if some}
    if not found:
        there = sorted({key for spec in chosen.values() for key in spec.keys})
        raise UnknownNameError(
            f"no head among {list(chosen)} has a resolution of {resolutions_bp} bp; there are "
            f"{there}.",
            name=str(resolutions_bp),
            known=tuple(str(key) for key in there),
        )
    return found


def refuse_extras(name: str, organism: int, regions: object) -> None:
    """Raise `OptionError` for an organism or regions that a plain model does not have."""
    if organism != 0:
        raise OptionError(
            f"{name} knows one organism (0); got {organism}.",
            option="organism",
            value=organism,
            allowed=(0,),
        )
    if regions is not None:
        raise OptionError(
            f"{name} computes whole windows; regions must be None, got {regions!r}.",
            option="regions",
            value=regions,
        )


def check_window(length_bp: int, *, window_bp: int | None, minimum_bp: int, name: str) -> None:
    """Raise `ShapeError` unless a model of that window or minimum can read `length_bp` bases.

    >>> check_window(512, window_bp=512, minimum_bp=1, name="dnase")
    """
    if window_bp is not None and length_bp != window_bp:
        message = f"{name} reads windows of {window_bp:,} bases; got {length_bp:,}."
        raise ShapeError(message, found=length_bp, expected=window_bp)
    if length_bp < minimum_bp:
        message = f"{name} needs at least {minimum_bp:,} bases; got {length_bp:,}."
        raise ShapeError(message, found=length_bp, expected=minimum_bp)


def _require_name(value: object, where: str) -> None:
    if not isinstance(value, str) or not value:
        message = f"{where} must be a non-empty text; got {value!r}."
        raise WrongTypeError(message, argument=where, found=type(value).__name__, expected="str")


def _require_one_of(value: object, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        message = f"{where} must be one of {', '.join(allowed)}; got {value!r}."
        raise OptionError(message, option=where, value=value, allowed=allowed)


def _require_int(value: object, minimum: int | None, where: str) -> int:
    number = whole_number(value, where)
    if minimum is not None and number < minimum:
        message = f"{where} must be at least {minimum}; got {number}."
        raise OptionError(message, option=where, value=number, allowed=f">= {minimum}")
    return number


def _listed(value: object, where: str) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        message = f"{where} must be a tuple of whole numbers, such as (1,); got {value!r}."
        raise WrongTypeError(message, argument=where, found=type(value).__name__, expected="tuple")
    return tuple(value)


def _require_involution(pair: tuple[int, ...], num_tracks: int, name: str) -> None:
    is_permutation = sorted(pair) == list(range(num_tracks))
    if not is_permutation or any(pair[pair[i]] != i for i in range(num_tracks)):
        message = (
            f"HeadSpec {name!r}: strand_pair {pair} must pair the channels 0..{num_tracks - 1} "
            "both ways "
            "(pair[pair[i]] == i)."
        )
        raise OptionError(message, option="strand_pair", value=pair)

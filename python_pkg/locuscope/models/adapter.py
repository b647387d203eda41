"""Your own network: `wrap` makes a `SequenceModel` of any `nn.Module` that reads one-hot.

What cannot be seen from outside is stated, not guessed: the order of the axes and what each output
means. One run on a random window finds a wrong statement before a verb does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from locuscope.errors import ModelError, OptionError, ShapeError, TrackMismatchError, WrongTypeError
from locuscope.genome.choices import check_class
from locuscope.genome.interval import whole_number
from locuscope.models.borrow import borrowed, number_type
from locuscope.models.module_answers import channels_last, head_text, head_value
from locuscope.models.module_inputs import check_inputs, joined_bp, named_inputs
from locuscope.models.protocol import (
    INPUT_AXES,
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

    from locuscope.effects.scores import Scorer

OUTPUT_AXES = ("NLT", "NTL", "NT")
TRIAL_BP = 1_024
TRIAL_SEED = 0

type_of_heads = HeadSpec | Sequence[HeadSpec] | Mapping[str, HeadSpec]


@dataclass(frozen=True, eq=False, repr=False)
class WrappedModel:
    """A module with the statements that make it a `SequenceModel`; made by `wrap`.

    Args:
        module: the network, never changed.
        name: what files and tables call it.
        window_bp: fixed input length; None = any length above twice the widest crop.
        axes: the module's input order, "NAL" or "NLA".
        output_axes: the module's output order, "NLT", "NTL" or "NT".
        places: where each head stands in the module's answer: None (the answer itself), an index, a
            key.
        heads: what the outputs mean.
        catalog: one track per channel.
        scores: scores that the model brings itself.
        notes: what the trial run found strange.
        own_inputs: the inputs of a module that takes several, by name.
        default_width_bp: width of the place from which several inputs are cut.
    """

    module: nn.Module
    name: str
    window_bp: int | None
    axes: str
    output_axes: str
    places: Mapping[str, int | str | None]
    heads: Mapping[str, HeadSpec]
    catalog: TrackMetadataCatalog
    scores: Mapping[str, Scorer] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    own_inputs: tuple[InputSpec, ...] = ()
    default_width_bp: int | None = None

    @property
    def inputs(self) -> tuple[InputSpec, ...]:
        """Those that were stated, else the one input, named `sequence`."""
        one = InputSpec("sequence", length_bp=self.window_bp, axes=self.axes)
        return self.own_inputs or (one,)

    @property
    def digest(self) -> str:
        """sha256 over parameters, buffers and heads as they are now."""
        said = [self.axes, self.output_axes, *map(repr, self.own_inputs)]
        said += [head_text(head) for head in self.heads.values()]
        return digest_module(self.module, "\n".join(said))

    def check_length(self, length_bp: int) -> None:
        """Raise `ShapeError` when the module cannot read `length_bp` bases."""
        check_window(
            length_bp, window_bp=self.window_bp, minimum_bp=self._minimum_bp, name=self.name
        )

    @property
    def _minimum_bp(self) -> int:
        return 2 * max(head.crop_bp for head in self.heads.values()) + 1

    def run(
        self,
        one_hot: Tensor,
        *,
        organism: int = 0,
        heads: Collection[str] | None = None,
        resolutions_bp: Collection[int] | None = None,
        regions: Sequence[tuple[int, int]] | None = None,
        arrays: Mapping[str, Tensor] | None = None,
    ) -> dict[str, dict[int, Tensor]]:
        """Run the module; see `SequenceModel.run`.

        Args:
            one_hot: (N, A, L), several DNA inputs end to end.
            organism: 0.
            heads: names of heads; None = all.
            resolutions_bp: keys of the heads; None = all.
            regions: None.
            arrays: input name -> (N, ...) of the inputs that are no bases.

        Raises:
            ModelError: the answer has another shape than the heads state.
        """
        refuse_extras(self.name, organism, regions)
        keys = wanted_keys(self.heads, heads, resolutions_bp)
        self.check_length(one_hot.shape[-1])
        with borrowed(self.module, one_hot.device):
            x = one_hot.to(number_type(self.module))
            if self.own_inputs:
                answer = self.module(**named_inputs(self.own_inputs, x, arrays, self.name))
            else:
                answer = self.module(x if self.axes == "NAL" else x.transpose(1, 2))
        try:
            return {
                name: {
                    key: channels_last(
                        head_value(answer, self.places[name], self.heads[name], key),
                        self.heads[name],
                        key,
                        self.output_axes,
                        tuple(one_hot.shape),
                    )
                    for key in some
                }
                for name, some in keys.items()
            }
        except ShapeError as error:
            raise ModelError(f"{self.name}: {error}", batch=tuple(one_hot.shape)) from error

    def __repr__(self) -> str:
        window = "any length" if self.window_bp is None else f"{self.window_bp:,} bp"
        said = "".join(f"; {note}" for note in self.notes)
        return f"WrappedModel({self.name!r}, {window}, heads {', '.join(self.heads)}{said})"


def wrap(
    module: nn.Module,
    *,
    heads: type_of_heads,
    window_bp: int | None,
    axes: str = "NAL",
    output_axes: str = "NLT",
    inputs: Sequence[InputSpec] | None = None,
    catalog: TrackMetadataCatalog | None = None,
    name: str | None = None,
    scores: Mapping[str, Scorer] | None = None,
) -> WrappedModel:
    """Make a model from a network of your own.

    Args:
        module: called with one float tensor of one-hot sequence. Channel order is ACGT; an order
            other than that cannot be seen from outside and gives wrong numbers in silence.
        heads: one `HeadSpec` when the module gives a tensor, a list when it gives a tuple (by
            place), a mapping output key -> HeadSpec when it gives a dict. A head with several
            resolutions is a mapping resolution -> tensor in the answer.
        window_bp: the input length; None = any.
        axes: order of the input, "NAL" (bases before positions) or "NLA".
        output_axes: order of the outputs, "NLT", "NTL" or "NT" (one value per window).
        inputs: what a module with several inputs takes; it is called with their names. Each is cut
            from a place of `window_bp` bases, or is an array that a data loader brings. With
            several pieces of sequence each needs a length and every head is one value per window.
            A module that takes arrays has no trial run: their shapes are not known here.
        catalog: a row per channel under each head's name; None names them `<head>:<i>`.
        name: what files and tables call it; None = the class of the module.
        scores: scores of the model's own, label -> scorer.

    Returns:
        The model. Mode, device, dtype and `requires_grad` of the module are never changed for good.

    Raises:
        OptionError: an option outside its list.
        ShapeError: the trial run gave another shape than stated; says when two axes look swapped.
        TrackMismatchError: the catalog has another number of tracks than a head.
        ModelError: the module failed on a random window.

    >>> net = nn.Sequential(nn.Conv1d(4, 2, 5, padding="same"), nn.Sigmoid())
    >>> wrap(net, heads=HeadSpec("atac", (1,), 2), window_bp=64, output_axes="NTL", name="tiny")
    WrappedModel('tiny', 64 bp, heads atac)
    """
    if not isinstance(module, nn.Module):
        raise WrongTypeError(
            f"wrap takes a torch.nn.Module; got {type(module).__name__}.",
            argument="module",
            found=type(module).__name__,
            expected="torch.nn.Module",
        )
    _require_option("axes", axes, INPUT_AXES)
    _require_option("output_axes", output_axes, OUTPUT_AXES)
    specs, places = _places(heads)
    _check_extras(catalog, name, scores)
    label = name or type(module).__name__
    width = _window(window_bp)
    own = check_inputs(inputs, axes, specs, width)
    model = WrappedModel(
        module=module,
        name=label,
        window_bp=joined_bp(own, width) if own else width,
        axes=axes,
        output_axes=output_axes,
        places=MappingProxyType(places),
        heads=MappingProxyType(specs),
        catalog=_check_catalog(catalog, specs) if catalog is not None else _plain_catalog(specs),
        scores=MappingProxyType(dict(scores or {})),
        own_inputs=own,
        default_width_bp=width if own else None,
    )
    takes_arrays = any(spec.kind != "dna" for spec in own)
    notes = () if takes_arrays else _trial(model)
    if notes:
        object.__setattr__(model, "notes", notes)
    return model


def _window(window_bp: object) -> int | None:
    length = None if window_bp is None else whole_number(window_bp, "window_bp")
    if length is not None and length < 1:
        raise OptionError(
            f"window_bp must be a whole number of bases or None; got {window_bp!r}.",
            option="window_bp",
            value=window_bp,
        )
    return length


def _check_extras(catalog: object, name: object, scores: object) -> None:
    for argument, value, kind in (
        ("catalog", catalog, TrackMetadataCatalog),
        ("name", name, str),
        ("scores", scores, Mapping),
    ):
        if value is not None:
            check_class(argument, value, kind)


def _require_option(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OptionError(
            f"{option} must be one of {', '.join(allowed)}; got {value!r}.",
            option=option,
            value=value,
            allowed=allowed,
        )


def _places(
    heads: type_of_heads,
) -> tuple[dict[str, HeadSpec], dict[str, int | str | None]]:
    pairs: list[tuple[int | str | None, HeadSpec]]
    if isinstance(heads, HeadSpec):
        pairs = [(None, heads)]
    elif isinstance(heads, Mapping):
        pairs = list(heads.items())
    else:
        pairs = list(enumerate(heads)) if isinstance(heads, Sequence) else []
    odd = next((head for _, head in pairs if not isinstance(head, HeadSpec)), None)
    names = [head.name for _, head in pairs if isinstance(head, HeadSpec)]
    if odd is not None or not pairs or len(set(names)) != len(names):
        raise OptionError(
            f"heads must be HeadSpecs with different names, at least one; got {heads!r}.",
            option="heads",
            value=heads,
        )
    return {head.name: head for _, head in pairs}, {head.name: place for place, head in pairs}


def _plain_catalog(specs: Mapping[str, HeadSpec]) -> TrackMetadataCatalog:
    return TrackMetadataCatalog.from_rows(
        {"output_name": name, "track_index": i, "track_name": f"{name}:{i}", "strand": "."}
        for name, head in specs.items()
        for i in range(head.num_tracks)
    )


def _check_catalog(
    catalog: TrackMetadataCatalog, specs: Mapping[str, HeadSpec]
) -> TrackMetadataCatalog:
    for name, head in specs.items():
        found = len(catalog.get_tracks(name))
        if found != head.num_tracks:
            raise TrackMismatchError(
                f"head {name!r} has {head.num_tracks} channels, the catalog has {found} tracks "
                "for it.",
                left=head.num_tracks,
                right=found,
            )
    return catalog


def _trial(model: WrappedModel) -> tuple[str, ...]:
    """Run a seeded random window; wrong shapes are errors, non-finite numbers a note."""
    length = model.window_bp or TRIAL_BP + model._minimum_bp - 1  # noqa: SLF001 (one module)
    letters = torch.randint(0, 4, (2, length), generator=torch.Generator().manual_seed(TRIAL_SEED))
    window = nn.functional.one_hot(letters, 4).transpose(1, 2).float()
    device = next(model.module.parameters(), window).device
    try:
        with torch.inference_mode():
            outputs = model.run(window.to(device))
    except ModelError as error:
        raise error.__cause__ or error from None
    except Exception as error:  # whatever a network raises means that it cannot read this
        asks = " Give window_bp, the length it was built for." if model.window_bp is None else ""
        other = "NLA" if model.axes == "NAL" else "NAL"
        if not model.own_inputs and _reads(replace(model, axes=other), window.to(device)):
            asks = f" The input looks transposed: it runs with axes={other!r}."
        raise ModelError(
            f"{model.name} failed on a random window of {length:,} bases, axes {model.axes} "
            f"({type(error).__name__}: "
            f"{str(error).splitlines()[0][:200] if str(error) else ''}).{asks}",
            batch=tuple(window.shape),
        ) from error
    return tuple(
        f"{name} holds NaN or Inf on a random window"
        for name, by_key in outputs.items()
        if not all(bool(torch.isfinite(value).all()) for value in by_key.values())
    )


def _reads(model: WrappedModel, window: Tensor) -> bool:
    """Whether the module takes a window at all, whatever it gives."""
    try:
        with torch.inference_mode():
            model.run(window)
    except ModelError:
        return True
    except Exception:  # noqa: BLE001 (only whether it fails is asked; the first failure is told)
        return False
    return True

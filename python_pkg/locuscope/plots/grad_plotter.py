"""`GradPlotter`: gradients of any inputs as pictures, under the published name and arguments."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import OptionError, OutOfBoundsError, WrongTypeError
from locuscope.genome.bedgraph import BedGraphWriter
from locuscope.genome.interval import whole_number
from locuscope.plots.grad_data import GradData, data_in_hdf5, data_in_memory
from locuscope.plots.grad_picture import GradPicture, grad_picture, sequence_axis
from locuscope.plots.texts import plain
from locuscope.plots.ticks import position_ticks, tick_texts, value_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

SIZE_IN = (12.0, 2.6)


class GradPlotter:
    """Draws gradients of one example: letters for one-hot DNA, a heatmap for other inputs.

    Args:
        data: `Contributions`, or a mapping with `inputs`, `grads` and perhaps `metadata` with
            `ranges` (chr, start, end, strand): a batch of a data loader with gradients.
        model: whose inputs are named, where `data` gives no names; None = as `data` names them.
        source: where the data come from; written above the picture.
        grad_preds: the gradients, where `data` has none.

    Raises:
        InputError, ShapeError, WrongTypeError: data without inputs or gradients that fit.

    >>> sequence = np.eye(4)[None]
    >>> GradPlotter({"inputs": sequence, "grads": sequence / 2}).get_num_samples()
    1
    """

    def __init__(
        self, data: object, model: Any = None, source: str | None = None, grad_preds: Any = None
    ) -> None:
        read = data if isinstance(data, GradData) else data_in_memory(data, grad_preds)
        names = [spec.name for spec in getattr(model, "inputs", ())]
        keys = list(read.inputs)
        is_unnamed = keys == [str(k) for k in range(len(keys))] or len(keys) == 1
        if names and is_unnamed and len(names) == len(keys):
            inputs = dict(zip(names, read.inputs.values(), strict=True))
            grads = dict(zip(names, read.grads.values(), strict=True))
            read = GradData(inputs, grads, read.ranges)
        self.data = read
        self.source = source

    @classmethod
    def from_hdf5(cls, path: str | PathLike[str]) -> GradPlotter:
        """Open a file with `/inputs`, `/grads` or `/contributions`, and `/metadata/ranges`.

        Raises:
            MissingFileError: no such file.
            FormatError: no HDF5 file, or one without gradients.
        """
        return cls(data_in_hdf5(path), source=Path(path).name)

    def get_num_samples(self) -> int:
        """Number of examples."""
        return len(self.data)

    def plot(  # noqa: PLR0917 (published)
        self,
        sample: int,
        model_input: str | int | None = None,
        ax: Axes | None = None,
        limit_region: Sequence[int] | None = None,
        limit_region_genomic: Sequence[int] | None = None,
        rc_plot: bool = False,  # noqa: FBT001, FBT002 (published)
        transform_fn: Callable[[Any, Any], Any] | None = None,
        seq_dim: int | None = None,
        additional_plot_fns: Sequence[Callable[[Axes], object]] | None = None,
        **heatmap_kwargs: Any,
    ) -> Axes:
        """Draw one example.

        Args:
            sample: its number, from 0.
            model_input: which input; None = the only one, or the only one that is DNA.
            ax: where to draw; None makes a figure.
            limit_region: columns (start, end) to show.
            limit_region_genomic: the same as 0-based positions on the genome.
            rc_plot: read the other strand: columns and axis reversed, letters complemented.
            transform_fn: (input, gradient) -> what is drawn, of the same shape; None = the product.
            seq_dim: axis of one example along the sequence, where it cannot be seen.
            additional_plot_fns: called with the axes at the end.
            heatmap_kwargs: of matplotlib's `imshow`, for heatmaps.

        Returns:
            The axes; columns are centred on 0, 1, 2, ...

        Raises:
            OutOfBoundsError: no such example, or a limit outside it.
            InputError: an input of more than two axes.
            OptionError: an input that must be chosen; options that have no effect.
        """
        name = self._input(sample, model_input)
        picture = self._picture(sample, name, transform_fn, seq_dim)
        picture = picture.part(limit_region, limit_region_genomic)
        picture = picture.other_strand() if rc_plot else picture
        if picture.is_logo and heatmap_kwargs:
            raise OptionError(
                f"{', '.join(heatmap_kwargs)} have no effect on letters; {name!r} is DNA.",
                option=next(iter(heatmap_kwargs)),
                value=next(iter(heatmap_kwargs.values())),
            )
        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(figsize=SIZE_IN, layout="constrained")
        said = [plain(name), *([plain(self.source)] if self.source else []), f"example {sample}"]
        _draw(ax, picture, " \u00b7 ".join(said), heatmap_kwargs)
        for function in additional_plot_fns or ():
            function(ax)
        return ax

    def write(
        self,
        sample: int,
        writer: Any,
        model_input: str | int | None = None,
        *,
        seq_dim: int | None = None,
        transform_fn: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        """Write one number per base of an example, the sum over all axes but `seq_dim`.

        Args:
            sample: its number, from 0.
            writer: path of a bedGraph file, or an object with `region_write(region, values)`,
                called with a mapping (chr, start, end); it stays open.
            model_input: as in `plot`.
            seq_dim: axis of one example along the sequence, where it cannot be seen.
            transform_fn: as in `plot`.

        Raises:
            OptionError: an example without a place, or without an axis as long as it.
            WrongTypeError: neither a path nor a writer.
        """
        name = self._input(sample, model_input)
        place = self.data.place(sample)
        array = np.asarray(self.data.inputs[name][sample], np.float64)
        gradient = np.asarray(self.data.grads[name][sample], np.float64)
        axis = sequence_axis(array, place, seq_dim)
        if place is None or axis is None or array.shape[axis] != place.width:
            where = "has no place" if place is None else f"lies on {place.text()}"
            raise OptionError(
                f"{name!r} of example {sample} has shape {array.shape} and {where}; a file needs a "
                "place and, as seq_dim=, the axis along it.",
                option="seq_dim",
                value=seq_dim,
            )
        values = array * gradient if transform_fn is None else transform_fn(array, gradient)
        others = tuple(k for k in range(array.ndim) if k != axis)
        summed = np.asarray(values, np.float64).sum(axis=others)
        if place.strand == "-":
            summed = summed[::-1]
        region = {"chr": place.chrom, "start": place.start, "end": place.end}
        if isinstance(writer, str | PathLike):
            with BedGraphWriter(writer) as own:
                own.region_write(region, summed)
        elif callable(getattr(writer, "region_write", None)):
            writer.region_write(region, summed)
        else:
            raise WrongTypeError(
                f"writer takes a path or an object with region_write; got {writer!r}.",
                argument="writer",
                found=type(writer).__name__,
                expected="path or writer",
            )

    def _input(self, sample: object, model_input: object) -> str:
        """Check the number of the example; give the name of the input."""
        index = whole_number(sample, "sample")
        if not 0 <= index < len(self.data):
            raise OutOfBoundsError(
                f"no example {index}; there are {len(self.data):,}, counted from 0.", interval=index
            )
        name = self.data.name_of(model_input)
        if name is not None:
            return name
        dna = [
            each
            for each, array in self.data.inputs.items()
            if self._is_dna(np.asarray(array[index]), index)
        ]
        if len(dna) != 1:
            raise OptionError(
                f"there are the inputs {', '.join(self.data.inputs)}; choose one: model_input=...",
                option="model_input",
                value=None,
                allowed=tuple(self.data.inputs),
            )
        return dna[0]

    def _is_dna(self, example: Any, index: int) -> bool:
        if example.ndim not in (1, 2):
            return False
        place = self.data.place(index)
        options: Any = {"name": "", "transform_fn": None, "seq_dim": None}
        return grad_picture(example, example, place, **options).is_logo

    def _picture(
        self,
        sample: int,
        name: str,
        transform_fn: Callable[[Any, Any], Any] | None,
        seq_dim: int | None,
    ) -> GradPicture:
        return grad_picture(
            self.data.inputs[name][sample],
            self.data.grads[name][sample],
            self.data.place(sample),
            name=name,
            transform_fn=transform_fn,
            seq_dim=seq_dim,
        )


def _draw(ax: Axes, picture: GradPicture, said: str, options: dict[str, Any]) -> None:
    from matplotlib.colors import to_rgba

    from locuscope.plots.heatmap import draw_heatmap
    from locuscope.plots.sequence_logo import draw_logo
    from locuscope.plots.style import THEMES

    red, green, blue, alpha = to_rgba(ax.get_facecolor())
    is_dark = alpha > 0 and 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.4
    theme = "dark" if is_dark else "light"
    colours = THEMES[theme]
    if picture.is_logo:
        draw_logo(ax, picture.values, theme=theme)
        known = picture.values[np.isfinite(picture.values)]
        low, high = min(float(known.min(initial=0)), 0), float(known.max(initial=0))
        span = (high - low) or 1.0
        ends = (low - 0.04 * span, high + 0.04 * span)
        ax.set_ylim(*ends)
        ax.axhline(0, color=colours["lineStrong"], lw=0.75, zorder=1)
        ticks = value_ticks(*ends)
        ax.set_yticks(ticks, tick_texts(ticks))
    else:
        image = draw_heatmap(ax, picture.values, theme=theme, **options)
        bar = ax.figure.colorbar(image, ax=ax, pad=0.01, fraction=0.02)
        bar.outline.set_linewidth(0)
        bar.ax.tick_params(colors=colours["text2"], labelsize=8.25, length=3, width=0.75)
        ax.set_yticks([])
    place = picture.place
    # columns of arrays count from 0, as limit_region does
    shown = position_ticks(picture.positions - (place is None), most=9)
    ax.set_xticks([k for k, _ in shown], [f"{at:,}" for _, at in shown])
    is_down = place is not None and picture.positions[0] > picture.positions[-1]
    strand = ", other strand" if is_down else ""
    label = "column" if place is None else f"{plain(place.chrom)}{strand}"
    ax.set_xlabel(label, loc="left", color=colours["text2"], fontsize=9)
    ax.set_title(said, loc="left", fontsize=9.75, color=colours["text"], parse_math=False)
    ax.tick_params(colors=colours["lineStrong"], labelcolor=colours["text2"], labelsize=8.25)
    ax.grid(visible=False)
    for side, spine in ax.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=colours["lineStrong"], linewidth=0.75)

"""A long region as work: parts of a few windows each, and what they become together."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.selection import choose
from locuscope.tracks.named import NamedTrackTensor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from locuscope.inference.run import Run
    from locuscope.inference.selection import HeadChoice, TrackChoice
    from locuscope.inference.tile_plan import TilePlan
    from locuscope.inference.window_passes import WindowPasses
    from locuscope.models.protocol import SequenceModel


class TileWork:
    """A region in parts: what each part holds, and what the parts become.

    Args:
        plan: where the windows lie.
        passes: the model over its genome, with one head at one resolution.
    """

    def __init__(self, plan: TilePlan, passes: WindowPasses) -> None:
        self.plan = plan
        self.passes = passes
        self.choice = passes.choices[0]
        self.n_tracks = len(self.choice.rows)
        self.part_windows = plan.windows_per_part(self.n_tracks)
        self.part_rows = self.part_windows * plan.bins_per_window

    def check(self) -> None:
        """Raise before anything runs where bases are missing."""
        self.passes.check([self.plan.window(k) for k in range(self.plan.n_windows)])

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """Number, first bin, and the bin after the last, of each part."""
        for i, first in enumerate(range(0, self.plan.n_bins, self.part_rows)):
            yield i, first, min(first + self.part_rows, self.plan.n_bins)

    def bins(self, first_bin: int) -> NDArray[np.float32]:
        """The values of the part that begins with a bin, (bins, T)."""
        first = first_bin // self.plan.bins_per_window
        stop = min(first + self.part_windows, self.plan.n_windows)
        low, high = self.plan.needed(first, stop)
        windows = [self.plan.window(k) for k in range(low, high)]
        found = self.passes.values(windows, cut=lambda *_: self.plan.kept(), number=low)
        values = found[self.choice.spec.name][self.plan.resolution_bp].numpy()
        return self.plan.joined(values, first, stop)

    def running(self, run: Run) -> TileWork:
        """The same work on another device, or with other batches."""
        return TileWork(self.plan, replace(self.passes, run=run))

    def named(self, values: NDArray[np.float32]) -> NamedTrackTensor:
        """The values with their tracks and their place."""
        import torch

        return NamedTrackTensor(
            torch.from_numpy(values)[None],
            self.choice.table,
            self.choice.spec.name,
            self.plan.resolution_bp,
            intervals=[self.plan.covered],
        )

    def facts(self) -> dict[str, Any]:
        """Everything that decides the bytes of the files."""
        passes, plan = self.passes, asdict(self.plan)
        rows = "\n".join(repr(row) for row in self.choice.table.rows())
        return {
            **plan,
            "covered": repr(self.plan.covered),
            "model": passes.model.name,
            "model_digest": passes.model.digest,
            "genome": passes.genome.digest,
            "head": self.choice.spec.name,
            "channels": self.choice.rows.tolist(),
            "tracks": hashlib.sha256(rows.encode()).hexdigest(),
            "organism": passes.organism,
            "ensemble": passes.ensemble.facts(),
        }


def region_choice(
    model: SequenceModel,
    heads: Collection[str] | None,
    tracks: TrackChoice | None,
    resolution_bp: int | None,
    organism: int,
) -> HeadChoice:
    """The one output, at one resolution.

    Raises:
        OptionError: several outputs, or one without bins.
    """
    keys = None if resolution_bp is None else (whole_number(resolution_bp, "resolution_bp"),)
    choices = choose(model, heads=heads, tracks=tracks, resolutions_bp=keys, organism=organism)
    names = [choice.spec.name for choice in choices]
    if len(choices) > 1:
        raise OptionError(
            f"{model.name} has the heads {', '.join(names)}; a region is of one: heads=[...].",
            option="heads",
            value=names,
            allowed=names,
        )
    return with_bins(model, choices[0])


def with_bins(model: SequenceModel, choice: HeadChoice) -> HeadChoice:
    """The head at its finest chosen resolution.

    Raises:
        OptionError: it has no bins along the sequence.
    """
    if choice.spec.kind != "track" or not choice.spec.resolutions_bp:
        raise OptionError(
            f"head {choice.spec.name!r} of {model.name} has no bins along the sequence, so its "
            "windows cannot stand side by side.",
            option="heads",
            value=choice.spec.name,
        )
    return replace(choice, keys=(min(choice.keys),))

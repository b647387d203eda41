"""What a test set says of itself: lengths, bins and tracks, in `statistics.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from locuscope.errors import FormatError, OptionError, WrongTypeError, shown_path
from locuscope.genome.interval import whole_number
from locuscope.store import missing_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    BatchSize: TypeAlias = int | Literal["auto"]

STATISTICS = "statistics.json"
SPLITS = ("train", "valid", "test")
_SLACK_BYTES = 1 << 20  # names, frames and fields that are not known
_BATCH_BYTES = 1 << 26
_MAX_BATCH = 1024


@dataclass(frozen=True)
class Sizes:
    """Sizes of a test set.

    Args:
        seq_length: bases of a sequence.
        target_length: bins of its measured tracks.
        num_targets: tracks.
        pool_width: bases per bin.
        crop_bp: bases at each end without a bin.
        is_one_hot: how the bases of a record are written; None = not said.
        n_sequences: split -> sequences, where that is said.

    Raises:
        OptionError: bins and crops that do not add up to the length.

    >>> Sizes(64, 6, 3, pool_width=8, crop_bp=8).row_bytes
    328
    """

    seq_length: int
    target_length: int
    num_targets: int
    pool_width: int
    crop_bp: int = 0
    is_one_hot: bool | None = None
    n_sequences: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        """Refuse sizes that contradict each other."""
        for name in ("seq_length", "target_length", "num_targets", "pool_width", "crop_bp"):
            number = whole_number(getattr(self, name), name)
            object.__setattr__(self, name, number)
            if number < (0 if name == "crop_bp" else 1):
                raise OptionError(f"{name} is {number}.", option=name, value=number)
        covered = self.target_length * self.pool_width + 2 * self.crop_bp
        if covered != self.seq_length:
            raise OptionError(
                f"{self.target_length:,} bins of {self.pool_width} and crops of {self.crop_bp:,} "
                f"make {covered:,} bases; seq_length is {self.seq_length:,}.",
                option="seq_length",
                value=self.seq_length,
                allowed=covered,
            )

    @property
    def row_bytes(self) -> int:
        """Bytes of one sequence, one-hot uint8, with its tracks in float32."""
        return 4 * self.seq_length + 4 * self.target_length * self.num_targets

    @property
    def max_record_bytes(self) -> int:
        """Bytes that a record may have; what is longer is broken."""
        return 2 * self.row_bytes + _SLACK_BYTES

    def rows_per_batch(self, batch_size: BatchSize) -> int:
        """Sequences of a batch; "auto" = about 64 MB.

        Raises:
            OptionError: below 1.
        """
        if batch_size == "auto":
            return max(1, min(_MAX_BATCH, _BATCH_BYTES // self.row_bytes))
        number = whole_number(batch_size, "batch_size")
        if number < 1:
            raise OptionError(
                f"batch_size is {number}; expected 'auto' or at least 1.",
                option="batch_size",
                value=batch_size,
            )
        return number

    def with_count(self, split: str, count: int) -> Sizes:
        """Give the same sizes with the number of sequences of a split."""
        return replace(self, n_sequences={**(self.n_sequences or {}), split: count})

    def to_json(self) -> str:
        """Give the text of `statistics.json`."""
        facts: dict[str, object] = {
            "num_targets": self.num_targets,
            "seq_length": self.seq_length,
            "seq_1hot": bool(self.is_one_hot),
            "pool_width": self.pool_width,
            "crop_bp": self.crop_bp,
            "target_length": self.target_length,
        }
        facts |= {f"{split}_seqs": count for split, count in (self.n_sequences or {}).items()}
        return json.dumps(facts, indent=4) + "\n"


def read_sizes(folder: Path) -> Sizes:
    """Read the `statistics.json` of a folder, or of the one above it.

    Raises:
        MissingFileError: there is none.
        FormatError: it is no JSON, or a size is missing or contradicts the others.
    """
    places = (folder / STATISTICS, folder.parent / STATISTICS)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        error = missing_file(places[0])
        error.hint = "a set of records needs it; it stands beside the records or one folder above."
        raise error
    try:
        facts = json.loads(path.read_bytes())
    except ValueError as error:
        found = f"{shown_path(path)} is no JSON: {error}."
        raise FormatError(found, path=path) from error
    if not isinstance(facts, dict):
        message = f"{shown_path(path)} holds a {type(facts).__name__}; expected names with sizes."
        raise FormatError(message, path=path)
    return _sizes(facts, path)


def _sizes(facts: Mapping[str, object], path: Path) -> Sizes:
    needed = ("seq_length", "target_length", "num_targets", "pool_width")
    lacking = [name for name in needed if name not in facts]
    if lacking:
        raise FormatError(
            f"{shown_path(path)} says nothing of {', '.join(lacking)}; it names "
            f"{', '.join(sorted(facts)) or 'nothing'}.",
            path=path,
        )
    marked = facts.get("seq_1hot")
    if not (marked is None or isinstance(marked, bool)):
        message = f"{shown_path(path)}: seq_1hot is {marked!r}; expected true or false."
        raise FormatError(message, path=path)
    try:
        counts = {
            split: whole_number(facts[f"{split}_seqs"], f"{split}_seqs")
            for split in SPLITS
            if f"{split}_seqs" in facts
        }
        length, n_bins, n_tracks, width = (whole_number(facts[name], name) for name in needed)
        crop = whole_number(facts.get("crop_bp", 0), "crop_bp")
        return Sizes(length, n_bins, n_tracks, width, crop, marked, counts)
    except (OptionError, WrongTypeError) as error:
        message = f"{shown_path(path)}: {error}"
        raise FormatError(message, path=path) from error

"""Write a test set as TFRecord files, as other programs read them."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from locuscope.datasets.example_proto import build_example
from locuscope.datasets.record_decoding import UNKNOWN_BASE
from locuscope.datasets.record_stream import COMPRESSIONS, write_records
from locuscope.datasets.target_tracks import TARGETS
from locuscope.datasets.testset_rows import (
    require_rows,
    require_text,
    rows_of,
    sizes_of,
    splits_of,
)
from locuscope.datasets.testset_sizes import STATISTICS
from locuscope.errors import OptionError, ShapeError, StoreExistsError, shown_path
from locuscope.genome.choices import check_choice
from locuscope.genome.interval import whole_number
from locuscope.store import publish_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from os import PathLike

    from locuscope.datasets.testset_rows import Row
    from locuscope.datasets.testset_sizes import Sizes

ENCODINGS = ("one_hot", "index")


def write_tfrecord(
    folder: str | PathLike[str],
    test_set: Iterable[object] | Mapping[str, Iterable[object]],
    split: str = "test",
    *,
    encoding: str = "one_hot",
    compression: str = "zlib",
    pool_width: int | None = None,
    crop_bp: int = 0,
    genome: int | Sequence[int] | None = None,
    target_ids: Sequence[str] | None = None,
    target_labels: Sequence[str] | None = None,
    per_file: int = 256,
) -> Path:
    """Write a test set as a new folder of TFRecord files.

    Args:
        folder: holds `tfrecords/SPLIT-0.tfr` and on, `statistics.json`, and `targets.txt` where
            the tracks have names. It appears whole.
        test_set: batches (x, y) or (x, y, na), one such batch, or a mapping of splits to them; x is
            one-hot (N, 4, L) or texts, y (N, P, T). Masked positions are written as NaN.
        split: "train", "valid" or "test", for batches without a mapping.
        encoding: "one_hot" or "index", one byte per base.
        compression: "zlib", "gzip" or "none".
        pool_width: bases per bin; None = what the crops leave, divided by the bins.
        crop_bp: bases at each end of a sequence without a bin.
        genome: number of the organism, one for all or one per sequence in order; None = not said.
        target_ids: identifiers of the tracks.
        target_labels: descriptions of the tracks; need `target_ids`.
        per_file: sequences of a file.

    Returns:
        The folder.

    Raises:
        ShapeError, InputError: arrays that are no test set.
        NonFiniteError: values beyond float16, the number type of the format.
        StoreExistsError: the folder exists.
    """
    check_choice("encoding", encoding, ENCODINGS)
    check_choice("compression", compression, COMPRESSIONS)
    size = whole_number(per_file, "per_file")
    if size < 1:
        raise OptionError(f"per_file is {size}.", option="per_file", value=per_file)
    target = Path(folder)
    if target.exists():
        message = f"{shown_path(target)} exists; choose another name."
        raise StoreExistsError(message, path=target)
    splits = splits_of(test_set, split)
    organisms = _Organisms(genome)

    def write(place: Path) -> None:
        (place / "tfrecords").mkdir()
        sizes: Sizes | None = None
        for name, batches in splits.items():
            rows = rows_of(batches)
            first = next(rows, None)
            if first is None:
                require_rows(0, name)
                continue
            own = sizes_of(
                first, pool_width=pool_width, crop_bp=crop_bp, is_one_hot=encoding == "one_hot"
            )
            if sizes is not None:
                _require_same(own, sizes, name)
            sizes = own if sizes is None else sizes
            payloads = (_payload(row, encoding, organisms) for row in chain([first], rows))
            count = _write_split(place / "tfrecords", name, payloads, compression, size)
            sizes = sizes.with_count(name, count)
        if sizes is None:
            return
        organisms.require_used()
        (place / STATISTICS).write_text(sizes.to_json(), encoding="utf-8")
        _write_targets(place, target_ids, target_labels, sizes.num_targets)

    return publish_folder(target, write, overwrite=False)


class _Organisms:
    """The organism of each sequence in turn."""

    def __init__(self, given: int | Sequence[int] | None) -> None:
        self._n_taken = 0
        self._one: int | None = None
        self._many: list[int] | None = None
        if given is None:
            return
        if hasattr(given, "__len__"):
            self._many = [whole_number(item, "genome") for item in given]  # type: ignore[union-attr]
        else:
            self._one = whole_number(given, "genome")

    def next(self) -> int | None:
        if self._many is None:
            return self._one
        self._n_taken += 1
        if self._n_taken > len(self._many):
            raise self._refusal(f"more than {len(self._many)}")
        return self._many[self._n_taken - 1]

    def require_used(self) -> None:
        if self._many is not None and self._n_taken != len(self._many):
            raise self._refusal(str(self._n_taken))

    def _refusal(self, found: str) -> ShapeError:
        listed = self._many or []
        message = f"genome has {len(listed)} numbers; the test set has {found} sequences."
        return ShapeError(message, found=len(listed), expected=found)


def _write_split(
    home: Path, split: str, payloads: Iterator[bytes], compression: str, size: int
) -> int:
    """Write files of so many records each; how many records there were."""
    n_records = 0
    for number, one in enumerate(payloads_left := iter(payloads)):
        path = home / f"{split}-{number}.tfr"
        some = chain([one], islice(payloads_left, size - 1))
        n_records += write_records(path, some, compression=compression)
    return n_records


def _payload(row: Row, encoding: str, organisms: _Organisms) -> bytes:
    if encoding == "one_hot":
        sequence = np.ascontiguousarray(row.x.T)
    else:
        index = np.where(row.x.any(axis=0), row.x.argmax(axis=0), UNKNOWN_BASE)
        sequence = index.astype(np.uint8)
    y = np.where(row.na[:, None], np.float16(np.nan), row.y).astype("<f2")
    values: dict[str, bytes | int] = {"sequence": sequence.tobytes(), "target": y.tobytes()}
    organism = organisms.next()
    if organism is not None:
        values["genome"] = organism
    return build_example(values)


def _require_same(found: Sizes, expected: Sizes, split: str) -> None:
    names = ("seq_length", "target_length", "num_targets")
    sizes = [tuple(getattr(one, name) for name in names) for one in (found, expected)]
    if sizes[0] != sizes[1]:
        raise ShapeError(
            f"split {split!r} has {', '.join(names)} {sizes[0]}; the splits before have "
            f"{sizes[1]}.",
            found=sizes[0],
            expected=sizes[1],
        )


def _write_targets(
    place: Path,
    ids: Sequence[str] | None,
    labels: Sequence[str] | None,
    n_tracks: int,
) -> None:
    names = require_text("target_ids", ids, n_tracks)
    told = require_text("target_labels", labels, n_tracks) or ("",) * n_tracks
    if not names:
        if labels is not None:
            message = "target_labels has no effect without target_ids."
            raise OptionError(message, option="target_labels", value=labels)
        return
    for option, texts in (("target_ids", names), ("target_labels", told)):
        broken = next((text for text in texts if set(text) & set("\t\r\n")), None)
        if broken is not None:
            message = f"{option} holds {broken!r}; a tab or line end would break {TARGETS}."
            raise OptionError(message, option=option, value=broken)
    lines = ["\tidentifier\tdescription"]
    lines += [f"{k}\t{names[k]}\t{told[k]}" for k in range(n_tracks)]
    (place / TARGETS).write_text("\n".join(lines) + "\n", encoding="utf-8")

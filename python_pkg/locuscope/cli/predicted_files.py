"""Files of predicted tracks: arrays (.npz, .h5, .zarr), tables (.tsv, .parquet), .bed and .bw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from locuscope.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.inference.bin_choice import BinChoice
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_outputs import NamedOutputs

SUFFIXES = (".npz", ".h5", ".hdf5", ".zarr", ".parquet", ".tsv", ".bed", ".bw", ".bigwig")
ARRAYS = (".npz", ".h5", ".hdf5", ".zarr")
BY_JOB = (".h5", ".hdf5")
ONE_TRACK = (".bw", ".bigwig")


class Part(NamedTuple):
    """One output at one resolution.

    Args:
        tensor: every bin, with tracks and places.
        values: "value", and "var" and "member_0" where there are, each (N, bins kept, T).
        kept: numbers of the bins that are written.
    """

    tensor: NamedTrackTensor
    values: dict[str, NDArray[Any]]
    kept: NDArray[np.int64]

    def bins(self, example: int) -> tuple[Interval, NDArray[np.int64], int]:
        """Give what the bins of one place cover, where each kept one begins, and its width.

        Raises:
            InputError: values that are no row of bins.
        """
        if self.tensor.tensor.dim() != 3 or self.tensor.intervals is None:
            message = (
                f"{self.tensor.output_name!r} has shape {tuple(self.tensor.shape)}, no row of "
                f"bins; write it as {' or '.join(ARRAYS)}."
            )
            raise InputError(message)
        covered = self.tensor.intervals[example]
        step = self.tensor.resolution or covered.width
        return covered, covered.start + self.kept * step, step


class Answer(NamedTuple):
    """Predictions of places of one width.

    Args:
        rows: number of each place in the input.
        outputs: what was predicted, with places.
        var: variance over the views of an ensemble.
        members: the predictions of each view.
        bins: which bins are written.
    """

    rows: Sequence[int]
    outputs: NamedOutputs
    var: NamedOutputs | None = None
    members: Sequence[NamedOutputs] = ()
    bins: BinChoice | None = None

    def parts(self) -> list[Part]:
        """Give each output at each resolution."""
        import numpy as np

        named = {"value": self.outputs}
        if self.var is not None:
            named["var"] = self.var
        named |= {f"member_{k}": member for k, member in enumerate(self.members)}
        parts = []
        for name, head in self.outputs.named_items():
            for resolution, tensor in head.items():
                found = {key: part.head(name)[resolution] for key, part in named.items()}
                kept = np.arange(tensor.tensor.shape[1])
                if self.bins is not None and resolution:
                    kept = self.bins.of(len(kept))
                values = {key: _kept(one.numpy(), kept) for key, one in found.items()}
                parts.append(Part(tensor, values, kept))
        return parts


def _kept(values: NDArray[Any], kept: NDArray[np.int64]) -> NDArray[Any]:
    """Some bins of (N, bins, T), on both axes of a contact map (N, bins, bins, T)."""
    found: NDArray[Any] = values[:, kept] if values.ndim == 3 else values[:, kept][:, :, kept]
    return found


def located(
    outputs: NamedOutputs, places: Sequence[Interval], crop_bp: Mapping[str, int]
) -> NamedOutputs:
    """Give predictions of whole records the places of their bins in the record.

    Args:
        outputs: predictions of bare sequences.
        places: the records.
        crop_bp: head -> bases without output at each end.
    """
    from locuscope.genome.interval import Interval
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_head import NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs

    def covered(name: str, key: int, n_bins: int) -> list[Interval]:
        if not key:
            return list(places)
        first = crop_bp[name]
        return [Interval(place.chrom, first, first + n_bins * key) for place in places]

    heads = {}
    for name, head in outputs.named_items():
        tensors = {
            key: NamedTrackTensor(
                found.tensor,
                found.table,
                name,
                key,
                intervals=covered(name, key, found.tensor.shape[1]),
            )
            for key, found in head.items()
        }
        heads[name] = NamedOutputHead(name, tensors, intervals=places)
    return NamedOutputs(heads, organism=outputs.organism, intervals=places)


def write_outputs(path: Path, answers: Sequence[Answer], lengths: Mapping[str, int]) -> None:
    """Write predictions; the suffix decides.

    Args:
        path: .npz, .h5 or .zarr (arrays, places of one width), .parquet or .tsv (one row per bin
            and track), .bed (one row per bin, one column per track, a single output), .bw (one
            track).
        answers: one per width of the places.
        lengths: bases of each contig, for a bigWig.

    Raises:
        InputError: what such a file cannot hold: places of several widths, several tracks or
            outputs, variances.
    """
    suffix = path.suffix.lower()
    if suffix in ARRAYS:
        _write_arrays(path, answers)
    elif suffix in ONE_TRACK:
        _write_bigwig(path, answers, lengths)
    elif suffix == ".bed":
        _write_bed(path, answers)
    else:
        _write_table(path, answers)


def require_one_width(path: Path, places: Sequence[Interval]) -> None:
    """Refuse places of several widths, whose predictions are no one array.

    Raises:
        InputError: several widths; names them.
    """
    widths = sorted({place.width for place in places})
    if len(widths) > 1:
        message = (
            f"{path.name} holds arrays of one length; the places have {len(widths)} widths "
            f"({', '.join(f'{width:,}' for width in widths[:5])}). Use .parquet or .tsv."
        )
        raise InputError(message)


def _write_arrays(path: Path, answers: Sequence[Answer]) -> None:
    """In .h5 and .zarr the names are those of `predict(..., out=)`."""
    import numpy as np

    from locuscope.cli.array_files import write_array_file

    require_one_width(path, [p for answer in answers for p in answer.outputs.intervals or ()])
    (answer,) = answers
    is_npz = path.suffix.lower() == ".npz"
    arrays: dict[str, NDArray[Any]] = {}
    texts: dict[str, str | list[str]] = {}
    for tensor, values, _ in answer.parts():
        output = tensor.output_name
        name = f"{output}/{tensor.resolution}"
        tracks = json.dumps(tensor.to_rows(), ensure_ascii=False)
        texts[f"{output}/tracks" if is_npz else f"tracks/{output}"] = tracks
        members = [found for key, found in values.items() if key.startswith("member_")]
        arrays[name if is_npz else f"mean/{name}"] = values["value"]
        if "var" in values:
            arrays[f"var/{name}"] = values["var"]
        if members:
            arrays[f"members/{name}"] = np.stack(members)
    places = answer.outputs.intervals or ()
    before = "" if is_npz else "places/"
    texts[f"{before}chrom"] = [place.chrom for place in places]
    for field in ("start", "end"):
        arrays[f"{before}{field}"] = np.array([getattr(place, field) for place in places], np.int64)
    if not is_npz:
        texts[f"{before}strand"] = [place.strand for place in places]
    write_array_file(path, arrays, texts)


def _in_order(answers: Sequence[Answer]) -> list[tuple[int, int, int]]:
    """Give (row in the input, answer, example of the answer), in the order of the input."""
    return sorted(
        (row, number, example)
        for number, answer in enumerate(answers)
        for example, row in enumerate(answer.rows)
    )


def _write_table(path: Path, answers: Sequence[Answer]) -> None:
    import polars as pl

    from locuscope.cli.array_files import write_frame

    per_answer = [answer.parts() for answer in answers]
    frame = pl.concat(
        _frame(part, example, row)
        for row, number, example in _in_order(answers)
        for part in per_answer[number]
    )
    write_frame(path, frame)


def _frame(part: Part, example: int, row: int) -> pl.DataFrame:
    """One row per bin and track of one place."""
    import numpy as np
    import polars as pl

    tensor = part.tensor
    covered, firsts, step = part.bins(example)
    starts = np.repeat(firsts, tensor.tensor.shape[-1])
    return pl.DataFrame(
        {
            "region": pl.Series([row], dtype=pl.Int64).new_from_index(0, len(starts)),
            "chrom": pl.Series([covered.chrom]).new_from_index(0, len(starts)),
            "start": starts,
            "end": starts + step,
            "output_name": pl.Series([tensor.output_name]).new_from_index(0, len(starts)),
            "resolution_bp": np.full(len(starts), tensor.resolution, np.int64),
            **{
                field: pl.Series(tensor.column(field) * len(firsts), dtype=pl.String, strict=False)
                for field in ("track_name", "strand")
            },
            **{key: found[example].reshape(-1) for key, found in part.values.items()},
        }
    )


def _write_bed(path: Path, answers: Sequence[Answer]) -> None:
    from locuscope.store import publish

    per_answer = [answer.parts() for answer in answers]
    if len(per_answer[0]) > 1:
        names = [f"{p.tensor.output_name} at {p.tensor.resolution} bp" for p in per_answer[0]]
        message = (
            f"A BED file holds one output; {len(names)} are chosen ({', '.join(names[:5])}). "
            "Narrow them with --heads, or write .tsv."
        )
        raise InputError(message)
    first = per_answer[0][0]
    names = [str(name) for name in first.tensor.column("track_name")]
    titles = names + [f"{key}:{name}" for key in [*first.values][1:] for name in names]
    lines = ["\t".join(["#chrom", "start", "end", "name", "score", "strand", *map(_cell, titles)])]
    for row, number, example in _in_order(answers):
        part = per_answer[number][0]
        place = (answers[number].outputs.intervals or ())[example]
        covered, firsts, step = part.bins(example)
        for k, start in enumerate(firsts.tolist()):
            cells = [covered.chrom, start, start + step, _cell(place.name or row), 0, place.strand]
            values = (value for found in part.values.values() for value in found[example, k])
            lines.append("\t".join([*map(str, cells), *(f"{float(v):.9g}" for v in values)]))
    text = "\n".join(lines) + "\n"
    publish(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _cell(text: object) -> str:
    """A cell without tabs and line ends."""
    return " ".join(str(text).split())


def _write_bigwig(path: Path, answers: Sequence[Answer], lengths: Mapping[str, int]) -> None:
    import numpy as np

    from locuscope.genome.bigwig_writer import write_bigwig

    per_answer = [answer.parts() for answer in answers]
    tensors = [part.tensor for part in per_answer[0]]
    n_tracks = sum(len(tensor) for tensor in tensors)
    if n_tracks != 1:
        names = ", ".join(
            str(name) for tensor in tensors for name in tensor.column("track_name")[:5]
        )
        message = (
            f"A bigWig holds one track; {n_tracks} are chosen ({names}). Narrow them with "
            "--tracks, or write .parquet."
        )
        raise InputError(message)
    if len(per_answer[0][0].values) > 1:
        message = "A bigWig holds one number per bin, no --var and no --all; write .parquet."
        raise InputError(message)
    runs: list[tuple[Interval, NDArray[Any], int]] = []
    for _, number, example in _in_order(answers):
        part = per_answer[number][0]
        covered, _, step = part.bins(example)
        values = np.full(part.tensor.tensor.shape[1], np.nan, np.float32)  # NaN is a gap
        values[part.kept] = part.values["value"][example, :, 0]
        runs.append((covered, values, step))
    runs.sort(key=lambda item: (item[0].chrom, item[0].start))
    write_bigwig(path, runs, dict(lengths))

"""`locuscope predict`: the tracks of places, into a table, an array file or a bigWig."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.cli.inputs import (
    GENOME_HELP,
    MODEL_HELP,
    open_genome,
    open_model,
    parse_criteria,
)
from locuscope.cli.published_options import add_source
from locuscope.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome
    from locuscope.tracks.named import NamedTrackTensor
    from locuscope.tracks.named_outputs import NamedOutputs

SUFFIXES = (".npz", ".parquet", ".tsv", ".bw")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "predict",
        help="predict the tracks of places",
        description="Predict the tracks of one place or of the regions of a BED file.",
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--weights", help="weight file of a named model")
    add_source(parser)
    parser.add_argument(
        "-r", "--regions", required=True, help="a place as CHROM:START-END (1-based), or a BED file"
    )
    parser.add_argument("--genome", required=True, help=GENOME_HELP)
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        help="a .npz, .parquet or .tsv file, or .bw for a single track",
    )
    parser.add_argument("--heads", nargs="+", help="heads to compute; default all")
    parser.add_argument(
        "--tracks", nargs="+", default=[], metavar="FIELD=VALUE", help="tracks to take; default all"
    )
    parser.add_argument("--rc", action="store_true", help="average with the reverse complement")
    parser.add_argument("--organism", help="human or mouse; default as the genome says")
    parser.add_argument("--device", help="auto, cpu, cuda, ...")
    parser.add_argument("--batch-size", type=int, help="places per forward pass; default auto")


def run(args: argparse.Namespace) -> int:
    """Predict and write."""
    from locuscope.inference.predict import predict
    from locuscope.store import check_target

    if args.out.suffix.lower() not in SUFFIXES:
        message = (
            f"Cannot write {args.out.name!r}; the suffix must be one of {', '.join(SUFFIXES)}."
        )
        raise InputError(message)
    check_target(args.out)
    genome = open_genome(args.genome)
    places = read_places(args.regions, genome)
    model = open_model(args.model, args.weights, source=args.source)
    answers: dict[int, NamedOutputs] = {}
    rows: dict[int, list[int]] = {}
    for row, place in enumerate(places):
        rows.setdefault(place.width, []).append(row)
    for width, members in rows.items():
        answers[width] = predict(
            model,
            [places[row] for row in members],
            genome,
            organism=args.organism,
            heads=args.heads,
            tracks=parse_criteria(args.tracks) or None,
            rc=args.rc,
            device=args.device,
            batch_size=args.batch_size,
        )
    order = sorted(
        (row, width, n) for width, members in rows.items() for n, row in enumerate(members)
    )
    write_outputs(args.out, answers, order, genome)
    first = next(iter(answers.values()))
    shown = ", ".join(f"{name} ({head.num_tracks} tracks)" for name, head in first.named_items())
    print(f"{args.out}: {len(places):,} place{'s' * (len(places) > 1)}, {shown}")
    return 0


def read_places(text: str, genome: Genome) -> list[Interval]:
    """The places of a BED file, or the one that the text names.

    Raises:
        InputError: neither a file nor a place.
    """
    from locuscope.genome.interval import Interval
    from locuscope.genome.regions import read_bed

    if Path(text).is_file():
        return list(read_bed(text, genome=genome))
    return [Interval.parse(text, genome=genome)]


Order = list[tuple[int, int, int]]


def write_outputs(
    path: Path, answers: dict[int, NamedOutputs], order: Order, genome: Genome
) -> None:
    """Write predictions; the suffix decides.

    Args:
        path: .npz (arrays, places of one width), .parquet or .tsv (one row per bin and track), .bw
            (one track).
        answers: width of the places -> outputs.
        order: (row in the input, width, example in the answer of that width).
        genome: contig lengths of a bigWig.

    Raises:
        InputError: places of several widths in .npz, several tracks in .bw.
    """
    suffix = path.suffix.lower()
    if suffix == ".npz":
        _write_npz(path, answers)
    elif suffix == ".bw":
        _write_bigwig(path, answers, order, genome)
    else:
        _write_table(path, answers, order)


def _tensors(outputs: NamedOutputs) -> Iterator[NamedTrackTensor]:
    for _, head in outputs.named_items():
        for resolution in head:
            yield head[resolution]


def _write_npz(path: Path, answers: dict[int, NamedOutputs]) -> None:
    import numpy as np

    from locuscope.store import publish

    if len(answers) > 1:
        message = (
            f"{path.name} holds arrays of one length; the places have {len(answers)} widths "
            f"({', '.join(f'{width:,}' for width in sorted(answers)[:5])}). Use .parquet or .tsv."
        )
        raise InputError(message)
    outputs = next(iter(answers.values()))
    places = outputs.intervals or ()
    arrays = {
        "chrom": np.array([place.chrom for place in places]),
        "start": np.array([place.start for place in places], np.int64),
        "end": np.array([place.end for place in places], np.int64),
    }
    for tensor in _tensors(outputs):
        arrays[f"{tensor.output_name}/{tensor.resolution}"] = tensor.numpy()
        tracks = json.dumps(tensor.to_rows(), ensure_ascii=False)
        arrays[f"{tensor.output_name}/tracks"] = np.array(tracks)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)

    publish(path, write)


def _write_table(path: Path, answers: dict[int, NamedOutputs], order: Order) -> None:
    import polars as pl

    from locuscope.store import publish

    frame = pl.concat(
        _frame(tensor, example, row)
        for row, width, example in order
        for tensor in _tensors(answers[width])
    )
    if path.suffix.lower() == ".parquet":
        publish(path, lambda temporary: frame.write_parquet(temporary, compression="zstd"))
    else:
        publish(path, lambda temporary: frame.write_csv(temporary, separator="\t"))


def _frame(tensor: NamedTrackTensor, example: int, row: int) -> pl.DataFrame:
    """One row per bin and track of one place."""
    import numpy as np
    import polars as pl

    if tensor.tensor.dim() != 3 or tensor.intervals is None:
        message = (
            f"{tensor.output_name!r} has shape {tuple(tensor.shape)}, no row of bins; write it as "
            ".npz."
        )
        raise InputError(message)
    values = tensor.numpy()[example]
    n_bins, n_tracks = values.shape
    covered = tensor.intervals[example]
    step = tensor.resolution or covered.width
    starts = np.repeat(covered.start + np.arange(n_bins, dtype=np.int64) * step, n_tracks)
    return pl.DataFrame(
        {
            "region": pl.Series([row], dtype=pl.Int64).new_from_index(0, len(starts)),
            "chrom": pl.Series([covered.chrom]).new_from_index(0, len(starts)),
            "start": starts,
            "end": starts + step,
            "output_name": pl.Series([tensor.output_name]).new_from_index(0, len(starts)),
            "resolution_bp": np.full(len(starts), tensor.resolution, np.int64),
            **{
                field: pl.Series(tensor.column(field) * n_bins, dtype=pl.String, strict=False)
                for field in ("track_name", "strand")
            },
            "value": values.reshape(-1),
        }
    )


def _write_bigwig(
    path: Path, answers: dict[int, NamedOutputs], order: Order, genome: Genome
) -> None:
    from locuscope.genome.bigwig_writer import write_bigwig

    per_width = {width: list(_tensors(outputs)) for width, outputs in answers.items()}
    tensors: Sequence[NamedTrackTensor] = next(iter(per_width.values()))
    n_tracks = sum(len(tensor) for tensor in tensors)
    if n_tracks != 1:
        names = ", ".join(
            str(name) for tensor in tensors for name in tensor.column("track_name")[:5]
        )
        message = (
            f"A bigWig holds one track; {n_tracks} are chosen ({names}). Narrow them with "
            "--tracks, "
            "or write .parquet."
        )
        raise InputError(message)
    runs: list[tuple[Interval, NDArray[np.float32], int]] = []
    for _, width, example in order:
        tensor = per_width[width][0]
        covered = (tensor.intervals or ())[example]
        runs.append((covered, tensor.numpy()[example, :, 0], tensor.resolution or covered.width))
    runs.sort(key=lambda item: (item[0].chrom, item[0].start))
    write_bigwig(path, runs, genome.lengths)

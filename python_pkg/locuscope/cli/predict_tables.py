"""`locuscope predict` of genes (`--genes`) and of accuracy (`--test-set`): tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.array_files import check_suffix, write_frame
from locuscope.cli.averaging_options import read_averaging
from locuscope.cli.inputs import open_genome, open_model, parse_criteria
from locuscope.cli.scoring_options import open_genes, require
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    import pandas as pd

    from locuscope.inference.run import Run

TABLES = (".tsv", ".parquet")
PUBLISHED = ".txt"


def run_genes(args: argparse.Namespace) -> None:
    """Write one row per transcription start: the sum over its bins, and its status."""
    from locuscope.inference.genes import predict_genes

    check_suffix(args.out, TABLES)
    require(args, genome="--genome FASTA")
    genome = open_genome(args.genome)
    genes = open_genes(args.genes, collapsed=False)
    model = open_model(args.model, args.weights, source=args.source)
    found = predict_genes(
        model,
        genes,
        genome,
        tss_radius=args.tss_radius,
        heads=args.heads,
        tracks=parse_criteria(args.tracks) or None,
        organism=args.organism,
        ensemble=read_averaging(args),
        run=_run(args),
    )
    _write(args.out, found.to_dataframe())
    status = {name: found.status.count(name) for name in dict.fromkeys(found.status)}
    if args.json:
        summary = {"starts": len(found), "genes": len(found.genes), "status": status}
        print(json.dumps({**summary, "out": str(args.out)}))
    elif not args.quiet:
        told = ", ".join(f"{count:,} {name}" for name, count in status.items())
        print(
            f"{args.out}: {counted(len(found), 'start')} of {counted(len(found.genes), 'gene')}, "
            f"{counted(len(found.tracks), 'track')}; {told}"
        )


def run_test_set(args: argparse.Namespace) -> None:
    """Write one row per track with its metrics; print their means."""
    from locuscope.datasets import open_test_set
    from locuscope.inference.evaluate import evaluate

    check_suffix(args.out, (*TABLES, PUBLISHED))
    if args.genome is not None:
        raise OptionError(
            f"--genome {args.genome} has no effect with --test-set, which holds its sequences; "
            "leave it out.",
            option="genome",
            value=args.genome,
        )
    test_set = open_test_set(args.test_set)
    model = open_model(args.model, args.weights, source=args.source)
    options: dict[str, Any] = {} if args.metrics is None else {"metrics": args.metrics}
    found = evaluate(
        model,
        test_set,
        head=_only_head(args.heads),
        tracks=parse_criteria(args.tracks) or None,
        organism=args.organism,
        ensemble=read_averaging(args),
        run=_run(args),
        seed=args.seed,
        **options,
    )
    if args.out.suffix.lower() == PUBLISHED:
        found.to_tsv(args.out)
    else:
        _write(args.out, found.to_dataframe())
    if args.json:
        means = {name: _mean(values) for name, values in found.metrics.items()}
        summary = {"sequences": found.n_sequences, "tracks": len(found.tracks), "mean": means}
        print(json.dumps({**summary, "out": str(args.out)}))
    elif not args.quiet:
        print(f"{args.out}: {counted(len(found), 'track')}\n{found.summary()}")


def _only_head(heads: list[str] | None) -> str | None:
    if heads is None:
        return None
    if len(heads) > 1:
        raise OptionError(
            f"--test-set compares one output; got --heads {' '.join(heads)}.",
            option="heads",
            value=heads,
        )
    return heads[0]


def _write(path: Path, table: pd.DataFrame) -> None:
    import polars as pl

    write_frame(path, pl.from_pandas(table))


def _mean(values: Any) -> float | None:
    """Mean of the metrics that are defined; JSON has no NaN."""
    import numpy as np

    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _run(args: argparse.Namespace) -> Run:
    from locuscope.inference.run import Run

    return Run(
        device=args.device or "auto",
        batch_size="auto" if args.batch_size is None else args.batch_size,
    )

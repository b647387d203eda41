"""`locuscope predict --chrom`: whole chromosomes, window by window, as a job that resumes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.array_files import check_suffix
from locuscope.cli.averaging_options import read_averaging
from locuscope.cli.inputs import open_genome, open_model, parse_criteria
from locuscope.cli.predicted_files import SUFFIXES, Answer, write_outputs
from locuscope.cli.scoring_options import require

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from locuscope.genome.reference import Genome
    from locuscope.tracks.named import NamedTrackTensor

# What the verb itself writes part by part; a name without an ending is a folder.
BY_JOB = (".npy", ".zarr", ".bw", ".bigwig", "")


def run(args: argparse.Namespace) -> None:
    """Predict and write; what is no job is held in memory."""
    from locuscope.inference.chromosomes import predict_chromosomes
    from locuscope.inference.run import Run

    is_job = args.out.suffix.lower() in BY_JOB
    if not is_job:
        check_suffix(args.out, (*SUFFIXES, BY_JOB[0]))
    require(args, genome="--genome FASTA")
    genome = open_genome(args.genome)
    found = predict_chromosomes(
        open_model(args.model, args.weights, source=args.source),
        genome,
        args.chrom,
        organism=args.organism,
        heads=args.heads,
        tracks=parse_criteria(args.tracks) or None,
        ensemble=read_averaging(args),
        run=Run(
            device=args.device or "auto",
            batch_size="auto" if args.batch_size is None else args.batch_size,
            progress=False if args.quiet or args.json else None,
            out=args.out if is_job else None,
            restart=args.restart,
        ),
    )
    if isinstance(found, dict):
        _write(args, found, genome)
    n_bases = sum(genome.whole(chrom).width for chrom in args.chrom)
    if args.json:
        said: dict[str, Any] = {"chromosomes": len(args.chrom), "bases": n_bases}
        print(json.dumps({**said, "out": str(args.out)}))
    elif not args.quiet:
        told = f"{counted(len(args.chrom), 'chromosome')}, {counted(n_bases, 'base')}"
        print(f"{args.out}: {told}")


def _write(args: argparse.Namespace, found: Mapping[str, NamedTrackTensor], genome: Genome) -> None:
    from locuscope.tracks.named_head import NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs

    answers = []
    for row, (chrom, tensor) in enumerate(found.items()):
        whole = [genome.whole(chrom)]
        head = NamedOutputHead(tensor.output_name, {tensor.resolution: tensor}, intervals=whole)
        outputs = NamedOutputs({tensor.output_name: head}, intervals=whole)
        answers.append(Answer([row], outputs))
    write_outputs(args.out, answers, genome.lengths)

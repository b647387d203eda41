"""`locuscope score`: every allele of a VCF, scored, into VCF, parquet or TSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from locuscope.cli.inputs import (
    DEMO,
    GENOME_HELP,
    MODEL_HELP,
    VARIANTS_HELP,
    open_genome,
    open_model,
    open_variants,
    parse_criteria,
)

if TYPE_CHECKING:
    import argparse

    from locuscope.genome.genes import Genes

# Scores that read genes, and whether they take the collapsed table of the embedded genes.
GENE_SCORES = {"splice_delta": True, "tissue_effect": False}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "score",
        help="score the alleles of a VCF",
        description="Score every allele: one row out for each allele in, with its status.",
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("-i", "--variants", required=True, metavar="VCF", help=VARIANTS_HELP)
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        action="append",
        metavar="OUT",
        help="file to write: .vcf, .vcf.gz, .parquet, .tsv or .tsv.gz; may be given several times",
    )
    parser.add_argument("--genome", required=True, metavar="FASTA", help=GENOME_HELP)
    parser.add_argument("--weights", metavar="FILE", help="weights of a named model")
    _add_scores(parser)
    _add_running(parser)
    parser.set_defaults(run=run)


def _add_scores(parser: argparse.ArgumentParser) -> None:
    """Add the options that change a number."""
    parser.add_argument(
        "--scores", nargs="+", metavar="SCORE", help="names of scores (default: diff), or all"
    )
    parser.add_argument(
        "--score-kwargs",
        nargs="+",
        metavar="JSON",
        help="options of the scores, one JSON object each, in the same order",
    )
    parser.add_argument(
        "--genes",
        metavar="FILE",
        help="genes for splice_delta or tissue_effect: GTF, GFF3 or a table, or 'demo' (embedded)",
    )
    parser.add_argument("--heads", nargs="+", metavar="HEAD", help="only these heads")
    parser.add_argument(
        "--tracks", nargs="+", metavar="FIELD=VALUE", help="only tracks that fulfil all criteria"
    )
    parser.add_argument(
        "--reduce",
        choices=("mean", "sum", "max", "center"),
        default="mean",
        help="how the positions of a window become one number (default: mean)",
    )
    parser.add_argument("--window-bp", type=int, metavar="N", help="width of the window")
    parser.add_argument("--rc", action="store_true", help="average over both strands")


def _add_running(parser: argparse.ArgumentParser) -> None:
    """Add the options about bad rows, speed and what is printed."""
    parser.add_argument(
        "--on-bad",
        choices=("flag", "raise", "skip"),
        default="flag",
        help="what to do with rows that cannot be scored (default: flag)",
    )
    parser.add_argument(
        "--no-check-assembly",
        action="store_true",
        help="go on although most alleles do not fit the genome",
    )
    parser.add_argument("--batch-size", type=int, metavar="N", help="sequences per pass")
    parser.add_argument("--device", metavar="D", help="cpu, cuda, mps (default: the best one here)")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--json", action="store_true", help="print one summary object")


def run(args: argparse.Namespace) -> int:
    """Score and write; the last line says how many alleles became what."""
    from locuscope.effects.variants import score_variants
    from locuscope.genome.placement import Placement

    scores: list[str] = args.scores or ["diff"]
    result = score_variants(
        open_model(args.model, args.weights),
        open_variants(args.variants),
        open_genome(args.genome),
        scores="all" if scores == ["all"] else scores,
        score_kwargs=_score_kwargs(scores, args.score_kwargs, args.genes),
        heads=args.heads,
        tracks=parse_criteria(args.tracks) if args.tracks else None,
        reduce=args.reduce,
        on_bad=args.on_bad,
        check_assembly=not args.no_check_assembly,
        placement=None if args.window_bp is None else Placement(width_bp=args.window_bp),
        rc=args.rc or None,
        out=args.out,
        device=args.device,
        batch_size=args.batch_size,
    )
    if args.json:
        counts = result.variants.counts()
        print(json.dumps({"alleles": len(result), "status": counts, "out": args.out}))
    elif not args.quiet:
        print(f"{result.summary()}; wrote {', '.join(args.out)}.")
    return 0


def _score_kwargs(
    scores: list[str], texts: list[str] | None, genes: str | None
) -> list[dict[str, object]] | None:
    """Read the options of the scores; `--genes` goes to those that read genes."""
    from locuscope.errors import OptionError

    if texts is None and genes is None:
        return None
    options = [_json_object(text) for text in texts] if texts else [{} for _ in scores]
    if genes is not None:
        readers = [place for place, name in enumerate(scores) if name in GENE_SCORES]
        if not readers or len(options) != len(scores):
            raise OptionError(
                f"--genes {genes} is for the scores {' and '.join(GENE_SCORES)}; "
                f"asked for: {' '.join(scores)}.",
                option="genes",
                value=genes,
            )
        for place in readers:
            options[place]["genes"] = _open_genes(genes, collapsed=GENE_SCORES[scores[place]])
    return options


def _json_object(text: str) -> dict[str, object]:
    from locuscope.errors import OptionError

    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OptionError(
            f"--score-kwargs takes JSON objects such as '{{\"distance\": 500}}'; got {text!r}.",
            option="score_kwargs",
            value=text,
        )
    return found


def _open_genes(text: str, *, collapsed: bool) -> Genes:
    if text == DEMO:
        from locuscope import demo

        return demo.genes(collapsed=collapsed)
    from locuscope.genome.genes import Genes

    return Genes.read(text)

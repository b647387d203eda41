"""`locuscope score`: every allele of a VCF, scored, into VCF, parquet, TSV or HDF5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.cli.inputs import VARIANTS_HELP, open_genome, open_model, open_variants
from locuscope.cli.published_options import add_spelling
from locuscope.cli.score_output import Summary, needs_more, score_and_write, tell
from locuscope.cli.scoring_options import (
    add_model,
    add_running,
    add_scores,
    add_views,
    read_ensemble,
    read_run,
    read_scores,
    read_tracks,
    require,
    use_loader_args,
)
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from locuscope.effects.variant_scores import VariantScores
    from locuscope.genome.placement import Placement

WINDOWS = ("centered", "restricted", "overlap")
ALIGN = ("auto", "none", "resample", "stitch", "alphagenome")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "score",
        help="score the alleles of a VCF",
        description="Score every allele: one row out for each allele in, with its status. A call "
        "that was stopped resumes when it is given again.",
        epilog="Example: locuscope score dnase -i demo:junctions --genome demo -o scores.parquet",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add every option of the command, also under its published names."""
    add_model(parser)
    parser.add_argument("-i", "--variants", metavar="VCF", help=VARIANTS_HELP)
    add_spelling(parser, "--input_vcf", "--vcf_path", dest="variants")
    parser.add_argument(
        "-o",
        "--out",
        action="append",
        metavar="OUT",
        help="file to write: .vcf, .vcf.gz, .parquet, .tsv, .tsv.gz or .h5, or a folder; may be "
        "given several times",
    )
    add_spelling(parser, "--output_vcf", "--out_vcf_fpath", dest="out", action="append")
    add_scores(parser)
    _add_windows(parser)
    add_views(parser)
    _add_rows(parser)
    _add_results(parser)
    add_running(parser)


def _add_windows(parser: argparse.ArgumentParser) -> None:
    """Add the options about where windows lie and how alleles of another length are compared."""
    parser.add_argument(
        "--window",
        choices=WINDOWS,
        help="centred on the allele (default), centred but inside the regions of --windows, or the "
        "windows of --windows themselves",
    )
    parser.add_argument("--windows", metavar="BED", help="regions of --window restricted, overlap")
    parser.add_argument(
        "--multi",
        choices=("nearest", "all"),
        default="nearest",
        help="where several windows hold an allele: the nearest (default), or a row for each",
    )
    add_spelling(parser, "--restriction_bed", dest="restriction_bed")
    parser.add_argument(
        "--align", choices=ALIGN, help="how tracks of another length are compared (default: auto)"
    )


def _add_rows(parser: argparse.ArgumentParser) -> None:
    """Add the options about rows that cannot be scored."""
    parser.add_argument(
        "--on-bad",
        choices=("flag", "raise", "skip"),
        default="flag",
        help="what to do with rows that cannot be scored (default: flag)",
    )
    parser.add_argument(
        "--ref-policy",
        choices=("check", "force"),
        default="check",
        help="REF must be what the genome has (check, default), or is written into it (force)",
    )
    parser.add_argument(
        "--no-check-assembly",
        action="store_true",
        help="go on although most alleles do not fit the genome",
    )


def _add_results(parser: argparse.ArgumentParser) -> None:
    """Add the options about what is written."""
    parser.add_argument(
        "--id",
        choices=("vcf", "variant"),
        help="what names a row in the forms of --compat: the ID of the VCF, or chrom:pos:ref:alt",
    )
    add_spelling(parser, "--std_var_id", dest="id", action="store_const", const="variant")
    parser.add_argument(
        "--layout", choices=("wide", "long"), default="wide", help="shape of tables"
    )
    parser.add_argument(
        "--compat",
        choices=("kipoi", "calico"),
        help="published form of VCF (kipoi) or HDF5 (calico)",
    )
    parser.add_argument(
        "--calibration", metavar="FILE", help="add the quantiles of a stored calibration"
    )
    parser.add_argument("--save-sequences", metavar="FILE.h5", help="also what the model sees")
    parser.add_argument(
        "--no-predict", action="store_true", help="only --save-sequences; the model never runs"
    )


def run(args: argparse.Namespace) -> int:
    """Score and write; the last line says how many alleles became what."""
    from locuscope.effects.variants import score_variants
    from locuscope.genome.indel_rule import IndelRule

    placement = read_placement(args, use_loader_args(args))
    require(args, variants="-i VCF", genome="--genome FASTA")
    _require_target(args)
    model = open_model(args.model, args.weights, source=args.source)
    scores, score_kwargs = ((), None) if args.no_predict else read_scores(args)
    if args.compat == "kipoi" and any("rc_merging" in chosen for chosen in score_kwargs or ()):
        args.rc = True

    def score(out: Path | list[str] | None) -> VariantScores:
        return score_variants(
            model,
            open_variants(args.variants),
            open_genome(args.genome),
            scores=scores,
            score_kwargs=score_kwargs,
            heads=args.heads,
            tracks=read_tracks(args, model),
            reduce=args.reduce,
            mask_bp=args.mask_bp,
            ref_policy=args.ref_policy,
            on_bad=args.on_bad,
            check_assembly=not args.no_check_assembly,
            placement=placement,
            indels=None if args.align is None else IndelRule(align=args.align),
            ensemble=read_ensemble(args),
            save_sequences=args.save_sequences,
            layout="wide" if needs_more(args) else args.layout,
            run=read_run(args, out),
        )

    if needs_more(args) and not args.no_predict:
        summary = score_and_write(args, score, model.name)
    else:
        summary = Summary.of(score(args.out))
        if args.no_predict:
            summary = summary._replace(line=summary.line.replace(" scored", " saved"))
    tell(args, summary)
    return 0


def read_placement(args: argparse.Namespace, intervals: str | None) -> Placement | None:
    """Give where windows lie.

    Args:
        args: the options.
        intervals: the intervals of a published data loader, which stand for `--windows`.

    Raises:
        OptionError: regions without the way they are used, or that way without regions.
    """
    from locuscope.genome.placement import Placement

    mode, regions = args.window, args.windows or intervals
    if "restriction_bed" in args:
        mode, regions = "restricted", args.restriction_bed
    if args.windows and mode in (None, "centered"):
        raise OptionError(
            f"--windows {args.windows} needs --window restricted or --window overlap.",
            option="windows",
            value=args.windows,
        )
    if mode in (None, "centered"):
        # Windows of a published loader give way to those round the alleles, as they always did.
        regions = None
    elif regions is None:
        raise OptionError(f"--window {mode} needs --windows BED.", option="windows", value=None)
    placement = Placement(
        mode=mode or "centered", regions=regions, width_bp=args.window_bp, multi=args.multi
    )
    # Left out, so that scores which make their own sequences are not told of windows.
    return None if placement == Placement() else placement


def _require_target(args: argparse.Namespace) -> None:
    if not args.no_predict:
        require(args, out="-o OUT")
    elif args.save_sequences is None or args.out:
        raise OptionError(
            "--no-predict writes sequences alone: give --save-sequences FILE.h5 and no -o.",
            option="no_predict",
            value=True,
        )

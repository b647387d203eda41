"""`locuscope postproc`: published command lines run with the first word replaced.

`score_variants` is `score --compat kipoi`, `create_mutation_map` is `mutmap --tiling kipoi`,
`plot_mutation_map` is `mutmap plot`, `grad_input` is `contrib` of a layer. They take the published
options, short ones included, and those of the commands they stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope.cli import contrib, mutmap, mutmap_plot, score
from locuscope.cli.contrib_layer import GRAD_INPUT
from locuscope.cli.published_options import add_spelling

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command and the four below it."""
    parser = subparsers.add_parser(
        "postproc",
        help="published command lines of variant scoring, first word replaced",
        description="Published command lines of variant scoring, mutation maps and gradients run "
        "as they are once `locuscope postproc` stands for their first words.",
    )
    published = parser.add_subparsers(dest="published", metavar="COMMAND", required=True)
    _add_score(published)
    _add_map(published)
    _add_plot(published)
    _add_gradient(published)


def run(args: argparse.Namespace) -> int:
    """Run the command that the published name stands for."""
    commands = {
        "score_variants": score.run,
        "create_mutation_map": mutmap.run,
        "plot_mutation_map": mutmap_plot.run,
        GRAD_INPUT: contrib.run,
    }
    return commands[args.published](args)


def _add_score(published: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = published.add_parser(
        "score_variants",
        help="score --compat kipoi",
        description="`locuscope score --compat kipoi` with the published options.",
        epilog="Published options: --dataloader_args, --vcf_path (-v, --input_vcf), "
        "--out_vcf_fpath (--output_vcf), --extra_output (-e), --scoring (-s), "
        "--scoring_kwargs (-k), --restriction_bed (-r), --seq_length (-l), --model_outputs, "
        "--model_outputs_i, --std_var_id, --batch_size, --num_workers (-n).",
    )
    score.add_options(parser)
    add_spelling(parser, "-r", dest="restriction_bed")
    add_spelling(parser, "-e", "--extra_output", dest="out", action="append")
    add_spelling(parser, "-v", dest="variants")
    _add_short(parser)
    parser.set_defaults(compat="kipoi", parser=parser)


def _add_map(published: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = published.add_parser(
        "create_mutation_map",
        help="mutmap --tiling kipoi",
        description="`locuscope mutmap --tiling kipoi` with the published options.",
        epilog="Published options: --dataloader_args, --regions_file, --output, --scoring (-s), "
        "--scoring_kwargs (-k), --seq_length (-l), --model_outputs, --model_outputs_i, "
        "--batch_size, --num_workers (-n).",
    )
    mutmap.add_options(parser)
    _add_short(parser)
    parser.set_defaults(tiling="kipoi", parser=parser)


def _add_plot(published: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = published.add_parser(
        "plot_mutation_map",
        help="mutmap plot",
        description="`locuscope mutmap plot` with the published options.",
        epilog="Published options: --input_file, --output, --input_entry, --model_seq_input, "
        "--scoring_key, --model_output, --limit_region_genomic, --rc_plot.",
    )
    mutmap_plot.add_options(parser)
    parser.set_defaults(parser=parser)


def _add_gradient(published: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = published.add_parser(
        GRAD_INPUT,
        help="contrib of a layer",
        description="`locuscope contrib` of a layer, or of the output, with the published options.",
        epilog="Published options: --dataloader_args, --layer (-l), --final_layer, "
        "--pre_nonlinearity, --filter_idx (-f), --avg_func (-a), --selected_fwd_node, "
        "--output (-o), --batch_size, --num_workers (-n).",
    )
    contrib.add_options(parser)
    parser.set_defaults(parser=parser)


def _add_short(parser: argparse.ArgumentParser) -> None:
    """Add the short options that published commands share."""
    add_spelling(parser, "-s", dest="scores", nargs="+")
    add_spelling(parser, "-k", dest="score_kwargs", nargs="+")
    add_spelling(parser, "-l", dest="window_bp", type=int)
    add_spelling(parser, "-n", dest="num_workers", type=int)

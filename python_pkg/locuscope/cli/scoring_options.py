"""Options that `score` and `mutmap` share: which scores, of which tracks, run how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope._closest import counted
from locuscope.cli.inputs import DEMO, GENOME_HELP, MODEL_HELP, parse_criteria
from locuscope.cli.loose_json import read_mapping
from locuscope.cli.published_options import add_loader_options, add_spelling, read_loader_args
from locuscope.cli.python_files import MARK, kind_of, named_object
from locuscope.errors import InputError, OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from locuscope.genome.genes import Genes
    from locuscope.inference.ensemble import Ensemble
    from locuscope.inference.run import Run
    from locuscope.models.protocol import SequenceModel

# Scores that read genes, and whether they take the collapsed table of the embedded genes.
GENE_SCORES = {"splice_delta": True, "tissue_effect": False}


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add MODEL, where it comes from, and the genome."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--weights", metavar="FILE", help="weights of a named model")
    parser.add_argument("--genome", metavar="FASTA", help=GENOME_HELP)
    add_loader_options(parser)


def add_scores(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is computed."""
    parser.add_argument(
        "--scores",
        nargs="+",
        metavar="SCORE",
        help="names of scores (default: diff), FILE.py::NAME for your own, or all",
    )
    add_spelling(parser, "--scoring", dest="scores", nargs="+")
    parser.add_argument(
        "--score-kwargs",
        nargs="+",
        metavar="JSON",
        help="options of the scores, one dictionary each, in the same order",
    )
    add_spelling(parser, "--score_kwargs", "--scoring_kwargs", dest="score_kwargs", nargs="+")
    parser.add_argument(
        "--genes",
        metavar="FILE",
        help="genes for splice_delta or tissue_effect: GTF, GFF3 or a table, or 'demo' (embedded)",
    )
    parser.add_argument("--heads", nargs="+", metavar="HEAD", help="only these heads")
    parser.add_argument(
        "--tracks", nargs="+", metavar="FIELD=VALUE", help="only tracks that fulfil all criteria"
    )
    parser.add_argument("--model-outputs", nargs="+", metavar="NAME", help="only tracks so named")
    parser.add_argument(
        "--model-outputs-i", nargs="+", type=int, metavar="N", help="only tracks at these places"
    )
    add_spelling(parser, "--model_outputs", dest="model_outputs", nargs="+")
    add_spelling(parser, "--model_outputs_i", dest="model_outputs_i", nargs="+", type=int)
    parser.add_argument(
        "--reduce",
        choices=("mean", "sum", "max", "center"),
        default="mean",
        help="how the positions of a window become one number (default: mean)",
    )
    parser.add_argument(
        "--mask-bp", type=int, metavar="N", help="only positions within N bases round the allele"
    )


def add_views(parser: argparse.ArgumentParser) -> None:
    """Add the options about the width of the window and the views that are averaged."""
    parser.add_argument("--window-bp", type=int, metavar="N", help="width of the window")
    add_spelling(parser, "--seq_length", dest="window_bp", type=int)
    parser.add_argument("--rc", action="store_true", help="also the reverse complement")
    parser.add_argument(
        "--rc-merging",
        metavar="R",
        help="how both strands become one: min, max, mean (default), median or absmax",
    )
    parser.add_argument(
        "--shifts", nargs="+", type=int, metavar="BP", help="average over shifted windows: 0 1 -1"
    )


def add_running(parser: argparse.ArgumentParser) -> None:
    """Add the options about speed and what is printed."""
    parser.add_argument("--batch-size", type=int, metavar="N", help="sequences per pass")
    add_spelling(parser, "--batch_size", dest="batch_size", type=int)
    parser.add_argument("--device", metavar="D", help="cpu, cuda, mps (default: the best one here)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes (default: 1)"
    )
    # Published loaders count the processes beside the main one, so 0 is this process alone.
    add_spelling(parser, "--num_workers", dest="num_workers", type=int)
    parser.add_argument(
        "--restart", action="store_true", help="begin anew instead of resuming what was stopped"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    parser.add_argument("--json", action="store_true", help="print one summary object")


def require(args: argparse.Namespace, **options: str) -> None:
    """Refuse a call without an option that has several spellings.

    Raises:
        InputError: names the first missing one, as the help spells it.
    """
    for name, spelling in options.items():
        if getattr(args, name, None) in (None, []):
            message = f"the option {spelling} is missing; see --help."
            raise InputError(message)


def use_loader_args(args: argparse.Namespace) -> str | None:
    """Take the genome of `--dataloader_args` over; give its intervals.

    Raises:
        OptionError: another genome is given beside it.
    """
    given = read_loader_args(args.dataloader_args)
    fasta = given.get("fasta_file")
    if fasta is not None and args.genome not in (None, fasta):
        raise OptionError(
            f"--genome {args.genome} and fasta_file {fasta} of --dataloader_args differ; give one.",
            option="genome",
            value=args.genome,
        )
    args.genome = args.genome or fasta
    return given.get("intervals_file")


def read_scores(args: argparse.Namespace) -> tuple[Any, list[dict[str, object]] | None]:
    """Give `scores` and `score_kwargs` of the verbs.

    A word `FILE.py::NAME` is a function, or a class that is made with its dictionary.

    Raises:
        OptionError: another number of dictionaries, genes for scores that read none.
    """
    words: list[str] = args.scores or ["diff"]
    texts: list[str] | None = args.score_kwargs
    if words == ["all"]:
        if texts is not None or args.genes is not None:
            raise OptionError(
                "--scores all takes the defaults of every score; leave out --score-kwargs and "
                "--genes.",
                option="scores",
                value="all",
            )
        return "all", None
    options = [read_mapping(text, "--score-kwargs") for text in texts or ()]
    if texts is not None and len(options) != len(words):
        raise OptionError(
            f"{counted(len(words), 'score')} but {len(options)} --score-kwargs; give one "
            "dictionary per score, {} for the defaults.",
            option="score_kwargs",
            value=texts,
        )
    is_stated = texts is not None or args.genes is not None
    options = options or [{} for _ in words]
    if args.genes is not None:
        _add_genes(words, options, args.genes)
    scores = [_own_score(word) if _is_file(word) else word for word in words]
    return scores, options if is_stated else None


def read_tracks(args: argparse.Namespace, model: SequenceModel) -> Any:
    """Give `tracks` of the verbs: criteria, names and places, all of which must hold.

    Raises:
        OptionError: names and places together.
    """
    names, places = args.model_outputs, args.model_outputs_i
    if names and places:
        raise OptionError(
            f"--model-outputs {names[0]} and --model-outputs-i {places[0]} exclude each other.",
            option="model_outputs",
            value=names,
        )
    if not args.tracks:
        return names or places
    criteria: dict[str, Any] = dict(parse_criteria(args.tracks))
    if not names and not places:
        return criteria
    from locuscope.inference.selection import choose

    chosen = choose(model, heads=args.heads, tracks=names or places)
    listed = [name for choice in chosen for name in choice.table.cells("track_name")]
    stated = criteria.get("track_name", listed)
    return {**criteria, "track_name": [name for name in listed if name in stated]}


def read_ensemble(args: argparse.Namespace) -> Ensemble:
    """Give the views that are averaged."""
    from locuscope.inference.ensemble import Ensemble

    return Ensemble(
        rc=args.rc, rc_merging=args.rc_merging or "mean", shifts=tuple(args.shifts or (0,))
    )


def read_run(args: argparse.Namespace, out: Any = None) -> Run:
    """Give how the verb runs; `--num_workers` counts from 0, as published."""
    from locuscope.inference.run import Run

    workers = args.workers
    if "num_workers" in args:
        workers = max(1, args.num_workers)
    return Run(
        device=args.device or "auto",
        batch_size="auto" if args.batch_size is None else args.batch_size,
        workers=workers,
        progress=False if args.quiet or args.json else None,
        out=out,
        restart=args.restart,
    )


def _is_file(word: str) -> bool:
    return MARK in word or word.endswith(".py")


def _own_score(word: str) -> Callable[..., Any]:
    """Give the function or class of scores that a file defines."""
    found = named_object(word, "score")
    if not callable(found):
        message = f"{word} is {kind_of(found)}; a score is a function or a class of scores."
        raise InputError(message)
    return found  # type: ignore[no-any-return]


def _add_genes(words: list[str], options: list[dict[str, object]], genes: str) -> None:
    """Give the genes to the scores that read genes."""
    readers = [place for place, name in enumerate(words) if name in GENE_SCORES]
    if not readers:
        raise OptionError(
            f"--genes {genes} is for the scores {' and '.join(GENE_SCORES)}; "
            f"asked for: {' '.join(words)}.",
            option="genes",
            value=genes,
        )
    for place in readers:
        options[place]["genes"] = open_genes(genes, collapsed=GENE_SCORES[words[place]])


def open_genes(text: str, *, collapsed: bool) -> Genes:
    """Open `demo` (the embedded genes, one model per gene where collapsed) or an annotation.

    Raises:
        MissingFileError: no such file.
    """
    if text == DEMO:
        from locuscope import demo

        return demo.genes(collapsed=collapsed)
    from locuscope.genome.genes import Genes

    return Genes.read(text)

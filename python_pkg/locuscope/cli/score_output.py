"""What `locuscope score` writes when the verb's own files are not it, and what it says at the end.

Published forms, other row names and calibrated scores are written from a folder of finished parts
beside the first file; the folder is what a stopped call resumes from, and goes at the end.
"""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from locuscope.effects.results.score_targets import TargetOptions
    from locuscope.effects.variant_scores import VariantScores


class Summary(NamedTuple):
    """What is said of a run."""

    n_alleles: int
    status: dict[str, int]
    line: str

    @classmethod
    def of(cls, scores: VariantScores) -> Summary:
        """Count the rows."""
        return cls(len(scores), dict(scores.variants.counts()), scores.summary())


def needs_more(args: argparse.Namespace) -> bool:
    """Whether the files are others than those that the verb writes."""
    return args.compat is not None or args.calibration is not None or args.id is not None


def parts_folder(target: Path) -> Path:
    """Give the folder of the parts; a folder's name has no ending."""
    return target.with_name(f"{target.name.replace('.', '_')}_parts")


def score_and_write(
    args: argparse.Namespace, score: Callable[[Path], VariantScores], model: str
) -> Summary:
    """Score into the folder of parts, then write every file from it in one pass.

    Args:
        args: the options of the command.
        score: runs the verb with `out=` a folder.
        model: name of the model.

    Raises:
        OptionError: an option that the files cannot have; said before anything is scored.
    """
    from locuscope.effects.jobs.score_call import check_out
    from locuscope.effects.results.score_targets import check_targets, write_targets
    from locuscope.errors import DataWarning

    targets = [Path(item) for item in args.out]
    for target in targets:
        check_out(target)
    options = _options(args)
    check_targets(targets, options, model=model, multi=args.multi)
    calibrated = _calibration(args.calibration)
    folder = parts_folder(targets[0])
    scores = score(folder)

    def chunks() -> Iterator[VariantScores]:
        return (calibrated(chunk) for chunk in scores.chunks())

    for said in write_targets(targets, chunks, options):
        warnings.warn(said, DataWarning, stacklevel=2)
    summary = Summary.of(scores)
    shutil.rmtree(folder)
    return summary


def tell(args: argparse.Namespace, summary: Summary) -> None:
    """Print what was done, as a line or as one JSON object."""
    written: list[str] = [*(args.out or ())]
    written += [args.save_sequences] if args.save_sequences else []
    if args.json:
        found = {"alleles": summary.n_alleles, "status": summary.status, "out": written}
        print(json.dumps(found))
    elif not args.quiet:
        print(f"{summary.line}; wrote {', '.join(written)}.")


def _options(args: argparse.Namespace) -> TargetOptions:
    from locuscope.cli.inputs import DEMO, open_variants
    from locuscope.effects.results.score_targets import TargetOptions

    is_file = args.variants == DEMO or Path(args.variants).is_file()
    source = open_variants(args.variants) if is_file else None
    return TargetOptions(
        source=source if isinstance(source, Path) else None,
        layout=args.layout,
        compat=args.compat,
        # Published files keep the IDs of the VCF unless they are told otherwise.
        id=args.id or ("vcf" if args.compat == "kipoi" else "variant"),
        label=args.source or "kipoi",
    )


def _calibration(path: str | None) -> Callable[[VariantScores], VariantScores]:
    """Give what adds quantiles to some rows; without a calibration the rows stay as they are."""
    if path is None:
        return lambda chunk: chunk
    from locuscope.effects.calibrate import Calibration

    return Calibration.open(path).apply

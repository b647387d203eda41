"""`locuscope hits extract-regions-*`: regions of contribution scores, as hit calling reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.cli.inputs import GENOME_HELP, open_genome
from locuscope.errors import OptionError

if TYPE_CHECKING:
    import argparse

    from locuscope.attribution.contribution_values import Contributions
    from locuscope.motifs.regions import Peaks

WIDTH_BP = 1000
DTYPES = ("float32", "float16")
# The second word is the first one under the name that says what becomes of the rows.
MISSING = {"error": "error", "zero": "zero", "skip-rows-flagged": "zero"}


def add_parsers(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    parser = verbs.add_parser(
        "extract-regions-bw",
        help="regions from bigWig tracks of scores and a genome",
        description="Write regions round the summits of peaks: bases of a genome, scores of "
        "bigWig tracks. Outside its contig a region has no bases and scores of 0.",
    )
    _add_peaks(parser, is_needed=True)
    parser.add_argument("-f", "--fasta", required=True, metavar="FASTA", help=GENOME_HELP)
    _add_scores(parser, "-b", "--bigwigs", "BW", "tracks of scores")
    parser.add_argument(
        "--missing-contig",
        choices=tuple(MISSING),
        default="error",
        help="regions on a contig that the genome or a track has not: an error (default), or "
        "(zero, skip-rows-flagged) kept without bases and with scores of 0",
    )
    _add_output(parser)
    parser.set_defaults(run_verb=run_bigwig)
    _add_file_parser(
        verbs,
        "chrombpnet",
        ("extract-regions-chrombpnet-h5", "extract-regions-h5"),
        "HDF5 files with raw/seq and shap/seq",
    )
    _add_file_parser(
        verbs, "bpnet", ("extract-regions-bpnet-h5",), "HDF5 files with input_seqs and hyp_scores"
    )
    _add_file_parser(
        verbs, "modisco", ("extract-regions-modisco-fmt",), ".npy or .npz files (key arr_0)"
    )


def _add_file_parser(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    layout: str,
    names: tuple[str, ...],
    files: str,
) -> None:
    parser = verbs.add_parser(
        names[0],
        aliases=list(names[1:]),
        help=f"regions from {files}",
        description=f"Write the middle of every region of {files}. Without peaks the regions, and "
        "hits called in them, have no places.",
    )
    _add_peaks(parser, is_needed=False)
    if layout == "modisco":
        parser.add_argument(
            "-s", "--sequences", required=True, metavar="FILE", help="one-hot sequences (N, 4, L)"
        )
        _add_scores(parser, "-a", "--attributions", "FILE", "files of hypothetical scores")
    else:
        _add_scores(parser, "-c", "--h5s", "H5", "files of scores")
    _add_output(parser)
    parser.set_defaults(run_verb=run_files, layout=layout)


def _add_peaks(parser: argparse.ArgumentParser, *, is_needed: bool) -> None:
    parser.add_argument(
        "-p", "--peaks", required=is_needed, metavar="PEAKS", help="narrowPeak file, 10 columns"
    )
    parser.add_argument(
        "-C",
        "--chrom-order",
        metavar="FILE",
        help="contigs in order, one per line; others follow as they appear in the peaks",
    )


def _add_scores(
    parser: argparse.ArgumentParser, short: str, name: str, metavar: str, what: str
) -> None:
    parser.add_argument(
        short,
        name,
        dest="scores",
        required=True,
        nargs="+",
        metavar=metavar,
        help=f"{what}; several are averaged",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-w",
        "--region-width",
        type=int,
        default=WIDTH_BP,
        metavar="BP",
        help=f"width of each region, of an odd one a base less (default: {WIDTH_BP})",
    )
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        default="float32",
        help="of the scores; float16 is what the published tool writes (default: float32)",
    )
    parser.add_argument(
        "-o", "--out-path", dest="out", required=True, metavar="OUT.npz", help="file to write"
    )


def run_bigwig(args: argparse.Namespace) -> int:
    """Regions from tracks."""
    from locuscope.motifs.bigwig_extraction import extract_bigwig

    out = check_regions_out(args.out)
    genome = open_genome(args.fasta)
    peaks = _peaks(args)
    found = extract_bigwig(args.scores, peaks, genome, missing_contig=MISSING[args.missing_contig])
    return _write(found, out, args.dtype)


def run_files(args: argparse.Namespace) -> int:
    """Regions from files of arrays."""
    from locuscope.motifs.extraction import extract_regions

    out = check_regions_out(args.out)
    if args.chrom_order is not None and args.peaks is None:
        raise OptionError(
            "--chrom-order orders the contigs of peaks; give -p PEAKS too, or leave it out.",
            option="chrom_order",
            value=args.chrom_order,
        )
    found = extract_regions(
        args.scores,
        layout=args.layout,
        sequences=getattr(args, "sequences", None),
        peaks=None if args.peaks is None else _peaks(args),
        width_bp=args.region_width,
    )
    return _write(found, out, args.dtype)


def check_regions_out(text: str) -> Path:
    """Refuse a place that no regions can be written to, before any work.

    Raises:
        OptionError: another ending than .npz.
        StoreTargetError: a folder, or a place that cannot be written to.
    """
    from locuscope.store import check_target

    out = Path(text)
    if out.suffix.lower() != ".npz":
        raise OptionError(
            f"-o {text}: regions are written as .npz, so the name must end with it.",
            option="out",
            value=text,
            allowed=(".npz",),
        )
    check_target(out)
    return out


def _peaks(args: argparse.Namespace) -> Peaks:
    from locuscope.motifs.regions import read_narrowpeak

    return read_narrowpeak(args.peaks, width_bp=args.region_width, chrom_order=args.chrom_order)


def _write(found: Contributions, out: Path, dtype: Any) -> int:
    from locuscope.motifs.regions import write_regions

    write_regions(found, out, dtype=dtype)
    shape = found.sequences.shape
    print(f"{out}: {shape[0]:,} regions of {shape[2]:,} bp")
    return 0

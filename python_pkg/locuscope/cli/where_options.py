"""Options about what a command works on: places of a genome, or the records of a FASTA file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from locuscope.cli.inputs import GENOME_HELP, open_genome, open_variants
from locuscope.cli.published_options import add_spelling
from locuscope.cli.python_files import existing
from locuscope.cli.scoring_options import use_loader_args
from locuscope.errors import InputError, OptionError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from locuscope.genome.interval import Interval
    from locuscope.genome.reference import Genome

VARIANT_FILES = (".vcf", ".vcf.gz", ".vcf.bgz", ".bcf")
_VARIANT = re.compile(r".+:[\d,]+:[A-Za-z]+:[A-Za-z*]+")


class Asked(NamedTuple):
    """What was asked for.

    Args:
        places: regions of `genome`, or the records of the FASTA file from end to end.
        genome: where their bases come from.
        is_bare: the places are whole records, which are read as they are.
        alleles: variants instead of places.
    """

    places: list[Interval]
    genome: Genome
    is_bare: bool = False
    alleles: Any = None

    def where(self) -> tuple[Any, Genome | None]:
        """Give what the verbs call `where`, and the genome that goes with it."""
        if self.alleles is not None:
            return self.alleles, self.genome
        if self.is_bare:
            return self.texts(), None
        return self.places, self.genome

    def texts(self) -> list[str]:
        """Bases of the places, in order."""
        return [self.genome.fetch(place) for place in self.places]


def add_where(parser: argparse.ArgumentParser, regions: str) -> None:
    """Add regions, sequences and the genome.

    Args:
        parser: gets the options.
        regions: help of `-r`.
    """
    parser.add_argument("-r", "--regions", metavar="REGIONS", help=regions)
    add_spelling(parser, "--regions_file", dest="regions")
    parser.add_argument(
        "--fasta", metavar="FASTA", help="sequences as they are, one example per record"
    )
    parser.add_argument("--genome", metavar="FASTA", help=GENOME_HELP)


def use_loader_regions(args: argparse.Namespace) -> None:
    """Take the genome and the regions of `--dataloader_args` over.

    Raises:
        OptionError: others are given beside them.
    """
    regions = use_loader_args(args)
    if regions is not None and args.regions not in (None, regions):
        raise OptionError(
            f"--regions {args.regions} and intervals_file {regions} of --dataloader_args differ; "
            "give one.",
            option="regions",
            value=args.regions,
        )
    args.regions = args.regions or regions


def require_one(args: argparse.Namespace, names: Collection[str]) -> str:
    """Give which of some options was given.

    Args:
        args: the options.
        names: of options that exclude each other.

    Raises:
        InputError: none of them, or several.
    """
    given = [name for name in names if getattr(args, name) is not None]
    flags = [f"--{name.replace('_', '-')}" for name in (given or names)]
    if len(given) != 1:
        told = f"the options {' and '.join(flags)} exclude each other"
        wanted = f"say what to work on with one of the options {', '.join(flags)}"
        message = f"{told if given else wanted}; see --help."
        raise InputError(message)
    return given[0]


def read_asked(args: argparse.Namespace, *, takes_alleles: bool = False) -> Asked:
    """Open the genome and read the places, or the records of a FASTA file.

    Args:
        args: the options.
        takes_alleles: `-r` may also be a VCF file or one variant as CHROM:POS:REF:ALT.

    Raises:
        InputError: no genome beside regions, one beside sequences, nothing in a file.
        MissingFileError: no such file.
        OutOfBoundsError, UnknownContigError: a place that the genome has not.
    """
    if args.fasta is not None:
        if args.genome is not None:
            raise OptionError(
                f"--genome {args.genome} has no effect on the sequences of --fasta; leave it out.",
                option="genome",
                value=args.genome,
            )
        return _records(args.fasta)
    if args.genome is None:
        message = "the option --genome FASTA is missing; see --help."
        raise InputError(message)
    genome = open_genome(args.genome)
    if takes_alleles and is_variants(args.regions):
        return Asked([], genome, alleles=open_variants(args.regions))
    return Asked(read_places(args.regions, genome), genome)


def is_variants(text: str) -> bool:
    """Whether the text of `-r` means alleles.

    >>> is_variants("20:2577796:G:A"), is_variants("people.vcf.gz"), is_variants("20:1-200")
    (True, True, False)
    """
    return text.lower().endswith(VARIANT_FILES) or _VARIANT.fullmatch(text) is not None


def read_places(text: str, genome: Genome) -> list[Interval]:
    """Give the places of a BED file, or the one that the text names.

    Raises:
        InputError: neither a file nor a place; a file without a region.
    """
    from locuscope.genome.interval import Interval
    from locuscope.genome.regions import read_bed

    if not Path(text).is_file() and ":" in text:
        return [Interval.parse(text, genome=genome)]
    if not Path(text).exists() and not Path(text).suffix:
        message = f"No file {text!r} for the regions; a place is written like 'chr1:1,001-2,000'."
        raise InputError(message)
    places = list(read_bed(existing(text, "regions"), genome=genome))
    if not places:
        message = f"{text} has no region."
        raise InputError(message)
    return places


def _records(text: str) -> Asked:
    from locuscope.genome.reference import Genome

    genome = Genome(existing(text, "sequences"), index="cache")
    places = [genome.whole(name) for name in genome.contigs]
    empty = next((place.chrom for place in places if not place.width), None)
    if empty is not None:
        message = f"{text}: the record {empty!r} has no base."
        raise InputError(message)
    return Asked(places, genome, is_bare=True)

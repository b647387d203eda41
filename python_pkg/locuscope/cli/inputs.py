"""What sub-commands share at the door: a genome, a model, variants and criteria from text."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.cli.python_files import MARK, existing, kind_of, named_object
from locuscope.errors import InputError, MissingFileError, UnknownNameError, closest, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.genome.variant_table import VariantTable
    from locuscope.models.protocol import SequenceModel

Criterion = str | int | bool | None

DEMO = "demo"
DEMO_JUNCTIONS = "demo:junctions"
JUNCTION_BP = 3
DIRECTORY = "dir"
STDIN = "-"
DEMO_FLY = "demo:fly"
GENOME_HELP = (
    "FASTA file, or 'demo' for the embedded slice (20:990,001-4,010,000, GRCh37), or 'demo:fly' "
    "(windows of chr2R, dm3)"
)
MODEL_HELP = "name of a model (cispliceai, mtsplice, ...), or FILE.py::NAME for your own"
VARIANTS_HELP = (
    "VCF file, - (standard input), one variant as CHROM:POS:REF:ALT, 'demo' (all 24,990 embedded "
    "alleles) or "
    "'demo:junctions' (the 39 within 3 bases of a splice site)"
)


def open_genome(text: str) -> Genome:
    """Open `demo` (the embedded slice), `demo:fly` (the embedded windows) or a FASTA file.

    Raises:
        MissingFileError: no such file.

    >>> open_genome("demo").assembly
    'GRCh37'
    """
    if text in (DEMO, DEMO_FLY):
        from locuscope import demo

        return demo.genome("fly" if text == DEMO_FLY else "human")
    from locuscope.genome.reference import Genome

    return Genome(existing(text, "genome"))


def open_model(
    text: str, weights: str | None = None, *, source: str | None = None
) -> SequenceModel:
    """Load a model by name, or take one from a Python file.

    `FILE.py::NAME` runs the file and takes NAME from it: a SequenceModel (what `wrap` returns) or a
    function that returns one and needs no argument. The file is code and is run as such.

    Args:
        text: the name, or file and name.
        weights: weight file of a named model, or of a function with the argument `weights`.
        source: "dir" reads `text` as a folder whose `model.py` defines `model`; other words, which
            published command lines have here, say nothing about the model.

    Raises:
        UnknownNameError: no model of that name, or no such name in the file.
        MissingFileError: no such file.
        InputError: the file fails, NAME is no model, or weights are given that it does not take.
    """
    if source == DIRECTORY:
        text = _model_file(text)
    file, separator, _ = text.partition(MARK)
    if not separator and file.endswith(".py"):
        message = f"{text} is a Python file; name the model in it too: {text}::NAME."
        raise InputError(message)
    if not separator:
        from locuscope.models.zoo import load_model

        return load_model(text, weights=weights)
    return _model_of(named_object(text, "model"), text, weights)


def open_variants(text: str) -> Path | str | VariantTable | list[Variant]:
    """Take variants from text: `demo`, `demo:junctions`, one variant, a VCF file or `-`.

    Raises:
        MissingFileError: neither a variant nor a file.
        UnknownNameError: `demo:` with another word.
        VariantError: one variant with letters outside ACGT.

    >>> open_variants("20:2577796:G:A")[0].text()
    '20:2,577,796 G>A'
    """
    from locuscope import demo

    if text == STDIN:
        return text
    if text == DEMO:
        return demo.variants(as_="path")
    if text == DEMO_JUNCTIONS:
        return demo.variants(near_sites_bp=JUNCTION_BP)
    if text.startswith(f"{DEMO}:"):
        known = (DEMO, DEMO_JUNCTIONS)
        message = f"no embedded alleles are called {text!r}; {did_you_mean(text, known)}"
        raise UnknownNameError(message, name=text, known=known, closest=closest(text, known))
    if text.count(":") >= 3 and not Path(text).exists():
        from locuscope.genome.variant import Variant

        return [Variant.parse(text)]
    return existing(text, "variants")


def parse_criteria(words: Sequence[str]) -> dict[str, list[Criterion]]:
    """Read `field=value` words; a field named twice takes either value, `field=` means missing.

    Raises:
        InputError: a word without `=` or without a field.

    >>> parse_criteria(["strand=+", "strand=-", "gtex_tissue="])
    {'strand': ['+', '-'], 'gtex_tissue': [None]}
    """
    criteria: dict[str, list[Criterion]] = {}
    for word in words:
        field, separator, value = word.partition("=")
        if not separator or not field.strip():
            message = f"{word!r} is no criterion. Write FIELD=VALUE, such as strand=+."
            raise InputError(message)
        criteria.setdefault(field.strip(), []).append(_typed(field.strip(), value))
    return criteria


def _typed(field: str, value: str) -> Criterion:
    if not value:
        return None
    if field == "genetically_modified":
        truth = {"true": True, "false": False, "1": True, "0": False}
        if value.casefold() not in truth:
            message = f"{field}={value!r} is neither true nor false."
            raise InputError(message)
        return truth[value.casefold()]
    if field in {"track_index", "organism"} and value.isdigit():
        return int(value)
    return value


def _model_of(value: Any, text: str, weights: str | None) -> SequenceModel:
    """Take a model as it is, or call the function that makes one."""
    from locuscope.models.protocol import SequenceModel

    is_maker = callable(value) and not hasattr(value, "forward")
    is_maker = is_maker and not isinstance(value, SequenceModel)
    takes_weights = is_maker and "weights" in _arguments(value)
    if weights is not None and not takes_weights:
        message = (
            f"{text} brings its own weights; leave out --weights {weights}, or name a function "
            "with the argument weights."
        )
        raise InputError(message)
    if is_maker:
        given = {} if weights is None else {"weights": str(existing(weights, "weights"))}
        try:
            value = value(**given)
        except (Exception, SystemExit) as error:
            message = f"{text}() failed: {type(error).__name__}: {error}"
            raise InputError(message) from error
    if not isinstance(value, SequenceModel):
        message = (
            f"{text} is {kind_of(value)}, not a SequenceModel. "
            "Bring a network in with locuscope.wrap(module, heads=..., window_bp=...)."
        )
        raise InputError(message)
    return value


def _arguments(function: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a function of C has no signature to read
        return ()


def _model_file(folder: str) -> str:
    """Give the model of a folder: `model` in its `model.py`."""
    file = Path(folder).expanduser() / "model.py"
    if not file.is_file():
        message = (
            f"--source dir reads MODEL as a folder with a file model.py that defines 'model'; "
            f"{folder!r} has no model.py."
        )
        raise MissingFileError(message, path=str(file))
    return f"{file}{MARK}model"

"""What sub-commands share at the door: a genome, a model, variants and criteria from text."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.errors import InputError, MissingFileError, UnknownNameError, closest, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from locuscope.genome.reference import Genome
    from locuscope.genome.variant import Variant
    from locuscope.genome.variant_table import VariantTable
    from locuscope.models.protocol import SequenceModel

Criterion = str | int | bool | None

DEMO = "demo"
DEMO_JUNCTIONS = "demo:junctions"
JUNCTION_BP = 3
GENOME_HELP = "FASTA file, or 'demo' for the embedded slice (20:990,001-4,010,000, GRCh37)"
MODEL_HELP = "name of a model (cispliceai, mtsplice, ...), or FILE.py::NAME for your own"
VARIANTS_HELP = (
    "VCF file, one variant as CHROM:POS:REF:ALT, 'demo' (all 24,990 embedded alleles) or "
    "'demo:junctions' (the 39 within 3 bases of a splice site)"
)


def open_genome(text: str) -> Genome:
    """Open `demo` (the embedded slice) or a FASTA file.

    Raises:
        MissingFileError: no such file.

    >>> open_genome("demo").assembly
    'GRCh37'
    """
    if text == DEMO:
        from locuscope import demo

        return demo.genome()
    from locuscope.genome.reference import Genome

    return Genome(_existing(text, "genome"))


def open_model(text: str, weights: str | None = None) -> SequenceModel:
    """Load a model by name, or take one from a Python file.

    `FILE.py::NAME` runs the file and takes NAME from it: a SequenceModel (what `wrap` returns) or a
    function without arguments that returns one. The file is code and is run as such.

    Args:
        text: the name, or file and name.
        weights: weight file of a named model.

    Raises:
        UnknownNameError: no model of that name, or no such name in the file.
        MissingFileError: no such file.
        InputError: the file fails, NAME is no model, or weights are given for a Python file.
    """
    file, separator, name = text.partition("::")
    if not separator and file.endswith(".py"):
        message = f"{text} is a Python file; name the model in it too: {text}::NAME."
        raise InputError(message)
    if not separator:
        from locuscope.models.zoo import load_model

        return load_model(text, weights=weights)
    if weights is not None:
        message = f"{text} brings its own weights; leave out --weights {weights}."
        raise InputError(message)
    return _model_of(_run_file(_existing(file, "model")), name, text)


def open_variants(text: str) -> Path | VariantTable | list[Variant]:
    """Take variants from text: `demo`, `demo:junctions`, one variant or a VCF file.

    Raises:
        MissingFileError: neither a variant nor a file.
        VariantError: one variant with letters outside ACGT.

    >>> open_variants("20:2577796:G:A")[0].text()
    '20:2,577,796 G>A'
    """
    from locuscope import demo

    if text == DEMO:
        return demo.variants(as_="path")
    if text == DEMO_JUNCTIONS:
        return demo.variants(near_sites_bp=JUNCTION_BP)
    if text.count(":") >= 3 and not Path(text).exists():
        from locuscope.genome.variant import Variant

        return [Variant.parse(text)]
    return _existing(text, "variants")


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


def _existing(text: str, what: str) -> Path:
    place = Path(text).expanduser()
    if place.is_file():
        return place
    folder = place.parent
    names = sorted(item.name for item in folder.iterdir()) if folder.is_dir() else []
    near = closest(place.name, names)
    hint = f"Similar: {', '.join(near)}." if near else None
    message = f"No file {text!r} for the {what}."
    raise MissingFileError(message, hint=hint, path=text)


def _run_file(file: Path) -> ModuleType:
    # A name of its own, so that model.py of a user never shadows an installed module.
    spec = importlib.util.spec_from_file_location(f"_locuscope_user_{file.stem}", file)
    if spec is None or spec.loader is None:
        message = f"{file} is not a Python file; MODEL is FILE.py::NAME."
        raise InputError(message)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # Files beside it can be imported, as when it is run; at the end they shadow nothing.
    sys.path.append(str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        message = f"{file} could not be run: {type(error).__name__}: {error}"
        raise InputError(message) from error
    return module


def _model_of(module: ModuleType, name: str, text: str) -> SequenceModel:
    from locuscope.models.protocol import SequenceModel

    public = [item for item in vars(module) if not item.startswith("_")]
    if name not in public:
        message = f"{text}: the file has no {name!r}; {did_you_mean(name, public)}"
        raise UnknownNameError(message, name=name, known=public, closest=closest(name, public))
    value = getattr(module, name)
    if not isinstance(value, SequenceModel) and callable(value) and not hasattr(value, "forward"):
        try:
            value = value()
        except Exception as error:
            message = f"{text}() failed: {type(error).__name__}: {error}"
            raise InputError(message) from error
    if not isinstance(value, SequenceModel):
        message = (
            f"{text} is a {type(value).__name__}, not a SequenceModel. "
            "Bring a network in with locuscope.wrap(module, heads=..., window_bp=...)."
        )
        raise InputError(message)
    return value

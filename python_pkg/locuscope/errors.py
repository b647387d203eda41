"""Every error and warning of locuscope, and (from `_closest.py`) the close names for messages.

An error is a sentence: what, where, found against expected, what to do. Each class is also the
builtin that people expect, so `except KeyError` and `except locuscope.errors.InputError` both work.

    LocuscopeError
    |- InputError (ValueError)               what was given is wrong
    |  |- OptionError                        an option outside its range
    |  |- WrongTypeError (TypeError)         wrong kind of object
    |  |- ShapeError                         axes or sizes
    |  |  `- SequenceLengthError             a length the model cannot take
    |  |- NonFiniteError                     NaN or Inf where none may be
    |  |- FormatError                        a file breaks its grammar or ends early
    |  |- MissingFileError (FileNotFoundError)
    |  |  `- CatalogNotFoundError            no built-in track table for that organism
    |  |- UnknownNameError (KeyError)        a name outside a closed list
    |  |  |- MissingContigError              contig not in the genome
    |  |  |- UnknownAttributeError (AttributeError)
    |  |  `- UnknownTrackFieldError          no such column in a track table
    |  |- OutOfBoundsError (IndexError)      coordinates leave the contig
    |  |- VariantError                       one row's fault
    |  |  `- RefMismatchError                REF differs from the genome
    |  |- AssemblyMismatchError              most rows do not fit the genome
    |  |- StaleIndexError                    an index that belongs to another file
    |  |- CatalogError                       a broken track table
    |  |- TrackMismatchError                 two sides with different tracks
    |  |- EmptySelectionError                nothing left
    |  |  `- NoTracksError                   no track left
    |- WeightsError (RuntimeError)           weights unreadable or truncated
    |  |- UnsafeWeightsError                 the file would need code execution
    |  `- WeightsMismatchError               keys or shapes differ from the network
    |- ModelError (RuntimeError)             a network broke its contract
    |- HostMemoryError (MemoryError)
    |  `- DeviceMemoryError
    |- StoreError (OSError)                  writing, or stored results
    |  |- CorruptStoreError                  checksum, missing or truncated part
    |  |- LockedStoreError (BlockingIOError) another writer
    |  |- StoreFullError                     no space left
    |  |- StoreTargetError                   read-only, is a file, name too long
    |  |- StoreExistsError (FileExistsError)
    |  |- StoreVersionError                  written by a newer version
    |  `- InputChangedError                  an input differs from what was recorded
    |- JobError (RuntimeError)
    |  `- WorkerError                        a worker died or timed out
    |- MessageError (ValueError)             a malformed or too large wire message
    `- MissingExtraError (ImportError)       an optional dependency is absent

    LocuscopeWarning (UserWarning)
    |- MemoryBackoffWarning
    |- DataWarning
    |  `- TrackQueryWarning
    |- RunWarning (RuntimeWarning)
    `- DeprecatedCallWarning (DeprecationWarning)
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, ClassVar

from locuscope._closest import closest as closest  # noqa: PLC0414
from locuscope._closest import did_you_mean as did_you_mean  # noqa: PLC0414
from locuscope._closest import examples as examples  # noqa: PLC0414
from locuscope._closest import shown_path as shown_path  # noqa: PLC0414

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from os import PathLike


class LocuscopeError(Exception):
    """Root of all errors.

    Args:
        message: one sentence or two: what, where, found against expected.
        hint: what to do; `str(error)` is the message, a space and the hint.
        fields: facts for programs; each becomes an attribute. The fields that a class names are
            None when they are not given. They survive pickling, as worker processes need it.

    >>> error = OptionError("gap is 1,", hint="use nan or 0.0", option="gap", value=1)
    >>> str(error), error.code, error.option, error.allowed
    ('gap is 1, use nan or 0.0', 'option', 'gap', None)
    """

    code: ClassVar[str] = "locuscope"
    _fields: ClassVar[tuple[str, ...]] = ()

    message: str
    hint: str | None

    def __init_subclass__(cls, *, code: str | None = None, **kwargs: object) -> None:
        """Give each class its stable code; a leaf that a room adds names its parent's."""
        super().__init_subclass__(**kwargs)
        stem = cls.__name__.removesuffix("Error")
        cls.code = code or re.sub(r"(?<!^)(?=[A-Z])", "_", stem).lower()
        own = [name for name in inspect.get_annotations(cls) if name not in cls._fields]
        cls._fields = (*cls._fields, *own)

    def __init__(self, message: str, *, hint: str | None = None, **fields: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self._given = fields
        for name in self._fields:
            setattr(self, name, None)
        for name, value in fields.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message} {self.hint}"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"__notes__": self.__notes__} if hasattr(self, "__notes__") else None
        return _rebuild, (type(self), self.message, self.hint, self._given), state


def _rebuild(
    cls: type[LocuscopeError], message: str, hint: str | None, fields: Mapping[str, object]
) -> LocuscopeError:
    return cls(message, hint=hint, **fields)


class InputError(LocuscopeError, ValueError):
    """What was given is wrong."""


class OptionError(InputError):
    """An option outside its range."""

    option: str | None
    value: object
    allowed: object


class WrongTypeError(InputError, TypeError):
    """The wrong kind of object."""

    argument: str | None
    found: object
    expected: object


class ShapeError(InputError):
    """Axes or sizes that do not fit; says "looks transposed" when swapping two axes would fit."""

    found: object
    expected: object


class SequenceLengthError(ShapeError, code="shape"):
    """A sequence length that the model cannot take."""


class NonFiniteError(InputError):
    """NaN or Inf where none may be."""

    where: object
    count: int | None
    first: object


class FormatError(InputError):
    """A file breaks its grammar or ends early."""

    path: str | PathLike[str] | None
    line: int | None
    column: object
    text: str | None


class MissingFileError(InputError, FileNotFoundError):
    """No such file."""

    path: str | PathLike[str] | None


class CatalogNotFoundError(MissingFileError, code="missing_file"):
    """No built-in track table of that name or organism."""


class UnknownNameError(InputError, KeyError):
    """A name outside a closed list: a model, score, field, output, sample."""

    name: str | None
    known: Collection[str] | None
    closest: Collection[str] | None


class MissingContigError(UnknownNameError):
    """A contig that the genome does not have."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """`outputs.x` where there is no head x."""


class UnknownTrackFieldError(UnknownNameError, code="unknown_name"):
    """A column that the track table does not have."""


class OutOfBoundsError(InputError, IndexError):
    """Coordinates leave the contig, or the part of it that is here."""

    interval: object
    contig_length: int | None


class VariantError(InputError):
    """One variant row cannot be used; `status` is the verdict the table would carry."""

    status: str | None
    path: str | PathLike[str] | None
    line: int | None


class RefMismatchError(VariantError):
    """REF differs from the genome."""

    expected: str | None
    found: str | None


class AssemblyMismatchError(InputError):
    """So many rows do not fit the genome that the run stops before any prediction."""

    checked: int | None
    mismatched: int | None
    missing: int | None


class StaleIndexError(InputError):
    """An index (`.fai`, `.gzi`, `.tbi`) that does not belong to its file."""

    path: str | PathLike[str] | None
    index: str | PathLike[str] | None


class CatalogError(InputError):
    """A broken track table."""

    path: str | PathLike[str] | None
    row: int | None
    column: object


class TrackMismatchError(InputError):
    """Arithmetic or tensors whose tracks differ."""

    left: object
    right: object


class EmptySelectionError(InputError):
    """No track, region or motif left; the message lists the real values with their counts."""

    criteria: object
    available: object


class NoTracksError(EmptySelectionError, code="empty_selection"):
    """No track fulfils the criteria."""


class WeightsError(LocuscopeError, RuntimeError):
    """Weights that are unreadable or truncated."""

    path: str | PathLike[str] | None


class UnsafeWeightsError(WeightsError):
    """A weight file that could only be read by executing code from it."""


class WeightsMismatchError(WeightsError):
    """Keys or shapes of the weights differ from those of the network."""

    missing: Collection[str] | None
    unexpected: Collection[str] | None
    shapes: object


class ModelError(LocuscopeError, RuntimeError):
    """A network broke its contract: shape or type of its outputs."""

    batch: object
    region: object


class HostMemoryError(LocuscopeError, MemoryError):
    """Not enough host memory."""

    needed_bytes: int | None


class DeviceMemoryError(HostMemoryError):
    """Not enough device memory even at batch size 1."""

    window_bp: int | None
    tracks: int | None
    batch_size: int | None


class StoreError(LocuscopeError, OSError):
    """Root of everything about writing, or about results on disk."""

    path: str | PathLike[str] | None
    errno: int | None


class CorruptStoreError(StoreError):
    """A stored part is missing, truncated or fails its checksum."""

    part: str | None


class LockedStoreError(StoreError, BlockingIOError):
    """Another process writes there."""

    pid: int | None
    host: str | None
    since: object


class StoreFullError(StoreError):
    """No space left; `errno` says which limit."""

    needed_bytes: int | None
    free_bytes: int | None


class StoreTargetError(StoreError):
    """The target cannot be written: read-only, of the wrong kind, or its name is too long."""


class StoreExistsError(StoreError, FileExistsError):
    """The target exists and may not be replaced."""


class StoreVersionError(StoreError):
    """Written by a newer version of locuscope."""

    written_by: str | None


class InputChangedError(StoreError):
    """An input or option differs from the manifest, or changed while it was read."""

    field: str | None
    before: object
    after: object


class JobError(LocuscopeError, RuntimeError):
    """A job failed."""

    region: object
    worker: object


class WorkerError(JobError):
    """A worker process died or did not answer in time."""


class MessageError(LocuscopeError, ValueError):
    """A wire message is malformed or too big."""

    request_id: object
    wire_code: str | None
    limit: int | None


class MissingExtraError(LocuscopeError, ImportError):
    """An optional dependency is absent; the message holds the exact install line."""

    extra: str | None


class LocuscopeWarning(UserWarning):
    """Root of all warnings; each is given once per cause and call, with counts."""


class MemoryBackoffWarning(LocuscopeWarning):
    """The batch was made smaller because memory ran out."""


class DataWarning(LocuscopeWarning):
    """Something in the data was handled: an alias used, N in windows, gaps filled."""


class TrackQueryWarning(DataWarning):
    """A track query that does less than it seems to ask for."""


class RunWarning(LocuscopeWarning, RuntimeWarning):
    """A run went on under worse conditions: not converged, no GPU, a plan stepped down."""


class DeprecatedCallWarning(LocuscopeWarning, DeprecationWarning):
    """A call that will go away; the message names the new one."""

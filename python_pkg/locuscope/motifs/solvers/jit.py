"""`kernel`: compile a function with numba, on disk where possible; plain Python otherwise."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

F = TypeVar("F", bound="Callable[..., Any]")

# Sums may be contracted and reordered where a result is only compared with slack.
_REORDERED = {"contract", "reassoc", "nsz", "nnan", "ninf"}


@cache
def _numba() -> ModuleType | None:
    """Numba, or None where it is absent or does not load."""
    try:
        import numba
    except ImportError:
        return None
    return numba


def can_compile() -> bool:
    """Whether kernels run compiled here; without it another backend is the better choice."""
    numba = _numba()
    return numba is not None and not numba.config.DISABLE_JIT


def kernel(*, is_reordered: bool = False) -> Callable[[F], F]:
    """Decorate a numeric function so that its first call compiles it or loads it from disk.

    Args:
        is_reordered: float sums may be reordered (vector code); otherwise they are taken in the
            order written, so that the result is the same bits on every call.
    """

    def compile_late(function: F) -> F:
        numba = _numba()
        if numba is None:
            return function
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
        if is_reordered:
            options["fastmath"] = _REORDERED
        try:
            compiled = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # no folder for the cache can be written
            return cast("F", numba.njit(**options)(function))
        if can_compile():
            _drop_stale(Path(compiled.stats.cache_path))
        return cast("F", compiled)

    return compile_late


@cache
def _drop_stale(folder: Path) -> None:
    """Remove cached kernels older than any source of the kernels.

    The cache of numba looks at the file of a function alone; a changed function of another file
    would stay inside as it was.
    """
    room = Path(__file__).parent
    kept = [path for path in folder.glob("*.nb[ic]") if _source(room, path).exists()]
    sources = {_source(room, path) for path in kept} | {room / "jit.py", room / "tables.py"}
    stamp = max(path.stat().st_mtime for path in sources)
    for path in kept:
        if path.stat().st_mtime < stamp:
            path.unlink(missing_ok=True)


def _source(room: Path, cached: Path) -> Path:
    return room / f"{cached.name.split('.')[0]}.py"


def announce(compiled: object) -> None:
    """Say once on a terminal that kernels are about to be compiled, which takes some seconds."""
    stats = getattr(compiled, "stats", None)
    if stats is None or not sys.stderr.isatty() or getattr(compiled, "signatures", None):
        return
    folder = stats.cache_path
    name = Path(str(sys.modules[compiled.__module__].__file__)).stem
    if folder is None or not any(Path(folder).glob(f"{name}.*.nbc")):
        sys.stderr.write("locuscope: compiling the hit kernels, once per machine (about 20 s)\n")

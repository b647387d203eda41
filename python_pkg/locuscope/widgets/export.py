"""Notebooks and views as single HTML files that open offline and stay interactive.

`export_notebook` runs a notebook, keeps the data of every widget in it, and writes one page
without any network address to load from. `execute_notebook` leaves the executed notebook itself.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locuscope.errors import FormatError, InputError, JobError, MissingFileError, RunWarning
from locuscope.store import publish
from locuscope.widgets.page import KINDS, Program, mount, view_page
from locuscope.widgets.view import PERSIST_VARIABLE, VIEW_MIME, WIDGET_MIME

if TYPE_CHECKING:
    from nbformat import NotebookNode

MB: Final = 1_000_000
_REMOTE_SCRIPT: Final = re.compile(
    r"<script\b[^>]*\bsrc\s*=\s*[\"']?(?!data:)[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL
)
_MODULE: Final = re.compile(
    r"<script\b[^>]*\btype\s*=\s*[\"']?module[\"']?[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL
)
_MATHJAX: Final = re.compile(
    r"<script\b[^>]*\bx-mathjax-config\b[^>]*>.*?</script\s*>", re.IGNORECASE | re.DOTALL
)
_REMOTE_LINK: Final = re.compile(
    r"<link\b[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//[^>]*>", re.IGNORECASE
)


def export_notebook(
    notebook: str | Path,
    path: str | Path,
    *,
    execute: bool = True,
    timeout_s: float = 300,
    max_mb: float = 50,
) -> Path:
    """Write a notebook as one HTML page whose widgets work without kernel and network.

    Args:
        notebook: the `.ipynb` file; it is never changed.
        path: the page to write.
        execute: run it first; False takes the outputs that it has.
        timeout_s: longest time for one cell.
        max_mb: largest page in millions of bytes.

    Returns:
        The path of the page. Formulas stand as their source, because what draws them would have
        to be loaded. Widgets of other kinds keep their picture or text; a `RunWarning`
        says how many.

    Raises:
        MissingFileError: no such notebook, or the page side has not been built.
        FormatError: the file is no notebook.
        JobError: a cell failed or took too long; names the cell.
        InputError: the page would be too large; names the size of each view.
    """
    book = _read(Path(notebook))
    Program.load()  # a missing page side is said before the notebook runs, not after
    if execute:
        _run(book, Path(notebook).resolve().parent, timeout_s)
    views = _take_views(book)
    program = Program.load({view["kind"] for view in views.values()})
    page = _strip_network(_to_html(book, Path(notebook).stem))
    page = _insert(page, "</head>", program.head())
    page = _insert(page, "</body>", program.tail(views))
    sizes = {name: len(str(view)) for name, view in views.items()}
    return _publish(Path(path), page, sizes, max_mb)


def execute_notebook(notebook: str | Path, path: str | Path, *, timeout_s: float = 300) -> Path:
    """Run a notebook and write it with its outputs; every widget saves its data there.

    Raises:
        MissingFileError: no such notebook. FormatError: the file is no notebook.
        JobError: a cell failed or took too long; names the cell.
    """
    import nbformat

    book = _read(Path(notebook))
    _run(book, Path(notebook).resolve().parent, timeout_s)
    text: str = nbformat.writes(book)  # type: ignore[no-untyped-call]
    return publish(path, lambda target: target.write_text(text, encoding="utf-8"))


def save_view(view: dict[str, Any], title: str, path: Path, *, max_mb: float) -> Path:
    """Write one saved view as a page; `save_html` of the widgets calls it.

    Raises:
        InputError: the page would be larger than `max_mb`.
    """
    if not any(answer["request"]["type"] == "catalog" for answer in view["answers"]):
        raise InputError(
            f"The track table of {view['counts']['tracks']:,} tracks alone is larger than "
            f"{max_mb} MB.",
            hint="Select tracks first, or raise max_mb.",
        )
    program = Program.load([view["kind"]])
    return _publish(path, view_page(program, view, title), {"view-1": len(str(view))}, max_mb)


def _read(path: Path) -> NotebookNode:
    import nbformat

    if not path.is_file():
        raise MissingFileError(f"No notebook {path}.", path=str(path))
    try:
        book: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat raises several unrelated classes
        raise FormatError(f"{path} is not a notebook: {error}", path=str(path)) from error
    return book


def _run(book: NotebookNode, folder: Path, timeout_s: float) -> None:
    """Execute all cells with saving switched on in the kernel.

    Raises:
        JobError: a cell failed, took too long, or the kernel died.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        book,
        timeout=int(timeout_s),
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
        store_widget_state=False,
    )
    try:
        client.execute(env={**os.environ, PERSIST_VARIABLE: "view"})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        number, source = _failed_cell(book)
        first_line = source.strip().split("\n", 1)[0]
        reason = _last_line(error)
        raise JobError(f"Cell {number} failed ({first_line!r}): {reason}", region=number) from error


def _failed_cell(book: NotebookNode) -> tuple[int, str]:
    """Number (from 1) and source of the cell that stopped the run: the last one that started."""
    failed = (0, "")
    for number, cell in enumerate(book.cells, start=1):
        outputs = cell.get("outputs", [])
        if any(output["output_type"] == "error" for output in outputs):
            return number, cell.source
        if "execution" in cell.metadata:
            failed = (number, cell.source)
    return failed


def _last_line(error: Exception) -> str:
    name, value = getattr(error, "ename", ""), getattr(error, "evalue", "")
    text = f"{name}: {value}" if name else str(error)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
    return plain.rsplit("\n", 1)[-1] if plain else type(error).__name__


def _take_views(book: NotebookNode) -> dict[str, dict[str, Any]]:
    """Replace every saved view by the element it is drawn into; gives the views by name."""
    views: dict[str, dict[str, Any]] = {}
    n_others = 0
    for cell in book.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            is_widget = data.pop(WIDGET_MIME, None) is not None
            view = data.pop(VIEW_MIME, None)
            if isinstance(view, dict) and view.get("kind") in KINDS and view.get("answers"):
                name = f"view-{len(views) + 1}"
                views[name] = view
                output["data"] = {"text/html": mount(name)}
            elif is_widget:
                n_others += 1
    book.metadata.pop("widgets", None)
    if n_others:
        warnings.warn(
            f"{n_others} widgets have no saved view; the page shows their picture or text.",
            RunWarning,
            stacklevel=3,
        )
    return views


def _to_html(book: NotebookNode, title: str) -> str:
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="lab", require_js_url="", mathjax_url="", mermaid_js_url="", jquery_url=""
    )
    body, _ = exporter.from_notebook_node(book, resources={"metadata": {"name": title}})
    return str(body)


def _strip_network(page: str) -> str:
    """Remove every script and style sheet that would be loaded from a network."""
    page = _REMOTE_SCRIPT.sub("", page)
    page = _MATHJAX.sub("", page)
    page = _MODULE.sub(lambda found: "" if _imports_remotely(found[0]) else found[0], page)
    return _REMOTE_LINK.sub("", page)


def _imports_remotely(module: str) -> bool:
    """A module that imports and holds an address may put the two together at run time."""
    return "import" in module and re.search(r"https?://", module) is not None


def _insert(page: str, before: str, text: str) -> str:
    """Put text before the last occurrence: inlined libraries may hold the same words as strings."""
    place = page.rfind(before)
    if place < 0:
        raise FormatError(f"The converted notebook has no {before}.", text=page[-200:])
    return page[:place] + text + page[place:]


def _publish(path: Path, page: str, sizes: dict[str, int], max_mb: float) -> Path:
    content = page.encode("utf-8", "replace")
    if len(content) > max_mb * MB:
        views = ", ".join(f"{name} {size / MB:.1f} MB" for name, size in sizes.items()) or "none"
        raise InputError(
            f"The page has {len(content) / MB:.1f} MB, allowed are {max_mb} MB (views: {views}).",
            hint="Show fewer tracks or a narrower interval, or raise max_mb.",
        )
    return publish(path, lambda target: target.write_bytes(content))

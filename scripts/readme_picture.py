"""Make the picture of the README from the real tour: run it headless, show its first browser alone.

    .venv/bin/python scripts/readme_picture.py [--page demo-output/01_tour.html]

Without --page the tour is executed first. Needs a Chromium on PATH or in CHROMIUM.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from locuscope.cli import main as locuscope
from locuscope.cli.demo import find_browser, screenshot

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "tour.png"
SIZE = (1200, 606)
# The page is the one a reader gets; only the place of its first widget changes.
FIRST_WIDGET_ALONE = """<style>
body { overflow: hidden; }
[data-lsc-mount="view-1"] {
  position: fixed; inset: 0; z-index: 9999; min-height: 100vh; padding: 16px;
  box-sizing: border-box;
  background: #ffffff; overflow: hidden;
}
</style>
"""


def alone(page: str) -> str:
    """Add the style that lets the first widget fill the window."""
    if '[data-lsc-mount="view-1"]' in page or "</head>" not in page:
        message = "the page is not one that `locuscope demo --headless` wrote"
        raise ValueError(message)
    return page.replace("</head>", f"{FIRST_WIDGET_ALONE}</head>", 1)


def main() -> int:
    """Write docs/images/tour.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="page of a headless demo that has been run")
    given = parser.parse_args().page
    browser = find_browser()
    if browser is None:
        print("No Chromium was found. Set CHROMIUM to one.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        if given is None:
            code = locuscope(["demo", "--headless", "--out", folder])
            if code:
                return code
        page = given or Path(folder) / "01_tour.html"
        shown = Path(folder) / "widget.html"
        shown.write_text(alone(page.read_text(encoding="utf-8")), encoding="utf-8")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        screenshot(browser, shown, PICTURE, size=SIZE)
    print(f"{PICTURE.relative_to(ROOT)}  {PICTURE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Make the pictures of README and guide from the real thing: browser, facet panel, map, letters.

    .venv/bin/python scripts/readme_picture.py [--page demo-output/01_tour.html]

Without --page the tour is executed first. Needs a Chromium on PATH or in CHROMIUM.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import locuscope as lsc
from locuscope.cli import main as locuscope
from locuscope.cli.demo import find_browser, screenshot

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
TOUR_SIZE = (1200, 606)
PANEL_SIZE = (1200, 1070)
MAP_PLACE = "20:2,577,780-2,577,812"
LETTERS_PLACE = "chr2R:18,021,331-18,021,842"
PANEL_FILTERS = {
    "assay_title": ["ATAC-seq", "DNase-seq", "Histone ChIP-seq"],
    "biosample_life_stage": ["adult"],
    "biosample_type": ["primary_cell", "tissue"],
    "histone_mark": {"not": ["H3K27me3", "H3K9me3"]},
}
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
        message = "the page is not one that locuscope exported"
        raise ValueError(message)
    return page.replace("</head>", f"{FIRST_WIDGET_ALONE}</head>", 1)


def take(browser: str, page: Path, name: str, size: tuple[int, int]) -> None:
    """Write docs/images/NAME from the first widget of an exported page."""
    shown = page.with_name("widget.html")
    shown.write_text(alone(page.read_text(encoding="utf-8")), encoding="utf-8")
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = IMAGES / name
    screenshot(browser, shown, picture, size=size)
    print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size / 1e3:.0f} kB")


def draw_map(picture: Path) -> Path:
    """Draw every change of an acceptor that a known allele takes away."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    where = lsc.Interval.parse(MAP_PLACE)
    found = lsc.mutation_map(lsc.load_model("cispliceai"), where, lsc.demo.genome(), scores="SAX")
    figure, axes = plt.subplots(figsize=(12, 3), layout="constrained")
    allele = lsc.Variant("20", 2_577_796, "G", "A", "rs572140578")
    found.plot(track="acceptor:+", ax=axes, annotation_variants=[allele])
    figure.savefig(picture, dpi=100, facecolor="white")
    plt.close(figure)
    return picture


def draw_letters(picture: Path) -> Path:
    """Draw the two places that a network reads before it says CTCF, by two methods."""
    place = lsc.Interval.parse(LETTERS_PLACE)
    rows = {
        method: lsc.contributions(
            lsc.load_model("insulators"),
            place,
            lsc.demo.genome("fly"),
            method=method,
            target=lsc.Target(tracks={"track_name": "CTCF:Kc"}),
        )
        for method in ("ism", "deeplift")
    }
    lsc.plots.plot_contributions(rows, window=(200, 275)).savefig(picture, dpi=110)
    return picture


def main() -> int:
    """Write docs/images/tour.png, facet_panel.png, mutation_map.png and letters.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="page of a headless demo that has been run")
    given = parser.parse_args().page
    browser = find_browser()
    if browser is None:
        print("No Chromium was found. Set CHROMIUM to one.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        tour = Path(folder) / "01_tour.html"
        if given is not None:
            tour.write_bytes(given.read_bytes())
        elif code := locuscope(["demo", "--headless", "--out", folder]):
            return code
        take(browser, tour, "tour.png", TOUR_SIZE)
        panel = lsc.TrackMetadataCatalog.load_builtin("human").show(
            filters=PANEL_FILTERS, title="Tracks of a published model (AlphaGenome, human)"
        )
        take(browser, panel.save_html(Path(folder) / "panel.html"), "facet_panel.png", PANEL_SIZE)
    draw_map(IMAGES / "mutation_map.png")
    draw_letters(IMAGES / "letters.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())

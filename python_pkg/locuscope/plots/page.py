"""A bokeh figure as one HTML page that asks nobody for anything.

The drawing program of the installed bokeh is packed into the page (gzip, a quarter of its size)
and unpacked by the browser. A policy forbids every connection.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locuscope.plots.style import SCRIPT, THEMES, TOOLTIP_CSS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.model import Model

NARROW: Final = """\
const lines = document.getElementById("lines");
const titles = plot.above.filter((model) => model.text && model.visible);
const height = plot.height;
const fit = () => {
  const isNarrow = place.clientWidth < 600;
  for (const title of titles) title.visible = !isNarrow;
  lines.hidden = !isNarrow;
  plot.height = height - (isNarrow ? lines.offsetHeight : 0);
};
new ResizeObserver(fit).observe(place);
fit();
"""
"""On a narrow page the title stands above the drawing as text, which breaks into lines."""

BOOT: Final = f"""\
const read = async (name) => {{
  const packed = document.getElementById(name).textContent.trim();
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}};
const load = async (code) => {{
  const url = URL.createObjectURL(new Blob([code], {{ type: "text/javascript" }}));
  const element = document.createElement("script");
  element.src = url;
  const done = new Promise((resolve, reject) => {{
    element.onload = resolve;
    element.onerror = reject;
  }});
  document.head.append(element);
  await done;
  URL.revokeObjectURL(url);
}};
const place = document.getElementById("figure");
try {{
  await load(await read("program"));
  const {{ item, paints, themes, tooltipStyle }} = JSON.parse(await read("data"));
  const index = await Bokeh.embed.embed_item(item, place);
  const plot = (Array.isArray(index) ? index[0] : index.roots[0]).model;
{SCRIPT}{NARROW}
  place.dataset.state = "ready";
}} catch (error) {{
  place.textContent = "This browser cannot draw the figure: " + error.message;
  place.dataset.state = "error";
}}
"""
"""The only script of the page that runs by itself."""

STYLE: Final = """\
body { margin: 16px; font: 13px/1.4 system-ui, sans-serif; }
body { color: var(--lsc-figure-text); background: var(--lsc-figure-surface); }
@media (prefers-color-scheme: dark) { html { background: #14171A; } }
html[data-lsc-figures="light"] { background: #FFFFFF; }
html[data-lsc-figures="dark"] { background: #14171A; }
body.cell { margin: 0; }
h1 { font-size: 15px; font-weight: 600; margin: 0 0 4px; }
p { font-size: 12px; margin: 0 0 4px; opacity: 0.8; }
"""


def figure_page(
    plot: Model,
    paints: Sequence[tuple[str, str, str | list[str]]],
    title: str,
    *,
    lines: Sequence[str] = (),
    height_px: int,
    is_cell: bool = False,
) -> str:
    """Give the complete page.

    Args:
        plot: the figure.
        paints: what `Painter` remembered.
        title: of the page, also read aloud in place of the drawing.
        lines: smaller ones below it.
        height_px: kept free while the drawing loads.
        is_cell: the page stands in a notebook, so it has no margin of its own.
    """
    from bokeh.embed import json_item

    data = {
        "item": json_item(plot),
        "paints": list(paints),
        "themes": THEMES,
        "tooltipStyle": TOOLTIP_CSS,
    }
    caption = escape(title, quote=True)
    smaller = "".join(f"<p>{escape(line, quote=True)}</p>" for line in lines)
    kind = ' class="cell"' if is_cell else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{caption}</title>\n<style>{STYLE}</style>\n</head>\n<body{kind}>\n"
        f'<main>\n<div id="lines" hidden><h1>{caption}</h1>{smaller}</div>\n'
        f'<div id="figure" role="img" aria-label="{caption}" '
        f'style="min-height:{height_px}px"></div>\n</main>\n'
        f'<script type="text/plain" id="program">{_program()}</script>\n'
        f'<script type="text/plain" id="data">{_packed(_json(data))}</script>\n'
        f'<script type="module">{BOOT}</script>\n</body>\n</html>\n'
    )


def program_text() -> str:
    """The drawing program of the installed bokeh."""
    import bokeh

    path = Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js"
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _program() -> str:
    return _packed(program_text())


def _packed(text: str) -> str:
    # Level 6: level 9 takes twice the time for 1 % less.
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode("ascii")


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"))


def _policy() -> str:
    """What the page may do.

    `blob:` stands beside the hash because the program is loaded from memory; no host can serve a
    blob. Styles are free because bokeh makes its own; without images and connections from outside
    they reach nothing.
    """
    digest = base64.b64encode(hashlib.sha256(BOOT.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' blob:; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )

"""One offline HTML file from saved views: the scripts, the data, and a policy that allows no more.

Everything is inline. Text from data never becomes markup: JSON is escaped for its place inside a
script element, captions with `html.escape`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locuscope.errors import MissingFileError
from locuscope.widgets.view import VIEW_MIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATIC: Final = Path(__file__).parents[1] / "static"
KINDS: Final = ("track_browser", "facet_panel")
"""Widgets that a page can hold, by the names of their built files."""

BOOT: Final = """\
const code = document.querySelector("script[data-lsc-standalone]").textContent;
const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
const page = await import(url);
URL.revokeObjectURL(url);
await page.boot();
"""
"""The only script of a page that runs by itself: it starts the standalone program."""

STYLE: Final = """\
body { margin: 16px; font: 13px/1.4 system-ui, sans-serif; background: #FFFFFF; color: #1F2328; }
@media (prefers-color-scheme: dark) { body { background: #14171A; color: #E6E8EB; } }
h1 { font-size: 15px; font-weight: 600; margin: 0 0 12px; }
"""


@dataclass(frozen=True)
class Program:
    """The built page side: what saved views need to run.

    Args:
        esm: kind of widget -> its module.
        css: kind of widget -> its style sheet.
        standalone: the program that mounts the views of a page.
    """

    esm: Mapping[str, str]
    css: Mapping[str, str]
    standalone: str

    @classmethod
    def load(cls, kinds: Iterable[str] = KINDS) -> Program:
        """Read the built files of some kinds of widgets.

        Raises:
            MissingFileError: the page side has not been built.
        """
        wanted = [kind for kind in KINDS if kind in set(kinds)]
        names = [f"{kind}.{suffix}" for kind in wanted for suffix in ("js", "css")]
        missing = [name for name in (*names, "standalone.js") if not (STATIC / name).is_file()]
        if missing:
            raise MissingFileError(
                f"The page side of the widgets has not been built: {', '.join(missing)} missing.",
                hint="Run `npm ci && npm run build:widgets` in the checkout.",
                path=missing[0],
            )
        return cls(
            {kind: _built(f"{kind}.js") for kind in wanted},
            {kind: _built(f"{kind}.css") for kind in wanted},
            _built("standalone.js"),
        )

    def head(self) -> str:
        """Elements for the end of `<head>`: the styles of the widgets."""
        return "".join(
            f'<style data-lsc-css="{kind}">{escape_style(css)}</style>\n'
            for kind, css in self.css.items()
        )

    def tail(self, views: Mapping[str, dict[str, Any]]) -> str:
        """Elements for the end of `<body>`: data, programs, and the script that starts them."""
        data = "".join(
            f'<script type="{VIEW_MIME}" data-lsc-view="{name}">{escape_json(view)}</script>\n'
            for name, view in views.items()
        )
        programs = "".join(
            f'<script type="text/plain" data-lsc-esm="{kind}">{escape_script(esm)}</script>\n'
            for kind, esm in self.esm.items()
        )
        return (
            f"{data}{programs}"
            f'<script type="text/plain" data-lsc-standalone>{escape_script(self.standalone)}'
            "</script>\n"
            f'<script type="module">{BOOT}</script>\n'
        )

    def policy(self) -> str:
        """The content security policy of a page that holds nothing else.

        `blob:` stands beside the hash because the programs are imported from memory; no host can
        serve a blob, so nothing from outside runs.
        """
        sheets = [*(escape_style(css) for css in self.css.values()), STYLE]
        styles = " ".join(_hash(text) for text in sheets)
        return (
            f"default-src 'none'; script-src {_hash(BOOT)} blob:; style-src {styles}; "
            "img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
        )


def view_page(program: Program, view: dict[str, Any], title: str) -> str:
    """A complete page with one view."""
    caption = html.escape(title, quote=True)
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{program.policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{caption}</title>\n"
        f"<style>{STYLE}</style>\n{program.head()}</head>\n"
        f"<body>\n<h1>{caption}</h1>\n{mount('view-1')}\n{program.tail({'view-1': view})}"
        "</body>\n</html>\n"
    )


def mount(name: str) -> str:
    """The element that a view is drawn into."""
    return f'<div data-lsc-mount="{name}"></div>'


def escape_json(value: object) -> str:
    r"""JSON that cannot end the script element it stands in.

    >>> escape_json({"name": "</script><b>"})
    '{"name":"\\u003c/script\\u003e\\u003cb\\u003e"}'
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def escape_script(code: str) -> str:
    r"""Code that cannot end its script element; the escapes mean the same inside its strings.

    >>> escape_script('let end = "</script>";')
    'let end = "\\x3c/script>";'
    """
    return re.sub(r"<(?=/script|!--)", r"\\x3c", code, flags=re.IGNORECASE)


def escape_style(css: str) -> str:
    """A style sheet that cannot end its style element."""
    return re.sub(r"</(?=style)", r"<\\/", css, flags=re.IGNORECASE)


def _built(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"

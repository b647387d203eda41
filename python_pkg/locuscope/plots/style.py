"""Colours of figures, light and dark, and who wears which: `Painter`.

The colours are those of the widgets (`src/core/palette.ts`). A figure is made in light colours; the
script of its page repaints it, by the list that a `Painter` keeps, when its surroundings are dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bokeh.model import Model

THEMES: Final = {
    "light": {
        "surface": "#ffffff",
        "surface2": "#f6f7f9",
        "text": "#1f2328",
        "text2": "#57606a",
        "lineStrong": "#8c959f",
        "bar": "#dde3e9",
        "accent": "#0b5cad",
        "ref": "#6e7781",
        "loss": "#0b4f9e",
        "gain": "#a63d00",
        "warning": "#8a6100",
        "category1": "#0067a5",
        "category2": "#c24a00",
        "category3": "#00795a",
        "category4": "#a03c8c",
        "category5": "#8a6100",
        "category6": "#4b4fc4",
        "category7": "#b3261e",
        "category8": "#4f5b66",
    },
    "dark": {
        "surface": "#14171a",
        "surface2": "#1b1f23",
        "text": "#e6e8eb",
        "text2": "#a0a8b1",
        "lineStrong": "#6b747e",
        "bar": "#2b323a",
        "accent": "#79b8ff",
        "ref": "#8a939d",
        "loss": "#8ec5ff",
        "gain": "#ffb26b",
        "warning": "#e3b341",
        "category1": "#6cb6ff",
        "category2": "#ff8a4c",
        "category3": "#3fd6a8",
        "category4": "#e79bd3",
        "category5": "#e3b341",
        "category6": "#a5a8ff",
        "category7": "#ff8a80",
        "category8": "#b4bdc7",
    },
}
CATEGORIES: Final = {
    name: tuple(colours[f"category{k}"] for k in range(1, 9)) for name, colours in THEMES.items()
}
"""Of things that have no order, such as motifs."""
DIVERGING: Final = {
    "light": ("#0b4f9e", "#7fb2e5", "#f7f7f5", "#f2a65a", "#a63d00"),
    "dark": ("#8ec5ff", "#2c6cb0", "#20242a", "#b35a12", "#ffb26b"),
}
"""From loss to gain; 0 is near the surface."""
SIGN: Final = ("loss", "ref", "gain")
"""Colours of values below, at and above 0."""
FONT: Final = "system-ui, sans-serif"

SCRIPT: Final = """\
const frames = [window];
try {
  if (window.parent !== window && window.parent.document) frames.push(window.parent);
} catch {}
const bodies = frames.map((frame) => frame.document.body);
const media = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => {
  for (const body of bodies) {
    if (body.dataset.jpThemeLight !== undefined) return body.dataset.jpThemeLight === "false";
    const kind = body.dataset.vscodeThemeKind;
    if (kind !== undefined) return kind.includes("dark") || kind === "vscode-high-contrast";
  }
  return media.matches;
};
const repaint = () => {
  const name = isDark() ? "dark" : "light";
  const colours = themes[name];
  for (const [model, property, token] of paints) {
    const found = plot.document.get_model_by_id(model);
    found[property] = Array.isArray(token) ? token.map((one) => colours[one]) : colours[token];
  }
  const root = document.documentElement;
  root.dataset.lscFigures = name;
  for (const [token, hex] of Object.entries(colours)) {
    root.style.setProperty("--lsc-figure-" + token, hex);
  }
};
if (document.getElementById("lsc-figure-style") === null) {
  const style = document.createElement("style");
  style.id = "lsc-figure-style";
  style.textContent = tooltipStyle;
  document.head.append(style);
}
const attributes = { attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] };
for (const body of bodies) new MutationObserver(repaint).observe(body, attributes);
media.addEventListener("change", repaint);
repaint();
"""
"""Repaints `plot` at once and at every change of the surroundings.

It reads `plot`, `paints`, `themes` and `tooltipStyle`. Notebooks say their theme on the body of the
page; other pages follow the system's preference. Hover texts of bokeh stand in the page itself,
outside of the figure, so their colours go there too.
"""

TOOLTIP_CSS: Final = """\
.bk-Tooltip {
  --background-color: var(--lsc-figure-surface2);
  --color: var(--lsc-figure-text);
  --divider-color: var(--lsc-figure-lineStrong);
  --icon-color: var(--lsc-figure-lineStrong);
  --tooltip-arrow-color: var(--lsc-figure-surface2);
  --base-font: system-ui, sans-serif;
  --font-size: 12px;
  opacity: 1;
  padding: 8px;
  border-radius: 4px;
  max-width: 320px;
}
"""
FIGURE_CSS: Final = """\
:host {
  background-color: var(--lsc-figure-surface);
  --bokeh-icon-color: var(--lsc-figure-text2);
  --bokeh-base-font: system-ui, sans-serif;
}
"""

TOOLBAR_CSS: Final = ".bk-divider { background-color: var(--lsc-figure-bar); }"


class Painter:
    """Gives models their light colours and remembers which token each property wears."""

    def __init__(self) -> None:
        self.paints: list[tuple[str, str, str | list[str]]] = []

    def paint(self, model: Model, **tokens: str) -> None:
        """Set properties of a model to tokens of `THEMES`."""
        for name, token in tokens.items():
            setattr(model, name, THEMES["light"][token])
            self.paints.append((model.id, name, token))

    def palette(self, mapper: Model, tokens: tuple[str, ...]) -> None:
        """Set the palette of a colour mapper."""
        mapper.update(palette=[THEMES["light"][token] for token in tokens])
        self.paints.append((mapper.id, "palette", list(tokens)))

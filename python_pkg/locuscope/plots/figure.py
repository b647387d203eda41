"""`Figure`: a bokeh picture that shows itself in a notebook and saves as one offline page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from locuscope.errors import LocuscopeError, MissingExtraError, WrongTypeError
from locuscope.plots.page import figure_page, program_text
from locuscope.plots.style import SCRIPT, THEMES, TOOLTIP_CSS
from locuscope.plots.texts import plain
from locuscope.store import publish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path

    from bokeh.models import ColumnDataSource
    from bokeh.models.annotations import Title
    from bokeh.plotting import figure as BokehFigure  # noqa: N812 (a class under a verb's name)

    from locuscope.genome.variant import Variant
    from locuscope.widgets.workspace import Region

HEIGHT_PX: Final = 380
LOAD_MIME: Final = "application/vnd.bokehjs_load.v0+json"
WIDGET_MIME: Final = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, eq=False)
class Drawing:
    """One set of bokeh models; a model can live in one document only.

    Args:
        plot: the figure.
        paints: which colour each property wears, for light and dark surroundings.
        source: the points, None without any.
        status: a line of text under the title for what happens later.
    """

    plot: BokehFigure
    paints: Sequence[tuple[str, str, str | list[str]]]
    source: ColumnDataSource | None
    status: Title


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A picture; as the last line of a notebook cell it shows itself.

    In a notebook it stands in a frame that holds everything it needs, so a saved notebook shows it
    without kernel and network. It follows the notebook's theme, a saved page the system's.

    Args:
        title: what is drawn, in one sentence.
        lines: smaller ones below it.
        build: makes the bokeh models.
    """

    title: str
    lines: Sequence[str]
    build: Callable[[], Drawing]
    drawing: Drawing = field(init=False)

    def __post_init__(self) -> None:
        """Draw at once, so that an error comes from the call that asked for the picture."""
        object.__setattr__(self, "drawing", self.build())

    @property
    def plot(self) -> BokehFigure:
        """The bokeh figure; what is changed here shows in the saved page."""
        return self.drawing.plot

    def to_html(self) -> str:
        """Give the whole page as text."""
        return self._page(is_cell=False)

    def save_html(self, path: str | PathLike[str]) -> Path:
        """Write one HTML file that opens without a network; it appears whole or not at all.

        Raises:
            StoreTargetError, StoreFullError: the file cannot be written there.
        """
        text = self.to_html()
        return publish(path, lambda place: place.write_text(text, encoding="utf-8"))

    def _page(self, *, is_cell: bool) -> str:
        return figure_page(
            self.plot,
            self.drawing.paints,
            self.title,
            lines=self.lines,
            height_px=HEIGHT_PX,
            is_cell=is_cell,
        )

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        page = escape(self._page(is_cell=True), quote=True)
        frame = (
            f'<iframe title="{escape(self.title, quote=True)}" srcdoc="{page}" '
            f'style="display:block;width:100%;height:{HEIGHT_PX + 4}px;border:0"></iframe>'
        )
        return {"text/plain": repr(self), "text/html": frame}, {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"


@dataclass(frozen=True, eq=False, repr=False)
class LinkedFigure(Figure):
    """A figure whose points move a region: a tap goes to the variant, and so do linked widgets.

    That needs a kernel. A saved page and a notebook without one show the same picture, still.

    Args:
        region: what moves.
        variant_of: place among the drawn points -> the variant.
    """

    region: Region = field(kw_only=True)
    variant_of: Callable[[int], Variant] = field(kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what cannot be moved, and a notebook side that is not there."""
        if not callable(getattr(self.region, "goto", None)):
            raise WrongTypeError(
                f"region takes a Region, which moves; got {self.region!r}.",
                hint="region=browser.shared_region links the figure with a TrackBrowser.",
                argument="region",
                found=type(self.region).__name__,
                expected="Region",
            )
        try:
            import jupyter_bokeh  # noqa: F401 (only whether it is there)
        except ImportError as error:
            raise MissingExtraError(
                "a figure that moves a region needs jupyter_bokeh: pip install jupyter_bokeh. "
                "Without region= the figure stands by itself.",
                extra="jupyter_bokeh",
            ) from error
        super().__post_init__()

    def follow(self, drawing: Drawing) -> None:
        """Let the taps of a drawing move the region."""
        if drawing.source is not None:
            drawing.source.selected.on_change("indices", lambda _, __, to: self._go(drawing, to))

    def _go(self, drawing: Drawing, indices: Sequence[int]) -> None:
        if not indices:
            return
        from bokeh.models import PlainText

        variant = self.variant_of(int(indices[0]))
        said = f"Went to {variant.text()}"
        try:
            self.region.goto(variant)
        except LocuscopeError as error:  # said where the person looks
            said = str(error)
        drawing.status.update(text=PlainText(text=plain(said, 120)), visible=True)

    def _ipython_display_(self) -> None:
        from bokeh.document import Document
        from bokeh.models import CustomJS
        from IPython.display import display
        from jupyter_bokeh import BokehModel

        drawing = self.build()
        self.follow(drawing)
        document = Document()
        document.add_root(drawing.plot)
        names = {
            "plot": drawing.plot,
            "paints": list(drawing.paints),
            "themes": THEMES,
            "tooltipStyle": TOOLTIP_CSS,
        }
        document.js_on_event("document_ready", CustomJS(args=names, code=SCRIPT))
        widget = BokehModel(drawing.plot)
        bundle, _ = self._repr_mimebundle_()
        view = {"version_major": 2, "version_minor": 1, "model_id": widget.model_id}
        display({LOAD_MIME: program_text()}, raw=True)  # type: ignore[no-untyped-call]
        display({**bundle, WIDGET_MIME: view}, raw=True)  # type: ignore[no-untyped-call]

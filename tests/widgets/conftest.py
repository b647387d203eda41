"""A small data set for every widget test, browsers that close themselves, and a page that talks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from locuscope.genome.genes import Genes
from locuscope.genome.interval import Interval
from locuscope.tracks.named import NamedTrackTensor
from locuscope.tracks.named_head import NamedOutputHead
from locuscope.tracks.named_outputs import NamedOutputs
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.widgets.facet_panel import FacetPanel
from locuscope.widgets.track_browser import TrackBrowser

WHERE = Interval("20", 2_570_000, 2_574_000)
HOSTILE = '<img src=x onerror="window.__pwned=1"></script><b>'


def named(values, output_name, resolution, rows, *, where=WHERE):
    """A tensor (1, L, T) with one metadata mapping per track."""
    tracks = [
        TrackMetadata(i, output_name, 0, row.pop("track_name"), row)
        for i, row in enumerate(dict(row) for row in rows)
    ]
    tensor = torch.from_numpy(np.asarray(values, dtype=np.float32))
    return NamedTrackTensor(tensor, tracks, output_name, resolution, intervals=(where,))


def outputs(*tensors):
    """Named outputs with one head per tensor."""
    return NamedOutputs(
        {t.output_name: NamedOutputHead(t.output_name, {t.resolution: t}) for t in tensors}
    )


def splice_values(seed=0):
    """(1, 4000, 4): a few single bases between 0 and 1, everything else 0."""
    rng = np.random.default_rng(seed)
    values = np.zeros((1, WHERE.width, 4), dtype=np.float32)
    for track in range(4):
        values[0, rng.integers(0, WHERE.width, 6), track] = rng.random(6)
    return values


SPLICE_ROWS = [
    {"track_name": f"{site}:{strand}", "strand": strand, "assay_title": "splice site probability"}
    for strand in "+-"
    for site in ("acceptor", "donor")
]
EXON_ROWS = [
    {
        "track_name": f"PSI {tissue} {strand}",
        "strand": strand,
        "biosample_name": tissue,
        "assay_title": "exon inclusion (PSI)",
        "data_source": "GTEx",
    }
    for strand in "+-"
    for tissue in ("Testis", "Whole blood", "Brain - Cortex", HOSTILE)
]


@pytest.fixture(autouse=True)
def _stub_page_side(monkeypatch):
    """The built page side may be absent: tests of the kernel side need only that there is one."""
    for widget in (TrackBrowser, FacetPanel):
        if not str(widget._esm):
            monkeypatch.setattr(widget, "_esm", "export default { render() {} };")


@pytest.fixture
def reference():
    return named(splice_values(), "splice_sites", 1, SPLICE_ROWS)


@pytest.fixture
def alternative(reference):
    values = reference.tensor.clone()
    values[0, :, 0] *= 0.25
    return reference.with_tensor(values)


@pytest.fixture
def measured():
    """(1, 125, 8) in bins of 32 bp; the first quarter is missing, one track is signed."""
    values = np.random.default_rng(3).random((1, 125, 8)).astype(np.float32)
    values[0, :, 7] -= 0.5
    values[0, :31] = np.nan
    return named(values, "exon_inclusion", 32, EXON_ROWS)


@pytest.fixture
def toy(reference, measured):
    return outputs(reference, measured)


@pytest.fixture
def browse():
    """Make browsers that are closed when the test ends."""
    made = []

    def make(*args, **kwargs):
        made.append(TrackBrowser(*args, **kwargs))
        return made[-1]

    yield make
    for browser in made:
        browser.close()


@pytest.fixture
def facet():
    """Make panels that are closed when the test ends."""
    made = []

    def make(*args, **kwargs):
        made.append(FacetPanel(*args, **kwargs))
        return made[-1]

    yield make
    for panel in made:
        panel.close()


@pytest.fixture
def one_gene():
    """TMC2 on 2,571,500-2,571,900, as an exon table gives it."""
    exon = {
        "chrom": ["20"],
        "start": [2_571_500],
        "end": [2_571_900],
        "strand": ["+"],
        "gene_id": ["G1"],
        "gene_name": ["TMC2"],
        "transcript_id": ["T1"],
        "exon_number": [1],
    }
    return Genes.from_tables(pl.DataFrame(exon))


class FakePage:
    """The other end of a widget's comm: sends what a page sends, keeps what the kernel answers."""

    def __init__(self, widget):
        self.widget = widget
        self.heard = []
        self._last_id = 1_000
        widget.comm.publish_msg = self._take

    def _take(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        # What crosses a real comm is JSON: a NaN or an object would fail here, as it would there.
        text = json.dumps(data, allow_nan=False)
        self.heard.append((json.loads(text), [bytes(buffer) for buffer in buffers or []]))

    def send(self, content, buffers=()):
        """Send one custom message; gives the custom answers to it."""
        return self._deliver({"method": "custom", "content": content}, buffers)

    def ask(self, kind, **fields):
        """Send a well-formed request with a fresh id."""
        self._last_id += 1
        return self.send({"v": 1, "id": self._last_id, "type": kind, **fields})

    def write(self, **state):
        """Send a state update, as `save_changes` does; gives the custom messages that follow."""
        return self._deliver({"method": "update", "state": state, "buffer_paths": []}, ())

    def updates(self):
        """State updates heard since the last call."""
        found = [data["state"] for data, _ in self.heard if data["method"] == "update"]
        self.heard = [item for item in self.heard if item[0]["method"] != "update"]
        return found

    def _deliver(self, data, buffers):
        before = len(self.heard)
        self.widget.comm.handle_msg({"content": {"data": data}, "buffers": list(buffers)})
        return [
            (data["content"], buffers)
            for data, buffers in self.heard[before:]
            if data["method"] == "custom"
        ]


@pytest.fixture
def open_page():
    return FakePage


@pytest.fixture
def toys():
    """The makers of the toy data, for tests that need other shapes."""

    class Toys:
        where = WHERE
        hostile = HOSTILE
        splice_rows = SPLICE_ROWS
        named = staticmethod(named)
        outputs = staticmethod(outputs)
        wire = Path(__file__).parents[1] / "wire"

    return Toys

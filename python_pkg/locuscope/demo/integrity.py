"""Is the installation whole? One row per check, each made with the product's own reader."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from locuscope.errors import LocuscopeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import reverse_complement
from locuscope.store import digest_file

from .bundle import manifest, notice, path
from .fly import fly_bases, insulators
from .measurements import dnase, measured
from .motif_sets import motifs
from .networks import WEIGHTS, catalog, model
from .people import variants
from .places import CHROM_LENGTH, SLICE, genes, genome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

# First base of the TMC2 exon that rs572140578 stands before.
ACCEPTOR = 2_577_796


def check() -> pd.DataFrame:
    """Verify every embedded file and open it.

    Returns:
        One row per check with `check`, `ok`, `found` and `expected`. A reader that raises makes a
        row that is not ok and holds the sentence; nothing is raised.
    """
    import pandas as pd

    rows = [*_file_rows(), *(_row(*item) for item in _reader_checks())]
    return pd.DataFrame(rows, columns=["check", "ok", "found", "expected"])


def _file_rows() -> Iterator[tuple[str, bool, str, str]]:
    for name, entry in sorted(manifest()["files"].items()):
        place, expected = path(name), entry["sha256"][:16]
        found = digest_file(place)[:16] if place.exists() else "missing"
        yield f"file {name}", found == expected, found, expected


def _row(name: str, measure: Callable[[], object], expected: object) -> tuple[str, bool, str, str]:
    try:
        found = measure()
    except LocuscopeError as error:
        return name, False, str(error), str(expected)
    return name, found == expected, str(found), str(expected)


def _reader_checks() -> Iterator[tuple[str, Callable[[], object], object]]:
    """Name, measurement and expected value; those of files that are not shipped are left out."""
    shipped = manifest()["files"]
    yield "genome: length of chromosome 20", lambda: genome().lengths["20"], CHROM_LENGTH
    yield "genome: bases in the slice", lambda: len(genome().fetch(SLICE)), SLICE.width
    yield "variants: alleles whose REF fits", lambda: variants().counts(), {"ok": 24_990}
    yield "variants: within 3 bases of a splice site", lambda: len(variants(near_sites_bp=3)), 39
    yield "genes: with exons", lambda: len(genes()), 107
    yield "genes: with splice sites", lambda: len(genes(collapsed=True)), 55
    yield "splice sites: GT donors, AG acceptors", _splice_letters, (527, 533)
    if "chr20_dnase.bw" in shipped:
        yield "DNase: bases inside sites", lambda: _covered("strength"), 408_650
        yield "DNase: most cell types at one site", _most_cell_types, 85
    if "dm3_windows.fa" in shipped:
        yield "genome fly: bases in the windows", fly_bases, 1_024 * 512
        yield "insulators: peaks", lambda: len(insulators()), 5_152
    yield "measured: tracks", _measured_tracks, 115
    yield "catalogue human: rows", lambda: _rows("human"), 6_126
    yield "catalogue borzoi: rows", lambda: _rows("borzoi"), 7_611
    for species, count in (("human", 40), ("fly", 8)):
        yield f"motifs {species}: matrices", partial(_matrices, species), count
    yield "notice: names every source", _unnamed_sources, []
    for name, file in WEIGHTS.items():
        if file in shipped:
            yield f"model {name}: runs and gives finite numbers", partial(_runs, name), True
    yield "model cispliceai: acceptor of TMC2 called", _call_acceptor, True


def _splice_letters() -> tuple[int, int]:
    """Donors followed by GT and acceptors preceded by AG, in transcript direction."""
    counts = {"donor": 0, "acceptor": 0}
    letters = {"donor": "GT", "acceptor": "AG"}
    for row in genes(collapsed=True).splice_sites().iter_rows(named=True):
        # The intron lies right of a donor on + and of an acceptor on -.
        right = (row["kind"] == "donor") == (row["strand"] == "+")
        first = row["position"] + 1 if right else row["position"] - 2
        bases = genome().fetch("20", first, first + 2)
        if row["strand"] == "-":
            bases = reverse_complement(bases)
        counts[row["kind"]] += bases == letters[row["kind"]]
    return counts["donor"], counts["acceptor"]


def _covered(kind: str) -> int:
    return int(np.count_nonzero(dnase(kind).values(SLICE)))


def _most_cell_types() -> int:
    return int(dnase("breadth").values(SLICE).max())


def _measured_tracks() -> int:
    around = Interval("20", ACCEPTOR - 500, ACCEPTOR + 500)
    outputs = measured(around)
    return sum(outputs.head(name).num_tracks for name in outputs.heads())


def _rows(name: str) -> int:
    return len(catalog(name).to_rows())


def _matrices(species: str) -> int:
    return len(motifs(species))


def _unnamed_sources() -> list[str]:
    return [name for name in manifest()["citations"] if name not in notice()]


def _runs(name: str) -> bool:
    import torch

    network = model(name)
    width = network.window_bp or network.default_width_bp or 0
    letters = torch.arange(width) % 4
    window = torch.nn.functional.one_hot(letters, 4).T[None].float()
    with torch.inference_mode():
        answer = network.run(window)
    return all(
        bool(torch.isfinite(values).all())
        for by_resolution in answer.values()
        for values in by_resolution.values()
    )


def _call_acceptor() -> bool:
    import torch

    network = model("cispliceai")
    head = network.heads["splice_sites"]
    window = Interval("20", ACCEPTOR - head.crop_bp, ACCEPTOR + head.crop_bp + 1)
    one_hot = torch.from_numpy(genome().one_hot(window, dtype="float32"))[None]
    probability = network.run(one_hot)["splice_sites"][1][0, 0, 0]
    return bool(probability > 0.5)

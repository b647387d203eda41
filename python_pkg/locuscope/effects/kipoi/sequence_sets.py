"""What a model would see of each variant, for the published writers of sequences.

A set is a mapping of `ref` and `alt`, with both strands also `ref_rc` and `alt_rc`, each (n, L, A)
one-hot, or a mapping of inputs to such arrays; `line_id` names the rows and `vcf_records` holds
them. Rows without a window hold zeros.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.effects.kipoi.records import Record, chunks
from locuscope.effects.kipoi.writers import SyncHdf5SeqWriter, opened
from locuscope.effects.windows.allele_windows import WindowOpener, normalized
from locuscope.effects.windows.saved_sequences import write_sequences
from locuscope.errors import OptionError
from locuscope.genome.variant_parts import VariantSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from locuscope.effects.kipoi.calls import ScoringCall
    from locuscope.effects.windows.allele_windows import Opened
    from locuscope.genome.variant_table import VariantTable

SETS = ("ref", "alt", "ref_rc", "alt_rc")


def write_sets(call: ScoringCall, writers: Sequence[Any], batch_size: int) -> None:
    """Hand the sequences of all rows to writers; the model does not run.

    Args:
        call: the variants and their windows.
        writers: `SyncHdf5SeqWriter`, or callables of a set.
        batch_size: rows of a set.

    Raises:
        OptionError: nothing says how wide the windows are.
    """
    others = [writer for writer in writers if not isinstance(writer, SyncHdf5SeqWriter)]
    for writer in writers:
        if isinstance(writer, SyncHdf5SeqWriter):
            _write(call, writer.path)
    if not others:
        return
    with tempfile.TemporaryDirectory() as folder, opened(others):
        place = Path(folder) / "sequences.h5"
        _write(call, place)
        for one in read_sets(place, batch_size):
            for writer in others:
                writer(one)


def read_sets(path: Path, batch_size: int) -> Iterator[Mapping[str, Any]]:
    """Give the rows of a file of sequences as sets."""
    import h5py

    with h5py.File(path, "r") as file:
        columns = [file[f"variants/{name}"] for name in ("chrom", "pos", "id", "ref", "alt")]
        for rows in chunks(len(columns[0]), batch_size):
            chrom, pos, name, ref, alt = (_listed(column[rows]) for column in columns)
            records = [
                Record(c, p, i or ".", r, [a])
                for c, p, i, r, a in zip(chrom, pos, name, ref, alt, strict=True)
            ]
            ids = [f"{r.CHROM}:{r.POS}:{r.REF}:{r.ALT[0]}" for r in records]
            found = {view: _read(file[view], rows) for view in SETS if view in file}
            yield {**found, "line_id": np.array(ids), "vcf_records": records}


def _write(call: ScoringCall, path: Path) -> None:
    width = call.placement.width_bp or call.model.window_bp or call.model.default_width_bp
    if width is None:
        raise OptionError(
            f"{call.model.name} reads windows of any length; give seq_length.",
            option="seq_length",
            value=None,
        )
    opener = WindowOpener(call.genome, call.placement, width, inputs=call.model.inputs)
    write_sequences(
        path,
        _opened(call, opener),
        inputs=call.model.inputs,
        width_bp=width,
        rc=call.rc,
        layout="NLA",
    )


def _opened(
    call: ScoringCall, opener: WindowOpener
) -> Iterator[tuple[VariantTable, Iterator[Opened]]]:
    for table in VariantSource(call.source).parts(call.genome):
        alleles = [(row, table[row]) for row in np.flatnonzero(table.is_ok).tolist()]
        if call.genome is not None:
            alleles = [(row, normalized(call.genome, one)) for row, one in alleles]
        yield table, opener.open(alleles)


def _read(item: Any, rows: slice) -> Any:
    if hasattr(item, "keys"):
        return {name: item[name][rows] for name in item}
    return item[rows]


def _listed(cells: Any) -> list[Any]:
    return [cell.decode() if isinstance(cell, bytes) else cell for cell in cells.tolist()]

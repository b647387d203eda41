from __future__ import annotations

import h5py
from hypothesis import given
from hypothesis import strategies as st

from locuscope.effects.maps.map_tracks import read_tracks, write_tracks
from locuscope.tracks.track_metadata import TrackMetadata
from locuscope.tracks.track_table import TrackTable

CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_every_cell_comes_back_with_its_kind(tmp_path_factory, rows):
    table = TrackTable.from_tracks(
        [
            TrackMetadata(
                i,
                "atac",
                1,
                f"track/{i} é",
                {
                    name: cell
                    for name, cell in zip(("a/b", "note"), row, strict=True)
                    if cell is not None
                },
            )
            for i, row in enumerate(rows)
        ]
    )
    path = tmp_path_factory.getbasetemp() / "tracks.h5"
    with h5py.File(path, "w") as file:
        write_tracks(file.create_group("tracks"), table)
    with h5py.File(path) as file:
        found = read_tracks(file["tracks"])
    assert found == table
    for name in table.fields:
        kinds = [type(cell) for cell in found.cells(name)]
        assert kinds == [type(cell) for cell in table.cells(name)]

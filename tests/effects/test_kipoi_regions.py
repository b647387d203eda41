"""Windows of variants under the published names."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from locuscope.effects.kipoi import ModelInfoExtractor, SnvCenteredRg, SnvPosRestrictedRg
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.variant import Variant
from locuscope.models.zoo import load_model
from tests.effects import toy

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden" / "effects" / "meta.json"
# 1-based position, width, centred window, an allowed region, the window inside it (0-based)
PLACED = [
    (202, 54, (175, 229), (95, 272), (175, 229)),
    (19, 42, (-2, 40), (140, 356), None),
    (152, 34, (135, 169), (311, 354), None),
    (1, 6, (-2, 4), (0, 400), (0, 6)),
    (1, 7, (-2, 5), (0, 400), (0, 7)),
    (400, 6, (397, 403), (0, 400), (394, 400)),
    (400, 7, (397, 404), (0, 400), (393, 400)),
    (50, 10, (45, 55), (44, 54), (44, 54)),
    (50, 10, (45, 55), (44, 53), None),
]


def info(width=None):
    return ModelInfoExtractor(toy.model(window_bp=width))


def record(pos, chrom="1"):
    return SimpleNamespace(CHROM=chrom, POS=pos, ID=None, REF="A", ALT=["C"])


def placed():
    yield from PLACED
    if GOLDEN.is_file():
        for row in json.loads(GOLDEN.read_text(encoding="utf-8"))["regions"]:
            yield (
                row["pos1"],
                row["length"],
                (row["start0"], row["end0"]),
                tuple(row["restrict"]),
                row["restricted"] and tuple(row["restricted"]),
            )


@pytest.mark.parametrize(("pos", "width", "window", "region", "inside"), list(placed()))
def test_windows_are_where_they_always_were(pos, width, window, region, inside):
    found = SnvCenteredRg(info(), width)(record(pos))
    assert found == {"chrom": ["1"], "start": [window[0] + 1], "end": [window[1]]}
    allowed = SnvPosRestrictedRg(info(), [Interval("1", *region)], width)(record(pos))
    if inside is None:
        assert allowed == {"chrom": [], "start": [], "end": []}
    else:
        assert allowed == {"chrom": ["1"], "start": [inside[0] + 1], "end": [inside[1]]}


def test_every_region_that_holds_the_variant_gives_a_window():
    regions = [Interval("1", 0, 100), Interval("2", 0, 100), Interval("1", 40, 60)]
    found = SnvPosRestrictedRg(info(), regions, seq_length=20)(record(50))
    assert found["start"] == [41, 41]


@pytest.mark.parametrize("form", ["path", "rows"])
def test_regions_from_a_file_and_from_the_rows_of_a_bed_tool(form, tmp_path):
    given = [SimpleNamespace(chrom="1", start=10, end=50)]
    if form == "path":
        given = tmp_path / "regions.bed"
        given.write_text("1\t10\t50\n")
    found = SnvPosRestrictedRg(info(), given, 20)(Variant("1", 12, "A", "C"))
    assert found == {"chrom": ["1"], "start": [11], "end": [30]}


def test_the_width_comes_from_the_model():
    assert SnvCenteredRg(info(40)).seq_length == 40
    assert SnvCenteredRg(info(40)).placement.width_bp == 40
    assert SnvPosRestrictedRg(info(40), [Interval("1", 0, 90)]).placement.mode == "restricted"
    with pytest.raises(OptionError, match="give seq_length"):
        SnvCenteredRg(info())
    assert SnvCenteredRg(info(), seq_length=40.0).seq_length == 40


def test_what_is_no_record_is_refused():
    with pytest.raises(WrongTypeError, match="a record has CHROM, POS, REF and ALT"):
        SnvCenteredRg(info(40))("1:5")


class TestModelInfo:
    def test_a_model_with_one_input(self):
        found = info(40)
        assert (found.seq_fields, found.get_seq_len()) == (["sequence"], 40)
        assert found.requires_region_definition
        assert found.get_model_out_annotation() == ["atac:0", "atac:1", "atac:2"]
        assert found.dataloader.model is found.model

    def test_a_model_with_several_inputs_takes_the_windows_of_its_loader(self):
        found = ModelInfoExtractor("mtsplice")
        assert found.model is load_model("mtsplice")
        assert found.seq_fields == ["acceptor", "donor"]
        assert not found.requires_region_definition

    def test_a_loader_of_ones_own_is_kept(self):
        loader = object()
        assert ModelInfoExtractor(toy.model(), loader).dataloader is loader

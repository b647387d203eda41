"""`read_motifs`: content, names, side files, and how the arguments work together."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import locuscope as lsc
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    InputError,
    MissingFileError,
    OptionError,
    UnknownNameError,
)
from locuscope.motifs import read_motifs, write_jaspar, write_meme
from locuscope.motifs.formats.modisco import read_modisco
from tests.motifs.modisco_files import two_patterns

POS, NEG = "pos_patterns.pattern_0", "neg_patterns.pattern_0"


@pytest.fixture
def modisco(tmp_path) -> Path:
    return two_patterns(tmp_path / "patterns")


def side(tmp_path: Path, text: str) -> Path:
    place = tmp_path / f"side{len(list(tmp_path.iterdir()))}.tsv"
    place.write_text(text)
    return place


def test_the_signature_is_the_published_one():
    found = {
        name: parameter.default
        for name, parameter in inspect.signature(read_motifs).parameters.items()
        if name != "path"
    }
    assert found == {
        "kind": "cwm",
        "include": None,
        "rename": None,
        "lambdas": None,
        "trim_threshold": 0.3,
        "trim_thresholds": None,
        "trim_coords": None,
        "reverse_complements": True,
        "subpatterns": False,
        "strict": True,
    }


def test_the_content_says_what_a_file_is(tmp_path, modisco):
    fly = lsc.demo.motifs("fly")
    files = {
        "modisco": modisco,
        "meme": write_meme(fly, tmp_path / "wrong.jaspar"),
        "jaspar": write_jaspar(fly, tmp_path / "wrong.meme"),
    }
    found = {name: read_motifs(path) for name, path in files.items()}
    assert found["modisco"].names == (POS, POS, NEG, NEG)
    assert found["modisco"].strands == ("+", "-", "+", "-")
    assert found["meme"].names[::2] == found["jaspar"].names[::2] == fly.names
    assert [motifs.source for motifs in found.values()] == ["cwm", "ppm", "ppm"]
    assert np.allclose(found["meme"].cwms, found["jaspar"].cwms, atol=1e-4)


def test_both_strands_or_one(modisco):
    one = read_motifs(modisco, reverse_complements=False)
    assert one.strands == ("+", "+")
    assert np.array_equal(read_motifs(modisco).forward().cwms, one.cwms)


def test_every_kind_is_read(modisco):
    for kind in ("cwm", "hcwm", "pfm", "pfm_softmax"):
        motifs = read_motifs(modisco, kind=kind)
        assert motifs.kind == kind
        assert np.allclose(np.linalg.norm(motifs.cwms, axis=(1, 2)), 1, atol=1e-6)
        assert np.array_equal(motifs.cores, read_motifs(modisco).cores)
    with pytest.raises(OptionError, match="kind"):
        read_motifs(modisco, kind="pwm")


def test_frequency_files_have_kinds_too():
    path = lsc.demo.path("jaspar_fly.meme")
    kinds = [read_motifs(path, kind=kind).cwms for kind in ("cwm", "hcwm", "pfm", "pfm_softmax")]
    for k, one in enumerate(kinds):
        assert all(not np.allclose(one, other) for other in kinds[k + 1 :])


def test_side_files_say_the_same_as_mappings(tmp_path, modisco):
    given = {
        "include": (POS,),
        "rename": {POS: "ALPHA one"},
        "lambdas": {POS: 0.6},
        "trim_thresholds": {POS: 0.9},
        "trim_coords": {POS: (2, 7)},
    }
    files = {
        "include": side(tmp_path, f"# keep\n{POS}\n"),
        "rename": side(tmp_path, f"{POS}\tALPHA one\n"),
        "lambdas": str(side(tmp_path, f"{POS}\t0.6\r\n")),
        "trim_thresholds": side(tmp_path, f"\n{POS}\t0.9\n"),
        "trim_coords": str(side(tmp_path, f"{POS}\t2\t7\n")),
    }
    for motifs in (read_motifs(modisco, **given), read_motifs(modisco, **files)):
        assert motifs.names == ("ALPHA one",) * 2
        assert motifs.lambdas().tolist() == [0.6, 0.6]
        assert motifs.cores.tolist() == [[2, 7], [3, 8]]


@pytest.mark.parametrize("key", [POS, "ALPHA"])
def test_either_name_is_a_key_everywhere(modisco, key):
    motifs = read_motifs(
        modisco,
        rename={POS: "ALPHA"},
        include=[key],
        lambdas={key: 0.6},
        trim_thresholds={key: 0.9},
        trim_coords={key: (1, 3)},
    )
    assert motifs.names == ("ALPHA", "ALPHA")
    assert motifs.lambdas().tolist() == [0.6, 0.6]
    assert motifs[0].core == (1, 3)


def test_settings_of_motifs_that_are_left_out_are_no_error(modisco):
    motifs = read_motifs(modisco, include=POS, lambdas={POS: 0.5, NEG: 0.6}, rename={NEG: "R"})
    assert motifs.names == (POS, POS)
    assert motifs.lambdas().tolist() == [0.5, 0.5]


def test_motifs_are_kept_in_the_order_of_the_file(modisco):
    assert read_motifs(modisco, include=[NEG, POS]).names == (POS, POS, NEG, NEG)
    with pytest.raises(EmptySelectionError, match="include leaves no motif"):
        read_motifs(modisco, include=[])


def test_one_lambda_for_all(modisco):
    assert set(read_motifs(modisco, lambdas=0.55).lambdas()) == {0.55}


def test_trims_of_all_motifs(modisco):
    wide = read_motifs(modisco, trim_threshold=0.01, reverse_complements=False)
    thin = read_motifs(modisco, trim_threshold=1, reverse_complements=False)
    assert [one.core_width for one in thin] == [1, 1]
    assert all(one.core_width > 5 for one in wide)
    with pytest.raises(OptionError, match="trim_threshold"):
        read_motifs(modisco, trim_threshold=0)


@pytest.mark.parametrize(
    "options",
    [
        {"include": ["pos_patterns.pattern_9"]},
        {"rename": {"pos_patterns.pattern_9": "x"}},
        {"lambdas": {"pos_patterns.pattern_9": 0.5}},
        {"trim_thresholds": {"pos_patterns.pattern_9": 0.5}},
        {"trim_coords": {"pos_patterns.pattern_9": (0, 1)}},
    ],
)
def test_unknown_names_are_errors_or_one_warning(modisco, options):
    with pytest.raises(UnknownNameError, match=f"did you mean '{POS}'"):
        read_motifs(modisco, **options)
    if "include" in options:
        options = {"include": [POS, *options["include"]]}
    with pytest.warns(DataWarning, match="they are ignored") as caught:
        read_motifs(modisco, **options, strict=False)
    assert len(caught) == 1


def test_duplicate_new_names_are_listed(modisco):
    with pytest.raises(InputError, match="one name to several motifs: 'X'"):
        read_motifs(modisco, rename={POS: "X", NEG: "X"})


def test_what_is_no_file_of_motifs_is_told_apart(tmp_path, modisco):
    with pytest.raises(MissingFileError, match="none"):
        read_motifs(tmp_path / "none")
    with pytest.raises(InputError, match="is a folder"):
        read_motifs(tmp_path)
    for content in (b"", b"chr1\t1\t2\n", b"PK\x03\x04zip"):
        place = tmp_path / "odd"
        place.write_bytes(content)
        with pytest.raises(FormatError):
            read_motifs(place)
    with pytest.raises(OptionError, match="subpatterns"):
        read_motifs(lsc.demo.path("jaspar_fly.meme"), subpatterns=True)
    assert read_modisco(modisco).names == (POS, NEG)

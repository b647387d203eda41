"""Objects out of a Python file of the user's own."""

from __future__ import annotations

import sys

import pytest

from locuscope.cli.python_files import existing, kind_of, named_object, own_fault, run_file
from locuscope.errors import InputError, MissingFileError, UnknownNameError


@pytest.fixture
def file(tmp_path):
    (tmp_path / "beside_it.py").write_text("VALUE = 7\n")
    place = tmp_path / "mine.py"
    place.write_text("import beside_it\nvalue = beside_it.VALUE\n_hidden = 1\n")
    yield place
    sys.modules.pop("beside_it", None)


def test_a_name_is_found_and_files_beside_it_can_be_imported(file):
    assert named_object(f"{file}::value", "score") == 7


def test_the_folder_is_put_on_the_path_once(file):
    run_file(file, "score")
    run_file(file, "score")
    assert sys.path.count(str(file.parent)) == 1


def test_it_shadows_no_installed_module(tmp_path):
    place = tmp_path / "json.py"
    place.write_text("value = 1\n")
    assert named_object(f"{place}::value", "score") == 1
    import json

    assert json.loads("1") == 1


@pytest.mark.parametrize("name", ["valu", "_hidden"])
def test_a_name_that_is_not_there(file, name):
    with pytest.raises(UnknownNameError, match=r"the file has no .*value"):
        named_object(f"{file}::{name}", "score")


def test_a_missing_file_says_what_for(tmp_path):
    with pytest.raises(MissingFileError, match="for the score"):
        named_object(f"{tmp_path / 'no.py'}::x", "score")
    with pytest.raises(MissingFileError, match="for the genome"):
        existing(str(tmp_path), "genome")


def test_a_file_that_fails(tmp_path):
    place = tmp_path / "broken.py"
    place.write_text("raise RuntimeError('out of luck')\n")
    with pytest.raises(InputError, match="RuntimeError: out of luck"):
        run_file(place, "model")
    text = tmp_path / "mine.txt"
    text.write_text("x = 1")
    with pytest.raises(InputError, match=r"SCORE is FILE\.py::NAME"):
        run_file(text, "score")


def test_a_file_that_ends_the_program_is_a_fault_of_the_file(tmp_path):
    place = tmp_path / "ends.py"
    place.write_text("import sys\nsys.exit(4)\n")
    with pytest.raises(InputError, match="could not be run: SystemExit: 4"):
        run_file(place, "model")


def test_a_file_without_the_name(file):
    with pytest.raises(InputError, match=r"mine\.py names no score; write .*mine\.py::NAME"):
        named_object(str(file), "score")
    with pytest.raises(InputError, match="names no model"):
        named_object(f"{file}::", "model")


def test_modules_of_the_file_are_no_objects_of_its_own(file):
    with pytest.raises(UnknownNameError) as caught:
        named_object(f"{file}::beside_it", "score")
    assert list(caught.value.known) == ["value"]


@pytest.mark.parametrize(("value", "said"), [(3, "an int"), ("x", "a str"), (None, "a NoneType")])
def test_types_have_their_article(value, said):
    assert kind_of(value) == said


def test_only_the_fault_of_an_own_score_becomes_a_sentence(tmp_path):
    assert own_fault(ValueError("ours")) is None
    place = tmp_path / "mine.py"
    place.write_text("def score(ref, alt):\n    raise ValueError('too odd')\n")
    with pytest.raises(ValueError, match="too odd") as caught:
        named_object(f"{place}::score", "score")(1, 2)
    caught.value.add_note("raised by the score 'score', in the batch that begins with 20:1:G:A.")
    said = own_fault(caught.value)
    assert said is not None
    assert said.startswith("ValueError: too odd (mine.py, line 2), raised by the score 'score', ")

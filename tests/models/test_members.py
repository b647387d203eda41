from __future__ import annotations

import importlib.metadata

import pytest

from locuscope.errors import MissingExtraError, MissingFileError, OptionError, WeightsError
from locuscope.models import members
from locuscope.models.members import chosen_members, installed_place, member_files

NAMES = ["a.h5", "b.h5", "c.h5"]


@pytest.mark.parametrize(
    ("given", "found"),
    [(None, None), ("all", (0, 1, 2)), (2, (0, 1)), (3, (0, 1, 2)), ([2, 0], (2, 0)), ((1,), (1,))],
)
def test_members_are_all_a_count_or_a_list(given, found):
    assert chosen_members(given, 3) == found


@pytest.mark.parametrize("given", [0, 4, [3], [0, 0], [], "two", True, -1])
def test_other_members_are_refused(given):
    with pytest.raises(OptionError, match="a count from 1 to 3") as caught:
        chosen_members(given, 3)
    assert repr(given) in str(caught.value)


def test_an_absent_package_says_how_to_install_it(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(members, "distribution", absent)
    with pytest.raises(MissingExtraError, match=r"pip install --no-deps tool==1\.2") as caught:
        installed_place("tool", "1.2", "tool/w", reason="They come with", hint="name the file.")
    assert caught.value.extra == "tool"
    assert str(caught.value).count(". ") == 0


def test_a_file_of_an_installed_package_is_found():
    place = installed_place("numpy", "1", "numpy/__init__.py", reason="", hint="")
    assert place.is_file()


def make(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def test_files_lie_in_the_folder_or_in_that_of_the_package(tmp_path):
    make(tmp_path / "tool" / "models", NAMES)
    for place in (tmp_path / "tool", tmp_path / "tool" / "models"):
        found = member_files(place, NAMES, (2, 0), "models")
        assert [file.name for file in found] == ["c.h5", "a.h5"]
        assert all(file.is_file() for file in found)
    assert len(member_files(tmp_path / "tool", NAMES, None, "models")) == 3


def test_one_file_is_one_member(tmp_path):
    make(tmp_path, NAMES)
    assert member_files(tmp_path / "b.h5", NAMES, None, "models") == [tmp_path / "b.h5"]
    with pytest.raises(OptionError, match=r"b\.h5 is one member"):
        member_files(tmp_path / "b.h5", NAMES, (0,), "models")


def test_what_is_not_there_is_named(tmp_path):
    make(tmp_path / "models", NAMES[:2])
    with pytest.raises(WeightsError, match=r"does not hold a\.h5, b\.h5, c\.h5"):
        member_files(tmp_path, NAMES, None, "models")
    with pytest.raises(MissingFileError):
        member_files(tmp_path / "absent", NAMES, None, "models")

"""The exception tree: bases, codes, fields, pickling, and the helpers for close names."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locuscope import errors
from locuscope.errors import (
    LocuscopeError,
    LocuscopeWarning,
    closest,
    did_you_mean,
    examples,
    shown_path,
)

TABLE = {
    # class: (parents by name, fields of its own)
    "InputError": ("LocuscopeError ValueError", ""),
    "OptionError": ("InputError", "option value allowed"),
    "WrongTypeError": ("InputError TypeError", "argument found expected"),
    "ShapeError": ("InputError", "found expected"),
    "NonFiniteError": ("InputError", "where count first"),
    "FormatError": ("InputError", "path line column text"),
    "MissingFileError": ("InputError FileNotFoundError", "path"),
    "UnknownNameError": ("InputError KeyError", "name known closest"),
    "MissingContigError": ("UnknownNameError", ""),
    "UnknownAttributeError": ("UnknownNameError AttributeError", ""),
    "OutOfBoundsError": ("InputError IndexError", "interval contig_length"),
    "VariantError": ("InputError", "status path line"),
    "RefMismatchError": ("VariantError", "expected found"),
    "AssemblyMismatchError": ("InputError", "checked mismatched missing"),
    "StaleIndexError": ("InputError", "path index"),
    "CatalogError": ("InputError", "path row column"),
    "TrackMismatchError": ("InputError", "left right"),
    "EmptySelectionError": ("InputError", "criteria available"),
    "WeightsError": ("LocuscopeError RuntimeError", "path"),
    "UnsafeWeightsError": ("WeightsError", ""),
    "WeightsMismatchError": ("WeightsError", "missing unexpected shapes"),
    "ModelError": ("LocuscopeError RuntimeError", "batch region"),
    "HostMemoryError": ("LocuscopeError MemoryError", "needed_bytes"),
    "DeviceMemoryError": ("HostMemoryError", "window_bp tracks batch_size"),
    "StoreError": ("LocuscopeError OSError", "path errno"),
    "CorruptStoreError": ("StoreError", "part"),
    "LockedStoreError": ("StoreError BlockingIOError", "pid host since"),
    "StoreFullError": ("StoreError", "needed_bytes free_bytes"),
    "StoreTargetError": ("StoreError", ""),
    "StoreExistsError": ("StoreError FileExistsError", ""),
    "StoreVersionError": ("StoreError", "written_by"),
    "InputChangedError": ("StoreError", "field before after"),
    "JobError": ("LocuscopeError RuntimeError", "region worker"),
    "WorkerError": ("JobError", ""),
    "MessageError": ("LocuscopeError ValueError", "request_id wire_code limit"),
    "MissingExtraError": ("LocuscopeError ImportError", "extra"),
}
LEAVES = {
    "UnknownTrackFieldError": "UnknownNameError",
    "NoTracksError": "EmptySelectionError",
    "CatalogNotFoundError": "MissingFileError",
    "SequenceLengthError": "ShapeError",
}
WARNINGS = {
    "MemoryBackoffWarning": "LocuscopeWarning",
    "DataWarning": "LocuscopeWarning",
    "TrackQueryWarning": "DataWarning",
    "RunWarning": "LocuscopeWarning RuntimeWarning",
    "DeprecatedCallWarning": "LocuscopeWarning DeprecationWarning",
}
ALL = [LocuscopeError, *(getattr(errors, name) for name in (*TABLE, *LEAVES))]


def of(names: str) -> tuple[type, ...]:
    builtins = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
    return tuple(getattr(errors, name, None) or builtins[name] for name in names.split())


def test_the_table_is_the_whole_module():
    defined = {
        name
        for name, item in vars(errors).items()
        if inspect.isclass(item) and item.__module__ == errors.__name__
    }
    assert defined == {*TABLE, *LEAVES, *WARNINGS, "LocuscopeError", "LocuscopeWarning"}


@pytest.mark.parametrize("name", TABLE)
def test_bases_fields_and_code(name):
    cls = getattr(errors, name)
    parents, fields = TABLE[name]
    assert cls.__bases__ == of(parents)
    assert cls.__doc__
    stem = name.removesuffix("Error")
    assert cls.code == re.sub("(?<!^)([A-Z])", r"_\1", stem).lower()
    error = cls("what")
    for field in fields.split():
        assert getattr(error, field) is None


@pytest.mark.parametrize("name", LEAVES)
def test_leaves_keep_the_code_of_their_parent(name):
    cls, parent = getattr(errors, name), getattr(errors, LEAVES[name])
    assert cls.__bases__ == (parent,)
    assert cls.code == parent.code


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name):
    cls = getattr(errors, name)
    assert cls.__bases__ == of(WARNINGS[name])
    assert issubclass(cls, LocuscopeWarning)
    assert issubclass(cls, UserWarning)


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_text_fields_and_pickle(cls):
    error = cls(
        "no 'x' here;", hint="did you mean 'y'?", path="a/b", errno=28, name="x", extra_fact=3
    )
    error.add_note("row 7")
    pickled = pickle.loads(pickle.dumps(error))  # noqa: S301
    for twin in (error, pickled, copy.copy(error)):
        assert type(twin) is cls
        assert str(twin) == "no 'x' here; did you mean 'y'?"
        assert twin.message == "no 'x' here;"
        assert (twin.path, twin.errno, twin.name, twin.extra_fact) == ("a/b", 28, "x", 3)
        assert twin.__notes__ == ["row 7"]
    assert str(cls("alone")) == "alone"


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_one_positional_argument_only(cls):
    with pytest.raises(TypeError):
        cls(28, "No space left on device")


def test_key_errors_have_no_quotes_and_os_errors_keep_their_text():
    assert str(errors.UnknownNameError("no model 'x'.")) == "no model 'x'."
    full = errors.StoreFullError("no space.", errno=28, free_bytes=0)
    assert (str(full), full.errno, full.free_bytes) == ("no space.", 28, 0)
    with pytest.raises(OSError, match="no space"):
        raise full


def test_codes_are_unique_but_for_leaves():
    codes = [cls.code for cls in ALL if cls.__name__ not in LEAVES]
    assert len(codes) == len(set(codes))


def test_an_unknown_attribute_behaves_as_one():
    class Outputs:
        def __getattr__(self, name):
            raise errors.UnknownAttributeError(f"no head {name!r}.", name=name)

    assert not hasattr(Outputs(), "atak")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("1", ["chr2", "chr1", "chr11"], ("chr1",)),
        ("chrX", ["X", "chrY"], ("X", "chrY")),
        ("ATAC", ["dnase", "atac"], ("atac",)),
        ("atak", ["dnase", "cage", "atac"], ("atac",)),
        ("splice_site", ["splice_sites", "splice_junctions"], ("splice_sites",)),
        ("splice_junction", ["splice_sites", "splice_junctions"], ("splice_junctions",)),
        ("z", ["x", "y"], ()),
        ("assay", ["organism", "assay_title"], ("assay_title",)),
        ("biosampl", ["biosample_name", "strand"], ("biosample_name",)),
        ("life_stage", ["biosample_life_stage"], ("biosample_life_stage",)),
        ("as", ["assay_title"], ()),
        ("ample", ["biosample_name"], ()),
        ("anything", [], ()),
        ("aab", ["aac", "aad", "aae", "aaf"], ("aac", "aad", "aae")),
    ],
)
def test_closest(name, known, expected):
    assert closest(name, known) == expected


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=6))
def test_closest_gives_known_names_only_and_finds_the_name_itself(name, known):
    found = closest(name, known, n=2)
    assert set(found) <= set(known)
    assert len(found) <= 2
    if name in known:
        assert name.casefold() == found[0].casefold()


@given(st.text("acgt", min_size=3, max_size=6), st.integers(0, 5), st.sampled_from("acgt"))
def test_one_edit_is_always_close(name, place, letter):
    changed = name[: place % len(name)] + letter + name[place % len(name) + 1 :]
    assert closest(changed, [name]) == (name,)


def test_closest_stays_quick_on_many_names():
    known = [f"ENSG{i:011d}" for i in range(3000)]
    assert closest("ENSG00000000007.", known)[0] == "ENSG00000000007"


def test_examples_and_did_you_mean():
    assert examples([]) == ""
    assert examples(["a", "b"]) == "'a', 'b'"
    assert examples(range(6)) == "0, 1, 2, 3, 4 and 1 more"
    assert examples(range(9), limit=2) == "0, 1 and 7 more"
    assert did_you_mean("x1", []) == "none is known."
    assert did_you_mean("qqqq", ["human"]) == "known: 'human'."


@pytest.mark.parametrize("home", ["/home/ada", "/home/ada/"])
@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_shown_path_hides_the_home_folder_only(home, monkeypatch):
    monkeypatch.setenv("HOME", home)
    for path, shown in (
        ("/home/ada/genomes/x.fa", "~/genomes/x.fa"),
        (Path("/home/ada"), "~"),
        ("/home/adam/x.fa", "/home/adam/x.fa"),
        ("/data/home/ada/x.fa", "/data/home/ada/x.fa"),
        ("x.fa", "x.fa"),
        ("-", "-"),
    ):
        assert shown_path(path) == shown


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_shown_path_where_the_home_folder_is_the_root(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    assert shown_path("/data/x.fa") == "/data/x.fa"

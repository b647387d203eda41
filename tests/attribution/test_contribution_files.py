from __future__ import annotations

import gzip

import h5py
import numpy as np
import pytest

from locuscope.attribution.contribution_files import save, save_parts
from locuscope.attribution.contribution_values import Contributions
from locuscope.attribution.contributions import contributions
from locuscope.errors import (
    DataWarning,
    EmptySelectionError,
    FormatError,
    InputError,
    MissingFileError,
    NonFiniteError,
    OptionError,
    ShapeError,
)
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot
from tests.attribution.reference import network, sequences

TEXTS = ["ACGTNACGTA", "TTTTGGGGCC", "NACGTTGCAN"]
PLACES = tuple(Interval("1", 100 * i, 100 * i + 10, "+", name=f"p{i}") for i in range(3))


def made(places=PLACES, **more):
    values = np.random.default_rng(0).normal(size=(3, 4, 10))
    return Contributions(values, one_hot(TEXTS), intervals=places, **more)


@pytest.mark.parametrize("suffix", ["npz", "h5"])
@pytest.mark.parametrize("places", [PLACES, None])
def test_files_come_back_as_they_were(tmp_path, suffix, places):
    given = made(
        places,
        method="deeplift",
        target="Target()",
        delta=np.ones((3, 2)),
        change=np.full((3, 2), 0.5),
        provenance={"model": "toy", "seed": 3},
        notes=("a note",),
    )
    found = Contributions.open(given.save(tmp_path / f"found.{suffix}"))
    np.testing.assert_array_equal(found.values, given.values)
    np.testing.assert_array_equal(found.sequences, given.sequences)
    np.testing.assert_array_equal(found.delta, given.delta)
    np.testing.assert_array_equal(found.change, given.change)
    for name in ("kind", "method", "target", "intervals", "notes", "provenance"):
        assert getattr(found, name) == getattr(given, name)


def test_the_file_of_hit_calling(tmp_path):
    path = save(made(), tmp_path / "a.npz")
    again = save(made(), tmp_path / "b.npz")
    assert path.read_bytes() == again.read_bytes()
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["sequences"].dtype == np.int8 and arrays["sequences"].shape == (3, 4, 10)
        assert arrays["contributions"].dtype == np.float32
        assert arrays["chr"].dtype.kind == "U" and arrays["chr_id"].dtype == np.int64
        assert arrays["start"].dtype == np.int32 and arrays["peak_id"].dtype == np.uint32
        assert arrays["peak_name"].tolist() == ["p0", "p1", "p2"]
    flat = save(made().project(), tmp_path / "c.npz")
    with np.load(flat) as arrays:
        assert arrays["contributions"].shape == (3, 10)
    found = Contributions.open(flat)
    assert found.kind == "projected"
    np.testing.assert_array_equal(found.values, made().project().values)


def test_half_precision(tmp_path):
    given = made()
    found = Contributions.open(save(given, tmp_path / "half.npz", dtype="float16"))
    np.testing.assert_allclose(found.values, given.values, rtol=2**-10)
    with pytest.raises(NonFiniteError, match="65,504"):
        save(
            Contributions(given.values * 1e6, given.sequences), tmp_path / "x.npz", dtype="float16"
        )
    tiny = Contributions(given.values * 1e-7, given.sequences)
    with pytest.warns(DataWarning, match="loses digits"):
        save(tiny, tmp_path / "y.npz", dtype="float16")
    assert not (tmp_path / "x.npz").exists()


def test_bedgraph_equals_the_values(tmp_path):
    given = made()
    for one in (given, given.reverse_complement()):
        path = save(one, tmp_path / "found.bedgraph")
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        assert len(rows) == 27 and rows == sorted(rows, key=lambda row: int(row[1]))
        for chrom, start, end, value in rows:
            example, position = divmod(int(start), 100)
            assert chrom == "1" and int(end) == int(start) + 1
            np.testing.assert_allclose(float(value), given.per_base()[example, position], rtol=1e-6)


def test_bases_in_two_examples(tmp_path):
    values = np.ones((2, 4, 3)) * np.array([1, 3])[:, None, None]
    places = (Interval("1", 0, 3), Interval("1", 1, 4))
    given = Contributions(values, one_hot(["AAA", "AAA"]), intervals=places)
    with pytest.raises(InputError, match="2 bases stand in several"):
        save(given, tmp_path / "a.bedgraph")
    for overlap, expected in (("mean", [1, 2, 2, 3]), ("first", [1, 1, 1, 3])):
        path = save(given, tmp_path / "a.bedgraph", overlap=overlap)
        assert [float(line.split()[3]) for line in path.read_text().splitlines()] == expected


@pytest.mark.parametrize("suffix", ["tsv", "tsv.gz"])
def test_tables_have_one_row_per_example(tmp_path, suffix):
    given = made()
    path = save(given, tmp_path / f"found.{suffix}")
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if suffix == "tsv.gz" else raw).decode().splitlines()
    header, *rows = [line.split("\t") for line in lines]
    assert header[:2] == ["grads/sequence/0", "grads/sequence/1"]
    assert header[40:] == [f"metadata/ranges/{name}" for name in ("chr", "end", "start", "strand")]
    values = np.array([row[:40] for row in rows], np.float32)
    np.testing.assert_array_equal(values, given.values.reshape(3, -1))
    assert rows[2][40:] == ["1", "210", "200", "+"]


def test_results_of_the_verb_are_written(tmp_path):
    found = contributions(
        network(), sequences(), method="deeplift", n_references=2, target=0, device="cpu"
    )
    back = Contributions.open(found.save(tmp_path / "found.h5"))
    np.testing.assert_array_equal(back.values, found.values)
    assert back.provenance["references"] == "shuffle" and back.notes == found.notes


@pytest.mark.fault("J1")
def test_files_that_are_broken(tmp_path):
    path = save(made(), tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FormatError, match=r"a\.npz is no \.npz"):
        Contributions.open(path)
    np.savez(tmp_path / "b.npz", sequences=np.array([object()]), contributions=np.zeros(3))
    with pytest.raises(FormatError, match="plain arrays"):
        Contributions.open(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", sequences=one_hot(TEXTS))
    with pytest.raises(FormatError, match="has no 'contributions'"):
        Contributions.open(tmp_path / "c.npz")
    turned = one_hot(TEXTS).transpose(0, 2, 1)
    np.savez(tmp_path / "d.npz", sequences=turned, contributions=turned)
    with pytest.raises(ShapeError, match="transposed"):
        Contributions.open(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", sequences=one_hot(TEXTS), contributions=np.zeros((3, 4, 9)))
    with pytest.raises(ShapeError, match="do not fit"):
        Contributions.open(tmp_path / "e.npz")
    half = one_hot(TEXTS) * 0.5
    np.savez(tmp_path / "f.npz", sequences=half, contributions=half)
    with pytest.raises(InputError):
        Contributions.open(tmp_path / "f.npz")
    (tmp_path / "g.h5").write_bytes(b"\x89HDF nonsense")
    with pytest.raises(FormatError, match="no HDF5 file"):
        Contributions.open(tmp_path / "g.h5")
    with pytest.raises(MissingFileError):
        Contributions.open(tmp_path / "nothing.npz")


@pytest.mark.fault("V4")
def test_files_that_cannot_be_written(tmp_path):
    with pytest.raises(OptionError, match="must end in"):
        save(made(), tmp_path / "a.csv")
    with pytest.raises(OptionError, match=r"belongs to \.npz"):
        save(made(), tmp_path / "a.h5", dtype="float16")
    with pytest.raises(InputError, match="no places"):
        save(made(None), tmp_path / "a.bedgraph")
    tracks = Contributions(np.zeros((2, 3, 4, 10)), one_hot(TEXTS), tracks=("a", "b"))
    with pytest.raises(OptionError, match="choose among 2"):
        save(tracks, tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_the_content_says_what_a_file_is(tmp_path):
    given = made()
    for suffix in ("npz", "h5", "zarr"):
        path = given.save(tmp_path / f"a.{suffix}")
        other = path.rename(tmp_path / f"{suffix}.other")
        np.testing.assert_array_equal(Contributions.open(other).values, given.values)
        with pytest.raises(OptionError, match="holds its own bases"):
            Contributions.open(other, sequences=TEXTS)
    for name, content, words in (
        ("a.npz", b"\x80\x04\x95", "a pickle, which could run code"),
        ("a.npy", b"\x93NUMPY\x01", "a single array of numpy"),
        ("a.h5", b"", r"a\.h5 is no HDF5 file"),
        ("a.txt", b"hello", "an unknown format"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FormatError, match=words):
            Contributions.open(tmp_path / name)


def test_parts_are_written_as_the_whole(tmp_path):
    given = made(notes=("a note",))
    for name in ("a.npz", "a.bedgraph", "a.bed"):
        whole = given.save(tmp_path / name).read_bytes()
        parts = save_parts(iter([given[:1], given[1:]]), tmp_path / f"parts-{name}")
        assert parts.read_bytes() == whole
    with pytest.raises(EmptySelectionError, match="no contributions to write"):
        save_parts([], tmp_path / "b.h5")
    with pytest.raises(OptionError, match=r"belongs to \.bedgraph, \.bigwig, \.bw; got h5"):
        save_parts([given], tmp_path / "b.h5", overlap="mean")
    assert not (tmp_path / "b.h5").exists()


def test_an_empty_table_is_no_file_with_bases(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("")
    with pytest.raises(FormatError, match="no file of contributions"):
        Contributions.open(path, sequences=["ACGT"])


def test_a_damaged_size_beyond_all_memory(tmp_path):
    path = made(delta=np.zeros((3, 2)), change=np.zeros((3, 2))).save(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["delta"].resize(2**46, axis=0)
    with pytest.raises(FormatError, match="no HDF5 file of contributions"):
        Contributions.open(path)

"""FastaFile: bases as they stand, one answer whatever the index, handles that open again."""

from __future__ import annotations

import pickle
import warnings

import pytest

from locuscope.errors import FormatError, MissingFileError
from locuscope.genome.fasta_file import INDEX_MODES, FastaFile
from tests.genome.fasta_files import TOY, bgzip, fasta, plain_gzip

CONTENT = {
    "x.fa": fasta(TOY),
    "x.fa.gz": bgzip(fasta(TOY), block=150),
    "x.fa.bgz": bgzip(fasta(TOY)),
}


@pytest.fixture(params=CONTENT)
def path(request, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tmp_path / request.param
    place.write_bytes(CONTENT[request.param])
    return place


@pytest.mark.parametrize("mode", INDEX_MODES)
def test_bases_and_lengths_whatever_the_index(path, mode):
    file = FastaFile(path, index=mode)
    assert list(file.lengths().items()) == [(name, len(text)) for name, text in TOY.items()]
    for name, text in TOY.items():
        assert file.read(name, 0, len(text)).decode() == text
        assert file.read(name, 1, 3).decode() == text[1:3]
    is_cached = mode == "cache"
    assert (path.parent / "cache").exists() == is_cached
    assert (path.parent / f"{path.name}.fai").exists() != is_cached


def test_the_index_is_built_once(path):
    FastaFile(path).lengths()
    index = path.parent / f"{path.name}.fai"
    before = index.stat().st_mtime_ns
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert FastaFile(path, index="check").read("chr2", 0, 5).decode() == TOY["chr2"][:5]
    assert index.stat().st_mtime_ns == before


def test_a_closed_file_opens_again(path):
    file = FastaFile(path)
    first = file.read("chr1", 3, 9)
    file.close()
    file.close()
    assert file.read("chr1", 3, 9) == first


def test_a_copy_by_pickle_opens_its_own_handle(path):
    file = FastaFile(path)
    file.read("chr1", 0, 1)
    packed = pickle.dumps(file)
    assert len(packed) < 1_000
    twin = pickle.loads(packed)  # noqa: S301 - our own bytes
    assert twin.read("chr2", 0, 120).decode() == TOY["chr2"]


def test_the_fingerprint_tells_contents_apart(path):
    other = path.with_name(f"other{path.name}")
    other.write_bytes(path.read_bytes())
    assert FastaFile(path).fingerprint() == FastaFile(other).fingerprint()
    changed = fasta(TOY | {"scaffold_3": "ACGTA"})
    other.write_bytes(changed if path.suffix == ".fa" else bgzip(changed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the index beside it is now that of another file
        assert FastaFile(path).fingerprint() != FastaFile(other).fingerprint()


def test_each_state_of_a_file_has_its_own_cached_index(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "x.fa"
    for records in (TOY, {"one": "ACGT"}):
        path.write_bytes(fasta(records))
        assert list(FastaFile(path, index="cache").lengths()) == list(records)
    assert len(list((tmp_path / "cache" / "locuscope" / "indexes").glob("*.fai"))) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.fa.gz", fasta(TOY), "is plain text; rename it without .gz"),
        ("x.fa", bgzip(fasta(TOY)), "is bgzip; rename it so that it ends in .gz"),
        ("x.fa.gz", plain_gzip(fasta(TOY)), "recompress with bgzip"),
        ("x.fa", b"", "is empty"),
    ],
)
def test_names_and_contents_that_do_not_fit(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FormatError, match=words):
        FastaFile(path).lengths()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_missing_file_is_said_at_once(tmp_path):
    with pytest.raises(MissingFileError):
        FastaFile(tmp_path / "none.fa")

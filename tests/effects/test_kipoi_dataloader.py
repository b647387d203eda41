"""Models and their inputs under the published names, and batches of any loader."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from locuscope.effects.kipoi import default_dataloader, default_vcf_id_gen, get_model
from locuscope.effects.kipoi.batches import model_batches
from locuscope.effects.kipoi.records import Record, records_of, variant_of
from locuscope.effects.windows.model_batches import ModelBatch
from locuscope.errors import InputError, OptionError, ShapeError, UnknownNameError, WrongTypeError
from locuscope.genome.interval import Interval
from locuscope.genome.sequence import one_hot, reverse_complement
from locuscope.genome.variant import Variant
from locuscope.genome.variant_table import VariantTable
from locuscope.models.protocol import InputSpec
from locuscope.models.zoo import load_model
from tests.effects import toy

WIDTH = toy.WIDTH
PLACES = [Interval("1", 10 * k, 10 * k + WIDTH, "+-"[k % 2], f"r{k}") for k in range(5)]


@pytest.fixture(scope="module")
def model():
    return toy.model()


@pytest.fixture
def files(tmp_path):
    fasta, bed = tmp_path / "toy.fa", tmp_path / "windows.bed"
    text = toy.sequence()
    fasta.write_text(f">1\n{text}\n>2\n{text[::-1]}\n")
    bed.write_text("".join(f"1\t{p.start}\t{p.end}\t{p.name}\t0\t{p.strand}\n" for p in PLACES))
    return {"fasta_file": str(fasta), "intervals_file": str(bed)}


class TestGetModel:
    def test_by_name_and_as_it_is(self, model):
        assert get_model("cispliceai") is load_model("cispliceai")
        assert get_model(model) is model
        assert get_model("cispliceai", "dir") is load_model("cispliceai")

    def test_anything_else_is_refused(self):
        with pytest.raises(UnknownNameError, match="cispliceai"):
            get_model("cisplicai")
        with pytest.raises(WrongTypeError, match="SequenceModel"):
            get_model(3)


class TestDefaultLoader:
    def test_batches_hold_the_bases_of_their_places(self, model, files):
        batches = list(default_dataloader(model)(**files, batch_size=2))
        assert [len(batch["inputs"]["sequence"]) for batch in batches] == [2, 2, 1]
        ranges = batches[1]["metadata"]["ranges"]
        assert ranges["id"].tolist() == ["r2", "r3"]
        assert ranges["strand"].tolist() == ["+", "-"]
        assert (ranges["start"].tolist(), ranges["end"].tolist()) == ([20, 30], [60, 70])
        read = np.concatenate([batch["inputs"]["sequence"] for batch in batches])
        for row, place in zip(read, PLACES, strict=True):
            bases = one_hot(toy.sequence()[place.start : place.end])
            expected = reverse_complement(bases) if place.strand == "-" else bases
            np.testing.assert_array_equal(row, expected)

    def test_it_may_be_read_again_and_in_other_sizes(self, model, files):
        loader = default_dataloader(model)(**files)
        assert [len(b["metadata"]["ranges"]["chr"]) for b in loader.iterator()] == [5]
        assert len(list(loader.batch_iter(batch_size=1, num_workers=0))) == 5
        assert len(list(loader)) == 1

    def test_intervals_and_a_genome_in_memory(self, model, files):
        given = default_dataloader("dnase")
        assert given.model.name == "dnase"
        loader = default_dataloader(model)(toy.genome(), PLACES[:1], 7)
        (batch,) = loader
        (same,) = default_dataloader(model)(files["fasta_file"], PLACES[:1])
        np.testing.assert_array_equal(batch["inputs"]["sequence"], same["inputs"]["sequence"])

    def test_the_axes_that_the_model_states(self, files):
        class Turned:
            inputs = (InputSpec("seq", axes="NLA"),)
            name, heads, window_bp = "turned", {}, None

            def check_length(self, length_bp):
                pass

        (batch,) = default_dataloader(Turned())(**files)
        assert batch["inputs"]["seq"].shape == (5, WIDTH, 4)

    def test_several_inputs(self):
        model = load_model("mtsplice")
        place = Interval("20", 2_577_900, 2_578_000, "+")
        from locuscope import demo

        (batch,) = default_dataloader(model)(demo.genome(), [place])
        shapes = {name: array.shape for name, array in batch["inputs"].items()}
        assert shapes == {spec.name: (1, 4, spec.length_bp) for spec in model.inputs}

    def test_intervals_of_another_width(self, model):
        loader = default_dataloader(model)(toy.genome(), [Interval("1", 0, 41)])
        with pytest.raises(ShapeError, match="40 bases; got 41"):
            list(loader)

    def test_without_intervals(self, model, files):
        with pytest.raises(OptionError, match="give intervals_file"):
            list(default_dataloader(model)(files["fasta_file"]))

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_batch_holds_something(self, model, files, size):
        with pytest.raises(OptionError, match="at least 1 example"):
            default_dataloader(model)(**files, batch_size=size)

    def test_inputs_that_are_no_bases_need_another_loader(self):
        odd = SimpleNamespace(
            name="odd", heads={}, window_bp=4, inputs=(InputSpec("seq"), InputSpec("dist", "array"))
        )
        with pytest.raises(OptionError, match="odd reads dist beside the bases"):
            default_dataloader(odd)


class TestBatches:
    def batch(self, **ranges):
        given = {"chr": ["1", "1"], "start": [0, 5], "end": [40, 45], **ranges}
        bases = np.zeros((2, 4, 40), np.float32)
        return {"inputs": bases, "metadata": {"ranges": given}}

    def test_the_published_form(self, model):
        (found,) = model_batches([self.batch(strand=["*", "-"])], model)
        assert list(found.intervals) == [Interval("1", 0, 40), Interval("1", 5, 45, "-")]
        (found,) = model_batches(iter([self.batch(strand="+")]), model)
        assert [place.strand for place in found.intervals] == ["+", "+"]
        (found,) = model_batches([self.batch()], model)
        assert [place.strand for place in found.intervals] == [".", "."]

    def test_inputs_as_a_mapping_and_as_a_list(self):
        two = load_model("mtsplice")
        arrays = [np.zeros((2, 4, 400)), np.ones((2, 4, 400))]
        for given in (arrays, dict(zip(["acceptor", "donor"], arrays, strict=True))):
            (found,) = model_batches([{**self.batch(), "inputs": given}], two)
            assert list(found.inputs) == ["acceptor", "donor"]
            assert found.inputs["donor"].min() == 1

    def test_ours_pass_unchanged(self, model):
        ours = ModelBatch(np.zeros((1, 4, 40)), [Interval("1", 0, 40)])
        assert list(model_batches([ours], model)) == [ours]

    def test_other_things_are_refused(self, model):
        with pytest.raises(InputError, match="batch 1 of the data loader has"):
            list(model_batches([self.batch(), {"inputs": 3}], model))
        with pytest.raises(InputError, match="ranges of batch 0 need chr, start and end"):
            list(model_batches([{"inputs": 3, "metadata": {"ranges": {"chr": []}}}], model))
        with pytest.raises(WrongTypeError, match="iterable of batches; got int"):
            list(model_batches(3, model))


class TestRecords:
    def test_rows_as_records(self):
        table = VariantTable.from_variants(
            [Variant("1", 5, "A", "C", "rs1"), Variant("1", 9, "AT", "A")]
        )
        first, second = records_of(table)
        assert first == Record("1", 5, "rs1", "A", ["C"])
        assert second == Record("1", 9, ".", "AT", ["A"])
        assert default_vcf_id_gen(first) == "1:5:A:['C']"
        assert default_vcf_id_gen(second, "_") == "1_9_AT_['A']"

    def test_records_as_variants(self):
        record = Record("1", 5, ".", "A", ["C", "T"])
        assert variant_of(record) == Variant("1", 5, "A", "C")
        own = Variant("1", 5, "A", "C")
        assert variant_of(own) is own
        with pytest.raises(WrongTypeError, match="CHROM, POS, REF and ALT"):
            variant_of(Record("1", 5, ".", "A", []))

"""The published calls that predict and compare: the first half of `SeqNNModel`."""

# ruff: noqa: FBT001, FBT002, PLR0917 - the published signatures are positional

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from locuscope.attribution.activations import activations
from locuscope.attribution.layer_gradients import layer_values
from locuscope.attribution.layer_passes import INPUT
from locuscope.attribution.seqnn_accuracy import Accuracy, losses_of, require_targets
from locuscope.attribution.seqnn_batches import one_batch, read_whole
from locuscope.attribution.seqnn_genes import gene_seqs_of, require_rows, transcripts
from locuscope.attribution.seqnn_gradients import layer_names, layer_numbers, units_last
from locuscope.attribution.seqnn_head import SHIFTS, OneHeadModel, listed, plain
from locuscope.attribution.seqnn_predictions import Asked, listed_views, views_of
from locuscope.attribution.units import first_axis
from locuscope.errors import OptionError
from locuscope.genome.interval import whole_number
from locuscope.inference.measured_batches import TestBatch, measured
from locuscope.inference.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from locuscope.attribution.seqnn_batches import SequenceBatch
    from locuscope.inference.ensemble import Ensemble


class PredictionCalls(OneHeadModel):
    """Predictions, hidden layers and accuracy over a batcher."""

    def predict_h5_manual(
        self,
        sess: object,
        batcher: object,
        rc: bool = False,
        shifts: Sequence[int] = SHIFTS,
        mc_n: int = 0,
        target_indexes: Sequence[int] | None = None,
        return_var: bool = False,
        return_all: bool = False,
        down_sample: int = 1,
        embed_penultimate: bool = False,
        test_batches: int | None = None,
        dtype: str = "float32",
    ) -> Any:
        """Predict a batcher, averaged over views.

        Args:
            sess: not used.
            batcher: sequences.
            rc: also the reverse complement.
            shifts: by how many bases sequences are moved, one view each.
            mc_n: samples of dropout; 0 = none.
            target_indexes: places of tracks; None = all.
            return_var: also the variance over the views, ddof 1.
            return_all: also every view.
            down_sample: keep every so many bins.
            embed_penultimate: what enters the last linear layer instead of the tracks.
            test_batches: only so many batches.
            dtype: "float16", "float32" or "float64".

        Returns:
            (S, P, T); with `return_var` or `return_all` a tuple with (S, P, T) and (S, P, T, views)
            behind it.
        """
        del sess
        asked = Asked(
            tracks=listed(target_indexes),
            return_var=return_var,
            return_all=return_all,
            down_sample=down_sample,
            is_embedding=embed_penultimate,
            dtype=dtype,
        )
        x = read_whole(self._head.model, batcher, test_batches).x
        return plain(self._head.predict(x, views_of(rc, shifts, mc_n), asked))

    def predict_h5(
        self,
        sess: object,
        batcher: object,
        test_batches: int | None = None,
        return_var: bool = False,
        return_all: bool = False,
    ) -> Any:
        """As `predict_h5_manual`, with the views of the constructor."""
        del sess
        asked = Asked(return_var=return_var, return_all=return_all)
        x = read_whole(self._head.model, batcher, test_batches).x
        return plain(self._head.predict(x, self._views, asked))

    def predict_tfr(
        self,
        sess: object,
        test_batches: int | None = None,
        sample: float = 1.0,
        return_var: bool = False,
        return_all: bool = False,
        dataset: object = None,
    ) -> Any:
        """As `predict_h5` over a TFRecord test set.

        Args:
            sess: not used.
            test_batches: only so many batches.
            sample: share of the bins, evenly spaced.
            return_var: also the variance over the views.
            return_all: also every view.
            dataset: the test set.

        Raises:
            OptionError: no `dataset`.
        """
        del sess
        x = read_whole(self._head.model, given(dataset, "predict_tfr"), test_batches).x
        asked = Asked(return_var=return_var, return_all=return_all, sample=share(sample))
        return plain(self._head.predict(x, self._views, asked))

    def predict_genes(
        self,
        sess: object,
        batcher: object,
        gene_seqs: object,
        rc: bool = False,
        shifts: Sequence[int] = SHIFTS,
        mc_n: int = 0,
        target_indexes: Sequence[int] | None = None,
        tss_radius: int = 0,
        embed_penultimate: bool = False,
        test_batches_per: int = 256,
        dtype: str = "float32",
    ) -> NDArray[Any]:
        """Predict transcription starts: the sum of the bins around each.

        Args:
            sess: not used.
            batcher: the sequences of `gene_seqs`, in that order.
            gene_seqs: GeneSeq items, or a gene file.
            rc: as `predict_h5_manual`.
            shifts: likewise.
            mc_n: likewise.
            target_indexes: likewise.
            tss_radius: bins on each side of the bin of a start.
            embed_penultimate: as `predict_h5_manual`.
            test_batches_per: batches whose predictions are held at once. Samples of dropout belong
                to the places of sequences in the whole call, so with `mc_n` all are held.
            dtype: as `predict_h5_manual`.

        Returns:
            (transcripts, T); NaN where a bin is missing.

        Raises:
            ShapeError: other sequences than those of `gene_seqs`.
        """
        del sess
        views = views_of(rc, shifts, mc_n)
        asked = Asked(tracks=listed(target_indexes), is_embedding=embed_penultimate)
        seqs, radius = gene_seqs_of(gene_seqs), whole_number(tss_radius, "tss_radius")
        found: list[NDArray[np.float32]] = []
        n_done = 0
        for part in self._groups(batcher, None if mc_n else test_batches_per):
            own = seqs[n_done : n_done + len(part.x)]
            require_rows(len(part.x), own, part.x.shape[-1])
            head = self._head.embedding(part.x.shape[-1]) if embed_penultimate else self._head
            preds = self._head.predict(part.x, views, asked)[0]
            found.append(
                transcripts(preds, own, head.spec, resolution_bp=head.resolution_bp, radius=radius)
            )
            n_done += len(own)
        if n_done < len(seqs):
            require_rows(n_done, seqs, seqs[0].interval.width)
        return np.concatenate(found).astype(dtype)

    def hidden(
        self,
        sess: object,
        batcher: object,
        layers: Sequence[int] | None = None,
        test_batches: int | None = None,
    ) -> tuple[dict[int, NDArray[np.float32]], NDArray[Any]]:
        """Give hidden layers and predictions.

        Args:
            sess: not used.
            batcher: sequences.
            layers: 0 = the sequence, k = the k-th convolution block; None = all of them.
            test_batches: only so many batches.

        Returns:
            layer -> (S, P, U) float32, and predictions (S, P, T).

        Raises:
            OptionError: a block that the network does not have.
            ShapeError: a layer that holds both strands of each sequence on its first axis.
        """
        del sess
        x = read_whole(self._head.model, batcher, test_batches).x
        known = self.block_names(x)
        numbers = tuple(range(len(known) + 1)) if layers is None else layer_numbers(layers)
        names = layer_names(known, numbers, self._head.model.name)
        inner = [name for name in names if name != INPUT]
        held: dict[str, Any] = {INPUT: x, **self._layers_of(x, inner)}
        for name in inner:
            first_axis(torch.from_numpy(held[name]), len(x), name)
        pairs = zip(numbers, names, strict=True)
        found = {number: units_last(held[name], name, 3) for number, name in pairs}
        return found, self._head.predict(x, self._views, Asked())[0]

    def test_h5(self, sess: object, batcher: object, test_batches: int | None = None) -> Accuracy:
        """Compare predictions with targets, with the views of the constructor.

        Raises:
            OptionError: a batcher without targets.
        """
        del sess
        batch = read_whole(self._head.model, batcher, test_batches)
        return self._accuracy(batch, self._views, "test_h5")

    def test_h5_manual(
        self,
        sess: object,
        batcher: object,
        rc: bool = False,
        shifts: Sequence[int] = SHIFTS,
        mc_n: int = 0,
        test_batches: int | None = None,
    ) -> Accuracy:
        """Compare predictions averaged over views with targets; options as `predict_h5_manual`."""
        del sess
        batch = read_whole(self._head.model, batcher, test_batches)
        return self._accuracy(batch, views_of(rc, shifts, mc_n), "test_h5_manual")

    def test_tfr(
        self,
        sess: object,
        dataset: object,
        handle_ph: object = None,
        test_batches: int | None = None,
        sample: float = 1.0,
    ) -> Accuracy:
        """As `test_h5` over a TFRecord test set.

        Args:
            sess: not used.
            dataset: the test set.
            handle_ph: not used.
            test_batches: only so many batches.
            sample: share of the positions of each sequence that count, drawn with seed 0.
        """
        del sess, handle_ph
        batch = read_whole(self._head.model, given(dataset, "test_tfr"), test_batches)
        return self._accuracy(batch, self._views, "test_tfr", share(sample))

    def _predict_ensemble(
        self,
        sess: object,
        fd: object,
        Xb: Any,
        ensemble_fwdrc: Iterable[object],
        ensemble_shifts: Sequence[int],
        mc_n: int,
        ds_indexes: Sequence[int] | None = None,
        target_indexes: Sequence[int] | None = None,
        return_var: bool = False,
        return_all: bool = False,
        embed_penultimate: bool = False,
    ) -> Any:
        """Predict one batch, averaged over views.

        Args:
            sess: not used.
            fd: not used.
            Xb: (N, L, 4) or (N, 4, L).
            ensemble_fwdrc: for every view whether it is the forward strand.
            ensemble_shifts: for every view its shift.
            mc_n: samples of dropout.
            ds_indexes: places of bins that are kept; None = all.
            target_indexes: places of tracks; None = all.
            return_var: also the variance over the views.
            return_all: also every view.
            embed_penultimate: what enters the last linear layer.

        Returns:
            As `predict_h5_manual`.
        """
        del sess, fd
        asked = Asked(
            tracks=listed(target_indexes),
            return_var=return_var,
            return_all=return_all,
            is_embedding=embed_penultimate,
        )
        views = listed_views(ensemble_fwdrc, ensemble_shifts, mc_n)
        found = self._head.predict(one_batch(self._head.model, Xb), views, asked)
        if ds_indexes is not None:
            n_bins = found[0].shape[1]
            bins = [whole_number(place, "ds_indexes") for place in ds_indexes]
            if not all(0 <= place < n_bins for place in bins):
                raise OptionError(
                    f"ds_indexes is {bins}; there are {n_bins} bins.",
                    option="ds_indexes",
                    value=bins,
                    allowed=range(n_bins),
                )
            found = [array[:, bins] for array in found]
        return plain(found)

    def _layers_of(self, x: NDArray[Any], names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """What layers hold in one pass of the organism."""
        model, organism = self._head.model, self._head.organism
        if not names:
            return {}
        if not organism:
            return activations(model, x, names, run=self._head.run)
        target = Target(self._head.spec.name, resolution_bp=self._head.resolution_bp or None)
        found = layer_values(model, x, names, target, organism=organism, run=self._head.run)
        return found.activations

    def _accuracy(
        self, batch: SequenceBatch, views: Ensemble, call: str, sample: float | None = None
    ) -> Accuracy:
        y = require_targets(batch.y, call)
        preds = self._head.predict(batch.x, views, Asked())[0]
        targets, na = measured(TestBatch(batch.x, y, batch.na), preds, self._choice, 0)
        loss, per_track = losses_of(targets, preds, na, self._loss)
        return Accuracy(targets, preds, na, loss, per_track, sample=sample)


def given(dataset: object, call: str) -> object:
    """Refuse a call without a test set.

    Raises:
        OptionError: None.
    """
    if dataset is None:
        raise OptionError(
            f"{call} needs a test set: dataset=TFRecordTestSet(folder).",
            option="dataset",
            value=None,
        )
    return dataset


def share(sample: float) -> float | None:
    """The share of bins; None for all of them."""
    return None if sample == 1 else sample

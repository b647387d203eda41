"""`SeqNNModel`: the published calls of sequence networks over any model.

The first argument of each call, `sess`, runs networks in another library; it is accepted and not
used.
"""

# ruff: noqa: FBT001, FBT002, PLR0917 - the published signatures are positional

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from locuscope.attribution.seqnn_batches import one_batch, read_whole
from locuscope.attribution.seqnn_calls import PredictionCalls
from locuscope.attribution.seqnn_genes import gene_seqs_of
from locuscope.attribution.seqnn_gradients import (
    layer_names,
    layer_numbers,
    mean_and_views,
    start_gradients,
    track_gradients,
)
from locuscope.attribution.seqnn_head import SHIFTS
from locuscope.attribution.seqnn_predictions import Asked, listed_views, views_of
from locuscope.errors import OptionError
from locuscope.inference.moments import running_mean, running_varsum

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

_CENTER = "center_published"


class SeqNNModel(PredictionCalls):
    """The published face of a model: predictions, accuracy and gradients over a batcher.

    A batcher is an iterable of x, (x, y) or (x, y, na), x one-hot (N, 4, L) or texts, such as a
    test set; or an object with `next`, `empty` and `reset`, whose tuples hold (N, L, 4). Each call
    reads it once from its start. Results are (S, P, T), views on a last axis.

    Args:
        model: any `SequenceModel`.
        head: the output; None = the only one.
        resolution_bp: bases per bin; None = the finest.
        organism: index or name; None = 0.
        loss: (predictions, targets) -> number or array, of float32 tensors; None = what fits the
            head: Poisson's, cross-entropy, or the squared error.
        ensemble: views of the calls that have no options for them; None = one.
        blocks: names of the layers that count as convolution blocks; None = every convolution
            of a pass, with the norm, activation, dropout and pool that follow it.
        run: device and batch size.

    Raises:
        OptionError: several heads and none named.
        UnknownNameError: no such head.

    >>> from locuscope import load_model
    >>> SeqNNModel(load_model("dnase")).predict_h5_manual(None, [["ACGT" * 128]]).ndim
    3
    """

    def build_grads(self, layers: Sequence[int] = (0,), center: bool = False) -> None:
        """Say what `gradients` will give.

        Args:
            layers: 0 = the sequence, k = the k-th convolution block.
            center: differentiate the published centre bins (P//2 and P//2 + 1) instead of all.
        """
        self._layers, self._is_centred = layer_numbers(layers), bool(center)

    def build_grads_genes(self, gene_seqs: object, layers: Sequence[int] = (0,)) -> None:
        """Say what `gradients_genes` will give.

        Args:
            gene_seqs: GeneSeq items, or a gene file.
            layers: as `build_grads`.
        """
        self._gene_seqs, self._gene_layers = gene_seqs_of(gene_seqs), layer_numbers(layers)

    def gradients(
        self,
        sess: object,
        batcher: object,
        rc: bool = False,
        shifts: Sequence[int] = SHIFTS,
        mc_n: int = 0,
        return_all: bool = False,
    ) -> tuple[Any, ...]:
        """Differentiate every track, summed over positions, with respect to layers.

        Args:
            sess: not used.
            batcher: sequences.
            rc: also the reverse complement, brought back on bases and positions.
            shifts: by how many bases sequences are moved; undone.
            mc_n: samples of dropout.
            return_all: also every view.

        Returns:
            Lists per layer of `build_grads`: gradients (S, T, P, U), and what the layers hold
            (S, P, U); then predictions (S, P', T). With `return_all` the same three follow over
            single views, on a last axis. All float32.

        Raises:
            OptionError: `build_grads` was not called.
        """
        del sess
        if self._layers is None:
            raise _unbuilt("gradients", "build_grads(layers=[0])")
        x = read_whole(self._head.model, batcher).x
        names = layer_names(self.block_names(x), self._layers, self._head.model.name)
        views, place = views_of(rc, shifts, mc_n), _CENTER if self._is_centred else None
        if not return_all:
            found = track_gradients(self._head, x, names, views, positions=place)
            return found.grads, found.reprs, self._head.predict(x, views, Asked())[0]
        mean, _, every = mean_and_views(self._head, x, names, views, positions=place)
        preds, all_preds = self._head.predict(x, views, Asked(return_all=True))
        return mean.grads, mean.reprs, preds, every.grads, every.reprs, all_preds

    def gradients_genes(
        self,
        sess: object,
        batcher: object,
        gene_seqs: object = None,
        rc: bool = False,
        shifts: Sequence[int] = SHIFTS,
        mc_n: int = 0,
    ) -> list[NDArray[np.float32]]:
        """Differentiate every track at every transcription start with respect to layers.

        Args:
            sess: not used.
            batcher: the sequences of `gene_seqs`, in that order.
            gene_seqs: GeneSeq items, or a gene file; None = those of `build_grads_genes`.
            rc: as `gradients`.
            shifts: likewise.
            mc_n: likewise.

        Returns:
            Per layer of `build_grads_genes` (starts, T, P, U); NaN where the bin of a start is
            missing.

        Raises:
            OptionError: `build_grads_genes` was not called, or the head has no bins.
            ShapeError: other sequences than those of `gene_seqs`.
        """
        del sess
        if self._gene_layers is None or self._gene_seqs is None:
            raise _unbuilt("gradients_genes", "build_grads_genes(gene_seqs, layers=[0])")
        seqs = self._gene_seqs if gene_seqs is None else gene_seqs_of(gene_seqs)
        x = read_whole(self._head.model, batcher).x
        names = layer_names(self.block_names(x), self._gene_layers, self._head.model.name)
        return start_gradients(self._head, x, names, views_of(rc, shifts, mc_n), seqs)

    def running_mean(self, u_k1: Any, x_k: Any, k: int) -> Any:
        """As the function `running_mean`."""
        return running_mean(u_k1, x_k, k)

    def running_varsum(self, v_k1: Any, x_k: Any, m_k1: Any, m_k: Any) -> Any:
        """As the function `running_varsum`."""
        return running_varsum(v_k1, x_k, m_k1, m_k)

    def _gradients_ensemble(
        self,
        sess: object,
        fd: object,
        Xb: Any,
        ensemble_fwdrc: Iterable[object],
        ensemble_shifts: Sequence[int],
        mc_n: int,
        return_var: bool = False,
        return_all: bool = False,
    ) -> tuple[Any, ...]:
        """Differentiate one batch as `build_grads` said, averaged over views.

        Args:
            sess: not used.
            fd: not used.
            Xb: (N, L, 4) or (N, 4, L).
            ensemble_fwdrc: for every view whether it is the forward strand.
            ensemble_shifts: for every view its shift.
            mc_n: samples of dropout.
            return_var: also the variances over the views, ddof 1.
            return_all: also every view.

        Returns:
            Predictions, what the layers hold, gradients; then the same three as variances and over
            single views, as asked for.

        Raises:
            OptionError: `build_grads` was not called; a variance of one view.
        """
        del sess, fd
        if self._layers is None:
            raise _unbuilt("_gradients_ensemble", "build_grads(layers=[0])")
        x = one_batch(self._head.model, Xb)
        names = layer_names(self.block_names(x), self._layers, self._head.model.name)
        views = listed_views(ensemble_fwdrc, ensemble_shifts, mc_n)
        asked = Asked(return_var=return_var, return_all=return_all)
        preds = self._head.predict(x, views, asked)
        place = _CENTER if self._is_centred else None
        mean, spread, every = mean_and_views(self._head, x, names, views, positions=place)
        kept = [mean] + [spread] * return_var + [every] * return_all
        return tuple(
            item
            for arrays, values in zip(kept, preds, strict=True)
            for item in (values, arrays.reprs, arrays.grads)
        )


def _unbuilt(call: str, first: str) -> OptionError:
    return OptionError(
        f"{call} was called before {first}, which says for which layers.",
        option="layers",
        value=None,
    )

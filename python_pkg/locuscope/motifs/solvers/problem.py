"""`Problem`: a non-negative lasso per region, with the tables of the motifs made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope.errors import InputError, NonFiniteError, OptionError, ShapeError
from locuscope.genome.choices import check_choice

from .regions_chunk import RegionsChunk, read_chunk

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .tables import Tables

Edge = Literal["drop", "core"]
CwmNorm = Literal["window", "core"]
OnNonfinite = Literal["flag", "raise", "zero"]


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """What is minimised over c >= 0, region by region.

    1/2 ||X - S * sum c[m,p] I[m,p] shift_p(D_m)||^2 + sum_m lambda_m sum_p c[m,p], with X the
    scores over their root mean square g, S the one-hot sequence (1 in hypothetical mode), E the
    energy of X under the core and I = min((E + eps)^-1/2, 10).

    Args:
        contributions: (N, A, L) or (N, L) scores, read in chunks.
        sequences: one-hot (N, A, L).
        atoms: D (M, A, W) float64, masked; of norm a little below 1 for motifs of unit norm.
        masks: (M, W) columns that belong to each motif.
        lambdas: (M,) penalties.
        use_hypothetical: X and the prediction are not masked by the sequence.
        sqrt_transform: X is sign(x) sqrt|x| of the masked scores.
        edge: which windows are allowed, "drop" those inside the region, "core" those whose core
            is inside.
        eps: floor of the energy in I.
        on_nonfinite: what a NaN or Inf in a region does.
    """

    contributions: Any
    sequences: Any
    atoms: NDArray[np.float64]
    masks: NDArray[np.bool_]
    lambdas: NDArray[np.float64]
    use_hypothetical: bool
    sqrt_transform: bool
    edge: Edge
    eps: float
    on_nonfinite: OnNonfinite

    @classmethod
    def prepare(
        cls,
        contributions: ArrayLike,
        sequences: ArrayLike,
        cwms: ArrayLike,
        trim_masks: ArrayLike,
        lambdas: ArrayLike,
        *,
        use_hypothetical: bool = False,
        sqrt_transform: bool = False,
        edge: Edge = "drop",
        cwm_norm: CwmNorm = "window",
        eps: float = 1.0,
        on_nonfinite: OnNonfinite = "flag",
    ) -> Problem:
        """Check the shapes and mask the motifs.

        Args:
            contributions: (N, A, L) or (N, L); array, tensor or memory map, read in chunks.
            sequences: one-hot (N, A, L), all zero for N.
            cwms: (M, A, W), taken as given: unit norm is a matter of whoever made them.
            trim_masks: (M, W) of 0 and 1.
            lambdas: (M,), or one number for all.
            use_hypothetical: neither X nor the prediction is masked by the sequence.
            sqrt_transform: sign(x) sqrt|x| of masked scores and masked motifs; these are then
                scaled to unit norm.
            edge: "drop" allows windows inside the region, "core" those whose core is inside.
            cwm_norm: "core" scales each masked motif to unit norm; "window" leaves it.
            eps: floor of the energy under a core.
            on_nonfinite: "flag" leaves regions with NaN or Inf out, "zero" replaces the values.

        Raises:
            ShapeError: axes that do not fit each other.
            InputError: hypothetical mode without scores of every base, a lambda that is not
                positive.
            NonFiniteError: NaN or Inf in a motif.
            OptionError: an unknown choice, eps not positive.
        """
        for name, value, allowed in (
            ("edge", edge, ("drop", "core")),
            ("cwm_norm", cwm_norm, ("window", "core")),
            ("on_nonfinite", on_nonfinite, ("flag", "raise", "zero")),
        ):
            check_choice(name, value, allowed)
        if not (np.isfinite(eps) and eps > 0):
            raise OptionError(
                f"eps is {eps!r}; expected a positive number.", option="eps", value=eps
            )
        matrices = np.asarray(cwms, np.float64)
        masks = np.asarray(trim_masks) != 0
        scores = contributions if hasattr(contributions, "shape") else np.asarray(contributions)
        letters = sequences if hasattr(sequences, "shape") else np.asarray(sequences)
        _check_shapes(scores.shape, letters.shape, matrices.shape, masks.shape)
        _check_mode(scores.shape, matrices.shape[2], edge, use_hypothetical=use_hypothetical)
        return cls(
            contributions=scores,
            sequences=letters,
            atoms=_masked(matrices, masks, sqrt_transform=sqrt_transform, cwm_norm=cwm_norm),
            masks=masks,
            lambdas=_lambdas(lambdas, len(matrices)),
            use_hypothetical=bool(use_hypothetical),
            sqrt_transform=bool(sqrt_transform),
            edge=edge,
            eps=float(eps),
            on_nonfinite=on_nonfinite,
        )

    def __repr__(self) -> str:
        """Sizes and mode."""
        motifs, _, width = self.atoms.shape
        return (
            f"Problem({self.n_regions:,} regions of {self.length:,} bp, {motifs} motifs of "
            f"{width} bp, {self.mode})"
        )

    @property
    def n_regions(self) -> int:
        """N."""
        return int(self.contributions.shape[0])

    @property
    def length(self) -> int:
        """L, positions per region."""
        return int(self.contributions.shape[-1])

    @property
    def mode(self) -> Literal["compact", "projected", "hypothetical"]:
        """How the scores are read."""
        if self.use_hypothetical:
            return "hypothetical"
        return "projected" if len(self.contributions.shape) == 3 else "compact"

    @cached_property
    def norms(self) -> NDArray[np.float64]:
        """||D_m||, (M,)."""
        return np.asarray(np.sqrt((self.atoms**2).sum(axis=(1, 2))))

    @cached_property
    def core_starts(self) -> NDArray[np.int64]:
        """First masked column of each motif, (M,); 0 for an empty mask."""
        return np.asarray(np.argmax(self.masks, axis=1), np.int64)

    @cached_property
    def core_ends(self) -> NDArray[np.int64]:
        """Last masked column + 1 of each motif, (M,); 0 for an empty mask."""
        width = self.masks.shape[1]
        ends = width - np.argmax(self.masks[:, ::-1], axis=1)
        return np.where(self.masks.any(axis=1), ends, 0).astype(np.int64)

    @property
    def first_start(self) -> int:
        """Window start that the first column of a coefficient matrix (M, n_starts) stands for."""
        return 0 if self.edge == "drop" else 1 - int(self.atoms.shape[2])

    @property
    def n_starts(self) -> int:
        """Columns of a coefficient matrix: L - W + 1, or L + W - 1 with `edge="core"`."""
        width = int(self.atoms.shape[2])
        return self.length - width + 1 if self.edge == "drop" else self.length + width - 1

    @cached_property
    def tables(self) -> Tables:
        """The motifs in the layout of the compiled kernels."""
        from .tables import make_tables

        return make_tables(self)

    def load(self, regions: slice) -> RegionsChunk:
        """Read, mask, transform and normalise some regions.

        Raises:
            NonFiniteError: NaN or Inf in a region, with `on_nonfinite="raise"`.
        """
        return read_chunk(self, regions)


def _check_shapes(
    scores: tuple[int, ...],
    letters: tuple[int, ...],
    motifs: tuple[int, ...],
    masks: tuple[int, ...],
) -> None:
    if len(motifs) != 3 or masks != (motifs[0], motifs[2]):
        raise ShapeError(
            f"motifs of shape {motifs} and trim masks of shape {masks}; expected (M, A, W) and "
            "(M, W).",
            found=(motifs, masks),
        )
    if motifs[1] != 4:
        raise ShapeError(
            f"motifs of shape {motifs}; expected (M, 4, W), rows A, C, G, T.",
            hint="it looks transposed." if motifs[2] == 4 else None,
            found=motifs,
        )
    if len(letters) != 3 or letters[1] != motifs[1]:
        hint = "it looks transposed." if letters[2:] == motifs[1:2] else None
        raise ShapeError(
            f"sequences of shape {letters}; expected (N, {motifs[1]}, L).",
            hint=hint,
            found=letters,
        )
    if scores not in (letters, (letters[0], letters[2])):
        raise ShapeError(
            f"contributions of incorrect shape {scores}; sequences of shape {letters} go with "
            f"{letters} or {(letters[0], letters[2])}.",
            found=scores,
            expected=letters,
        )


def _check_mode(scores: tuple[int, ...], width: int, edge: str, *, use_hypothetical: bool) -> None:
    if use_hypothetical and len(scores) == 2:
        raise InputError(
            f"contributions of shape {scores} do not contain hypothetical contribution scores; "
            "use_hypothetical takes (N, A, L)."
        )
    if scores[-1] == 0 or (edge == "drop" and scores[-1] < width):
        raise InputError(
            f"regions of {scores[-1]} bp are shorter than the motifs' windows of {width} bp, so "
            "no window fits.",
            hint='edge="core" allows windows whose core is inside.' if scores[-1] else None,
        )


def _lambdas(lambdas: ArrayLike, n_motifs: int) -> NDArray[np.float64]:
    given = np.asarray(lambdas, np.float64)
    if given.shape not in ((), (n_motifs,)):
        raise ShapeError(
            f"lambdas of shape {given.shape}; expected one number or ({n_motifs},).",
            found=given.shape,
            expected=(n_motifs,),
        )
    values = np.array(np.broadcast_to(given, (n_motifs,)))
    wrong = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if len(wrong):
        raise InputError(
            f"lambda of motif {wrong[0]} is {values[wrong[0]]}; expected a positive number."
        )
    return values


def _masked(
    cwms: NDArray[np.float64],
    masks: NDArray[np.bool_],
    *,
    sqrt_transform: bool,
    cwm_norm: CwmNorm,
) -> NDArray[np.float64]:
    """D: motifs under their masks; scaled to unit norm only where that is asked for."""
    if not np.isfinite(cwms).all():
        wrong = int(np.flatnonzero(~np.isfinite(cwms).all(axis=(1, 2)))[0])
        raise NonFiniteError(f"motif {wrong} holds NaN or Inf; expected numbers.", where=wrong)
    atoms = cwms * masks[:, None, :]
    if sqrt_transform:
        atoms = np.sign(atoms) * np.sqrt(np.abs(atoms))
    if sqrt_transform or cwm_norm == "core":
        norms = np.sqrt((atoms**2).sum(axis=(1, 2), keepdims=True))
        atoms = atoms / np.where(norms > 0, norms, 1.0)
    return np.asarray(atoms)

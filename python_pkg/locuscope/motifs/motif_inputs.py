"""Motifs and thresholds as hit calling takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from locuscope.errors import EmptySelectionError, OptionError, ShapeError, WrongTypeError
from locuscope.motifs.motif_set import MotifSet

if TYPE_CHECKING:
    from numpy.typing import NDArray


def motifs_of(motifs: Any, lambdas: Any = None) -> MotifSet:
    """A set whose `lambdas()` are those of the call.

    Args:
        motifs: a set, a mapping name -> (A, W), or an array (M, A, W), named motif_0, motif_1, ...
        lambdas: None = each motif's own, else 0.7; one number for all; name -> number; (M,).

    Raises:
        WrongTypeError: something else.
        EmptySelectionError: no motif.
        ShapeError: an array of other axes, or thresholds that are not one per motif.
        OptionError: a threshold outside (0, 1), naming the motif.
    """
    found = _set_of(motifs)
    if not len(found):
        raise EmptySelectionError("there is no motif to look for.", available=[])
    if isinstance(lambdas, Mapping):
        values = found.with_lambdas(lambdas).lambdas()
    else:
        values = _values(lambdas, found)
    for motif, value in zip(found, values.tolist(), strict=True):
        if not 0 < value < 1:
            reason = (
                "a threshold of 1 or more can never give a hit"
                if value >= 1
                else "a threshold above 0 and below 1 is needed"
            )
            raise OptionError(
                f"lambda of motif {motif.name!r} is {value:g}; {reason}.",
                option="lambdas",
                value=value,
                allowed=("0..1",),
            )
    own = found.lambdas()
    if np.array_equal(own, values):
        return found
    pairs = zip(found, values.tolist(), strict=True)
    return replace(found, motifs=tuple(replace(motif, threshold=value) for motif, value in pairs))


def _set_of(motifs: Any) -> MotifSet:
    if isinstance(motifs, MotifSet):
        return motifs
    if isinstance(motifs, Mapping):
        return MotifSet.from_arrays(motifs)
    if isinstance(motifs, (str, bytes)) or not hasattr(motifs, "__len__"):
        raise WrongTypeError(
            f"motifs is {motifs!r}; a MotifSet, a mapping name -> (4, W) or an array (M, 4, W) is "
            "needed (read_motifs reads a file).",
            argument="motifs",
            found=type(motifs).__name__,
            expected="MotifSet",
        )
    array = motifs.detach().cpu().numpy() if hasattr(motifs, "detach") else np.asarray(motifs)
    if array.size and (array.ndim != 3 or array.shape[1] != 4):
        turned = " It looks transposed." if array.ndim == 3 and array.shape[2] == 4 else ""
        raise ShapeError(
            f"motifs have shape {array.shape}; (M, 4, W) is needed.{turned}",
            found=array.shape,
            expected=("M", 4, "W"),
        )
    return MotifSet.from_arrays({f"motif_{number}": one for number, one in enumerate(array)})


def _values(lambdas: Any, motifs: MotifSet) -> NDArray[np.float64]:
    if lambdas is None:
        return motifs.lambdas()
    try:
        given = np.asarray(lambdas, np.float64)
    except (TypeError, ValueError):
        given = np.array(np.nan)
    if given.ndim == 0:
        if not np.isfinite(given):
            raise OptionError(
                f"lambdas is {lambdas!r}; a number, a mapping name -> number or one number per "
                "motif is needed.",
                option="lambdas",
                value=lambdas,
            )
        return np.full(len(motifs), float(given))
    if given.shape != (len(motifs),):
        raise ShapeError(
            f"lambdas have shape {given.shape} for {len(motifs)} motifs (strands counted "
            "separately).",
            found=given.shape,
            expected=(len(motifs),),
        )
    return given


def motif_digest(motifs: MotifSet) -> str:
    """The sha256 of what a set decides: matrices, cores, thresholds, names."""
    table = motifs.to_dataframe().to_csv(index=False)
    cwms = np.ascontiguousarray(motifs.cwms)
    return hashlib.sha256(table.encode() + f"{cwms.shape}".encode() + cwms.tobytes()).hexdigest()

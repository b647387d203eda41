"""One call of `call_hits`: what changes its result, and the tables that are made of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from locuscope._version import __version__
from locuscope.motifs.hit_files import PUBLISHED
from locuscope.motifs.hit_tables import hits_table, qc_table
from locuscope.motifs.hits import Hits
from locuscope.motifs.motif_inputs import motif_digest
from locuscope.motifs.solvers.problem import Problem
from locuscope.motifs.twins import merged, twin_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from locuscope.motifs.hit_solver import HitSolver
    from locuscope.motifs.motif_set import MotifSet
    from locuscope.motifs.region_inputs import Regions
    from locuscope.motifs.solvers.solved import Solved


@dataclass(frozen=True, kw_only=True)
class HitCall:
    """A call with everything that changes its result, checked; fields as in `call_hits`."""

    motifs: MotifSet
    regions: Regions
    use_hypothetical: bool
    sqrt_transform: bool
    post_filter: bool
    edge: Literal["drop", "core"]
    cwm_norm: Literal["window", "core"]
    eps: float
    on_nonfinite: Literal["flag", "raise", "zero"]
    merge_twins: bool

    def problem(self) -> Problem:
        """What the solvers solve."""
        return Problem.prepare(
            self.regions.scores,  # type: ignore[arg-type]  # read in runs, by the same slices
            self.regions.sequences,  # type: ignore[arg-type]
            self.motifs.cwms,
            self.motifs.trim_masks,
            self.motifs.lambdas(),
            use_hypothetical=self.use_hypothetical,
            sqrt_transform=self.sqrt_transform,
            edge=self.edge,
            cwm_norm=self.cwm_norm,
            eps=self.eps,
            on_nonfinite=self.on_nonfinite,
        )

    def hits(self, solved: Solved, problem: Problem, parameters: dict[str, Any]) -> Hits:
        """Choose the hits among the active atoms, and make the tables."""
        keep = passing(solved, self.motifs.lambdas()) if self.post_filter else _all(solved)
        letters = self.regions.sequences
        groups = twin_groups(solved, keep, problem.atoms, self.motifs.cores, letters)
        coefficient = None
        if self.merge_twins:
            is_forward = np.array(self.motifs.strands) == "+"
            keep, coefficient = merged(solved, keep, groups, is_forward)
        table = hits_table(
            solved,
            keep,
            self.motifs,
            self.regions.table,
            length=self.regions.length,
            coefficient=coefficient,
            twin_group=groups,
        )
        count_replaced = self.on_nonfinite == "zero"
        qc = qc_table(solved, self.regions.table, count_replaced=count_replaced)
        return Hits(table, qc, self.motifs, parameters)

    def facts(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """What decides the bytes of the files: the parameters and the places."""
        places = self.regions.table.write_csv().encode()
        return {**parameters, "places": hashlib.sha256(places).hexdigest()}

    def parameters(self, solver: HitSolver, digests: dict[str, str]) -> dict[str, Any]:
        """The published keys, then ours."""
        facts = solver.facts()
        published: dict[str, Any] = dict.fromkeys(PUBLISHED)
        letters = "h" if self.motifs.kind == "hcwm" else "p", "h" if self.use_hypothetical else "p"
        rules = solver.rules
        published |= {
            "sqrt_transform": self.sqrt_transform,
            "convergence_tol": facts["tol"],
            "max_steps": facts["max_sweeps"],
            "step_size_max": None if rules is None else rules.step_size_max,
            "step_size_min": None if rules is None else rules.step_size_min,
            "step_adjust": None if rules is None else rules.step_adjust,
            "mode": "".join(letters),
            "no_post_filter": not self.post_filter,
            "compile_optimizer": rules is not None and rules.compile,
            "region_width": self.regions.length,
            "num_regions": len(self.regions),
            "untrimmed_motif_width": int(self.motifs.cwms.shape[2]),
            "num_motifs": len(self.motifs),
        }
        own = {
            "cwm_norm": self.cwm_norm,
            "edge": self.edge,
            "eps": self.eps,
            "locuscope_version": __version__,
            "merge_twins": self.merge_twins,
            "motifs_sha256": motif_digest(self.motifs),
            "on_nonfinite": self.on_nonfinite,
            "use_hypothetical": self.use_hypothetical,
        }
        return published | facts | own | digests


def passing(solved: Solved, lambdas: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which atoms are at least as similar as their lambda, compared in single precision."""
    least = lambdas.astype(np.float32)[solved.motif_id]
    found: NDArray[np.bool_] = solved.similarity.astype(np.float32) >= least
    return found


def _all(solved: Solved) -> NDArray[np.bool_]:
    return np.ones(len(solved.region), bool)

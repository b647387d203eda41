"""locuscope: browse, score and explain what sequence-to-function models of the genome predict.

One verb per file, one noun per result. Names below load on first use, so that `import locuscope`
stays light; `docs/architecture.md` maps the rooms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from locuscope._lazy import attach
from locuscope._version import __version__ as __version__

if TYPE_CHECKING:
    from locuscope import demo as demo
    from locuscope import plots as plots
    from locuscope import scaleout as scaleout
    from locuscope.attribution.activations import activations as activations
    from locuscope.attribution.contribution_values import Contributions as Contributions
    from locuscope.attribution.contributions import contributions as contributions
    from locuscope.attribution.layers import list_layers as list_layers
    from locuscope.effects.calibrate import calibrate as calibrate
    from locuscope.effects.maps.mutation_map_set import MutationMapSet as MutationMapSet
    from locuscope.effects.maps.mutation_maps import MutationMap as MutationMap
    from locuscope.effects.mutation_map import mutation_map as mutation_map
    from locuscope.effects.nulls import marginalize_variants as marginalize_variants
    from locuscope.effects.scores import list_scores as list_scores
    from locuscope.effects.variant_scores import VariantScores as VariantScores
    from locuscope.effects.variants import score_variants as score_variants
    from locuscope.errors import LocuscopeError as LocuscopeError
    from locuscope.errors import LocuscopeWarning as LocuscopeWarning
    from locuscope.genome.alignment import Alignment as Alignment
    from locuscope.genome.alignment import IndelRule as IndelRule
    from locuscope.genome.bigwig import BigWig as BigWig
    from locuscope.genome.genes import Genes as Genes
    from locuscope.genome.interval import Interval as Interval
    from locuscope.genome.reference import Genome as Genome
    from locuscope.genome.regions import Placement as Placement
    from locuscope.genome.regions import read_bed as read_bed
    from locuscope.genome.variant import Variant as Variant
    from locuscope.genome.vcf import read_vcf as read_vcf
    from locuscope.inference.ensemble import Ensemble as Ensemble
    from locuscope.inference.evaluate import evaluate as evaluate
    from locuscope.inference.genes import predict_genes as predict_genes
    from locuscope.inference.mutants import plan_mutants as plan_mutants
    from locuscope.inference.mutants import predict_mutants as predict_mutants
    from locuscope.inference.predict import predict as predict
    from locuscope.inference.predict_variant import predict_variant as predict_variant
    from locuscope.inference.run import Run as Run
    from locuscope.inference.target import Target as Target
    from locuscope.inference.tiling import predict_region as predict_region
    from locuscope.models.adapter import wrap as wrap
    from locuscope.models.protocol import HeadSpec as HeadSpec
    from locuscope.models.protocol import InputSpec as InputSpec
    from locuscope.models.protocol import SequenceModel as SequenceModel
    from locuscope.models.zoo import load_model as load_model
    from locuscope.motifs.call_hits import call_hits as call_hits
    from locuscope.motifs.fit_contribs import fit_contribs as fit_contribs
    from locuscope.motifs.formats.motif_files import read_motifs as read_motifs
    from locuscope.motifs.hits import Hits as Hits
    from locuscope.motifs.motif import Motif as Motif
    from locuscope.motifs.motif_set import MotifSet as MotifSet
    from locuscope.tracks.metadata import TrackMetadata as TrackMetadata
    from locuscope.tracks.metadata import TrackMetadataCatalog as TrackMetadataCatalog
    from locuscope.tracks.named import NamedTrackTensor as NamedTrackTensor
    from locuscope.tracks.named_head import NamedOutputHead as NamedOutputHead
    from locuscope.tracks.named_outputs import NamedOutputs as NamedOutputs
    from locuscope.widgets.export import export_notebook as export_notebook
    from locuscope.widgets.facet_panel import FacetPanel as FacetPanel
    from locuscope.widgets.track_browser import TrackBrowser as TrackBrowser
    from locuscope.widgets.workspace import Region as Region
    from locuscope.widgets.workspace import Selection as Selection

__all__ = [
    "Alignment",
    "BigWig",
    "Contributions",
    "Ensemble",
    "FacetPanel",
    "Genes",
    "Genome",
    "HeadSpec",
    "Hits",
    "IndelRule",
    "InputSpec",
    "Interval",
    "LocuscopeError",
    "LocuscopeWarning",
    "Motif",
    "MotifSet",
    "MutationMap",
    "MutationMapSet",
    "NamedOutputHead",
    "NamedOutputs",
    "NamedTrackTensor",
    "Placement",
    "Region",
    "Run",
    "Selection",
    "SequenceModel",
    "Target",
    "TrackBrowser",
    "TrackMetadata",
    "TrackMetadataCatalog",
    "Variant",
    "VariantScores",
    "activations",
    "calibrate",
    "call_hits",
    "contributions",
    "demo",
    "evaluate",
    "export_notebook",
    "fit_contribs",
    "list_layers",
    "list_scores",
    "load_model",
    "marginalize_variants",
    "mutation_map",
    "plan_mutants",
    "plots",
    "predict",
    "predict_genes",
    "predict_mutants",
    "predict_region",
    "predict_variant",
    "read_bed",
    "read_motifs",
    "read_vcf",
    "scaleout",
    "score_variants",
    "wrap",
]

_HOMES = {
    "Alignment": ".genome.alignment",
    "BigWig": ".genome.bigwig",
    "Contributions": ".attribution.contribution_values",
    "Ensemble": ".inference.ensemble",
    "FacetPanel": ".widgets.facet_panel",
    "Genes": ".genome.genes",
    "Genome": ".genome.reference",
    "HeadSpec": ".models.protocol",
    "Hits": ".motifs.hits",
    "IndelRule": ".genome.alignment",
    "InputSpec": ".models.protocol",
    "Interval": ".genome.interval",
    "LocuscopeError": ".errors",
    "LocuscopeWarning": ".errors",
    "Motif": ".motifs.motif",
    "MotifSet": ".motifs.motif_set",
    "MutationMap": ".effects.maps.mutation_maps",
    "MutationMapSet": ".effects.maps.mutation_map_set",
    "NamedOutputHead": ".tracks.named_head",
    "NamedOutputs": ".tracks.named_outputs",
    "NamedTrackTensor": ".tracks.named",
    "Placement": ".genome.regions",
    "Region": ".widgets.workspace",
    "Run": ".inference.run",
    "Selection": ".widgets.workspace",
    "SequenceModel": ".models.protocol",
    "Target": ".inference.target",
    "TrackBrowser": ".widgets.track_browser",
    "TrackMetadata": ".tracks.metadata",
    "TrackMetadataCatalog": ".tracks.metadata",
    "Variant": ".genome.variant",
    "VariantScores": ".effects.variant_scores",
    "activations": ".attribution.activations",
    "calibrate": ".effects.calibrate",
    "call_hits": ".motifs.call_hits",
    "contributions": ".attribution.contributions",
    "demo": ".demo",
    "evaluate": ".inference.evaluate",
    "export_notebook": ".widgets.export",
    "fit_contribs": ".motifs.fit_contribs",
    "list_layers": ".attribution.layers",
    "list_scores": ".effects.scores",
    "load_model": ".models.zoo",
    "marginalize_variants": ".effects.nulls",
    "mutation_map": ".effects.mutation_map",
    "plan_mutants": ".inference.mutants",
    "plots": ".plots",
    "predict": ".inference.predict",
    "predict_genes": ".inference.genes",
    "predict_mutants": ".inference.mutants",
    "predict_region": ".inference.tiling",
    "predict_variant": ".inference.predict_variant",
    "read_bed": ".genome.regions",
    "read_motifs": ".motifs.formats.motif_files",
    "read_vcf": ".genome.vcf",
    "scaleout": ".scaleout",
    "score_variants": ".effects.variants",
    "wrap": ".models.adapter",
}
__getattr__, __dir__ = attach(__name__, _HOMES)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the prebuilt extension lies (development installs)."""
    return [{"src": "labextension", "dest": "locuscope"}]

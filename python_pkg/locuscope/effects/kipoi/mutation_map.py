"""The published classes of mutation maps, over `locuscope.mutation_map` and its results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from locuscope.effects.kipoi.dataloader import DefaultDataloader, open_genome
from locuscope.effects.kipoi.regions import ModelInfoExtractor
from locuscope.effects.kipoi.scores import DEFAULT_SCORES, named_scores
from locuscope.effects.kipoi.snv_predict import loader_args
from locuscope.effects.maps.mutation_map_set import MutationMapSet
from locuscope.effects.maps.mutation_maps import MutationMap as OneMap
from locuscope.effects.maps.mutation_maps import overlaps
from locuscope.effects.mutation_map import mutation_map as map_places
from locuscope.errors import OptionError, UnknownNameError, WrongTypeError, closest, did_you_mean
from locuscope.genome.interval import Interval, whole_number
from locuscope.genome.placement import Placement
from locuscope.genome.variant_table import VariantTable
from locuscope.inference.ensemble import Ensemble
from locuscope.inference.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from matplotlib.axes import Axes

    from locuscope.models.protocol import SequenceModel

RUN_OPTIONS = ("batch_size", "num_workers")
ONLY_INPUT = "seq"


class MutationMap:
    """Maps of regions and variants, in the windows that published tools take.

    Regions are cut into consecutive windows from their start, and every base of a window is
    changed; a window is centred on each variant.

    Args:
        model: a `SequenceModel`, or a name that `get_model` knows.
        dataloader: `default_dataloader(model)`; None = that.
        dataloader_args: `fasta_file` (a path or a Genome), and `intervals_file` where the windows
            are not free.
        use_dataloader_example_data: take the missing arguments from `dataloader.example_kwargs`.

    Raises:
        OptionError: another data loader than the default one, or no `fasta_file`.
    """

    def __init__(
        self,
        model: SequenceModel | str,
        dataloader: Any,
        dataloader_args: Mapping[str, Any] | None = None,
        use_dataloader_example_data: bool = False,  # noqa: FBT001, FBT002 (published)
    ) -> None:
        info = ModelInfoExtractor(model, dataloader)
        args = loader_args(
            info.dataloader, dataloader_args, from_example=use_dataloader_example_data
        )
        if not isinstance(info.dataloader, DefaultDataloader) or "fasta_file" not in args:
            raise OptionError(
                "a mutation map reads the bases of a genome: give default_dataloader(model) and "
                "dataloader_args={'fasta_file': path}.",
                option="dataloader",
                value=type(info.dataloader).__name__,
            )
        self.model, self.dataloader, self.dataloader_args = info.model, info.dataloader, args
        self.genome = open_genome(args["fasta_file"])

    def query_region(  # noqa: PLR0917 (published)
        self,
        chrom: str,
        start: int | None = None,
        end: int | None = None,
        seq_length: int | None = None,
        scores: Any = DEFAULT_SCORES,
        score_kwargs: Sequence[Mapping[str, object]] | None = None,
        **kwargs: Any,
    ) -> MutationMapPlotter:
        """Map one region.

        Args:
            chrom: contig; alone, the path of a BED file, which is read as `query_bed`.
            start: first base, 0-based.
            end: base after the last.
            seq_length: width of the windows, for a model that reads any.
            scores: names, classes or objects of scores.
            score_kwargs: options per score; a rule `rc_merging` reads both strands.
            kwargs: `batch_size`, `num_workers`.
        """
        if start is None and end is None and os.path.isfile(chrom):  # noqa: PTH113 (may be a name)
            return self.query_bed(chrom, seq_length, scores, score_kwargs, **kwargs)
        if start is None or end is None:
            raise OptionError(
                f"query_region takes chrom, start and end; got {chrom!r}, {start!r}, {end!r}, and "
                "no file of that name.",
                option="start" if start is None else "end",
                value=None,
            )
        where = Interval(chrom, whole_number(start, "start"), whole_number(end, "end"))
        return self._map([where], (scores, score_kwargs), seq_length, kwargs)

    def query_bed(
        self,
        bed_fpath: str | PathLike[str],
        seq_length: int | None = None,
        scores: Any = DEFAULT_SCORES,
        score_kwargs: Sequence[Mapping[str, object]] | None = None,
        **kwargs: Any,
    ) -> MutationMapPlotter:
        """Map the regions of a BED file; arguments as in `query_region`."""
        return self._map(bed_fpath, (scores, score_kwargs), seq_length, kwargs)

    def query_vcf(
        self,
        vcf_fpath: str | PathLike[str],
        seq_length: int | None = None,
        scores: Any = DEFAULT_SCORES,
        score_kwargs: Sequence[Mapping[str, object]] | None = None,
        var_centered_regions: bool = True,  # noqa: FBT001, FBT002 (published)
        **kwargs: Any,
    ) -> MutationMapPlotter:
        """Map a window round each variant, with the variant drawn on it.

        Args:
            vcf_fpath: the variants.
            seq_length: width of the windows, for a model that reads any.
            scores: names, classes or objects of scores.
            score_kwargs: options per score; a rule `rc_merging` reads both strands.
            var_centered_regions: False takes the intervals of the data loader that hold a variant.
            kwargs: `batch_size`, `num_workers`.
        """
        scored = (scores, score_kwargs)
        if var_centered_regions:
            return self._map(vcf_fpath, scored, seq_length, kwargs)
        where = self._held_intervals(vcf_fpath)
        return self._map(where, scored, seq_length, kwargs, annotate=vcf_fpath)

    def _held_intervals(self, vcf_fpath: str | PathLike[str]) -> list[Interval]:
        """Give the intervals of the data loader that hold a variant."""
        intervals = self.dataloader(**self.dataloader_args).intervals or []
        table = VariantTable.read(vcf_fpath, genome=self.genome)
        alleles = [table[k] for k, is_ok in enumerate(table.is_ok) if is_ok]
        held = [
            place
            for place in intervals
            if any(
                self.genome.resolve(one.chrom) == self.genome.resolve(place.chrom)
                and overlaps(one, place)
                for one in alleles
            )
        ]
        if not held:
            raise OptionError(
                f"var_centered_regions=False: none of {len(intervals):,} intervals of the data "
                "loader holds a variant.",
                option="var_centered_regions",
                value=False,
            )
        return held

    def _map(
        self,
        where: Any,
        scored: tuple[Any, Sequence[Mapping[str, object]] | None],
        seq_length: int | None,
        run: Mapping[str, Any],
        annotate: Any = None,
    ) -> MutationMapPlotter:
        for name in run:
            if name not in RUN_OPTIONS:
                message = f"a query has no option {name!r}; {did_you_mean(name, RUN_OPTIONS)}"
                raise UnknownNameError(
                    message, name=name, known=RUN_OPTIONS, closest=closest(name, RUN_OPTIONS)
                )
        names, options, rc = named_scores(self.model, *scored)
        found = map_places(
            self.model,
            where,
            self.genome,
            scores=names,
            score_kwargs=options,
            annotate=annotate,
            tiling="kipoi",
            placement=None if seq_length is None else Placement(width_bp=seq_length),
            ensemble=Ensemble(rc=rc),
            run=Run(
                batch_size=whole_number(run.get("batch_size", 32), "batch_size"),
                workers=max(1, whole_number(run.get("num_workers", 0), "num_workers")),
            ),
        )
        return MutationMapPlotter(found)


class MutationMapPlotter:
    """Mutation maps that can be drawn and stored.

    Args:
        mutation_map: maps of our verb.
        fname: instead, the path of an HDF5 file, ours or of the published layout.

    Raises:
        OptionError: neither, or both.
        WrongTypeError: something that holds no maps.
    """

    def __init__(
        self,
        mutation_map: MutationMapSet | OneMap | None = None,
        fname: str | PathLike[str] | None = None,
    ) -> None:
        if (mutation_map is None) == (fname is None):
            raise OptionError(
                f"give mutation_map or fname, one of them; got {mutation_map!r} and {fname!r}.",
                option="fname",
                value=fname,
            )
        if isinstance(mutation_map, OneMap):
            mutation_map = MutationMapSet.of([mutation_map])
        if fname is not None:
            mutation_map = MutationMapSet.open(fname)
        if not isinstance(mutation_map, MutationMapSet):
            raise WrongTypeError(
                f"mutation_map takes maps of locuscope.mutation_map; got "
                f"{type(mutation_map).__name__}.",
                argument="mutation_map",
                found=type(mutation_map).__name__,
                expected="MutationMapSet",
            )
        self.mutation_map = mutation_map

    def __repr__(self) -> str:
        return f"MutationMapPlotter({self.mutation_map.summary()})"

    def save_to_file(self, fname: str | PathLike[str]) -> None:
        """Write all maps as HDF5; `MutationMapPlotter(fname=...)` reads them back."""
        self.mutation_map.to_hdf5(fname)

    def plot_mutmap(  # noqa: PLR0917 (published)
        self,
        input_entry: int,
        model_seq_input: str,
        scoring_key: str,
        model_output: str | int,
        ax: Axes | None = None,
        show_letter_scale: bool = False,  # noqa: FBT001, FBT002 (published)
        cmap: Any = None,
        limit_region: tuple[int, int] | None = None,
        limit_region_genomic: tuple[int, int] | None = None,
        annotation_vcf: str | PathLike[str] | None = None,
        annotation_variants: Any = None,
        ignore_stored_var_annotation: bool = False,  # noqa: FBT001, FBT002 (published)
        rc_plot: bool = False,  # noqa: FBT001, FBT002 (published)
        minimum_letter_height: float | None = None,
        cbar: bool = True,  # noqa: FBT001, FBT002 (published)
        var_box_color: str = "black",
        show_var_id: bool = True,  # noqa: FBT001, FBT002 (published)
        grad_inp_style_lh: bool = False,  # noqa: FBT001, FBT002 (published)
    ) -> Axes:
        """Draw one map.

        Args:
            input_entry: which place, from 0.
            model_seq_input: which input of the model; "seq" is the only one where there is one.
            scoring_key: which score.
            model_output: which output, by name or place.
            ax: where to draw; None makes a figure.
            show_letter_scale: draw the scale of the letters.
            cmap: colours; None = "bwr".
            limit_region: (start, end) columns.
            limit_region_genomic: (start, end) on the genome, 0-based half-open.
            annotation_vcf: variants to draw as well.
            annotation_variants: the same as lists of chr, pos (1-based), id, ref and alt.
            ignore_stored_var_annotation: leave out those that the map holds.
            rc_plot: read on the other strand.
            minimum_letter_height: smallest height of a letter, as a part of the largest.
            cbar: draw the colour scale.
            var_box_color: colour of the boxes round variants.
            show_var_id: write their ids.
            grad_inp_style_lh: letters with a sign: minus the mean over the rows.

        Returns:
            The axes of the heatmap.
        """
        return self.mutation_map.plot(
            input_entry,
            input_name=self.input_name(model_seq_input),
            score=scoring_key,
            track=model_output,
            ax=ax,
            show_letter_scale=show_letter_scale,
            cmap="bwr" if cmap is None else cmap,
            limit_region=limit_region,
            limit_region_genomic=limit_region_genomic,
            annotation_vcf=annotation_vcf,
            annotation_variants=annotation_variants,
            ignore_stored_annotations=ignore_stored_var_annotation,
            rc_plot=rc_plot,
            minimum_letter_height=minimum_letter_height,
            cbar=cbar,
            var_box_color=var_box_color,
            show_var_id=show_var_id,
            letter_heights="signed" if grad_inp_style_lh else "mean_abs",
        )

    def input_name(self, name: str) -> str:
        """Give the input of the maps that a published name means."""
        known = self.mutation_map.input_names
        return known[0] if name == ONLY_INPUT and len(known) == 1 else name

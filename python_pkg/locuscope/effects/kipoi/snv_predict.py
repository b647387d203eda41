"""The published verbs `score_variants` and `predict_snvs`, over `locuscope.score_variants`.

What differs from upstream: every row of the VCF comes back, in order, with a status; every ALT of a
record is scored, insertions, deletions and longer substitutions too; rows that cannot be scored
hold NaN and stay in the VCF without the key; a REF that is not what the genome has is said
(`ref_mismatch`) instead of written over it; predictions of the reverse complement are turned back,
positions and stranded outputs alike, before they are merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locuscope.effects.kipoi.calls import deliver, relabelled, scoring_call
from locuscope.effects.kipoi.dataloader import get_model
from locuscope.effects.kipoi.regions import ModelInfoExtractor, SnvCenteredRg, SnvPosRestrictedRg
from locuscope.effects.kipoi.scores import (
    DEFAULT_SCORES,
    Diff,
    Logit,
    gives_probabilities,
    named_scores,
    names_rule,
)
from locuscope.effects.kipoi.sequence_sets import write_sets
from locuscope.effects.kipoi.writers import VcfWriter, listed
from locuscope.errors import OptionError, WrongTypeError
from locuscope.genome.interval import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    import pandas as pd

    from locuscope.models.protocol import SequenceModel


def score_variants(  # noqa: PLR0917 (published)
    model: SequenceModel | str,
    dl_args: Mapping[str, Any],
    input_vcf: str | PathLike[str],
    output_vcf: str | PathLike[str] | None = None,
    output_writers: Any = None,
    scores: Any = DEFAULT_SCORES,
    score_kwargs: Sequence[Mapping[str, object]] | None = None,
    num_workers: int = 0,
    batch_size: int = 32,
    source: str = "kipoi",
    seq_length: int | None = None,
    std_var_id: bool = False,  # noqa: FBT001, FBT002 (published)
    restriction_bed: str | PathLike[str] | None = None,
    return_predictions: bool = False,  # noqa: FBT001, FBT002 (published)
    model_outputs: Any = None,
    *,
    scores_kargs: Sequence[Mapping[str, object]] | None = None,
) -> dict[str, pd.DataFrame] | None:
    """Annotate a VCF with the scores of a model.

    The window is centred on each variant, or stays inside `restriction_bed`. A model that reads
    features of the genome takes the windows of `intervals_file`.

    Unlike upstream every row is kept, in order and with a status; every ALT is scored, and changes
    of length too; names of scores that do not exist are an error; and no predictions are returned
    for rows that cannot be scored: they hold NaN.

    Args:
        model: a name that `load_model` knows, or a `SequenceModel`.
        dl_args: `fasta_file` (a path or a Genome) and `intervals_file`.
        input_vcf: the variants.
        output_vcf: the annotated VCF to write.
        output_writers: one writer or a list (`kipoi.writers`).
        scores: names, classes or objects of scores; "all". Scores of probabilities are left out
            with one warning where the model gives something else.
        score_kwargs: options per score. A rule `rc_merging` reads both strands.
        num_workers: processes beside this one.
        batch_size: examples per pass.
        source: the label in the keys of the VCF.
        seq_length: width of the window, for a model that reads any.
        std_var_id: name the rows of the VCF by their change instead of its IDs.
        restriction_bed: windows stay inside these regions.
        return_predictions: give the scores back.
        model_outputs: only these outputs: names, places or a mask.
        scores_kargs: `score_kwargs` as a published page spells it.

    Returns:
        Score -> DataFrame (rows x outputs) with `return_predictions`, else None.

    Raises:
        OptionError: nothing is written and nothing returned; an option outside its range.
    """
    writers = listed(output_writers)
    if output_vcf is None and not writers and not return_predictions:
        raise OptionError(
            "nothing would be done with the scores: give output_vcf, output_writers, or "
            "return_predictions=True.",
            option="output_vcf",
            value=None,
        )
    chosen = get_model(model, source)
    names, options, rc = named_scores(chosen, scores, _one_of(score_kwargs, scores_kargs))
    info = ModelInfoExtractor(chosen)
    if output_vcf is not None:
        own = VcfWriter(chosen, input_vcf, output_vcf, standardise_var_id=std_var_id)
        writers = [own, *writers]
    if restriction_bed is not None:
        region: Any = SnvPosRestrictedRg(info, restriction_bed, seq_length)
    else:
        region = SnvCenteredRg(info, seq_length) if info.requires_region_definition else None
    call = scoring_call(
        info,
        input_vcf,
        region,
        dl_args,
        batch_size=batch_size,
        num_workers=num_workers,
        rc=rc,
        multi=_windows_each(writers),
    )
    result = call.score(names, options, _outputs(model_outputs))
    frames = deliver(result, writers, whole_number(batch_size, "batch_size"), source)
    return frames if return_predictions else None


def predict_snvs(  # noqa: PLR0917 (published)
    model: SequenceModel | str,
    dataloader: Any,
    vcf_fpath: str | PathLike[str],
    batch_size: int,
    num_workers: int = 0,
    dataloader_args: Mapping[str, Any] | None = None,
    vcf_to_region: Callable[[Any], Mapping[str, Any]] | None = None,
    vcf_id_generator_fn: Callable[[Any], str] | None = None,
    evaluation_function: None = None,
    evaluation_function_kwargs: Mapping[str, Any] | None = None,
    sync_pred_writer: Any = None,
    use_dataloader_example_data: bool = False,  # noqa: FBT001, FBT002 (published)
    return_predictions: bool = False,  # noqa: FBT001, FBT002 (published)
    generated_seq_writer: Any = None,
) -> dict[str, pd.DataFrame] | None:
    """Score the variants of a VCF in the windows of a data loader, or in windows round them.

    Args:
        model: a name that `load_model` knows, or a `SequenceModel`.
        dataloader: what makes inputs: `default_dataloader(model)`, a callable of
            `dataloader_args`, or any iterable of batches; None = the default one.
        vcf_fpath: the variants.
        batch_size: examples per pass, and rows per call of a writer.
        num_workers: processes beside this one.
        dataloader_args: arguments of the data loader.
        vcf_to_region: `SnvCenteredRg`, `SnvPosRestrictedRg`, or a callable of a record that gives
            chrom, start (1-based) and end in lists; None = the variants are scored in whatever
            windows the data loader gives that hold them, a row for each, or in the nearest one
            where a `VcfWriter` takes the scores.
        vcf_id_generator_fn: names the rows, a function of a record; None = `chrom:pos:ref:alt`.
        evaluation_function: must be None; scores are chosen by `evaluation_function_kwargs`.
        evaluation_function_kwargs: `{"diff_types": {label: score}}`; None = `Logit()` of
            probabilities, `Diff()` of anything else.
        sync_pred_writer: one writer of predictions or a list.
        use_dataloader_example_data: take the missing arguments from `dataloader.example_kwargs`.
        return_predictions: give the scores back.
        generated_seq_writer: one writer of sequences or a list; nothing is predicted then.

    Returns:
        Label -> DataFrame (rows x outputs) with `return_predictions`, else None.

    Raises:
        OptionError: an option that cannot work or has no effect.
    """
    info = ModelInfoExtractor(model, dataloader)
    diff_types = _diff_types(info.model, evaluation_function, evaluation_function_kwargs)
    args = loader_args(info.dataloader, dataloader_args, from_example=use_dataloader_example_data)
    rc = any(names_rule(score) for score in diff_types.values())
    writers = listed(sync_pred_writer)
    call = scoring_call(
        info,
        vcf_fpath,
        vcf_to_region,
        args,
        batch_size=batch_size,
        num_workers=num_workers,
        rc=rc,
        multi=_windows_each(writers),
    )
    rows = whole_number(batch_size, "batch_size")
    if generated_seq_writer is not None:
        write_sets(call, listed(generated_seq_writer), rows)
        return None
    result = relabelled(call.score(list(diff_types.values()), None), list(diff_types))
    frames = deliver(result, writers, rows, "kipoi", vcf_id_generator_fn)
    return frames if return_predictions else None


def _windows_each(writers: Sequence[Any]) -> str:
    """Choose the windows of a data loader: all that hold a variant, or one where a VCF is written.

    A VCF has room for one set of values per allele.
    """
    return "nearest" if any(isinstance(one, VcfWriter) for one in writers) else "all"


def _one_of(
    score_kwargs: Sequence[Mapping[str, object]] | None,
    scores_kargs: Sequence[Mapping[str, object]] | None,
) -> Sequence[Mapping[str, object]] | None:
    if score_kwargs is not None and scores_kargs is not None:
        raise OptionError(
            f"score_kwargs={score_kwargs!r} and scores_kargs={scores_kargs!r} are the same "
            "option; give one.",
            option="score_kwargs",
            value=score_kwargs,
        )
    return scores_kargs if score_kwargs is None else score_kwargs


def _outputs(model_outputs: Any) -> Any:
    """Take one output as a list of one."""
    return [model_outputs] if isinstance(model_outputs, (str, int)) else model_outputs


def _diff_types(
    model: SequenceModel, evaluation_function: object, given: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Give label -> score of the published `evaluation_function_kwargs`."""
    if evaluation_function is not None:
        raise OptionError(
            "evaluation_function must be None; a score of your own goes into "
            "evaluation_function_kwargs={'diff_types': {label: score}}.",
            option="evaluation_function",
            value=evaluation_function,
        )
    if given is None:
        return {"logit": Logit()} if gives_probabilities(model) else {"diff": Diff()}
    found = given.get("diff_types")
    if not isinstance(found, Mapping) or not found or set(given) != {"diff_types"}:
        raise OptionError(
            "evaluation_function_kwargs is {'diff_types': {label: score}}; "
            f"got {dict(given)!r}.",
            option="evaluation_function_kwargs",
            value=dict(given),
        )
    for label, score in found.items():
        if not callable(score):
            raise WrongTypeError(
                f"diff_types[{label!r}] is a {type(score).__name__}; a score is callable, such as "
                "Diff().",
                argument="evaluation_function_kwargs",
                found=type(score).__name__,
                expected="callable",
            )
    return found


def loader_args(
    loader: object, given: Mapping[str, Any] | None, *, from_example: bool
) -> dict[str, Any]:
    """Give the arguments of the data loader, the missing ones from its example when asked."""
    example = getattr(loader, "example_kwargs", None)
    if from_example and example is None:
        raise OptionError(
            "use_dataloader_example_data=True needs a data loader with example_kwargs; "
            f"{type(loader).__name__} has none.",
            option="use_dataloader_example_data",
            value=True,
        )
    return {**(example if from_example and example else {}), **(given or {})}

"""The 56 tissues of MTSplice, in the order of its outputs, and what the catalog says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# the network's own name, and the tissue as GTEx writes it; the two eye tissues are not of GTEx
_NAMES: tuple[tuple[str, str | None], ...] = (
    ("Retina - Eye", None),
    ("RPE/Choroid/Sclera - Eye", None),
    ("Subcutaneous - Adipose", "Adipose_Subcutaneous"),
    ("Visceral (Omentum) - Adipose", "Adipose_Visceral_Omentum"),
    ("Adrenal Gland", "Adrenal_Gland"),
    ("Aorta - Artery", "Artery_Aorta"),
    ("Coronary - Artery", "Artery_Coronary"),
    ("Tibial - Artery", "Artery_Tibial"),
    ("Bladder", "Bladder"),
    ("Amygdala - Brain", "Brain_Amygdala"),
    ("Anterior cingulate - Brain", "Brain_Anterior_cingulate_cortex_BA24"),
    ("Caudate nucleus - Brain", "Brain_Caudate_basal_ganglia"),
    ("Cerebellar Hemisphere - Brain", "Brain_Cerebellar_Hemisphere"),
    ("Cerebellum - Brain", "Brain_Cerebellum"),
    ("Cortex - Brain", "Brain_Cortex"),
    ("Frontal Cortex - Brain", "Brain_Frontal_Cortex_BA9"),
    ("Hippocampus - Brain", "Brain_Hippocampus"),
    ("Hypothalamus - Brain", "Brain_Hypothalamus"),
    ("Nucleus accumbens - Brain", "Brain_Nucleus_accumbens_basal_ganglia"),
    ("Putamen - Brain", "Brain_Putamen_basal_ganglia"),
    ("Spinal cord (C1) - Brain", "Brain_Spinal_cord_cervical_c-1"),
    ("Substantia nigra - Brain", "Brain_Substantia_nigra"),
    ("Mammary Tissue - Breast", "Breast_Mammary_Tissue"),
    ("EBV-xform lymphocytes - Cells", "Cells_EBV-transformed_lymphocytes"),
    ("Leukemia (CML) - Cells", "Cells_Leukemia_cell_line_CML"),
    ("Xform. fibroblasts - Cells", "Cells_Transformed_fibroblasts"),
    ("Ectocervix - Cervix", "Cervix_Ectocervix"),
    ("Endocervix - Cervix", "Cervix_Endocervix"),
    ("Sigmoid - Colon", "Colon_Sigmoid"),
    ("Transverse - Colon", "Colon_Transverse"),
    ("Gastroesoph. Junc. - Esophagus", "Esophagus_Gastroesophageal_Junction"),
    ("Mucosa - Esophagus", "Esophagus_Mucosa"),
    ("Muscularis - Esophagus", "Esophagus_Muscularis"),
    ("Fallopian Tube", "Fallopian_Tube"),
    ("Atrial Appendage - Heart", "Heart_Atrial_Appendage"),
    ("Left Ventricle - Heart", "Heart_Left_Ventricle"),
    ("Cortex - Kidney", "Kidney_Cortex"),
    ("Liver", "Liver"),
    ("Lung", "Lung"),
    ("Minor Salivary Gland", "Minor_Salivary_Gland"),
    ("Skeletal - Muscle", "Muscle_Skeletal"),
    ("Tibial - Nerve", "Nerve_Tibial"),
    ("Ovary", "Ovary"),
    ("Pancreas", "Pancreas"),
    ("Pituitary", "Pituitary"),
    ("Prostate", "Prostate"),
    ("Not Sun Exposed - Skin", "Skin_Not_Sun_Exposed_Suprapubic"),
    ("Sun Exposed (Lower leg) - Skin", "Skin_Sun_Exposed_Lower_leg"),
    ("Ileum - Small Intestine", "Small_Intestine_Terminal_Ileum"),
    ("Spleen", "Spleen"),
    ("Stomach", "Stomach"),
    ("Testis", "Testis"),
    ("Thyroid", "Thyroid"),
    ("Uterus", "Uterus"),
    ("Vagina", "Vagina"),
    ("Whole Blood", "Whole_Blood"),
)
TISSUES = tuple(name for name, _ in _NAMES)
PREFIX = "tissue:"


def tissue_rows(output_name: str) -> Iterator[dict[str, object]]:
    """Give the catalog row of each output.

    `Cortex - Brain` is the detail `Cortex` of the tissue `Brain`; `group` tells the 13 brain
    tissues from the others. The outputs know no strand: the network reads transcripts.

    >>> [row["detail"] for row in tissue_rows("tissue_splicing") if row["tissue"] == "Kidney"]
    ['Cortex']
    """
    for index, (name, gtex) in enumerate(_NAMES):
        detail, _, tissue = name.rpartition(" - ")
        yield {
            "output_name": output_name,
            "track_index": index,
            "track_name": f"{PREFIX}{name}",
            "strand": ".",
            "assay_title": "exon inclusion (delta logit PSI)",
            "biosample_name": name,
            "biosample_type": "cell_line" if tissue == "Cells" else "tissue",
            "tissue": tissue,
            "detail": detail or None,
            "gtex_tissue": gtex,
            "group": "brain" if tissue == "Brain" else "other",
            "data_source": "MTSplice",
        }

"""Lines of small gene files, and what a gene set says whatever the order of its lines."""

from __future__ import annotations

GTF_ROW = '1\tt\t{feature}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "{gene}"; transcript_id "{t}";'


def exon(start, end, *, t="t", gene="g", strand="+", feature="exon"):
    return GTF_ROW.format(feature=feature, start=start, end=end, t=t, gene=gene, strand=strand)


def content(genes):
    """What a gene set says, whatever the order of its lines and the naming of its PAR ids."""

    def plain(rows):
        return sorted(
            (tuple(str(v).removesuffix("-X").removesuffix("-Y") for v in row) for row in rows),
            key=str,
        )

    return {
        "genes": plain(genes.genes.rows()),
        "transcripts": plain(genes.transcripts.drop("tags").rows()),
        "exons": plain(genes.exons.drop("exon_id").rows()),
        "cds": None if genes.cds is None else plain(genes.cds.rows()),
    }

"""One small gene set in three spellings: GTF, GFF3 and exon table.

PLUS (coding, two transcripts, stop codon), MINUS (coding, three exons), SINGLE (one exon),
TOUCH (adjacent exons, no intron), and one id on X and on Y.
"""

from __future__ import annotations

# gene id, name, type, contig, strand, {transcript: (tags, exons, coding part or None)}; 0-based
GENES = [
    (
        "G1.2",
        "PLUS",
        "protein_coding",
        "1",
        "+",
        {
            "T1.1": ([], [(100, 200), (300, 400), (500, 650)], (150, 560)),
            "T2.1": (["basic", "MANE_Select"], [(120, 200), (500, 600)], (150, 540)),
        },
    ),
    (
        "G2.1",
        "MINUS",
        "protein_coding",
        "1",
        "-",
        {"T3.1": ([], [(350, 450), (600, 700), (900, 990)], (620, 950))},
    ),
    ("G3.1", "SINGLE", "lncRNA", "1", "-", {"T4.1": ([], [(2_000, 2_100)], None)}),
    ("G4.1", "TOUCH", "lncRNA", "2", "+", {"T5.1": ([], [(10, 20), (20, 30)], None)}),
    ("G5.1", "PAR", "lncRNA", "X", "+", {"T6.1": ([], [(5, 9)], None)}),
    ("G5.1", "PAR", "lncRNA", "Y", "+", {"T6.1": ([], [(7, 11)], None)}),
]


def ordered(exons, strand):
    return exons if strand == "+" else exons[::-1]


def coding_parts(exons, strand, coding):
    """(parts without the stop codon, the stop codon), each as places."""
    if coding is None:
        return [], []
    low, high = coding
    cut = (low, high - 3) if strand == "+" else (low + 3, high)
    stop = (high - 3, high) if strand == "+" else (low, low + 3)
    inside = [(max(a, cut[0]), min(b, cut[1])) for a, b in exons]
    return [place for place in inside if place[0] < place[1]], [stop]


def gtf():
    lines = []
    for gene, name, kind, chrom, strand, transcripts in GENES:
        body = (
            min(e[0][0] for _, e, _ in transcripts.values()),
            max(e[-1][1] for _, e, _ in transcripts.values()),
        )
        base = f'gene_id "{gene}"; gene_type "{kind}"; gene_name "{name}";'
        lines.append((chrom, "gene", *body, strand, base))
        for transcript, (tags, exons, coding) in transcripts.items():
            words = f'{base} transcript_id "{transcript}";'
            marks = "".join(f' tag "{tag}";' for tag in tags)
            lines.append((chrom, "transcript", exons[0][0], exons[-1][1], strand, words + marks))
            for k, place in enumerate(ordered(exons, strand), 1):
                lines.append((chrom, "exon", *place, strand, f"{words} exon_number {k};"))
            parts, stop = coding_parts(exons, strand, coding)
            lines += [(chrom, "CDS", *place, strand, words) for place in parts]
            lines += [(chrom, "stop_codon", *place, strand, words) for place in stop]
            lines += [(chrom, "UTR", *exons[0], strand, words)]
    return [row(*line) for line in lines]


def gff3():
    lines = []
    for gene, name, kind, chrom, strand, transcripts in GENES:
        gene_id = f"{gene}-{chrom}" if chrom in "XY" else gene
        body = (
            min(e[0][0] for _, e, _ in transcripts.values()),
            max(e[-1][1] for _, e, _ in transcripts.values()),
        )
        lines.append(
            (chrom, "gene", *body, strand, f"ID=gene:{gene_id};Name={name};biotype={kind}")
        )
        for transcript, (tags, exons, coding) in transcripts.items():
            name_id = f"{transcript}-{chrom}" if chrom in "XY" else transcript
            words = f"ID=transcript:{name_id};Parent=gene:{gene_id};tag={','.join(tags)}"
            lines.append((chrom, "mRNA", exons[0][0], exons[-1][1], strand, words))
            for place in exons:
                lines.append((chrom, "exon", *place, strand, f"Parent=transcript:{name_id}"))
            parts, stop = coding_parts(exons, strand, coding)
            for place in merge(parts + stop):
                lines.append((chrom, "CDS", *place, strand, f"ID=c;Parent=transcript:{name_id}"))
    return [row(*line) for line in lines]


def merge(places):
    joined = []
    for place in sorted(places):
        if joined and joined[-1][1] == place[0]:
            joined[-1] = (joined[-1][0], place[1])
        else:
            joined.append(place)
    return joined


def row(chrom, feature, start, end, *rest):
    strand, words = rest
    return f"{chrom}\ttoy\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t.\t{words}"


def exon_table():
    lines = ["chrom\tstart\tend\tstrand\tgene_id\tgene_name\tgene_type\ttranscript_id\texon_number"]
    for gene, name, kind, chrom, strand, transcripts in GENES:
        for transcript, (_, exons, _) in transcripts.items():
            for k, (start, end) in enumerate(ordered(exons, strand), 1):
                lines.append(
                    f"{chrom}\t{start}\t{end}\t{strand}\t{gene}\t{name}\t{kind}\t{transcript}\t{k}"
                )
    return lines

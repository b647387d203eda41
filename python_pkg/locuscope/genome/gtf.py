"""GTF and GFF3 in: lines to rows of genes, transcripts, exons and coding parts (`GeneRows`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from locuscope.genome.gene_rows import Faults, GeneRows, place

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAIR = re.compile(r'([\w.-]+)\s+(?:"([^"]*)"|([^;"\s]+))\s*(?:;|$)')
_FEATURES = frozenset({"gene", "transcript", "exon", "CDS", "stop_codon"})
_NAME_KEYS = ("gene_name", "Name", "gene")
_TYPE_KEYS = ("gene_type", "gene_biotype", "biotype")


def read_gtf(lines: Iterable[tuple[int, str]], faults: Faults) -> GeneRows:
    """Read GTF lines; only gene, transcript, exon, CDS and stop_codon are looked at.

    Args:
        lines: (line number, text) without comments.
        faults: what to do with bad lines.
    """
    rows = GeneRows()
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != 9:
            faults.report(number, f"{len(fields)} columns where GTF has 9")
            continue
        feature = fields[2]
        if feature not in _FEATURES:
            continue
        if fields[8].count('"') % 2:
            faults.report(number, f"the attributes {fields[8][:80]!r} have an open quotation mark")
            continue
        values: dict[str, str] = {}
        for key, quoted, bare in _PAIR.findall(fields[8]):
            text = quoted or bare
            if key == "tag" and key in values:
                text = f"{values[key]},{text}"
            values[key] = text if key == "tag" else values.get(key, text)
        _gtf_row(rows, faults, number, fields, values)
    return rows


def _gtf_row(
    rows: GeneRows, faults: Faults, number: int, fields: list[str], values: dict[str, str]
) -> None:
    feature = fields[2]
    gene, transcript = values.get("gene_id"), values.get("transcript_id")
    needed = ("gene_id",) if feature == "gene" else ("gene_id", "transcript_id")
    missing = [key for key in needed if not values.get(key)]
    if gene is None or missing:
        faults.report(number, f"{feature} without {' and '.join(missing)} in {fields[8][:80]!r}")
        return
    where = place(fields)
    if isinstance(where, str):
        faults.report(number, where, (transcript, fields[0]) if transcript else None)
        return
    rows.name(gene, _first(values, _NAME_KEYS), _first(values, _TYPE_KEYS))
    if feature == "gene":
        rows.genes.append((gene, *rows.names[gene], *where, number))
    elif feature == "transcript":
        rows.transcripts.append((transcript, gene, *where, _tags(values), number))
    elif feature == "exon":
        rows.exons.append((values.get("exon_id"), transcript, gene, *where, number))
    else:
        rows.cds.append((transcript, gene, *where, number))


def _tags(values: dict[str, str]) -> list[str]:
    return [tag for tag in values.get("tag", "").split(",") if tag]


def _first(values: dict[str, str], keys: tuple[str, ...]) -> str | None:
    return next((values[key] for key in keys if values.get(key)), None)


@dataclass
class _Node:
    """A GFF3 feature with an ID."""

    feature: str
    parents: list[str]
    values: dict[str, str]
    where: tuple[str, int, int, str]
    line: int


def read_gff3(lines: Iterable[tuple[int, str]], faults: Faults) -> GeneRows:
    """Read GFF3 lines through their ID and Parent tree.

    A transcript is whatever exons or CDS name as their parent, a gene what stands at the root of
    it. A gene whose exons hang directly on it is its own transcript. Prefixes `gene:` and
    `transcript:` of ids are removed.

    Args:
        lines: (line number, text) without comments.
        faults: what to do with bad lines.
    """
    nodes: dict[str, _Node] = {}
    parts: list[tuple[str, list[str], dict[str, str], tuple[str, int, int, str], int]] = []
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != 9:
            faults.report(number, f"{len(fields)} columns where GFF3 has 9")
            continue
        values = _gff3_values(fields[8])
        if values is None:
            faults.report(number, f"the attributes {fields[8][:80]!r} are no key=value list")
            continue
        parents = [_plain_id(parent) for parent in values.get("Parent", "").split(",") if parent]
        where = place(fields)
        if isinstance(where, str):
            faults.report(number, where, (parents[0], fields[0]) if parents else None)
        elif fields[2] in ("exon", "CDS", "stop_codon"):
            parts.append((fields[2], parents, values, where, number))
        elif values.get("ID"):
            node = _Node(fields[2], parents, values, where, number)
            nodes.setdefault(_plain_id(values["ID"]), node)
    return _walk_tree(nodes, parts, faults)


def _gff3_values(text: str) -> dict[str, str] | None:
    values = {}
    for item in text.strip().strip(";").split(";"):
        key, equals, value = item.strip().partition("=")
        if not equals:
            return None
        values[key] = value if key == "Parent" else unquote(value)
    return values


def _plain_id(text: str) -> str:
    return unquote(text).removeprefix("gene:").removeprefix("transcript:")


def _walk_tree(
    nodes: dict[str, _Node],
    parts: list[tuple[str, list[str], dict[str, str], tuple[str, int, int, str], int]],
    faults: Faults,
) -> GeneRows:
    rows = GeneRows()
    used: dict[str, str] = {}
    for feature, parents, values, where, number in parts:
        if not parents:
            faults.report(number, f"{feature} without Parent")
        for parent in parents:
            if parent not in nodes:
                faults.report(number, f"Parent {parent[:60]!r} is no feature of the file")
                continue
            gene = used.setdefault(parent, _root(parent, nodes))
            if feature == "exon":
                exon_id = values.get("exon_id") or values.get("ID")
                rows.exons.append((exon_id, parent, gene, *where, number))
            else:
                rows.cds.append((parent, gene, *where, number))
    for name, node in nodes.items():
        is_gene = not node.parents and (name in used.values() or node.feature.endswith("gene"))
        if is_gene:
            rows.name(name, _first(node.values, _NAME_KEYS), _first(node.values, _TYPE_KEYS))
            rows.genes.append((name, *rows.names[name], *node.where, node.line))
        if name in used or (node.parents and node.feature in ("mRNA", "transcript")):
            gene = used.get(name) or _root(name, nodes)
            rows.transcripts.append((name, gene, *node.where, _tags(node.values), node.line))
    return rows


def _root(name: str, nodes: dict[str, _Node]) -> str:
    """The feature without parents above `name`; a circle ends where it began."""
    seen = {name}
    while nodes[name].parents and nodes[name].parents[0] in nodes:
        above = nodes[name].parents[0]
        if above in seen:
            break
        seen.add(above)
        name = above
    return name

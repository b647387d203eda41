"""Slow twin of the windows of alleles: every region is looked at for every allele."""

from __future__ import annotations


def restricted(
    regions: list[tuple[str, int, int]], contig: str, pos: int, width: int
) -> list[tuple[int, int]]:
    """(region, window start) of each allowed window of a variant, in the order of the regions."""
    found = []
    centred = pos - width // 2
    for k, (chrom, start, end) in enumerate(regions):
        if chrom == contig and start <= pos - 1 < end and end - start >= width:
            found.append((k, min(max(centred, start), end - width)))
    return found


def overlapping(
    regions: list[tuple[str, int, int]], contig: str, pos: int, n_ref: int
) -> list[tuple[int, int]]:
    """(region, window start) of each window that holds the whole allele."""
    return [
        (k, start)
        for k, (chrom, start, end) in enumerate(regions)
        if chrom == contig and start <= pos - 1 and pos - 1 + n_ref <= end
    ]


def nearest(found: list[tuple[int, int]], pos: int, width: int) -> tuple[int, int] | None:
    """The first of those whose centre is nearest to the variant."""
    best = None
    for region, start in found:
        distance = abs((pos - 1 + 0.5) - (start + width / 2))
        if best is None or distance < best[0]:
            best = (distance, region, start)
    return None if best is None else best[1:]


def bases(text: str, start: int, end: int) -> str:
    """Letters [start, end) of a contig; N outside."""
    return "".join(text[p] if 0 <= p < len(text) else "N" for p in range(start, end))


def changed(
    text: str, variant: tuple[int, str, str], start: int, width: int, anchor: str = "left"
) -> str:
    """The window of an allele, spelt base by base from the whole changed contig.

    The contig is spelt with its change, (pos, ref, alt); the window begins where the anchor says.
    """
    pos, ref, alt = variant
    room = 2 * (width + len(ref) + len(alt))
    contig = "N" * room + text + "N" * room
    at = room + pos - 1
    whole = contig[:at] + alt + contig[at + len(ref) :]
    gained = len(alt) - len(ref)
    lead = {"left": 0, "right": gained, "center": abs(gained) // 2 * (1 if gained > 0 else -1)}
    first = room + start + lead[anchor]
    return whole[first : first + width]

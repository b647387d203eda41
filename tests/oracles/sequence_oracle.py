"""Slow, obvious twins of the sequence functions: loops over letters."""

from __future__ import annotations

BASES = "ACGT"
CODES = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}


def one_hot(sequence: str) -> list[list[int]]:
    """Rows A, C, G, T; unknown letters give zeros, illegal ones ValueError."""
    for letter in sequence:
        if letter.upper() not in CODES or not letter.isascii():
            raise ValueError(letter)
    return [[int(letter.upper() == base) for letter in sequence] for base in BASES]


def complement(letter: str) -> str:
    """The letter that stands for the partners of all bases it stands for; case kept."""
    partners = {PAIR[base] for base in CODES[letter.upper()]}
    other = next(code for code, bases in CODES.items() if set(bases) == partners)
    return other.lower() if letter.islower() else other


def reverse_complement(sequence: str) -> str:
    """The other strand in its own direction."""
    return "".join(complement(letter) for letter in reversed(sequence))

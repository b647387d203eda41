"""Batchers of every form for the published calls, over the reference network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from locuscope.genome.interval import Interval
from locuscope.inference.gene_sites import GeneSeq
from locuscope.inference.measured_batches import TestBatch
from locuscope.models.adapter import wrap
from tests.attribution.reference import network, sequences

STRAND_PAIR = (1, 0, 2, 3)
N, BINS, TRACKS = 5, 8, 4


def model(name="softplus"):
    """The reference network; its head is named `signal`."""
    small = network(name, strand_pair=STRAND_PAIR)
    head = replace(next(iter(small.heads.values())), name="signal")
    return wrap(small.module, heads=head, window_bp=64, name=name)


def arrays(name="softplus"):
    """Sequences, targets that float16 holds exactly, and masked positions."""
    draws = np.random.default_rng(4)
    y = draws.gamma(1.0, size=(N, BINS, TRACKS)).astype(np.float16).astype(np.float32)
    return TestBatch(sequences(name).astype(np.uint8), y, draws.random((N, BINS)) < 0.2)


def gene_seqs():
    """One window per sequence; the third has two starts, the last one beyond its output."""
    starts = ([20], [0], [33, 63], [40], [200])
    return [
        GeneSeq(
            Interval("1", 100 * k, 100 * k + 64),
            [(f"t{k}.{place}", f"g{k}", 100 * k + place, "+") for place in places],
        )
        for k, places in enumerate(starts)
    ]


class PublishedBatcher:
    """Batches of two with `next`, `empty` and `reset`; the last is padded, its count is smaller."""

    def __init__(self, batch, size=2):
        self.x = batch.x.transpose(0, 2, 1)
        self.y, self.na, self.size, self.at = batch.y, batch.na, size, 0

    def reset(self):
        self.at = 0

    def empty(self):
        return self.at >= len(self.x)

    def next(self):
        rows = slice(self.at, self.at + self.size)
        self.at += self.size
        count = len(self.x[rows])
        padded = [np.zeros((self.size, *a.shape[1:]), a.dtype) for a in (self.x, self.y, self.na)]
        for whole, own in zip(padded, (self.x, self.y, self.na), strict=True):
            whole[:count] = own[rows]
        return (*padded, count)


class PublishedTSS:
    def __init__(self, identifier, gene_id, pos):
        self.identifier, self.gene_id, self.pos = identifier, gene_id, pos


class PublishedGeneSeq:
    """The object that gene readers of others give."""

    def __init__(self, seq):
        place = seq.interval
        self.chrom, self.start, self.end = place.chrom, place.start, place.end
        self.tss_list = [PublishedTSS(name, gene, pos) for name, gene, pos, _ in seq.tss]

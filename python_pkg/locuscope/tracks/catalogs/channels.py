"""How many channels the output tensors of AlphaGenome have."""

from __future__ import annotations

# In the network's own order of outputs; the rows beyond the real tracks are padding.
RAW_CHANNELS = {
    "atac": 256,
    "dnase": 384,
    "procap": 128,
    "cage": 640,
    "rna_seq": 768,
    "chip_tf": 1664,
    "chip_histone": 1152,
    "contact_maps": 28,
    "splice_sites": 5,
    "splice_site_usage": 734,
    "splice_junctions": 367,
}

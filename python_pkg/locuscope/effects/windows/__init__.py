"""What a model sees of an allele: where its window lies, its bases, and the way back to REF."""

"""One call of `score_variants`: planned, cut into parts, and run here, later or elsewhere."""

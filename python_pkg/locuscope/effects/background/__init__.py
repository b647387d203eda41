"""What scores are compared with: shuffled surroundings, and the percentiles of many alleles."""

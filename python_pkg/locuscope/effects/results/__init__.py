"""`VariantScores` as tables and files: parquet, TSV, HDF5, annotated VCF, parts of a job."""

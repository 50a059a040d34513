"""Judge: scores with intervals, result files, the published tables."""

"""Measure: official scores and error counts, needed by pictures and training alike."""

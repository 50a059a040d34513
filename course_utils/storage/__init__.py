"""Storage: hostile archives, stores on disk, downloads that survive, batches from disk."""

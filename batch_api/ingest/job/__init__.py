"""A running ingest: from its source to the fate of each item."""

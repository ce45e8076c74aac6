"""A rate-limit-faithful fake Batch API, and time that a test owns."""

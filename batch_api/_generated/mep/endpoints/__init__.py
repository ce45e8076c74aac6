"""The legacy app-level API: one async function for each operation, as its document describes it. Generated."""

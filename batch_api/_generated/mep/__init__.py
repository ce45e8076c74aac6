"""The legacy app-level API: low-level client as its document describes it. Generated."""

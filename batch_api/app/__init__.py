"""The legacy app-level API: its client, resources, results and kinds of items."""

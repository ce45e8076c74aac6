"""The recipes of docs/cookbook/, as files that run."""

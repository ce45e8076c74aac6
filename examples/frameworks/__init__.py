"""The programs of docs/guides/frameworks.md, which `tests/frameworks` runs."""

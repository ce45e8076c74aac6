"""Written by `make generate`; never edited by hand."""

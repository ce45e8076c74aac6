"""Holds what is written about the package against the package."""
